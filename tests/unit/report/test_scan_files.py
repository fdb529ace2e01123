"""The folder of a scan, read back: every version of ours, and one line for what is none."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from dedupe.contracts import FINDINGS, Column, Health, Metric
from dedupe.errors import InputError
from dedupe.report.scan_files import read_scan, read_summary

from .scans import put_scan

METRIC = Metric(
    name="n",
    title="N",
    columns=(Column("n", "N", "count"),),
    rows=pl.DataFrame({"n": [1, 2]}),
    code="CNT001",
    entity="contact",
)


@pytest.fixture
def folder(tmp_path, summary, findings):
    health = Health(cards=9, clean=5, by_entity={"contact": (5, 9), "deal": (1, 2)})
    checks = (*summary.checks, replace(summary.checks[1], code="X", new=1, fixed=2, left=3))
    told = replace(summary, health=health, checks=checks, currency="RUB", baseline="s-0")
    return put_scan(tmp_path / "scan", told, findings, [METRIC])


def edit(folder, **changed) -> None:
    path = folder / "summary.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | changed), encoding="utf-8")


def test_what_was_written_is_read_back(folder, findings) -> None:
    files = read_scan(folder)
    told = files.summary
    assert told.health == Health(cards=9, clean=5, by_entity={"contact": (5, 9), "deal": (1, 2)})
    assert (told.scan_id, told.host, told.currency, told.baseline) == (
        "s-1",
        "demo.amocrm.ru",
        "RUB",
        "s-0",
    )
    assert told.counts["tasks"] is None
    assert told.notes[0].n == 3
    assert (told.checks[-1].new, told.checks[-1].fixed, told.checks[-1].left) == (1, 2, 3)
    assert files.collect_findings().equals(findings)
    assert set(files.collect_findings("TSK101", "PHN301")["code"]) == {"TSK101", "PHN301"}
    assert files.metrics[0].rows.equals(METRIC.rows)
    assert read_summary(folder) == told


def test_shares_are_computed_anew_since_the_file_rounds_them(folder, summary) -> None:
    found = {(c.code, c.entity): c for c in read_summary(folder).checks}
    assert found["DUP101", "contact"].share == 5 / 1200


def test_a_scan_of_an_older_version_lacks_what_it_did_not_write(folder) -> None:
    document = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    new = ("health", "baseline", "match")
    for key in new:
        del document[key]
    for check in document["checks"]:
        for key in ("money", "severity", "new", "fixed", "left"):
            del check[key]
    for key in ("currency", "timezone", "snapshot"):
        del document["account"][key]
    (folder / "summary.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "metrics.json").unlink()
    pl.read_parquet(folder / "findings.parquet").drop("money", "confidence").write_parquet(
        folder / "findings.parquet"
    )
    files = read_scan(folder)
    assert (files.summary.health, files.summary.baseline, files.metrics) == (None, "", ())
    assert files.summary.checks[1].money is None
    assert files.collect_findings().schema == FINDINGS.schema


def test_a_key_of_a_later_version_is_passed_over(folder) -> None:
    document = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    edit(folder, moods=3, checks=[check | {"mood": 1} for check in document["checks"]])
    assert len(read_summary(folder).checks) == len(document["checks"])


def test_a_newer_schema_says_update(folder) -> None:
    edit(folder, schema="crmclean.scan/2")
    with pytest.raises(InputError, match=r"schema 2, this crmclean reads up to 1; update"):
        read_scan(folder)


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "crmclean.plan/1"},
        {"schema": None},
        {"checks": [{"code": "A"}]},
        {"checks": [{"code": "A", "entity": "contact", "status": "checked", "found": "3"}]},
        {"checks": 7},
        {"counts": {"contacts": "many"}},
        {"scanned_at": ""},
        {"scanned_at": "yesterday"},
        {"account": None},
        {"health": {"cards": 1}},
        {"notes": [3]},
    ],
)
def test_a_damaged_summary_is_one_line(folder, changed) -> None:
    edit(folder, **changed)
    with pytest.raises(InputError, match=r"summary\.json: damaged"):
        read_scan(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "\udcff"])
def test_what_is_no_json_document_is_damaged(folder, text) -> None:
    (folder / "summary.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="damaged"):
        read_summary(folder)


def test_a_folder_without_a_scan_is_told(tmp_path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="there is no scan in this folder"):
            read_scan(place)


def test_findings_that_are_missing_or_no_findings_are_told(folder) -> None:
    path = folder / "findings.parquet"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="damaged"):
        read_scan(folder)
    pl.DataFrame({"code": ["A"]}).write_parquet(path)
    with pytest.raises(InputError, match="damaged"):
        read_scan(folder)
    path.unlink()
    with pytest.raises(InputError, match="the scan's file is missing"):
        read_scan(folder)


def test_findings_damaged_inside_are_told_when_they_are_read(folder) -> None:
    path = folder / "findings.parquet"
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(bytes(content))
    files = read_scan(folder)
    with pytest.raises(InputError, match=r"findings\.parquet: damaged"):
        files.collect_findings()


@pytest.mark.parametrize("text", ["{}", '{"schema": "crmclean.metrics/1", "metrics": [1]}', "x"])
def test_damaged_metrics_are_told(folder, text) -> None:
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"metrics\.json"):
        read_scan(folder)
