"""Fictional answers in the shapes that amoCRM documents; used by the tests of this folder."""

from __future__ import annotations

import json
from typing import Any

HOST = "https://example.amocrm.ru"
AT = 1_591_000_000  # June 2020


def page(key: str, *items: Any, more: bool = False, **extra: Any) -> bytes:
    links = {"self": {"href": f"{HOST}/api/v4/{key}?limit=250&page=1"}}
    if more:
        links["next"] = {"href": f"{HOST}/api/v4/{key}?limit=250&page=2"}
    document = {"_page": 1, "_links": links, "_embedded": {key: list(items)}, **extra}
    return json.dumps(document, ensure_ascii=False).encode()


def phone(value: Any, code: str = "WORK", **extra: Any) -> dict[str, Any]:
    return field(3, {"value": value, "enum_id": 1, "enum_code": code}, code="PHONE", **extra)


def email(value: Any, code: str = "WORK") -> dict[str, Any]:
    return field(5, {"value": value, "enum_id": 11, "enum_code": code}, code="EMAIL")


def field(
    number: Any, *values: Any, code: str | None = None, type_: str | None = None, name: str = "Поле"
) -> dict[str, Any]:
    return {
        "field_id": number,
        "field_name": name,
        "field_code": code,
        "field_type": type_ or ("multitext" if code in ("PHONE", "EMAIL", "IM") else "text"),
        "values": list(values),
    }


def contact(id_: Any = 7, *fields: Any, **facts: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": id_,
        "name": "Анна Ветрова",
        "first_name": "Анна",
        "last_name": "Ветрова",
        "responsible_user_id": 504141,
        "group_id": 0,
        "created_by": 0,
        "updated_by": 504141,
        "created_at": AT,
        "updated_at": AT + 60,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": list(fields) or None,
        "account_id": 28805383,
        "_links": {"self": {"href": f"{HOST}/api/v4/contacts/{id_}"}},
        "_embedded": {
            "tags": [{"id": 1, "name": "клиент", "color": None}],
            "companies": [{"id": 90, "_links": {"self": {"href": f"{HOST}/api/v4/companies/90"}}}],
        },
    }
    return told | facts


def lead(id_: Any = 70, **facts: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": id_,
        "name": "Замер",
        "price": 12,
        "responsible_user_id": 504141,
        "group_id": 0,
        "status_id": 143,
        "pipeline_id": 3104455,
        "loss_reason_id": 4203748,
        "source_id": None,
        "created_by": 504141,
        "updated_by": 504141,
        "created_at": AT,
        "updated_at": AT + 60,
        "closed_at": AT + 60,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "score": None,
        "account_id": 28805383,
        "_embedded": {
            "tags": [{"id": 100, "name": "опт", "color": None}],
            "loss_reason": [{"id": 4203748, "name": "Дорого", "sort": 100000}],
            "companies": [{"id": 90}],
            "contacts": [{"id": 7, "is_main": True}, {"id": 8, "is_main": False}],
            "source": {"id": 1876532, "name": "API"},
        },
    }
    return told | facts
