"""`crmclean report` and `scan --report`: formats, and what is never replaced unasked."""

from __future__ import annotations

import json
from pathlib import Path

import fastexcel
import pytest

from cli.main import run
from cli.show import FILES
from dedupe.report.formats import FORMATS
from dedupe.sandbox.demo import build_demo
from dedupe.snapshot import write_snapshot


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    """Scan a small demo into HTML, a workbook and CSV files at once."""
    folder = tmp_path_factory.mktemp("scans")
    write_snapshot(build_demo(scale=0.002).account, folder / "account")
    out = folder / "out"
    code = run(["scan", str(folder / "account"), "-o", str(out), "--report", "html,xlsx,csv", "-q",
                "--state", str(folder / "state")])  # fmt: skip
    assert code == 0
    return out


def test_a_scan_writes_the_formats_that_are_asked_for(scan) -> None:
    assert {"report.html", "report.xlsx", "report_csv"} <= {path.name for path in scan.iterdir()}
    summary = json.loads((scan / "summary.json").read_text(encoding="utf-8"))
    sheet = fastexcel.read_excel(scan / "report.xlsx").load_sheet(
        "Summary", header_row=None, dtypes="string"
    )
    rows = [row for row in sheet.to_polars().rows() if row[0] and row[14]]
    told = {(row[0], row[3]) for row in rows[1:]}
    assert told == {
        (each["code"], None if each["found"] is None else str(each["found"]))
        for each in summary["checks"]
    }


def test_a_scan_asks_before_a_book_with_decisions_goes(scan, capsys) -> None:
    before = (scan / "report.xlsx").read_bytes()
    assert run(["scan", str(scan.parent / "account"), "-o", str(scan), "--report", "xlsx"]) == 2
    assert "there is such a file already" in capsys.readouterr().err
    assert (scan / "report.xlsx").read_bytes() == before


def test_a_report_replaces_pages_but_no_books(scan, capsys) -> None:
    assert run(["report", str(scan)]) == 0
    for name in ("xlsx", "csv"):
        assert run(["report", str(scan), "--to", name]) == 2
    assert "--overwrite" in capsys.readouterr().err
    (scan / "report_csv" / "notes.txt").write_text("mine")
    assert run(["report", str(scan), "--to", "xlsx,csv", "--overwrite"]) == 0
    assert (scan / "report_csv" / "notes.txt").read_text() == "mine"


def test_rows_of_a_finding_are_limited_in_the_book_alone(scan, tmp_path) -> None:
    out = tmp_path / "few"
    assert run(["report", str(scan), "--to", "xlsx,csv", "-o", str(out), "--max-rows", "3"]) == 0
    book = fastexcel.read_excel(out / "report.xlsx")
    name = next(name for name in book.sheet_names if name.startswith("LNK101"))
    assert book.load_sheet(name, header_row=None, dtypes="string").to_polars().height == 3 + 3
    lines = (out / "report_csv" / "findings_LNK101_contact.csv").read_text(encoding="utf-8-sig")
    assert lines.count("\n") > 10


def test_an_unknown_format_is_told_before_the_scan(scan, capsys) -> None:
    assert run(["scan", str(scan.parent / "account"), "--report", "odt"]) == 2
    assert "no such format" in capsys.readouterr().err


def test_a_scan_names_the_reports_of_every_format() -> None:
    assert {each.file_name for each in FORMATS.values()} <= set(FILES)
