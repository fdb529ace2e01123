"""Judged pairs: what a judgement may look like, whose cards it is about, what is not used."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dedupe.crm.tables.labels import JUDGED, read_labels, settle_labels
from dedupe.errors import InputError


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def judged(*rows: tuple[str, str, bool, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=JUDGED, orient="row")


@pytest.mark.parametrize(
    ("yes", "no"),
    [("1", "0"), ("True", "FALSE"), ("match", "distinct"), ("Да", "нет"), ("1.0", "0.0")],
)
def test_judgements_are_read_in_words_and_digits(tmp_path, yes, no) -> None:
    text = f"Left ID;right_id;IS_MATCH\n1;2;{yes}\n3.0;4;{no}\n5;6;\n"
    assert read_labels(write(tmp_path, text)).rows() == [
        ("1", "2", True, None),
        ("3", "4", False, None),
    ]


def test_parquet_is_read_whatever_its_types(tmp_path) -> None:
    told = {"left_id": [1], "right_id": [2], "is_match": [True], "entity": ["company"]}
    pl.DataFrame(told).write_parquet(tmp_path / "labels.parquet")
    assert read_labels(tmp_path / "labels.parquet").rows() == [("1", "2", True, "company")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("left_id,right_id\n1,2\n", "lack the column is_match; write left_id, right_id"),
        ("a,b,c\n1,2,1\n", "lack the column left_id, right_id, is_match"),
        ("left_id,right_id,is_match\n1,2,maybe\n3,4,1\n", "is_match has cells .*judgement: 1;"),
        ("left_id,right_id,is_match,entity\n1,2,1,deal\n", "entity has cells .*: 1;"),
        ("", "the file is empty"),
    ],
)
def test_what_can_not_be_meant_is_one_line(tmp_path, text, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_labels(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_folder_and_a_missing_file_are_one_line(tmp_path) -> None:
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(InputError):
            read_labels(path)


def cards(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["entity", "record_id", "own_id", "side"], orient="row")


BOTH = cards(
    ("contact", "1", "1", 0),
    ("contact", "2", "2", 0),
    ("contact", "3", "3", 0),
    ("company", "1", "1", 0),
    ("company", "2", "2", 0),
    ("company", "9", "9", 0),
)


def test_each_pair_finds_its_kind_of_card_or_is_counted() -> None:
    told = judged(
        ("1", "3", True, None),
        ("9", "1", False, None),
        ("1", "2", True, None),  # contacts or companies?
        ("1", "2", True, "company"),
        ("1", "77", True, None),
        ("3", "3", True, None),
        ("3", "9", True, None),  # a contact and a company
    )
    found, notes = settle_labels(told, BOTH)
    assert sorted(found.rows()) == [
        ("1", "2", True, "company"),
        ("1", "3", True, "contact"),
        ("9", "1", False, "company"),
    ]
    assert {note.code: note.n for note in notes} == {"unknown_labels": 3, "ambiguous_labels": 1}


def test_a_pair_counts_once_and_contradictions_not_at_all() -> None:
    told = judged(
        ("1", "3", True, None),
        ("3", "1", True, None),
        ("2", "3", True, None),
        ("3", "2", False, None),
    )
    found, notes = settle_labels(told, BOTH)
    assert found.rows() == [("1", "3", True, "contact")]
    assert {note.code: note.n for note in notes} == {"contradicting_labels": 2}


def test_of_two_tables_the_left_id_is_of_the_first() -> None:
    two = cards(
        ("contact", "1", "1", 0),
        ("contact", "2", "2", 0),
        ("contact", "crm:1", "1", 1),
        ("contact", "7", "7", 1),
    )
    told = judged(
        ("1", "1", True, None),  # as each table has it
        ("2", "crm:1", False, None),  # as the scan's files have it
        ("7", "2", True, None),  # the other way round
        ("1", "2", True, None),  # inside one table
    )
    found, notes = settle_labels(told, two, linked=True)
    assert sorted(found.select("left_id", "right_id", "is_match").rows()) == [
        ("1", "crm:1", True),
        ("2", "7", True),
        ("2", "crm:1", False),
    ]
    assert {note.code: note.n for note in notes} == {"unknown_labels": 1}
