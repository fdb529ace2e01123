"""The words that every report shares: entities, severities, repairs, parts, notes.

A code or a name that has no words here is shown as it is: a report of a newer
engine, or of a check that is gone, is still readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from dedupe.contracts import Note
from dedupe.language import N_, NN_, count, date_time, tr, trn

ENTITIES = {
    "contact": N_("contacts"),
    "company": N_("companies"),
    "deal": N_("deals"),
    "task": N_("tasks"),
    "user": N_("users"),
    "role": N_("roles"),
    "tag": N_("tags"),
    "task_type": N_("task types"),
    "field": N_("fields"),
    "pipeline": N_("pipelines"),
    "status": N_("stages"),
    "loss_reason": N_("loss reasons"),
    "source": N_("sources"),
    "account": N_("the account"),
    "webhook": N_("webhooks"),
    "widget": N_("widgets"),
    "integration": N_("integrations"),
    "note": N_("notes"),
    "unsorted": N_("enquiries not taken yet"),
    "week": N_("weeks"),
    "day": N_("days"),
    "customer": N_("customers"),
}
SEVERITIES = {"error": N_("error"), "warning": N_("warning"), "info": N_("for information")}
REPAIRS = {
    "auto": N_("automatic"),
    "review": N_("after review"),
    "list": N_("work list"),
    "none": N_("not needed"),
}
CRMS = {"amocrm": "amoCRM", "retailcrm": "RetailCRM", "bitrix24": "Bitrix24", "tables": N_("files")}
# Columns without which a check can't be carried out.
COLUMNS = {
    "contacts.created_at": N_("when contacts were made"),
    "companies.created_at": N_("when companies were made"),
    "deals.created_at": N_("when deals were made"),
    "deals.closed_at": N_("when deals were closed"),
    "contacts.owner_id": N_("owners of contacts"),
    "companies.owner_id": N_("owners of companies"),
    "deals.owner_id": N_("owners of deals"),
    "tasks.owner_id": N_("owners of tasks"),
    "tasks.due_at": N_("due dates of tasks"),
    "deals.created_by": N_("who made the deals"),
    "deals.name": N_("names of deals"),
    "deals.price": N_("budgets of deals"),
    "deals.source_id": N_("sources of deals"),
    "users.email": N_("e-mails of users"),
    "users.role_id": N_("roles of users"),
}
PARTS = {
    "customers": N_("the CRM's customers (purchases)"),
    "contacts": N_("contacts"),
    "companies": N_("companies"),
    "deals": N_("deals"),
    "channels": N_("phones and e-mails"),
    "channels.contact.phone": N_("phones of contacts"),
    "channels.contact.email": N_("e-mails of contacts"),
    "channels.company.phone": N_("phones of companies"),
    "channels.company.email": N_("e-mails of companies"),
    "channels.company.site": N_("sites of companies"),
    "channels.contact.phone|email": N_("phones or e-mails of contacts"),
    "channels.company.phone|email": N_("phones or e-mails of companies"),
    "traits": N_("what cards say of their bearers"),
    "traits.contact.tax_id": N_("tax numbers of contacts"),
    "traits.company.tax_id": N_("tax numbers of companies"),
    "traits.contact.surname": N_("surnames of contacts"),
    "traits.contact.given|surname": N_("names of contacts"),
    "traits.contact.tax_id|birth_date": N_("tax numbers or birth dates of contacts"),
    "field_values": N_("values of custom fields"),
    "links": N_("links"),
    "links.contact.deal": N_("links of contacts with deals"),
    "links.company.deal": N_("links of companies with deals"),
    "links.deal.contact": N_("links of contacts with deals"),
    "links.deal.company": N_("links of companies with deals"),
    "links.contact.company": N_("links of contacts with companies"),
    "links.company.contact": N_("links of contacts with companies"),
    "record_tags": N_("tags on records"),
    "record_tags.contact": N_("tags of contacts"),
    "record_tags.company": N_("tags of companies"),
    "record_tags.deal": N_("tags of deals"),
    "tasks": N_("tasks"),
    "notes": N_("notes"),
    "events": N_("events"),
    "messages": N_("messages"),
    "status_history": N_("stage history"),
    "users": N_("users"),
    "user_rights": N_("rights of users"),
    "roles": N_("roles"),
    "pipelines": N_("pipelines"),
    "statuses": N_("stages"),
    "loss_reasons": N_("loss reasons"),
    "tags": N_("list of tags"),
    "task_types": N_("task types"),
    "fields": N_("list of fields"),
    "field_enums": N_("choices of fields"),
    "field_statuses": N_("required fields of stages"),
    "user_groups": N_("groups of users"),
    "unsorted": N_("enquiries not taken yet"),
    "sources": N_("sources"),
    "webhooks": N_("webhooks"),
    "widgets": N_("widgets"),
    "contacts.name": N_("names of contacts"),
    "companies.name": N_("names of companies"),
    "deals.state": N_("state of deals"),
    "deals.status_id": N_("stages of deals"),
    "deals.loss_reason_id": N_("loss reasons of deals"),
    "tasks.is_completed": N_("state of tasks"),
    "tasks.task_type_id": N_("types of tasks"),
    "users.is_admin": N_("administrators among users"),
    "users.is_active": N_("active users"),
}
NOTES = {
    "bad_date": NN_("{n} date could not be read", "{n} dates could not be read"),
    "bad_number": NN_("{n} number could not be read", "{n} numbers could not be read"),
    "joined_cells": NN_(
        "{n} cell seems to hold several values joined by a comma",
        "{n} cells seem to hold several values joined by a comma",
    ),
    "repeated_id": NN_(
        "{n} row repeats an id that was already read", "{n} rows repeat an id that was already read"
    ),
    "no_id": NN_("{n} row has no id", "{n} rows have no id"),
    "ambiguous_links": NN_(
        "{n} link by name fits several records and was not used",
        "{n} links by name fit several records and were not used",
    ),
    "unresolved_links": NN_(
        "{n} link names a record that is not there", "{n} links name records that are not there"
    ),
    "unreadable": NN_(
        "{n} record of the CRM could not be read", "{n} records of the CRM could not be read"
    ),
    "many_unreadable": NN_(
        "{n} record of the CRM could not be read, which is more than one in a thousand",
        "{n} records of the CRM could not be read, which is more than one in a thousand",
    ),
    "no_header": NN_(
        "{n} table without a known column was left out",
        "{n} tables without a known column were left out",
    ),
    "nothing_to_compare": NN_(
        "{n} column to compare holds no value", "{n} columns to compare hold no value"
    ),
    "unknown_labels": NN_(
        "{n} judged pair names a card that is not there",
        "{n} judged pairs name cards that are not there",
    ),
    "ambiguous_labels": NN_(
        "{n} judged pair fits a contact and a company and was not used: add the column entity",
        "{n} judged pairs fit contacts and companies and were not used: add the column entity",
    ),
    "contradicting_labels": NN_(
        "{n} judgement contradicts another about the same pair and was not used",
        "{n} judgements contradict others about the same pair and were not used",
    ),
    "repeated_header": NN_(
        "{n} repeated header row was left out", "{n} repeated header rows were left out"
    ),
}
FACTS = {  # remarks that nothing is counted of
    "partial_sight": N_(
        "the token sees only a part of the account: all counts are of that part, and a plan is "
        "made for it alone"
    ),
    "unknown_sight": N_("whether the token sees the whole account could not be learnt"),
}
REASONS = (N_("not in this version"), N_("no such rule in the config"))
# Why a value or a name is not valid: the classes that findings are counted by.
CLASSES = {
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
STAGES = {
    "read": N_("reading"),
    "snapshot": N_("snapshot"),
    "normalize": N_("phones, e-mails, names"),
    "match": N_("duplicates"),
    "audit": N_("checks"),
    "report": N_("reports"),
    "write": N_("writing"),
    "total": N_("total"),
}
SECTIONS = {
    "counts": N_("Size of the account"),
    "data": N_("Data of cards"),
    "duplicates": N_("Duplicates"),
    "work": N_("Deals and tasks"),
    "funnel": N_("Funnel and stages"),
    "fields": N_("Fields and tags"),
    "users": N_("Users and rights"),
    "integrations": N_("Integrations"),
    "sources": N_("Sources"),
    "talks": N_("Calls, letters and chats"),
    "lists": N_("Call lists"),
    "managers": N_("Managers"),
    "sales": N_("Sales"),
    "manual": N_("Checked by hand"),
    "other": N_("Other checks"),
}
_BATCH = re.compile(r"import_(\d+)")
_KEPT = "\u00a0\u200d"  # a no-break space, and what joins emoji
# The longest prefix that fits a code decides: TSK301 counts task types, which are settings.
_PREFIXES = {
    "ACC": "counts",
    "ADV": "sources",
    "CAL": "talks",
    "CHT": "talks",
    "CNT": "counts",
    "CUS": "data",
    "DEAL": "work",
    "DUP": "duplicates",
    "EML": "data",
    "ENR": "data",
    "EVT": "funnel",
    "FLD": "fields",
    "FUN": "sales",
    "FUN5": "talks",
    "INT": "integrations",
    "KPI": "sales",
    "LNK": "data",
    "LOS": "work",
    "LOS2": "funnel",
    "LOS3": "sales",
    "LST": "lists",
    "MAIL": "talks",
    "MAN": "manual",
    "MGR": "managers",
    "NAM": "data",
    "NOT": "talks",
    "OWN": "users",
    "PHN": "data",
    "PIP": "funnel",
    "REG": "work",
    "SRC": "sources",
    "STG": "funnel",
    "TAG": "fields",
    "TSK": "work",
    "TSK3": "fields",
    "UNS": "work",
    "USR": "users",
    "WHATIF": "sales",
}


def entity_name(entity: str) -> str:
    """Name the records of `entity` in the plural: "contacts"."""
    return tr(ENTITIES.get(entity, entity))


def severity_name(severity: str) -> str:
    """Name a severity."""
    return tr(SEVERITIES.get(severity, severity))


def repair_name(repair: str) -> str:
    """Say how the findings of a check are mended."""
    return tr(REPAIRS.get(repair, repair))


def crm_name(crm: str) -> str:
    """Name a CRM as its makers spell it."""
    return tr(CRMS.get(crm, crm))


def stage_name(stage: str) -> str:
    """Name a stage of the pipeline."""
    return tr(STAGES.get(stage, stage))


def part_name(part: str) -> str:
    """Name a part of an account ("links.contact.deal"); an unknown one stays as it is.

    Of tables joined by "|" one would do: "notes or events".
    """
    known = PARTS.get(part) or COLUMNS.get(part)
    if known:
        return tr(known)
    tables = part.split("|")
    if len(tables) > 1 and all(table in PARTS for table in tables):
        return tr(" or ").join(tr(PARTS[table]) for table in tables)
    return part


def place_name(where: str) -> str:
    """Name the place a remark is about: a part of the account, its column, or a file."""
    head, _, rest = where.partition(".")
    if where in PARTS or head not in PARTS:
        return plain(part_name(where))
    return plain(f"{part_name(head)}: {rest}")


def part_names(parts: Iterable[str]) -> str:
    """Name parts in one line, each once, in the order given."""
    return ", ".join(dict.fromkeys(part_name(part) for part in parts))


def missing_parts(reason: str) -> tuple[str, ...]:
    """Return the parts that a "not checked" reason names: of "no data: tasks, users", both."""
    head, _, tail = reason.rpartition(":")
    words = tuple(word for word in re.split(r"[,;\s]+", tail) if word)
    is_parts = bool(words) and all(_is_part(word) for word in words)
    return words if is_parts and head.strip() in ("", "no data", "not read") else ()


def _is_part(word: str) -> bool:
    return all(table in PARTS for table in word.split(".")[0].split("|"))


def reason_text(reason: str) -> str:
    """Say why a check was not carried out."""
    parts = missing_parts(reason)
    if parts:
        return tr("no data: {parts}", parts=part_names(parts))
    return tr(reason) if reason else tr("no data")


def class_name(code: str) -> str:
    """Name the class of a value ("too_short"); an unknown one in plain words."""
    batch = _BATCH.fullmatch(code)
    if batch:
        return tr("batch {n}", n=batch[1])
    return tr(CLASSES[code]) if code in CLASSES else code.replace("_", " ")


def note_text(note: Note) -> str:
    """Say what happened while the account was read; an unknown code is named and counted."""
    if note.code in NOTES:
        return trn(*NOTES[note.code], note.n)
    if note.code in FACTS:
        return tr(FACTS[note.code])
    code = tr(note.code)
    return f"{code}: {count(note.n)}" if note.n else code


def section_of(code: str) -> str:
    """Return the key of the section of `SECTIONS` that a check belongs to."""
    fits = [prefix for prefix in _PREFIXES if code.startswith(prefix)]
    return _PREFIXES[max(fits, key=len)] if fits else "other"


def moment(at: datetime) -> str:
    """Write a moment with its zone: a scan and its reader may be in different ones."""
    words = f"{date_time(at.astimezone(UTC))} UTC" if at.tzinfo else date_time(at)
    return words.replace(" ", "\u00a0")  # a line is not broken inside a moment


def plain(text: str) -> str:
    """Return `text` of the account or a path with control characters made visible."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() or ch in _KEPT else "\ufffd" for ch in text)
