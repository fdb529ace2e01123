"""ENR101: numbers and addresses that clients left in a form or an SMS, and the card lacks."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.calls import without_deleted
from dedupe.audit.frames.touches import SERVICE_TYPES
from dedupe.audit.registry import Check, register
from dedupe.language import N_

from .common import of_contacts

_TYPES = (*SERVICE_TYPES, "sms_in")
# With the country's code, or a whole Russian number; digits beside it would make it an id.
_PHONE = (
    r"(?:^|[^0-9A-Za-z_.+])(?:\+\d{1,3}[\s(-]{0,2}|[78][\s(-]{0,2})\d{2,3}[\s)-]{0,2}"
    r"\d{2,3}[\s-]?\d{2}[\s-]?\d{2}(?-u:\b)"
)
_EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
_LAST = 10
_CONFIDENCE = 0.6  # the text may hold somebody else's number: a person looks
_STRANGERS = 3  # cards: what is left on more of them is the company's own
_NO_EVIDENCE = ("own", "shared", "placeholder")


def _lacking(facts: Facts, entity: str) -> Outcome:
    inbound = facts.account.frame("notes").lazy().filter(pl.col("note_type").is_in(_TYPES))
    notes = without_deleted(facts, inbound).select("entity", "record_id", "text").collect()
    rows = of_contacts(facts, notes)
    told = pl.concat([_phones(rows), _emails(rows)])
    held = facts.values.filter(pl.col("entity") == entity).join(told, on="record_id", how="semi")
    known = held.select("record_id", "kind", sign=_sign("value", "kind"))
    useless = facts.values.filter(pl.col("status").is_in(_NO_EVIDENCE)).select(
        "kind", sign=_sign("value", "kind")
    )
    own = facts.account.frame("users").select(
        kind=pl.lit("email"), sign=pl.col("email").str.to_lowercase()
    )
    new = (
        told.join(known, on=["record_id", "kind", "sign"], how="anti")
        .join(pl.concat([useless, own]), on=["kind", "sign"], how="anti")
        .sort("kind", "record_id", "proposal", "value")
        .unique(["record_id", "kind", "sign"], keep="first", maintain_order=True)
        .filter(pl.len().over("kind", "sign") <= _STRANGERS)
    )
    found = new.select(
        "record_id", "value", "proposal", field="kind", confidence=pl.lit(_CONFIDENCE)
    )
    return Outcome(findings=findings(found, entity), base=rows["record_id"].n_unique())


def _sign(value: str, kind: str) -> pl.Expr:
    """Return what two spellings of one number or address have in common."""
    digits = pl.col(value).str.replace_all(r"\D", "").str.tail(_LAST)
    return pl.when(pl.col(kind) == "phone").then(digits).otherwise(pl.col(value).str.to_lowercase())


def _phones(rows: pl.DataFrame) -> pl.DataFrame:
    """Return record_id, kind, value, proposal, sign of the numbers in the texts."""
    written = _extracted(rows, _PHONE).with_columns(
        value=pl.col("value").str.replace(r"^[^\d+]+", "")
    )
    digits = pl.col("value").str.replace_all(r"\D", "")
    international = pl.col("value").str.starts_with("+")
    # Written with 8 or a bare 7 it is a Russian or Kazakh number of eleven digits, or none.
    local = digits.str.contains(r"^[78][34789]\d{9}$")
    proposal = (
        pl.when(international & digits.str.contains(r"^[1-9]\d{9,14}$"))
        .then(pl.lit("+") + digits)
        .when(~international & local)
        .then(pl.lit("+7") + digits.str.tail(_LAST))
    )
    return _told(written.with_columns(kind=pl.lit("phone"), proposal=proposal))


def _emails(rows: pl.DataFrame) -> pl.DataFrame:
    written = _extracted(rows, _EMAIL)
    return _told(
        written.with_columns(kind=pl.lit("email"), proposal=pl.col("value").str.to_lowercase())
    )


def _extracted(rows: pl.DataFrame, pattern: str) -> pl.DataFrame:
    found = rows.select("record_id", value=pl.col("text").str.extract_all(pattern))
    return found.explode("value").drop_nulls("value")


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    known = rows.drop_nulls("proposal").with_columns(sign=_sign("proposal", "kind"))
    return known.select("record_id", "kind", "value", "proposal", "sign")


register(
    Check(
        code="ENR101",
        severity="info",
        needs={"contact": ("contacts", "notes", "channels")},
        repair="review",
        title=N_("Numbers and addresses the card lacks"),
        definition=N_(
            "Numbers and e-mail addresses in the text of a form or an inbound SMS on the contact, "
            "or on a deal whose main contact it is, that no field of the card holds, whatever the "
            "spelling. Values of the account itself and those left on more than three cards do "
            "not count. The base is contacts with such a note."
        ),
        risk=N_("The next enquiry from that number makes a duplicate, for no card holds it."),
        advice=N_("Look at the note, and add the value to the card if it is the client's."),
        run=_lacking,
    )
)
