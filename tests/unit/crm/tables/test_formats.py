"""The same people come out of every format, encoding and delimiter."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from .conftest import Read, rows

TEXT = "ID;Имя;Фамилия;Телефон\n1;Анна;Ёлкина;'+79161234567\n2;Борис;Петров;8 (916) 123-45-68\n"
NAMES = [("1", "Анна Ёлкина"), ("2", "Борис Петров")]
PHONES = [("1", "+79161234567"), ("2", "8 (916) 123-45-68")]


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(),
        ("\ufeff" + TEXT).encode(),
        TEXT.encode("cp1251"),
        TEXT.encode("utf-16"),
        "\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.replace(";", ",").encode(),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        ("sep=;\r\n" + TEXT).encode(),
        ("Клиенты, выгрузка\n\n;;;\n" + TEXT).encode(),
    ],
    ids=[
        "utf8",
        "bom",
        "cp1251",
        "utf16le-bom",
        "utf16be-bom",
        "utf16le",
        "utf16be",
        "comma",
        "tab",
        "crlf",
        "cr",
        "sep",
        "titles",
    ],
)
def test_text_is_read_in_every_encoding_and_layout(read: Read, raw: bytes) -> None:
    account = read({"people.csv": raw})
    assert rows(account, "contacts", "id", "name") == NAMES
    assert rows(account, "channels", "record_id", "raw") == PHONES


def test_a_named_encoding_is_used(read: Read) -> None:
    account = read({"people.csv": TEXT.encode("koi8-r")}, encoding="koi8-r")
    assert rows(account, "contacts", "id", "name") == NAMES


def test_a_named_delimiter_is_used(read: Read) -> None:
    account = read({"people.csv": TEXT.replace(";", "~")}, delimiter="~")
    assert rows(account, "contacts", "id", "name") == NAMES


def test_quotes_hold_delimiters_line_ends_and_doubled_quotes(read: Read) -> None:
    text = 'id,name,phone,Заметка\n1,"ООО ""Ромашка"", Пенза",+79161234567,"первая\nвторая"\n'
    account = read({"contacts.csv": text})
    assert rows(account, "contacts", "name") == [('ООО "Ромашка", Пенза',)]
    assert ("Заметка", "первая\nвторая") in rows(account, "field_values", "field_id", "raw")


def test_a_comma_inside_the_only_column_is_no_delimiter(read: Read) -> None:
    account = read({"list.csv": "Телефон\n+79161234567, +79161234568\n89161234569\n"})
    assert rows(account, "channels", "raw") == [("+79161234567, +79161234568",), ("89161234569",)]


def test_a_cell_of_ten_megabytes_is_read(read: Read) -> None:
    long = "строка\n" * 1_000_000
    account = read({"contacts.csv": f'id,name,note\n1,Анна,"{long}"\n2,Борис,\n'})
    values = account.frame("field_values")
    assert values["raw"].str.len_chars().to_list() == [len(long.strip())]
    assert account.frame("contacts").height == 2


def _book(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Титул").write(0, 0, "ничего")
    sheet = book.add_worksheet("Контакты")
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write(0, 0, "Наша база")
    sheet.write_row(2, 0, ["ID", "ФИО", "Телефон", "Дата создания", "Дата рождения"])
    sheet.write_row(3, 0, [12345678901, "Анна", 79161234567])
    sheet.write_datetime(
        3, 3, datetime(2024, 6, 5, 10, 30), book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
    )
    sheet.write_datetime(3, 4, datetime(1990, 1, 2), day)
    sheet.write_row(5, 0, ["2", "Борис", "+7 916 123-45-68"])
    deals = book.add_worksheet("Сделки")
    deals.write_row(0, 0, ["ID", "Название сделки", "Бюджет"])
    deals.write_row(1, 0, [5, "Окно", 1500.5])
    book.close()


def test_a_workbook_gives_every_sheet_that_it_knows(read: Read, tmp_path: Path) -> None:
    _book(tmp_path / "book.xlsx")
    account = read({"book.xlsx": (tmp_path / "book.xlsx").read_bytes()})
    assert rows(account, "contacts", "id", "name") == [("12345678901", "Анна"), ("2", "Борис")]
    assert rows(account, "channels", "raw") == [("79161234567",), ("+7 916 123-45-68",)]
    assert account.frame("contacts")["created_at"][0] == datetime(2024, 6, 5, 7, 30, tzinfo=UTC)
    assert ("birth_date", "1990-01-02") in rows(account, "field_values", "field_id", "raw")
    assert rows(account, "deals", "id", "price") == [("5", 1500.5)]


def test_one_sheet_can_be_chosen(read: Read, tmp_path: Path) -> None:
    _book(tmp_path / "book.xlsx")
    account = read({"book.xlsx": (tmp_path / "book.xlsx").read_bytes()}, sheet="сделки")
    assert account.has("deals")
    assert not account.has("contacts")


def test_bitrix_html_is_read_as_the_table_it_is(read: Read) -> None:
    page = (
        '<meta http-equiv="Content-type" content="text/html;charset=UTF-8" /><table border="1">'
        "<thead><tr><th>ID</th><th>Имя</th><th>Фамилия</th><th>Мобильный телефон</th></tr></thead>"
        "<tbody><tr><td>5</td><td>Анна &quot;А&quot;</td><td>Ёлкина&#160;</td><td>+7&nbsp;916</td>"
        "</tr><tr><td>6<td>Борис<br>Б<td>Петров<td></tr></tbody></table>"
    )
    account = read({"CONTACT_20260225_1_ab.xls": page})
    assert rows(account, "contacts", "id", "first_name") == [("5", 'Анна "А"'), ("6", "Борис\nБ")]
    assert rows(account, "channels", "raw", "label") == [("+7 916", "MOB")]


def test_text_called_xls_is_read_as_text(read: Read) -> None:
    account = read({"contacts.xls": TEXT.replace(";", "\t")})
    assert rows(account, "contacts", "id", "name") == NAMES


def test_parquet_types_become_text_and_moments(read: Read) -> None:
    at = datetime(2024, 6, 5, 7, 30, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "id": [1.0, 2.0, None],
            "name": ["Анна", "Борис", "Вера"],
            "phone": [79161234567, None, 79161234569],
            "created_at": [at, None, at],
            "birth_date": [date(1990, 1, 2), None, None],
            "score": [1.5, float("nan"), 2.0],
            "email": [["a@example.com", "b@example.com"], [], None],
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    account = read({"contacts.parquet": buffer.getvalue()})
    assert rows(account, "contacts", "id", "name", "created_at") == [
        ("1", "Анна", at),
        ("2", "Борис", None),
        ("row 3", "Вера", at),
    ]
    assert ("79161234567",) in rows(account, "channels", "raw")
    assert ("a@example.com, b@example.com",) in rows(account, "channels", "raw")
    values = rows(account, "field_values", "record_id", "field_id", "raw")
    assert sorted(values) == [
        ("1", "birth_date", "1990-01-02"),
        ("1", "score", "1.5"),
        ("row 3", "score", "2"),
    ]


def test_empty_rows_and_repeated_headers_are_no_people(read: Read) -> None:
    account = read(
        {"contacts.csv": "ФИО;Телефон\nАнна;1234567\n;\n  ; \nФИО;Телефон\nБорис;7654321\n"}
    )
    assert rows(account, "contacts", "id", "name") == [("1", "Анна"), ("2", "Борис")]
    assert [(n.code, n.n) for n in account.notes] == [("repeated_header", 1)]


@pytest.mark.parametrize("last", ["Итого:;;480 780", "ВСЕГО;2;1 200,50 ₽", "Total;;"])
def test_a_last_row_of_totals_is_no_person(read: Read, last: str) -> None:
    account = read(
        {"contacts.csv": f"ФИО;Телефон;Бюджет\nАнна;1234567;5\nБорис;7654321;\n{last}\n"}
    )
    assert rows(account, "contacts", "name") == [("Анна",), ("Борис",)]
    assert [(n.code, n.n) for n in account.notes] == [("totals_row", 1)]


@pytest.mark.parametrize("last", ["Итого Мария;1;2", "Итого;Анна;5", "5;6;7", "Итого;;\nВера;1;2"])
def test_a_row_that_says_more_than_sums_is_kept(read: Read, last: str) -> None:
    account = read({"contacts.csv": f"ФИО;Телефон;Бюджет\nАнна;1234567;5\n{last}\n"})
    assert len(rows(account, "contacts", "name")) == 2 + last.count("\n")
    assert not account.notes


def test_a_column_of_names_does_not_compete_for_a_date(read: Read) -> None:
    lines = (
        "Имя;Дата создания;Создан",
        "Анна;01.02.2024 12:00;Пётр Исаев",
        "Борис;02.02.2024 12:00;",
    )
    account = read({"contacts.csv": "\n".join(lines)})
    created = [str(at)[:10] for (at,) in rows(account, "contacts", "created_at")]
    assert created == ["2024-02-01", "2024-02-02"]
    assert ("Создан", "Пётр Исаев") in rows(account, "field_values", "field_id", "raw")


def test_a_table_with_a_header_alone_is_an_empty_table(read: Read) -> None:
    account = read({"contacts.csv": "ФИО;Телефон\n"})
    assert account.frame("contacts").is_empty()
    assert account.has("channels.contact.phone")


def test_odd_parquet_types_are_kept_as_text(read: Read) -> None:
    frame = pl.DataFrame(
        {
            "id": pl.Series([1], dtype=pl.UInt64),
            "name": pl.Series(["Анна"], dtype=pl.Categorical),
            "struct": [{"x": 1}],
            "bytes": [b"\xff"],
            "text_bytes": [b"abc"],
            "nested": [[{"y": 2}]],
            "nothing": [None],
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    account = read({"contacts.parquet": buffer.getvalue()})
    assert rows(account, "contacts", "id", "name") == [("1", "Анна")]
    assert dict(rows(account, "field_values", "field_id", "raw")) == {
        "struct": '{"x":1}',
        "bytes": "/w==",
        "text_bytes": "abc",
        "nested": '{"y":2}',
    }


def test_cp1251_is_known_by_a_few_words_in_much_ascii(read: Read) -> None:
    text = "id;name\n" + "1;Test\n" * 5000 + "2;«Ё» № 1 — Иванов\n"
    account = read({"contacts.csv": text.encode("cp1251")})
    assert "«Ё» № 1 — Иванов" in account.frame("contacts")["name"].to_list()
