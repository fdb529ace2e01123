"""KPI101 to KPI105: what each employee has done, and how sure a comparison of them is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.reasons import lost_reasons
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS, Column, Metric, Quality
from dedupe.language import N_

from .base import DAY_S, capped, count_of, deals, paid, share, table, with_name, with_person
from .managers import INTERVAL, PERSON, TEAM, by_owner
from .stages import with_stage

BAD_CONTACT = ("некачествен", "не существ", "неверный номер", "неправильный номер",
               "дубл", "спам", "bad contact", "wrong number", "duplicate",
               "does not exist", "spam")  # fmt: skip
_SPANS = (30, 90, 365)
_MOST_GROUPS = 30
_RECENT = tuple(
    Column(f"days_{days}", title, "count")
    for days, title in zip(
        _SPANS, (N_("Last 30 days"), N_("Last 90 days"), N_("Last 365 days")), strict=True
    )
)
_CLOSED_NOTE = N_(
    "Live deals by their present owner. The last days are counted back from the time of the data "
    "by when the deals were closed. Average: sum / deals with a price."
)
_IN_WORK_NOTE = N_(
    "Open live deals that stand in an open stage, but not in the first one of their pipeline, by "
    "owner. Age: from creation to the time of the data."
)
_BAD_NOTE = N_(
    "Lost live deals whose reason holds one of the words of the option reasons, of all lost deals "
    "of the employee, source or tag. A deal with several tags is counted under each."
)
_RATE_NOTE = N_(
    "Won / (won + lost) of live deals by their present owner, with the 95 % interval (Wilson), "
    "against the rate of the whole team, the employee included. To be fair: whoever has fewer "
    "closed deals than the option least is not judged; of many employees a few lie outside by "
    "chance; lists, regions and absences differ. It is a reason to look, not to punish."
)
Run = Callable[[Facts, str], Outcome]


def bad_contacts(facts: Facts) -> pl.DataFrame:
    """Return id and reason of the lost deals whose reason says that the contact was bad."""
    words = [word.lower() for word in facts.option("KPI104", "reasons", tuple) if word.strip()]
    if not words:
        return lost_reasons(facts).clear().select("id", "reason")
    told = lost_reasons(facts).drop_nulls("reason")
    reasons = told.select(pl.col("reason").unique(maintain_order=False))
    folded = pl.col("reason").str.to_lowercase()
    bad = reasons.filter(folded.str.contains_any(words))
    return told.join(bad, on="reason", how="semi").select("id", "reason")


def _closed_per_employee(state: str, title: str) -> Run:
    is_it = pl.col(f"is_{state}")

    def run(facts: Facts, entity: str) -> Outcome:
        frame = deals(facts).filter(is_it)
        owned = frame.filter(pl.col("owner_id").is_not_null())
        ago = [(days, facts.now - timedelta(days=days)) for days in _SPANS]
        spans = [
            pl.col("closed_at")
            .is_between(since, facts.now, closed="right")
            .sum()
            .alias(f"days_{days}")
            for days, since in ago
        ]
        rows = owned.group_by("owner_id").agg(
            *(spans if facts.has("deals.closed_at") else []),
            deals=pl.len(),
            sum=paid(pl.lit(value=True)),
            average=pl.col("price").sort().mean(),
        )
        metric = table(
            f"{state}_per_employee",
            title,
            _named(rows.with_columns(share=share(pl.col("deals"), pl.col("deals").sum())), facts),
            PERSON,
            TEAM,
            Column("deals", N_("Deals"), "count"),
            Column("share", N_("Share of the team"), "share"),
            Column("sum", N_("Money"), "money"),
            Column("average", N_("Average"), "money"),
            *_RECENT,
            note=_CLOSED_NOTE,
            quality=_owned(frame),
            chart="bars",
            values=("deals",),
        )
        base = by_owner(facts).height
        return Outcome(findings=FINDINGS.empty(), base=base, counted=rows.height, metrics=(metric,))

    return run


def _in_work(facts: Facts, entity: str) -> Outcome:
    placed = with_stage(facts, deals(facts).filter("is_open"))
    frame = placed.filter(pl.col("rank") > 1)
    age = (pl.lit(facts.now) - pl.col("created_at")).dt.total_seconds().clip(lower_bound=0)
    rows = (
        frame.filter(pl.col("owner_id").is_not_null())
        .with_columns(age=age)
        .group_by("owner_id")
        .agg(
            deals=pl.len(),
            sum=paid(pl.lit(value=True)),
            median_age=pl.col("age").median() / DAY_S,
            oldest=pl.col("age").max() / DAY_S,
        )
    )
    metric = table(
        "in_work_per_employee",
        N_("Deals in work per employee"),
        _named(rows, facts),
        PERSON,
        TEAM,
        Column("deals", N_("Deals"), "count"),
        Column("sum", N_("Money"), "money"),
        Column("median_age", N_("Median age"), "days"),
        Column("oldest", N_("Oldest"), "days"),
        note=_IN_WORK_NOTE,
        quality=_owned(frame),
        chart="bars",
        values=("deals",),
    )
    base = by_owner(facts).height
    return Outcome(findings=FINDINGS.empty(), base=base, counted=rows.height, metrics=(metric,))


def _bad_contacts(facts: Facts, entity: str) -> Outcome:
    bad = bad_contacts(facts).select("id", is_bad=pl.lit(value=True))
    lost = deals(facts).filter("is_lost").join(bad, on="id", how="left")
    lost = lost.with_columns(pl.col("is_bad").fill_null(value=False))
    told = lost_reasons(facts)["reason"].count()
    quality = Quality(usable=told, base=lost.height, reason=N_("Lost deals without a reason."))
    rows = _bad_by(lost.filter(pl.col("owner_id").is_not_null()), "owner_id")
    n_found = rows.filter(pl.col("bad") > 0).height
    metrics = [_bad_table(_named(rows, facts, "bad"), quality, "employee", PERSON, TEAM)]
    if facts.has("deals.source_id") and facts.has("sources"):
        placed = capped(
            with_name(lost, facts, "source_id", "sources", "source"), "source", _MOST_GROUPS
        )
        column = Column("source", N_("Source"), "word")
        metrics.append(_bad_table(_bad_by(placed, "source"), quality, "source", column))
    if facts.has("record_tags.deal"):
        tags = facts.account.frame("record_tags").filter(pl.col("entity") == "deal")
        tagged = lost.join(tags.select("tag", id="record_id").unique(), on="id", how="inner")
        column = Column("tag", N_("Tag"), "text")
        rows = _bad_by(tagged.drop_nulls("tag"), "tag").head(_MOST_GROUPS)
        metrics.append(_bad_table(rows, quality, "tag", column))
    return Outcome(
        findings=FINDINGS.empty(),
        base=by_owner(facts).height,
        counted=n_found,
        metrics=tuple(metrics),
    )


def _bad_by(lost: pl.DataFrame, column: str) -> pl.DataFrame:
    rows = lost.group_by(column).agg(lost=pl.len(), bad=pl.col("is_bad").sum())
    counted = rows.with_columns(share=share("bad", "lost"))
    return counted.sort(["bad", "lost", column], descending=[True, True, False])


def _bad_table(rows: pl.DataFrame, quality: Quality, by: str, *columns: Column) -> Metric:
    return table(
        f"bad_contacts_by_{by}",
        _BAD_TITLES[by],
        rows,
        *columns,
        Column("lost", N_("Lost"), "count"),
        Column("bad", N_("Bad contacts"), "count"),
        Column("share", N_("Share"), "share"),
        note=_BAD_NOTE,
        quality=quality,
        chart="bars",
        values=("share",),
    )


_BAD_TITLES = {
    "employee": N_("Bad contacts by employee"),
    "source": N_("Bad contacts by source"),
    "tag": N_("Bad contacts by tag"),
}


def _rates(facts: Facts, entity: str) -> Outcome:
    least = facts.option("KPI105", "least", int)
    rows = by_owner(facts)
    won, closed = int(rows["won"].sum()), int(rows["closed"].sum())
    team = pl.lit(won / closed if closed else None, pl.Float64)
    enough = rows.filter(pl.col("closed") >= max(least, 1))
    place = (
        pl.when(pl.col("low") > team).then(pl.lit(ABOVE))
        .when(pl.col("high") < team).then(pl.lit(BELOW))
        .otherwise(pl.lit(WITHIN))
    )  # fmt: skip
    judged = enough.with_columns(place=place, team_rate=team, ratio=share("won", "lost")).sort(
        ["rate", "owner_id"], descending=[True, False]
    )
    metric = table(
        "win_rates",
        N_("Won of closed deals per employee"),
        with_person(judged, facts, "owner_id"),
        PERSON,
        TEAM,
        *INTERVAL,
        Column("won", N_("Won"), "count"),
        Column("lost", N_("Lost"), "count"),
        Column("ratio", N_("Won to lost"), "number"),
        Column("team_rate", N_("Whole team"), "share"),
        Column("place", N_("Against the team"), "word"),
        note=_RATE_NOTE,
        quality=Quality(
            usable=int(enough["closed"].sum()),
            base=count_of(deals(facts), pl.col("is_won") | pl.col("is_lost")),
            reason=N_("Closed deals without an owner, or of owners with too few closed deals."),
        ),
        chart="intervals",
        values=("rate", "low", "high", "team_rate"),
    )
    outside = judged.filter(pl.col("place") != WITHIN).select(
        record_id="owner_id",
        group=pl.when(pl.col("place") == ABOVE).then(pl.lit("above")).otherwise(pl.lit("below")),
        field=pl.lit("conversion"),
        value=pl.format("{} / {}", "won", "closed"),
    )
    return Outcome(findings=findings(outside, entity), base=enough.height, metrics=(metric,))


ABOVE, BELOW, WITHIN = N_("above"), N_("below"), N_("within chance")


def _named(rows: pl.DataFrame, facts: Facts, first: str = "deals") -> pl.DataFrame:
    ordered = rows.sort([first, "owner_id"], descending=[True, False])
    return with_person(ordered, facts, "owner_id")


def _owned(frame: pl.DataFrame) -> Quality:
    return Quality(
        usable=count_of(frame, pl.col("owner_id").is_not_null()),
        base=frame.height,
        reason=N_("Deals without an owner."),
    )


_NEEDS = ("deals", "deals.state", "deals.owner_id")

register(
    Check(
        code="KPI101",
        severity="info",
        needs={"user": _NEEDS},
        repair="none",
        title=N_("Won deals per employee"),
        definition=N_("Employees who own won live deals, and how many; of all owners of deals."),
        risk=N_("The main result of the work is not seen."),
        advice=N_("Look at the last 30 days beside the year: a fall is seen there first."),
        run=_closed_per_employee("won", N_("Won deals per employee")),
    )
)
register(
    Check(
        code="KPI102",
        severity="info",
        needs={"user": _NEEDS},
        repair="none",
        title=N_("Lost deals per employee"),
        definition=N_("Employees who own lost live deals, and how many; of all owners of deals."),
        risk=N_("Deals closed as lost without work look like work done."),
        advice=N_("Read it beside the won deals (KPI105) and the suspicious losses (LST301)."),
        run=_closed_per_employee("lost", N_("Lost deals per employee")),
    )
)
register(
    Check(
        code="KPI103",
        severity="info",
        needs={"user": (*_NEEDS, "deals.status_id", "statuses")},
        repair="none",
        title=N_("Deals in work per employee"),
        definition=N_(
            "Employees who own open live deals beyond the first open stage of the pipeline (of a "
            "call list: those called at least once and not finished), and how many; of all owners "
            "of deals."
        ),
        risk=N_("Begun and never finished: the client was called once and forgotten."),
        advice=N_("Have the oldest deals of each employee finished, won or lost, this week."),
        run=_in_work,
    )
)
register(
    Check(
        code="KPI104",
        severity="info",
        needs={"user": (*_NEEDS, "deals.loss_reason_id")},
        repair="none",
        title=N_("Bad contacts per employee"),
        definition=N_(
            "Employees who own live deals lost with a reason that means a bad contact, and how "
            "many, also by source and by tag; of all owners of deals."
        ),
        risk=N_("A bad list is paid for twice; or a good one is written off as bad."),
        advice=N_(
            "Claim from the supplier of the list with the highest share; where one employee "
            "stands out, listen to the calls."
        ),
        options=(
            Option("reasons", BAD_CONTACT, N_("What such reasons are called in most accounts.")),
        ),
        run=_bad_contacts,
    )
)
register(
    Check(
        code="KPI105",
        severity="info",
        needs={"user": _NEEDS},
        repair="none",
        title=N_("Employees outside the team's rate"),
        definition=N_(
            "Employees whose rate of won among closed deals differs from the whole team's by more "
            "than chance: the team's rate lies outside their 95 % interval (Wilson). Of employees "
            "with enough closed deals."
        ),
        risk=N_("Good clients are spent on one who loses them; what the best one does is unknown."),
        advice=N_(
            "Listen to calls of those below and of those above; compare their lists and sources "
            "first."
        ),
        options=(
            Option(
                "least",
                20,
                N_("With fewer deals the interval is wider than the difference."),
                least=1,
                most=1e6,
            ),
        ),
        run=_rates,
    )
)
