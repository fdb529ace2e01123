"""Who did what, and when last: sums over everything in an account that names its maker.

`actions` has a row for each user and kind of action; "0", the CRM's robot, and what tells no
maker are left out. `written` are the notes with what their JSON says of the service that wrote
them: a note whose JSON is broken or tells no service has none.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts
from dedupe.contracts import MOMENT

ROBOT = "0"
CALLS, SERVICE_MESSAGES = ("call_in", "call_out"), ("service_message", "extended_service_message")
LETTER = "amomail_message"
_PLAIN = ("common", "attachment", "geolocation")
_ACTIONS = {"user_id": pl.String(), "kind": pl.String(), "n": pl.UInt32(),
            "first": MOMENT, "last": MOMENT}  # fmt: skip


def actions(facts: Facts) -> pl.DataFrame:
    """Return user_id, kind, n, first, last: what each user did, of all the data.

    Kinds: record (a card or deal was made), task (one was set), event, message, and of notes:
    note (written by a person), call, service, letter, other. Sorted by user and kind.
    """
    return facts.once("actions", lambda: _actions(facts))


def recent(facts: Facts) -> pl.DataFrame:
    """Return user_id, n_30, n_90: moments of the last days at which each user did something.

    What is done within one second counts once: a record's making and the event of it are one.
    """
    return facts.once("recent actions", lambda: _recent(facts))


def written(facts: Facts) -> pl.DataFrame:
    """Return every note: kind, service, responsible, entity, record_id, user_id, at.

    `kind` is as in `actions`; `service` the name that a service message or a call gives of
    whoever wrote it, null where none; `responsible` the id that a call says it was made by.
    """
    return facts.once("written notes", lambda: _written(facts))


def lazy_table(facts: Facts, name: str) -> pl.LazyFrame:
    """Return a table of the account, unread columns not loaded; without rows if not read."""
    told = facts.account.tables.get(name)
    return facts.account.frame(name).lazy() if told is None else told


def known(column: str) -> pl.Expr:
    """Tell where a column of ids names a person: it is not empty, and not the robot."""
    return ~pl.col(column).fill_null("").str.strip_chars().is_in(["", ROBOT])


def _actions(facts: Facts) -> pl.DataFrame:
    parts = [
        part.filter(known("user_id") & pl.col("at").is_not_null())
        .group_by("user_id", "kind")
        .agg(pl.len().alias("n"), pl.min("at").alias("first"), pl.max("at").alias("last"))
        for part in _parts(facts)
    ]
    summed = pl.concat([pl.LazyFrame(schema=_ACTIONS), *parts])
    whole = summed.group_by("user_id", "kind").agg(
        pl.sum("n").cast(pl.UInt32), pl.min("first"), pl.max("last")
    )
    return whole.sort("user_id", "kind").collect()


def _recent(facts: Facts) -> pl.DataFrame:
    days = {f"n_{n}": facts.now - timedelta(days=n) for n in (30, 90)}
    empty = pl.LazyFrame(schema={"user_id": pl.String(), "at": MOMENT})
    late = pl.col("at").is_between(days["n_90"], facts.now, closed="right")
    parts = [part.filter(known("user_id") & late).select("user_id", "at") for part in _parts(facts)]
    seconds = pl.concat([empty, *parts]).with_columns(pl.col("at").dt.truncate("1s")).unique()
    counts = [(pl.col("at") > since).sum().alias(name) for name, since in days.items()]
    return seconds.group_by("user_id").agg(counts).sort("user_id").collect()


def _parts(facts: Facts) -> list[pl.LazyFrame]:
    """Return user_id, kind, at of each table that was read."""
    tables = facts.account.tables
    cards = [
        facts.live(entity).select(user_id="created_by", kind=pl.lit("record"), at="created_at")
        for entity, table in TABLE_OF.items()
        if table in tables
    ]
    others = [
        tables[table].select(user_id=who, kind=pl.lit(kind), at="created_at")
        for table, who, kind in (
            ("tasks", "created_by", "task"),
            ("events", "created_by", "event"),
            ("messages", "author_id", "message"),
        )
        if table in tables
    ]
    return [*cards, *others, written(facts).lazy().select("user_id", "kind", "at")]


def _written(facts: Facts) -> pl.DataFrame:
    kind = pl.col("note_type")
    is_call, is_service = kind.is_in(CALLS), kind.is_in(SERVICE_MESSAGES)
    named = pl.when(is_call).then("params")
    service = pl.when(is_service).then("params").str.json_path_match("$.service")
    return (
        lazy_table(facts, "notes")
        .select(
            kind=pl.when(is_call)
            .then(pl.lit("call"))
            .when(is_service)
            .then(pl.lit("service"))
            .when(kind == LETTER)
            .then(pl.lit("letter"))
            .when(kind.is_in(_PLAIN))
            .then(pl.lit("note"))
            .otherwise(pl.lit("other")),
            service=_name(named.str.json_path_match("$.source").fill_null(service)),
            responsible=named.str.json_path_match("$.call_responsible"),
            entity="entity",
            record_id="record_id",
            user_id="created_by",
            at="created_at",
        )
        .collect()
    )


def _name(told: pl.Expr) -> pl.Expr:
    """Return a service's name without odd spaces, cut to a length; null where it is empty."""
    clean = told.str.replace_all(r"\s+", " ").str.strip_chars().str.slice(0, 80)
    return pl.when(clean != "").then(clean)
