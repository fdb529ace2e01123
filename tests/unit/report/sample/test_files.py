"""A sample goes out as XLSX or CSV and comes back filled; only ours is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import fastexcel
import polars as pl
import pytest
import xlsxwriter

from dedupe.errors import InputError
from dedupe.language import use
from dedupe.report.sample import (
    Mark,
    Request,
    Sample,
    draw_sample,
    findings_population,
    read_filled,
    render_csv,
    render_xlsx,
    sample_rows,
)
from dedupe.report.sample.facts import Told
from dedupe.report.sample.files import mark_cells

from .conftest import findings


@pytest.fixture
def sample(account) -> Sample:
    found = findings(60, value="=1+1")
    drawn = draw_sample(
        findings_population(found, account), Request(code="LST301", n=5, seed=7, by="owner")
    )
    values = pl.DataFrame(schema={"entity": pl.String, "record_id": pl.String, "value": pl.String})
    told = Told(scan_id="s-1", crm="amocrm", host="firm.amocrm.ru", findings=found, values=values,
                account=account, show_values=True)  # fmt: skip
    return sample_rows(drawn, told)


Rows = list[list[str]]


def rows_of(path: Path) -> Rows:
    text = path.read_text(encoding="utf-8-sig")
    delimiter = text[len('"crmclean.sample/1"')]
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def filled_csv(sample: Sample, path: Path, change: Callable[[Rows], Rows]) -> Path:
    path.write_bytes(render_csv(sample))
    rows = change(rows_of(path))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return path


def with_verdicts(*verdicts: str) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        at = rows[1].index("verdict")
        for row, verdict in zip(rows[2:], verdicts, strict=False):
            row[at] = verdict
        return rows

    return change


def reasons(path: Path) -> list[tuple[int, str]]:
    return [(one.row, one.reason) for one in read_filled(path).ignored]


def test_a_filled_csv_is_read_back(sample, tmp_path) -> None:
    verdicts = with_verdicts("right", " RIGHT ", "wrong", "unclear")
    path = filled_csv(sample, tmp_path / "s.csv", verdicts)
    found = read_filled(path)
    score = found.score
    assert (score.right, score.wrong, score.unclear) == (2, 1, 1)
    assert found.mark == sample.mark
    assert reasons(path) == [(7, "no_verdict")]


def test_rows_may_move_and_columns_too(sample, tmp_path) -> None:
    def turned(rows: Rows) -> Rows:
        mark, head, *rest = with_verdicts("right", "wrong")(rows)
        return [mark, head[::-1], *(row[::-1] for row in reversed(rest))]

    score = read_filled(filled_csv(sample, tmp_path / "s.csv", turned)).score
    assert (score.right, score.wrong) == (1, 1)


def test_every_row_that_does_not_count_is_told_with_its_reason(sample, tmp_path) -> None:
    def spoilt(rows: Rows) -> Rows:
        with_verdicts("right", "right", "maybe", "right")(rows)
        at = rows[1].index("ID")
        rows[3][at] = "999"
        again = list(rows[2])
        strange = list(rows[5])
        strange[rows[1].index("No.")] = "77"
        return [*rows, again, strange]

    path = filled_csv(sample, tmp_path / "s.csv", spoilt)
    assert reasons(path) == [(4, "altered"), (5, "unknown_verdict"), (7, "no_verdict"),
                             (8, "repeated"), (9, "unknown_row")]  # fmt: skip
    assert read_filled(path).score.right == 2


def test_a_file_without_our_mark_is_refused(sample, tmp_path) -> None:
    for name, raw in (("a.csv", b"id;verdict\n1;right\n"), ("b.xlsx", b"PK\x03\x04zzz"),
                      ("c.csv", b""), ("d.csv", b"crmclean.sample/1")):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(raw)
        with pytest.raises(InputError, match="not a sample that crmclean wrote"):
            read_filled(path)
    with pytest.raises(InputError, match="can't be read"):
        read_filled(tmp_path / "none.csv")


def test_an_altered_mark_and_a_lost_column_are_told(sample, tmp_path) -> None:
    def forged(rows: Rows) -> Rows:
        rows[0][1] = rows[0][1].replace('"population":60', '"population":61')
        return rows

    def without_id(rows: Rows) -> Rows:
        rows[1][rows[1].index("ID")] = "id"
        return rows

    with pytest.raises(InputError, match="mark was altered"):
        read_filled(filled_csv(sample, tmp_path / "s.csv", forged))
    with pytest.raises(InputError, match="the column ID is gone"):
        read_filled(filled_csv(sample, tmp_path / "s.csv", without_id))


def test_cells_are_no_formulas(sample, tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(render_csv(sample))
    rows = rows_of(path)
    assert rows[2][rows[1].index("signs")] == "'=1+1"
    sheet = fastexcel.read_excel(render_xlsx(sample)).load_sheet("Sample").to_polars()
    assert set(sheet["signs"]) == {"'=1+1"}


def test_the_workbook_has_a_list_of_verdicts_and_a_hidden_mark(sample, tmp_path) -> None:
    from zipfile import ZipFile

    raw = render_xlsx(sample)
    assert raw == render_xlsx(sample)
    with ZipFile(io.BytesIO(raw)) as archive:
        first = archive.read("xl/worksheets/sheet1.xml").decode()
        book = archive.read("xl/workbook.xml").decode()
    assert '<dataValidation type="list"' in first
    assert "right,wrong,unclear" in first
    assert "<f>" not in first
    assert 'state="frozen"' in first
    assert 'name="crmclean" sheetId="3" state="veryHidden"' in book


def test_a_filled_workbook_is_read_back_in_either_language(account, tmp_path, sample) -> None:
    path = tmp_path / "s.xlsx"
    path.write_bytes(render_xlsx(sample))
    assert [one.reason for one in read_filled(path).ignored] == ["no_verdict"] * 5
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(sample.mark.sheet)
    heads = [column.title for column in sample.columns]
    sheet.write_row(0, 0, heads)
    for number, row in enumerate(sample.rows, 1):
        sheet.write_row(number, 0, [str(cell or "") for cell in row])
        sheet.write_number(number, 0, number)  # as a spreadsheet may take it
        sheet.write_string(number, heads.index("verdict"), "Right" if number < 5 else "wrong")
    hidden = book.add_worksheet("crmclean")
    for row, cell in enumerate(mark_cells(sample.mark)):
        hidden.write_string(row, 0, cell)
    book.close()
    score = read_filled(path).score
    assert (score.right, score.wrong) == (4, 1)


def test_a_russian_csv_is_read_with_its_own_words(account, tmp_path) -> None:
    use("ru")
    mark = Mark(scan_id="s", code="X", seed=1, by="", population=1, keys=("deal/5",),
                owners=("",), heads={"number": "№", "id": "ID", "verdict": "вердикт"},
                words={"верно": "right"})  # fmt: skip
    path = tmp_path / "s.csv"
    rows = [mark_cells(mark), ["№", "ID", "вердикт"], ["1", "5", "Верно"]]
    text = "\r\n".join(";".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows)
    path.write_bytes(text.encode("cp1251"))  # as a Russian Excel saves it
    use("en")
    assert read_filled(path).score.right == 1


def test_a_long_mark_is_cut_into_cells_and_joined_again() -> None:
    keys = tuple(f"contact/{n}:{n + 1}" for n in range(5000))
    mark = Mark(scan_id="s", code="auto", seed=1, by="", population=9999, keys=keys,
                owners=("",) * 5000)  # fmt: skip
    cells = mark_cells(mark)
    assert len(cells) > 2
    assert max(len(cell) for cell in cells) <= 32_767
    assert Mark.from_text("".join(cells[1:])) == mark
