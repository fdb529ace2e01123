"""KPI104: which employees, sources and tags the bad contacts come from."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.frames.reasons import lost_reasons
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import FINDINGS, Column, Metric, Quality
from dedupe.language import N_

from .base import capped, deals, share, table, with_name
from .managers import OWNED_DEALS, PERSON, TEAM, by_owner, with_people

BAD_CONTACT = ("некачествен", "не существ", "неверный номер", "неправильный номер",
               "дубл", "спам", "bad contact", "wrong number", "duplicate",
               "does not exist", "spam")  # fmt: skip
_MOST_GROUPS = 30
_BAD_NOTE = N_(
    "Lost live deals whose reason holds one of the words of the option reasons, of all lost deals "
    "of the employee, source or tag. A deal with several tags is counted under each."
)


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


def _bad_contacts(facts: Facts, entity: str) -> Outcome:
    bad = bad_contacts(facts).select("id", is_bad=pl.lit(value=True))
    lost = deals(facts).filter("is_lost").join(bad, on="id", how="left")
    lost = lost.with_columns(pl.col("is_bad").fill_null(value=False))
    told = lost_reasons(facts)["reason"].count()
    quality = Quality(usable=told, base=lost.height, reason=N_("Lost deals without a reason."))
    rows = _bad_by(lost.filter(pl.col("owner_id").is_not_null()), "owner_id")
    n_found = rows.filter(pl.col("bad") > 0).height
    metrics = [_bad_table(with_people(rows, facts, "bad"), quality, "employee", PERSON, TEAM)]
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


register(
    Check(
        code="KPI104",
        severity="info",
        needs={"user": (*OWNED_DEALS, "deals.loss_reason_id")},
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
