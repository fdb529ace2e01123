"""PHN and EML: doubled, repeated, missing and unreadable numbers and addresses."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from dedupe.contracts import CERTAIN
from dedupe.language import N_

from .facts import Facts, Outcome, channel_needs, findings
from .registry import Check, register

READABLE = ("valid", "shared", "own")
# A local number is one number, though nobody outside its town can dial it.
NUMBERS = (*READABLE, "local")

UNSURE = CERTAIN - 0.05

RAW_VALUE = ("entity", "record_id", "kind", "position")


def _of(facts: Facts, entity: str, kind: str) -> pl.LazyFrame:
    return facts.values.lazy().filter((pl.col("entity") == entity) & (pl.col("kind") == kind))


def _numbers() -> pl.Expr:
    return pl.col("value").is_not_null() & pl.col("status").is_in(NUMBERS)


def _doubled(kind: str) -> Callable[[Facts, str], Outcome]:
    def run(facts: Facts, entity: str) -> Outcome:
        numbers = _of(facts, entity, kind).filter(_numbers())
        # Hardly any raw value has a second number, and the others need no counting.
        second = numbers.filter(pl.col("part") > 0)
        rows = (
            _of_cards(numbers, second)
            .group_by(RAW_VALUE)
            .agg(value=pl.col("raw").first(), n=pl.col("value").n_unique())
            .filter(pl.col("n") > 1)
        )
        found = findings(_proposed(rows, facts), entity)
        return Outcome(findings=found, base=facts.n_live(entity))

    return run


def _repeated(kind: str) -> Callable[[Facts, str], Outcome]:
    def run(facts: Facts, entity: str) -> Outcome:
        numbers = _of(facts, entity, kind).filter(_numbers())
        may_repeat = pl.col("record_id").is_duplicated() | (pl.col("n_repeats") > 1)
        rows = (
            numbers.filter(may_repeat)
            .group_by("entity", "record_id", "kind", "value", "extension")
            .agg(n=pl.col("n_repeats").sum())
            .filter(pl.col("n") > 1)
            .select("record_id", "value", field="kind")
        )
        return Outcome(findings=findings(rows, entity), base=facts.n_live(entity))

    return run


def _missing(kind: str) -> Callable[[Facts, str], Outcome]:
    def run(facts: Facts, entity: str) -> Outcome:
        rows = (
            facts.live(entity)
            .select(record_id="id")
            .join(_of(facts, entity, kind), on="record_id", how="anti")
            .with_columns(field=pl.lit(kind))
        )
        return Outcome(findings=findings(rows, entity), base=facts.n_live(entity))

    return run


def _unreadable(kind: str) -> Callable[[Facts, str], Outcome]:
    """Find values without one valid number; `group` of a finding is the class of the reason."""

    def run(facts: Facts, entity: str) -> Outcome:
        values = _of(facts, entity, kind)
        unread = values.filter(~pl.col("status").is_in(READABLE).fill_null(value=False))
        rows = (
            _of_cards(values, unread)
            .group_by(RAW_VALUE)
            .agg(
                value=pl.col("raw").first(),
                group=pl.col("reason").sort_by("part").drop_nulls().first(),
                readable=pl.col("status").is_in(READABLE).any(),
            )
            .filter(~pl.col("readable"))
        )
        found = findings(_proposed(rows, facts), entity)
        return Outcome(findings=found, base=facts.n_live(entity))

    return run


def _proposed(rows: pl.LazyFrame, facts: Facts) -> pl.LazyFrame:
    """Add what each raw value should become; what is not automatic stays below CERTAIN."""
    sure = pl.when(pl.col("is_automatic")).then(pl.col("confidence"))
    unsure = pl.min_horizontal("confidence", pl.lit(UNSURE))
    found = rows.collect().lazy()
    proposals = _of_cards(facts.proposals.lazy(), found).select(
        *RAW_VALUE,
        "proposal",
        confidence=pl.when(pl.col("proposal").is_not_null()).then(pl.coalesce(sure, unsure)),
    )
    return found.join(proposals, on=RAW_VALUE, how="left").with_columns(field=pl.col("kind"))


def _of_cards(rows: pl.LazyFrame, few: pl.LazyFrame) -> pl.LazyFrame:
    """Leave the rows of few cards: what is dearer is then done to few rows."""
    return rows.join(few.select("record_id").unique(), on="record_id", how="semi")


register(
    Check(
        code="PHN101",
        severity="warning",
        needs={"contact": ("contacts", "channels.contact.phone")},
        repair="list",
        title=N_("Contacts without a phone"),
        definition=N_("Contacts with no phone value at all, in any field."),
        risk=N_("Nobody can call the client, and the next call from them makes a new card."),
        advice=N_(
            "Look for the number in letters, chats and notes; else ask for it at the next contact."
        ),
        run=_missing("phone"),
    )
)
register(
    Check(
        code="PHN201",
        severity="error",
        needs=channel_needs("phone"),
        repair="auto",
        plan="split",
        title=N_("Two numbers in one phone value"),
        definition=N_("Cards with at least one phone value that holds two or more numbers."),
        risk=N_(
            "Telephony can't dial the value and does not recognise the caller, so each call "
            "makes a new card."
        ),
        advice=N_("Split the value: one number in each."),
        run=_doubled("phone"),
    )
)
register(
    Check(
        code="PHN202",
        severity="warning",
        needs=channel_needs("phone"),
        repair="auto",
        plan="drop_repeat",
        title=N_("The same number twice on a card"),
        definition=N_(
            "Cards that hold the same number twice, in one value or in two, whatever the spelling."
        ),
        risk=N_("The card looks as if it had another way to reach the client; there is none."),
        advice=N_("Keep one of the values."),
        run=_repeated("phone"),
    )
)
register(
    Check(
        code="PHN301",
        severity="warning",
        needs=channel_needs("phone"),
        repair="review",
        plan="normalize",
        title=N_("Unreadable phone value"),
        definition=N_(
            "Cards with a phone value from which no valid number can be read. The class says "
            "why: text, too short, too long, local without an area code, placeholder and so "
            "on."
        ),
        risk=N_("The number can't be dialled or matched: the client is as good as lost."),
        advice=N_(
            "Correct what can be corrected; name your area code (--area-code) if local "
            "numbers are many."
        ),
        run=_unreadable("phone"),
    )
)
register(
    Check(
        code="EML201",
        severity="error",
        needs=channel_needs("email"),
        repair="auto",
        plan="split",
        title=N_("Two addresses in one e-mail value"),
        definition=N_("Cards with at least one e-mail value that holds two or more addresses."),
        risk=N_("Letters can't be sent to the value, and answers are not filed on the card."),
        advice=N_("Split the value: one address in each."),
        run=_doubled("email"),
    )
)
register(
    Check(
        code="EML202",
        severity="info",
        needs=channel_needs("email"),
        repair="auto",
        plan="drop_repeat",
        title=N_("The same address twice on a card"),
        definition=N_("Cards that hold the same e-mail address twice, in one value or in two."),
        risk=N_("Mailings may go out twice."),
        advice=N_("Keep one of the values."),
        run=_repeated("email"),
    )
)
register(
    Check(
        code="EML301",
        severity="warning",
        needs=channel_needs("email"),
        repair="review",
        plan="normalize",
        title=N_("Unreadable e-mail value"),
        definition=N_(
            "Cards with an e-mail value from which no valid address can be read. The class "
            "says why."
        ),
        risk=N_("Letters do not arrive, and bounces harm the sender's reputation."),
        advice=N_("Correct or remove the value before the next mailing."),
        run=_unreadable("email"),
    )
)
