"""Tables of one kind -> its frame of the snapshot: one row a record, values typed.

Rows that share an id are one record: of each column the first value counts. A cell that
can't be read as a moment or an amount is null, and counted in a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dedupe.contracts import FLAG, MOMENT, NUMBER, SNAPSHOT_TABLES, Note
from dedupe.crm.tables.cells import completed, flag, id_texts, moments, number, unguarded
from dedupe.crm.tables.settings import resolved, resolved_statuses
from dedupe.crm.tables.states import state_of_stage, state_of_word
from dedupe.crm.tables.tables import ID, Table, is_row_a_record

_COMMON = {"owner_id": "owner", "created_by": "created_by", "created_at": "created_at",
           "updated_at": "updated_at"}  # fmt: skip
_CARD = {
    "name": "name",
    "first_name": "first_name",
    "last_name": "last_name",
    "is_deleted": "is_deleted",
} | _COMMON
ROLE_OF = {
    "contacts": _CARD,
    "companies": _CARD,
    "deals": {
        "name": "name",
        "price": "price",
        "pipeline_id": "pipeline",
        "status_id": "status",
        "state": "state",
        "loss_reason_id": "loss_reason",
        "source_id": "source",
        "closed_at": "closed_at",
        "is_deleted": "is_deleted",
    }
    | _COMMON,
    "tasks": {
        "entity": "entity",
        "task_type_id": "task_type",
        "text": "text",
        "result": "result",
        "due_at": "due_at",
        "is_completed": "is_completed",
    }
    | _COMMON,
}
_NAMED_BY = {"pipeline_id": "pipelines", "loss_reason_id": "loss_reasons", "source_id": "sources",
             "task_type_id": "task_types", "owner_id": "users", "created_by": "users"}  # fmt: skip
_NAME_PARTS = ("first_name", "middle_name", "last_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of one kind; `missing` names the columns that no table has."""

    frame: pl.DataFrame
    missing: frozenset[str]
    notes: tuple[Note, ...]


def build_records(
    kind: str, tables: Sequence[Table], settings: Mapping[str, pl.DataFrame], timezone: str
) -> Records:
    """Type the rows of all tables of `kind`, merge equal ids, resolve names by `settings`."""
    parts, notes = [], []
    for table in tables:
        part, unread = _typed(table, timezone)
        parts.append(part)
        notes += unread
    frame = pl.concat(parts, how="diagonal_relaxed")
    if not is_row_a_record(tables):
        frame = frame.group_by("id", maintain_order=True).agg(pl.all().drop_nulls().first())
    present = frozenset(frame.columns)
    for column, known in _NAMED_BY.items():
        frame = resolved(frame, column, settings.get(known))
    if kind == "deals":
        frame = _with_state(frame, settings.get("statuses"))
        present |= {"state"} if "status_id" in present else set()
    if "is_deleted" in SNAPSHOT_TABLES[kind].schema:
        frame = _with_deleted(frame)
    # An export shows live records only: without the column, none is deleted.
    needed = frozenset(SNAPSHOT_TABLES[kind].schema) - {"is_deleted"}
    return Records(frame=frame, missing=needed - present, notes=tuple(notes))


def person_name(table: Table, prefix: str = "") -> pl.Expr | None:
    """Return "Имя Отчество Фамилия" of the columns that are there; null where all are empty."""
    parts = [table.text(prefix + role) for role in _NAME_PARTS]
    known = [part for part in parts if part is not None]
    if not known:
        return None
    joined = pl.concat_str(known, separator=" ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _typed(table: Table, timezone: str) -> tuple[pl.DataFrame, list[Note]]:
    schema = SNAPSHOT_TABLES[table.kind].schema
    columns, notes = [table.frame[ID].alias("id")], []
    for column, role in ROLE_OF[table.kind].items():
        text = _name(table) if column == "name" else table.text(role)
        if text is None:
            continue
        cells = table.frame.select(text.alias(column))[column]
        values = _values(cells, column, schema[column], timezone)
        columns.append(values)
        n_bad = values.null_count() - cells.null_count()
        if n_bad and schema[column] in (MOMENT, NUMBER):
            code = "bad_date" if schema[column] == MOMENT else "bad_number"
            notes.append(Note(code=code, where=f"{table.kind}.{column}", n=n_bad))
    return pl.DataFrame(columns), notes


def _name(table: Table) -> pl.Expr | None:
    given = table.text("name")
    composed = person_name(table) if table.kind == "contacts" else None
    named = [expr for expr in (given, composed) if expr is not None]
    return pl.coalesce(named) if named else None


def _values(cells: pl.Series, column: str, dtype: pl.DataType, timezone: str) -> pl.Series:
    if dtype == MOMENT:
        return moments(cells, timezone)
    if dtype == NUMBER:
        return cells.to_frame().select(number(pl.col(column)))[column]
    if dtype == FLAG:
        read = completed if column == "is_completed" else flag
        return cells.to_frame().select(read(pl.col(column)).alias(column))[column]
    return id_texts(cells) if column.endswith("_id") else unguarded(cells)


def _with_state(frame: pl.DataFrame, statuses: pl.DataFrame | None) -> pl.DataFrame:
    stage = state_of_stage(pl.col("status_id")) if "status_id" in frame.columns else pl.lit(None)
    said = state_of_word(pl.col("state")) if "state" in frame.columns else pl.lit(None)
    frame = frame.with_columns(stage_state=stage, said_state=said)
    frame = resolved_statuses(frame, statuses)
    state = pl.coalesce("known_state", "said_state", "stage_state").cast(pl.String)
    return frame.with_columns(state=state).drop("known_state", "said_state", "stage_state")


def _with_deleted(frame: pl.DataFrame) -> pl.DataFrame:
    said = pl.col("is_deleted") if "is_deleted" in frame.columns else pl.lit(None)
    return frame.with_columns(is_deleted=said.cast(FLAG).fill_null(False))
