"""Tables that lack a column, or hold digits of other scripts, are read all the same."""

from __future__ import annotations

import polars as pl
import pytest

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


def test_a_tasks_own_id_is_not_that_of_the_record_it_is_on(tmp_path) -> None:
    text = "id;entity;record_id;Текст задачи\n90;Сделка;7;Позвонить\n91;Контакт;007;Написать\n"
    (tmp_path / "tasks.csv").write_text(text, encoding="utf-8")
    tasks = read_tables(tmp_path).frame("tasks")
    assert tasks.select("id", "entity", "record_id").rows() == [
        ("90", "deal", "7"),
        ("91", "contact", "007"),
    ]


@pytest.mark.parametrize(
    ("state", "is_completed"),
    [
        ("Активна", False),
        ("Active", False),
        ("В работе", False),
        ("Ждет выполнения", False),
        ("Не выполнена", False),
        ("нет", False),
        ("Выполнена", True),
        ("Завершена", True),
        ("да", True),
        ("как-то", None),
    ],
)
def test_a_task_is_done_when_its_state_says_so(tmp_path, state, is_completed) -> None:
    text = f"id;Текст задачи;Статус\n90;Позвонить;{state}\n"
    (tmp_path / "tasks.csv").write_text(text, encoding="utf-8")
    assert read_tables(tmp_path).frame("tasks")["is_completed"].to_list() == [is_completed]


def test_what_is_too_large_for_money_is_no_price(tmp_path) -> None:
    prices = ["1e400", "9" * 400, "9999999999999999", "-1e16", "12 500,50 ₽", "-500"]
    lines = "".join(f'{row};"{price}"\n' for row, price in enumerate(prices))
    (tmp_path / "deals.csv").write_text(f"ID;Бюджет\n{lines}", encoding="utf-8")
    account = read_tables(tmp_path)
    assert account.frame("deals")["price"].to_list() == [None] * 4 + [12500.5, -500.0]
    assert {n.code: n.n for n in account.notes}["bad_number"] == 4
