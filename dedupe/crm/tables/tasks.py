"""The record that a task is on: from its entity and id, from ids by entity, or by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dedupe.contracts import Note
from dedupe.crm.tables.cells import id_text
from dedupe.crm.tables.settings import name_key
from dedupe.crm.tables.tables import ID, Table

_ENTITY_WORDS = {
    "deal": "deal deals lead leads сделка сделки заказ order 2",
    "contact": "contact contacts контакт контакты 1",
    "company": "company companies компания компании 3",
}
_KINDS = {"deal": "deals", "contact": "contacts", "company": "companies"}


def with_targets(
    tasks: pl.DataFrame, tables: Sequence[Table], records: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, bool, list[Note]]:
    """Add `entity` and `record_id`; tell whether any column names the record at all."""
    parts = [part for table in tables for part in _targets(table, records)]
    bare = tasks.drop("entity", strict=False)
    if not parts:
        return bare, False, []
    targets = pl.concat(parts).drop_nulls().unique("id", keep="first", maintain_order=True)
    found = bare.join(targets, on="id", how="left", maintain_order="left")
    n = found["record_id"].null_count()
    notes = [Note(code="unresolved_links", where="tasks.record_id", n=n)] if n else []
    return found, True, notes


def _targets(table: Table, records: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """Return (id, entity, record_id), the surest first."""
    found = []
    entity, target = table.text("entity"), table.text("record_id")
    if entity is not None and target is not None:
        found.append(table.frame.select(id=ID, entity=_entity(entity), record_id=id_text(target)))
    for name, kind in _KINDS.items():
        if (ids := table.text(f"{name}_id")) is not None:
            found.append(table.frame.select(id=ID, entity=pl.lit(name), record_id=id_text(ids)))
        if (text := table.text(name)) is not None and kind in records:
            found.append(_by_name(table.frame.select(id=ID, name=text), name, records[kind]))
    return found


def _by_name(asked: pl.DataFrame, entity: str, records: pl.DataFrame) -> pl.DataFrame:
    known = pl.concat(
        records.select(key=name_key(pl.col(column)), record_id="id") for column in ("id", "name")
    )
    known = known.drop_nulls().unique().filter(pl.len().over("key") == 1)
    joined = asked.join(known, left_on=name_key(pl.col("name")), right_on="key", how="left")
    return joined.select("id", entity=pl.lit(entity), record_id="record_id")


def _entity(word: pl.Expr) -> pl.Expr:
    names = {w: entity for entity, said in _ENTITY_WORDS.items() for w in said.split()}
    return word.str.to_lowercase().replace_strict(names, default=None, return_dtype=pl.String)
