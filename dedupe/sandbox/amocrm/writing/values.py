"""`custom_fields_values` as sent -> the values a card will hold.

A sent field replaces its whole list of values; null for the list, or values that are
all null, clears it; an empty text is passed over, as amoCRM was seen to do. Texts must
be texts and a list's option must exist: a rehearsal is stricter than the CRM rather than laxer.
What is stored has the shape that is read back: value, and for lists and channels enum_id
and enum_code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .problems import Problem, blank, missing, no_choice, too_many, wrong_type
from .shapes import Shape, is_whole, shape_problems

Record = dict[str, Any]
Lookup = Callable[[int | str], Mapping[str, Any] | None]
Read = Record | Problem | None  # what is stored, what is wrong, or nothing to store

ENTRY: Shape = {
    "field_id": "int?",
    "field_code": "string?",
    "field_name": "string?",  # of what was read: sent back by clients, and not looked at
    "field_type": "string?",
    "is_computed": "bool?",
    "values": "!array?",
}
ADDRESS_PARTS = ("address_line_1", "address_line_2", "city", "state", "zip", "country")
LEGAL_ENTITY = (
    frozenset(("name", "entity_type", "address", "real_address", "bank_account_number", "director"))
    | frozenset(("vat_id", "tax_registration_reason_code", "kpp", "bank_code", "external_uid"))
    | frozenset(("unp", "bin", "egrpou", "mfo", "oked"))
)  # taxpayer numbers of other countries
MANY = frozenset(
    ("multitext", "multiselect", "smart_address", "legal_entity", "items", "file")
) | frozenset(("chained_list", "linked_entity"))


@dataclass(slots=True)
class FieldChanges:
    """By field id the entry to store, None to clear it; and what is wrong."""

    entries: dict[int, Record | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_field_values(
    sent: Sequence[Any], lookup: Lookup, path: str = "custom_fields_values"
) -> FieldChanges:
    """Check and read the sent fields; `lookup` finds a field by its id or code."""
    changes = FieldChanges()
    for at, entry in enumerate(sent):
        _read_entry(entry, lookup, f"{path}.{at}", changes)
    return changes


def apply_field_values(
    now: Sequence[Record] | None, entries: Mapping[int, Record | None]
) -> list[Record] | None:
    """Return the card's fields after `entries`: others stay as and where they are; None if none."""
    kept = [entries.get(e["field_id"], e) for e in now or ()]
    there = {e["field_id"] for e in now or ()}
    new = [entry for field_id, entry in entries.items() if field_id not in there]
    return [entry for entry in (*kept, *new) if entry is not None] or None


def _read_entry(entry: object, lookup: Lookup, path: str, changes: FieldChanges) -> None:
    if not isinstance(entry, dict):
        changes.problems.append(wrong_type(path, "array"))
        return
    problems = list(shape_problems(entry, ENTRY, f"{path}."))
    found = None if problems else _find(entry, lookup, path)
    if isinstance(found, Problem):
        problems.append(found)
    changes.problems += problems
    if found is None or isinstance(found, Problem):
        return
    read, problems = _read_values(entry["values"], found, f"{path}.values")
    changes.problems += problems
    if read is not None:
        changes.entries[int(found["id"])] = _stored(found, read) if read else None


def _find(entry: Mapping[str, Any], lookup: Lookup, path: str) -> Mapping[str, Any] | Problem:
    for key in ("field_id", "field_code"):
        if entry.get(key) is not None:
            found = lookup(entry[key])
            # A computed field can be read like any other, and never be filled.
            is_fillable = found is not None and not found.get("is_computed")
            return found if found is not None and is_fillable else no_choice(f"{path}.{key}")
    return missing(f"{path}.field_id")


def _stored(definition: Mapping[str, Any], values: list[Record]) -> Record:
    return {
        "field_id": definition["id"],
        "field_name": definition["name"],
        "field_code": definition.get("code"),
        "field_type": definition["type"],
        "values": values,
    }


def _read_values(
    sent: list[Any] | None, definition: Mapping[str, Any], path: str
) -> tuple[list[Record] | None, list[Problem]]:
    """Return what to store ([] clears, None leaves the field alone) and what is wrong."""
    if sent is None:
        return [], []
    if not sent:
        return None, [blank(path)]
    if len(sent) > 1 and definition["type"] not in MANY:
        return None, [too_many(path, 1)]
    reader = READERS.get(definition["type"], _read_anything)
    read = [_read_one(v, definition, reader, f"{path}.{i}") for i, v in enumerate(sent)]
    problems = [r for r in read if isinstance(r, Problem)]
    stored = [r for r in read if isinstance(r, dict)]
    if problems:
        return None, problems
    if not stored and all(v.get("value") is None for v in sent):
        return [], []
    return stored or None, []


def _read_one(
    sent: object,
    definition: Mapping[str, Any],
    reader: Callable[[Record, Mapping[str, Any], str], Read],
    path: str,
) -> Read:
    if not isinstance(sent, dict):
        return wrong_type(path, "array")
    wrong = next(shape_problems(sent, _VALUE, f"{path}."), None)
    if wrong is not None:
        return wrong
    is_empty = sent.get("value") is None and not _names_option(sent)
    return (
        None
        if is_empty and definition["type"] != "chained_list"
        else reader(sent, definition, path)
    )


_VALUE: Shape = {
    "value": "any?",
    "enum_id": "int?",
    "enum_code": "string?",
    "enum": "string?",
    "catalog_id": "int?",
    "catalog_element_id": "int?",
}


def _names_option(sent: Mapping[str, Any]) -> bool:
    return any(sent.get(k) is not None for k in ("enum_id", "enum_code", "enum"))


def _read_text(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    value = sent["value"]
    if not isinstance(value, str):
        return wrong_type(f"{path}.value", "string")
    return {"value": value} if value else None


def _read_number(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    value = sent["value"]
    if value == "":
        return None
    if isinstance(value, str) and _is_number(value):
        return {"value": value}
    if is_whole(value) or isinstance(value, float):
        return {"value": str(value)}
    return wrong_type(f"{path}.value", "numeric")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _read_flag(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    value = sent["value"]
    return {"value": value} if isinstance(value, bool) else wrong_type(f"{path}.value", "bool")


def _read_moment(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    value = sent["value"]
    if is_whole(value):
        return {"value": value}
    if not isinstance(value, str):
        return wrong_type(f"{path}.value", "int")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:  # RFC 3339 has an offset, always
        return Problem(
            "InvalidDateTimeFormat", f"{path}.value", "This value is not a valid datetime."
        )
    return {"value": int(at.timestamp())}


def _read_option(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    found = _option(sent, definition, path, by_value=True)
    if isinstance(found, Problem):
        return found
    return {"value": found["value"], "enum_id": found["id"], "enum_code": found.get("code")}


def _read_channel(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    value = sent.get("value")
    if not isinstance(value, str):
        return wrong_type(f"{path}.value", "string")
    options = definition.get("enums") or ()
    if not _names_option(sent) and options:
        found: Mapping[str, Any] | Problem = min(options, key=lambda o: (o.get("sort", 0), o["id"]))
    else:
        found = _option(sent, definition, path, by_value=False)
    if isinstance(found, Problem):
        return found
    label = {"enum_id": found["id"], "enum_code": found.get("code") or found["value"]}
    return {"value": value, **label} if value else None


def _option(
    sent: Record, definition: Mapping[str, Any], path: str, *, by_value: bool
) -> Mapping[str, Any] | Problem:
    """Return the option that is named by id, by code or (of a list) by its text."""
    options = definition.get("enums") or ()
    if sent.get("enum_id") is not None:
        found = [o for o in options if o["id"] == sent["enum_id"]]
        return found[0] if found else no_choice(f"{path}.enum_id")
    for key in ("enum_code", "enum"):
        if sent.get(key) is not None:
            # The options of PHONE and EMAIL have their code as the text.
            names = [(o.get("code"), o) for o in options]
            names += [(o["value"], o) for o in options if not by_value]
            return next((o for name, o in names if name == sent[key]), no_choice(f"{path}.{key}"))
    if not isinstance(sent.get("value"), str):
        return wrong_type(f"{path}.value", "string")
    found = [o for o in options if o["value"] == sent["value"]]
    return found[0] if found else no_choice(f"{path}.value")


def _read_address(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    if not isinstance(sent.get("value"), str):
        return wrong_type(f"{path}.value", "string")
    number, code = sent.get("enum_id"), sent.get("enum_code") or sent.get("enum")
    if number is None and code is None:
        return missing(f"{path}.enum_id")
    if number is None and code not in ADDRESS_PARTS:
        return no_choice(f"{path}.enum_code")
    if number is not None and not 1 <= number <= len(ADDRESS_PARTS):
        return no_choice(f"{path}.enum_id")
    number = number or ADDRESS_PARTS.index(str(code)) + 1
    part = {"enum_id": number, "enum_code": ADDRESS_PARTS[number - 1]}
    return {"value": sent["value"], **part} if sent["value"] else None


def _read_legal_entity(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    value = sent["value"]
    if not isinstance(value, dict):
        return wrong_type(f"{path}.value", "array")
    if not isinstance(value.get("name"), str) or not value["name"]:
        return missing(f"{path}.value.name") if "name" not in value else blank(f"{path}.value.name")
    unknown = [key for key in value if key not in LEGAL_ENTITY]
    if unknown:
        return Problem(
            "FieldNotExpected", f"{path}.value.{unknown[0]}", "This field was not expected."
        )
    if value.get("entity_type") not in (None, 1, 2):
        return no_choice(f"{path}.value.entity_type")
    return {"value": value}


def _read_file(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    value = sent["value"]
    if not isinstance(value, dict):
        return wrong_type(f"{path}.value", "array")
    return {"value": value} if value.get("file_uuid") else missing(f"{path}.value.file_uuid")


def _read_chain(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    for key in ("catalog_id", "catalog_element_id"):
        if sent.get(key) is None:
            return missing(f"{path}.{key}")
    return {"catalog_id": sent["catalog_id"], "catalog_element_id": sent["catalog_element_id"]}


def _read_anything(sent: Record, definition: Mapping[str, Any], path: str) -> Read:
    return {"value": sent.get("value")}


READERS: Mapping[str, Callable[[Record, Mapping[str, Any], str], Read]] = {
    **dict.fromkeys(("text", "textarea", "url", "streetaddress", "tracking_data"), _read_text),
    "org_legal_name": _read_text,
    **dict.fromkeys(("numeric", "price", "monetary"), _read_number),
    "checkbox": _read_flag,
    **dict.fromkeys(("date", "date_time", "birthday"), _read_moment),
    **dict.fromkeys(("select", "multiselect", "radiobutton", "category"), _read_option),
    "multitext": _read_channel,
    "smart_address": _read_address,
    "legal_entity": _read_legal_entity,
    "file": _read_file,
    "chained_list": _read_chain,
}
