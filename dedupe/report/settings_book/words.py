"""The words of a settings document, and its values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dedupe.language import N_, count, decimal, share, tr
from dedupe.report.words import CRMS, ENTITIES, PARTS, moment, plain

from .values import Attribute, Kind, Ref, Section, Value

WORDS = {
    "open": N_("open"),
    "won": N_("won"),
    "lost": N_("lost"),
    "unsorted": N_("not taken yet"),
    "all": N_("own and others'"),
    "group": N_("own and the group's"),
    "own": N_("own only"),
    "denied": N_("no"),
    "sip": N_("telephony"),
    "mail": N_("mail"),
    "chats": N_("chats"),
    "forms": N_("forms"),
    "text": N_("text"),
    "textarea": N_("long text"),
    "numeric": N_("a number"),
    "checkbox": N_("a flag"),
    "select": N_("one of a list"),
    "radiobutton": N_("one of a list (buttons)"),
    "multiselect": N_("several of a list"),
    "date": N_("date"),
    "date_time": N_("date and time"),
    "birthday": N_("birthday"),
    "url": N_("a link"),
    "multitext": N_("several phones or e-mails"),
    "streetaddress": N_("short address"),
    "smart_address": N_("address"),
    "legal_entity": N_("legal entity"),
    "monetary": N_("money"),
    "tracking_data": N_("tracking data"),
    "file": N_("file"),
    "price": N_("price"),
    "category": N_("category"),
    "items": N_("goods"),
    "linked_entity": N_("link to a record"),
    "chained_list": N_("lists that depend on each other"),
}
REASONS = {
    "no_rights": N_("the user of the token has no right to it"),
    "not_available": N_("the account does not have it"),
    "not_asked": N_("it was not asked for"),
    "not_generated": N_("the demo does not make it"),
    "not_told": N_("the CRM does not tell it"),
    "no_table": N_("it is not in the snapshot"),
    "no_column": N_("the source has no such column"),
}
_OWN_PARTS = {
    "user_rights.mail": N_("access to mail"),
    "deals.source_id": N_("sources of deals"),
}
NOTHING = "–"


def word(text: str) -> str:
    """Return a stable word as the reader says it; an unknown one as it is."""
    for words in (WORDS, ENTITIES, CRMS):
        if text in words:
            return tr(words[text])
    return plain(text)


def reason(code: str) -> str:
    """Say why a part was not read; an unknown reason is shown as it stands."""
    return tr(REASONS[code]) if code in REASONS else plain(code)


def part(name: str) -> str:
    """Name a part of the account."""
    words: Mapping[str, str] = PARTS | _OWN_PARTS
    return tr(words[name]) if name in words else name


def unread_lines(section: Section) -> list[str]:
    """Return what of a section was not read, and why: a line for each part."""
    if not section.is_read:
        why = next(iter(section.missing.values()), "no_table")
        return [tr(N_("not read: {reason}"), reason=reason(why))]
    return [
        tr(N_("{part}: not read ({reason})"), part=part(name), reason=reason(why))
        for name, why in section.missing.items()
    ]


def shown(value: Value, attribute: Attribute) -> str:
    """Return a value as a text for people; of a value that was not told, a dash."""
    if value is None:
        return NOTHING
    if isinstance(value, Ref):
        return plain(value.name) if value.name else value.id
    if isinstance(value, tuple):
        return "; ".join(plain(each) for each in value)
    if isinstance(value, bool):
        return tr(N_("yes")) if value else tr(N_("no"))
    if isinstance(value, datetime):
        return moment(value)
    return _number(value, attribute.kind) if not isinstance(value, str) else (
        word(value) if attribute.kind is Kind.WORD else plain(value)
    )  # fmt: skip


def _number(value: float, kind: Kind) -> str:
    if kind is Kind.SHARE:
        return share(value)
    return decimal(value, 2).removesuffix(".00").removesuffix(",00") if kind is Kind.MONEY else (
        count(int(value))
    )  # fmt: skip
