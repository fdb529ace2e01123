"""Tables that lack a column, or hold digits of other scripts, are read all the same."""

from __future__ import annotations

import polars as pl

from dedupe.crm.tables import read_tables


def test_deals_without_a_name_column_may_be_linked_to(tmp_path) -> None:
    (tmp_path / "contacts.csv").write_text("ID;Имя;Сделки\n1;Иван;7\n2;Пётр;\n", encoding="utf-8")
    (tmp_path / "deals.csv").write_text("ID;Бюджет\n7;100\n", encoding="utf-8")
    account = read_tables(tmp_path)
    assert account.frame("links").select("from_id", "to_id").rows() == [("1", "7")]


def test_digits_of_other_scripts_are_no_date(tmp_path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "Имя;Дата создания\nИван;\u066331.02.2020\nПётр;\u0661\u0662.03.2020\n"
        "Анна;\u0661" + "6" * 9 + "\nОльга;05.03.2020\n",
        encoding="utf-8",
    )
    account = read_tables(path)
    created = account.frame("contacts")["created_at"]
    assert created.is_null().to_list() == [True, True, True, False]
    assert {n.code: n.n for n in account.notes}["bad_date"] == 3
    assert account.frame("contacts").schema["created_at"] == pl.Datetime("us", "UTC")
