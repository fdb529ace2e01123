"""A baseline file: what is compared with it, and what is never overwritten."""

from __future__ import annotations

import stat
from dataclasses import replace

import polars as pl
import pytest

from dedupe.audit.compare import KEYS
from dedupe.errors import InputError, StorageError
from dedupe.report.baseline import compare_scans, read_earlier, write_baseline

from .scans import put_scan


def test_a_baseline_is_as_good_as_the_scan_it_was_written_of(tmp_path, summary, findings) -> None:
    write_baseline(summary, findings, tmp_path / "base")
    file = read_earlier(tmp_path / "base")
    folder = read_earlier(put_scan(tmp_path / "scan", summary, findings))
    assert file.summary == folder.summary
    told = [compare_scans(each, summary, findings.head(3)) for each in (file, folder)]
    assert told[0].changes == told[1].changes
    assert told[0].records.equals(told[1].records)


def test_it_is_private_holds_ids_alone_and_is_the_same_for_the_same_scan(
    tmp_path, summary, findings
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write_baseline(summary, findings, one)
    write_baseline(summary, findings.reverse(), two)
    assert one.read_bytes() == two.read_bytes()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    assert pl.read_parquet(one).columns == list(KEYS)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one", "two"]


def test_only_a_baseline_is_overwritten(tmp_path, summary, findings) -> None:
    base, other = tmp_path / "base", tmp_path / "mine.parquet"
    write_baseline(summary, findings, base)
    write_baseline(replace(summary, scan_id="s-2"), findings, base)
    assert read_earlier(base).summary.scan_id == "s-2"
    findings.write_parquet(other)
    before = other.read_bytes()
    for place in (other, tmp_path):
        with pytest.raises(InputError, match="is not overwritten"):
            write_baseline(summary, findings, place)
    assert other.read_bytes() == before


def test_a_place_that_can_not_be_written_is_told(tmp_path, summary, findings) -> None:
    with pytest.raises(StorageError):
        write_baseline(summary, findings, tmp_path / "no" / "base")


def test_what_is_no_baseline_is_told(tmp_path, summary, findings) -> None:
    text, table = tmp_path / "a.txt", tmp_path / "b.parquet"
    text.write_text("hello", encoding="utf-8")
    findings.write_parquet(table)
    for place in (text, table):
        with pytest.raises(InputError, match="neither a scan's folder nor a baseline"):
            read_earlier(place)
    with pytest.raises(InputError, match="no scan"):
        read_earlier(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"crmclean.schema": "crmclean.baseline/2"}, "newer crmclean"),
        ({"crmclean.schema": "crmclean.baseline/1"}, "damaged"),
        ({"crmclean.schema": "crmclean.baseline/1", "crmclean.summary": "[]"}, "damaged"),
        ({"crmclean.schema": "crmclean.baseline/1", "crmclean.summary": "{}"}, "damaged"),
    ],
)
def test_damaged_and_newer_baselines_are_told(tmp_path, findings, metadata, message) -> None:
    findings.write_parquet(tmp_path / "base", metadata=metadata)
    with pytest.raises(InputError, match=message):
        read_earlier(tmp_path / "base")


def test_scans_of_two_accounts_are_not_compared(tmp_path, summary, findings) -> None:
    write_baseline(summary, findings, tmp_path / "base")
    earlier = read_earlier(tmp_path / "base")
    with pytest.raises(InputError, match=r"of two accounts: demo\.amocrm\.ru and other"):
        compare_scans(earlier, replace(summary, host="other.amocrm.ru"), findings)
    # Exports may be renamed from one to the next: only their user knows whose they are.
    files = replace(summary, crm="tables", source="may.csv")
    write_baseline(replace(files, source="june.csv"), findings, tmp_path / "base")
    assert compare_scans(read_earlier(tmp_path / "base"), files, findings)
