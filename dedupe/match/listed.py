"""A pair's waterfall from the files of a scan alone, without the account.

pairs.parquet has the levels and weights of every pair from 1 % on, model.json what they are made
of, clusters.parquet what became of them. Of cards' values the files hold phones and e-mails.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from dedupe.contracts import CARDS, CLUSTERS, PAIRS
from dedupe.errors import InputError
from dedupe.language import N_

from .explain import (
    NOT_OBSERVED,
    Held,
    Together,
    Waterfall,
    both_kinds,
    build_steps,
    context_of,
    missing_card,
    same_card,
)
from .model_file import SCAN_AGAIN, ModelEntry, damaged, load_model

_CHANNELS = ("entity", "record_id", "kind", "value", "status", "match_key")
_MENTIONS = ("findings.parquet", "channels.parquet", "clusters.parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """Two cards that a scan knows and did not list as a pair: below 1 %, or never compared."""

    entity: str
    left_id: str
    right_id: str
    together: Together


def explain_listed(
    folder: Path, ids: tuple[str, str], entity: str | None = None
) -> Waterfall | Unlisted:
    """Explain the pair `ids` from the scan in `folder`. Raises InputError."""
    model = load_model(_file(folder, "model.json"))
    row = _pair(folder, ids, entity)
    if row is None:
        return _unlisted(folder, ids, entity)
    entry = model.get(str(row["entity"]))
    if entry is None:
        raise damaged(folder / "model.json")
    try:
        return _waterfall(folder, row, entry)
    except (KeyError, TypeError, IndexError) as error:
        raise damaged(folder / "pairs.parquet") from error


def _file(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        raise InputError(
            N_("there is no such folder"), where=str(folder), fix=N_("check the path of --scan")
        )
    if not (folder / name).is_file():
        raise InputError(
            N_("the folder has no {name}, which a scan writes"),
            where=str(folder),
            fix=SCAN_AGAIN,
            name=name,
        )
    return folder / name


def _rows(
    path: Path, columns: Sequence[str], where: pl.Expr, *, whole: bool = False
) -> pl.DataFrame:
    """Return the rows of a scan's file that `where` names: `columns`, or `whole` rows."""
    try:
        # Of a damaged file polars ends its threads with panics; pyarrow raises.
        table = pa_parquet.read_table(path, columns=None if whole else list(columns))
        found = pl.from_arrow(table)
        assert isinstance(found, pl.DataFrame)  # a table is no series
        if not set(columns) <= set(found.columns):
            raise damaged(path)
        return found.filter(where)
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise damaged(path) from error


def _pair(folder: Path, ids: tuple[str, str], entity: str | None) -> dict[str, object] | None:
    path = _file(folder, "pairs.parquet")
    left, right = pl.col("left_id"), pl.col("right_id")
    is_asked = ((left == ids[0]) & (right == ids[1])) | ((left == ids[1]) & (right == ids[0]))
    if entity is not None:
        is_asked &= pl.col("entity") == entity
    found = _rows(path, PAIRS.schema.names(), is_asked, whole=True)
    if found["entity"].n_unique() > 1:
        raise both_kinds(ids)
    # Of two tables ids may repeat: the order in which they are asked for then tells them apart.
    rows = found.sort(left == ids[0], descending=True).to_dicts()
    return rows[0] if rows else None


def _waterfall(folder: Path, row: dict[str, object], entry: ModelEntry) -> Waterfall:
    levels, rarities = graded(row, entry)
    left_id, right_id = str(row["left_id"]), str(row["right_id"])
    return Waterfall(
        entity=entry.entity,
        left_id=left_id,
        right_id=right_id,
        prior=entry.prior_bits,
        steps=build_steps(
            entry, levels, rarities, _values(folder, entry.entity, (left_id, right_id))
        ),
        weight=_number(row["weight"]),
        probability=_number(row["probability"]),
        tier=str(row["tier"]),
        context=entry.contexts[context_of(entry, levels)].name,
        together=_together(folder, entry.entity, left_id, right_id),
    )


def graded(row: Mapping[str, object], entry: ModelEntry) -> tuple[dict[str, int], dict[str, float]]:
    """Return levels and rarity bits: what a weight has beyond its level's bits is rarity."""
    levels = {
        each.name: NOT_OBSERVED if row[f"g_{each.name}"] is None else _level(row, each.name)
        for each in entry.comparisons
    }
    at = context_of(entry, levels)
    rarities = {
        each.name: _number(row[f"w_{each.name}"]) - each.levels[levels[each.name]].bits[at]
        for each in entry.comparisons
        if levels[each.name] != NOT_OBSERVED
    }
    return levels, rarities


def _level(row: Mapping[str, object], name: str) -> int:
    level = row[f"g_{name}"]
    if not isinstance(level, int) or level < NOT_OBSERVED:
        raise TypeError("a level is a whole number from -1 on")
    return level


def _number(told: object) -> float:
    if not isinstance(told, int | float) or not math.isfinite(told):
        raise TypeError("a number is meant")
    return float(told)


def _values(folder: Path, entity: str, ids: tuple[str, str]) -> dict[str, tuple[Held, Held]]:
    """Return the phones and e-mails of both cards that were compared; none without the file."""
    path = folder / "channels.parquet"
    if not path.is_file():
        return {}
    is_local = (pl.col("status") == "local") & (pl.col("kind") == "phone")
    is_compared = pl.col("match_key").is_not_null() | is_local
    own = _is(entity) & pl.col("record_id").is_in(ids) & is_compared
    found = _rows(path, _CHANNELS, own).drop_nulls("value")
    held: dict[tuple[str, str], Held] = {
        (str(kind), str(one)): tuple(part["value"].unique().sort().to_list())
        for (kind, one), part in found.partition_by("kind", "record_id", as_dict=True).items()
    }
    return {kind: (held.get((kind, ids[0]), ()), held.get((kind, ids[1]), ())) for kind, _ in held}


def _together(folder: Path, entity: str, left_id: str, right_id: str) -> Together:
    clusters = _rows(_file(folder, "clusters.parquet"), CLUSTERS.schema.names(), _is(entity))
    own = clusters.filter(pl.col("record_id").is_in([left_id, right_id]))
    of = {row["record_id"]: row for row in own.to_dicts()}
    left, right = of.get(left_id, {}), of.get(right_id, {})
    in_left = pl.col("cluster_id") == str(left.get("cluster_id"))
    return Together(
        left=left.get("cluster_id"),
        right=right.get("cluster_id"),
        n_cards=clusters.filter(in_left).height if left else 1,
        left_tier=left.get("tier"),
        right_tier=right.get("tier"),
    )


def _is(entity: str) -> pl.Expr:
    return pl.col("entity") == entity


def _unlisted(folder: Path, ids: tuple[str, str], entity: str | None) -> Unlisted:
    """Return the cards of a pair that is not listed; their ids must be somewhere in the files."""
    if ids[0] == ids[1]:
        raise same_card(ids[0])
    asked = [str(each) for each in CARDS if entity in (None, each)]
    seen = _mentioned(folder, ids, asked)
    held = {each: [(each, one) in seen for one in ids] for each in asked}
    whole = [each for each, has in held.items() if all(has)]
    if len(whole) > 1:
        raise both_kinds(ids)
    if not whole:
        raise missing_card(
            ids, held, fix=N_("check the id; --source looks into the account itself")
        )
    return Unlisted(
        entity=whole[0],
        left_id=ids[0],
        right_id=ids[1],
        together=_together(folder, whole[0], *ids),
    )


def _mentioned(folder: Path, ids: tuple[str, str], entities: Sequence[str]) -> set[tuple[str, str]]:
    """Return which of `ids` the files mention, with their entity."""
    own = pl.col("entity").is_in(entities)
    seen: set[tuple[str, str]] = set()
    for name in _MENTIONS:
        if (folder / name).is_file():
            found = _rows(
                folder / name, ("entity", "record_id"), own & pl.col("record_id").is_in(ids)
            )
            seen |= set(found.select("entity", "record_id").iter_rows())
    pairs = _rows(
        folder / "pairs.parquet",
        PAIRS.schema.names(),
        own & (pl.col("left_id").is_in(ids) | pl.col("right_id").is_in(ids)),
    )
    for side in ("left_id", "right_id"):
        seen |= {(e, one) for e, one in pairs.select("entity", side).iter_rows() if one in ids}
    return seen
