"""What the CRM said in an error, made fit to be shown, and the code it gave.

A stranger's text may hold terminal escapes, a whole web page, a customer's
number or our own token: it is cut, cleaned and masked.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec

from .body import BOM, kind_of
from .redaction import redact

_LONGEST = 300
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_EMAIL = re.compile(r"[^\s@<>\"',;:()]+@[^\s@<>\"',;:()]+")
_NUMBER = re.compile(r"\+?\d(?:[\s().\-]{0,3}\d){6,}")
_CODE_KEYS = ("code", "error_code", "errorCode", "error")
_TEXT_KEYS = ("detail", "error_description", "errorMsg", "message", "hint", "title")


def told(body: bytes) -> str:
    """Return what an error's body says, in at most 300 harmless characters."""
    if kind_of(body) == "json":
        facts = _facts(body)
        return clean(" ".join(_texts(facts))) if facts is not None else ""
    text = body[:20_000].decode("utf-8", errors="replace")
    return clean(_TAG.sub(" ", text) if kind_of(body) == "html" else text)


def clean(text: str) -> str:
    """Return `text` in one line, without controls, addresses, long numbers and secrets."""
    shown = "".join(" " if unicodedata.category(ch)[0] in "CZ" else ch for ch in text[:20_000])
    shown = _NUMBER.sub("***", _EMAIL.sub("***", redact(shown)))
    shown = " ".join(shown.split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def code_of(body: bytes) -> str:
    """Return the code of the error that the body tells, or an empty text."""
    facts = _facts(body) if kind_of(body) == "json" else None
    if not isinstance(facts, dict):
        return ""
    inner = facts.get("response")
    for place in (facts, inner if isinstance(inner, dict) else {}, _first_validation(facts)):
        for key in _CODE_KEYS:
            value = place.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return clean(str(value))[:64]
    return ""


def _facts(body: bytes) -> object:
    try:
        return msgspec.json.decode(body.removeprefix(BOM), type=object)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _texts(facts: object) -> list[str]:
    if not isinstance(facts, dict):
        return []
    inner = facts.get("response")
    places = (_first_validation(facts), facts, inner if isinstance(inner, dict) else {})
    for place in places:
        for key in _TEXT_KEYS:
            if isinstance(place.get(key), str) and place[key]:
                path = place.get("path")
                return [f"{path}:" if isinstance(path, str) else "", place[key]]
    error = facts.get("error")
    return [error] if isinstance(error, str) else []


def _first_validation(facts: dict[str, Any]) -> dict[str, Any]:
    items = facts.get("validation-errors")
    first = items[0] if isinstance(items, list) and items else {}
    errors = first.get("errors") if isinstance(first, dict) else None
    error = errors[0] if isinstance(errors, list) and errors else {}
    return error if isinstance(error, dict) else {}
