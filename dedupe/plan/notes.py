"""The notes that a merge leaves on its cards: what the survivor stands for, where a loser went.

What loses against another value is written out in the survivor's note before anything is copied:
so nothing goes without a trace in the CRM itself, whoever deletes the duplicate later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedupe.language import N_, tr

from .canonical import plain_text
from .cards import Card, Fields
from .field_text import shown_text
from .ops import Ref
from .survivorship import Lost

_MAX = 8_000  # characters of one note; amoCRM cuts long ones
_LABELS = {
    "name": N_("name"),
    "first_name": N_("first name"),
    "last_name": N_("last name"),
    "owner_id": N_("responsible"),
    "company": N_("company"),
}
_ENTITIES = {
    "contact": N_("contact {id}"),
    "company": N_("company {id}"),
    "deal": N_("deal {id}"),
    "task": N_("task {id}"),
}


def record_name(ref: Ref) -> str:
    """Return a record as a note names it, in the language in use: "contact 101"."""
    return tr(_ENTITIES[ref.entity], id=ref.id)


def keep_notes(
    losers: Sequence[Card], lost: Sequence[Lost], fields: Fields, users: Mapping[str, str]
) -> list[str]:
    """Return the notes for the survivor: who was merged into it, and what each had otherwise."""
    lines = [tr(N_("crmclean: duplicates are merged into this card."))]
    for card in losers:
        name = f" «{card.name.strip()}»" if card.name and card.name.strip() else ""
        lines.append(f"{record_name(card.ref)}{name}")
        if card.deals:
            deals = ", ".join(card.deals)
            lines.append("  " + tr(N_("deals: {deals}"), deals=deals))
    if lost:
        lines.append(tr(N_("Values that differ and were not taken over:")))
    for each in lost:
        label = _label(each.field, losers[0].ref.entity, fields)
        value = users.get(each.value, each.value) if each.field == "owner_id" else each.value
        ref = Ref(losers[0].ref.entity, each.from_id)
        lines.append(f"  {label}: {shown_text(value)} ({record_name(ref)})")
    return chunked(lines)


def mark_note(survivor: Ref) -> str:
    """Return the note for a loser."""
    return tr(
        N_(
            "crmclean: merged into {survivor}. Everything is there: this card may be deleted "
            "once you have looked."
        ),
        survivor=record_name(survivor),
    )


def chunked(lines: Sequence[str]) -> list[str]:
    """Join lines into as few texts as their length allows."""
    texts: list[str] = []
    for line in (plain_text(line) for line in lines):
        for piece in (line[at : at + _MAX] for at in range(0, max(len(line), 1), _MAX)):
            if texts and len(texts[-1]) + 1 + len(piece) <= _MAX:
                texts[-1] += "\n" + piece
            else:
                texts.append(piece)
    return texts


def _label(name: str, entity: str, fields: Fields) -> str:
    return tr(_LABELS[name]) if name in _LABELS else fields.get(entity, name).name
