"""KPI105: whose rate of won deals differs from the team's by more than chance."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Column, Quality
from dedupe.language import N_

from .base import count_of, deals, share, table, with_person
from .managers import INTERVAL, OWNED_DEALS, PERSON, TEAM, by_owner

ABOVE, BELOW, WITHIN = N_("above"), N_("below"), N_("within chance")
_RATE_NOTE = N_(
    "Won / (won + lost) of live deals by their present owner, with the 95 % interval (Wilson), "
    "against the rate of the whole team, the employee included. To be fair: whoever has fewer "
    "closed deals than the option least is not judged; of many employees a few lie outside by "
    "chance; lists, regions and absences differ. It is a reason to look, not to punish."
)


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


register(
    Check(
        code="KPI105",
        severity="info",
        needs={"user": OWNED_DEALS},
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
