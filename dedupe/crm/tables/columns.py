"""The columns of a sheet with what each is: a role, a channel, or a field as it stands.

A single-valued role has one column. Of several headers that name it the best rank
counts and the rest are kept as fields; of equals, the first counts for a field value,
and for a column of the record they must never disagree (`settle`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import polars as pl

from dedupe.crm.tables.channel_headers import ChannelHeader, channel_of, standard_channel
from dedupe.crm.tables.roles import (
    CHANNEL_ROLES,
    FIELD_ROLES,
    HEADERS,
    MANY,
    header_key,
    roles_by_key,
)
from dedupe.crm.tables.sheets import Sheet, column_name
from dedupe.errors import InputError
from dedupe.language import N_

_MAPPED = -1  # the rank of what the user said
_SCOPES = {
    "контакт": "contact",
    "contact": "contact",
    "компания": "company",
    "company": "company",
    "сделка": "deal",
    "deal": "deal",
    "lead": "deal",
}
_WORDS = "|".join(_SCOPES)
_BEFORE = re.compile(rf"^({_WORDS})\s*[:.]\s*(\S.*)$", re.I)
_AFTER = re.compile(rf"^(\S.*?)\s*\(({_WORDS})\)$", re.I)
_OWN = {"contacts": "contact", "companies": "company", "deals": "deal"}
# Where a second column is a field of the account's own rather than a contradiction.
_SOFT = frozenset(FIELD_ROLES) | {
    "contact",
    "contact_first_name",
    "contact_middle_name",
    "contact_last_name",
    "type",
    "source",
    "loss_reason",
    "deal",
    "text",
    "result",
    "is_deleted",
    "entity",
}
_DIGITS = r"(?:\d\D{0,3}){5}"
_CRM_MARKS = (
    "рабочий прямой телефон|рабочий телефон|мобильный телефон|другой телефон|рабочий email"
    "|личный email|частный email|другой email|дата создания контакта|дата создания компании"
    "|дата создания сделки|кем создан контакт|кем редактирован|дата редактирования|этап сделки"
    "|work phone|work direct phone|mobile phone|home phone|other phone|work email"
    "|personal email|other email|responsible user|e-mail для рассылок|контакт: id"
    "|стадия сделки|внешний id клиента|индекс адреса"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a sheet; `role` is "" for a field that is kept as it stands."""

    at: str
    header: str
    role: str = ""
    rank: int = 0
    channel: ChannelHeader | None = None


def is_crm_export(sheet: Sheet) -> bool:
    """Tell whether the headers are those of a CRM's own export: three of them will do."""
    marks = set(map(header_key, _CRM_MARKS.split("|")))
    return len(marks & set(map(header_key, sheet.header))) >= 3


def assign(sheet: Sheet, kind: str, mapped: Mapping[str, str], cells: pl.DataFrame) -> list[Column]:
    """Give every column of the sheet its role in a table of `kind`; `cells` are its rows."""
    columns = [
        _assigned(column_name(at), header, kind, mapped) for at, header in enumerate(sheet.header)
    ]
    columns = _with_first_names(columns, kind)
    columns = [_plausible(column, cells) for column in _numbered(columns)]
    return settle(columns, cells, sheet.where, kind)


def settle(columns: Sequence[Column], cells: pl.DataFrame, where: str, kind: str) -> list[Column]:
    """Leave one column, or several that never disagree, to each single-valued role."""
    plain: set[str] = set()
    single = sorted((c for c in columns if c.role not in MANY), key=lambda c: c.role)
    for role, group in groupby(single, key=lambda c: c.role):
        rivals = sorted(group, key=lambda c: c.rank)
        dated = [c for c in rivals if c.rank == _MAPPED or _may_be(role, cells[c.at])] or rivals
        best = [c for c in dated if c.rank == dated[0].rank]
        same = len({header_key(c.header) for c in best}) == 1
        # A mapped header that stands twice: the user can't say more, so the first counts.
        kept = best[:1] if role in _SOFT or (same and best[0].rank == _MAPPED) else best
        if kind == "companies" and role == "name":  # amoCRM's mixed export fills either
            continue
        _check_agreement(kept, cells, where, role)
        plain |= {c.at for c in rivals} - {c.at for c in kept}
    return [replace(c, role="") if c.at in plain else c for c in columns]


def _assigned(at: str, header: str, kind: str, mapped: Mapping[str, str]) -> Column:
    column = Column(at=at, header=header)
    role = _mapped_role(header, mapped)
    if role is not None:
        if role in CHANNEL_ROLES:
            return replace(column, channel=standard_channel(role, header))
        known = role in HEADERS[kind]
        return replace(column, role=role if known else "", rank=_MAPPED)
    scope, rest = _scoped(header)
    if scope and scope != _OWN.get(kind):
        return _foreign(column, scope, rest, kind)
    if found := roles_by_key(kind).get(header_key(rest)):
        return replace(column, role=found[0], rank=found[1])
    return replace(column, channel=channel_of(rest) if kind != "tasks" else None)


def _mapped_role(header: str, mapped: Mapping[str, str]) -> str | None:
    if header in mapped:
        return mapped[header]
    keys = {header_key(name): role for name, role in mapped.items()}
    return keys.get(header_key(header))


def _scoped(header: str) -> tuple[str, str]:
    """Cut "Контакт: ID" or "Телефон (контакт)" into whose it is and what it is."""
    if match := _BEFORE.match(header):
        return _SCOPES[match[1].casefold()], match[2]
    if match := _AFTER.match(header):
        return _SCOPES[match[2].casefold()], match[1]
    return "", header


def _foreign(column: Column, scope: str, rest: str, kind: str) -> Column:
    """Give a role to a column that tells of another record: the link to it, or its phone."""
    key, known = header_key(rest), HEADERS[kind]
    role = {"id": f"{scope}_id", "ид": f"{scope}_id"}.get(key)
    if role is None and scope == "contact":
        parts = {"имя": "first", "отчество": "middle", "фамилия": "last"}
        parts |= {"firstname": "first", "middlename": "middle", "lastname": "last"}
        role = f"contact_{parts[key]}_name" if key in parts else None
    plural = {"contact": "contacts", "company": "companies", "deal": "deals"}[scope]
    if role is None and roles_by_key(plural).get(key, ("", 0))[0] == "name":
        role = scope
    if role in known:
        return replace(column, role=role, rank=1)
    # A deal's row carries its contact's phones, by which namesakes are told apart.
    is_key = kind == "deals" and scope == "contact"
    return replace(column, channel=channel_of(rest) if is_key else None)


def _with_first_names(columns: list[Column], kind: str) -> list[Column]:
    """Decide what "Имя" is: amoCRM has it twice, first the full name, then the first name."""
    if kind != "contacts":
        return columns
    plain = [c for c in columns if header_key(_scoped(c.header)[1]) == "имя" and not c.role]
    has_full = any(c.role == "name" and c.rank < 2 for c in columns)
    has_parts = any(c.role in ("last_name", "middle_name") for c in columns)
    full = plain[:1] if not has_full and (len(plain) > 1 or not has_parts) else []
    names = {c.at: "name" for c in full} | {c.at: "first_name" for c in plain if c not in full}
    return [replace(c, role=names[c.at]) if c.at in names else c for c in columns]


def _numbered(columns: list[Column]) -> list[Column]:
    """Read "Телефон 2" beside "Рабочий телефон" as the account's own field, else as a phone."""
    channels = [c.channel for c in columns if c.channel is not None]
    for kind in ("phone", "email"):
        labels = {c.label for c in channels if c.kind == kind and c.is_standard} - {"OTHER"}
        if len(labels) < 2:
            continue
        columns = [
            replace(c, channel=_as_own(c.channel, c.header))
            if c.channel is not None and c.channel.kind == kind and c.channel.is_numbered
            else c
            for c in columns
        ]
    return columns


def _as_own(channel: ChannelHeader, header: str) -> ChannelHeader:
    return replace(channel, label=header, field_id=header, is_standard=False, is_numbered=False)


def _plausible(column: Column, cells: pl.DataFrame) -> Column:
    """Make a field of a channel that only sounds like one: "WhatsApp" with yes and no."""
    channel = column.channel
    if channel is None or channel.is_standard or channel.kind not in ("phone", "email"):
        return column
    pattern = _DIGITS if channel.kind == "phone" else "@"
    share = cells[column.at].drop_nulls().str.contains(pattern).mean()
    return column if share is None or float(str(share)) >= 0.5 else replace(column, channel=None)


def _may_be(role: str, cells: pl.Series) -> bool:
    """Tell whether a column can have the role: "Создан" with names tells by whom, not when."""
    has_digits = cells.drop_nulls().str.contains(r"\d")
    return not role.endswith("_at") or has_digits.is_empty() or bool(has_digits.any())


def _check_agreement(rivals: list[Column], cells: pl.DataFrame, where: str, role: str) -> None:
    first = rivals[0]
    for other in rivals[1:]:
        if (cells[first.at] != cells[other.at]).any():
            raise InputError(
                N_("two columns, {first} and {second}, give different values for the role {role}"),
                where=where,
                fix=N_("say which one counts, for example --map {example}"),
                first=first.header,
                second=other.header,
                role=role,
                example=f'"{first.header}={role}"',
            )
