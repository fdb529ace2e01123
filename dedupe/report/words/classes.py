"""The words for classes of values: why one is not valid, or what a record lacks."""

from __future__ import annotations

import re

from dedupe.language import N_, tr

# Why a value or a name is not valid: the classes that findings are counted by.
CLASSES = {
    "no_survivor": N_("the only card left"),
    "more_values": N_("holds what no other card holds"),
    "has_deals": N_("has deals"),
    "has_tasks": N_("has open tasks"),
    "has_contacts": N_("has contacts"),
    "empty": N_("empty"),
    "placeholder": N_("placeholder"),
    "mask": N_("an empty mask of a form"),
    "masked": N_("hidden by asterisks"),
    "shared": N_("shared by many"),
    "own": N_("the account's own"),
    "local_no_area": N_("local, without an area code"),
    "text": N_("text"),
    "too_short": N_("too short"),
    "too_long": N_("too long"),
    "truncated": N_("cut short"),
    "bad_prefix": N_("no such code"),
    "tax_number": N_("a tax number"),
    "bank_card": N_("a bank card"),
    "syntax": N_("written wrongly"),
    "no_at": N_("without the @ sign"),
    "no_tld": N_("without a domain zone"),
    "messenger": N_("a messenger's name"),
    "phone": N_("a phone"),
    "email": N_("an e-mail"),
    "telephony": N_("made by telephony"),
    "chat": N_("made by a chat"),
    "form": N_("made by a form"),
    "test": N_("a test"),
    "auto": N_("made by a template"),
    "marker": N_("a remark instead of a name"),
    "role": N_("a role instead of a name"),
    "handle": N_("a nickname or a link"),
    "digits": N_("digits"),
    "symbols": N_("signs without letters"),
    "hash": N_("a code of a program"),
    "unused": N_("never used"),
    "rare": N_("hardly used"),
    "missing": N_("not named"),
    "unknown": N_("not among the users"),
    "inactive": N_("switched off"),
    "disabled": N_("switched off by the CRM"),
    "no_deal": N_("no deal"),
    "no_task": N_("no task"),
    "near_duplicate": N_("nearly the same name"),
    "other": N_("said to be other"),
    "old": N_("for too long"),
    "repeated": N_("repeated"),
    "called_but_new": N_("called, but still new"),
    "moved_without_call": N_("moved on without a call"),
    "numbered": N_("a number instead of a name"),
    "widget": N_("a widget"),
    "webhook": N_("a webhook"),
    "field": N_("a field"),
    "no_email": N_("no e-mail"),
    "jump": N_("a jump"),
}
_BATCH = re.compile(r"import_(\d+)")


def class_name(code: str) -> str:
    """Name the class of a value ("too_short"); an unknown one in plain words."""
    batch = _BATCH.fullmatch(code)
    if batch:
        return tr("batch {n}", n=batch[1])
    return tr(CLASSES[code]) if code in CLASSES else code.replace("_", " ")
