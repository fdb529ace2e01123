"""What speaks for a part of a value, in words: how it was read and who else has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dedupe.decisions import SEPARATOR
from dedupe.language import N_, count, tr, trn

from .values_deck import Value, ValuesDeck

_VALID = {"phone": N_("a valid number"), "email": N_("a valid address")}
_READ = {
    "local_no_area": N_("local, without an area code"),
    "placeholder": N_("placeholder"),
    "shared": N_("shared by many"),
    "own": N_("the account's own"),
    "text": N_("text"),
    "too_short": N_("too short"),
    "too_long": N_("too long"),
    "truncated": N_("cut short"),
    "bad_prefix": N_("no such code"),
    "syntax": N_("written wrongly"),
    "no_at": N_("without the @ sign"),
    "no_tld": N_("without a domain zone"),
}
_RULES = {
    "whole": N_("it stands alone"),
    "separator": N_("a sign stands between"),
    "space": N_("only a space stands between"),
    "glued": N_("written together with another one: cut by its length"),
    "tail": N_("a short ending: the beginning is taken from the number before"),
    "range": N_("an end of a range: the beginning is taken from the number before"),
    "town": N_("without a code: the code is taken from the number before"),
    "no_plus": N_("a number of another country, without its +"),
    "text": N_("found inside a text"),
}
_ADDRESS = re.compile(r"\S+@\S+")
_WORD = re.compile(r"[^\W\d_][^\W\d_.\-]*\.?")
_MOST_WORDS, _WORD_MAX = 12, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a proposal: its key on the keyboard, whether it is in, what speaks for it."""

    number: int
    text: str
    is_in: bool
    why: str


def parts_of(deck: ValuesDeck, value: Value) -> list[Part]:
    """Return the parts of the proposal, marked as they were decided on if they were."""
    rows = deck.evidence(value.v).to_dicts()
    decided = deck.decided(value.v)
    return [
        Part(
            number=at + 1,
            text=text,
            is_in=not decided or text in decided,
            why=_why(value, _row_of(rows, text)),
        )
        for at, text in enumerate(value.parts)
    ]


def own_text(deck: ValuesDeck, value: Value) -> str:
    """Return the text of the reviewer's own that a value was decided with; "" for none."""
    told = deck.decision(value.v)
    return "\n".join(told.edited.split(SEPARATOR)) if told is not None and told.edited else ""


def unread(deck: ValuesDeck, value: Value) -> list[str]:
    """Return what else was found in the text that no part of the proposal holds, in words."""
    rows = deck.evidence(value.v).to_dicts()
    held = [_row_of(rows, text) for text in value.parts]
    left = [row for row in rows if row not in held]
    return [words for row in left if (words := _status(value, row))]


def lost_words(value: Value) -> list[str]:
    """Return the words of the text that no part of the proposal holds: they would go."""
    held = value.proposal.casefold()
    found = dict.fromkeys(_WORD.findall(_ADDRESS.sub(" ", value.raw)))
    return [word[:_WORD_MAX] for word in found if word.casefold() not in held][:_MOST_WORDS]


def _row_of(rows: Iterable[Mapping[str, Any]], text: str) -> Mapping[str, Any] | None:
    """Return the reading that a part was made of: it begins with the number or address."""
    folded = text.casefold()
    own = (row for row in rows if row["value"] and folded.startswith(row["value"].casefold()))
    return next(own, None)


def _why(value: Value, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    words = [_status(value, row)]
    if row["rule"] in _RULES:
        words.append(tr(_RULES[row["rule"]]))
    n = row["n_others"]
    if n:
        words.append(trn("{n} other card has it too", "{n} other cards have it too", n))
    return "; ".join(word for word in words if word)


def _status(value: Value, row: Mapping[str, Any]) -> str:
    if row["status"] == "valid":
        return tr(_VALID[value.field])
    reason = row["reason"] or row["status"] or ""
    return tr(_READ[reason]) if reason in _READ else ""


def sure(value: Value) -> str:
    """Return how sure the reading is, in percent; "" where the scan does not say."""
    if value.confidence is None:
        return ""
    return tr("sure to {share} %", share=count(round(100 * value.confidence)))
