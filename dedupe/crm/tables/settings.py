"""The account's settings from files (users, statuses, ...), and names resolved by them.

Records name their owner, stage, reason and source; where a table of these is given and
knows the name once, the id takes its place. An id that the table knows stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from dedupe.contracts import FLAG, MOMENT, NUMBER, SNAPSHOT_TABLES, TEXT, WHOLE
from dedupe.crm.tables.cells import flag, id_text, moments, number, without_guard
from dedupe.crm.tables.kinds import settings_columns
from dedupe.crm.tables.sheets import Sheet, column_name
from dedupe.crm.tables.states import state_of_stage, state_of_word


def build_settings(
    sheets: Iterable[tuple[str, Sheet]], timezone: str
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """Return the settings tables, and the dotted names of the columns that none of them has."""
    frames: dict[str, list[pl.DataFrame]] = {}
    found: set[str] = set()
    for table, sheet in sheets:
        frame = _table(table, sheet, timezone)
        found |= {f"{table}.{column}" for column in frame.columns}
        frames.setdefault(table, []).append(SNAPSHOT_TABLES[table].conform(frame))
    tables = {
        table: pl.concat(parts).unique(
            SNAPSHOT_TABLES[table].key, keep="first", maintain_order=True
        )
        for table, parts in frames.items()
    }
    missing = {
        f"{table}.{column}"
        for table in tables
        for column in SNAPSHOT_TABLES[table].schema
        if f"{table}.{column}" not in found
    }
    return tables, missing


def _table(table: str, sheet: Sheet, timezone: str) -> pl.DataFrame:
    schema = SNAPSHOT_TABLES[table].schema
    columns = {
        column: _typed(column, schema[column], sheet.cells[column_name(at)], timezone)
        for column, at in settings_columns(table, sheet.header).items()
    }
    if "id" in schema and "id" not in columns and "name" in columns:
        columns["id"] = columns["name"].alias("id")  # an export of names alone: the name is the id
    if table == "statuses" and "name" in columns:
        columns["state"] = _states(columns)
    return pl.DataFrame(list(columns.values()))


def _typed(column: str, dtype: pl.DataType, cells: pl.Series, timezone: str) -> pl.Series:
    if dtype == MOMENT:
        return moments(cells, timezone).alias(column)
    readers = {FLAG: flag, NUMBER: number, WHOLE: number}
    reader = readers.get(dtype, id_text if column.endswith("id") else without_guard)
    values = cells.to_frame("x").select(reader(pl.col("x")).alias(column))[column]
    return values.cast(dtype, strict=False) if dtype != TEXT else values


def _states(columns: Mapping[str, pl.Series]) -> pl.Series:
    frame = pl.DataFrame(list(columns.values()))
    by_id = state_of_stage(pl.col("id")) if "id" in columns else pl.lit("open")
    by_name = state_of_stage(pl.col("name"))
    guessed = pl.when(by_id != "open").then(by_id).otherwise(by_name)
    if "state" in columns:
        guessed = pl.coalesce(state_of_word(pl.col("state")), guessed)
    return frame.select(guessed.alias("state"))["state"]


def resolved(frame: pl.DataFrame, column: str, known: pl.DataFrame | None) -> pl.DataFrame:
    """Put ids for names in `column`, where the table `known` has the name exactly once."""
    if known is None or column not in frame.columns:
        return frame
    pairs = known.drop_nulls(["id", "name"]).select("id", key=name_key(pl.col("name")))
    once = pairs.unique().filter(pl.len().over("key") == 1)
    table = dict(zip(once["key"], once["id"], strict=True))
    by_name = name_key(pl.col(column)).replace_strict(table, default=None, return_dtype=pl.String)
    is_id = pl.col(column).is_in(known["id"].drop_nulls().implode())
    value = pl.when(is_id).then(pl.col(column)).otherwise(pl.coalesce(by_name, pl.col(column)))
    return frame.with_columns(value.alias(column))


def resolved_statuses(frame: pl.DataFrame, statuses: pl.DataFrame | None) -> pl.DataFrame:
    """Put ids for stages, in the deal's pipeline first, and add the `known_state` of each."""
    if statuses is None or "status_id" not in frame.columns:
        return frame.with_columns(known_state=pl.lit(None, pl.String))
    named = statuses.select("pipeline_id", "id", "state", key=name_key(pl.col("name")))
    by_id = statuses.select("pipeline_id", "id", "state", key=name_key(pl.col("id")))
    both = pl.concat([by_id, named]).drop_nulls("key")
    pipeline = pl.col("pipeline_id") if "pipeline_id" in frame.columns else pl.lit(None, pl.String)
    asked = frame.with_columns(key=name_key(pl.col("status_id")), pipeline=pipeline)
    inside = both.drop_nulls("pipeline_id").unique(
        ["pipeline_id", "key"], keep="first", maintain_order=True
    )
    anywhere = (
        both.unique(["key", "id", "state"])
        .filter(pl.len().over("key") == 1)
        .select("key", other="id", other_state="state")
    )
    found = asked.join(
        inside.select("key", pipeline="pipeline_id", inside="id", inside_state="state"),
        on=["pipeline", "key"],
        how="left",
        maintain_order="left",
    ).join(anywhere, on="key", how="left", maintain_order="left")
    return found.with_columns(
        status_id=pl.coalesce("inside", "other", "status_id"),
        known_state=pl.coalesce("inside_state", "other_state"),
    ).select(*frame.columns, "known_state")


def name_key(name: pl.Expr) -> pl.Expr:
    """Reduce a name to what its spellings share: lower case, ё as е, single spaces."""
    lower = name.str.to_lowercase().str.replace_all("ё", "е", literal=True)
    return lower.str.replace_all(r"\s+", " ").str.strip_chars()
