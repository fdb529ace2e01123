"""What the form of one value says, turned into a decision; nothing is guessed."""

from __future__ import annotations

import re

from dedupe.decisions import SEPARATOR, Decision
from dedupe.language import N_

from .forms import Form, FormError, first
from .values_deck import Value, ValuesDeck

VERDICTS = ("accept", "reject", "skip")
_TEXT_MAX, _PART_MAX, _MOST = 2_000, 250, 20
_DIGITS = 5  # of the shortest number that anybody can be called by
_BETWEEN = re.compile(r"[;\r\n]+")


def value_decision(deck: ValuesDeck, v: int, form: Form) -> Decision:
    """Return the decision that the form makes on value `v`. Raises FormError."""
    told = deck.decision(v)
    if first(form, "last") != (told.id if told else ""):
        raise FormError(N_("this was decided meanwhile; it is shown anew"), status=409)
    verdict, note = first(form, "verdict"), first(form, "note")[:500]
    if verdict not in VERDICTS:
        raise FormError(N_("choose what is to become of this value"))
    if verdict != "accept":
        return deck.made(v, verdict, note=note)
    value = deck.value(v)
    return edited(deck, value, typed_parts(first(form, "text"), value.field), _marked(form), note)


def edited(
    deck: ValuesDeck, value: Value, typed: list[str], marked: set[int], note: str, **told: object
) -> Decision:
    """Return the decision to write the typed parts, or else those that are marked."""
    parts = value.parts
    if typed:
        # Typed parts that are the proposal's own are told by their place: no value in clear.
        known = [_sign(part, value.field) for part in parts]
        signs = [_sign(part, value.field) for part in typed]
        places = [known.index(each) for each in signs if each in known]
        if len(places) < len(typed) or places != sorted(places):
            return deck.made(value.v, "edit", edited=SEPARATOR.join(typed), note=note, **told)
        marked = set(places)
    chosen = tuple(at for at in range(len(parts)) if at in marked)
    if len(chosen) == len(parts):
        return deck.made(value.v, "accept", note=note, **told)
    if not chosen:
        raise FormError(N_("mark a part, or leave the value as it is"))
    return deck.made(value.v, "edit", chosen=chosen, note=note, **told)


def typed_parts(text: str, kind: str) -> list[str]:
    """Return the parts that somebody typed, a line each, in the order. Raises FormError."""
    if len(text) > _TEXT_MAX:
        raise FormError(N_("the text is too long"))
    lines = (" ".join(line.split()) for line in _BETWEEN.split(text))
    parts = list(dict.fromkeys(line for line in lines if line))
    if len(parts) > _MOST or any(len(part) > _PART_MAX for part in parts):
        raise FormError(N_("the text is too long"))
    if not all(part.isprintable() and _is_read(part, kind) for part in parts):
        raise FormError(
            N_("a line is no phone number") if kind == "phone" else N_("a line is no address")
        )
    return parts


def _sign(part: str, kind: str) -> str:
    """Return what makes two spellings one: spreadsheets take the plus from a number."""
    digits = "".join(sign for sign in part if sign.isdecimal())
    return digits if kind == "phone" and len(digits) >= _DIGITS else part.casefold()


def _is_read(part: str, kind: str) -> bool:
    """Tell whether the part can be what it is to be: a slip of the hand is worth a word."""
    if kind == "phone":
        return sum(sign.isdecimal() for sign in part) >= _DIGITS
    before, _, after = part.partition("@")
    return bool(before) and "." in after.strip(".") and "@" not in after and " " not in part


def _marked(form: Form) -> set[int]:
    return {int(each) for each in form.get("part", ()) if each.isascii() and each.isdecimal()}
