"""Changes put into the tables they are of, and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dedupe.contracts import Account
from dedupe.crm.amocrm import replace_records

from .changes import Changes
from .full import Found
from .lists import record_lists


def with_changes(old: Mapping[str, pl.DataFrame], changes: Changes) -> Found:
    """Put changed records, deletions and lists that were read whole into `old`."""
    tables = replace_records(dict(old), changes.tables, changes.deleted)
    for tables_of_list in changes.whole.values():
        tables = _relisted(tables, tables_of_list)
    return Found(tables=tables, n_items=changes.n_items, n_quarantined=changes.n_quarantined)


def _relisted(
    old: Mapping[str, pl.DataFrame], whole: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Replace all records of a list: those that it does not have any more are gone."""
    main = next(iter(whole))
    gone = set(old[main]["id"]) - set(whole[main]["id"]) if main in old else set()
    if main == "notes" and main in old:  # three lists fill it: those of this one's entity
        entity = whole[main]["entity"].unique().to_list()
        gone &= set(old[main].filter(pl.col("entity").is_in(entity))["id"])
    return replace_records(dict(old), whole, {main: gone})


def n_changed(last: Account | None, changes: Changes, options: Sequence[str]) -> dict[str, int]:
    """Count the records that came, of whole lists those that are not as in the last snapshot."""
    main = {one.record_table for one in record_lists(options)}
    n = {name: frame.height for name, frame in changes.tables.items() if name in main}
    for whole in changes.whole.values():
        name = next(iter(whole))
        known = last.frame(name) if last else whole[name].head(0)
        key = [column for column in ("id", "updated_at") if column in known.columns]
        new = whole[name].join(known, on=key, how="anti", nulls_equal=True)
        n[name] = n.get(name, 0) + new.height
    return n


def n_deleted(last: Account | None, changes: Changes) -> dict[str, int]:
    """Count the deleted records that the last snapshot still had."""
    if last is None:
        return {}
    gone = {name: set(ids) for name, ids in changes.deleted.items() if name in last.tables}
    for whole in changes.whole.values():
        name = next(iter(whole))
        if name != "notes":  # three lists fill it
            gone.setdefault(name, set()).update(
                set(last.frame(name)["id"]) - set(whole[name]["id"])
            )
    return {
        name: last.frame(name).filter(pl.col("id").is_in(sorted(ids))).height
        for name, ids in gone.items()
    }
