"""A settings document as plain values, schema `crmclean.settings/1`: what JSON and TOML hold.

Sections are keyed by their stable names, settings by their ids; a value that the source did not
say is left out, as TOML has no null. A section that was not read is not there: `not_read` says
why. Reading gives back the same values.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dedupe.errors import InputError
from dedupe.language import N_

from .layout import LAYOUTS
from .values import Attribute, Book, Entry, Kind, Layout, Ref, Section, Value

SCHEMA = "crmclean.settings/1"
_MAX_BYTES = 64 << 20
_MAKE_AGAIN = N_("name a snapshot, or a document that crmclean describe wrote")
_TYPES: dict[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str,
    Kind.WORD: str,
    Kind.COUNT: int,
    Kind.SHARE: (int, float),
    Kind.MONEY: (int, float),
    Kind.FLAG: bool,
    Kind.REF: str,
    Kind.MOMENT: (str, datetime),
    Kind.LIST: list,
}


def book_document(book: Book) -> dict[str, Any]:
    """Return `book` as plain values in a stable order, without nulls."""
    head = {
        "schema": SCHEMA,
        "crm": book.crm,
        "account_id": book.account_id,
        "host": book.host,
        "read_to": _plain(book.read_to),
    }
    document: dict[str, Any] = {key: value for key, value in head.items() if value is not None}
    document["not_read"] = {one.name: dict(one.missing) for one in book.sections if one.missing}
    for section in book.sections:
        if section.is_read:
            document[section.name] = _section_document(section)
    return document


def read_document(path: Path) -> Book:
    """Read a TOML or JSON document that describe wrote. Raises InputError."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8-sig")
        found = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    except (ValueError, RecursionError) as error:
        raise _strange(path) from error
    if not isinstance(found, dict) or not str(found.get("schema", "")).startswith(
        "crmclean.settings/"
    ):
        raise _strange(path)
    if found["schema"] != SCHEMA:
        raise InputError(
            N_("the document is of another version of crmclean"),
            where=str(path),
            fix=N_("update crmclean"),
        )
    try:
        return _book(found)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _strange(path) from error


def _strange(path: Path) -> InputError:
    return InputError(
        N_("no settings document, or a damaged one"), where=str(path), fix=_MAKE_AGAIN
    )


def _section_document(section: Section) -> dict[str, Any]:
    rows = {entry.id: _entry_document(section.layout, entry) for entry in section.entries}
    return rows["account"] if section.layout.is_facts else rows


def _entry_document(layout: Layout, entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for attribute, value in zip(layout.attributes, entry.values, strict=True):
        if isinstance(value, Ref):
            told |= {f"{attribute.name}_id": value.id}
            told |= {} if value.name is None else {attribute.name: value.name}
        elif value is not None:
            told[attribute.name] = _plain(value)
    return told


def _plain(value: Value) -> str | bool | int | float | list[str] | None:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value if not isinstance(value, Ref) else value.id


def _book(found: Mapping[str, Any]) -> Book:
    not_read = {
        str(name): {str(part): str(why) for part, why in parts.items()}
        for name, parts in found.get("not_read", {}).items()
    }
    return Book(
        crm=_text(found["crm"]),
        account_id=_text(found["account_id"]),
        host=_text(found["host"]),
        read_to=_moment(found["read_to"]) if "read_to" in found else None,
        sections=tuple(
            _section(layout, found.get(layout.name), not_read.get(layout.name, {}))
            for layout in LAYOUTS.values()
        ),
    )


def _section(layout: Layout, found: Any, missing: Mapping[str, str]) -> Section:  # noqa: ANN401
    if found is None:
        return Section(layout=layout, missing=missing or {layout.name: "no_table"}, is_read=False)
    rows = {"account": found} if layout.is_facts else found
    entries = tuple(
        Entry(str(id_), tuple(_value(one, row) for one in layout.attributes))
        for id_, row in rows.items()
    )
    return Section(layout=layout, entries=entries, missing=missing)


def _value(attribute: Attribute, row: Mapping[str, Any]) -> Value:
    name, kind = attribute.name, attribute.kind
    found: Any = row.get(f"{name}_id" if kind is Kind.REF else name)
    if found is None:
        return None
    if not isinstance(found, _TYPES[kind]) or isinstance(found, bool) != (kind is Kind.FLAG):
        raise TypeError(name)
    if kind is Kind.REF:
        shown = row.get(name)
        return Ref(_text(found), None if shown is None else _text(shown))
    return _READERS[kind](found)


def _text(found: Any) -> str:  # noqa: ANN401  JSON's edge
    if not isinstance(found, str):
        raise TypeError("text")
    return found


def _moment(found: Any) -> datetime:  # noqa: ANN401  JSON's edge
    moment = found if isinstance(found, datetime) else datetime.fromisoformat(found)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(UTC)


_READERS: dict[Kind, Callable[[Any], Value]] = {
    Kind.TEXT: _text,
    Kind.WORD: _text,
    Kind.COUNT: int,
    Kind.SHARE: float,
    Kind.MONEY: float,
    Kind.FLAG: bool,
    Kind.MOMENT: _moment,
    Kind.LIST: lambda found: tuple(_text(each) for each in found),
}
