"""Channels and names of a whole account, read on their distinct values and laid back by number.

Results depend on the values alone: not on the order of rows nor on how many distinct
values are read at a time, which only bounds memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from dedupe.contracts import CHANNELS, NAMES, VALUES, Entity
from dedupe.events import Listener, StageAdvanced, ignore

from .buffers import Index, distinct_texts
from .email_columns import read_email_column
from .emails import read_emails
from .name_columns import judge_names
from .order import row_order
from .phone_columns import PhoneSettings, read_phone_column
from .phones import read_phones
from .readings import READINGS, numbered

_KINDS = ("phone", "email")
_THREADS = 2  # one chunk's kernels run while Python looks at what they left of another
_STAGE = "normalize"
_ORDER = ("entity", "record_id", "kind", "position")
_KEY = ("entity", "record_id")
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
    rows = channels.select(_KEPT).filter(is_read).rechunk()  # rows of one chunk are found faster
    order = row_order(rows, _ORDER)
    labels, distinct = _distinct(rows.select("kind", "raw")[order])
    readings = pl.concat([_EMPTY, *_read_chunks(distinct, settings, max(1, chunk_rows), listen)])
    begins, counts = _places(readings["row"], sum(raws.height for raws in distinct.values()))
    counts = counts[labels]
    read = readings.rechunk()[_stretches(begins[labels], counts)]
    return VALUES.conform(rows[np.repeat(order, counts)].hstack(read.drop("row")))


def build_names(cards: pl.DataFrame) -> pl.DataFrame:
    """Return the name of every card (entity, record_id, name) as NAMES, sorted by its key.

    The match key is "" where the name says nothing.
    """
    rows = cards.select("entity", "record_id", "name").rechunk()
    is_company = rows["entity"].eq_missing(Entity.COMPANY)
    persons = judge_names(rows["name"].filter(~is_company), is_company=False)
    companies = judge_names(rows["name"].filter(is_company), is_company=True)
    mask = is_company.to_numpy()
    at = np.where(mask, persons.height + np.cumsum(mask), np.cumsum(~mask)) - 1
    order = row_order(rows, _KEY)
    judged = pl.concat([persons, companies]).drop("name").rechunk()[at[order]]
    return NAMES.conform(rows.select(_KEY)[order].hstack(judged))


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


def _distinct(rows: pl.DataFrame) -> tuple[Index, dict[str, pl.DataFrame]]:
    """Return the number of each row's raw value among the distinct ones, and RAWS by kind."""
    labels, n, distinct = np.empty(rows.height, dtype=np.int64), 0, {}
    for kind in _KINDS:
        at = (rows["kind"] == kind).arg_true()
        own, raws = distinct_texts(rows["raw"].gather(at))
        labels[at.to_numpy()] = own + n
        distinct[kind] = numbered(raws, offset=n)
        n += len(raws)
    return labels, distinct


def _read_chunks(
    distinct: Mapping[str, pl.DataFrame], settings: PhoneSettings, chunk_rows: int, listen: Listener
) -> Iterator[pl.DataFrame]:
    done, total = 0, sum(raws.height for raws in distinct.values())
    chunks = [
        (kind, raws.slice(start, chunk_rows))
        for kind, raws in distinct.items()
        for start in range(0, raws.height, chunk_rows)
    ]

    def read(kind: str, raws: pl.DataFrame) -> pl.DataFrame:
        return read_phone_column(raws, settings) if kind == "phone" else read_email_column(raws)

    with ThreadPoolExecutor(_THREADS) as pool:
        for (_, raws), found in zip(
            chunks, pool.map(read, *zip(*chunks, strict=True)), strict=True
        ):
            yield found
            done += raws.height
            listen(StageAdvanced(_STAGE, done, total))


def _places(rows: pl.Series, n: int) -> tuple[Index, Index]:
    """Return where the readings of each of `n` values begin, and how many they are."""
    row = rows.cast(pl.Int64).to_numpy()
    firsts = np.flatnonzero(np.diff(row, prepend=-1))
    begins = np.zeros(n, dtype=np.int64)
    begins[row[firsts]] = firsts
    return begins, np.bincount(row, minlength=n)


def _stretches(begins: Index, counts: Index) -> Index:
    """Return the places begins[i], begins[i] + 1, ... of each i, so many as counts[i]."""
    skipped = np.cumsum(counts) - counts
    return np.repeat(begins - skipped, counts) + np.arange(counts.sum())


_EMPTY = pl.DataFrame(schema=READINGS)
