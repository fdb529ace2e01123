"""summary.json: its keys, its null, its moments and its numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from dedupe import language
from dedupe.audit.matches import LinkCounts, MatchCounts
from dedupe.contracts import Summary
from dedupe.errors import StorageError
from dedupe.report.json_file import summary_document, write_summary


def test_the_document_has_the_keys_of_its_schema(summary: Summary) -> None:
    document = summary_document(summary)
    assert document["schema"] == "crmclean.scan/1"
    assert list(document) == [
        "schema",
        "scan_id",
        "scanned_at",
        "account",
        "counts",
        "health",
        "baseline",
        "checks",
        "settings",
        "match",
        "notes",
        "timings",
        "versions",
    ]
    assert document["account"] == {
        "crm": "amocrm",
        "id": "77",
        "host": "demo.amocrm.ru",
        "source": "/home/someone/export",
        "snapshot": None,
        "data_from": None,
        "data_to": "2026-11-21T16:20:00+00:00",
        "currency": None,
        "timezone": None,
        "place": None,
    }
    assert document["timings"] == {"audit": 0.123}


def test_a_check_has_all_its_keys_and_null_where_nothing_was_read(summary: Summary) -> None:
    checks = summary_document(summary)["checks"]
    assert isinstance(checks, list)
    assert checks[1] == {
        "code": "DUP101",
        "entity": "contact",
        "status": "checked",
        "reason": "",
        "found": 5,
        "groups": 2,
        "extra": 3,
        "base": 1200,
        "share": 0.004167,
        "money": None,
        "severity": "",
        "is_count": False,
        "new": None,
        "fixed": None,
        "left": None,
    }
    assert checks[-1]["status"] == "not_checked"
    assert [checks[-1][key] for key in ("found", "groups", "extra", "base", "share")] == [None] * 5


def test_moments_keep_their_zone_and_naive_ones_are_utc(summary: Summary) -> None:
    moscow = datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=3)))
    shown = summary_document(replace(summary, data_from=datetime(2026, 1, 2), data_to=moscow))[
        "account"
    ]
    assert isinstance(shown, dict)
    assert shown["data_from"] == "2026-01-02T00:00:00+00:00"
    assert shown["data_to"] == "2026-01-02T03:04:00+03:00"


def test_the_file_is_utf8_the_same_twice_and_in_every_language(
    summary: Summary, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    summary = replace(summary, source="выгрузка")
    write_summary(summary, first)
    language.use("ru")
    write_summary(summary, second)
    assert first.read_bytes() == second.read_bytes()
    assert "выгрузка" in first.read_text(encoding="utf-8")
    assert first.read_bytes().endswith(b"}\n")
    assert json.loads(first.read_text(encoding="utf-8")) == summary_document(summary)


def test_a_folder_that_is_not_there_is_one_line(summary: Summary, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"summary\.json: can't be written: "):
        write_summary(summary, tmp_path / "absent" / "summary.json")


def test_matches_are_summed_over_the_entities(summary: Summary) -> None:
    contacts = MatchCounts(
        entity="contact", candidate_pairs=90, pairs=20, links=9, auto=3, review=4
    )
    companies = replace(contacts, entity="company", candidate_pairs=10, auto=1)
    assert summary_document(summary, [contacts, companies])["match"] == {
        "candidate_pairs": 100,
        "pairs": 40,
        "links": 18,
        "clusters": {"auto": 4, "review": 8},
    }
    linked = replace(contacts, between=LinkCounts(linked=7, ambiguous=1, unlinked=2))
    match = summary_document(summary, [linked])["match"]
    assert isinstance(match, dict)
    assert match["against"] == {"linked": 7, "ambiguous": 1, "unlinked": 2}
