"""JSON in one spelling: equal values are equal bytes, and only such bytes are read.

Keys are sorted, texts are kept as they are, nothing stands between tokens, and there are no
floating-point numbers: money, ids and shares are text. The reader is as strict: a repeated key, a
half of a surrogate pair, a number that is no whole one or a depth that no plan has is an error
that names its place.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from dedupe.errors import InputError
from dedupe.language import N_

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]

MAX_DEPTH = 16  # a plan's deepest line has eight
_MAX_DIGITS = 19
_NOT_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[^\[\]{}]', re.DOTALL)
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\u(?:d[89a-f]|0000)", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MEND = N_("make the plan again with: crmclean plan")


def canonical_text(value: Json) -> str:
    """Return `value` as one line of JSON, always the same for the same value.

    >>> canonical_text({"b": [1, "я"], "a": None})
    '{"a":null,"b":[1,"я"]}'
    """
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def plain_text(text: str) -> str:
    """Return `text` as a plan may hold it: without halves of surrogate pairs and without NUL."""
    if text.isprintable() and text.isascii():
        return text
    return _SURROGATE.sub("\ufffd", text).replace("\x00", "\ufffd")


def normal_text(text: str) -> str:
    """Return a text of ours (a note, a label) in one Unicode spelling; never a CRM's value."""
    return unicodedata.normalize("NFC", plain_text(text))


def parse_line(line: bytes, where: str) -> dict[str, Any]:
    """Return the object of one line. Raises InputError that names the line and the column."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad(N_("the text is not UTF-8"), f"{where}:{error.start + 1}") from None
    if "\x00" in text:
        raise bad(N_("a character that no text has (NUL)"), f"{where}:{text.index(chr(0)) + 1}")
    _check_depth(text, where)
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, where),
            parse_constant=lambda name: _refuse_number(name, where),
            parse_float=lambda name: _refuse_number(name, where),
            parse_int=lambda digits: _whole(digits, where),
        )
    except json.JSONDecodeError as error:
        raise bad(N_("this is not JSON"), f"{where}:{error.colno}") from None
    if not isinstance(value, dict):
        raise bad(N_("an object is meant"), where)
    _check_texts(text, where)
    return value


def bad(problem: str, where: str, **facts: object) -> InputError:
    """Return the error of a plan that says something it may not."""
    return InputError(problem, where=where, fix=_MEND, **facts)


def _check_depth(text: str, where: str) -> None:
    # Counted before the parser sees it: a hundred thousand brackets would exhaust its stack.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _NOT_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise bad(N_("nested too deep"), where)


def _object(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise bad(N_("the key {key} stands twice"), where, key=plain_text(twice[:40]))
    return made


def _refuse_number(name: str, where: str) -> NoReturn:
    raise bad(N_("a number that is not whole: {number}"), where, number=name[:20])


def _whole(digits: str, where: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        raise bad(N_("a number out of range"), where)
    return int(digits)


def _check_texts(text: str, where: str) -> None:
    # Only an escape can make half a pair or a NUL: the bytes themselves were UTF-8.
    if "\\u" not in text:
        return
    at = _ESCAPED.search(text)
    if at is not None:
        raise bad(N_("half of a character, or none"), f"{where}:{at.start() + 1}")
