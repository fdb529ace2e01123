"""A small account with some of everything, whose tables a test may replace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.language import use

READ_TO = datetime(2024, 5, 1, 12, tzinfo=UTC)
DAY = datetime(2024, 4, 30, tzinfo=UTC)
ROWS: dict[str, list[dict[str, object]]] = {
    "contacts": [
        {"id": "1", "owner_id": "u1", "created_at": DAY, "updated_at": DAY, "is_deleted": False},
        {"id": "2", "owner_id": "u1", "created_at": DAY, "updated_at": DAY, "is_deleted": False},
        {"id": "3", "owner_id": "u1", "created_at": DAY, "updated_at": DAY, "is_deleted": True},
    ],
    "companies": [],
    "deals": [
        {"id": "10", "price": 100.0, "pipeline_id": "p1", "status_id": "s2", "state": "open",
         "owner_id": "u1", "source_id": "so1", "created_at": DAY, "is_deleted": False},
        {"id": "11", "pipeline_id": "p1", "status_id": "143", "state": "lost",
         "loss_reason_id": "r1", "created_at": DAY, "is_deleted": False},
    ],
    "channels": [
        {"entity": "contact", "record_id": "1", "kind": "phone", "raw": "+79160000001",
         "field_id": "PHONE", "position": 0},
    ],
    "field_values": [
        {"entity": "contact", "record_id": "1", "field_id": "f1", "raw": "red", "enum_id": "e1"},
        {"entity": "contact", "record_id": "3", "field_id": "f1", "raw": "red", "enum_id": "e1"},
    ],
    "record_tags": [{"entity": "contact", "record_id": "1", "tag": "vip"}],
    "tasks": [{"id": "t1", "task_type_id": "tt1", "created_at": DAY}],
    "users": [
        {"id": "u1", "name": "Anna", "email": "anna@firm.example", "phone": "+79990000000",
         "role_id": "ro1", "group_id": "g1", "is_admin": False, "is_active": True},
        {"id": "u2", "name": "Boris", "group_id": "g1", "is_admin": True, "is_active": True},
    ],
    "user_rights": [
        {"user_id": "u1", "entity": "contact", "action": "view", "scope": "all"},
        {"user_id": "u1", "entity": "contact", "action": "export", "scope": "denied"},
    ],
    "user_groups": [{"id": "g1", "name": "Sales"}],
    "roles": [{"id": "ro1", "name": "Manager"}, {"id": "ro2", "name": "Clerk"}],
    "pipelines": [{"id": "p1", "name": "Main", "sort": 1, "is_main": True, "is_archive": False}],
    "statuses": [
        {"pipeline_id": "p1", "id": "s1", "name": "New", "sort": 10, "state": "open"},
        {"pipeline_id": "p1", "id": "s2", "name": "Offer", "sort": 20, "state": "open"},
        {"pipeline_id": "p1", "id": "s3", "name": "Contract", "sort": 30, "state": "open"},
        {"pipeline_id": "p1", "id": "143", "name": "Lost", "sort": 40, "state": "lost"},
    ],
    "loss_reasons": [{"id": "r1", "name": "Dear", "sort": 1}],
    "tags": [
        {"id": "g1", "entity": "contact", "name": "vip"},
        {"id": "g2", "entity": "deal", "name": "idle"},
    ],
    "task_types": [{"id": "tt1", "name": "Call", "code": "FOLLOW_UP"}],
    "fields": [
        {"id": "PHONE", "entity": "contact", "name": "Phone", "code": "PHONE",
         "type": "multitext", "sort": 0, "is_api_only": False, "is_computed": False},
        {"id": "f1", "entity": "contact", "name": "Colour", "type": "select", "sort": 1,
         "is_api_only": False, "is_computed": False},
    ],
    "field_enums": [
        {"entity": "contact", "field_id": "f1", "id": "e1", "value": "red", "sort": 2},
        {"entity": "contact", "field_id": "f1", "id": "e2", "value": "blue", "sort": 1},
    ],
    "field_statuses": [
        {"entity": "contact", "field_id": "f1", "pipeline_id": "p1", "status_id": "s2"}
    ],
    "sources": [{"id": "so1", "name": "Form", "pipeline_id": "p1"}],
    "webhooks": [
        {"id": "w1", "destination": "https://u:p@hook.example/in?token=abc",
         "events": "update_lead,add_lead", "is_disabled": False}
    ],
    "widgets": [{"id": "wi1", "name": "Phones", "is_active": True}],
    "unsorted": [],
}  # fmt: skip


@pytest.fixture(autouse=True)
def english():
    use("en")
    yield
    use("en")


@pytest.fixture
def make() -> Callable[..., Account]:
    """Return a builder of the account; a table given as None is one that was not read."""

    def build(
        at: datetime = READ_TO,
        not_read: dict[str, str] | None = None,
        **tables: list[dict[str, object]] | None,
    ) -> Account:
        rows = {name: value for name, value in (ROWS | tables).items() if value is not None}
        return Account(
            tables={name: _table(name, value).lazy() for name, value in rows.items()},
            crm="amocrm",
            account_id="77",
            host="firm.amocrm.ru",
            read_from=at,
            read_to=at,
            not_read=not_read or {},
            settings={"name": "Firm", "currency": "RUB"},
        )

    return build


def _table(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    contract = SNAPSHOT_TABLES[name]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else contract.empty()
    return contract.conform(frame)
