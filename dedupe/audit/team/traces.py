"""Traces that programs leave in an account: what each wrote, on how many records, and when.

A program is known by the name it gives itself in call notes and service messages, by the
source of a deal, by the robot that made a record, by a tag that looks imported, or by a field
of tracking. Names that differ in case alone are one. Records that are deleted leave no trace.
"""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts
from dedupe.audit.frames.actors import ROBOT, lazy_table, written
from dedupe.contracts import MOMENT
from dedupe.language import N_

UNNAMED = "-"  # the service of a call or message that does not say who wrote it
KINDS = {
    "call": N_("calls"),
    "service": N_("service messages"),
    "source": N_("source of deals"),
    "contact": N_("contacts made by the robot"),
    "company": N_("companies made by the robot"),
    "deal": N_("deals made by the robot"),
    "tag": N_("tag of import"),
    "field": N_("field of tracking"),
}
_IMPORT = r"(?i)импорт|import|выгруз|загруз|перенос|\b1[сc]\b|excel|csv|bitrix|битрикс|мегаплан"
_TRACKING = (
    r"(?i)\butm[ _-]?(source|medium|campaign|content|term|referr?er)|roistat|_?gcl(id|ientid)"
    r"|_?ym_?(uid|counter)|\byclid|fbclid|openstat|calltouch|comagic|callibri|\breferr?er\b"
    r"|\bclient_?id\b|\bmetri(ka|ca)\b|метрик"
)
_SCHEMA = pl.Schema({"kind": pl.String(), "service": pl.String(), "n": pl.UInt32(),
                     "n_records": pl.UInt32(), "first": MOMENT, "last": MOMENT})  # fmt: skip


def traces(facts: Facts) -> pl.DataFrame:
    """Return kind, service, n, n_records, first, last; the most traces first.

    `kind` is one of KINDS; `service` is "entity/field_id" for fields, "0" for the robot, and
    UNNAMED where a call or a message does not tell.
    """
    return facts.once("traces", lambda: _traces(facts))


def services(facts: Facts) -> pl.DataFrame:
    """Return the traces of calls and service messages alone."""
    return traces(facts).filter(pl.col("kind").is_in(["call", "service"]))


def wrote(facts: Facts) -> pl.DataFrame:
    """Return the calls and service messages of `written`; equal names of services are one."""
    return facts.once("written by services", lambda: _wrote(facts))


def tracking_fields(facts: Facts) -> pl.DataFrame:
    """Return service ("entity/field_id"), entity, field_id, name of the fields of tracking."""
    fields = facts.account.frame("fields").drop_nulls(("entity", "id"))
    words = pl.concat_str(pl.col("name", "code").fill_null(""), separator=" ")
    return (
        fields.filter(words.str.contains(_TRACKING) | (pl.col("type") == "tracking_data"))
        .select(
            pl.concat_str("entity", "id", separator="/").alias("service"),
            "entity",
            pl.col("id").alias("field_id"),
            pl.coalesce("name", "code", "id").alias("name"),
        )
        .unique("service")
        .sort("service")
    )


def tag_traces(facts: Facts, pattern: pl.Expr) -> pl.LazyFrame:
    """Return service, entity, record_id, at of the live records with a tag like `pattern`."""
    tags = lazy_table(facts, "record_tags")
    return _dated(facts, tags.filter(pattern).select("entity", "record_id", service="tag"))


def source_traces(facts: Facts) -> pl.LazyFrame:
    """Return service, entity, record_id, at of live deals with a source, by its name or id."""
    sources = facts.account.frame("sources").drop_nulls("id").group_by("id").agg(pl.min("name"))
    deals = facts.live("deal").filter(pl.col("source_id").is_not_null())
    return deals.join(sources.lazy(), left_on="source_id", right_on="id", how="left").select(
        service=pl.coalesce("name_right", "source_id"),
        entity=pl.lit("deal"),
        record_id="id",
        at="created_at",
    )


def _traces(facts: Facts) -> pl.DataFrame:
    parts = [
        wrote(facts).lazy().select("kind", "service", "entity", "record_id", "at"),
        _named("source", source_traces(facts)),
        _named("tag", tag_traces(facts, pl.col("tag").str.contains(_IMPORT))),
        _named("field", _filled_fields(facts)),
    ]
    summed = [
        pl.LazyFrame(schema=_SCHEMA),
        *(part.group_by("kind", "service").agg(*_sums(n_records=True)) for part in parts),
        *(_robots(facts, entity) for entity, table in TABLE_OF.items() if facts.has(table)),
    ]
    frame = pl.concat([part.select(list(_SCHEMA)).cast(_SCHEMA) for part in summed])
    return frame.sort("n", "kind", "service", descending=[True, False, False]).collect()


def _sums(*, n_records: bool) -> list[pl.Expr]:
    records = pl.struct("entity", "record_id").n_unique() if n_records else pl.len()
    return [
        pl.len().alias("n"),
        records.alias("n_records"),
        pl.min("at").alias("first"),
        pl.max("at").alias("last"),
    ]


def _robots(facts: Facts, entity: str) -> pl.LazyFrame:
    made = facts.live(entity).filter(pl.col("created_by") == ROBOT)
    told = made.select(pl.lit(entity).alias("kind"), pl.lit("0").alias("service"), at="created_at")
    return told.group_by("kind", "service").agg(*_sums(n_records=False))


def _wrote(facts: Facts) -> pl.DataFrame:
    notes = written(facts).filter(pl.col("kind").is_in(["call", "service"]))
    names = notes.lazy().select("service").drop_nulls().unique()
    low = pl.col("service").str.to_lowercase()
    shown = names.with_columns(low=low).with_columns(shown=pl.col("service").min().over("low"))
    joined = notes.lazy().join(shown.select("service", "shown"), on="service", how="left")
    return joined.with_columns(service=pl.col("shown").fill_null(UNNAMED)).drop("shown").collect()


def _filled_fields(facts: Facts) -> pl.LazyFrame:
    fields = tracking_fields(facts).select("entity", "field_id", "service")
    is_ours = pl.col("field_id").is_in(fields["field_id"].implode())
    told = lazy_table(facts, "field_values").filter(
        is_ours & (pl.col("raw").fill_null("").str.strip_chars() != "")
    )
    held = told.join(fields.lazy(), on=["entity", "field_id"])
    return _dated(facts, held.select("entity", "record_id", "service"))


def _named(kind: str, part: pl.LazyFrame) -> pl.LazyFrame:
    return part.select(pl.lit(kind).alias("kind"), "service", "entity", "record_id", "at")


def _dated(facts: Facts, marked: pl.LazyFrame) -> pl.LazyFrame:
    """Return the marks of live records with the moment when the record was made."""
    made = [
        facts.live(entity).select(pl.lit(entity).alias("entity"), record_id="id", at="created_at")
        for entity, table in TABLE_OF.items()
        if facts.has(table)
    ]
    schema = {"entity": pl.String(), "record_id": pl.String(), "at": MOMENT}
    records = pl.concat([pl.LazyFrame(schema=schema), *made])
    return marked.join(records, on=["entity", "record_id"])
