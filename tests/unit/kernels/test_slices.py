"""Distinct and frequent slices against dictionaries, compiled and as plain Python."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.slices import distinct_slices, found_slices, may_be_often

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

WORDS = st.lists(st.one_of(st.binary(max_size=3), st.binary(max_size=12)), max_size=60)


def both(function, name):
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize(name, [function, plain], ids=["jit", "python"])


def laid_out(words: list[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ends = np.cumsum([len(word) for word in words], dtype=np.int64)
    begins = ends - np.array([len(word) for word in words], dtype=np.int64)
    return np.frombuffer(b"".join(words) or b"\0", dtype=np.uint8), begins, ends


def naive_labels(words: list[bytes]) -> tuple[list[int], list[int]]:
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return [numbers[word] for word in words], [words.index(word) for word in numbers]


@both(distinct_slices, "labels_of")
@given(words=WORDS)
def test_equal_slices_have_one_label_in_order_of_appearance(labels_of, words) -> None:
    labels, firsts = labels_of(*laid_out(words))
    assert (labels.tolist(), firsts.tolist()) == naive_labels(words)


@both(distinct_slices, "labels_of")
def test_the_table_grows_with_the_labels(labels_of) -> None:
    words = [number.to_bytes(2, "big") for number in (*range(1500), *range(0, 1500, 7))]
    labels, firsts = labels_of(*laid_out(words))
    assert (labels.tolist(), firsts.tolist()) == naive_labels(words)


@both(distinct_slices, "labels_of")
@given(st.lists(st.lists(st.integers(0, 3).map(lambda x: 1000 * x), max_size=6), max_size=20))
def test_rows_of_wider_numbers_are_told_apart(labels_of, rows) -> None:
    ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
    begins = ends - np.array([len(row) for row in rows], dtype=np.int64)
    flat = np.array([each for row in rows for each in row], dtype=np.uint16)
    labels, _ = labels_of(flat, begins, ends)
    assert labels.tolist() == naive_labels([bytes(str(row), "ascii") for row in rows])[0]


@both(may_be_often, "is_often")
@given(words=WORDS, n_times=st.integers(1, 4))
def test_no_frequent_slice_is_missed(is_often, words, n_times) -> None:
    counts = Counter(words)
    found = is_often(*laid_out(words), n_times).tolist()
    assert all(mark for word, mark in zip(words, found, strict=True) if counts[word] >= n_times)


@both(may_be_often, "is_often")
def test_few_rare_slices_are_taken_for_frequent_ones(is_often) -> None:
    words = [number.to_bytes(4, "big") for number in range(0, 20_000, 13)] + [b"often"] * 3
    found = is_often(*laid_out(words), 3)
    assert found[-3:].all()
    assert found[:-3].mean() < 0.05


@both(found_slices, "places_of")
@given(words=WORDS, asked=WORDS)
def test_a_slice_is_found_where_it_first_stands(places_of, words, asked) -> None:
    asked = [*asked, *words[::2]]
    want = [words.index(word) if word in words else -1 for word in asked]
    assert places_of(*laid_out(words), *laid_out(asked)).tolist() == want


@both(found_slices, "places_of")
@given(words=st.sets(st.binary(max_size=3), max_size=40), sized=st.booleans(), data=st.data())
def test_slices_in_order_are_found_among_slices_in_order(places_of, words, sized, data) -> None:
    def ordered(some):
        return sorted(some, key=lambda word: (len(word) * sized, word))

    rows = ordered(words)
    more = data.draw(st.lists(st.one_of(st.binary(max_size=3), st.sampled_from(rows or [b""]))))
    asked = [*ordered(more), *more[:1]]
    want = [rows.index(word) if word in words else -1 for word in asked]
    assert places_of(*laid_out(rows), *laid_out(asked)).tolist() == want


@both(found_slices, "places_of")
def test_what_is_asked_in_any_order_is_found(places_of) -> None:
    rows = [str(number).encode() for number in range(50)]
    asked = [*reversed(rows), b"x", *rows[::3]]
    want = [rows.index(word) if word in rows else -1 for word in asked]
    assert places_of(*laid_out(rows), *laid_out(asked)).tolist() == want
