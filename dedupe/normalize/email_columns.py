"""Distinct raw e-mails as a column: the ordinary ones columnar, the rest one by one.

Nearly every e-mail of an account is one ASCII address with nothing beside it. Its syntax is
a regex; what depends on the domain alone is asked once per distinct domain; the match key is
made by the provider's rule. A login that may be a filler, a domain that wants a repair or
a suggestion, and everything else goes through `read_emails`. Both ways give equal rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from . import email_rules as rules
from .emails import ordinary_provider, read_emails
from .readings import Row, by_rows, parted, stamped

# Narrower than what is legal: no sign that the reader cuts at, strips or decodes.
_SPACES = " \t\r\n"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_LOGIN = "[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9_])?"
_ORDINARY = rf"^[{_SPACES}]*{_LOGIN}@{_LABEL}(?:\.{_LABEL})+[{_SPACES}]*$"
_RAW_BYTES_MAX = 250
_LOGIN_MIN, _LOGIN_MAX = 3, 64  # shorter logins are often fillers
_RUN = "^(?:" + "|".join(f"{sign}+" for sign in "0123456789abcdefghijklmnopqrstuvwxyz") + ")$"
_FILLERS = sorted(
    rules.PLACEHOLDER_LOGINS
    | {
        row[at : at + n]
        for row in rules.KEYBOARD
        for n in range(_LOGIN_MIN, len(row) + 1)
        for at in range(len(row))
    }
)
_PROVIDERS = (rules.DEFAULT, rules.PLAIN, *rules.PROVIDERS.values())


def read_email_column(raws: pl.Series) -> pl.DataFrame:
    """Read distinct `raws`; one row per address found, in no order, as READINGS."""
    shaped, oddly_shaped = parted(
        pl.DataFrame({"raw": raws}),
        (pl.col("raw").str.len_bytes() <= _RAW_BYTES_MAX) & pl.col("raw").str.contains(_ORDINARY),
    )
    proper, odd_logins = parted(_addressed(shaped), ~_is_odd_login())
    keyed, odd_domains = parted(_with_provider(proper), pl.col("key_domain").is_not_null())
    key = _key_login() + "@" + pl.col("key_domain")
    ordinary = keyed.with_columns(type=pl.lit(None, pl.String), match_key=key)
    rest = pl.concat([oddly_shaped, odd_logins, odd_domains])
    return pl.concat([stamped(ordinary), by_rows(_read_each(rest))])


def _addressed(shaped: pl.DataFrame) -> pl.DataFrame:
    halves = pl.col("value").str.splitn("@", 2).struct.rename_fields(["login", "domain"])
    return (
        shaped.with_columns(value=pl.col("raw").str.strip_chars(_SPACES).str.to_lowercase())
        .with_columns(halves=halves)
        .unnest("halves")
    )


def _is_odd_login() -> pl.Expr:
    login = pl.col("login")
    return (
        ~login.str.len_bytes().is_between(_LOGIN_MIN, _LOGIN_MAX)
        | login.str.contains("..", literal=True)
        | pl.col("value").str.contains("www.", literal=True)
        | pl.col("domain").str.starts_with(login + ".")
        | login.str.contains(_RUN)
        | login.is_in(_FILLERS)
    )


def _with_provider(proper: pl.DataFrame) -> pl.DataFrame:
    """Add the rule of the domain's provider, null for a domain that is not ordinary."""
    domains = proper["domain"].unique().to_list()
    asked = ((domain, ordinary_provider(domain)) for domain in domains)
    rows = [
        (domain, p.canonical or domain, p.tag or "", "".join(p.same or ()), p.ignored)
        for domain, p in asked
        if p
    ]
    schema = dict.fromkeys(("domain", "key_domain", "tag", "same", "ignored"), pl.String)
    known = pl.DataFrame(rows, schema=schema, orient="row")
    return proper.join(known, on="domain", how="left", maintain_order="left")


def _key_login() -> pl.Expr:
    """Return the login as its provider tells mailboxes apart; see `email_match_key`."""
    login = pl.col("login")
    for tag in {p.tag for p in _PROVIDERS if p.tag}:
        has_tag = (pl.col("tag") == tag) & login.str.contains(tag, literal=True)
        untagged = login.str.replace(f"{re.escape(tag)}.*$", "")
        login = pl.when(has_tag).then(untagged).otherwise(login)
    for same in {p.same for p in _PROVIDERS if p.same}:
        folded = login.str.replace_all(*same, literal=True)
        login = pl.when(pl.col("same") == "".join(same)).then(folded).otherwise(login)
    for ignored in {p.ignored for p in _PROVIDERS if p.ignored}:
        folded = login.str.replace_all(f"[{re.escape(ignored)}]", "")
        login = pl.when(pl.col("ignored") == ignored).then(folded).otherwise(login)
    return login


def _read_each(raws: pl.Series) -> Iterator[Row]:
    for raw in raws.to_list():
        for part, each in enumerate(read_emails(raw)):
            yield (
                raw,
                part,
                each.value,
                None,
                each.status,
                each.reason,
                each.rule,
                each.confidence,
                each.n_repeats,
                None,
                each.match_key,
            )
