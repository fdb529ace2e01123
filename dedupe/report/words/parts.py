"""The words for parts of an account, and for why a check was not carried out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dedupe.language import N_, tr

from .texts import plain

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
REASONS = (N_("not in this version"), N_("no such rule in the config"))


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


def reason_text(reason: str) -> str:
    """Say why a check was not carried out."""
    parts = missing_parts(reason)
    if parts:
        return tr("no data: {parts}", parts=part_names(parts))
    return tr(reason) if reason else tr("no data")


def _is_part(word: str) -> bool:
    return all(table in PARTS for table in word.split(".")[0].split("|"))
