"""Read JSON that is not quite as documented into the types of `shapes`.

PHP writes `[]` for an empty object and `{}` for an empty list; numbers come as text or as
floats; a text is null. What can be read without a guess is read, an id to the last digit;
anything else becomes null and is counted, so that one odd value never costs a record, and
one odd record never a page.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
_WHOLE = re.compile(r"\s*([+-]?\d{1,40})(?:\.0+)?\s*")
_EXACT = 2**53  # floats beyond have lost digits already
_TRUE, _FALSE = ("1", "true"), ("0", "false", "")


class UnfitError(ValueError):
    """A value that can't be read as its type; never leaves this package."""


class Mender:
    """Mends records; `n` counts the values that became null or were dropped."""

    def __init__(self) -> None:
        self.n = 0

    def record(self, kind: type[S], raw: object) -> S | None:
        """Return `raw` as a `kind`, or None when a part that it must have can't be read."""
        try:
            return self._struct(kind, raw)
        except UnfitError:
            return None

    def _struct(self, kind: type[S], raw: object) -> S:
        if isinstance(raw, list) and not raw:
            raw = {}
        if not isinstance(raw, dict):
            raise UnfitError
        if kind.__name__ == "Value":
            raw = _with_value(raw)
        told: dict[str, Any] = {}
        for name, key, expected, is_required in _plan(kind):
            if key in raw:
                told[name] = self._mended(expected, raw[key])
            elif is_required:
                raise UnfitError
        return kind(**told)

    def _mended(self, expected: Any, raw: object) -> Any:  # noqa: ANN401  a type of `shapes`
        inner = _without_none(expected)
        if inner is expected:
            return self._read(expected, raw)
        if raw is None:
            return None
        try:
            return self._read(inner, raw)
        except UnfitError:
            self.n += 1
            return None

    def _read(self, expected: Any, raw: object) -> Any:  # noqa: ANN401  as above
        if expected is Any:
            return clean(raw)
        if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
            return self._struct(expected, raw)
        if get_origin(expected) is list:
            return self._list(get_args(expected)[0], raw)
        if get_origin(expected) is dict:
            return clean(_mapping(raw))
        return _SCALARS[expected](raw)

    def _list(self, expected: Any, raw: object) -> list[Any]:  # noqa: ANN401  as above
        kept = []
        for item in as_list(raw):
            try:
                kept.append(self._read(expected, item))
            except UnfitError:
                self.n += 1
        return kept


def as_list(raw: object) -> list[Any]:
    """Return a JSON list; PHP's numbered object and empty object are lists too.

    >>> as_list({}), as_list({"0": "a", "2": "b"})
    ([], ['a', 'b'])
    """
    if isinstance(raw, list):
        return raw
    if isinstance(raw, dict) and all(str(key).isdigit() for key in raw):
        return list(raw.values())
    if raw is None:
        return []
    raise UnfitError


def whole(raw: object) -> int:
    """Return a whole number to the last digit, however it is written.

    >>> whole("9007199254740993"), whole(7.0)
    (9007199254740993, 7)
    """
    if isinstance(raw, bool):
        raise UnfitError
    if isinstance(raw, int):
        return raw
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < _EXACT:
        return int(raw)
    if isinstance(raw, str) and (found := _WHOLE.fullmatch(raw)):
        return int(found[1])
    raise UnfitError


def clean(raw: Any) -> Any:  # noqa: ANN401  JSON of any shape
    """Return JSON whose texts can be written as UTF-8: half a character becomes U+FFFD."""
    if isinstance(raw, str):
        return raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(raw, list):
        return [clean(item) for item in raw]
    if isinstance(raw, dict):
        return {clean(key): clean(item) for key, item in raw.items()}
    return raw


def _text(raw: object) -> str:
    if isinstance(raw, str):
        return str(clean(raw))
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < _EXACT else repr(raw)
    raise UnfitError


def _number(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise UnfitError
    try:
        number = float(raw)
    except (ValueError, OverflowError) as error:
        raise UnfitError from error
    if abs(number) < float("inf"):
        return number
    raise UnfitError


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise UnfitError


def _mapping(raw: object) -> dict[Any, Any]:
    if isinstance(raw, list) and not raw:
        return {}
    if isinstance(raw, dict):
        return raw
    raise UnfitError


def _with_value(raw: dict[Any, Any]) -> dict[Any, Any]:
    """Give a value its `value`: of a chained list the object itself is it."""
    if "value" in raw:
        return raw
    own = {k: v for k, v in raw.items() if k not in ("enum_id", "enum_code", "enum")}
    return {**raw, "value": own or None}


_SCALARS: Final[dict[Any, Callable[[object], object]]] = {
    int: whole,
    float: _number,
    str: _text,
    bool: _flag,
}


@cache
def _plan(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, Any, bool], ...]:
    """Return name, JSON key, type and whether it must be there, of each field of `kind`."""
    hints = get_type_hints(kind)
    return tuple(
        (one.name, one.encode_name, hints[one.name], one.required)
        for one in msgspec.structs.fields(kind)
    )


@cache
def _without_none(expected: Any) -> Any:  # noqa: ANN401  a type of `shapes`
    if get_origin(expected) not in (Union, types.UnionType):
        return expected
    (inner,) = (one for one in get_args(expected) if one is not type(None))
    return inner
