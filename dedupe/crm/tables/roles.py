"""The roles that a column may play, and the headers by which exports name them.

A role says what a column is to the engine. Phones, e-mails, sites and messengers are
recognised by the words of their header instead (`channel_headers.py`).

| role | fills | of |
| --- | --- | --- |
| id | the record's id | all |
| name | name (the full name of a person, the title of a deal) | cards, deals |
| first_name, last_name | the same; together the name, where none is given | contacts |
| middle_name, position, tax_id, birth_date, city, postcode | field_values so named | cards |
| address | field_values "address"; many columns may be one | cards |
| company, company_id | field_values "company"; the link to it | contacts, deals, tasks |
| phone, email, site, messenger | channels; many columns may be one | cards |
| owner, created_by | owner_id, created_by: the user's id, or the name as it stands | all |
| created_at, updated_at, closed_at, due_at | the same | all, deals, tasks |
| tags | record_tags, cut at commas; many columns may be one | cards, deals |
| is_deleted | the same | cards, deals |
| deals | links to deals, by id or name, cut at commas | cards |
| type | tells contacts from companies in one amoCRM export | cards |
| price, state | the same | deals |
| pipeline, status, loss_reason, source | their ids, or the names as they stand | deals |
| contact, contact_id | the link from the contact | deals, tasks |
| contact_first_name, contact_middle_name, contact_last_name | the contact's name in parts | deals |
| deal, deal_id, entity, record_id | the record that a task is on | tasks |
| task_type, text, result, is_completed | the same | tasks |
| field | nothing: the column is kept as it is, whatever its header says | all |

A role that fills a column of a record has one column. Several headers may name it: of
those in a table the best *rank* counts (a CRM's own wording before a general word), and
the others are kept as ordinary fields.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MANY = frozenset({"phone", "email", "site", "messenger", "tags", "address", "deals", "field", ""})
CHANNEL_ROLES = ("phone", "email", "site", "messenger")
# Kept as field_values under the role's own name; a second column is kept under its header.
FIELD_ROLES = (
    "middle_name",
    "company",
    "position",
    "tax_id",
    "birth_date",
    "address",
    "city",
    "postcode",
)

_COMMON = {
    "id": ("id|ид", "record id|rec id|external id|внешний id"),
    "owner": (
        "owner_id|responsible_user_id",
        "ответственный|ответственный пользователь|responsible user|responsible|owner",
        "менеджер|manager|assigned to|менеджер (id)|ответственный менеджер|куратор",
    ),
    "created_by": ("created_by", "кем создан|кем создана|кем создано|создал|автор|creator"),
    "created_at": (
        "created_at",
        "дата создания|created|creation date|date created|date create|создан|создана",
        "дата добавления|дата регистрации|registered at",
    ),
    "updated_at": (
        "updated_at",
        "дата редактирования|дата изменения|date modified|last modified|modified|updated",
        "дата обновления|дата последнего изменения|изменен|изменена|last updated",
    ),
    "tags": (
        "теги|тэги|tags|теги сделки|теги контакта|теги компании|lead tags|contact tags"
        "|company tags",
        "тег|tag|метки|метка|labels",
    ),
    "is_deleted": ("is_deleted", "удален|удалена|deleted"),
}
_CARD = _COMMON | {
    "first_name": ("first_name|given name|firstname|имя контакта (имя)", "forename"),
    "last_name": ("фамилия|last_name|surname|family name|lastname", "фамилия контакта"),
    "middle_name": ("отчество|middle_name|patronymic|second name", "отчество контакта"),
    "position": ("должность|position|job title", "post|должность контакта"),
    "tax_id": ("инн|inn|tax id|taxid", "tin|vat|vat number|реквизит (россия): инн|инн компании"),
    "birth_date": ("дата рождения|birth_date|день рождения|birthday|date of birth|dob",),
    "address": ("адрес|address|адрес в текстовом виде|address text",),
    "city": ("город|city", "населенный пункт|town"),
    "postcode": ("индекс|postcode|почтовый индекс|zip|zip code|postal code|индекс адреса",),
    "deals": ("сделки|deals|leads", "сделка|deal|lead"),
    "type": ("тип|type",),
}
_CONTACT = _CARD | {
    "id": (
        *_COMMON["id"],
        "id контакта|contact id|id клиента|customer id|client id|внешний id клиента",
    ),
    "name": (
        "имя/полное имя|полное имя|full name|фио|name|имя контакта|фио контакта|contact name",
        "контактное лицо|contact person|фамилия имя отчество|фамилия имя|имя фамилия"
        "|имя и фамилия|фамилия и имя|фио клиента|имя клиента|customer name|client name",
        "контакт|contact|клиент|client|customer|покупатель|название|наименование|person|title",
    ),
    "company": (
        "компания|название компании|company|company name",
        "организация|наименование компании|наименование организации|название организации"
        "|organization|organisation|компания контакта|фирма|employer",
        "юр лицо|юридическое лицо|место работы|контрагент",
    ),
    "company_id": ("company_id|id компании|компания id",),
    "created_by": (*_COMMON["created_by"], "кем создан контакт"),
    "created_at": ("created_at|дата создания контакта|contact created", *_COMMON["created_at"][1:]),
}
_COMPANY = _CARD | {
    "id": (*_COMMON["id"], "id компании|company id"),
    "name": (
        "название компании|company name|name|имя/полное имя",
        "компания|company|название|наименование|наименование компании|название организации"
        "|наименование организации",
        "организация|фирма|organization|organisation|полное имя|имя|юридическое лицо|юр лицо"
        "|контрагент|клиент|client|customer|title|full name",
    ),
    "created_by": (*_COMMON["created_by"], "кем создана компания", "кем создан контакт"),
    "created_at": (
        "created_at|дата создания компании|company created",
        *_COMMON["created_at"][1:],
        "дата создания контакта|contact created",  # amoCRM's export of both cards
    ),
}
_DEAL = _COMMON | {
    "id": (*_COMMON["id"], "id сделки|deal id|lead id|внешний id заказа|order id"),
    "name": (
        "название сделки|lead title|lead name|deal name|deal title|name",
        "сделка|название|наименование|title|deal|lead",
        "номер заказа|order number|number|тема",
    ),
    "price": (
        "бюджет|бюджет сделки|budget|price|sale|lead sale|lead value|lead budget",
        "сумма|сумма сделки|сумма заказа|amount|deal value|opportunity|total",
        "стоимость|цена|sum",
    ),
    "pipeline": ("pipeline_id", "воронка|pipeline|воронка сделки|lead pipeline", "направление"),
    "status": (
        "status_id",
        "этап сделки|стадия сделки|lead status|lead stage|deal stage|статус заказа",
        "этап|стадия|stage|pipeline stage|статус сделки|этап воронки",
        "статус|status",
    ),
    "state": ("state", "состояние|состояние сделки"),
    "loss_reason": (
        "loss_reason_id",
        "причина отказа|loss reason|lost reason",
        "причина закрытия|причина проигрыша|причина потери|причина отмены",
    ),
    "source": ("source_id", "источник сделки|lead source|deal source", "источник|source"),
    "closed_at": ("closed_at|дата закрытия|closed", "дата закрытия сделки|close date|closing date"),
    "contact": (
        "полное имя контакта|основной контакт|main contact|contact full name|contact's full name",
        "контакт|contact|имя контакта|contact name|фио контакта",
        "фио|клиент|фио клиента|покупатель|customer|client|full name",
    ),
    "contact_first_name": ("имя|first name",),
    "contact_middle_name": ("отчество|patronymic|middle name",),
    "contact_last_name": ("фамилия|last name",),
    "contact_id": ("contact_id|контакт id|id контакта", "id клиента|внешний id клиента"),
    "company": ("компания|company|company name|название компании", "организация"),
    "company_id": ("company_id|id компании|компания id",),
    "created_by": (*_COMMON["created_by"], "кем создана сделка"),
    "created_at": (
        "created_at|дата создания сделки|lead created|date of creation",
        *_COMMON["created_at"][1:],
        "дата оформления заказа",
    ),
}
_TASK = _COMMON | {
    # Not "record id": that is the record which the task is on.
    "id": ("id|ид", "id задачи|task id|external id|внешний id"),
    "entity": ("entity|entity type", "тип сущности|сущность|объект"),
    "record_id": ("record_id|entity_id|element id", "id сущности|id объекта"),
    "task_type": ("task_type_id", "тип задачи|task type", "тип|type"),
    "text": ("текст задачи|task text|text", "текст|задача|task|описание|комментарий|название"),
    "result": ("результат|result|результат задачи|task result",),
    "due_at": (
        "due_at|complete till|дата исполнения|дата выполнения|due date|deadline|крайний срок",
        "срок|срок выполнения|дедлайн|due|срок исполнения",
    ),
    "is_completed": ("is_completed", "выполнена|завершена|completed|done", "статус|status"),
    "deal": ("сделка|deal|lead", "название сделки"),
    "deal_id": ("deal_id|id сделки|lead id|сделка id",),
    "contact": ("контакт|contact", "полное имя контакта|имя контакта"),
    "contact_id": ("contact_id|id контакта|контакт id",),
    "company": ("компания|company", "название компании"),
    "company_id": ("company_id|id компании|компания id",),
    "created_by": (*_COMMON["created_by"], "кем создана задача", "постановщик"),
    "created_at": (
        "created_at|дата создания задачи",
        *_COMMON["created_at"][1:],
        "дата постановки",
    ),
}

HEADERS = {"contacts": _CONTACT, "companies": _COMPANY, "deals": _DEAL, "tasks": _TASK}
ROLE_NAMES = tuple(dict.fromkeys([*_CONTACT, *CHANNEL_ROLES, *_COMPANY, *_DEAL, *_TASK, "field"]))


def header_key(header: str) -> str:
    """Reduce a header to what its spellings share: letters and digits, lower case, ё as е.

    >>> header_key(" E-Mail "), header_key("Ф.И.О."), header_key("Отчётный № 2")
    ('email', 'фио', 'отчетныйno2')
    """
    plain = unicodedata.normalize("NFKC", header).casefold().replace("ё", "е")
    return re.sub(r"[\W_]+", "", plain)


@cache
def roles_by_key(kind: str) -> dict[str, tuple[str, int]]:
    """Return the role and the rank of each known header key of one kind of table."""
    return {
        header_key(header): (role, rank)
        for role, ranks in reversed(HEADERS[kind].items())
        for rank, headers in reversed(list(enumerate(ranks)))
        for header in headers.split("|")
    }


@cache
def known_keys() -> frozenset[str]:
    """Return the header keys that some kind of table is known to have."""
    return frozenset(key for kind in HEADERS for key in roles_by_key(kind)) | {"имя"}
