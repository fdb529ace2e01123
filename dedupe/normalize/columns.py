"""Channels and names of a whole account, read on their distinct values and joined back.

Results depend on the values alone: not on the order of rows nor on how many distinct
values are read at a time, which only bounds memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from dedupe.contracts import CHANNELS, NAMES, VALUES, Entity
from dedupe.events import Listener, StageAdvanced, ignore

from .email_columns import read_email_column
from .emails import read_emails
from .name_columns import judge_names
from .phone_columns import PhoneSettings, read_phone_column
from .phones import read_phones
from .readings import READINGS

_KINDS = ("phone", "email")
_STAGE = "normalize"
_ORDER = ("entity", "record_id", "kind", "position")
_KEPT = [name for name in CHANNELS.schema if name in VALUES.schema]


def build_values(
    channels: pl.DataFrame,
    settings: PhoneSettings,
    *,
    chunk_rows: int = 200_000,
    listen: Listener = ignore,
) -> pl.DataFrame:
    """Return every number and address of `channels` as VALUES, sorted by its key.

    A blank raw value gives no row, any other at least one. `chunk_rows` is how many
    distinct raw values are read at a time; `listen` is told after each.
    """
    is_read = pl.col("kind").is_in(_KINDS) & (pl.col("raw").str.strip_chars() != "")
    # Sorted before the join, which keeps the order: an account often comes sorted already.
    rows = channels.select(_KEPT).filter(is_read).sort(_ORDER)
    distinct = {kind: rows.filter(pl.col("kind") == kind)["raw"].unique() for kind in _KINDS}
    readings = pl.concat(
        [_EMPTY, *_read_chunks(distinct, settings, max(1, chunk_rows), listen)],
        how="vertical",
    )
    joined = rows.join(readings, on=["kind", "raw"], maintain_order="left_right")
    return VALUES.conform(joined)


def build_names(cards: pl.DataFrame) -> pl.DataFrame:
    """Return the name of every card (entity, record_id, name) as NAMES, sorted by its key.

    The match key is "" where the name says nothing.
    """
    is_company = pl.col("entity") == Entity.COMPANY
    named = cards.select("entity", "record_id", "name", is_company=is_company)
    on = ["is_company", "name"]
    distinct = named.select(on).unique()
    judged = pl.concat(
        judge_names(
            distinct.filter(pl.col("is_company") == is_company)["name"], is_company=is_company
        ).with_columns(is_company=pl.lit(value=is_company))
        for is_company in (False, True)
    )
    joined = named.join(judged, on=on, how="left", nulls_equal=True)
    return NAMES.conform(joined.sort("entity", "record_id"))


def own_keys(
    phones: Iterable[str | None], emails: Iterable[str | None], settings: PhoneSettings
) -> frozenset[str]:
    """Return the match keys of an account's own phones and addresses (its users', its lines)."""
    numbers = (
        found.value
        for raw in phones
        for found in read_phones(raw or "", region=settings.region, area_code=settings.area_code)
        if found.status == "valid"
    )
    boxes = (found.match_key for raw in emails for found in read_emails(raw or ""))
    return frozenset(key for key in (*numbers, *boxes) if key)


def _read_chunks(
    distinct: Mapping[str, pl.Series], settings: PhoneSettings, chunk_rows: int, listen: Listener
) -> Iterator[pl.DataFrame]:
    done, total = 0, sum(map(len, distinct.values()))
    for kind, raws in distinct.items():
        for start in range(0, len(raws), chunk_rows):
            chunk = raws.slice(start, chunk_rows)
            is_phone = kind == "phone"
            read = read_phone_column(chunk, settings) if is_phone else read_email_column(chunk)
            done += len(chunk)
            listen(StageAdvanced(_STAGE, done, total))
            yield read.select(pl.lit(kind).alias("kind"), *READINGS.names())


_EMPTY = pl.DataFrame(schema={"kind": pl.String(), **READINGS})
