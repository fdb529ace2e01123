"""The workbook: its sheets, numbers, links, limits, and what it hides."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from dedupe import language
from dedupe.contracts import CHARTS, Column, Health, Metric
from dedupe.report.content import Content, ReportOptions
from dedupe.report.trend import TrendPoint
from dedupe.report.workbook import work_lists, write_workbook
from dedupe.report.workbook.book import Book, Link, text
from dedupe.report.workbook.build import _short
from dedupe.report.workbook.rows import finding_rows
from dedupe.report.workbook.work_lists import COLUMNS, sheets_needed, write_work_list

from ..books import OURS, active_cells, formulas, sheet_names, sheet_rows
from ..conftest import AT, SECRETS, finding, frame


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.xlsx"


def written(content: Content, path: Path) -> Path:
    write_workbook(content, path)
    return path


def table(path: Path, name: str, first: str) -> list[tuple[object, ...]]:
    """Return the rows below the titles, whose first one is `first`."""
    rows = sheet_rows(path, name)
    at = next(n for n, row in enumerate(rows) if row[0] == first)
    return rows[at + 1 :]


def metric(chart: str, values: tuple[str, ...], n: int = 4) -> Metric:
    rows = pl.DataFrame(
        {
            "week": [date(2026, 1, 5 + i) for i in range(n)],
            "n": list(range(n)),
            "rate": [0.1 * i for i in range(n)],
            "low": [0.0] * n,
            "high": [0.5] * n,
        }
    )
    kinds = ("week", "count", "share", "share", "share")
    columns = tuple(
        Column(name, name.title(), kind) for name, kind in zip(rows.columns, kinds, strict=True)
    )
    return Metric(name="m", title="Numbers", columns=columns, rows=rows, chart=chart, values=values,
                  code="FLD001", entity="field")  # fmt: skip


def test_numbers_of_the_summary_sheet_are_the_summary_s(content: Content, path: Path) -> None:
    priced = replace(content.summary.checks[5], money=1234.5)
    checks = (*content.summary.checks[:5], priced, *content.summary.checks[6:])
    told = replace(content, summary=replace(content.summary, checks=checks))
    rows = table(written(told, path), "Summary", "Code")[: len(checks)]
    assert [row[0] for row in rows] == [result.code for result in checks]
    for row, result in zip(rows, checks, strict=True):
        numbers = (
            result.found,
            result.base,
            result.share,
            result.groups,
            result.extra,
            result.money,
        )
        assert [None if cell is None else float(str(cell)) for cell in row[3:9]] == [
            None if number is None else pytest.approx(number) for number in numbers
        ]


def test_sheets_stand_in_order_with_names_that_a_spreadsheet_allows(
    content: Content, path: Path
) -> None:
    names = sheet_names(written(replace(content, metrics=(metric("bars", ("n",)),)), path))
    assert names == [
        "Summary", "Work plan", "Managers", "DUP101 contacts Shared phone",
        "DUP101 companies Shared phone", "PHN301 Unreadable phone", "TSK101 Open deals, no task",
        "Fields and tags", "Trend", "Definitions", "Not checked",
    ]  # fmt: skip
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


def test_a_work_list_has_a_row_for_each_finding_and_its_card_s_link(
    content: Content, path: Path
) -> None:
    written(content, path)
    rows = table(path, "TSK101 Open deals, no task", "No.")
    assert [row[2] for row in rows] == [str(i) for i in range(12)]
    assert rows[0][:3] == ("1", "open the card", "0")
    links = formulas(path.read_bytes())
    assert len(links) == 5 + 2 + 3 + 12
    assert all(OURS.fullmatch(link) for link in links)
    assert 'HYPERLINK("https://demo.amocrm.ru/leads/detail/0","open the card")' in links
    assert active_cells(path.read_bytes()) == []


def test_without_a_host_there_are_no_links(content: Content, path: Path) -> None:
    told = replace(content, summary=replace(content.summary, host='x.ru"&cmd'))
    assert formulas(written(told, path).read_bytes()) == []


def test_groups_stay_together_the_costliest_first(content: Content) -> None:
    rows = [
        finding("DUP101", "contact", i, group) | {"money": money}
        for i, group, money in (
            ("9", "9", 1.0), ("10", "9", None), ("20", "20", 5.0), ("21", "20", None),
        )
    ]  # fmt: skip
    for order in (rows, rows[::-1]):
        told = list(finding_rows(replace(content, findings=frame(order).lazy())))
        assert told[0].frame.select("record_id", "block", "why").rows() == [
            ("20", 1, "group 1"), ("21", 1, "group 1"), ("9", 2, "group 2"), ("10", 2, "group 2"),
        ]  # fmt: skip
        assert told[0].has_groups


def test_single_records_go_from_the_most_money_down(content: Content) -> None:
    rows = [
        finding("TSK101", "deal", i) | {"money": m}
        for i, m in (("2", 1.0), ("10", 7.0), ("1", 1.0))
    ]
    told = next(finding_rows(replace(content, findings=frame(rows).lazy())))
    assert told.frame["record_id"].to_list() == ["10", "1", "2"]


def test_of_many_rows_the_first_are_shown_and_the_rest_is_told(
    content: Content, path: Path
) -> None:
    few = replace(content, options=ReportOptions(max_rows=5))
    rows = sheet_rows(written(few, path), "TSK101 Open deals, no task")
    assert len(rows) == 3 + 5
    assert "The first 5 rows of 12" in str(rows[1][2])


def test_what_does_not_fit_a_sheet_goes_on_in_the_next(content: Content, path: Path) -> None:
    rows = next(each for each in finding_rows(content) if each.result.code == "TSK101")
    assert sheets_needed(rows, room=5) == 3
    book = Book(path, AT)
    sheets = [book.add("TSK101") for _ in range(3)]
    write_work_list(sheets, rows, content, Link("Summary", sheet=sheets[0].name), room=5)
    book.close()
    assert sheet_names(path) == ["TSK101", "TSK101 2", "TSK101 3"]
    assert [[row[0] for row in table(path, name, "No.")] for name in sheet_names(path)] == [
        ["1", "2", "3", "4", "5"], ["6", "7", "8", "9", "10"], ["11", "12"],
    ]  # fmt: skip


def test_values_of_clients_are_hidden_unless_asked_for(content: Content, path: Path) -> None:
    def told(of: Path) -> str:
        return repr([sheet_rows(of, name) for name in sheet_names(of)])

    hidden = told(written(content, path))
    assert not [secret for secret in SECRETS if secret in hidden]
    assert "are hidden" in hidden
    assert "Анна Ли" in hidden  # an employee
    shown = replace(content, options=ReportOptions(show_values=True))
    clear = told(written(shown, path.with_name("clear.xlsx")))
    assert all(secret in clear for secret in SECRETS)
    assert "personal data" in clear


def test_the_same_scan_gives_the_same_bytes(content: Content, path: Path) -> None:
    first = written(content, path).read_bytes()
    mixed = content.findings.collect().sample(fraction=1.0, shuffle=True, seed=7).lazy()
    assert written(replace(content, findings=mixed), path.with_name("b.xlsx")).read_bytes() == first


def test_decisions_come_from_a_list_and_the_head_stays(content: Content, path: Path) -> None:
    written(content, path)
    with zipfile.ZipFile(path) as packed:
        pages = [packed.read(f"xl/worksheets/sheet{n}.xml").decode() for n in range(1, 7)]
    lists = [page for page in pages if 'type="list"' in page]
    assert len(lists) == 3
    assert all('state="frozen"' in page and "<autoFilter" in page for page in lists)
    assert "repair,leave as it is,later" in lists[0]


def test_every_sheet_is_printed_across_and_a_table_s_head_on_every_page(
    content: Content, path: Path
) -> None:
    named = replace(content, summary=replace(content.summary, host="R&D.ru"))
    written(named, path)
    with zipfile.ZipFile(path) as packed:
        pages = [
            packed.read(name).decode()
            for name in packed.namelist()
            if name.startswith("xl/worksheets/sheet")
        ]
        heads = re.findall(
            r"_xlnm.Print_Titles.*?>([^<]*)<", packed.read("xl/workbook.xml").decode()
        )
    assert all('orientation="landscape"' in page and 'fitToHeight="0"' in page for page in pages)
    footer = "<oddFooter>&L&8 R&&D.ru · &A&R&8 page &P of &N</oddFooter>".replace("&", "&amp;")
    assert all(footer in page for page in pages)
    assert "'TSK101 Open deals, no task'!$3:$3" in heads
    assert len(heads) == 8  # not the trend and the managers: theirs are several tables


def test_a_wrapped_text_makes_its_row_higher(path: Path) -> None:
    book = Book(path, AT)
    sheet = book.add("Words")
    sheet.widths({0: 10, 1: 10})
    sheet.head(["a title of many words", "n"], ["text", "count"])
    sheet.cells(["four words in three", 1], ["wrap", "count"], is_banded=True)
    sheet.cells(["four words in one", 1], ["text", "count"])
    sheet.note("a remark that takes a line of both", 0, 1)
    book.close()
    with zipfile.ZipFile(path) as packed:
        page = packed.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'<row r="(\d)"[^>]* ht="(\d+)"', page) == [
        ("1", "45"),
        ("2", "45"),
        ("4", "30"),
    ]
    assert '<mergeCell ref="A4:B4"/>' in page


def test_times_are_times_and_whole_numbers_have_no_decimals(path: Path) -> None:
    book = Book(path, AT)
    sheet = book.add("Numbers")
    for cell, kind in ((90.0, "seconds"), (2.0, "number"), (2.5, "number")):
        sheet.cells([cell], [kind])
    book.close()
    with zipfile.ZipFile(path) as packed:
        cells = re.findall(
            r'<c r="A\d" s="(\d)"><v>([0-9.]+)', packed.read("xl/worksheets/sheet1.xml").decode()
        )
        styles = packed.read("xl/styles.xml").decode()
    assert [float(value) for _, value in cells] == [pytest.approx(90 / 86_400), 2, 2.5]
    assert len({style for style, _ in cells}) == 3
    assert 'formatCode="[h]:mm:ss"' in styles


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("DUP101 Shared phone", "DUP101 Shared phone"),
        ("CAL104 Звонки, на которые не ответили никогда", "CAL104 Звонки, на которые"),
        ("DUP101 контакты Дубли по телефону", "DUP101 контакты Дубли"),
        ("x" * 40, "x" * 31),
    ],
)
def test_a_sheet_s_name_is_cut_at_a_word_that_stands_alone(title: str, name: str) -> None:
    assert _short(title) == name


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("n", [0, 4])
def test_every_chart_is_drawn_where_a_metric_has_one(
    chart: str, n: int, content: Content, path: Path
) -> None:
    values = ("rate", "low", "high") if chart == "intervals" else ("n", "rate")
    written(replace(content, metrics=(metric(chart, values, n),)), path)
    with zipfile.ZipFile(path) as packed:
        charts = [name for name in packed.namelist() if name.startswith("xl/charts/chart")]
        scales = sum(b"colorScale" in packed.read(name) for name in packed.namelist())
    # The managers' sheet has bars of its own.
    assert len(charts) == 1 + bool(n and chart != "heat_map")
    assert bool(scales) == bool(n and chart == "heat_map")
    assert active_cells(path.read_bytes()) == []


def test_a_line_for_each_name_is_unstacked_below_its_table(content: Content, path: Path) -> None:
    rows = pl.DataFrame({"month": [date(2026, m, 1) for m in (1, 1, 2)], "who": ["a", "b", "a"],
                         "n": [1, 2, 3]})  # fmt: skip
    columns = (
        Column("month", "Month", "month"),
        Column("who", "Who", "text"),
        Column("n", "N", "count"),
    )
    each = Metric(name="m", title="Lines", columns=columns, rows=rows, chart="line", values=("n",),
                  code="FLD001")  # fmt: skip
    written(replace(content, metrics=(each,)), path)
    told = table(path, "Fields and tags", "Month")
    assert [row[1:3] for row in told[-2:]] == [("1", "2"), ("3", None)]


def test_the_trend_has_every_scan_and_its_numbers(content: Content, path: Path) -> None:
    point = TrendPoint(scan_id="s-0", account="a", scanned_at=AT.replace(day=1), data_to=None,
                       folder=Path(), health=Health(cards=4, clean=3, by_entity={}),
                       found={("TSK101", "deal"): 9})  # fmt: skip
    written(replace(content, trend=(point,)), path)
    rows = sheet_rows(path, "Trend")
    assert [row[1] for row in rows[1:3]] == ["s-0", "s-1"]
    assert float(str(rows[1][2])) == 0.75
    found = next(row for row in rows if row[0] == "TSK101")
    assert found[2:4] == ("9", "12")


def test_what_was_not_checked_has_its_reason(content: Content, path: Path) -> None:
    assert [row[:4] for row in table(written(content, path), "Not checked", "Code")] == [
        ("TSK301", "Idle task types", "task types", "no data: tasks, task types"),
        ("USR103", "May delete", "users", "no data: rights of users"),
    ]


def test_it_speaks_russian_and_needs_no_names(content: Content, path: Path) -> None:
    language.use("ru")
    bare = replace(content, cards=Content(summary=content.summary, findings=content.findings).cards)
    names = sheet_names(written(bare, path))
    assert len(names) == 9  # nobody's cards: no sheet of managers
    assert active_cells(path.read_bytes()) == []
    titles = {title for title, _, _ in COLUMNS}
    assert len({language.tr(title) for title in titles}) == len(titles)


def test_markup_in_a_text_stays_a_text() -> None:
    evil = '<r></r></is></c><c r="B1"><f>1+1</f></c><c r="C1" t="inlineStr"><is><r></r>'
    assert text(evil) == evil + " "


def test_rows_written_at_once_are_those_written_one_by_one(
    content: Content, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = ("=1+1", "_x003D_1", '<b>&"', "  two  ", "", "<r>a</r>", "+79160000001", "\x01")
    rows = [
        finding("DUP101", "contact", str(i), str(i - i % 2))
        | {"value": each, "proposal": each, "money": i / 3, "confidence": 0.5}
        for i, each in enumerate(hostile)
    ]
    told = replace(
        content, findings=frame(rows).lazy(), options=ReportOptions(show_values=True)
    )  # fmt: skip
    fast, slow = written(told, path), path.with_name("slow.xlsx")
    monkeypatch.setattr(work_lists, "can_write", lambda _sheet: False)
    written(told, slow)
    assert sheet_names(fast) == sheet_names(slow)
    name = "DUP101 contacts Shared phone"
    assert _numbers(sheet_rows(fast, name)) == _numbers(sheet_rows(slow, name))
    assert formulas(fast.read_bytes()) == formulas(slow.read_bytes())


def _numbers(rows: list[tuple[object, ...]]) -> list[list[object]]:
    """Round what is a number: the two write them with other digits at the end."""
    is_number = re.compile(r"[0-9]+\.[0-9]+")
    return [
        [round(float(str(c)), 9) if is_number.fullmatch(str(c)) else c for c in row] for row in rows
    ]
