"""The custom fields of an account: their definitions and their values in the API's shapes.

A snapshot names the CRM's own fields by their codes (PHONE, EMAIL); here every field has
a number, the same for the contacts' and the companies' field of one code. What an
account's tables do not tell (the labels of numbers, fields that only values name) is
made up, the same at every start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import polars as pl

from dedupe.contracts import Account

from .columns import whole_id
from .names import KIND_OF

Record = dict[str, Any]

LABELS = {
    "PHONE": ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"),
    "EMAIL": ("WORK", "PRIV", "OTHER"),
    "IM": ("SKYPE", "ICQ", "JABBER", "GTALK", "MSN", "OTHER"),
}
_OWN = {"phone": "PHONE", "email": "EMAIL", "messenger": "IM", "site": "WEB"}
_TYPES = {"phone": "multitext", "email": "multitext", "messenger": "multitext", "site": "url"}
_NAMES = {"PHONE": "Телефон", "EMAIL": "Email", "IM": "Мгн. сообщения", "WEB": "Web",
          "POSITION": "Должность", "ADDRESS": "Адрес"}  # fmt: skip
CHOICES = ("select", "multiselect", "radiobutton", "category")
DATES = ("date", "date_time", "birthday")
OBJECTS = ("legal_entity", "items", "linked_entity", "chained_list", "file", "payer", "supplier")
_FIRST_NUMBER, _FIRST_ENUM = 800_001, 4_900_001
_DAY = 86_400


@dataclass(slots=True)
class Field:
    """A field as the API gives it (`record`), and what finds the number of a choice.

    It stays the same object through changes: the records' makers hold on to it.
    """

    record: Record
    is_gone: bool = False
    ids: dict[str, int] = field(default_factory=dict)  # of a value or code -> of the enum
    codes: dict[int, str | None] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Record) -> Field:
        """Take a definition."""
        made = cls(record)
        made.take(record)
        return made

    def take(self, record: Record) -> None:
        """Take a definition in place of the one there was, and index its choices."""
        self.record = record
        self.ids, self.codes, self.texts = {}, {}, {}
        for enum in record.get("enums") or ():
            self.ids.setdefault(str(enum["value"]), enum["id"])
            if enum.get("code"):
                self.ids.setdefault(str(enum["code"]), enum["id"])
            self.codes[enum["id"]] = enum.get("code")
            self.texts[enum["id"]] = str(enum["value"])


def channels_of(account: Account) -> pl.DataFrame:
    """Return the channels; those of no named field are in the CRM's own field of their kind."""
    own = pl.col("kind").replace_strict(_OWN, default=None, return_dtype=pl.String)
    return account.frame("channels").with_columns(pl.coalesce("field_id", own).alias("field_id"))


def value_maker(definition: Field) -> Callable[[str | None, int, str | None], Record]:
    """Return what makes one value of the field from its text, enum id (-1: none) and label."""
    kind = definition.record["type"]
    if kind == "multitext":
        return lambda raw, enum, label: _labelled(definition, raw, enum, label)
    if kind in CHOICES:
        return lambda raw, enum, label: _chosen(definition, raw, enum)
    if kind == "smart_address":
        return lambda raw, enum, label: _labelled(definition, raw, enum, label)
    convert = _converter(kind)
    return lambda raw, enum, label: {"value": convert(raw)}


def _labelled(definition: Field, raw: str | None, enum: int, label: str | None) -> Record:
    id_ = enum if enum > 0 else definition.ids.get(label or "", 0)
    if not id_:
        id_ = next(iter(definition.texts), 0)
    code = definition.codes.get(id_) or definition.texts.get(id_)
    return {"value": raw, "enum_id": id_ or None, "enum_code": code}


def _chosen(definition: Field, raw: str | None, enum: int) -> Record:
    id_ = enum if enum > 0 else definition.ids.get(raw or "", 0)
    return {"value": raw, "enum_id": id_ or None, "enum_code": definition.codes.get(id_)}


def _converter(kind: str) -> Callable[[str | None], Any]:
    if kind == "checkbox":
        return lambda raw: (raw or "").strip().lower() in ("1", "true", "да", "yes")
    if kind in DATES:
        return _moment
    if kind in OBJECTS:
        return _parsed
    return lambda raw: raw


def _moment(raw: str | None) -> int | str | None:
    try:
        return int(raw or "")
    except ValueError:
        seconds = _seconds(raw or "")
        return raw if seconds is None else seconds


def _seconds(text: str) -> int | None:
    from datetime import UTC, datetime

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _parsed(raw: str | None) -> Any:  # noqa: ANN401  JSON of any shape
    try:
        return msgspec.json.decode(raw or "")
    except msgspec.DecodeError:
        return raw


def read_fields(account: Account, account_id: int) -> dict[str, dict[str, Field]]:
    """Return the fields by the API's entity and by every name that the snapshot has for them.

    A field stands under its id and under its code: values may name it by either.
    """
    rows = account.frame("fields").to_dicts() + list(_unnamed(account))
    numbers = _numbers(str(row["id"]) for row in rows)
    enums, statuses = _enums(account), _statuses(account)
    next_enum = 1 + max(
        (int(e["id"]) for found in enums.values() for e in found), default=_FIRST_ENUM - 1
    )
    fields: dict[str, dict[str, Field]] = {kind: {} for kind in KIND_OF.values()}
    for row in rows:
        kind, key = KIND_OF.get(row["entity"] or ""), (row["entity"], str(row["id"]))
        if kind is None or key[1] in fields[kind]:
            continue
        code = row["code"] or (None if key[1].isdecimal() else key[1])
        choices = enums.get(key) or [
            {"id": next_enum + at, "value": text, "sort": at, "code": None}
            for at, text in enumerate(_choices(account, row, code))
        ]
        next_enum = max(next_enum, *(enum["id"] + 1 for enum in choices), 0)
        record = _record(row, numbers[key[1]], code, kind, account_id)
        record["enums"] = choices or None
        record["required_statuses"] = statuses.get(key, [])
        fields[kind][key[1]] = made = Field.of(record)
        if code:
            fields[kind].setdefault(code, made)
    return fields


def _record(row: Mapping[str, Any], number: int, code: str | None, kind: str, id_: int) -> Record:
    is_own = code in LABELS or code in _NAMES
    return {
        "id": number,
        "name": row["name"] or _NAMES.get(code or "", code or str(number)),
        "type": row["type"] or "text",
        "account_id": id_,
        "code": code,
        "sort": row["sort"] if row["sort"] is not None else 500,
        "is_api_only": bool(row["is_api_only"]),
        "enums": None,
        "group_id": None,
        "required_statuses": [],
        "is_deletable": not is_own,
        "is_predefined": is_own,
        "entity_type": kind,
        "is_computed": bool(row["is_computed"]),
        "remind": None,
        "settings": None,
        "currency": None,
        "nested": None,
        "chained_lists": None,
        "hidden_statuses": [],
        "tracking_callback": None,
        "search_in": None,
    }


def _numbers(ids: Iterable[str]) -> dict[str, int]:
    """Return the fields' numbers: a whole id is its own, a code gets one above all of them."""
    ids = dict.fromkeys(ids)
    numbers = {id_: int(id_) for id_ in ids if id_.isdecimal() and int(id_) < 2**53}
    first = max([_FIRST_NUMBER, *(number + 1 for number in numbers.values())])
    codes = sorted(id_ for id_ in ids if id_ not in numbers)
    return numbers | {code: first + at for at, code in enumerate(codes)}


def _unnamed(account: Account) -> Iterable[Record]:
    """Yield a definition for each field that only values name, in a stable order."""
    empty = {"code": None, "sort": None, "is_api_only": False, "is_computed": False}
    found = channels_of(account).select("entity", "field_id", "kind").unique().drop_nulls()
    for entity, id_, kind in found.sort("entity", "field_id", "kind").iter_rows():
        is_own = id_ in LABELS or kind == "site"
        kind = _TYPES.get(kind, "text") if is_own else "text"
        yield {"entity": entity, "id": id_, "name": None, "type": kind} | empty
    values = account.frame("field_values").group_by("entity", "field_id").agg(
        pl.col("enum_id").is_not_null().any().alias("is_choice")
    )  # fmt: skip
    for entity, id_, is_choice in values.drop_nulls().sort("entity", "field_id").iter_rows():
        kind = "multiselect" if is_choice else "text"
        yield {"entity": entity, "id": id_, "name": None, "type": kind} | empty


def _choices(account: Account, row: Mapping[str, Any], code: str | None) -> list[str]:
    """Return the choices of a field without any: the CRM's labels, else what values say."""
    if row["type"] == "multitext":
        known = list(LABELS.get(code or "", ("WORK", "OTHER")))
        mine = channels_of(account).filter(
            (pl.col("entity") == row["entity"]) & (pl.col("field_id") == str(row["id"]))
        )
        used = mine["label"].drop_nulls().unique().sort().to_list()
        return list(dict.fromkeys(known + used))
    if row["type"] in CHOICES:
        mine = account.frame("field_values").filter(
            (pl.col("entity") == row["entity"]) & (pl.col("field_id") == str(row["id"]))
        )
        found: list[str] = mine["raw"].drop_nulls().unique().sort().to_list()
        return found
    return []


def _enums(account: Account) -> dict[tuple[str, str], list[Record]]:
    found: dict[tuple[str, str], list[Record]] = {}
    for row in (
        account.frame("field_enums").sort("sort", "id", nulls_last=True).iter_rows(named=True)
    ):
        enum = {
            "id": whole_id(row["id"], "field_enums"),
            "value": row["value"],
            "sort": row["sort"] or 0,
            "code": row["code"],
        }
        found.setdefault((row["entity"], row["field_id"]), []).append(enum)
    return found


def _statuses(account: Account) -> dict[tuple[str, str], list[Record]]:
    found: dict[tuple[str, str], list[Record]] = {}
    for entity, id_, pipeline, status in account.frame("field_statuses").iter_rows():
        stage = {
            "status_id": whole_id(status, "field_statuses", "status_id"),
            "pipeline_id": whole_id(pipeline, "field_statuses", "pipeline_id"),
        }
        found.setdefault((entity, id_), []).append(stage)
    return found
