"""The life of the demo account: calls, letters, chats, forms, moves, and the faults in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from dedupe.contracts import EVENTS
from dedupe.sandbox.demo.deals import Deals, moments
from dedupe.sandbox.demo.history import made_events
from dedupe.sandbox.demo.numbers import Ints

from .base import Base, Rng, Tables, base_of
from .counted import counted, second_deals
from .inflow import with_inflow
from .lists import CallList, at_first_stage, list_work, load_list, won_silently
from .losses import quiet_losses
from .moves import stage_moves
from .ordinary import administrator, ordinary
from .rows import CHATS, joined, note_table
from .talks import Found, talk_faults

__all__ = ["ON_REQUEST", "CallList", "Life", "build_life", "load_list", "with_inflow"]

_LOST_LINKS = 1_900
ON_REQUEST = ("notes", "events")  # heavy in a real account, so they are asked for


@dataclass(frozen=True, slots=True)
class Life:
    """The tables of history, and how many records a scan finds by code and entity.

    `groups` are of the codes that count groups. Nothing is told of a history that was not asked for
    in whole.
    """

    tables: Mapping[str, pl.DataFrame]
    found: Mapping[tuple[str, str], int]
    groups: Mapping[tuple[str, str], int]


def build_life(
    names: Collection[str],
    deals: Deals,
    tables: Tables,
    made: CallList,
    n_contacts: int,
    scale: float,
    rng: Rng,
) -> Life:
    """Build the tables `names` of ON_REQUEST for the account of `tables`."""
    if not names:
        return Life({}, {}, {})
    base = base_of(deals, tables, n_contacts, scale, made.rows)
    quiet, parts, found = _planted(base, made, rng)
    still, calls, of_lists = list_work(base, made, rng)
    rows = joined([*parts, calls, *ordinary(base, quiet, won_silently(base, made), rng)])
    notes, n_silent = note_table(rows, base.sized(_LOST_LINKS), rng)
    moves, of_moves = stage_moves(base, still, rng)
    events = _events(rows, moves, tables, rng)
    found |= of_lists | of_moves | counted(base, notes, events)
    found["CAL101", "note"] = n_silent
    found["CAL104", "contact"] = _answered_by_others(rows, tables["contacts"])
    ahead = pl.Series(base.is_open & ~at_first_stage(base))
    found["KPI103", "user"] = base.deals["owner_id"].filter(ahead).n_unique()
    found["INT101", "user"] = _programs_under_people(base, rows, notes)
    n, groups = second_deals(base)
    found["DUP301", "deal"] = n
    whole = {"notes": notes, "events": events}
    if set(names) < set(ON_REQUEST):
        return Life({name: whole[name] for name in names}, {}, {})
    return Life(whole, found, {("DUP301", "deal"): groups})


def _planted(base: Base, made: CallList, rng: Rng) -> tuple[Ints, list[pl.DataFrame], Found]:
    quiet, short, found = quiet_losses(base, rng)
    parts = [short]
    for rows, own in talk_faults(base, rng):
        parts.append(rows)
        for key, n in own.items():
            found[key] = found.get(key, 0) + n
    return quiet, parts, found


def _answered_by_others(rows: pl.DataFrame, contacts: pl.DataFrame) -> int:
    """Count the contacts whose call somebody answered who is not their owner."""
    is_talk = (pl.col("kind") == "call_in") & (pl.col("seconds").fill_null(1) > 0)
    own = rows.filter(is_talk & (pl.col("entity") == "contact"))
    owners = contacts.select("owner_id", record_id="id")
    held = own.join(owners, on="record_id").filter(pl.col("author") != pl.col("owner_id"))
    return held["record_id"].n_unique()


def _programs_under_people(base: Base, rows: pl.DataFrame, notes: pl.DataFrame) -> int:
    """Tell whether the forms write under an administrator who works too: 1 or 0."""
    who = administrator(base)
    under = rows.filter((pl.col("kind") == "service_message") & (pl.col("author") == who)).height
    works = (base.tables["tasks"]["owner_id"] == who).any() or (
        (notes["note_type"] == "common") & (notes["created_by"] == who)
    ).any()
    return int(under > 0 and works)


def _events(rows: pl.DataFrame, moves: pl.DataFrame, tables: Tables, rng: Rng) -> pl.DataFrame:
    chats = rows.filter(pl.col("kind").is_in(CHATS))
    told = chats.select(
        "entity", "record_id", type="kind", created_by="author",
        created_at=moments(chats["at"].to_numpy()), before=pl.lit("[]"), after=pl.lit("[]"),
    )  # fmt: skip
    names = told.columns
    whole = pl.concat([told, moves.select(names), made_events(tables, rng).select(names)])
    ordered = whole.sort("created_at", "record_id", "type", "after").with_row_index("number")
    number = pl.col("number").cast(pl.String).str.zfill(20)
    return EVENTS.conform(ordered.with_columns(id=pl.concat_str(pl.lit("01demo"), number)))
