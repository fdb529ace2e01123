"""`crmclean sample`: draws a sample into a file that is never replaced, and reads it back."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from cli.main import run
from dedupe.contracts import CLUSTERS, FINDINGS, PAIRS, VALUES, CheckResult, Summary
from dedupe.report.json_file import write_summary
from dedupe.sandbox.demo import build_demo
from dedupe.snapshot import write_snapshot


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    """Write a scan of a small demo: 40 lost deals under LOS101, and one pair to review."""
    folder = tmp_path_factory.mktemp("scan")
    account = build_demo(scale=0.002).account
    write_snapshot(account, folder / "snapshot")
    deals = account.frame("deals").head(40)
    contacts = account.frame("contacts")["id"]
    found = FINDINGS.conform(
        deals.select(code=pl.lit("LOS101"), entity=pl.lit("deal"), record_id="id")
    )
    pair = {"entity": "contact", "left_id": contacts[0], "right_id": contacts[1], "tier": "review"}
    for name, frame in (("findings", found), ("clusters", CLUSTERS.empty()),
                        ("pairs", PAIRS.conform(pl.DataFrame([pair]))),
                        ("channels", VALUES.empty())):  # fmt: skip
        frame.write_parquet(folder / f"{name}.parquet")
    checks = tuple(
        CheckResult(code=code, entity="deal", status=status, reason=reason, found=n)
        for code, status, reason, n in (
            ("LOS101", "checked", "", 40),
            ("TSK101", "checked", "", 0),
            ("TSK301", "not_checked", "no data: tasks", None),
        )
    )
    summary = Summary(
        scan_id="s-1", crm="amocrm", account_id=account.account_id, host=account.host, source="x",
        data_from=account.read_from, data_to=account.read_to,
        scanned_at=datetime(2024, 1, 1, tzinfo=UTC), counts={}, checks=checks, notes=(),
        timings={}, versions={}, snapshot=str(folder / "snapshot"),
    )  # fmt: skip
    write_summary(summary, folder / "summary.json")
    return folder


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.chdir(tmp_path)


def test_a_sample_is_drawn_filled_and_read(scan, capsys, tmp_path) -> None:
    path = tmp_path / "s.csv"
    assert run(["sample", "LOS101", "--scan", str(scan), "-n", "20", "-o", str(path)]) == 0
    out = capsys.readouterr().out
    assert "LOS101: 20 of 40 drawn, seed 7" in out
    assert out.splitlines()[-1] == f"Next: crmclean sample --read {path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    at = rows[1].index("verdict")
    for number, row in enumerate(rows[2:]):
        row[at] = "right" if number < 18 else "wrong"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    assert run(["sample", "--read", str(path)]) == 0
    out = capsys.readouterr().out
    assert "precision 90.0% of 20 (95% interval: 69.9% to 97.2%)" in out
    assert "For 5 points to each side judge 20 more." in out  # the population ends there
    assert run(["sample", "--read", str(path), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["what"]) == ("crmclean.sample/1", "judged")
    assert (document["right"], document["wrong"], document["more_needed"]) == (18, 2, 20)


def test_the_same_seed_gives_the_same_rows(scan, capsys, tmp_path) -> None:
    drawn = []
    for name in ("a.xlsx", "b.xlsx"):
        asked = ["sample", "LOS101", "--scan", str(scan), "--format", "json", "--by", "owner"]
        assert run([*asked, "-o", str(tmp_path / name)]) == 0
        document = json.loads(capsys.readouterr().out)
        assert sum(document["strata"].values()) == document["population"] == 40
        drawn.append(document["rows"])
    assert drawn[0] == drawn[1]
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_file_that_may_hold_verdicts_is_never_replaced(scan, capsys, tmp_path) -> None:
    path = tmp_path / "s.xlsx"
    path.write_text("verdicts")
    assert run(["sample", "LOS101", "--scan", str(scan), "-o", str(path)]) == 2
    assert "the file is there already" in capsys.readouterr().err
    assert path.read_text() == "verdicts"


def test_pairs_of_a_tier_are_sampled(scan, capsys, tmp_path) -> None:
    asked = ["sample", "review", "--scan", str(scan), "-o", str(tmp_path / "p.csv")]
    assert run(asked) == 0
    assert "review: 1 of 1 drawn" in capsys.readouterr().out
    assert run(["sample", "auto", "--scan", str(scan)]) == 2
    assert "no pairs of this tier" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "name the check to sample"),
        (["LOS101", "--read", "x.csv"], "name the check to sample"),
        (["LOS1O1"], "did you mean"),
        (["TSK101"], "the check found nothing"),
        (["TSK301"], "the scan did not carry this check out: no data: tasks"),
        (["USR101"], "the scan did not carry this check out: the scan left it out"),
        (["LOS101", "-o", "s.txt"], "a sample is a file .xlsx or .csv"),
        (["LOS101", "--snapshot", "none"], "there is no snapshot in this folder"),
    ],
)
def test_what_can_not_be_drawn_is_told_in_one_line(asked, said, scan, capsys) -> None:
    assert run(["sample", *asked, "--scan", str(scan)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


def test_without_a_scan_one_is_advised(capsys) -> None:
    assert run(["sample", "LOS101"]) == 2
    assert "there is no scan yet" in capsys.readouterr().err


def test_without_the_snapshot_records_are_named_by_id_alone(scan, capsys, tmp_path) -> None:
    copy = tmp_path / "scan"
    copy.mkdir()
    for path in scan.glob("*.parquet"):
        (copy / path.name).write_bytes(path.read_bytes())
    summary = json.loads((scan / "summary.json").read_text(encoding="utf-8"))
    summary["account"]["snapshot"] = str(tmp_path / "gone")
    (copy / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert run(["sample", "LOS101", "--scan", str(copy), "-o", "s.csv"]) == 0
    assert "Without the snapshot" in capsys.readouterr().err
    assert "owner" not in (tmp_path / "s.csv").read_text(encoding="utf-8").splitlines()[1]
    assert run(["sample", "LOS101", "--scan", str(copy), "--by", "owner", "-o", "t.csv"]) == 2
    assert "whose the records are" in capsys.readouterr().err
