"""The settings of the demo account: users and rights, pipelines, reasons, tags, task types, fields.

They do not depend on the scale. Only as many task types and deal tags are in use as
there are tasks and tagged deals to use them; the unused ones are always there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES

from . import words
from .phones import EXTRA, EXTRA_NAME

Row = dict[str, object]
Lines = Mapping[str, tuple[str, tuple[str, ...]]]  # pipelines by id: their name and stages

N_USERS, N_ADMINS, N_DELETERS, N_INACTIVE = 36, 5, 14, 4
_ROLES = ("Менеджер розничного отдела", "Менеджер оптового отдела", "Оператор колл-центра")
PIPELINES = {
    "3100001": ("Розничный отдел", ("Первичный контакт", "Отправить КП", "Назначен замер",
                                    "Замер выполнен", "Договор", "Предоплата")),
    "3100002": ("Оптовый отдел", ("Новый запрос", "Расчёт", "Согласование условий", "Отгрузка")),
    "3100003": ("Входящие обращения", ("Звонок принят", "Квалификация", "Передано в отдел")),
}  # fmt: skip
WON, LOST, UNSORTED = "142", "143", "Неразобранное"
WON_NAME, LOST_NAME = "Успешно реализовано", "Закрыто и не реализовано"
LOSS_REASONS = (
    "Дорого",
    "Не можем связаться с клиентом",
    "Выбрали другого поставщика",
    "Отложили покупку",
    "Не подходят условия доставки",
    "Не подходят материалы",
    "Другое",
)
OTHER_REASON = LOSS_REASONS[-1]
LOSS_SHARES = (0.28, 0.18, 0.16, 0.16, 0.1, 0.08, 0.04)
SOURCES = ("Форма «Расчёт стоимости»", "Форма «Обратный звонок»", "Онлайн-чат", "Телефония",
           "Почта отдела продаж", "Выставка")  # fmt: skip
_TASK_TYPES = ("Связаться", "Встреча", "Отправить документы", "Выставить счёт", "Замер",
               "Перезвонить", "Напомнить об оплате", "Согласовать макет", "Отгрузка",
               "Поздравить")  # fmt: skip
_IDLE_TASK_TYPES = ("Отправить КП", "Видеовстреча", "Рассылка", "Опрос", "Сверка", "Претензия",
                    "Рекламация", "Доставка образцов")  # fmt: skip
_TAGS = ("сайт", "розница", "опт", "перезвонить", "дилер", "выставка 2019", "рекламация", "vip",
         "повторная", "по рекомендации", "avito", "instagram", "директ", "импорт 1С", "срочно",
         "кровля", "фасад", "забор", "водосток", "утеплитель", "окна", "двери", "лестницы", "бани",
         "дача", "монтаж", "доставка", "самовывоз", "рассрочка", "безнал", "наличные", "Пенза",
         "Саратов", "Самара", "Тамбов", "Саранск", "замер", "образцы", "тендер", "строители",
         "прораб", "архитектор", "дизайнер", "холодный", "тёплый", "горячий")  # fmt: skip
_MONTHS = ("январь", "март", "май", "июнь", "июль", "август", "октябрь", "декабрь")
_IDLE_TAGS = (
    *(f"акция {month} {year}" for year in (2017, 2018) for month in _MONTHS),
    *("новый", "Сайт 2", "проверить", "ОПТ!", "vip2", "дилер ?", "старая база", "импорт 2017"),
    *("Казань", "Уфа", "Пермь", "Липецк", "vk", "wa", "перенос", "объединить", "к архиву"),
    "без бюджета",
)
CONTACT_TAGS = ("клиент", "прораб", "дилер", "дизайнер", "поставщик", "импорт 1С", "рассылка")
POSITION, CITY, TAX_ID, WHENCE, VISIT = "POSITION", "700301", "700302", "700303", "700304"
PHONE_LABELS = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
EMAIL_LABELS = ("WORK", "PRIV", "OTHER")
WHENCE_TEXTS = ("сайт", "звонок", "выставка", "рекомендация", "повторный")
WHENCE_IDS = {text: str(4_810_001 + 2 * at) for at, text in enumerate(WHENCE_TEXTS)}
_GROUPS = {"0": "Отдел продаж", "300001": "Розничный отдел", "300002": "Оптовый отдел",
           "300003": "Колл-центр"}  # fmt: skip
AREA = "700324"
REQUIRED = (  # field, pipeline, and the place of the stage from which on it must be filled
    (WHENCE, "3100002", 2),
    (AREA, "3100003", 2),
)
_WEBHOOKS = (
    ("hooks.krovlya-demo58.ru/amo", "add_lead,status_lead", False),
    ("telephony.krovlya-demo58.ru/in", "add_contact,update_contact", False),
    ("old-site.krovlya-demo58.ru/form", "add_lead", True),
)
_WIDGETS = ("demo_telephony", "demo_forms", "demo_messenger", "demo_calculator", "demo_mailing")
_ACTIVE_WIDGETS = 3
_FIELDS = (
    ("contact", "PHONE", "Телефон", "PHONE", "multitext"),
    ("contact", "EMAIL", "Email", "EMAIL", "multitext"),
    ("contact", POSITION, "Должность", "POSITION", "text"),
    ("contact", CITY, "Город", "", "text"),
    ("contact", EXTRA, EXTRA_NAME, "", "text"),
    ("contact", "700321", "День рождения", "", "birthday"),
    ("contact", "700322", "Размер скидки", "", "numeric"),
    ("company", "PHONE", "Телефон", "PHONE", "multitext"),
    ("company", "EMAIL", "Email", "EMAIL", "multitext"),
    ("company", "WEB", "Web", "WEB", "url"),
    ("company", CITY, "Город", "", "text"),
    ("company", TAX_ID, "ИНН", "", "text"),
    ("company", EXTRA, EXTRA_NAME, "", "text"),
    ("company", "700323", "Бренд", "", "text"),
    ("deal", WHENCE, "Откуда контакт", "", "select"),
    ("deal", VISIT, "roistat", "", "text"),
    ("deal", AREA, "Площадь", "", "numeric"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The tables of settings, and the ids that records may refer to."""

    tables: dict[str, pl.DataFrame]
    owners: tuple[str, ...]
    task_types: tuple[str, ...]
    tags: tuple[str, ...]
    n_idle_types: int
    n_idle_tags: int
    n_deleters: int


def build_settings(phones: Sequence[str], n_tasks: int, n_tags: int) -> Settings:
    """Build the tables; the first of `phones` belongs to a user, and is on contacts too."""
    users = _users(phones)
    types = _TASK_TYPES[: max(n_tasks, 0)]
    tags = _TAGS[: max(n_tags, 0)]
    rows: dict[str, list[Row]] = {
        "users": users,
        "user_rights": _rights(users),
        "roles": [{"id": f"8{i}", "name": name} for i, name in enumerate(_ROLES, 1)],
        "pipelines": pipeline_rows(PIPELINES),
        "statuses": stage_rows(PIPELINES),
        "loss_reasons": _numbered(LOSS_REASONS, 5001),
        "sources": [
            {"id": str(9001 + i), "name": name, "pipeline_id": list(PIPELINES)[i % 3]}
            for i, name in enumerate(SOURCES)
        ],
        "task_types": _task_types((*types, *_IDLE_TASK_TYPES)),
        "tags": _tags((*tags, *_IDLE_TAGS), "deal", 40_001)
        + _tags(CONTACT_TAGS, "contact", 41_001),
        "fields": _fields(),
        "field_enums": _enums(),
        "field_statuses": [
            {
                "entity": "deal",
                "field_id": id_,
                "pipeline_id": line,
                "status_id": status_of(line, at),
            }
            for id_, line, at in REQUIRED
        ],
        "user_groups": [{"id": id_, "name": name} for id_, name in _GROUPS.items()],
        "webhooks": _webhooks(),
        "widgets": [
            {"id": str(7_001 + i), "name": name, "is_active": i < _ACTIVE_WIDGETS}
            for i, name in enumerate(_WIDGETS)
        ],
        "unsorted": [],  # its deals would be of the state "unsorted", and the audit saw none
    }
    tables = {name: _table(name, values) for name, values in rows.items()}
    return Settings(
        tables=tables,
        owners=tuple(tables["users"]["id"]),
        task_types=tuple(tables["task_types"]["id"][: len(types)]),
        tags=tags,
        n_idle_types=len(_IDLE_TASK_TYPES),
        n_idle_tags=len(_IDLE_TAGS),
        n_deleters=N_ADMINS + N_DELETERS,
    )


def _table(name: str, rows: list[Row]) -> pl.DataFrame:
    contract = SNAPSHOT_TABLES[name]
    return (
        contract.conform(pl.DataFrame(rows, infer_schema_length=None)) if rows else contract.empty()
    )


def user_id(place: int) -> str:
    """Return the id of the user at `place`: first the administrators, last those who left."""
    return str(1_200_001 + 7 * place)


def _users(phones: Sequence[str]) -> list[Row]:
    women = [i % 3 != 0 for i in range(N_USERS)]
    users: list[Row] = []
    for i, woman in enumerate(women):
        given = (words.FEMALE_NAMES if woman else words.MALE_NAMES)[i]
        surname = (words.FEMALE_SURNAMES if woman else words.MALE_SURNAMES)[3 * i + 5]
        users.append(
            {
                "id": user_id(i),
                "name": f"{given} {surname}",
                "email": f"{words.latin(surname)}@krovlya-demo58.ru",
                "phone": phones[i] if i < len(phones) else None,
                "role_id": None if i < N_ADMINS else f"8{i % 3 + 1}",
                "group_id": str(300_001 + i % 3),
                "is_admin": i < N_ADMINS,
                "is_active": i < N_USERS - N_INACTIVE,
            }
        )
    return users


def _rights(users: list[Row]) -> list[Row]:
    """Give admins everything, some managers the right to delete, all but the fired the rest."""
    rows: list[Row] = []
    for i, user in enumerate(users):
        may_delete = N_ADMINS <= i < N_ADMINS + N_DELETERS
        for place, entity in enumerate(("contact", "company", "deal")):
            scopes = dict.fromkeys(("view", "edit", "add"), "group" if i % 2 else "all")
            # Some may delete one kind of record only, and only their own.
            deletes = may_delete and (i % 3 == 0 or place == i % 3)
            scopes |= {"delete": "own" if deletes else "denied", "export": "denied"}
            if i < N_ADMINS or user["is_active"] is False:
                scopes = dict.fromkeys(scopes, "all" if i < N_ADMINS else "denied")
            rows += [
                {"user_id": user["id"], "entity": entity, "action": action, "scope": scope}
                for action, scope in scopes.items()
            ]
        # Deleting tasks is no danger to the client base, and is not counted.
        task = "all" if i % 4 == 0 and user["is_active"] else "denied"
        rows += [
            {"user_id": user["id"], "entity": "task", "action": action, "scope": task}
            for action in ("edit", "delete")
        ]
        mail = "all" if i < N_ADMINS or (user["is_active"] and i % 3 == 0) else "denied"
        rows.append({"user_id": user["id"], "entity": "mail", "action": "access", "scope": mail})
    return rows


def pipeline_rows(lines: Lines, *, first: int = 0) -> list[Row]:
    """Return the rows of `pipelines`, from the place `first` on; the very first is the main one."""
    return [
        {"id": id_, "name": name, "sort": i, "is_main": i == 0, "is_archive": False}
        for i, (id_, (name, _)) in enumerate(lines.items(), first)
    ]


def stage_rows(lines: Lines) -> list[Row]:
    """Return the rows of `statuses`: the stages of each pipeline between the CRM's own."""
    rows: list[Row] = []
    for pipeline, (_, stages) in lines.items():
        names = [(f"{pipeline}0", UNSORTED, "unsorted")]
        names += [(status_of(pipeline, i), stage, "open") for i, stage in enumerate(stages)]
        names += [(WON, WON_NAME, "won"), (LOST, LOST_NAME, "lost")]
        rows += [
            {"pipeline_id": pipeline, "id": id_, "name": name, "sort": i, "state": state}
            for i, (id_, name, state) in enumerate(names)
        ]
    return rows


def status_of(pipeline: str, stage: int) -> str:
    """Return the id of an open stage of `pipeline`, the first one being 0."""
    return f"{pipeline}{stage + 1}"


def _fields() -> list[Row]:
    return [
        {
            "entity": entity,
            "id": id_,
            "name": name,
            "code": code or None,
            "type": type_,
            "sort": i,
            "is_api_only": id_ == VISIT,
            "is_computed": False,
        }
        for i, (entity, id_, name, code, type_) in enumerate(_FIELDS)
    ]


def _enums() -> list[Row]:
    """Return the labels of numbers and addresses, shared by both kinds of cards, and the lists."""
    labels = [("PHONE", at, label) for at, label in enumerate(PHONE_LABELS)]
    labels += [("EMAIL", 10 + at, label) for at, label in enumerate(EMAIL_LABELS)]
    rows: list[Row] = [
        {"entity": entity, "field_id": id_, "id": str(4_800_001 + 2 * at), "value": label,
         "code": label, "sort": 2 * (at % 10) + 2}
        for entity in ("contact", "company")
        for id_, at, label in labels
    ]  # fmt: skip
    return rows + [
        {"entity": "deal", "field_id": WHENCE, "id": WHENCE_IDS[text], "value": text, "sort": at}
        for at, text in enumerate(WHENCE_TEXTS)
    ]


def _webhooks() -> list[Row]:
    return [
        {"id": str(6_001 + at), "destination": f"https://{place}", "events": events,
         "is_disabled": is_off}
        for at, (place, events, is_off) in enumerate(_WEBHOOKS)
    ]  # fmt: skip


def _numbered(names: Sequence[str], start: int) -> list[Row]:
    return [{"id": str(start + i), "name": name, "sort": i} for i, name in enumerate(names)]


def _task_types(names: Sequence[str]) -> list[Row]:
    codes = {"Связаться": "FOLLOW_UP", "Встреча": "MEETING"}
    own = [str(i + 1) if name in codes else str(2_000_000 + i) for i, name in enumerate(names)]
    return [
        {"id": id_, "name": name, "code": codes.get(name)}
        for id_, name in zip(own, names, strict=True)
    ]


def _tags(names: Sequence[str], entity: str, start: int) -> list[Row]:
    return [{"id": str(start + i), "entity": entity, "name": name} for i, name in enumerate(names)]
