"""CSV files of a scan: all rows, every cell quoted, names made of codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from dedupe import language
from dedupe.contracts import Column, Metric
from dedupe.report.content import Content, ReportOptions
from dedupe.report.csv_files import write_csv_files

from .books import csv_rows
from .conftest import SECRETS, finding, frame


def written(content: Content, path: Path) -> dict[str, str]:
    write_csv_files(content, path)
    return {file.name: file.read_bytes().decode("utf-8") for file in sorted(path.iterdir())}


def metric(**told: object) -> Metric:
    rows = pl.DataFrame(
        {"day": [date(2026, 3, 9)], "at": [datetime(2026, 3, 9, 21, 30, tzinfo=UTC)], "who": ["7"],
         "n": [-1], "rate": [0.25], "is_on": [True]}
    )  # fmt: skip
    kinds = ("date", "moment", "person", "count", "share", "flag")
    columns = tuple(Column(n, n.title(), k) for n, k in zip(rows.columns, kinds, strict=True))
    return Metric(**{"name": "m", "title": "M", "columns": columns, "rows": rows, "code": "FLD001",
                     "entity": "field"} | told)  # fmt: skip


def test_every_finding_and_metric_has_a_file_and_the_index_names_them(
    content: Content, tmp_path: Path
) -> None:
    files = written(replace(content, metrics=(metric(),)), tmp_path / "csv")
    assert list(files) == [
        "findings_DUP101_company.csv", "findings_DUP101_contact.csv", "findings_PHN301_contact.csv",
        "findings_TSK101_deal.csv", "index.csv", "metric_FLD001_m_field.csv", "results.csv",
    ]  # fmt: skip
    index = csv_rows(files["index.csv"])[1:]
    assert {row[0] for row in index} == set(files) - {"index.csv"}
    for row in index:
        assert len(csv_rows(files[row[0]])) == int(row[4]) + 1


def test_numbers_of_the_results_are_the_summary_s(content: Content, tmp_path: Path) -> None:
    rows = csv_rows(written(content, tmp_path / "csv")["results.csv"])[1:]
    told = [(row[0], row[3], row[4], row[13]) for row in rows]
    assert told[1] == ("DUP101", "5", "1200", "checked")
    assert told[6] == ("TSK301", "", "", "no data: tasks, task types")


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_files_are_as_the_language_s_spreadsheet_reads_them(
    lang: str, content: Content, tmp_path: Path
) -> None:
    language.use(lang)
    summary = replace(content.summary, timezone="Europe/Moscow")
    files = written(replace(content, summary=summary, metrics=(metric(),)), tmp_path / "csv")
    delimiter = {"en": ",", "ru": ";"}[lang]
    for raw in files.values():
        assert raw.startswith('\ufeff"')
        assert raw.endswith('"\r\n')
        assert f'"{delimiter}"' in raw
    row = csv_rows(files["metric_FLD001_m_field.csv"])[1]
    assert (
        row[:5]
        == {
            "en": ["2026-03-09", "2026-03-10 00:30", "7", "-1", "0.25"],
            "ru": ["09.03.2026", "10.03.2026 00:30", "7", "-1", "0,25"],
        }[lang]
    )


def test_a_row_has_its_card_its_money_and_its_class(content: Content, tmp_path: Path) -> None:
    rows = [finding("PHN301", "contact", "10", "too_short") | {"money": 1500.5}]
    files = written(replace(content, findings=frame(rows).lazy()), tmp_path / "csv")
    row = csv_rows(files["findings_PHN301_contact.csv"])[1]
    assert row[:2] == ["10", "https://demo.amocrm.ru/contacts/detail/10"]
    assert row[8:] == ["too short", "", "1500.5"]


def test_phones_of_digits_stay_and_values_are_hidden_unless_asked_for(
    content: Content, tmp_path: Path
) -> None:
    rows = [finding("PHN301", "contact", "10") | {"value": SECRETS[0]}]
    told = replace(content, findings=frame(rows).lazy())
    hidden = written(told, tmp_path / "a")["findings_PHN301_contact.csv"]
    assert csv_rows(hidden)[1][6] == "'+7 *** ***-00-01"
    assert not [secret for secret in SECRETS if secret in hidden]
    shown = replace(told, options=ReportOptions(show_values=True))
    clear = csv_rows(written(shown, tmp_path / "b")["findings_PHN301_contact.csv"])[1]
    assert clear[6] == SECRETS[0]


def test_the_same_scan_gives_the_same_bytes(content: Content, tmp_path: Path) -> None:
    mixed = content.findings.collect().sample(fraction=1.0, shuffle=True, seed=3).lazy()
    assert written(content, tmp_path / "a") == written(
        replace(content, findings=mixed), tmp_path / "b"
    )


def test_names_of_files_are_harmless_and_differ(content: Content, tmp_path: Path) -> None:
    evil = (metric(name="../../etc/x"), metric(name="..\\..\\ETC\\x"), metric(name="=cmd|' /C"))
    files = written(replace(content, metrics=evil), tmp_path / "csv")
    names = [name for name in files if name.startswith("metric_")]
    assert len(names) == 3
    assert all(name.replace(".csv", "").replace("_", "").isalnum() for name in names)
    assert [p.name for p in tmp_path.iterdir()] == ["csv"]
