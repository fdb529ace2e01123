"""DUP104 to DUP109: cards that are one by more than a number, and cards that must stay apart.

Cards that stand merged already (DUP111) take no part, as in all checks of duplicates.
"""

from __future__ import annotations

import polars as pl

from dedupe.language import N_

from .facts import Facts, Outcome, findings
from .likeness import (
    apart,
    birthdays,
    both_ends,
    branches,
    groups_of,
    meetings,
    namesakes,
    parted,
    tax_numbers,
    unknown_groups,
    unmerged,
    with_both,
)
from .registry import Check, register
from .sites import domains

_SURE_PARTS = 2  # of day, month and year that agree: one of two dates is a slip of the pen


def _same_tax_number(facts: Facts, entity: str) -> Outcome:
    held = unmerged(tax_numbers(facts, entity), facts, entity).with_columns(key="tax_id")
    known = held.join(branches(facts, entity), on="record_id", how="left")
    rows = groups_of(parted(known, "kpp"))
    return _groups(rows.with_columns(value="tax_id", field=pl.lit("tax_id")), facts, entity)


def _same_name(facts: Facts, entity: str) -> Outcome:
    rows = unmerged(namesakes(facts, entity), facts, entity)
    for told, part in ((tax_numbers, "tax_id"), (birthdays, "birth_date")):
        rows = parted(rows.join(told(facts, entity), on="record_id", how="left"), part)
    rows = unknown_groups(groups_of(rows), facts, entity)
    names = facts.live(entity).select(record_id="id", value="name")
    rows = rows.join(names, on="record_id", how="left").with_columns(field=pl.lit("name"))
    return _groups(rows, facts, entity)


def _same_site(facts: Facts, entity: str) -> Outcome:
    sites = unmerged(domains(facts), facts, entity)
    sites = sites.with_columns(value="key", field=pl.lit("site"))
    known = sites.join(tax_numbers(facts, entity), on="record_id", how="left")
    return _groups(groups_of(parted(known, "tax_id")), facts, entity)


def _unlike_names(facts: Facts, entity: str) -> Outcome:
    pairs = apart(meetings(facts, entity, "phone"))
    traits = facts.traits.lazy().filter(pl.col("entity") == entity)
    if entity == "company":
        pairs = with_both(pairs, traits, "company_key")
        is_unlike = pl.col("left_company_key") != pl.col("right_company_key")
    else:
        pairs = with_both(pairs, traits, "given_key", "surname_key", "given")
        given = [pl.col(f"{end}_given_key").str.split("|") for end in ("left", "right")]
        is_known = pl.all_horizontal(
            pl.col(f"{end}_given").str.len_chars() > 1 for end in ("left", "right")
        )
        surnames = pl.col("left_surname_key") != pl.col("right_surname_key")
        others = given[0].list.set_intersection(given[1]).list.len() == 0
        is_unlike = pl.when(is_known).then(others).otherwise(surnames)
    found = pairs.filter(is_unlike.fill_null(value=False)).with_columns(field=pl.lit("phone"))
    return _groups(both_ends(found, "group", "value", "field"), facts, entity, are_apart=True)


def _held_apart(facts: Facts, entity: str) -> Outcome:
    pairs = meetings(facts, entity, "phone", "email")
    pairs = with_both(pairs, tax_numbers(facts, entity), "tax_id")
    pairs = with_both(pairs, birthdays(facts, entity), "birth_date")
    by_tax = (pl.col("left_tax_id") != pl.col("right_tax_id")).fill_null(value=False)
    by_date = _other_dates().fill_null(value=False)
    reason = pl.when(by_tax).then(pl.lit("tax_id")).otherwise(pl.lit("birth_date"))
    found = pairs.filter(by_tax | by_date).with_columns(field=reason)
    return _groups(both_ends(found, "group", "value", "field"), facts, entity, are_apart=True)


def _other_dates() -> pl.Expr:
    """Tell which pairs were born on two days: not a part written wrong, nor two parts swapped."""
    left, right = pl.col("left_birth_date"), pl.col("right_birth_date")
    parts = [(day // unit % size) for day in (left, right) for unit, size in _CALENDAR]
    years, months, days = zip(parts[:3], parts[3:], strict=True)
    n_same = pl.sum_horizontal((a == b).cast(pl.Int32) for a, b in (years, months, days))
    is_swapped = (years[0] == years[1]) & (months[0] == days[1]) & (days[0] == months[1])
    return left.is_not_null() & right.is_not_null() & (n_same < _SURE_PARTS) & ~is_swapped


_CALENDAR = ((10_000, 10_000), (100, 100), (1, 100))


def _groups(rows: pl.LazyFrame, facts: Facts, entity: str, *, are_apart: bool = False) -> Outcome:
    found = findings(rows.select("record_id", "group", "value", "field"), entity)
    return Outcome(
        findings=found,
        base=facts.n_live(entity),
        groups=found["group"].n_unique(),
        groups_are_apart=are_apart,
    )


register(
    Check(
        code="DUP104",
        severity="error",
        needs={
            "contact": ("contacts", "traits.contact.tax_id"),
            "company": ("companies", "traits.company.tax_id"),
        },
        repair="review",
        plan="merge",
        title=N_("Cards with the same tax number"),
        definition=N_(
            "Cards that hold the same valid tax number (ИНН); of contacts, a person's own. Cards "
            "with different КПП are branches of one firm and do not count."
        ),
        risk=N_(
            "One legal entity is kept as several clients: its debts, discounts and documents "
            "are spread over the cards."
        ),
        advice=N_(
            "Merge the cards of a group after review; keep branches apart and write their КПП."
        ),
        run=_same_tax_number,
    )
)
register(
    Check(
        code="DUP106",
        severity="warning",
        needs={
            "contact": ("contacts", "contacts.name", "traits.contact.surname"),
            "company": ("companies", "companies.name"),
        },
        repair="review",
        title=N_("Cards with the same name"),
        definition=N_(
            "Contacts with the same surname and name, and patronymic where both tell it, so rare "
            "that they are hardly namesakes; companies with the same name, whatever the legal "
            "form, but not of different cities. Groups that a shared number or mailbox tells "
            "already do not count, nor do cards with different tax numbers or birth dates. Where "
            "companies of one name mostly turn out to be different ones, only those of one city "
            "count."
        ),
        risk=N_("The same client calls from a new number and gets a new card."),
        advice=N_("Compare the cards of a group; merge those that are one client."),
        run=_same_name,
    )
)
register(
    Check(
        code="DUP107",
        severity="warning",
        needs={"company": ("companies", "channels.company.site")},
        repair="review",
        title=N_("Companies with the same website"),
        definition=N_(
            "Companies that share the domain of a website. Social networks, free hosts, domains "
            "of more than ten companies and companies with different tax numbers do not count."
        ),
        risk=N_("Two managers work with one company and do not know of each other."),
        advice=N_("Merge the cards of one company; link the firms of a group to each other."),
        run=_same_site,
    )
)
register(
    Check(
        code="DUP108",
        severity="info",
        needs={
            "contact": ("contacts", "channels.contact.phone", "traits.contact.given|surname"),
            "company": ("companies", "channels.company.phone", "companies.name"),
        },
        repair="list",
        title=N_("One number, different names"),
        definition=N_(
            "Cards that share a number with a card of another name and are not held to be one: "
            "families, colleagues, firms of one office."
        ),
        risk=N_("Merged by the number alone, two people or firms become one and can't be parted."),
        advice=N_(
            "Do not merge them. Write down how they are related, and keep an office's number on "
            "the company."
        ),
        run=_unlike_names,
    )
)
register(
    Check(
        code="DUP109",
        severity="info",
        needs={
            "contact": (
                "contacts",
                "channels.contact.phone|email",
                "traits.contact.tax_id|birth_date",
            ),
            "company": ("companies", "channels.company.phone|email", "traits.company.tax_id"),
        },
        repair="list",
        title=N_("Shared contact data, contradicting documents"),
        definition=N_(
            "Cards that share a number or a mailbox although their tax numbers or their birth "
            "dates differ. They are never merged automatically."
        ),
        risk=N_("Either these are two clients, or one of the cards has a wrong document."),
        advice=N_("Check the tax number or the birth date, then decide on the pair."),
        run=_held_apart,
    )
)
