"""Where files lie and what they hold: one digest for one list, another for any other."""

from __future__ import annotations

from dedupe.report.places import is_of_name, place_of
from dedupe.scan import open_account

HEADER = "ID;Имя;Мобильный телефон;Особое"


def place(path, header: str = HEADER) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{header}\n1;Иван;79160000001;да\n", encoding="utf-8")
    return place_of(path, open_account(path))


def test_a_list_keeps_its_place_whatever_its_rows(tmp_path, monkeypatch) -> None:
    path = tmp_path / "people.csv"
    first = place(path)
    path.write_text(f"{HEADER}\n7;Анна;;нет\n8;Пётр;;да\n", encoding="utf-8")
    assert place_of(path, open_account(path)) == first
    monkeypatch.chdir(tmp_path)
    relative = path.relative_to(tmp_path)
    assert place_of(relative, open_account(relative)) == first


def test_another_folder_or_other_columns_are_another_list(tmp_path) -> None:
    places = {
        place(tmp_path / "people.csv"),
        place(tmp_path / "other" / "people.csv"),
        place(tmp_path / "people.csv", HEADER.replace("Особое", "Иное")),
        place(tmp_path / "people.csv", HEADER.replace("Мобильный телефон", "Телефон2")),
    }
    assert len(places) == 4


def test_no_path_stands_in_a_place(tmp_path) -> None:
    assert is_of_name(f"people.csv:{place(tmp_path / 'people.csv')}", "people.csv")
    assert not is_of_name("people.csv:elsewhere", "people.csv")
    assert not is_of_name("people.csv2", "people.csv")
