"""FLD201, FLD202, FLD203: marks of where a deal came from, and deals that lack them."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.fills import field_values_of, filled, fills, known_fields
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS, Metric
from dedupe.language import N_

from .rows import Columns, fold, folded, is_told, metric, n_rows, named, share, table

_YEAR = timedelta(days=365)
_TOP = 12
_LEAST, _MOSTLY = 10, 0.8  # deals of a source with the field, and the share that agrees
_UNSURE = 0.8  # below CERTAIN: a person looks at it before it is written
_LISTS = ("select", "multiselect", "radiobutton", "category", "chained_list")
NO_SOURCE = N_("no source")


def deal_fields(facts: Facts, told: tuple[str, ...]) -> pl.DataFrame:
    """Return field_id, name, type of the deals' fields that `told` names, by name, id or code."""
    keys = [key for each in told if (key := fold(each))]
    parts = [
        folded(pl.col(c)).is_in(keys).fill_null(value=False) for c in ("name", "code", "field_id")
    ]
    fields = known_fields(facts).filter(pl.col("entity") == "deal")
    return fields.filter(pl.any_horizontal(parts)).select("field_id", "name", "type")


def _marks(facts: Facts, entity: str) -> Outcome:
    fields = deal_fields(facts, facts.option("FLD201", "fields", tuple))
    recent = facts.live("deal").filter(pl.col("created_at") > facts.now - _YEAR)
    deals = recent.select(
        record_id="id",
        month=pl.col("created_at")
        .dt.convert_time_zone(facts.zone.key)
        .dt.date()
        .dt.truncate("1mo"),
    )
    told = filled(facts).lazy().filter(pl.col("entity") == "deal").select("field_id", "record_id")
    has = told.join(fields.lazy(), on="field_id", how="semi").unique().with_columns(has=pl.lit(1))
    months = (
        deals.join(fields.lazy().select("field_id", "name"), how="cross")
        .join(has, on=["record_id", "field_id"], how="left")
        .group_by("field_id", "name", "month")
        .agg(n_deals=pl.len(), n_filled=pl.col("has").count())
        .sort("month", "name", "field_id")
        .collect()
    )
    whole = months.group_by("field_id", "name").agg(pl.col("n_deals", "n_filled").sum())
    low = whole.filter(share("n_filled", "n_deals") < facts.option("FLD201", "share", float))
    found = low.select(
        record_id=pl.concat_str(pl.lit("deal/"), "field_id"), field=pl.lit("deal"), value="name"
    )
    return Outcome(
        findings=findings(found, entity),
        base=whole.height,
        metrics=(_by_month(months, one=fields.height == 1),),
    )


def _by_month(months: pl.DataFrame, *, one: bool) -> Metric:
    return metric(
        "marks_by_month",
        N_("Deals with the mark, by month"),
        months.with_columns(share=share("n_filled", "n_deals")),
        {
            "month": (N_("Month"), "month"),
            "name": (N_("Field"), "text"),
            "n_deals": (N_("Deals"), "count"),
            "n_filled": (N_("Filled"), "count"),
            "share": (N_("Share filled"), "share"),
        },
        chart="line" if one else "",
        values=("share",) if one else (),
        note=N_(
            "Deals created in the last 365 days of the data, by the month of creation; the share "
            "is of the deals of the month."
        ),
    )


def _matrix(facts: Facts, entity: str) -> Outcome:
    fields = known_fields(facts).filter(pl.col("entity") == "deal")
    most = (
        fields.join(fills(facts), on=["entity", "field_id"])
        .sort("n_filled", "field_id", descending=[True, False])
        .head(_TOP)
    )
    deals = facts.live("deal").select(record_id="id", source="source_id")
    told = filled(facts).lazy().filter(pl.col("entity") == "deal").select("field_id", "record_id")
    held = told.join(most.lazy(), on="field_id", how="semi").unique().join(deals, on="record_id")
    counts = held.group_by("source", "field_id").len().collect()
    sizes = deals.group_by("source").agg(n_deals=pl.len()).collect()
    ids = most["field_id"].to_list()
    for id_ in ids:
        own = counts.filter(pl.col("field_id") == id_).select("source", n="len")
        sizes = sizes.join(own, on="source", how="left", nulls_equal=True).with_columns(
            (pl.col("n").fill_null(0) / pl.col("n_deals")).alias(f"field_{id_}")
        ).drop("n")  # fmt: skip
    rows = with_source_names(sizes.lazy(), facts).collect()
    columns: Columns = {"source": (N_("Source"), "word"), "n_deals": (N_("Deals"), "count")}
    columns |= {f"field_{f}": (n, "share") for f, n in most.select("field_id", "name").iter_rows()}
    filled_matrix = metric(
        "fields_by_source",
        N_("How fields are filled, by source"),
        rows.sort("n_deals", "source", descending=[True, False]),
        columns,
        chart="heat_map" if ids else "",
        values=tuple(f"field_{id_}" for id_ in ids),
        note=N_(
            "The share of the source's deals that have a value in the field; the twelve fields "
            "that most deals have. Deals that are deleted are left out."
        ),
    )
    n = fields.height
    return Outcome(findings=FINDINGS.empty(), base=n, counted=len(ids), metrics=(filled_matrix,))


def with_source_names(frame: pl.LazyFrame, facts: Facts) -> pl.LazyFrame:
    """Put names in the place of ids in `source`; deals without one are said to have none."""
    shown = named(frame, facts, "source", "sources")
    return shown.with_columns(pl.col("source").fill_null(NO_SOURCE))


def _unmarked(facts: Facts, entity: str) -> Outcome:
    fields = deal_fields(facts, (facts.option("FLD203", "field", str),))
    lists = fields.filter(pl.col("type").is_in(_LISTS).fill_null(value=True)).head(1)
    deals = (
        facts.live("deal").filter(is_told("source_id")).select(record_id="id", source="source_id")
    )
    if lists.is_empty():
        return Outcome(findings=FINDINGS.empty(), base=n_rows(deals))
    field_id = lists["field_id"][0]
    held = field_values_of(facts, "deal", field_id)
    empty = deals.join(held, on="record_id", how="anti")
    meant = _meant(deals.join(held, on="record_id"), facts, field_id)
    found = empty.join(meant, on="source", how="left").select(
        "record_id",
        "proposal",
        field=pl.lit(field_id),
        value=pl.lit(None, pl.String),
        confidence=pl.when(pl.col("proposal").is_not_null()).then(_UNSURE),
    )
    return Outcome(findings=findings(found, entity), base=n_rows(deals))


def _meant(told: pl.LazyFrame, facts: Facts, field_id: str) -> pl.LazyFrame:
    """Return source and proposal: what most of its deals say, else the choice of its name."""
    by_value = told.group_by("source", "raw").agg(n=pl.col("record_id").n_unique())
    mostly = by_value.with_columns(n_all=pl.col("n").sum().over("source")).filter(
        (pl.col("n_all") >= _LEAST) & (pl.col("n") >= _MOSTLY * pl.col("n_all"))
    )
    is_own = (pl.col("entity") == "deal") & (pl.col("field_id") == field_id)
    choices = table(facts, "field_enums").filter(is_own & is_told("value"))
    by_name = choices.select(key=folded(pl.col("value")), choice="value").unique("key", keep="none")
    sources = table(facts, "sources").drop_nulls("id").unique("id", keep="none")
    same = sources.select(source="id", key=folded(pl.col("name"))).join(by_name, on="key")
    both = mostly.select("source", "raw").join(same, on="source", how="full", coalesce=True)
    return both.select("source", proposal=pl.coalesce("raw", "choice"))


register(
    Check(
        code="FLD201",
        severity="warning",
        needs={"field": ("deals", "fields", "field_values")},
        repair="list",
        title=N_("Marks of advertising that deals lack"),
        definition=N_(
            "The fields that the settings name, if fewer of the deals created in the last 365 "
            "days of the data have a value in them than the share in the settings; of such "
            "fields that the account has."
        ),
        risk=N_("What advertising pays for itself can't be told: budgets are spent blindly."),
        advice=N_(
            "Find in the table by source (FLD202) which channels do not pass the mark, and mend "
            "their integration."
        ),
        options=(
            Option("fields", ("roistat", "utm_source"), N_("the marks that most accounts have")),
            Option(
                "share",
                0.5,
                N_("below a half, a report by the mark is about the fewer deals"),
                0,
                1,
            ),
        ),
        run=_marks,
    )
)
register(
    Check(
        code="FLD202",
        severity="info",
        needs={"field": ("deals", "deals.source_id", "fields", "field_values")},
        repair="none",
        title=N_("Fields of deals by source"),
        definition=N_("The twelve fields that most deals have a value in, by the deals' source."),
        risk=N_("A source whose deals lack what the others have is connected wrongly."),
        advice=N_("Mend the forms and integrations whose row is paler than the others."),
        run=_matrix,
    )
)
register(
    Check(
        code="FLD203",
        severity="info",
        needs={"deal": ("deals", "deals.source_id", "fields", "field_values")},
        repair="review",
        title=N_('Deals with a source and an empty "where from" field'),
        definition=N_(
            "Deals that have a source while the list field of the settings is empty; of deals "
            "with a source. The proposal is the value that at least 80 % of the source's deals "
            "have (of 10 or more), else the value that is named as the source is."
        ),
        risk=N_("The report by this field is about those deals that somebody filled by hand."),
        advice=N_("Accept the proposals, then have the integration fill the field by itself."),
        options=(
            Option("field", "Откуда контакт", N_("the name that integrators give the field")),
        ),
        run=_unmarked,
    )
)
