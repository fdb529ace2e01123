"""The CSV files of the demo account, read back with the standard library alone."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from dedupe.errors import StorageError
from dedupe.sandbox.demo import DemoAccount, build_demo, write_csv

CONTACT_HEADERS = [
    "ID", "Тип", "Полное имя", "Имя", "Фамилия", "Название компании", "Ответственный",
    "Дата создания контакта", "Кем создан контакт", "Сделки", "Дата редактирования",
    "Кем редактирован", "Теги", "Примечание 1", "Примечание 2", "Примечание 3", "Примечание 4",
    "Примечание 5", "Рабочий телефон", "Рабочий прямой телефон", "Мобильный телефон", "Факс",
    "Домашний телефон", "Другой телефон", "Рабочий email", "Личный email", "Другой email", "Web",
    "Доп. телефон", "Должность", "Город",
]  # fmt: skip
SETTINGS = ("users", "user_rights", "tags", "task_types", "pipelines", "statuses", "loss_reasons",
            "sources", "roles")  # fmt: skip
Table = tuple[list[str], list[list[str]]]


@pytest.fixture(scope="module")
def demo() -> DemoAccount:
    return build_demo(scale=0.02)


@pytest.fixture(scope="module")
def folder(demo: DemoAccount, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "new" / "folder"
    write_csv(demo, path)
    return path


def read(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        assert file.read(1) == "\ufeff"
        rows = list(csv.reader(file, delimiter=";"))
    assert {len(row) for row in rows} == {len(rows[0])}
    return rows[0], rows[1:]


def column(table: Table, name: str) -> list[str]:
    at = table[0].index(name)
    return [row[at] for row in table[1]]


def live(demo: DemoAccount, name: str) -> pl.DataFrame:
    return demo.account.frame(name).filter(~pl.col("is_deleted"))


def test_headers_are_those_of_the_export(folder: Path) -> None:
    header, _ = read(folder / "contacts.csv")
    assert list(dict.fromkeys(header)) == CONTACT_HEADERS
    assert header.count("Мобильный телефон") > 1


@pytest.mark.parametrize("name", ["contacts", "companies", "deals"])
def test_every_live_record_is_there_once(demo: DemoAccount, folder: Path, name: str) -> None:
    ids = column(read(folder / f"{name}.csv"), "ID")
    assert sorted(ids) == sorted(live(demo, name)["id"])


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_keep_their_columns_and_rows(demo: DemoAccount, folder: Path, name: str) -> None:
    header, rows = read(folder / f"{name}.csv")
    frame = demo.account.frame(name)
    assert (header, len(rows)) == (frame.columns, frame.height)


@pytest.mark.parametrize(("entity", "name"), [("contact", "contacts"), ("company", "companies")])
def test_values_of_cards_survive(demo: DemoAccount, folder: Path, entity: str, name: str) -> None:
    header, rows = read(folder / f"{name}.csv")
    first, last = header.index("Рабочий телефон"), header.index("Доп. телефон")
    written = [
        (row[0], cell.removeprefix("'")) for row in rows for cell in row[first : last + 1] if cell
    ]
    channels = demo.account.frame("channels").filter(entity=entity)
    kept = channels.join(live(demo, name).select(record_id="id"), on="record_id", how="semi")
    assert sorted(written) == sorted(kept.select("record_id", "raw").iter_rows())


def test_numbers_with_a_plus_are_guarded(folder: Path) -> None:
    header, rows = read(folder / "contacts.csv")
    cells = [cell for row in rows for cell in row[header.index("Рабочий телефон") :]]
    assert not any(cell.startswith("+") for cell in cells)
    assert sum(cell.startswith("'+") for cell in cells) > 100


@pytest.mark.parametrize(("entity", "name"), [("contact", "contacts"), ("company", "companies")])
def test_links_to_deals_survive(demo: DemoAccount, folder: Path, entity: str, name: str) -> None:
    table = read(folder / f"{name}.csv")
    written = [
        (card, deal)
        for card, deals in zip(column(table, "ID"), column(table, "Сделки"), strict=True)
        for deal in deals.split(", ")
        if deal
    ]
    links = demo.account.frame("links").filter(from_entity=entity, to_entity="deal")
    kept = links.join(live(demo, name).select(from_id="id"), on="from_id", how="semi")
    assert sorted(written) == sorted(kept.select("from_id", "to_id").iter_rows())


def test_a_deal_names_its_stage_reason_contact_and_company(demo: DemoAccount, folder: Path) -> None:
    table = read(folder / "deals.csv")
    stages = column(table, "Этап сделки")
    deals = demo.account.frame("deals")
    states = deals["state"].to_list()
    assert stages.count("Успешно реализовано") == states.count("won")
    assert stages.count("Закрыто и не реализовано") == states.count("lost")
    assert "" not in stages
    reasons = column(table, "Причина отказа")
    lost = zip(stages, reasons, strict=True)
    silent = sum(stage == "Закрыто и не реализовано" and not why for stage, why in lost)
    assert silent == demo.planted["LOS101", "deal"].found
    assert sum(map(bool, column(table, "Полное имя контакта"))) > 0.9 * len(stages)
    assert any(column(table, "Компания"))


def test_moments_are_local(demo: DemoAccount, folder: Path) -> None:
    deals = demo.account.frame("deals")
    at = deals["created_at"][0].strftime("%d.%m.%Y")
    written = column(read(folder / "deals.csv"), "Дата создания сделки")[0]
    assert written.startswith((at, deals["created_at"].dt.offset_by("3h")[0].strftime("%d.%m.%Y")))
    hour = deals["created_at"].dt.offset_by("3h")[0].strftime("%H:%M:%S")
    assert written.endswith(hour)  # Moscow is three hours ahead of UTC


def test_tasks_keep_their_record_and_state(demo: DemoAccount, folder: Path) -> None:
    table = read(folder / "tasks.csv")
    tasks = demo.account.frame("tasks")
    assert column(table, "ID") == tasks["id"].to_list()
    assert column(table, "Выполнена").count("нет") == (~tasks["is_completed"]).sum()
    on_deals = tasks.filter(entity="deal")["record_id"].to_list()
    assert [deal for deal in column(table, "ID сделки") if deal] == on_deals


def test_an_unused_name_is_in_the_settings_only(demo: DemoAccount, folder: Path) -> None:
    used = set(column(read(folder / "tasks.csv"), "Тип задачи"))
    types = set(column(read(folder / "task_types.csv"), "name"))
    assert len(types - used) == demo.planted["TSK301", "task_type"].found
    tagged = {
        tag for tags in column(read(folder / "deals.csv"), "Теги") for tag in tags.split(", ")
    }
    rows = read(folder / "tags.csv")
    names = zip(column(rows, "entity"), column(rows, "name"), strict=True)
    idle = [name for entity, name in names if entity == "deal" and name not in tagged]
    assert len(idle) == demo.planted["TAG101", "tag"].found


def test_a_folder_that_cannot_be_made_is_one_clear_line(demo: DemoAccount, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        write_csv(demo, tmp_path / "file" / "folder")
