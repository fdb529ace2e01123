"""LST301: deals that were closed as lost without having been worked on, by their signs."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.moves import moves
from dedupe.audit.frames.wilson import wilson_bounds
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Metric, Quality
from dedupe.language import N_

from .base import ROBOT, deals, recent, share, table, with_person
from .bursts import bursts
from .managers import PERSON, TEAM
from .traces import call_times, done_tasks, note_times, touched

# A sign's points: what people can't do by honest work weighs most.
SIGNS = {"quick": 3, "no_calls": 2, "short_calls": 2, "in_bulk": 2, "no_notes": 1}
_GROUPS = dict(enumerate(("no_sign", "one_sign", "two_signs", "three_signs", "four_signs",
                          "five_signs")))  # fmt: skip
_MOST_LISTED = 100
_FAIR = N_(
    "Lost live deals closed in the last days of the data (option days), but for the last hours "
    "(option hours): notes are often written later. Whoever closed the deal is known from its "
    "moves, else it is the owner. No calls and no notes are signs only where most deals won in the "
    "same time have them (option usual), and no calls only against those with a call noted on some "
    "deal: others may have no telephony. Rates have their 95 % interval (Wilson) and are shown "
    "from the option least on. Signs are a reason to listen and ask, not to punish: lists, shifts "
    "and absences differ."
)


def suspicious(facts: Facts) -> pl.DataFrame:
    """Return the judged lost deals: id, closer, a flag for each sign, n_signs, points, signs."""
    return facts.once("suspicious losses", lambda: _suspicious(facts))


def _suspicious(facts: Facts) -> pl.DataFrame:
    lost = _lost(facts)
    signs = [_quick(lost, facts), _in_bulk(lost, facts), *_silent(lost, facts)]
    for name, ids in signs:
        marked = ids.select("id").unique().with_columns(pl.lit(value=True).alias(name))
        lost = lost.join(marked, on="id", how="left")
    absent = [pl.lit(None, pl.Boolean).alias(n) for n in SIGNS if n not in lost.columns]
    flags = lost.with_columns(absent).with_columns(pl.col(*SIGNS).fill_null(value=False))
    points = pl.sum_horizontal(pl.col(name) * worth for name, worth in SIGNS.items())
    return flags.with_columns(
        n_signs=pl.sum_horizontal(pl.col(name).cast(pl.Int64) for name in SIGNS),
        points=points.cast(pl.Int64),
        signs=pl.concat_str(
            [pl.when(name).then(pl.lit(name)) for name in SIGNS], separator=", ", ignore_nulls=True
        ),
    ).sort("id")


def _lost(facts: Facts) -> pl.DataFrame:
    """Return the lost deals to be judged, with `closer` and the moment `begun` of the work."""
    until = facts.now - timedelta(hours=facts.option("LST301", "hours", int))
    since = facts.now - timedelta(days=facts.option("LST301", "days", int))
    frame = deals(facts).filter(
        pl.col("is_lost") & pl.col("closed_at").is_between(since, until, closed="right")
    )
    told = moves(facts).join(frame.select("id", "status_id"), left_on="deal_id", right_on="id")
    ends = told.filter(pl.col("status_id") == pl.col("status_id_right"))
    last = ends.group_by(id="deal_id").agg(
        closer=pl.col("changed_by").sort_by("changed_at", "changed_by").last(),
        ended=pl.col("changed_at").max(),
    )
    joined = frame.join(last, on="id", how="left")
    earlier = told.join(last, left_on="deal_id", right_on="id", how="left").filter(
        pl.col("ended").is_null() | (pl.col("changed_at") < pl.col("ended"))
    )
    first = earlier.group_by(id="deal_id").agg(first=pl.col("changed_at").min())
    return joined.join(first, on="id", how="left").select(
        "id",
        "price",
        "created_at",
        "closed_at",
        "owner_id",
        closer=pl.coalesce("closer", "owner_id"),
        begun=pl.coalesce("first", "created_at"),
    )


def _quick(lost: pl.DataFrame, facts: Facts) -> tuple[str, pl.DataFrame]:
    took = pl.col("closed_at") - pl.col("begun")
    limit = timedelta(minutes=facts.option("LST301", "minutes", int))
    return "quick", lost.filter(took.is_between(timedelta(0), limit, closed="left"))


def _in_bulk(lost: pl.DataFrame, facts: Facts) -> tuple[str, pl.DataFrame]:
    people = lost.filter(pl.col("closer") != ROBOT)
    within = timedelta(minutes=facts.option("LST301", "bulk_minutes", int))
    least = facts.option("LST301", "bulk", int)
    return "in_bulk", bursts(people, least=least, within=within, who="closer", at="closed_at")


def _silent(lost: pl.DataFrame, facts: Facts) -> list[tuple[str, pl.DataFrame]]:
    """Return the deals without calls, with short ones only, and without notes.

    Silence proves something only where work leaves traces: on most deals won in the same time,
    and with calls on some deal of the same person, who else may have no telephony.
    """
    won, told, signs = _won(facts), call_times(facts), []
    limit = facts.option("LST301", "seconds", int)
    called = touched(facts, lost, told)
    is_long = pl.col("seconds").is_null() | (pl.col("seconds") >= limit)
    spoken = touched(facts, lost, told.filter(is_long))
    signs.append(("short_calls", called.join(spoken, on="id", how="anti")))
    won_called = touched(facts, won, told)
    if _is_usual(won_called, won, facts):
        heard = pl.concat(
            [
                lost.join(called, on="id", how="semi").select("closer"),
                won.join(won_called, on="id", how="semi").select(closer="owner_id"),
            ]
        )
        known = lost.join(heard.unique(), on="closer", how="semi")
        signs.append(("no_calls", known.join(called, on="id", how="anti")))
    if facts.has("notes"):
        words = [note_times(facts), *([done_tasks(facts)] if facts.has("tasks") else [])]
        written = pl.concat(words)
        if _is_usual(touched(facts, won, written), won, facts):
            noted = touched(facts, lost, written)
            signs.append(("no_notes", lost.join(noted, on="id", how="anti")))
    return signs


def _won(facts: Facts) -> pl.DataFrame:
    days = facts.option("LST301", "days", int)
    return recent(deals(facts).filter("is_won"), facts, "closed_at", days)


def _is_usual(touched_ones: pl.DataFrame, won: pl.DataFrame, facts: Facts) -> bool:
    return won.height > 0 and touched_ones.height >= won.height * facts.option(
        "LST301", "usual", float
    )


def _losses(facts: Facts, entity: str) -> Outcome:
    judged = suspicious(facts)
    found = judged.filter(pl.col("n_signs") >= facts.option("LST301", "signs", int))
    rows = found.select(
        record_id="id",
        group=pl.col("n_signs").replace_strict(_GROUPS, return_dtype=pl.String),
        value="signs",
        field=pl.lit("closed_at"),
    )
    quality = Quality(
        usable=judged.filter(pl.col("closer").is_not_null()).height,
        base=judged.height,
        reason=N_("Losses of which it is not known who closed them."),
    )
    metrics = (_by_manager(judged, found, facts, quality), _ranked(found, facts, quality))
    return Outcome(findings=findings(rows, entity), base=judged.height, metrics=metrics)


def _by_manager(
    judged: pl.DataFrame, found: pl.DataFrame, facts: Facts, quality: Quality
) -> Metric:
    known = judged.filter(pl.col("closer").is_not_null())
    counted = known.with_columns(
        is_found=pl.col("id").is_in(found["id"].implode())
    ).group_by("closer").agg(
        pl.col(*SIGNS).sum(), losses=pl.len(), found=pl.col("is_found").sum()
    )  # fmt: skip
    low, high = wilson_bounds("found", "losses")
    enough = pl.col("losses") >= facts.option("LST301", "least", int)
    rows = counted.with_columns(
        share=pl.when(enough).then(share("found", "losses")),
        low=pl.when(enough).then(low),
        high=pl.when(enough).then(high),
    ).sort(["share", "found", "closer"], descending=[True, True, False], nulls_last=True)
    return table(
        "suspicious_losses_by_manager",
        N_("Suspicious losses by manager"),
        with_person(rows, facts, "closer"),
        PERSON,
        TEAM,
        Column("losses", N_("Losses"), "count"),
        Column("found", N_("Suspicious"), "count"),
        Column("share", N_("Share"), "share"),
        Column("low", N_("From"), "share"),
        Column("high", N_("To"), "share"),
        Column("quick", N_("Closed within minutes"), "count"),
        Column("no_calls", N_("Without calls"), "count"),
        Column("short_calls", N_("Short calls only"), "count"),
        Column("in_bulk", N_("Closed in bulk"), "count"),
        Column("no_notes", N_("Without notes"), "count"),
        note=_FAIR,
        quality=quality,
        chart="intervals",
        values=("share", "low", "high"),
    )


def _ranked(found: pl.DataFrame, facts: Facts, quality: Quality) -> Metric:
    order = ["points", "price", "id"]
    rows = found.sort(order, descending=[True, True, False], nulls_last=True).head(_MOST_LISTED)
    return table(
        "suspicious_losses",
        N_("The most suspicious losses"),
        with_person(rows.with_columns(entity=pl.lit("deal")), facts, "closer"),
        Column("id", N_("Deal"), "record"),
        Column("entity", N_("Entity"), "code"),
        Column("points", N_("Points"), "count"),
        Column("signs", N_("Signs"), "code"),
        Column("person", N_("Employee"), "person"),
        Column("closed_at", N_("Closed"), "moment"),
        Column("price", N_("Price"), "money"),
        note=_FAIR,
        quality=quality,
    )


register(
    Check(
        code="LST301",
        severity="warning",
        needs={"deal": ("deals", "deals.state", "deals.closed_at", "notes|events")},
        repair="list",
        title=N_("Suspicious losses"),
        definition=N_(
            "Lost deals closed in the last days of the data with at least two signs: closed within "
            "minutes of their creation or first move (quick), no call though calls are usual "
            "(no_calls), only calls of seconds (short_calls), many closed by one person "
            "within minutes (in_bulk), no note and no result of a task though they are usual "
            "(no_notes). Of all deals "
            "lost in that time."
        ),
        risk=N_("Clients who were paid for are thrown away to be rid of the work."),
        advice=N_(
            "Look at a sample, listen to the calls and ask the employee before you judge; then "
            "have the real ones called again."
        ),
        options=(
            Option("days", 365, N_("What is older can't be asked about."), least=1, most=3650),
            Option("hours", 24, N_("Notes may be written by the next day."), most=1000),
            Option("minutes", 10, N_("Nobody is called and thought about in less."), most=10_000),
            Option("seconds", 15, N_("Shorter is a greeting, no talk."), most=3600),
            Option("bulk", 10, N_("Ten in five minutes are not ten decisions."), least=2),
            Option("bulk_minutes", 5, N_("Goes with bulk."), least=1, most=1440),
            Option("signs", 2, N_("One sign alone has honest reasons."), least=1, most=5),
            Option("usual", 0.5, N_("Silence says nothing where most winners are silent."), most=1),
            Option("least", 20, N_("With fewer losses a rate says nothing."), least=1),
        ),
        run=_losses,
    )
)
