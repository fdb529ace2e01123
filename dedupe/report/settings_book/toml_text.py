"""A settings document as TOML: ids as keys, the order of the document, one line a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .document import book_document
from .values import Book

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def render_toml(book: Book) -> str:
    """Return `book` as a TOML text that `tomllib` reads back to the same document."""
    return "\n".join(_table(book_document(book), ())) + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            where = (*path, key)
            yield f"\n[{'.'.join(_key(word) for word in where)}]"
            yield from _table(value, where)


def _key(word: str) -> str:
    return word if _BARE.fullmatch(word) else _text(word)


def _value(value: Any) -> str:  # noqa: ANN401  a document's own plain values
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    # JSON's escapes are TOML's too; JSON leaves DEL as it is, which TOML forbids.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
