"""A stream of duplicates: one employee has begun to make second cards of known clients.

It takes second cards that the account has anyway and moves their making into the last four whole
weeks, so no other count changes. A small account has too few to tell a stream from chance.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl

from dedupe.sandbox.demo.deals import Deals, moments
from dedupe.sandbox.demo.numbers import Ints
from dedupe.sandbox.demo.team import WORKING

from .base import DAY, Rng, Tables, at_work, base_of
from .talks import Found

_FULL, _LEAST = 100, 20  # second cards: fewer would not stand out
_SINCE = int(datetime(2020, 5, 4, tzinfo=UTC).timestamp())
_UNTIL = int(datetime(2020, 5, 30, tzinfo=UTC).timestamp())
_HAND = WORKING[-1]


def with_inflow(
    deals: Deals, tables: Tables, second: Ints, busy: Ints, scale: float, rng: Rng
) -> tuple[dict[str, pl.DataFrame], Found]:
    """Move the making of some contacts of `second` that are not `busy`, and have no deal."""
    contacts, n_live = tables["contacts"], int((~tables["contacts"]["is_deleted"]).sum())
    base = base_of(deals, tables, n_live, scale, busy)
    rows = second[(second < n_live)]
    rows = base.pool.take(rows[base.n_links[rows] == 0], round(_FULL * scale), rng)
    if len(rows) < _LEAST:
        return {}, {}
    at = rng.integers(_SINCE, _UNTIL - DAY, len(rows))
    since = np.full(len(rows), _SINCE)
    made = np.full(contacts.height, -1, dtype=np.int64)
    made[rows] = at_work(at, since, since + (_UNTIL - _SINCE), rng)
    moved = contacts.with_columns(pl.Series("made", moments(made))).with_columns(
        created_at=pl.coalesce("made", "created_at"),
        updated_at=pl.max_horizontal("made", "updated_at"),
        created_by=pl.when(pl.col("made").is_null()).then("created_by").otherwise(pl.lit(_HAND)),
    )
    return {"contacts": moved.drop("made")}, {("DUP902", "week"): 1}
