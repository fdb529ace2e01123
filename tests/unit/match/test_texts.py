"""Tables of texts: codes stand for characters, and signatures bound what they can."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Jaro, Levenshtein

from dedupe.kernels.strings import levenshtein
from dedupe.match import texts as module
from dedupe.match.texts import MAX_LENGTH, Texts, build_texts

MANY = [chr(0x4E00 + k) for k in range(400)]  # more characters than a byte can number


def coded(table: Texts, row: int) -> list[int]:
    return table.codes[table.offsets[row] : table.offsets[row + 1]].tolist()


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.none() | st.text(max_size=20) | st.text(alphabet="аб😀", max_size=9), max_size=8)
)
def test_one_code_stands_for_one_character(values) -> None:
    table = build_texts(pl.Series(values, dtype=pl.String))
    strings = [value or "" for value in values]
    assert table.lengths.tolist() == [len(string) for string in strings]
    number: dict[str, int] = {}
    for row, string in enumerate(strings):
        for character, code in zip(string, coded(table, row), strict=True):
            assert number.setdefault(character, code) == code
    assert sorted(number.values()) == list(range(1, len(number) + 1))
    assert table.n_codes == len(number) + 1
    assert table.longest == max(map(len, strings), default=0)
    assert table.codes[-1] == 0
    assert len(table.codes) == sum(map(len, strings)) + 1


def test_frequent_characters_have_small_codes_whatever_the_order() -> None:
    table = build_texts(pl.Series(["ааа", "бба", "в"]))
    assert [coded(table, row) for row in range(3)] == [[1, 1, 1], [2, 2, 1], [3]]
    turned = build_texts(pl.Series(["в", "бба", "ааа"]))
    assert [coded(turned, row) for row in range(3)] == [[3], [2, 2, 1], [1, 1, 1]]


@pytest.mark.parametrize(("n", "dtype"), [(255, np.uint8), (256, np.uint32), (400, np.uint32)])
def test_a_large_alphabet_gets_wider_codes(n, dtype) -> None:
    table = build_texts(pl.Series(MANY[:n]))
    assert table.codes.dtype == dtype
    assert len(set(table.codes[:-1].tolist())) == n
    # Codes that differ by 256 have one low byte, but are not one character.
    left, right = np.array([0, 0], dtype=np.int32), np.array([n - 1, 0], dtype=np.int32)
    assert levenshtein(table.arrays, left, right).tolist() == [1, 0]


def test_an_alphabet_of_70_000_is_exact() -> None:
    characters = [chr(k) for k in range(0x20000, 0x20000 + 70_000)]
    table = build_texts(pl.Series(characters))
    assert table.codes.dtype == np.uint32
    left, right = np.array([7, 7], dtype=np.int32), np.array([7 + 65_536, 7], dtype=np.int32)
    assert levenshtein(table.arrays, left, right).tolist() == [1, 0]


def test_a_huge_cell_is_compared_by_how_it_starts() -> None:
    huge = "а" * 10_000_000
    table = build_texts(pl.Series([huge, huge + "б", None, "а" * MAX_LENGTH]))
    assert table.lengths.tolist() == [MAX_LENGTH, MAX_LENGTH, 0, MAX_LENGTH]
    assert len(table.codes) == 3 * MAX_LENGTH + 1
    assert build_texts(pl.Series(["абвг"]), max_length=2).lengths.tolist() == [2]


@pytest.mark.parametrize("values", [[], [None], ["", None, ""]])
def test_a_column_without_a_character_is_a_table(values) -> None:
    table = build_texts(pl.Series(values, dtype=pl.String))
    assert table.lengths.tolist() == [0] * len(values)
    assert (table.n_codes, table.longest, table.codes.tolist()) == (1, 0, [0])
    assert table.signatures.tolist() == table.heads.tolist() == [0] * len(values)


def test_slices_of_a_series_and_of_the_work_change_nothing(monkeypatch) -> None:
    values = pl.Series(["начало", "мария", None, "😀", "", "анна", "конец"])
    whole = build_texts(values.slice(1, 5))
    assert whole.lengths.tolist() == [5, 0, 1, 0, 4]
    monkeypatch.setattr(module, "ROWS", 2)
    parts = build_texts(values.slice(1, 5))
    for name in ("codes", "offsets", "lengths", "signatures", "heads"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_heads_hold_the_first_four_codes() -> None:
    table = build_texts(pl.Series(["аааббв", "бв", ""]))
    assert [int(head).to_bytes(4, "little") for head in table.heads] == [
        bytes([1, 1, 1, 2]),
        bytes([2, 3, 0, 0]),
        bytes(4),
    ]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.text(alphabet="абвгд", max_size=12) | st.text(max_size=8) | st.sampled_from(MANY),
        min_size=2,
        max_size=12,
    )
)
def test_signatures_bound_the_measures(values) -> None:
    table = build_texts(pl.Series([*values, "".join(MANY[:200])]))
    for i, a in enumerate(values):
        for j, b in enumerate(values):
            lacking = int(table.signatures[i]) & ~int(table.signatures[j])
            assert lacking.bit_count() <= min(Levenshtein.distance(a, b), OSA.distance(a, b))
            matched = len(a) - lacking.bit_count()
            if a and b:
                bound = (matched / len(a) + matched / len(b) + 1) / 3
                assert Jaro.similarity(a, b) <= bound + 1e-9


def test_signatures_tell_repeated_and_rare_characters_apart() -> None:
    table = build_texts(pl.Series(["аб", "ааб", "аааб", "б", *MANY]))
    one, two, three, none = (int(signature) for signature in table.signatures[:4])
    assert (none & ~one, one & ~two, two & ~three) == (0, 0, 0)
    assert (one & ~none).bit_count() == (two & ~one).bit_count() == 1
    assert (three & ~two).bit_count() == 1
    assert 0 not in table.signatures[4:].tolist()  # a rare character has a bit, if a shared one
