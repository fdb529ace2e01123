"""How deals went through their stages: whole histories of the deals made since 2019.

Older deals were imported and have none. A deal goes from the first stage on, now and then over
a stage or back by one; its last move leads to where it stands. Robots make a part of the moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from dedupe.sandbox.demo.deals import moments
from dedupe.sandbox.demo.numbers import Ints

from .base import HOUR, Base, Rng, doers, seconds
from .talks import Found

_SINCE = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
_SKIPS, _RETURNS, _ROBOTS, _LEAPS = 0.08, 0.05, 0.3, 0.04
_SKIP, _RETURN = 1, 2


@dataclass(frozen=True, slots=True)
class Steps:
    """Moves by row of the deal: places of stages in `names`, and the kind of the move."""

    deal: Ints
    old: Ints
    new: Ints
    kind: Ints


def stage_moves(base: Base, but: Ints, rng: Rng) -> tuple[pl.DataFrame, Found]:
    """Make the moves of all deals since 2019 but `but`, as rows of events."""
    names, first, n_stages, ends, place = _stages(base)
    deals = _moving(base, place - first, but)
    target = _targets(base, deals, place - first, n_stages, rng)
    steps = _walk(base, deals, target, first, n_stages, ends, rng)
    order = np.lexsort((np.arange(len(steps.deal)), steps.deal))
    deal, old, new, kind = (part[order] for part in (steps.deal, steps.old, steps.new, steps.kind))
    number, size = _places(deal)
    since = base.created[deal]
    ended = np.where(
        base.closed[deal] < 0, seconds(base.deals["updated_at"])[deal], base.closed[deal]
    )
    at = since + ((ended - since) * ((number + 1) / size)).astype(np.int64)
    is_robot = (rng.random(len(deal)) < _ROBOTS) & (number + 1 < size)
    owners = doers(base.deals["owner_id"].gather(deal), at)
    by = pl.select(pl.when(pl.Series(is_robot)).then(pl.lit("0")).otherwise(owners)).to_series()
    texts = pl.Series(names)
    frame = pl.DataFrame(
        {
            "record_id": base.deals["id"].gather(deal),
            "created_by": by,
            "created_at": moments(at),
            "before": texts.gather(old),
            "after": texts.gather(new),
        }
    ).with_columns(entity=pl.lit("deal"), type=pl.lit("lead_status_changed"))
    return frame, {
        ("EVT101", "pipeline"): int((~is_robot).sum()),
        ("EVT102", "pipeline"): int((kind > 0).sum()),
    }


def _stages(base: Base) -> tuple[list[str], Ints, Ints, tuple[Ints, Ints], Ints]:
    """Return the JSON of all stages; for each deal its first, how many, both ends, its own."""
    told = base.tables["statuses"].sort("pipeline_id", "sort", "id")
    texts: list[str] = []
    places: dict[tuple[str, str], int] = {}
    spans: dict[str, tuple[int, int]] = {}
    for pipeline, part in told.group_by("pipeline_id", maintain_order=True):
        opened = part.filter(pl.col("state") == "open")["id"].to_list()
        spans[str(pipeline[0])] = (len(texts), len(opened))
        for stage in (*opened, "142", "143"):
            places[str(pipeline[0]), stage] = len(texts)
            texts.append(
                f'[{{"lead_status":{{"id":{stage},"pipeline_id":{pipeline[0]}}}}}]'
            )  # fmt: skip
    stand = pl.DataFrame(
        [(p, s, at, *spans[p]) for (p, s), at in places.items()],
        schema=["pipeline_id", "status_id", "place", "first", "n"], orient="row",
    )  # fmt: skip
    met = base.deals.select("pipeline_id", "status_id").join(
        stand, on=["pipeline_id", "status_id"], how="left", maintain_order="left"
    )
    place, first, n = (
        met[c].fill_null(-1).to_numpy().astype(np.int64) for c in ("place", "first", "n")
    )
    return texts, first, n, (first + n, first + n + 1), place


def _moving(base: Base, rank: Ints, but: Ints) -> Ints:
    """Return the deals that have a history: not of minutes, and not still at the beginning."""
    ended = np.where(base.closed < 0, seconds(base.deals["updated_at"]), base.closed)
    is_moved = (base.created >= _SINCE) & (ended - base.created > 2 * HOUR)
    is_moved &= (rank > 0) | ~base.is_open
    is_moved[but] = False
    return np.flatnonzero(is_moved)


def _targets(base: Base, deals: Ints, rank: Ints, n_stages: Ints, rng: Rng) -> Ints:
    """Return the furthest open stage of each deal: of lost ones any, the first most often."""
    n = n_stages[deals]
    lost = (rng.random(len(deals)) ** 2 * n).astype(np.int64)
    is_won = (base.deals["state"] == "won").to_numpy()[deals]
    leap = 2 * ((rng.random(len(deals)) < _LEAPS) & (n > 3))  # won without the last stages
    return np.where(base.is_open[deals], rank[deals], np.where(is_won, n - 1 - leap, lost))


def _walk(
    base: Base, deals: Ints, target: Ints, first: Ints, n_stages: Ints, ends: tuple[Ints, Ints],
    rng: Rng,
) -> Steps:  # fmt: skip
    at = np.zeros(len(deals), dtype=np.int64)
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []

    def go(rows: Ints, old: Ints, new: Ints, kind: Ints) -> None:
        parts.append((deals[rows], old, new, kind))

    start = first[deals]
    while (rows := np.flatnonzero(at < target)).size:
        jump = 1 + ((rng.random(len(rows)) < _SKIPS) & (at[rows] + 2 <= target[rows]))
        go(rows, start[rows] + at[rows], start[rows] + at[rows] + jump, (jump - 1) * _SKIP)
        at[rows] += jump
    rows = np.flatnonzero((rng.random(len(deals)) < _RETURNS) & (target > 0))
    top = start[rows] + target[rows]
    go(rows, top, top - 1, np.full(len(rows), _RETURN))
    go(rows, top - 1, top, np.zeros(len(rows), dtype=np.int64))
    state = base.deals["state"].gather(deals)
    for end, name in zip(ends, ("won", "lost"), strict=True):
        rows = np.flatnonzero((state == name).to_numpy())
        is_leap = (name == "won") & (n_stages[deals[rows]] > target[rows] + 1)
        go(rows, start[rows] + target[rows], end[deals[rows]], is_leap * _SKIP)
    whole = [np.concatenate(part) for part in zip(*parts, strict=True)]
    return Steps(*whole)


def _places(deal: Ints) -> tuple[Ints, Ints]:
    """Return the number of each move among its deal's, from 0, and how many the deal has."""
    frame = pl.DataFrame({"deal": deal}).select(
        number=pl.int_range(pl.len()).over("deal"), size=pl.len().over("deal").cast(pl.Int64)
    )
    return frame["number"].to_numpy(), frame["size"].to_numpy()
