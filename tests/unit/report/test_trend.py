"""The history of scans: remembered, found again, robust to damage and to folders that are gone."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dedupe.contracts import Health
from dedupe.errors import InputError, StorageError
from dedupe.report.trend import (
    account_key,
    find_scan,
    health_trend,
    namesake,
    predecessor,
    read_history,
    read_trend,
    remember_scan,
)

from .conftest import AT, result
from .scans import put_scan


@pytest.fixture
def put(tmp_path, summary, findings):
    """Make the scan of a day, remembered unless told not to."""

    def make(day: int, *, place: str = "", scan_place: str = "", remember: bool = True, **changed):
        at = AT + timedelta(days=day)
        health = Health(cards=10, clean=day, by_entity={"contact": (day, 10)})
        told = replace(
            summary, scan_id=f"s-2026{day:04}", scanned_at=at, data_to=at, health=health, **changed
        )
        told = replace(told, place=scan_place)
        folder = tmp_path / (place or f"scans/{told.scan_id}")
        put_scan(folder, told, findings)
        if remember:
            remember_scan(tmp_path, told, folder)
        return told

    return make


def test_a_trend_is_of_one_account_the_oldest_first(tmp_path, put) -> None:
    second, first = put(2), put(1)
    put(3, host="other.amocrm.ru")
    trend = read_trend(tmp_path, account_key(first))
    assert [point.scan_id for point in trend] == [first.scan_id, second.scan_id]
    assert trend[0].health == first.health
    assert trend[0].found["DUP101", "contact"] == 5
    assert trend[0].found["TSK301", "task_type"] is None
    assert (trend[0].scanned_at, trend[0].data_to) == (first.scanned_at, first.data_to)
    assert len(read_history(tmp_path)) == 3


def test_a_trend_of_healths_is_of_scans_that_counted_the_same_checks(tmp_path, put) -> None:
    grave = [replace(result("A", "contact", 1, 2), severity="error")]
    hint = replace(result("B", "contact", 1, 2), severity="info")
    first = put(1, checks=tuple(grave))
    put(2, checks=())
    put(3, checks=(replace(grave[0], found=None, status="not_checked"),))
    put(4, checks=(*grave, replace(hint, severity="warning")))
    last = put(5, checks=(*grave, hint), place="elsewhere")
    shutil.rmtree(tmp_path / "scans" / first.scan_id)
    points = health_trend(read_history(tmp_path), last)
    assert [point.scan_id for point in points] == [first.scan_id, last.scan_id]


def test_a_trend_outlives_its_folders(tmp_path, put) -> None:
    told = put(1)
    shutil.rmtree(tmp_path / "scans" / told.scan_id)
    (point,) = read_trend(tmp_path, account_key(told))
    assert point.health == told.health
    assert not point.holds()


def test_scans_without_a_line_are_read_from_their_folders(tmp_path, put) -> None:
    told = put(1, remember=False)
    (point,) = read_trend(tmp_path, account_key(told))
    assert (point.scan_id, point.health) == (told.scan_id, told.health)


def test_the_predecessor_is_the_newest_earlier_one_that_is_still_there(tmp_path, put) -> None:
    old, gone, last = put(1), put(2), put(3)
    put(4, host="other.amocrm.ru")
    assert predecessor(tmp_path, last) == tmp_path / "scans" / gone.scan_id
    shutil.rmtree(tmp_path / "scans" / gone.scan_id)
    assert predecessor(tmp_path, last) == tmp_path / "scans" / old.scan_id
    assert predecessor(tmp_path, old) is None


def test_a_folder_that_holds_another_scan_by_now_is_passed_over(tmp_path, put) -> None:
    first = put(1, place="out")
    second = put(2, place="out")
    assert predecessor(tmp_path, replace(first, scan_id="s-9", scanned_at=AT)) is None
    third = replace(second, scan_id="s-3", scanned_at=second.scanned_at + timedelta(days=1))
    assert predecessor(tmp_path, third) == tmp_path / "out"
    with pytest.raises(InputError, match="the folder of this scan is gone"):
        find_scan(Path(first.scan_id), tmp_path)


def test_files_are_one_account_by_their_name(summary) -> None:
    one = replace(summary, crm="tables", source="people.csv", host="", account_id="")
    assert account_key(one) == account_key(replace(one, scan_id="s-2"))
    assert account_key(one) != account_key(replace(one, source="others.csv"))
    assert account_key(summary) != account_key(replace(summary, account_id="78"))


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"schema": "crmclean.history/9"}',
        b'{"schema": "crmclean.history/1"}', b"[" * 5000, b"x" * (2 << 20),
        b'{"schema": "crmclean.history/1", "scan_id": "s", "account": "a", "scanned_at": "x",'
        b' "data_to": null, "folder": "f", "health": null, "checks": []}',
        b'{"schema": "crmclean.history/1", "scan_id": "s", "account": "a",'
        b' "scanned_at": "2026-01-01T00:00:00+00:00", "data_to": null, "folder": "f",'
        b' "health": {"x": [1]}, "checks": []}',
    ],
)  # fmt: skip
def test_a_damaged_line_hides_no_other(tmp_path, put, line) -> None:
    told = put(1)
    shutil.rmtree(tmp_path / "scans" / told.scan_id)
    index = tmp_path / "scans" / "index.jsonl"
    index.write_bytes(line + b"\n" + index.read_bytes() + line)  # the last one is cut off
    late = put(2)
    assert [point.scan_id for point in read_history(tmp_path)] == [told.scan_id, late.scan_id]


def test_the_index_is_private_and_only_grows(tmp_path, put) -> None:
    put(1)
    index = tmp_path / "scans" / "index.jsonl"
    before = index.read_bytes()
    put(2)
    assert index.read_bytes().startswith(before)
    assert stat.S_IMODE(index.stat().st_mode) == 0o600
    assert [json.loads(line)["schema"] for line in index.read_bytes().splitlines()] == [
        "crmclean.history/1"
    ] * 2


def test_a_state_folder_that_can_not_be_written_is_told(tmp_path, summary) -> None:
    (tmp_path / "scans").write_text("a file", encoding="utf-8")
    with pytest.raises(StorageError):
        remember_scan(tmp_path, summary, tmp_path)
    assert read_history(tmp_path) == []


def test_a_scan_is_found_by_folder_by_id_or_as_the_newest(tmp_path, put, monkeypatch) -> None:
    first, second = put(1), put(2, place="elsewhere")
    monkeypatch.chdir(tmp_path)
    assert find_scan(Path("elsewhere"), tmp_path) == Path("elsewhere")
    assert find_scan(Path(first.scan_id), tmp_path) == tmp_path / "scans" / first.scan_id
    assert find_scan(Path(second.scan_id), tmp_path) == tmp_path / "elsewhere"
    assert find_scan(None, tmp_path) == tmp_path / "elsewhere"
    assert find_scan(Path("no/such"), tmp_path) == Path("no/such")
    assert find_scan(Path("nothing"), tmp_path) == Path("nothing")


def test_no_scan_at_all_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="there is no scan yet"):
        find_scan(None, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_trend_leads_to_no_scan_with_other_options(tmp_path, put) -> None:
    settings = {"DUP101": "1", "PHN301": "1"}
    first, second = put(1, settings=settings), put(2, settings=settings | {"DUP101": "2"})
    older = put(3)  # of a version that kept no settings
    points = read_history(tmp_path)
    assert {p.scan_id for p in health_trend(points, first)} == {first.scan_id, older.scan_id}
    assert {p.scan_id for p in health_trend(points, second)} == {second.scan_id, older.scan_id}
    assert len(health_trend(points, older)) == 3


def test_a_trend_goes_on_where_the_options_of_hints_change(tmp_path, put) -> None:
    grave = put(1, settings={"DUP101": "1", "ANY999": "1"})
    other = put(2, settings={"DUP101": "1", "ANY999": "2"})
    points = read_history(tmp_path)
    assert len(health_trend(points, other)) == len(health_trend(points, grave)) == 2


def test_files_of_one_name_are_one_list_only_where_they_lie_in_one_place(tmp_path, put) -> None:
    told = {"crm": "tables", "host": "", "account_id": "people", "source": "people.csv"}
    here, there = "0123456789abcdef", "fedcba9876543210"
    first = put(1, **told, scan_place=here)
    second = put(2, **told, scan_place=there)
    third = put(3, **told, scan_place=here)
    assert predecessor(tmp_path, third).name == first.scan_id
    assert predecessor(tmp_path, second) is None
    assert namesake(tmp_path, second).scan_id == first.scan_id
    assert namesake(tmp_path, first) is None


def test_a_line_of_an_older_version_knows_the_name_of_files_alone(tmp_path, put) -> None:
    told = {"crm": "tables", "host": "", "account_id": "people", "source": "people.csv"}
    old = put(1, **told)
    new = put(2, **told, scan_place="0123456789abcdef")
    assert account_key(old) == "tables:people.csv"
    assert predecessor(tmp_path, new) is None
    assert namesake(tmp_path, new).scan_id == old.scan_id
    put(3, **{**told, "source": "people.csv2"})
    assert namesake(tmp_path, put(4, **told, scan_place="1" * 16)).scan_id == new.scan_id
