"""What a sheet holds: cards, deals, tasks, or one of the account's settings.

`--entity` decides; then the name of the file or sheet, in Russian or English; then its
headers; a list of people otherwise. A Bitrix24 lead (`LEAD_2026....csv`, "Название
лида") is a person with phones that nobody qualified yet: it is read as a contact. An
amoCRM export whose column "Тип" says "контакт" or "компания" is both, row by row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES, Entity
from dedupe.crm.tables.roles import header_key, roles_by_key
from dedupe.crm.tables.sheets import Sheet, column_name

RECORDS = {"contacts": "contact", "companies": "company", "deals": "deal", "tasks": "task"}
KIND_OF = {Entity.CONTACT: "contacts", Entity.COMPANY: "companies", Entity.DEAL: "deals"}
NAME_WORDS = {
    "contacts": "contact contacts контакт контакты контактов lead лид лиды лидов клиент клиенты"
    " клиентов customer customers client clients people person persons люди",
    "companies": "company companies компания компании компаний организация организации"
    " организаций юрлица organizations organisations",
    "deals": "deal deals leads сделка сделки сделок order orders заказ заказы заказов"
    " opportunities",
    "tasks": "task tasks задача задачи задач",
}
_SETTINGS_NAMES = {
    "users": "пользователи сотрудники user employees managers менеджеры",
    "user_rights": "права",
    "roles": "роли",
    "tags": "теги тэги",
    "task_types": "типызадач",
    "pipelines": "воронки pipeline",
    "statuses": "статусы этапы стадии stages этапыворонок",
    "loss_reasons": "причиныотказа причиныотказов причинызакрытия",
    "sources": "источники",
    "fields": "поля",
}
_NOISE = (
    "amocrm amo kommo bitrix битрикс retailcrm megaplan мегаплан crm export exports экспорт"
    " выгрузка ru en utf all все full list список table таблица sheet worksheet tdsheet лист"
)
_DEAL_MARKS = (
    "название сделки|этап сделки|стадия сделки|воронка|lead title|lead name|deal name|deal title"
    "|бюджет|бюджет сделки|номер заказа|статус заказа|pipeline|pipeline_id|lead status|deal stage"
    "|loss_reason_id|order number|стадия|направление"
)
_TASK_MARKS = (
    "текст задачи|тип задачи|дата исполнения|complete till|due_at|task type|task text"
    "|is_completed|id задачи|крайний срок"
)
_COMPANY_MARKS = "тип компании|сфера деятельности|кол-во сотрудников|дата создания компании"
_PERSON_ROLES = frozenset({"first_name", "last_name", "middle_name", "birth_date", "position"})
_COMPANY_WORDS = frozenset({"компания", "company", "companies", "компании"})


def kind_of(sheet: Sheet, entity: Entity | None) -> str:
    """Return the snapshot table that the sheet's rows belong to."""
    if entity is not None:
        return KIND_OF[entity]
    named = kind_by_name(sheet.name)
    keys = frozenset(map(header_key, sheet.header))
    if named in RECORDS:
        return "contacts" if named == "deals" and header_key("название лида") in keys else named
    if named is not None and _has_columns_of(named, keys):
        return named
    return _kind_by_headers(keys)


def kind_by_name(name: str) -> str | None:
    """Read a kind off the name of a file or sheet; None when it says nothing, or two things.

    >>> kind_by_name("amocrm_export_leads_2026-11-21"), kind_by_name("LEAD_20260225_1_ab")
    ('deals', 'contacts')
    >>> kind_by_name("Причины отказа"), kind_by_name("контакты и компании")
    ('loss_reasons', None)
    """
    lower = name.casefold().replace("ё", "е")
    words = [word for word in re.findall(r"[a-zа-я]+", lower) if word not in _NOISE.split()]
    if table := _settings_names().get("".join(words)):
        return table
    kinds = {kind for kind, said in NAME_WORDS.items() if set(words) & set(said.split())}
    return kinds.pop() if len(kinds) == 1 else None


def company_rows(sheet: Sheet) -> pl.Series | None:
    """Tell which rows of an amoCRM export are companies; None when it does not say."""
    for at, header in enumerate(sheet.header):
        if header_key(header) in ("тип", "type"):
            word = sheet.cells[column_name(at)].str.to_lowercase()
            known = word.is_in(["контакт", "contact", *_COMPANY_WORDS])
            if known.any() and bool((known | word.is_null()).all()):
                return word.is_in(list(_COMPANY_WORDS)).fill_null(False)
    return None


def settings_columns(table: str, header: tuple[str, ...]) -> Mapping[str, int]:
    """Find a table's own columns among the headers: name of the column -> its place."""
    places = {header_key(text): at for at, text in reversed(list(enumerate(header)))}
    russian = {"id": "ид", "name": "название", "email": "почта", "phone": "телефон"}
    found = {}
    for column in SNAPSHOT_TABLES[table].schema:
        spellings = (header_key(column), russian.get(column, ""), "имя" if column == "name" else "")
        place = next((places[key] for key in spellings if key in places), None)
        if place is not None:
            found[column] = place
    return found


def _has_columns_of(table: str, keys: frozenset[str]) -> bool:
    found = settings_columns(table, tuple(keys))
    needed = set(SNAPSHOT_TABLES[table].key) - {"position"}
    if needed == {"id"}:
        return bool({"id", "name"} & set(found))
    return needed - {"raw"} <= set(found) and len(found) > 1


def _kind_by_headers(keys: frozenset[str]) -> str:
    if keys & _marks(_TASK_MARKS):
        return "tasks"
    if header_key("название лида") in keys:
        return "contacts"
    if keys & _marks(_DEAL_MARKS):
        return "deals"
    contact = roles_by_key("contacts")
    roles = {contact[key] for key in keys if key in contact}
    is_person = "имя" in keys or any(role in _PERSON_ROLES for role, _ in roles)
    # "Название" and "клиент" (rank 2) may name a company just as well.
    is_person = is_person or any(role == "name" and rank < 2 for role, rank in roles)
    if keys & _marks(_COMPANY_MARKS) and not is_person:
        return "companies"
    has_company = any(role == "company" for role, _ in roles)
    return "companies" if has_company and not is_person else "contacts"


@cache
def _marks(headers: str) -> frozenset[str]:
    return frozenset(map(header_key, headers.split("|")))


@cache
def _settings_names() -> dict[str, str]:
    names = {table.replace("_", ""): table for table in SNAPSHOT_TABLES if table not in RECORDS}
    spoken = {word: table for table, said in _SETTINGS_NAMES.items() for word in said.split()}
    return names | spoken
