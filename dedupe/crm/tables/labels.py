"""Judged pairs (`--labels`): which two cards a person holds to be one, and which to be two.

A table of left_id, right_id and is_match (1 or 0, true or false, match or distinct, да or нет),
and `entity` (contact or company) where ids alone do not tell the card. A row without a
judgement is no judged pair yet, and is passed over.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from dedupe.contracts import FLAG, TEXT, Note
from dedupe.crm.tables.cells import id_text
from dedupe.crm.tables.options import TableOptions
from dedupe.crm.tables.roles import header_key
from dedupe.crm.tables.sheets import NoHeaderError, Sheet, column_name
from dedupe.crm.tables.source import read_file
from dedupe.errors import InputError
from dedupe.language import N_

JUDGED = pl.Schema({"left_id": TEXT, "right_id": TEXT, "is_match": FLAG, "entity": TEXT})
_NEEDED = ("left_id", "right_id", "is_match")
_YES = "1 true t yes y да д match same duplicate дубль объединить истина +"
_NO = "0 false f no n нет н distinct different разные ложь -"
_ENTITIES = {
    "contact": "contact",
    "contacts": "contact",
    "контакт": "contact",
    "company": "company",
    "companies": "company",
    "компания": "company",
}


def read_labels(path: Path) -> pl.DataFrame:
    """Read a CSV, XLSX or Parquet table of judged pairs as JUDGED. Raises InputError."""
    if path.is_dir():
        raise InputError(
            N_("it is a folder"), where=str(path), fix=N_("name the file with the judged pairs")
        )
    sheet = _sheet(path)
    places = {header_key(header): at for at, header in reversed(list(enumerate(sheet.header)))}
    missing = [name for name in _NEEDED if header_key(name) not in places]
    if missing:
        raise _no_columns(path, missing)

    def cells(name: str) -> pl.Expr:
        at = places.get(header_key(name))
        return (pl.lit(None, TEXT) if at is None else pl.col(column_name(at))).alias(name)

    told = sheet.cells.select(cells(name) for name in JUDGED).drop_nulls("is_match")
    word = pl.col("is_match").str.to_lowercase().str.replace(r"^([01])\.0+$", "$1")
    is_yes, is_no = word.is_in(_YES.split()), word.is_in(_NO.split())
    entity = pl.col("entity").str.to_lowercase()
    judged = told.select(
        id_text(pl.col("left_id")),
        id_text(pl.col("right_id")),
        is_match=pl.when(is_yes).then(pl.lit(True)).when(is_no).then(pl.lit(False)),
        entity=pl.when(entity.is_not_null()).then(
            entity.replace_strict(_ENTITIES, default="?", return_dtype=TEXT)
        ),
    )
    _check_cells(path, judged)
    return judged.match_to_schema(JUDGED)


def settle_labels(
    judged: pl.DataFrame, cards: pl.DataFrame, *, linked: bool = False
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Find the cards of judged pairs: JUDGED with an entity in each row, and what was not used.

    `cards` has entity, record_id, own_id (as its table has it) and side; where two tables are
    `linked`, a pair is of one card of each, and `left_id` is of the first table in the result.
    """
    rows = judged.with_row_index("at")
    if linked:
        first = cards.filter(pl.col("side") == 0)
        second = cards.filter(pl.col("side") == 1)
        found = _found(rows, first, second)
        rest = rows.join(found, on="at", how="anti")
        turned = rest.rename({"left_id": "right_id", "right_id": "left_id"}).select(rows.columns)
        # An id that both tables have is the first one's, unless it stands on the right.
        named = second.with_columns(own_id="record_id")
        found = pl.concat([found, _found(turned, first, named)])
    else:
        found = _found(rows, cards, cards)
    n_found = found["at"].n_unique()
    certain = found.filter(pl.len().over("at") == 1)
    agreed, n_torn = _agreed(certain)
    counts = {
        "unknown_labels": rows.height - n_found,
        "ambiguous_labels": n_found - certain.height,
        "contradicting_labels": n_torn,
    }
    notes = (Note(code=code, where="--labels", n=n) for code, n in counts.items() if n)
    return agreed, tuple(notes)


def _found(rows: pl.DataFrame, lefts: pl.DataFrame, rights: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose ids are two cards of one entity, with the cards' ids."""
    both = rows.join(_by_name(lefts, "left"), on="left_id", maintain_order="left_right")
    both = both.join(_by_name(rights, "right"), on="right_id", maintain_order="left_right")
    is_same = (pl.col("left_of") == pl.col("right_of")) & (
        pl.col("entity").is_null() | (pl.col("entity") == pl.col("left_of"))
    )
    return both.filter(is_same & (pl.col("left_card") != pl.col("right_card"))).select(
        "at", "is_match", left_id="left_card", right_id="right_card", entity="left_of"
    )


def _by_name(cards: pl.DataFrame, side: str) -> pl.DataFrame:
    """Return each card by its id, and by the id that its own table has for it."""
    names = {f"{side}_of": pl.col("entity"), f"{side}_card": pl.col("record_id")}
    given = cards.select(pl.col("record_id").alias(f"{side}_id"), **names)
    own = cards.select(pl.col("own_id").alias(f"{side}_id"), **names)
    return pl.concat([given, own]).unique(maintain_order=True)


def _agreed(found: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return each pair once, and how many rows contradict another about the same pair."""
    pair = ["entity", "low", "high"]
    named = found.with_columns(
        low=pl.min_horizontal("left_id", "right_id"), high=pl.max_horizontal("left_id", "right_id")
    )
    is_torn = pl.col("is_match").n_unique().over(pair) > 1
    agreed = named.filter(~is_torn).unique(pair, keep="first", maintain_order=True)
    n_torn = named.filter(is_torn).height
    return agreed.select(JUDGED.names()), n_torn


def _sheet(path: Path) -> Sheet:
    # As mapped columns the three are known headers, whatever else stands in the file.
    options = TableOptions(roles=dict.fromkeys(_NEEDED, "field"))
    try:
        return read_file(path, options, alone=True).sheets[0]
    except NoHeaderError:
        raise _no_columns(path, list(_NEEDED)) from None


def _no_columns(path: Path, missing: list[str]) -> InputError:
    return InputError(
        N_("the judged pairs lack the column {missing}"),
        where=str(path),
        fix=N_("write left_id, right_id and is_match (1 or 0) in its first row"),
        missing=", ".join(missing),
    )


def _check_cells(path: Path, judged: pl.DataFrame) -> None:
    n_unread = judged["is_match"].null_count()
    if n_unread:
        raise InputError(
            N_("is_match has cells that are no judgement: {n}"),
            where=str(path),
            fix=N_("write 1 or 0 there, or leave the cell empty"),
            n=n_unread,
        )
    n_other = judged.filter(pl.col("entity") == "?").height
    if n_other:
        raise InputError(
            N_("entity has cells that name no kind of card: {n}"),
            where=str(path),
            fix=N_("write contact or company there, or leave the cell empty"),
            n=n_other,
        )
