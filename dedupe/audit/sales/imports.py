"""FUN901: deals that were loaded, not sold: batches, and months with a rate of their own."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.wilson import wilson
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .base import share, table, with_person
from .bursts import bursts
from .cohorts import NUMBERS, YEAR, by_time, cohorts, dated_deals, quality_of

_BURST, _MONTH, _BREAK = N_("many within an hour"), N_("one month"), N_("all up to a break")
_HOUR = timedelta(hours=1)
_IS_MADE = pl.col("number").is_not_null()
_BATCHES_NOTE = N_(
    "Live deals that came as a batch: very many by one hand within an hour, or a month, or all "
    "months up to a break, with very many deals and another conversion than the rest. Conversion "
    "of the rest: of all deals outside the batch."
)
_WITHOUT_NOTE = N_(
    "As the deals by year of creation, without the batches that look like an import: the rates "
    "that the sales people made."
)


def batches(facts: Facts) -> pl.DataFrame:
    """Return the dated deals with group (import_1, ... by time), kind and number of their batch.

    The three are null for deals in none.
    """
    return facts.once("deal batches", lambda: _batches(facts))


def _batches(facts: Facts) -> pl.DataFrame:
    frame = dated_deals(facts)
    least = facts.option("FUN901", "least", int)
    made = bursts(
        frame.select("id", "created_by", "created_at"),
        least=least,
        within=_HOUR,
        who="created_by",
        at="created_at",
    )
    placed = frame.with_columns(burst=pl.lit(None, pl.Int64))
    if made.height:
        placed = frame.join(made.select("id", "burst"), on="id", how="left")
    odd = _odd_months(placed.filter(pl.col("burst").is_null()), facts)
    placed = placed.join(odd, on="month", how="left").with_columns(
        kind=pl.when(pl.col("burst").is_not_null()).then(pl.lit(_BURST)).otherwise("kind"),
        batch=pl.coalesce("burst", "odd"),
    )
    starts = (
        placed.drop_nulls("kind").group_by("kind", "batch").agg(start=pl.col("created_at").min())
    )
    order = starts.sort("start", "kind", "batch").select(
        "kind", "batch", number=pl.int_range(1, pl.len() + 1)
    )
    numbered = placed.join(order, on=["kind", "batch"], how="left")
    return numbered.with_columns(group=pl.format("import_{}", "number"))


def _odd_months(rest: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return month, kind and odd (a number) of the months that differ from the rest.

    They are those up to the break and single ones after it. A break is sought as the first
    months together: old clients are loaded when a CRM is begun.
    """
    months = rest.group_by("month").agg(n=pl.len(), won=pl.col("is_won").sum()).sort("month")
    least = facts.option("FUN901", "least", int)
    rows = list(months.iter_rows())
    first = [
        (abs(_gap(rows[:k], rows[k:])), -k)
        for k in range(1, len(rows))
        if _is_odd(rows[:k], rows[k:], facts, least)
    ]
    cut = -max(first)[1] if first else 0
    left = rows[cut:]
    odd = [
        row
        for at, row in enumerate(left)
        if _is_odd([row], [*left[:at], *left[at + 1 :]], facts, least)
    ]
    broken = [(row[0], _BREAK if cut > 1 else _MONTH, 0) for row in rows[:cut]]
    single = [(row[0], _MONTH, number) for number, row in enumerate(odd, start=1)]
    schema = {"month": pl.Date, "kind": pl.String, "odd": pl.Int64}
    return pl.DataFrame([*broken, *single], schema=schema, orient="row")


Months = list[tuple[object, int, int]]


def _is_odd(part: Months, rest: Months, facts: Facts, least: int) -> bool:
    """Tell whether `part` has far more deals a month and another conversion than `rest`."""
    if not rest or sum(n for _, n, _ in part) < least:
        return False
    times = facts.option("FUN901", "times", float)
    if _median(part) < times * _median(rest):
        return False
    if abs(_gap(part, rest)) <= facts.option("FUN901", "points", float):
        return False
    (low, high), (other_low, other_high) = (wilson(*_sizes(months)) for months in (part, rest))
    return high < other_low or other_high < low


def _sizes(months: Months) -> tuple[int, int]:
    return sum(won for *_, won in months), sum(n for _, n, _ in months)


def _gap(part: Months, rest: Months) -> float:
    (won, n), (other_won, other_n) = _sizes(part), _sizes(rest)
    return won / n - other_won / other_n


def _median(months: Months) -> float:
    counts = sorted(n for _, n, _ in months)
    half = len(counts) // 2
    return counts[half] if len(counts) % 2 else (counts[half - 1] + counts[half]) / 2


def _imports(facts: Facts, entity: str) -> Outcome:
    frame = batches(facts)
    made, rest = (frame.filter(test) for test in (_IS_MADE, ~_IS_MADE))
    rows = made.select(
        "group",
        record_id="id",
        field=pl.lit("created_at"),
        value=pl.col("created_at").dt.convert_time_zone(facts.zone.key).dt.strftime("%Y-%m"),
    )
    without = by_time(
        rest,
        YEAR,
        name="cohorts_without_imports",
        title=N_("Deals by year of creation, without imports"),
        note=_WITHOUT_NOTE,
    )
    return Outcome(
        findings=findings(rows, entity),
        base=frame.height,
        groups=made["group"].n_unique(),
        groups_are_values=True,
        metrics=(_told(facts, frame, made), without),
    )


def _told(facts: Facts, frame: pl.DataFrame, made: pl.DataFrame) -> Metric:
    n, won = frame.height, int(frame["is_won"].sum())
    rows = cohorts(made, ["number", "group", "kind"])
    spans = made.group_by("number").agg(
        first=pl.col("created_at").min(),
        last=pl.col("created_at").max(),
        hand=pl.when(pl.col("created_by").n_unique() == 1).then(pl.col("created_by").first()),
    )
    rows = with_person(rows.join(spans, on="number", how="left"), facts, "hand").sort("number")
    rest = share(pl.lit(won) - pl.col("won"), pl.lit(n) - pl.col("created"))
    return table(
        "import_batches",
        N_("Batches of deals that look like an import"),
        rows.with_columns(rest=rest),
        Column("group", N_("Batch"), "code"),
        Column("kind", N_("Sign"), "word"),
        Column("first", N_("Start"), "moment"),
        Column("last", N_("Last of them"), "moment"),
        Column("person", N_("Creator"), "person"),
        *NUMBERS,
        Column("rest", N_("Conversion of the rest"), "share"),
        note=_BATCHES_NOTE,
        quality=quality_of(made),
    )


register(
    Check(
        code="FUN901",
        severity="info",
        needs={"deal": ("deals", "deals.state", "deals.created_at")},
        repair="none",
        title=N_("Deals that look imported"),
        definition=N_(
            "Deals made by one hand, many within an hour; and deals of a month, or of all months "
            "up to a break, that have many times the deals of the median other month while their "
            "conversion differs from the rest by more than the points allowed and the 95 % "
            "intervals (Wilson) do not overlap. Of live deals whose time of creation is known."
        ),
        risk=N_(
            "Loaded old deals are counted as sales: rates, cycles and plans are made from numbers "
            "that no manager ever reached."
        ),
        advice=N_(
            "Find out where the batch came from, mark its deals with a tag or a pipeline of their "
            "own, and read the rates without them."
        ),
        options=(
            Option("times", 5.0, N_("Seasons double a month; they do not make five."), least=1),
            Option("points", 0.2, N_("A rate does not move by 20 points by itself."), most=1),
            Option("least", 200, N_("Nobody makes 200 deals an hour by hand."), least=2, most=1e6),
        ),
        run=_imports,
    )
)
