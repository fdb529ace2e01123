"""A small scan to sample from."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from dedupe.contracts import FINDINGS, PAIRS, SNAPSHOT_TABLES, Account
from dedupe.language import use

AT = datetime(2024, 3, 1, 10, tzinfo=UTC)
LATER = datetime(2024, 3, 20, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english():
    use("en")
    yield
    use("en")


def table(name: str, rows: list[dict[str, object]]) -> pl.LazyFrame:
    contract = SNAPSHOT_TABLES[name]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else contract.empty()
    return contract.conform(frame).lazy()


def findings(n: int, code: str = "LST301", entity: str = "deal", **more: object) -> pl.DataFrame:
    rows = [{"code": code, "entity": entity, "record_id": str(n), **more} for n in range(1, n + 1)]
    return FINDINGS.conform(pl.DataFrame(rows))


def pairs(*rows: tuple[str, str, str]) -> pl.DataFrame:
    frame = pl.DataFrame(
        [{"entity": "contact", "left_id": a, "right_id": b, "tier": tier} for a, b, tier in rows]
    )
    return PAIRS.conform(frame)


@pytest.fixture
def account() -> Account:
    """Return 60 deals: two thirds of u1, the rest of u2, the last one of nobody."""
    deals = [
        {"id": str(n), "name": f"Иванов {n}", "price": 10.0 * n, "state": "lost",
         "owner_id": "u1" if n <= 40 else "u2" if n < 60 else None,
         "created_at": AT, "closed_at": LATER, "is_deleted": False}
        for n in range(1, 61)
    ]  # fmt: skip
    return Account(
        tables={
            "deals": table("deals", deals),
            "contacts": table("contacts", [{"id": "c1", "name": "Пётр", "is_deleted": False}]),
            "users": table("users", [{"id": "u1", "name": "Anna"}, {"id": "u2", "name": "Boris"}]),
            "links": table("links", [{"from_entity": "contact", "from_id": "c1",
                                      "to_entity": "deal", "to_id": "1"}]),
        },
        crm="amocrm",
        account_id="77",
        host="firm.amocrm.ru",
    )  # fmt: skip
