"""Small codecs from which the lines of a plan are put together: a value to JSON, and strictly back.

A codec's `read` takes the JSON, the dotted path where it stands and whether ids are numbers (the
three CRMs') or any text (tables'). Whatever is not exactly as `write` makes it is an InputError
that names the path: a plan is not a file that people edit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dedupe.language import N_

from .canonical import Json, bad
from .ops import ENTITIES, Ref

V = TypeVar("V")
_ID = re.compile(r"[1-9][0-9]{0,18}")
_LARGEST = 2**63 - 1
_TEXT_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Codec(Generic[V]):
    """How a value is written as JSON and read back."""

    write: Callable[[V], Json]
    read: Callable[[object, str], V]


def _same(value: Any) -> Any:  # noqa: ANN401  JSON's own scalars
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > _TEXT_MAX:
        raise bad(N_("a text is meant"), where)
    return value


def _whole(value: object, where: str) -> int:
    # True is an int to Python, not to us.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise bad(N_("a whole number from 0 is meant"), where)
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise bad(N_("true or false is meant"), where)
    return value


def record_id(value: object, where: str) -> str:
    """Return the id of a CRM's record: a positive whole number below 2^63, as text."""
    if not isinstance(value, str) or not _ID.fullmatch(value) or int(value) > _LARGEST:
        raise bad(N_("an id is meant: the digits of a positive whole number, in quotes"), where)
    return value


def _ref(value: object, where: str) -> Ref:
    if not isinstance(value, list) or len(value) != 2:
        raise bad(N_("a record is meant, as [kind, id]"), where)
    if value[0] not in ENTITIES:
        raise bad(N_("no such kind of record"), f"{where}[0]")
    return Ref(str(value[0]), record_id(value[1], f"{where}[1]"))


TEXT: Codec[str] = Codec(_same, _text)
WHOLE: Codec[int] = Codec(_same, _whole)
FLAG: Codec[bool] = Codec(_same, _flag)
ID: Codec[str] = Codec(_same, record_id)
REF: Codec[Ref] = Codec(lambda ref: [ref.entity, ref.id], _ref)


def optional(codec: Codec[V]) -> Codec[V | None]:
    """Return the codec that takes null as well."""
    return Codec(
        lambda value: None if value is None else codec.write(value),
        lambda value, where: None if value is None else codec.read(value, where),
    )


def many(codec: Codec[V]) -> Codec[tuple[V, ...]]:
    """Return the codec of a list."""

    def read(value: object, where: str) -> tuple[V, ...]:
        if not isinstance(value, list):
            raise bad(N_("a list is meant"), where)
        return tuple(codec.read(each, f"{where}[{at}]") for at, each in enumerate(value))

    return Codec(lambda values: [codec.write(value) for value in values], read)


def mapping(codec: Codec[V]) -> Codec[Mapping[str, V]]:
    """Return the codec of an object with any keys."""

    def read(value: object, where: str) -> Mapping[str, V]:
        if not isinstance(value, dict):
            raise bad(N_("an object is meant"), where)
        return {key: codec.read(each, f"{where}.{key[:60]}") for key, each in value.items()}

    return Codec(lambda values: {key: codec.write(each) for key, each in values.items()}, read)


def choice(allowed: Sequence[str]) -> Codec[str]:
    """Return the codec of one of a few words."""

    def read(value: object, where: str) -> str:
        if value not in allowed:
            raise bad(N_("one of {choices} is meant"), where, choices=", ".join(allowed))
        return str(value)

    return Codec(_same, read)


def moment() -> Codec[str]:
    """Return the codec of a moment in UTC: 2026-11-22T10:00:00Z."""
    shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

    def read(value: object, where: str) -> str:
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise bad(N_("a moment is meant, like 2026-11-22T10:00:00Z"), where)
        return value

    return Codec(_same, read)


def record(made: Callable[..., V], fields: Mapping[str, Codec[Any]]) -> Codec[V]:
    """Return the codec of an object with exactly these fields; its path may be empty."""

    def read(value: object, where: str) -> V:
        return made(**read_fields(value, fields, where))

    return Codec(lambda value: write_fields(value, fields), read)


def write_fields(value: object, fields: Mapping[str, Codec[Any]]) -> dict[str, Json]:
    """Return the fields of a value as JSON."""
    return {name: codec.write(getattr(value, name)) for name, codec in fields.items()}


def read_fields(value: object, fields: Mapping[str, Codec[Any]], where: str) -> dict[str, Any]:
    """Read an object that has exactly `fields`."""
    if not isinstance(value, dict):
        raise bad(N_("an object is meant"), where)
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise bad(N_("unknown key {key}"), where, key=unknown[0][:60])
    missing = sorted(set(fields) - set(value))
    if missing:
        raise bad(N_("the key {key} is missing"), where, key=missing[0])
    prefix = f"{where}." if where else ""
    return {name: codec.read(value[name], prefix + name) for name, codec in fields.items()}
