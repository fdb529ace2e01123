"""What stands in the fields of the demo account's cards: required ones, marks, ticks, spellings.

"Откуда контакт" says what the source says on most deals with one; the planned number of them
has it empty. A deal that must have a field has it, but for the planned ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from dedupe.contracts import FIELD_VALUES

from .deals import READ_TO
from .numbers import Flags, Ints
from .planted import Counts, Planted
from .settings import AREA, CITY, POSITION, REQUIRED, VISIT, WHENCE, WHENCE_IDS, WHENCE_TEXTS
from .settings import status_of as stage_id
from .sizes import Faults
from .structure import DELETE_BOX, MATERIAL, TRACKER

Tables = Mapping[str, pl.DataFrame]
Rng = np.random.Generator

_BY_SOURCE = ("сайт", "сайт", "сайт", "звонок", "повторный", "выставка")  # of sources 9001 on
_MATERIALS = ("Металлочерепица", "Профнастил", "Мягкая кровля", "Ондулин", "Фальц")
_SPELLINGS = (
    *_MATERIALS, *_MATERIALS, *_MATERIALS,
    *(name.lower() for name in _MATERIALS), *(f"{name}." for name in _MATERIALS),
)  # fmt: skip
_TRACKED = (datetime(2018, 1, 1, tzinfo=UTC), datetime(2019, 6, 1, tzinfo=UTC))
_LISTLIKE = (("contact", POSITION), ("contact", CITY), ("company", CITY), ("deal", MATERIAL))
_LEAST, _MOST_SHARE = 50, 0.2
_OWN = ("PHONE", "EMAIL", "WEB", POSITION)
_TABLE = {"contact": "contacts", "company": "companies", "deal": "deals"}
_RECORD = ["entity", "record_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fills:
    """The table `field_values`, and how many records lack what they should have."""

    values: pl.DataFrame
    n_required: int
    n_unmarked: int
    n_ticked: int


def plant_fills(tables: Tables, ticked: pl.Series, faults: Faults, rng: Rng) -> Fills:
    """Fill the fields of deals, and tick "Удалить" on the contacts `ticked`."""
    deals, values = tables["deals"], tables["field_values"]
    must = {field: _must_have(deals, line, at) for field, line, at in REQUIRED}
    lacking = _lacking(must[WHENCE] | must[AREA], faults.empty_required, rng)
    has_source = deals["source_id"].is_not_null().to_numpy()
    silent = _silent(has_source, must[WHENCE], lacking, faults.unmarked, rng)
    empty = silent | (lacking & must[WHENCE])
    is_old = (pl.col("entity") == "deal") & (pl.col("field_id") == WHENCE)
    told = values.filter(is_old)
    old = deals["id"].is_in(told["record_id"].implode()).to_numpy()
    gone = pl.DataFrame({"record_id": deals["id"].filter(pl.Series(empty))})
    parts = [
        values.filter(~is_old),
        told.join(gone, on="record_id", how="anti", maintain_order="left"),
        _whence(deals, np.flatnonzero((has_source | must[WHENCE]) & ~old & ~empty), rng),
        _areas(deals, np.flatnonzero(must[AREA] & ~lacking), rng),
        _materials(deals, rng),
        _tracked(deals, rng),
        _ticks(ticked),
    ]
    return Fills(
        values=pl.concat(FIELD_VALUES.conform(part) for part in parts),
        n_required=int(lacking.sum()),
        n_unmarked=int((has_source & empty).sum()),
        n_ticked=len(ticked) - len(ticked) // 5,
    )


def fills_planted(tables: Tables, fills: Fills) -> Counts:
    """Return what is planted in the fields of a finished account."""
    found = {
        ("FLD101", "field"): _n_rare_fields(tables),
        ("FLD201", "field"): _n_rare_marks(tables),
        ("FLD203", "deal"): fills.n_unmarked,
        ("FLD301", "field"): sum(_is_listlike(tables, *field) for field in _LISTLIKE),
        ("FLD402", "contact"): fills.n_ticked,
        ("FLD501", "deal"): fills.n_required,
        ("INT203", "integration"): _n_left_over(tables),
    }
    return {key: Planted(n) for key, n in found.items()}


def _must_have(deals: pl.DataFrame, line: str, at: int) -> Flags:
    """Tell the deals at a stage or beyond it: won ones too, lost ones never."""
    stages = [stage_id(line, place) for place in range(at, at + 12)]
    is_there = pl.col("status_id").is_in(stages) | (pl.col("state") == "won")
    return deals.select((pl.col("pipeline_id") == line) & is_there).to_series().to_numpy()


def _lacking(must: Flags, n: int, rng: Rng) -> Flags:
    flags = np.zeros(len(must), dtype=bool)
    flags[rng.permutation(np.flatnonzero(must))[:n]] = True
    return flags


def _silent(has_source: Flags, must: Flags, lacking: Flags, n: int, rng: Rng) -> Flags:
    """Choose deals with a source that don't say where they came from, `n` with those lacking."""
    already = int((has_source & must & lacking).sum())
    return _lacking(has_source & ~must, max(n - already, 0), rng)


def _whence(deals: pl.DataFrame, rows: Ints, rng: Rng) -> pl.DataFrame:
    said = {str(9001 + at): text for at, text in enumerate(_BY_SOURCE)}
    drawn = pl.Series(WHENCE_TEXTS).gather(rng.integers(0, len(WHENCE_TEXTS), len(rows)))
    frame = deals[rows].select(record_id="id", source="source_id").with_columns(drawn=drawn)
    own = pl.col("source").replace_strict(said, default=None, return_dtype=pl.String)
    named = frame.with_columns(raw=pl.coalesce(own, "drawn"))
    enum = pl.col("raw").replace_strict(WHENCE_IDS, return_dtype=pl.String)
    return _of("deal", WHENCE, named.select("record_id", "raw", enum_id=enum))


def _areas(deals: pl.DataFrame, rows: Ints, rng: Rng) -> pl.DataFrame:
    raw = pl.Series(rng.integers(4, 60, len(rows)) * 10).cast(pl.String)
    return _of("deal", AREA, pl.DataFrame({"record_id": deals["id"].gather(rows), "raw": raw}))


def _materials(deals: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    rows = np.flatnonzero(rng.random(deals.height) < 0.04)
    raw = pl.Series(_SPELLINGS).gather(rng.integers(0, len(_SPELLINGS), len(rows)))
    return _of("deal", MATERIAL, pl.DataFrame({"record_id": deals["id"].gather(rows), "raw": raw}))


def _tracked(deals: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """Give some deals of the years when the counter worked the number of a visit."""
    then = deals["created_at"].is_between(*_TRACKED).to_numpy()
    rows = np.flatnonzero(then & (rng.random(deals.height) < 0.06))
    raw = pl.Series(rng.integers(10**15, 9 * 10**15, len(rows))).cast(pl.String)
    return _of("deal", TRACKER, pl.DataFrame({"record_id": deals["id"].gather(rows), "raw": raw}))


def _ticks(contacts: pl.Series) -> pl.DataFrame:
    """Tick the box on `contacts`; every fifth tick, from the last on, was taken off again."""
    n = len(contacts) - len(contacts) // 5
    raw = ["true"] * n + ["false"] * (len(contacts) - n)
    return _of("contact", DELETE_BOX, pl.DataFrame({"record_id": contacts, "raw": raw}))


def _of(entity: str, field: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("record_id", "raw").cast(pl.String), entity=pl.lit(entity), field_id=pl.lit(field)
    )


def _live(tables: Tables, entity: str) -> pl.DataFrame:
    cards = tables[_TABLE[entity]].filter(~pl.col("is_deleted"))
    return cards.select(pl.lit(entity).alias("entity"), "created_at", record_id="id")


def _filled(tables: Tables) -> pl.DataFrame:
    """Return entity, field_id, record_id, created_at of what is filled on live records."""
    live = pl.concat(_live(tables, entity) for entity in _TABLE)
    columns = ["entity", "field_id", "record_id", "raw"]
    told = pl.concat(tables[name].select(columns) for name in ("field_values", "channels"))
    held = told.filter(pl.col("raw") != "false").drop("raw").unique()
    return held.join(live, on=_RECORD)


def _n_rare_fields(tables: Tables) -> int:
    """Count the account's own fields that fewer than 1 % of the records over 30 days old have."""
    since = READ_TO - timedelta(days=30)
    sizes = {
        entity: _live(tables, entity).filter(pl.col("created_at") <= since).height
        for entity in _TABLE
    }
    old = _filled(tables).filter(pl.col("created_at") <= since)
    uses = {row[:2]: row[2] for row in old.group_by("entity", "field_id").len().iter_rows()}
    own = tables["fields"].filter(~pl.col("id").is_in(_OWN)).select("entity", "id").iter_rows()
    return sum(
        sizes[entity] > 0 and uses.get((entity, id_), 0) / sizes[entity] < 0.01
        for entity, id_ in own
    )


def _n_rare_marks(tables: Tables) -> int:
    """Count "roistat" if fewer than a half of the deals of the last year have it."""
    young = tables["deals"].filter(pl.col("created_at") > READ_TO - timedelta(days=365))
    marked = tables["field_values"].filter(pl.col("field_id") == VISIT)
    n = young.join(marked, left_on="id", right_on="record_id", how="semi").height
    return int(young.height > 0 and n < young.height / 2)


def _is_listlike(tables: Tables, entity: str, field: str) -> bool:
    is_it = (pl.col("entity") == entity) & (pl.col("field_id") == field)
    values = tables["field_values"].filter(is_it)
    raws = values.join(_live(tables, entity), on=_RECORD)["raw"].to_list()
    keys = {" ".join(re.findall(r"\w+", raw.lower())) for raw in raws}
    return len(raws) >= _LEAST and len(keys) <= _MOST_SHARE * len(raws)


def _n_left_over(tables: Tables) -> int:
    """Count what is switched off, and fields of trackers that no late deal has filled."""
    marks = tables["field_values"].filter(pl.col("field_id").is_in([VISIT, TRACKER]))
    dated = marks.join(_live(tables, "deal"), on=_RECORD)
    last = dated.group_by("field_id").agg(pl.col("created_at").max())
    n_old = last.filter(pl.col("created_at") < READ_TO - timedelta(days=90)).height
    n_off = int(tables["webhooks"]["is_disabled"].sum())
    return n_off + int((~tables["widgets"]["is_active"]).sum()) + n_old
