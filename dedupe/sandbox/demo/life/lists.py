"""A call list: contacts loaded at once, by one hand; some got no deal, some no task.

It takes contacts that were in the account already and moves their making: their number, their
names and their deals stay as they were. A small account has no list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from dedupe.contracts import RECORD_TAGS, TAGS
from dedupe.sandbox.demo.deals import Deals, moments
from dedupe.sandbox.demo.numbers import Ints

from .base import HOUR, Base, Flags, Rng, Tables, base_of, seconds
from .rows import on_deals
from .talks import Found

TAG, _TAG_ID = "обзвон 20.01", "41901"
_LOADED = int(datetime(2020, 1, 20, 7, tzinfo=UTC).timestamp())
_WITHIN = 3_000  # seconds
_LEAST = 60  # a check takes fifty contacts an hour for a list
_VISIBLE_FROM = 900  # contacts
_SHARE_BARE = 0.7


@dataclass(frozen=True, slots=True)
class CallList:
    """The rows of the contacts in the list: those without a deal, and those with."""

    bare: Ints
    held: Ints

    @property
    def rows(self) -> Ints:
        """All contacts of the list."""
        return np.concatenate([self.bare, self.held])


def load_list(
    deals: Deals, tables: Tables, n_contacts: int, scale: float, rng: Rng
) -> tuple[dict[str, pl.DataFrame], CallList]:
    """Make a call list of contacts; return the tables that it changes, and who is in it."""
    base = base_of(deals, tables, n_contacts, scale, np.zeros(0, dtype=np.int64))
    n = max(_LEAST, round(500 * scale)) if n_contacts >= _VISIBLE_FROM else 0
    n_bare = round(n * _SHARE_BARE)
    bare = base.pool.take(np.flatnonzero(base.n_links == 0), n_bare, rng)
    alone = np.zeros(n_contacts, dtype=bool)
    alone[base.main[(base.main >= 0) & (base.second < 0)]] = True
    alone[base.main[(base.main >= 0) & (base.second >= 0)]] = False
    alone[base.second[base.second >= 0]] = False
    fresh = alone & (base.first_deal > _LOADED + HOUR) & (base.n_links > 0)
    worked = np.flatnonzero(fresh & base.has_open)
    held = base.pool.take(worked, (n - n_bare) // 2, rng)
    held = np.concatenate(
        [held, base.pool.take(np.flatnonzero(fresh), n - n_bare - len(held), rng)]
    )
    made = CallList(bare, held) if len(bare) + len(held) >= _LEAST else CallList(bare[:0], held[:0])
    return _changed(tables, np.sort(made.rows)) if len(made.rows) else {}, made


def _changed(tables: Tables, rows: Ints) -> dict[str, pl.DataFrame]:
    contacts = tables["contacts"]
    hand = tables["users"].filter(pl.col("is_active"))["id"][1]
    loaded = np.full(contacts.height, -1, dtype=np.int64)
    loaded[rows] = _LOADED + np.arange(len(rows)) * _WITHIN // len(rows)
    at = pl.Series("loaded", moments(loaded))
    moved = contacts.with_columns(at).with_columns(
        created_at=pl.coalesce("loaded", "created_at"),
        updated_at=pl.max_horizontal("loaded", "updated_at"),
        created_by=pl.when(pl.col("loaded").is_null()).then("created_by").otherwise(pl.lit(hand)),
    )
    ids = contacts["id"].gather(rows)
    tags = pl.DataFrame({"record_id": ids}).with_columns(entity=pl.lit("contact"), tag=pl.lit(TAG))
    name = pl.DataFrame({"id": [_TAG_ID], "entity": ["contact"], "name": [TAG]})
    whole = pl.concat([tables["record_tags"], RECORD_TAGS.conform(tags)])
    return {
        "contacts": moved.drop("loaded"),
        "record_tags": whole.sort("entity", "record_id", "tag"),
        "tags": pl.concat([tables["tags"], TAGS.conform(name)]),
    }


def won_silently(base: Base, made: CallList) -> Ints:
    """Return the won deals of the list: nobody writes a word about them."""
    return np.flatnonzero(_of_list(base, made) & (base.deals["state"] == "won").to_numpy())


def _of_list(base: Base, made: CallList) -> Flags:
    is_held = np.zeros(base.n_contacts, dtype=bool)
    is_held[made.held] = True
    return (base.main >= 0) & is_held[np.maximum(base.main, 0)]


def list_work(base: Base, made: CallList, rng: Rng) -> tuple[Ints, pl.DataFrame, Found]:
    """Call some of the list's open deals; return which never moved, the calls, what is found."""
    is_ours = _of_list(base, made)
    deals = np.flatnonzero(is_ours & base.is_open)
    called = rng.random(len(deals)) < 0.6
    still = deals[~called & (rng.random(len(deals)) < 0.5)]
    at = np.minimum(
        base.created[deals[called]] + HOUR, seconds(base.deals["updated_at"])[deals[called]]
    )
    calls = on_deals(base, deals[called], "call_out", at)
    is_first = at_first_stage(base)[deals]
    found: Found = {}
    if len(made.rows):
        found = {
            ("LST101", "contact"): len(made.bare),
            ("LST001", "contact"): len(made.bare) + _without_task(base, made.held),
            ("LST104", "deal"): len(won_silently(base, made)),
            ("LST103", "deal"): int((is_first == called).sum()),
            ("LST102", "deal"): int(np.isin(deals[~is_first], still).sum()),
        }
    return still, calls, found


def at_first_stage(base: Base) -> Flags:
    """Tell which deals stand in the first open stage of their pipeline."""
    opened = base.tables["statuses"].filter(pl.col("state") == "open").sort("sort", "id")
    first = opened.unique("pipeline_id", keep="first", maintain_order=True)
    return base.deals["status_id"].is_in(first["id"].implode()).to_numpy()


def _without_task(base: Base, contacts: Ints) -> int:
    """Count contacts that have neither a closed deal nor an open task on a deal or themselves."""
    tasks = base.tables["tasks"].filter(~pl.col("is_completed"))
    busy = {
        name: ids.is_in(tasks.filter(pl.col("entity") == name)["record_id"].implode()).to_numpy()
        for name, ids in (("deal", base.deals["id"]), ("contact", base.contacts["id"]))
    }
    well = busy["contact"][: base.n_contacts].copy()
    fine = ((base.closed >= 0) | busy["deal"]) & (base.main >= 0)
    well[base.main[fine]] = True
    return int((~well[contacts]).sum())
