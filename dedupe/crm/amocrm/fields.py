"""Custom fields of records as channels and field values.

The CRM's own fields are known by their codes, which stand in every account; a field of the
account's own by its number. Numbers and addresses are channels with the label that the
CRM gives them; all else is a field value, a row each. Text fields that hold phones by
their name are told by `settle`, which sees all their values.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from .frames import frame_of_rows
from .shapes import CustomField, Value
from .texts import value_text

KIND_OF_CODE = {"PHONE": "phone", "EMAIL": "email", "IM": "messenger", "WEB": "site"}
OWN_CODES = frozenset({*KIND_OF_CODE, "POSITION", "ADDRESS"})
_ADDRESS_PARTS = {
    "address_line_1": "1",
    "address_line_2": "2",
    "city": "3",
    "state": "4",
    "zip": "5",
    "country": "6",
}
_KIND_OF_LABEL = {
    **dict.fromkeys(("WORKDD", "MOB", "FAX", "HOME"), "phone"),
    "PRIV": "email",
    **dict.fromkeys(("SKYPE", "ICQ", "JABBER", "GTALK", "MSN"), "messenger"),
}
_BY_LABEL = "by_label"  # a multitext field of the account's own: its labels tell
_KIND_OF_TYPE = {"url": "site", "multitext": _BY_LABEL}
_CHANNEL = ("entity", "record_id", "kind", "raw", "label", "field_id", "position")
_VALUE = ("entity", "record_id", "field_id", "raw", "enum_id")


def field_key(number: int, code: str | None) -> str:
    """Return the snapshot's id of a field: the code of the CRM's own, else the number."""
    return code if code in OWN_CODES and code is not None else str(number)


class FieldColumns:
    """The channels and field values of one page, column by column."""

    def __init__(self, entity: str) -> None:
        self._entity = entity
        self._channels: list[tuple[str, str, str, str, str | None, str, int]] = []
        self._positions: dict[str, int] = {}  # of the record at hand: how many of a kind
        self._values: list[tuple[str, str, str, str | None, str | None]] = []

    def add(self, id_: str, fields: Sequence[CustomField]) -> None:
        """Add the fields of the record `id_`."""
        self._positions = {}
        for field in fields:
            if not field.values:
                continue
            key = field_key(field.field_id, field.field_code)
            kind = "" if self._entity == "deal" else _kind(field)
            for value in field.values:
                raw = value_text(value.value, field.field_type)
                if not kind:
                    self._add_value(id_, key, raw, value)
                elif raw is not None:
                    self._add_channel(id_, key, kind, raw, _label(value))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return `channels` and `field_values`."""
        return {
            "channels": frame_of_rows("channels", _CHANNEL, self._channels),
            "field_values": frame_of_rows("field_values", _VALUE, self._values),
        }

    def _add_channel(
        self,
        id_: str,
        key: str,
        kind: str,
        raw: str,
        label: str | None,
    ) -> None:
        if kind == _BY_LABEL:
            kind = _KIND_OF_LABEL.get(label or "") or ("email" if "@" in raw else "phone")
        at = self._positions.get(kind, 0)
        self._positions[kind] = at + 1
        self._channels.append((self._entity, id_, kind, raw, label, key, at))

    def _add_value(self, id_: str, key: str, raw: str | None, value: Value) -> None:
        enum = str(value.enum_id) if value.enum_id else _ADDRESS_PARTS.get(value.enum_code or "")
        if raw is not None or enum is not None:
            self._values.append((self._entity, id_, key, raw, enum))


def _kind(field: CustomField) -> str:
    kind = KIND_OF_CODE.get(field.field_code or "")
    if kind is not None:
        return kind
    return _KIND_OF_TYPE.get(field.field_type or "", "")


def _label(value: Value) -> str | None:
    if value.enum_code:
        return value.enum_code
    if isinstance(value.enum, str) and value.enum:
        return value.enum
    return str(value.enum_id) if value.enum_id else None
