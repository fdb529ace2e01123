"""Custom fields of records as channels and field values.

The CRM's own fields are known by their codes, which stand in every account; a field of the
account's own by its number. Numbers and addresses are channels with the label that the
CRM gives them; all else is a field value, a row each. Text fields that hold phones by
their name are told by `settle`, which sees all their values.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from .frames import frame
from .shapes import CustomField, Value
from .texts import value_text

KIND_OF_CODE = {"PHONE": "phone", "EMAIL": "email", "IM": "messenger", "WEB": "site"}
OWN_CODES = frozenset({*KIND_OF_CODE, "POSITION", "ADDRESS"})
PHONE_LABELS = frozenset({"WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"})
EMAIL_LABELS = frozenset({"WORK", "PRIV", "OTHER"})
IM_LABELS = frozenset({"SKYPE", "ICQ", "JABBER", "GTALK", "MSN", "OTHER"})
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
    **dict.fromkeys(IM_LABELS - {"OTHER"}, "messenger"),
}


def field_key(number: int, code: str | None) -> str:
    """Return the snapshot's id of a field: the code of the CRM's own, else the number."""
    return code if code in OWN_CODES and code is not None else str(number)


class FieldColumns:
    """The channels and field values of one page, column by column."""

    def __init__(self, entity: str) -> None:
        self._entity = entity
        self._channels: list[tuple[str, str, str, str | None, str, int]] = []
        self._values: list[tuple[str, str, str | None, str | None]] = []

    def add(self, id_: str, fields: Sequence[CustomField]) -> None:
        """Add the fields of the record `id_`."""
        positions: dict[str, int] = {}
        for field in fields:
            if not field.values:
                continue
            key = field_key(field.field_id, field.field_code)
            kind = _kind(field)
            for value in field.values:
                raw = value_text(value.value, field.field_type)
                if self._entity == "deal" or not kind:
                    self._add_value(id_, key, raw, value)
                elif raw is not None:
                    label = _label(value)
                    own = _KIND_OF_LABEL.get(label or "") or ("email" if "@" in raw else "phone")
                    sort = own if kind == "multitext" else kind
                    at = positions.get(sort, 0)
                    positions[sort] = at + 1
                    self._channels.append((id_, sort, raw, label, key, at))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return `channels` and `field_values`."""
        names = ("record_id", "kind", "raw", "label", "field_id", "position")
        channels = _columns(names, self._channels)
        values = _columns(("record_id", "field_id", "raw", "enum_id"), self._values)
        return {
            name: frame(name, {**columns, "entity": [self._entity] * len(columns["record_id"])})
            for name, columns in (("channels", channels), ("field_values", values))
        }

    def _add_value(self, id_: str, key: str, raw: str | None, value: Value) -> None:
        enum = str(value.enum_id) if value.enum_id else _ADDRESS_PARTS.get(value.enum_code or "")
        if raw is not None or enum is not None:
            self._values.append((id_, key, raw, enum))


def _kind(field: CustomField) -> str:
    kind = KIND_OF_CODE.get(field.field_code or "")
    if kind is not None:
        return kind
    return {"url": "site", "multitext": "multitext"}.get(field.field_type or "", "")


def _label(value: Value) -> str | None:
    if value.enum_code:
        return value.enum_code
    if isinstance(value.enum, str) and value.enum:
        return value.enum
    return str(value.enum_id) if value.enum_id else None


def _columns(names: Sequence[str], rows: list[tuple[object, ...]]) -> dict[str, Sequence[object]]:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, columns, strict=True))
