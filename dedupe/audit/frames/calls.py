"""Telephone calls, as the telephony notes them on cards.

A call is a note of type call_in or call_out; what is known of it is JSON, written by whoever
made the integration: numbers stand as text, texts as numbers, and some of it is no JSON at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from polars.exceptions import ComputeError

from dedupe.audit.facts import TABLE_OF, Facts
from dedupe.contracts import MOMENT

CALL_TYPES = {"call_in": "in", "call_out": "out"}
NOT_ANSWERED = ("3", "6", "7")  # amoCRM's results of a call: not there, no answer, busy
_SCHEMA = pl.Schema(
    {
        "note_id": pl.String(),
        "entity": pl.String(),
        "record_id": pl.String(),
        "direction": pl.String(),
        "phone": pl.String(),
        "seconds": pl.Float64(),
        "source": pl.String(),
        "link": pl.String(),
        "status": pl.String(),
        "created_by": pl.String(),
        "created_at": MOMENT,
        "answered_by": pl.String(),
    }
)
_TOLD = ("duration", "source", "link", "phone", "call_status", "call_responsible")
_LAST = 10  # digits: what is left without the country's code and the trunk digit


def calls(facts: Facts) -> pl.DataFrame:
    """Return the calls on records that are not deleted, a row for each note, by time and note.

    `direction` is in or out; `phone` the last ten digits of the number, or all of a shorter
    one; `seconds` the length, null unknown; `status` the CRM's number of the result;
    `answered_by` the employee whom the telephony names, else the note's author. A blank is null.
    """
    return facts.once("calls", lambda: _calls(facts))


def is_missed() -> pl.Expr:
    """Tell which of `calls` nobody answered: of no length, or with a result that says so."""
    return (pl.col("seconds") == 0).fill_null(False) | pl.col("status").is_in(
        NOT_ANSWERED
    ).fill_null(False)


def is_answered() -> pl.Expr:
    """Tell which of `calls` two people spoke in: of some length, and no result against it."""
    return (pl.col("seconds") > 0).fill_null(False) & ~is_missed()


def add_told(frame: pl.DataFrame, column: str, names: Sequence[str]) -> pl.DataFrame:
    """Add the members `names` of the JSON objects in `column` as texts; a blank is null."""
    texts = frame[column]
    members = _decoded(texts, names)
    return frame.with_columns(_filled(pl.lit(members[name])).alias(name) for name in names)


def without_deleted(facts: Facts, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Leave out the rows whose `entity` and `record_id` are of a deleted record."""
    gone = facts.once("deleted records", lambda: _deleted(facts))
    for entity in gone["entity"].unique().sort():
        ids = gone.filter(pl.col("entity") == entity)["record_id"].implode()
        is_gone = (pl.col("entity") == entity) & pl.col("record_id").is_in(ids)
        frame = frame.filter(~is_gone.fill_null(False))
    return frame


def last_digits(text: pl.Expr) -> pl.Expr:
    """Return the last ten digits of a number, all of a shorter one, null where there are none."""
    digits = text.str.replace_all(r"\D", "").str.tail(_LAST)
    return pl.when(digits != "").then(digits)


def _calls(facts: Facts) -> pl.DataFrame:
    notes = facts.account.tables.get("notes")
    if notes is None:
        return pl.DataFrame(schema=_SCHEMA)
    rows = add_told(
        notes.filter(pl.col("note_type").is_in([*CALL_TYPES])).collect(), "params", _TOLD
    )
    seconds = pl.col("duration").cast(pl.Float64, strict=False)
    named = pl.col("call_responsible")
    frame = rows.lazy().select(
        "entity",
        "record_id",
        "source",
        "link",
        "created_by",
        "created_at",
        note_id="id",
        direction=pl.col("note_type").replace_strict(CALL_TYPES, return_dtype=pl.String),
        phone=last_digits(pl.col("phone")),
        seconds=pl.when(seconds.is_finite() & (seconds >= 0)).then(seconds),
        status="call_status",
        # Some telephony writes a name here, and 0 where it does not know.
        answered_by=pl.when(named.str.contains(r"^[1-9]\d*$")).then(named).otherwise("created_by"),
    )
    live = without_deleted(facts, frame).select(_SCHEMA.names()).collect()
    return live.cast(_SCHEMA).sort("created_at", "note_id", nulls_last=True)


def _deleted(facts: Facts) -> pl.DataFrame:
    """Return entity, record_id of all deleted cards and deals."""
    parts = [
        facts.account.tables[table]
        .filter(pl.col("is_deleted").fill_null(False))
        .select(entity=pl.lit(entity), record_id="id")
        for entity, table in TABLE_OF.items()
        if table in facts.account.tables
    ]
    schema = {"entity": pl.String, "record_id": pl.String}
    return pl.concat([pl.LazyFrame(schema=schema), *parts]).collect()


def _decoded(texts: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """Return a column for each of `names`; read at once where all is well, else one by one."""
    shape = pl.Struct(dict.fromkeys(names, pl.String))
    try:
        return pl.DataFrame({"o": texts.str.json_decode(shape)}).select(
            pl.col("o").struct.field(name) for name in names
        )
    except ComputeError:
        paths = {name: pl.col("t").str.json_path_match(f"$.{name}") for name in names}
        return pl.DataFrame({"t": texts}).select(**paths)


def _filled(text: pl.Expr) -> pl.Expr:
    stripped = text.str.strip_chars()
    return pl.when(stripped != "").then(stripped)
