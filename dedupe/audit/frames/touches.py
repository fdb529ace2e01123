"""Every time a client and the company touched: calls, letters, chats, messages, forms.

A note that a person wrote is no touch. What an integration wrote (service_message) is one, an
enquiry through a form, where it looks like one: integrations note anything. Chats are told by
the messages, or else by events. Messages of the inner chat (events entity_direct_message) are
between employees, and no touch.
"""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.contracts import MOMENT

from .calls import add_told, calls, is_answered, without_deleted

CHANNELS = ("call", "mail", "chat", "sms", "form")
SERVICE_TYPES = ("service_message", "extended_service_message")
SMS_TYPES = {"sms_in": "in", "sms_out": "out"}
CHAT_TYPES = {"incoming_chat_message": "in", "outgoing_chat_message": "out"}
MAIL_TYPE = "amomail_message"
_INCOME = {"true": "in", "1": "in", "false": "out", "0": "out"}
# An address, a number, or a word for an enquiry; in one pattern they take seven times as long.
_CONTACT = r"\S@\S+\.\S|\d(?:[\s()\-]*\d){9}"
_ENQUIRY = r"(?i)заявк|форм|обращени|анкет|опрос|\bform\b|request|enquiry|inquiry"
_SCHEMA = pl.Schema(
    {
        "entity": pl.String(),
        "record_id": pl.String(),
        "direction": pl.String(),
        "channel": pl.String(),
        "at": MOMENT,
        "author": pl.String(),
        "is_answered": pl.Boolean(),
    }
)


def touches(facts: Facts) -> pl.DataFrame:
    """Return the touches on records that are not deleted, in no order; none without a time.

    Where both `messages` and `events` were read, the messages are believed, unless there are none.

    `direction` is in or out, null of a letter that does not say; `channel` one of CHANNELS;
    `author` who wrote or called, null or "0" a robot or the client. `is_answered` is of calls.
    """
    return facts.once("touches", lambda: _touches(facts))


def _touches(facts: Facts) -> pl.DataFrame:
    parts = [_called(facts), _noted(facts), _chatted(facts)]
    rows = pl.concat([part.select(_SCHEMA.names()).cast(_SCHEMA) for part in parts])
    known = pl.all_horizontal(pl.col("entity", "record_id", "at").is_not_null())
    return rows.filter(known)


def _called(facts: Facts) -> pl.DataFrame:
    return calls(facts).select(
        "entity",
        "record_id",
        "direction",
        channel=pl.lit("call"),
        at="created_at",
        author="answered_by",
        is_answered=is_answered(),
    )


def _noted(facts: Facts) -> pl.DataFrame:
    """Return the letters, SMS and forms."""
    notes = facts.account.tables.get("notes")
    if notes is None:
        return pl.DataFrame(schema=_SCHEMA)
    kind, text = pl.col("note_type"), pl.col("text").fill_null("")
    chosen = notes.filter(kind.is_in([MAIL_TYPE, *SMS_TYPES, *SERVICE_TYPES])).collect().lazy()
    looks = text.str.contains(_CONTACT) | text.str.contains(_ENQUIRY)
    enquiries = chosen.filter(~kind.is_in(SERVICE_TYPES) | looks)
    letters = enquiries.with_columns(params=pl.when(kind == MAIL_TYPE).then("params"))
    rows = add_told(without_deleted(facts, letters).collect(), "params", ("income",))
    income = pl.col("income").replace_strict(_INCOME, default=None, return_dtype=pl.String)
    short = kind.replace_strict(SMS_TYPES, default="in", return_dtype=pl.String)
    return rows.select(
        "entity",
        "record_id",
        direction=pl.when(kind == MAIL_TYPE).then(income).otherwise(short),
        channel=pl.when(kind == MAIL_TYPE)
        .then(pl.lit("mail"))
        .when(kind.is_in([*SMS_TYPES]))
        .then(pl.lit("sms"))
        .otherwise(pl.lit("form")),
        at="created_at",
        author="created_by",
        is_answered=pl.lit(None, pl.Boolean),
    )


def _chatted(facts: Facts) -> pl.DataFrame:
    messages = facts.account.frame("messages").filter(pl.col("direction").is_in(["in", "out"]))
    told = messages.lazy().select(
        "entity", "record_id", "direction", at="created_at", author="author_id"
    )
    if messages.is_empty() and "events" in facts.account.tables:
        way = pl.col("type").replace_strict(CHAT_TYPES, return_dtype=pl.String)
        sent = facts.account.tables["events"].filter(pl.col("type").is_in([*CHAT_TYPES]))
        told = sent.select(
            "entity", "record_id", direction=way, at="created_at", author="created_by"
        )
    live = without_deleted(facts, told)
    return live.with_columns(channel=pl.lit("chat"), is_answered=pl.lit(None, pl.Boolean)).collect()
