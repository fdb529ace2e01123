"""Rows of talk: calls, letters, forms, texts and chats, and the tables made of them.

A row tells what happened (`kind`), on what record, when, and who did it; the JSON that amoCRM
gives of it is written at the end, for all rows of a kind at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dedupe.contracts import NOTES
from dedupe.sandbox.demo.deals import moments
from dedupe.sandbox.demo.numbers import Ints

from .base import Base, Rng, doers

FORMS, BOT, PHONES, OLD_PHONES, OLD_FORMS = (
    "demo_forms", "demo_bot", "demo_telephony", "demo_pbx", "demo_quiz"
)  # fmt: skip
ROBOT = "0"
_FIRST_NOTE = 80_000_001
_SCHEMA = {
    "entity": pl.String, "record_id": pl.String, "client": pl.Int64, "kind": pl.String,
    "at": pl.Int64, "author": pl.String, "call": pl.Int64, "seconds": pl.Int64,
    "text": pl.String, "service": pl.String,
}  # fmt: skip
CHATS = ("incoming_chat_message", "outgoing_chat_message")


def on_deals(base: Base, deals: Ints, kind: str, at: Ints, **told: object) -> pl.DataFrame:
    """Return rows on deals, by their owners unless `author` says otherwise."""
    ids, owners = base.deals["id"].gather(deals), base.deals["owner_id"].gather(deals)
    main = base.main[deals]
    client = np.where(main >= 0, main, -1 - deals)
    return _rows("deal", ids, client, owners, kind, at, told)


def on_contacts(base: Base, contacts: Ints, kind: str, at: Ints, **told: object) -> pl.DataFrame:
    """Return rows on contacts, by their owners unless `author` says otherwise."""
    ids = base.contacts["id"].gather(contacts)
    return _rows("contact", ids, contacts, base.contacts["owner_id"].gather(contacts), kind, at,
                 told)  # fmt: skip


def _rows(
    entity: str, ids: pl.Series, client: Ints, owners: pl.Series, kind: str, at: Ints,
    told: dict[str, object],
) -> pl.DataFrame:  # fmt: skip
    frame = pl.DataFrame(
        {"record_id": ids, "client": client, "author": owners, "at": at.astype(np.int64)}
    ).with_columns(entity=pl.lit(entity), kind=pl.lit(kind))
    for name, value in told.items():
        column = value if isinstance(value, pl.Series) else pl.lit(value)
        frame = frame.with_columns(column.alias(name))
    missing = [pl.lit(None).alias(name) for name in _SCHEMA if name not in frame.columns]
    return frame.with_columns(missing).select(list(_SCHEMA)).cast(_SCHEMA)  # type: ignore[arg-type]  # a dict of types


def joined(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return all the rows by time; what users did after their last day their heirs did."""
    rows = pl.concat([pl.DataFrame(schema=_SCHEMA), *parts])
    rows = rows.with_columns(author=doers(rows["author"], rows["at"].to_numpy()))
    return rows.sort("at", "kind", "record_id", "entity", maintain_order=True)


def note_table(rows: pl.DataFrame, lost_links: int, rng: Rng) -> tuple[pl.DataFrame, int]:
    """Build the notes; of the answered calls `lost_links` have no recording: return how many."""
    notes = _measured(rows.filter(~pl.col("kind").is_in(CHATS)))
    is_call = notes["kind"].is_in(["call_in", "call_out"])
    answered = np.flatnonzero((is_call & (notes["seconds"] > 0).fill_null(value=False)).to_numpy())
    silent = rng.permutation(answered)[:lost_links]
    has_link = np.ones(notes.height, dtype=bool)
    has_link[silent] = False
    ids = pl.Series(_FIRST_NOTE + np.cumsum(rng.integers(1, 9, notes.height))).cast(pl.String)
    told = notes.with_columns(
        id=ids,
        has_link=pl.Series(has_link) & (pl.col("seconds") > 0),
        note_type=pl.col("kind").replace("letter_in", "amomail_message").replace(
            "letter_out", "amomail_message"
        ),
        created_by="author",
        created_at=moments(notes["at"].to_numpy()),
    ).with_columns(updated_at="created_at", params=_params())  # fmt: skip
    return NOTES.conform(told), len(silent)


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Give every call a length that no other call of its client has."""
    placed = rows.with_columns(place=pl.int_range(pl.len()).over("client"))
    # A call noted on two cards is one call, and has one length.
    same = pl.col("place").min().over("client", "call")
    length = 30 + (pl.col("client").abs() * 37) % 500
    length += pl.when(pl.col("call").is_null()).then("place").otherwise(same)
    is_call = pl.col("kind").is_in(["call_in", "call_out"])
    return placed.with_columns(
        seconds=pl.when(is_call).then(pl.coalesce("seconds", length)),
        service=pl.when(is_call).then(pl.coalesce("service", pl.lit(PHONES))).otherwise("service"),
    )


def _params() -> pl.Expr:
    """Write the JSON that amoCRM gives of each kind of note."""
    kind = pl.col("kind")
    link = pl.format(',"link":"https://{}.example/{}.mp3"', "service", "id")
    call = pl.format(
        '"duration":{},"source":"{}"{},"call_responsible":"{}","call_status":{}',
        "seconds", "service", pl.when("has_link").then(link).otherwise(pl.lit("")), "author",
        pl.when(pl.col("seconds") > 0).then(4).otherwise(6),
    )  # fmt: skip
    return (
        pl.when(kind.is_in(["call_in", "call_out"])).then(_braced(call))
        .when(kind == "letter_in").then(pl.lit('{"income":true,"subject":"Вопрос по заказу"}'))
        .when(kind == "letter_out").then(pl.lit('{"income":false,"subject":"Ответ"}'))
        .when(kind == "service_message")
        .then(_braced(pl.format('"service":"{}","text":"{}"', "service", "text")))
        .otherwise(_braced(pl.format('"text":"{}"', "text")))
    )  # fmt: skip


def _braced(text: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("{"), text, pl.lit("}"))
