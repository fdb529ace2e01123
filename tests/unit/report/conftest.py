"""A small made-up scan that the report's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

from dedupe import language
from dedupe.audit.registry import Check
from dedupe.contracts import FINDINGS, CheckResult, Note, Summary
from dedupe.report.content import CARD_FACTS, Content

AT = datetime(2026, 11, 21, 16, 20, tzinfo=UTC)
SECRETS = ("+79060000001", "ivan@example.org", "Иван Примеров")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    language.use("en")
    yield
    language.use("en")


def make_check(code: str, severity: str, title: str, *entities: str, repair: str = "list") -> Check:
    return Check(
        code=code,
        severity=severity,
        needs={entity: ("contacts", f"channels.{entity}.phone") for entity in entities},
        repair=repair,
        title=title,
        definition=f"What {code} counts.",
        risk=f"The risk of {code}.",
        advice=f"The advice of {code}.",
        run=None,
    )


@pytest.fixture
def checks() -> dict[str, Check]:
    made = (
        make_check("CNT001", "info", "Contacts", "contact", repair="none"),
        make_check("DUP101", "error", "Shared phone", "contact", "company", repair="review"),
        make_check("EML202", "info", "Address twice", "contact", repair="auto"),
        make_check("PHN301", "warning", "Unreadable phone", "contact"),
        make_check("TSK101", "error", "Open deals, no task", "deal"),
        make_check("TSK301", "info", "Idle task types", "task_type"),
        make_check("USR103", "warning", "May delete", "user"),
    )
    return {check.code: check for check in made}


def result(code: str, entity: str, found: int, base: int, groups: int | None = None) -> CheckResult:
    return CheckResult(
        code=code,
        entity=entity,
        status="checked",
        found=found,
        groups=groups,
        extra=None if groups is None else found - groups,
        base=base,
        share=found / base,
    )


def missed(code: str, entity: str, reason: str) -> CheckResult:
    return CheckResult(code=code, entity=entity, status="not_checked", reason=reason)


@pytest.fixture
def summary() -> Summary:
    return Summary(
        scan_id="s-1",
        crm="amocrm",
        account_id="77",
        host="demo.amocrm.ru",
        source="/home/someone/export",
        data_from=None,
        data_to=AT,
        scanned_at=AT,
        counts={
            "contacts": 1200,
            "companies": 30,
            "deals": 100,
            "deals_open": 20,
            "deals_won": 30,
            "deals_lost": 50,
            "deals_unsorted": 0,
            "tasks": None,
            "users": 4,
        },
        checks=(
            result("CNT001", "contact", 0, 1200),
            result("DUP101", "contact", 5, 1200, groups=2),
            result("DUP101", "company", 2, 30, groups=1),
            result("EML202", "contact", 0, 1200),
            result("PHN301", "contact", 3, 1200),
            result("TSK101", "deal", 12, 20),
            missed("TSK301", "task_type", "no data: tasks, task_types"),
            missed("USR103", "user", "no data: user_rights"),
        ),
        notes=(
            Note(code="bad_date", where="deals.created_at", n=3),
            Note(code="unheard_of", where="people.csv", n=2),
        ),
        timings={"audit": 0.123456},
        versions={"crmclean": "0.1.0"},
    )


def finding(
    code: str, entity: str, record_id: str, group: str | None = None, severity: str = "error"
) -> dict[str, str | None]:
    return {
        "code": code,
        "entity": entity,
        "record_id": record_id,
        "group": group,
        "field": "phone",
        "value": f"{SECRETS[0]} {SECRETS[2]}",
        "proposal": SECRETS[1],
        "severity": severity,
    }


def frame(rows: list[dict[str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=FINDINGS.schema)


@pytest.fixture
def findings() -> pl.DataFrame:
    return frame(
        [
            *(finding("DUP101", "contact", i, "9") for i in ("9", "10", "11")),
            *(finding("DUP101", "contact", i, "20") for i in ("20", "21")),
            *(finding("DUP101", "company", i, "3") for i in ("3", "4")),
            finding("PHN301", "contact", "10", "text", "warning"),
            finding("PHN301", "contact", "31", "text", "warning"),
            finding("PHN301", "contact", "32", "too_short", "warning"),
            *(finding("TSK101", "deal", str(i)) for i in range(12)),
        ]
    )


def cards(*rows: tuple[str, str, str, str]) -> pl.LazyFrame:
    """Records as reports know them: entity, id, name, owner."""
    told = [dict(zip(("entity", "record_id", "name", "owner"), row, strict=True)) for row in rows]
    return pl.LazyFrame(told, schema=CARD_FACTS)


@pytest.fixture
def content(summary: Summary, findings: pl.DataFrame, checks: dict[str, Check]) -> Content:
    named = cards(
        ("contact", "10", SECRETS[2], "Анна Ли"),
        ("contact", "9", "Ольга", "Анна Ли"),
        ("deal", "0", "Сделка для Иван Примеров", "77"),
        ("user", "77", "Пётр Петров", ""),
    )
    return Content(summary=summary, findings=findings.lazy(), cards=named, registry=checks)
