"""`--compare` and two sources on the reader's side: which columns are meant, and the errors."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES, Account, Entity
from dedupe.crm.tables import TableOptions
from dedupe.crm.tables.compared import (
    check_fields,
    distinct_columns,
    empty_notes,
    read_sources,
    take_fields,
)
from dedupe.errors import InputError

from .conftest import rows

PEOPLE = "id,name, Soc-Sec ID ,state,phone\n1,Ann,77,won,+79161234567\n2,Bob,78,,\n"


def write(folder: Path, **files: str) -> list[Path]:
    paths = []
    for name, text in files.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def options(*compare: str, **roles: str) -> TableOptions:
    return TableOptions(entity=Entity.CONTACT, compare=compare, roles=roles)


def test_a_compared_column_is_kept_as_it_is_whatever_its_header_says(tmp_path) -> None:
    (account,) = read_sources(write(tmp_path, a=PEOPLE), options("soc_sec_id", "state", "phone"))
    taken = take_fields(account, ("soc_sec_id", "state", "phone"))
    assert sorted(taken.values.select("record_id", "field_id", "raw").rows()) == [
        ("1", "phone", "+79161234567"),
        ("1", "soc_sec_id", "77"),
        ("1", "state", "won"),
        ("2", "soc_sec_id", "78"),
    ]
    assert account.frame("channels").is_empty()
    assert taken.rest.frame("field_values").is_empty()


def test_without_compared_columns_the_account_stays_as_it_is(tmp_path) -> None:
    (account,) = read_sources(write(tmp_path, a=PEOPLE), options())
    taken = take_fields(account, ())
    assert taken.rest is account
    assert taken.values.is_empty()


def test_a_column_without_a_value_is_noted(tmp_path) -> None:
    (account,) = read_sources(write(tmp_path, a="id,name,code\n1,Ann,\n"), options("code"))
    taken = take_fields(account, ("code",))
    assert [note.where for note in empty_notes([taken], ("code",))] == ["code"]


def test_one_column_named_twice_is_compared_once() -> None:
    assert distinct_columns(["Soc ID", "state", "soc_id"]) == ("Soc ID", "state")
    assert distinct_columns(["№", "%", "%"]) == ("№", "%")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (options("nope"), r"--compare names nope, .*; the columns are: id, name, Soc-Sec ID"),
        (options("state", State="status"), r"--compare: state: named by --compare and by --map"),
        (options("state", nope="phone"), r"--map names nope, .*; the columns are: id, name"),
    ],
)
def test_a_column_that_is_not_there_is_one_line(tmp_path, named, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_sources(write(tmp_path, a=PEOPLE), named)
    assert "\n" not in str(caught.value)


def test_a_mapped_column_need_be_in_one_of_two_sources(tmp_path) -> None:
    sources = write(tmp_path, a="id,who,code\n1,Ann,7\n", b="id,client,code\n9,Ann,7\n")
    first, second = read_sources(sources, options("code", who="name", client="name"))
    assert rows(first, "contacts", "id", "name") == [("1", "Ann")]
    assert rows(second, "contacts", "id", "name") == [("9", "Ann")]
    with pytest.raises(InputError, match=r"a\.csv, .*b\.csv: --map names other, .*who.*client"):
        read_sources(sources, options(who="name", other="phone"))
    with pytest.raises(InputError, match=r"b\.csv: --compare names who, "):
        read_sources(sources, options("who"))


def test_an_error_of_a_file_is_told_as_it_is(tmp_path) -> None:
    sources = write(tmp_path, a=PEOPLE, b="")
    with pytest.raises(InputError, match=r"b\.csv: the file is empty"):
        read_sources(sources, options("state"))


@pytest.fixture
def snapshot() -> Account:
    tables = {
        "contacts": {"id": ["1", "2"]},
        "fields": {
            "entity": ["contact", "company", "deal"],
            "id": ["10", "11", "12"],
            "name": ["Номер паспорта", "номер  паспорта", "Бюджет"],
        },
        "field_values": {
            "entity": ["contact", "contact", "company"],
            "record_id": ["1", "2", "7"],
            "field_id": ["10", "55", "11"],
            "raw": ["4510 123456", "x", "4510 123456"],
        },
    }
    return Account(
        tables={k: SNAPSHOT_TABLES[k].conform(pl.DataFrame(t)).lazy() for k, t in tables.items()}
    )


def test_a_field_of_an_account_is_named_by_id_or_by_name(snapshot) -> None:
    taken = take_fields(snapshot, ("Номер Паспорта", "55"))
    assert sorted(taken.values.select("entity", "record_id", "field_id").rows()) == [
        ("company", "7", "Номер Паспорта"),
        ("contact", "1", "Номер Паспорта"),
        ("contact", "2", "55"),
    ]
    # As it is written it is one field only.
    exact = take_fields(snapshot, ("Номер паспорта",))
    assert exact.values["entity"].to_list() == ["contact"]


def test_a_field_that_no_card_has_is_one_line(snapshot) -> None:
    check_fields(snapshot, ["10", "номер паспорта", "55"], "account")
    with pytest.raises(
        InputError, match=r"account: --compare names Бюджет, .*: .*Номер паспорта, 55"
    ):
        check_fields(snapshot, ["Бюджет"], "account")
