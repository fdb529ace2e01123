"""Whatever stands in the cells comes out of them; whatever the bytes, an error is one line."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import Account
from dedupe.crm.tables import TableOptions, read_tables
from dedupe.crm.tables.cells import moments, number
from dedupe.errors import InputError

# What a cell may hold and keep: no control characters, no apostrophe guard, no blank ends.
CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Co", "Cn"])
    | st.sampled_from(' ,;"\n\t'),
    max_size=12,
).map(lambda text: text.strip().lstrip("'").strip())


def _read(name: str, raw: bytes, **options: object) -> Account:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        return read_tables(path, TableOptions(**options))  # type: ignore[arg-type]


def _outcome(name: str, raw: bytes) -> str:
    try:
        return ",".join(_read(name, raw).tables)
    except InputError as error:
        return str(error)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    cells=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_cell_comes_back(cells: list[tuple[str, str]], delimiter: str, encoding: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["ID", "ФИО", "Заметка", "Ещё"])
    writer.writerows([at, "Анна", *pair] for at, pair in enumerate(cells))
    account = _read("contacts.csv", file.getvalue().encode(encoding))
    found = account.frame("field_values").select("record_id", "field_id", "raw").rows()
    wanted = [(str(at), "Заметка", a) for at, (a, _) in enumerate(cells) if a]
    wanted += [(str(at), "Ещё", b) for at, (_, b) in enumerate(cells) if b]
    assert sorted(found) == sorted(wanted)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(raw=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.parquet"]))
def test_no_bytes_bring_a_traceback(raw: bytes, name: str) -> None:
    for content in (raw, "ID;ФИО;Телефон\n1;Анна;".encode() + raw, b"<table><tr><td>ID" + raw):
        assert "\n" not in _outcome(name, content)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(
    at=st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)).map(
        lambda m: m.replace(microsecond=0)
    ),
    zone=st.sampled_from(["Europe/Moscow", "Asia/Yekaterinburg", "UTC", "America/New_York"]),
)
def test_a_moment_is_read_in_every_way_to_write_it(at: datetime, zone: str) -> None:
    local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    written = pl.Series(
        [
            at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            f"{at:%Y-%m-%d %H:%M:%S}+00:00",
            f"{local:%Y-%m-%dT%H:%M:%S%z}"[:24]
            if local.utcoffset()
            else f"{at:%Y-%m-%d %H:%M:%S}Z",
        ]
    )
    whole_minutes = not (local.utcoffset() or at - at).total_seconds() % 60
    read = moments(written if whole_minutes else written[:2], zone).to_list()
    assert set(read) == {at.replace(tzinfo=UTC)}
    there = local.replace(tzinfo=None)
    if local.fold == 0 and local.dst() == local.replace(fold=1).dst():
        russian = moments(pl.Series([f"{there:%d.%m.%Y %H:%M:%S}"]), zone)
        assert russian.to_list() == [at.replace(tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,56", 1234.56),
        ("1\u00a0234 ₽", 1234.0),
        ("1,234.56", 1234.56),
        ("1.234,56", 1234.56),
        ("12 000 руб.", 12000.0),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("'-5", -5.0),
        ("100 USD", 100.0),
        ("1,5", 1.5),
        ("0", 0.0),
        ("бесплатно", None),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, value: float | None) -> None:
    assert pl.select(number(pl.lit(text))).item() == value


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("5.6.2024 7:08", datetime(2024, 6, 5, 4, 8)),
        ("05.06.24", datetime(2024, 6, 4, 21)),
        ("2024-06-05T10:11:12.5+03:00", datetime(2024, 6, 5, 7, 11, 12, 500000)),
        ("1717570000", datetime(2024, 6, 5, 6, 46, 40)),
        ("1717570000000", datetime(2024, 6, 5, 6, 46, 40)),
        ("27.03.2011 02:30:00", datetime(2011, 3, 26, 23, 30)),  # an hour that Moscow skipped
        ("0000-00-00 00:00:00", None),
        ("31.02.2024", None),
        ("05.06.2024 25:00", None),
        ("позже", None),
    ],
)
def test_moments_at_the_edges(text: str, moment: datetime | None) -> None:
    expected = moment.replace(tzinfo=UTC) if moment else None
    assert moments(pl.Series([text]), "Europe/Moscow").to_list() == [expected]


def test_slashes_are_day_first_unless_the_column_shows_otherwise() -> None:
    day_first = moments(pl.Series(["03/04/2024", "13/04/2024"]), "UTC").dt.strftime("%m-%d")
    month_first = moments(pl.Series(["03/04/2024", "04/13/2024"]), "UTC").dt.strftime("%m-%d")
    assert day_first.to_list() == ["04-03", "04-13"]
    assert month_first.to_list() == ["03-04", "04-13"]
