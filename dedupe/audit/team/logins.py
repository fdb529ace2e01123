"""USR201, USR202: employees' own mailboxes, and accounts that are one person's or nobody's."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.registry import Check, register
from dedupe.contracts import Column, Metric
from dedupe.contracts.mail import FREE_MAIL
from dedupe.language import N_

from .people import MOST_ROWS, active, of_users

_BRANDS = r"^(yandex|yahoo|hotmail|outlook|live|gmx)\.(com?\.)?[a-z]{2,3}$"


def _free_mail(facts: Facts, entity: str) -> Outcome:
    people = active(facts).with_columns(domain=_address().str.extract(r"@([^@]+)$"))
    is_free = pl.col("domain").is_in(sorted(FREE_MAIL)) | pl.col("domain").str.contains(_BRANDS)
    found = people.filter(is_free)
    outcome = of_users(found, people, value=pl.col("email"), field=pl.lit("email"))
    counts = found.group_by("domain").agg(pl.len().alias("n"))
    metric = Metric(
        name="free_mail",
        title=N_("Free mail services of users"),
        columns=(
            Column("domain", N_("Mail service"), "text"),
            Column("n", N_("Users"), "count"),
        ),
        rows=counts.sort("n", "domain", descending=[True, False]).head(MOST_ROWS),
        chart="bars",
        values=("n",),
        note=N_("Active users by the domain of the address they sign in with."),
    )
    return Outcome(findings=outcome.findings, base=outcome.base, metrics=(metric,))


def _doubled(facts: Facts, entity: str) -> Outcome:
    """Find the users of one address, of one name, and those without an address."""
    people = active(facts).with_columns(address=_address(), words=_words())
    parts = [
        people.filter(pl.col("address").is_null()).select(
            record_id="id", group=pl.lit("no_email"), field=pl.lit("email"), value="name"
        )
    ]
    for key, group, field in (
        ("address", "shared_email", "email"),
        ("words", "same_name", "name"),
    ):
        if not facts.has(f"users.{field}"):
            continue
        shared = people.drop_nulls(key).filter(pl.len().over(key) > 1)
        parts.append(
            shared.select(
                record_id="id", group=pl.lit(group), field=pl.lit(field), value=pl.col(field)
            )
        )
    return Outcome(findings=findings(pl.concat(parts), entity), base=people.height)


def _address() -> pl.Expr:
    text = pl.col("email").str.strip_chars().str.to_lowercase()
    return pl.when(text != "").then(text)


def _words() -> pl.Expr:
    """Return a name blind to case, "ё", signs and the order of its words; null without words."""
    text = pl.col("name").str.to_lowercase().str.replace_all("ё", "е")
    words = text.str.extract_all(r"[\p{L}\p{N}]+").list.sort().list.join(" ")
    return pl.when(words != "").then(words)


register(
    Check(
        code="USR201",
        severity="warning",
        needs={"user": ("users", "users.email")},
        repair="list",
        title=N_("Users with a private mailbox"),
        definition=N_(
            "Active users whose address is at a free mail service such as mail.ru, yandex.ru or "
            "gmail.com. The base is active users."
        ),
        risk=N_("Who leaves keeps the letters of clients and can restore the password."),
        advice=N_("Give everybody an address at the firm's domain and move the account to it."),
        run=_free_mail,
    )
)
register(
    Check(
        code="USR202",
        severity="warning",
        needs={"user": ("users", "users.email")},
        repair="list",
        title=N_("Shared or doubled user accounts"),
        definition=N_(
            "Active users who have one address with another, or one name whatever its spelling "
            "and order of words, or no address. The base is active users."
        ),
        risk=N_("Nobody can tell who did what, and two licences are paid for one person."),
        advice=N_(
            "Leave one account to one person, with a name and an address; switch off the others "
            "and hand over what they own."
        ),
        run=_doubled,
    )
)
