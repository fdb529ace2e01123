"""Each kind of bad input: one line that says what, where and what to do; exit code 2."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from dedupe.contracts import Account
from dedupe.crm.tables import read_tables
from dedupe.errors import InputError

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000
TEXT = "ID;ФИО;Телефон\n1;Анна Ёлкина;+79161234567\n2;Борис Петров;89161234568\n"

Refuse = Callable[..., str]


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"id": ["1"], "name": ["Анна"]}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("blank.csv", b" \r\n\n", "the file is empty"),
        ("koi.csv", TEXT.encode("koi8-r"), "--encoding"),
        ("dos.csv", TEXT.encode("cp866"), "byte 3 is not UTF-8"),
        ("latin.csv", "id,name\n1,José Muñoz\n".encode("latin-1"), "byte 13 is not UTF-8"),
        ("damaged.csv", TEXT.encode() + b"3;\xff\xfe;1\n", "byte 102 is not UTF-8"),
        ("cut.csv", ("\ufeff" + TEXT).encode("utf-16-le")[:-1], "utf-16-le"),
        ("nul.csv", TEXT + "3;a\0b;1\n", "a zero byte at offset"),
        ("ragged.csv", TEXT + '"3\n4";a\n', "line 4 has 2 cells, the header has 3"),
        ("wide.csv", TEXT + "3;a;b;c\n", "line 4 has 4 cells, the header has 3"),
        ("open.csv", TEXT + '3;"a;1\n4;b;2\n', "line 4 opens a quote that is never closed"),
        ("last.csv", TEXT + '3;a;"1\n4;b;2\n', "line 4 opens a quote that is never closed"),
        ("head.csv", 'ID;ФИО;"Телефон\n1;Анна;2\n', "line 1 opens a quote that is never closed"),
        ("first.csv", 'ФИО\n"Анна\nБорис\n', "line 2 opens a quote that is never closed"),
        ("people.csv", "1;Анна;+79161234567\n2;Борис;89161234568\n", "first 15 rows is a header"),
        ("broken.xlsx", b"PK\x03\x04 and no more", "damaged archive"),
        ("text.xlsx", TEXT, "not a workbook"),
        ("old.xls", OLE, "old .xls workbook that is damaged or has a password"),
        ("locked.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "has a password"),
        ("cut.parquet", _parquet()[:-20], "a damaged Parquet file"),
        ("text.parquet", TEXT, "a damaged Parquet file"),
        ("packed.csv", b"\x1f\x8b\x08\x00 and so on", "compressed"),
        ("page.xls", "<html><body><table></table></body></html>", "no table with rows"),
        ("two.csv", "ID,ФИО,Full name\n1,Анна,Вера\n", "two columns, ФИО and Full name"),
        ("ids.csv", "ID,ИД,ФИО\n1,2,Анна\n", "two columns, ID and ИД"),
    ],
)
def test_a_damaged_file_is_one_line(
    refuse: Refuse, name: str, content: bytes | str, said: str
) -> None:
    line = refuse({name: content})
    assert said in line
    assert name in line
    assert "Анна" not in line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encoding": "klingon"}, "klingon is not an encoding"),
        ({"encoding": "rot13"}, "rot13 is not an encoding"),
        ({"encoding": "utf-16"}, "--encoding"),
        ({"delimiter": "::"}, "one ASCII character"),
        ({"delimiter": '"'}, "one ASCII character"),
        ({"delimiter": "¦"}, "one ASCII character"),
        ({"delimiter": ""}, "one ASCII character"),
        ({"encoding": "undefined"}, "--encoding"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus is not a known time zone"),
        ({"roles": {"ФИО": "nmae"}}, "did you mean name?"),
        ({"roles": {"ФИО": "qqqq"}}, "the roles are id, "),
        ({"roles": {"Кличка": "name"}}, "the columns are: ID, ФИО, Телефон"),
        ({"sheet": "Лист1"}, "--sheet is for workbooks"),
    ],
)
def test_a_wrong_option_is_one_line(refuse: Refuse, options: dict[str, object], said: str) -> None:
    assert said in refuse({"people.csv": TEXT}, **options)


def test_a_missing_sheet_lists_those_there_are(refuse: Refuse, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    book.add_worksheet("Клиенты").write(0, 0, "ФИО")
    book.close()
    line = refuse({"book.xlsx": (tmp_path / "book.xlsx").read_bytes()}, sheet="Лист9")
    assert "there is no sheet Лист9; name one of: Клиенты" in line


def test_a_missing_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file or folder"):
        read_tables(tmp_path / "nowhere.csv")


def test_a_folder_without_tables_names_the_kinds_of_file(tmp_path: Path) -> None:
    (tmp_path / "notes.docx").write_text("x")
    with pytest.raises(InputError, match=r"no table files.*\.csv, .*\.xlsx"):
        read_tables(tmp_path)


def test_a_folder_without_known_tables_names_what_is_looked_for(refuse: Refuse) -> None:
    line = refuse({"a.csv": "aa,bb\n1,2\n", "b.csv": "cc,dd\n1,2\n"})
    assert "contacts, companies, deals, tasks, users" in line


def test_a_file_that_may_not_be_read_is_one_line(
    refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    line = refuse({"people.csv": TEXT})
    assert "can't be read (Permission denied)" in line


def test_the_map_settles_two_columns_of_one_role(read: Callable[..., Account]) -> None:
    account = read({"two.csv": "ID,ФИО,Full name\n1,Анна,Вера\n"}, roles={"Full name": "name"})
    assert account.frame("contacts")["name"].to_list() == ["Вера"]
    assert account.frame("field_values").rows() == [("contact", "1", "ФИО", "Анна", None)]
