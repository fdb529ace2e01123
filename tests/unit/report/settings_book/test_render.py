"""A settings document as Markdown, TOML, JSON and XLSX; and read back."""

from __future__ import annotations

import json
import tomllib

import fastexcel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.errors import InputError
from dedupe.report.settings_book import (
    book_document,
    build_book,
    read_document,
    render_markdown,
    render_toml,
    render_workbook,
)
from dedupe.report.settings_book.toml_text import _key, _text


def test_toml_is_the_document_and_reads_back_to_the_same_book(make, tmp_path) -> None:
    account = make(tags=None, roles=[{"id": "a.b", "name": 'Q "x"\n\\ \x7f'}])
    book = build_book(account)
    document = book_document(book)
    assert tomllib.loads(render_toml(book)) == document
    for name, text in (("s.toml", render_toml(book)), ("s.json", json.dumps(document))):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert read_document(path) == book


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_toml_key_and_value(text: str) -> None:
    assert tomllib.loads(f"{_key(text)} = {_text(text)}") == {text: text}


HEAD = 'schema = "crmclean.settings/1"\n'
ACCOUNT = 'crm = "a"\naccount_id = "1"\nhost = "h"\n'
STRANGE = ["", "x", "{}", "[1]", '{"schema": "crmclean.scan/1"}', "schema = 3", HEAD,
           f"{HEAD}{ACCOUNT}[users.u1]\nname = 5", f"{HEAD}{ACCOUNT}users = 7",
           f'{HEAD}{ACCOUNT}read_to = "today"', 'schema = "crmclean.settings/9"']  # fmt: skip


@pytest.mark.parametrize("text", STRANGE)
def test_what_is_no_settings_document_is_told_in_one_line(text, tmp_path) -> None:
    path = tmp_path / "old.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_document(path)
    assert str(path) in str(told.value)


def test_a_missing_file_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_document(tmp_path / "none.toml")


def test_markdown_says_not_read_and_never_none_for_it(make) -> None:
    text = render_markdown(build_book(make(sources=None, tasks=None,
                                           not_read={"sources": "no_rights"})))  # fmt: skip
    sources = text.split("## Sources")[1].split("## ")[0]
    assert "not read: the user of the token has no right to it" in sources
    assert "None" not in sources
    types = text.split("## Task types")[1].split("## ")[0]
    assert "tasks: not read (it is not in the snapshot)" in types
    assert "| tt1 | Call | FOLLOW_UP | – | – |" in types
    assert "None in the account." in text.split("## Enquiries")[1]


def test_a_hostile_name_breaks_no_table(make) -> None:
    text = render_markdown(build_book(make(roles=[{"id": "1", "name": "a|b\n<script>[x](y)"}])))
    assert "<script>" not in text.replace(r"\<script\>", "")
    [row] = [line for line in text.splitlines() if r"a\|b" in line]
    assert row.startswith("| 1 | ")


def test_the_workbook_has_a_sheet_a_section_and_text_cells(make, tmp_path) -> None:
    book = build_book(make(roles=[{"id": "1", "name": "=1+1"}, {"id": "2", "name": "+7916"}],
                           webhooks=None))  # fmt: skip
    raw = render_workbook(book)
    assert raw == render_workbook(book)
    read = fastexcel.read_excel(raw)
    assert len(read.sheet_names) == len(book.sections)
    roles = read.load_sheet("Roles").to_polars()
    assert roles["name"].to_list() == ["'=1+1", "'+7916"]
    hooks = read.load_sheet("Webhooks", header_row=None).to_polars()
    assert hooks.item() == "not read: it is not in the snapshot"


def test_the_demo_fits_all_forms() -> None:
    from dedupe.sandbox.demo import build_demo

    book = build_book(build_demo(scale=0.002).account)
    assert tomllib.loads(render_toml(book)) == book_document(book)
    assert render_markdown(book).count("\n## ") == len(book.sections)
    assert fastexcel.read_excel(render_workbook(book)).sheet_names[0] == "Passport"
