"""Notes and events of the demo account: a little of its history, on request.

A note stands on one deal in six and one contact in twenty: written ones and calls,
without a number, so that nothing of what was planted changes. Events tell of added
records, of deals that came to their end, and of a few merges that somebody made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import polars as pl

from dedupe.contracts import EVENTS, NOTES

from .settings import LOST, WON

Rng = np.random.Generator
Tables = Mapping[str, pl.DataFrame]

_TEXTS = ("Просил перезвонить после обеда", "Отправили расчёт на почту", "Ждёт решения супруги",
          "Нужен замер на следующей неделе", "Интересует рассрочка", "Сравнивает цены")  # fmt: skip
_DEALS, _CONTACTS, _MERGES = 6, 20, 100  # one record in so many has one
_FIRST_NOTE = 80_000_001


def build_extras(names: Collection[str], tables: Tables, rng: Rng) -> dict[str, pl.DataFrame]:
    """Build the tables `names` of history, of the records in `tables`."""
    made = {"notes": _notes(tables, rng), "events": _events(tables, rng)}
    return {name: frame for name, frame in made.items() if name in names}


def _notes(tables: Tables, rng: Rng) -> pl.DataFrame:
    frame = pl.concat(
        [
            _some(tables["deals"], "deal", _DEALS, rng),
            _some(tables["contacts"].filter(~pl.col("is_deleted")), "contact", _CONTACTS, rng),
        ]
    )
    n = frame.height
    kinds = pl.Series(("common", "common", "call_in", "call_out"))
    text = pl.Series(_TEXTS).gather(rng.integers(0, len(_TEXTS), n))
    seconds = pl.Series(rng.integers(5, 900, n))
    ids = _FIRST_NOTE + np.cumsum(rng.integers(1, 9, n))
    frame = frame.sort("created_at", "record_id").with_columns(
        id=pl.Series(ids).cast(pl.String),
        note_type=kinds.gather(rng.integers(0, len(kinds), n)),
        text=text,
        seconds=seconds,
        updated_at=pl.col("created_at"),
    )
    is_written = pl.col("note_type") == "common"
    call_params = pl.concat_str(pl.lit('{"duration":'), "seconds", pl.lit(',"source":"demo"}'))
    written = pl.concat_str(pl.lit('{"text":"'), "text", pl.lit('"}'))
    return NOTES.conform(
        frame.with_columns(
            params=pl.when(is_written).then(written).otherwise(call_params),
            text=pl.when(is_written).then("text"),
        )
    )


def _events(tables: Tables, rng: Rng) -> pl.DataFrame:
    deals, contacts = tables["deals"], tables["contacts"]
    added = [
        _some(deals, "deal", _DEALS, rng).with_columns(type=pl.lit("lead_added")),
        _some(contacts, "contact", _CONTACTS, rng).with_columns(type=pl.lit("contact_added")),
        _some(contacts, "contact", _MERGES, rng).with_columns(type=pl.lit("entity_merged")),
    ]
    ended = deals.filter(pl.col("state").is_in(["won", "lost"]))
    frame = pl.concat([*(one.with_columns(after=pl.lit("[]")) for one in added), _ends(ended)])
    frame = frame.sort("created_at", "record_id", "type").with_row_index("number")
    return EVENTS.conform(
        frame.with_columns(
            id=pl.concat_str(pl.lit("01demo"), pl.col("number").cast(pl.String).str.zfill(20)),
            before=pl.lit("[]"),
        )
    )


def _ends(deals: pl.DataFrame) -> pl.DataFrame:
    status = pl.when(pl.col("state") == "won").then(pl.lit(WON)).otherwise(pl.lit(LOST))
    parts = ('[{"lead_status":{"id":', status, ',"pipeline_id":', "pipeline_id", "}}]")
    after = pl.concat_str(
        *(pl.lit(p) if isinstance(p, str) and p != "pipeline_id" else p for p in parts)
    )
    return deals.filter(pl.int_range(pl.len()) % _DEALS == 0).select(
        entity=pl.lit("deal"),
        record_id="id",
        created_by="owner_id",
        created_at="closed_at",
        type=pl.lit("lead_status_changed"),
        after=after,
    )


def _some(records: pl.DataFrame, entity: str, one_in: int, rng: Rng) -> pl.DataFrame:
    rows = np.flatnonzero(rng.integers(0, one_in, records.height) == 0)
    return records[rows].select(
        entity=pl.lit(entity),
        record_id="id",
        created_by="created_by",
        created_at="created_at",
    )
