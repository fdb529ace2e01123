"""build_persons reads a column as parse_person reads each name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.person import parse_person, person_key
from dedupe.normalize.person_columns import SCHEMA, build_persons

CASES = Path(__file__).with_name("person_cases.txt").read_text("utf-8").splitlines()
NAMES = [line.split(" => ")[0] for line in CASES if " => " in line]
WORDS = [word for name in NAMES for word in name.split(" ")]

words = st.sampled_from(WORDS).flatmap(lambda word: st.sampled_from([word, word.lower()]))
mixed = st.lists(words, min_size=1, max_size=7).map(" ".join)
texts = st.one_of(mixed, st.sampled_from(NAMES), st.text(max_size=20))


def expected(raw: str) -> tuple[object, ...]:
    name = parse_person(raw)
    keys = (name.given_key or None, name.surname_key if name.surname else None)
    parts = (name.given, name.surname, name.patronymic)
    return (raw, *parts, *keys, name.gender, name.confidence, person_key(name))


@given(st.lists(texts, max_size=25), st.integers(1, 30))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_a_column_is_read_like_its_names(names: list[str], chunk_rows: int) -> None:
    frame = build_persons(pl.Series(names, dtype=pl.String), chunk_rows=chunk_rows)
    assert frame.schema == SCHEMA
    assert frame.rows() == [expected(name) for name in dict.fromkeys(names)]


def test_names_are_distinct_in_order_of_appearance_and_null_is_none() -> None:
    names = pl.Series(["Иванов Иван", None, "Иван", "Иванов Иван"])
    assert build_persons(names)["raw"].to_list() == ["Иванов Иван", "Иван"]


def test_an_empty_column_gives_an_empty_frame() -> None:
    assert build_persons(pl.Series([], dtype=pl.String)).schema == SCHEMA


def test_the_result_does_not_depend_on_the_chunk() -> None:
    names = pl.Series(NAMES)
    whole = build_persons(names)
    assert build_persons(names, chunk_rows=1).equals(whole)
    assert build_persons(names, chunk_rows=7).equals(whole)
