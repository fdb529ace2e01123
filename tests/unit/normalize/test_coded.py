"""Columns by numbers of their values: nothing but the price differs from columns of texts."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.coded import coded, coded_at, first_of, placed

settings.register_profile("coded", deadline=None)
settings.load_profile("coded")

TEXTS = st.lists(st.sampled_from([None, "", "а", "А ", "ёж", "Ёж", "б в"]), max_size=12)


def texts_of(texts: list[str | None]) -> pl.Series:
    return pl.Series("text", texts, dtype=pl.String)


@given(texts=TEXTS)
def test_a_coded_column_is_the_column(texts) -> None:
    assert coded(texts_of(texts)).column().to_list() == texts


@given(texts=TEXTS)
def test_what_is_done_to_the_values_is_done_to_the_rows(texts) -> None:
    column = coded(texts_of(texts))
    want = [None if text is None else text.strip().lower() for text in texts]
    stripped = column.mapped(lambda text: text.str.strip_chars().str.to_lowercase())
    assert stripped.column().to_list() == want
    lengths = stripped.keyed(lambda words: words.str.len_chars().cast(pl.String))
    assert lengths.column().to_list() == [None if t is None else str(len(t)) for t in want]
    assert column.is_known.tolist() == [text is not None for text in texts]
    told = column.told(lambda text: text.str.contains(" ", literal=True))
    assert told.tolist() == [text is not None and " " in text for text in texts]


@given(texts=TEXTS)
def test_keys_are_asked_for_distinct_values_in_order(texts) -> None:
    asked: list[list[str]] = []

    def keys_of(words: pl.Series) -> pl.Series:
        asked.append(words.to_list())
        return words

    coded(texts_of(texts)).keyed(keys_of)
    assert asked == [sorted({text for text in texts if text is not None})]


@given(rows=st.lists(st.tuples(st.integers(0, 2), TEXTS.map(lambda t: (t or [None])[0]),
                               st.sampled_from(["x", "а", None])), max_size=10))  # fmt: skip
def test_each_row_is_taken_from_the_first_column_that_has_it(rows) -> None:
    one, two = (coded(texts_of([row[at] for row in rows])) for at in (1, 2))
    which = np.array([row[0] for row in rows], dtype=np.int64)
    taken = first_of([(which == 0, one), (which <= 1, two)])
    assert taken.column().to_list() == [(row[1], row[2], None)[row[0]] for row in rows]
    values = taken.values.drop_nulls()
    assert values.n_unique() == len(values)
    assert set(values) == {text for text in taken.column() if text is not None}


def test_rows_without_a_text_are_null() -> None:
    held = coded_at(np.array([3, 1]), pl.Series(["в", "а"]), 5)
    assert held.column().to_list() == [None, "а", None, "в", None]
    assert placed(held, np.arange(5) + 1, 7).column().to_list() == [
        *(None, None, "а", None, "в", None, None)
    ]
