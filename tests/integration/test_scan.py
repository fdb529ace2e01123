"""The whole pipeline: planted counts are found, whatever the order of rows or the chunks."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupe.contracts import CLUSTERS, FINDINGS, Account
from dedupe.sandbox.demo import build_demo, write_csv
from dedupe.scan import CHANNEL_COLUMNS, ScanOptions, content_of, open_account, scan, write_scan
from dedupe.snapshot import write_snapshot

FILES = {
    "metrics.json",
    "summary.json",
    "findings.parquet",
    "channels.parquet",
    "pairs.parquet",
    "clusters.parquet",
    "model.json",
    "report.html",
}


@pytest.fixture(scope="module")
def demo():
    return build_demo(scale=0.01)


def compared(result, demo) -> dict[tuple[str, str], tuple[int, int | None]]:
    return {
        (check.code, check.entity): (check.found, check.groups)
        for check in result.summary.checks
        if (check.code, check.entity) in demo.planted and check.status == "checked"
    }


def planted(demo) -> dict[tuple[str, str], tuple[int, int | None]]:
    return {key: (fault.found, fault.groups) for key, fault in demo.planted.items()}


def test_a_snapshot_and_its_csv_show_every_planted_count(demo, tmp_path) -> None:
    write_snapshot(demo.account, tmp_path / "snapshot")
    (tmp_path / "csv").mkdir()
    write_csv(demo, tmp_path / "csv")
    # An export has no settings of fields, integrations and required stages.
    unread = {key for key in demo.planted if key[0].startswith(("FLD", "INT"))}
    for source, missing in (("snapshot", set()), ("csv", unread)):
        found = compared(scan(open_account(tmp_path / source)), demo)
        expected = {k: v[0] for k, v in planted(demo).items() if k not in missing}
        assert {k: v[0] for k, v in found.items()} == expected


def test_groups_are_counted_as_planted(demo) -> None:
    found = compared(scan(demo.account), demo)
    for key, (_, groups) in planted(demo).items():
        if groups is not None:
            assert found[key][1] == groups, key


def frames(account: Account, chunk_rows: int) -> list[pl.DataFrame]:
    result = scan(account, ScanOptions(chunk_rows=chunk_rows))
    return [result.findings, result.values, result.clusters, pl.DataFrame(result.summary.checks)]


@pytest.fixture(scope="module")
def small():
    account = build_demo(scale=0.003).account
    return account, frames(account, 50_000)


@settings(
    deadline=None,
    max_examples=4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32 - 1), chunk_rows=st.integers(1, 400))
def test_results_do_not_depend_on_row_order_or_chunk_size(small, seed, chunk_rows) -> None:
    account, expected = small
    shuffled = {
        name: table.collect().sample(fraction=1, shuffle=True, seed=seed).lazy()
        for name, table in account.tables.items()
    }
    for frame, want in zip(
        frames(replace(account, tables=shuffled), chunk_rows), expected, strict=True
    ):
        assert frame.equals(want)


def test_the_files_are_as_the_design_names_them(demo, tmp_path) -> None:
    write_scan(scan(demo.account, source="demo"), tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["schema"] == "crmclean.scan/1"
    assert {"scan_id", "account", "counts", "checks", "timings", "versions"} <= set(summary)
    clusters = pl.read_parquet(tmp_path / "out" / "clusters.parquet")
    n_clusters = clusters.select("entity", "cluster_id").n_unique()
    assert sum(summary["match"]["clusters"].values()) == n_clusters
    assert summary["match"]["candidate_pairs"] >= summary["match"]["pairs"]
    check = next(c for c in summary["checks"] if c["code"] == "TSK101")
    assert set(check) == {
        "code",
        "entity",
        "status",
        "reason",
        "found",
        "groups",
        "extra",
        "base",
        "share",
        "money",
        "severity",
        "is_count",
        "new",
        "fixed",
        "left",
    }
    assert check["found"] == demo.planted["TSK101", "deal"].found
    channels = pl.read_parquet(tmp_path / "out" / "channels.parquet")
    assert channels.columns == CHANNEL_COLUMNS
    findings = pl.read_parquet(tmp_path / "out" / "findings.parquet")
    assert findings.schema == FINDINGS.schema
    assert pl.read_parquet(tmp_path / "out" / "clusters.parquet").schema == CLUSTERS.schema


def test_the_report_and_the_summary_hold_no_personal_data(demo, tmp_path) -> None:
    result = scan(demo.account)
    write_scan(result, tmp_path, content=content_of(result, demo.account))
    written = (tmp_path / "report.html").read_text(encoding="utf-8")
    written += (tmp_path / "summary.json").read_text(encoding="utf-8")
    values = result.values.filter(pl.col("status") == "valid")["value"].unique()
    names = demo.account.frame("contacts")["name"].drop_nulls().unique()
    # Employees are named, and a client may be called as one of them is.
    staff = " ".join(demo.account.frame("users")["name"])
    names = [name for name in names if len(name) > 8 and name not in staff]
    told = [text for text in (*values, *names) if text in written]
    assert told == []


def test_scanning_twice_gives_the_same_files(demo, tmp_path) -> None:
    for folder in ("a", "b"):
        write_scan(scan(demo.account), tmp_path / folder)
    timed = {"summary.json", "model.json", "report.html"}
    for name in FILES - timed:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_what_a_single_table_can_not_tell_is_not_checked(tmp_path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Имя;Телефон\nИван;+79161234567\nПётр;8 916 123-45-67\n", encoding="utf-8")
    result = scan(open_account(path))
    status = {(c.code, c.entity): c for c in result.summary.checks}
    assert status["DUP101", "contact"].found == 2
    assert status["TSK101", "deal"].reason == "no data: deals, tasks"
    assert status["LNK101", "contact"].status == "not_checked"
    assert status["EML201", "contact"].reason == "no data: channels.contact.email"
    assert result.summary.counts["deals"] is None
