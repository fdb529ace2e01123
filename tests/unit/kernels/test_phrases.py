"""Rows of words as sorted phrases against lists, compiled and as plain Python."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.phrases import sorted_phrases, stripped

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

TEXTS = ["", "а", "бв", "ivan", "иван", "ооо"]
ROWS = st.lists(st.lists(st.integers(0, len(TEXTS) - 1), max_size=6), max_size=12)


def both(function, name):
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize(name, [function, plain], ids=["jit", "python"])


def laid_out(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    counts = np.array([len(row) for row in rows], dtype=np.int64)
    return counts, np.array([word for row in rows for word in row], dtype=np.int64)


def naive_stripped(row: list[int], opens: list[bool], closes: list[bool]) -> list[int]:
    while len(row) > 1 and (opens[row[0]] or closes[row[-1]]):
        row = row[1:] if opens[row[0]] else row[:-1]
    return row


@both(sorted_phrases, "phrases_of")
@given(rows=ROWS)
def test_a_phrase_is_the_sorted_words_with_spaces_between(phrases_of, rows) -> None:
    encoded = [text.encode() for text in TEXTS]
    bounds = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    counts, ids = laid_out(rows)
    flat = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    out, offsets = phrases_of(counts, ids, flat, bounds)
    data = out.tobytes()
    got = [data[a:b].decode() for a, b in pairwise(offsets)]
    assert got == [" ".join(TEXTS[word] for word in sorted(row)) for row in rows]
    assert ids.tolist() == laid_out(rows)[1].tolist()  # what came in is left as it was


@both(stripped, "stripped_by")
@given(
    rows=ROWS,
    opens=st.lists(st.booleans(), min_size=len(TEXTS), max_size=len(TEXTS)),
    closes=st.lists(st.booleans(), min_size=len(TEXTS), max_size=len(TEXTS)),
)
def test_ends_are_cut_off_until_one_word_is_left(stripped_by, rows, opens, closes) -> None:
    counts, ids = stripped_by(*laid_out(rows), np.array(opens), np.array(closes))
    expected = [naive_stripped(row, opens, closes) for row in rows]
    assert counts.tolist() == [len(row) for row in expected]
    assert ids.tolist() == [word for row in expected for word in row]
