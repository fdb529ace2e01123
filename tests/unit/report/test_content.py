"""What every report is made of: names of records, and the history of a check."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES, Account, Health
from dedupe.report.content import CARD_FACTS, Content, card_facts
from dedupe.report.trend import TrendPoint

from .conftest import AT, result


def table(name: str, *rows: dict[str, object]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema=SNAPSHOT_TABLES[name].schema)


def test_cards_have_name_owner_group_and_price() -> None:
    account = Account(
        tables={
            "contacts": table("contacts", {"id": "1", "name": "Ольга", "owner_id": "7"}),
            "deals": table("deals", {"id": "2", "name": "Крыша", "owner_id": "9", "price": 5.0}),
            "tasks": table("tasks", {"id": "3", "text": "Позвонить"}),
            "users": table("users", {"id": "7", "name": "Анна", "group_id": "70"}),
            "user_groups": table("user_groups", {"id": "70", "name": "Опт"}),
        }
    )
    rows = card_facts(account).collect()
    assert rows.schema == CARD_FACTS
    told = {row[:2]: (row[2], row[3], row[4], row[7]) for row in rows.iter_rows()}
    assert told == {
        ("contact", "1"): ("Ольга", "Анна", "Опт", None),
        ("deal", "2"): ("Крыша", "9", None, 5.0),  # an owner who is not among the users
        ("task", "3"): ("Позвонить", None, None, None),
        ("user", "7"): ("Анна", "Анна", "Опт", None),
    }


def test_an_account_without_tables_names_nobody() -> None:
    assert card_facts(Account(tables={})).collect().schema == CARD_FACTS


def test_only_the_cards_that_are_asked_for_are_read(content: Content) -> None:
    asked = pl.LazyFrame({"entity": ["contact", "deal"], "record_id": ["10", "10"]})
    assert content.cards_of(asked)["record_id"].to_list() == ["10"]


def test_history_ends_with_this_scan_and_knows_no_later_one(content: Content) -> None:
    def point(scan_id: str, days: int, found: int | None) -> TrendPoint:
        return TrendPoint(
            scan_id=scan_id,
            account="a",
            scanned_at=AT + timedelta(days=days),
            data_to=None,
            folder=Path("x"),
            health=Health(cards=4, clean=found or 0, by_entity={}),
            found={("TSK101", "deal"): found},
            grave=frozenset() if found is None else frozenset({("TSK101", "deal")}),
        )

    trend = (point("old", -9, 3), point("gap", -5, None), point("s-1", 0, 12), point("new", 5, 1))
    summary = replace(
        content.summary,
        health=Health(cards=2, clean=1, by_entity={}),
        checks=(result("TSK101", "deal", 12, 20),),
    )
    told = replace(content, summary=summary, trend=trend)
    assert told.found("TSK101", "deal") == [3, None, 12]
    assert told.found("XXX1", "deal") == []
    assert told.shares() == [0.75, 0.5]  # the health of fewer checks is another number
