"""The string measures against rapidfuzz, and levels against grading without bounds."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler, Levenshtein

from dedupe.kernels import strings as kernels
from dedupe.kernels.strings import CLOSE, FEW_EDITS, NEAR, NOT_OBSERVED, SAME, UNLIKE, Cuts
from dedupe.match.texts import build_texts

IS_PLAIN = not hasattr(kernels.jaro_winkler, "py_func")
EXAMPLES = settings(deadline=None, max_examples=25 if IS_PLAIN else 150)
LONGEST = 400
CUTS = Cuts(edits=1, min_length=4, high=0.915, low=0.805)


def both(name: str):
    function = getattr(kernels, name)
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize("measure", [function, plain], ids=["jit", "python"])


ALPHABETS = ["ab", "абвгдеёжзиклмнопрст", "😀𝔞𐍈ab", "0123456789 +-", "éèêëeаe"]
TEXTS = st.one_of(
    [st.text(alphabet=alphabet, max_size=12) for alphabet in ALPHABETS]
    + [st.text(alphabet=alphabet, min_size=50, max_size=140) for alphabet in ALPHABETS]
    + [st.text(max_size=20), st.text(alphabet="abc ", min_size=250, max_size=300)]
)


@st.composite
def tables(draw: st.DrawFn) -> list[str]:
    """Draw some texts, and what a few edits make of them."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=4))
    rng = random.Random(draw(st.integers(0, 1 << 30)))
    return texts + [edited(rng, text) for text in texts for _ in range(rng.randrange(3))]


def edited(rng: random.Random, text: str) -> str:
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        head, tail = text[:at], text[at:]
        other = rng.choice([*(text or "x"), "ё", "z"])
        swapped = tail[1:2] + tail[:1] + tail[2:]
        text = head + rng.choice([other + tail, tail[1:], other + tail[1:], swapped])
    return text


def all_pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every pair of `n` texts and null, in left order."""
    numbers = np.arange(-1, n, dtype=np.int32)
    return np.repeat(numbers, n + 1), np.tile(numbers, n + 1)


def measured(measure, texts: list[str], *cuts: Cuts) -> dict[tuple[int, int], float]:
    table = build_texts(pl.Series(texts, dtype=pl.String), max_length=LONGEST)
    left, right = all_pairs(len(texts))
    values = measure(table.arrays, left, right, *cuts).tolist()
    return dict(zip(zip(left.tolist(), right.tolist(), strict=True), values, strict=True))


def naive(scorer, texts: list[str], null: float) -> dict[tuple[int, int], float]:
    pairs = zip(*(side.tolist() for side in all_pairs(len(texts))), strict=True)
    return {(i, j): null if min(i, j) < 0 else scorer(texts[i], texts[j]) for i, j in pairs}


def naive_levels(texts: list[str], cuts: Cuts) -> dict[tuple[int, int], int]:
    """Grade by the exact measures, without a bound."""
    similarities = measured(kernels.jaro_winkler, texts)
    distances = measured(kernels.osa_distance, texts)
    levels = {}
    for (i, j), similarity in similarities.items():
        if i < 0 or j < 0:
            level = NOT_OBSERVED
        elif i == j:
            level = SAME
        elif min(len(texts[i]), len(texts[j])) >= cuts.min_length and (
            distances[i, j] <= cuts.edits
        ):
            level = FEW_EDITS
        else:
            level = step(similarity, cuts)
        levels[i, j] = level
    return levels


def step(similarity: float, cuts: Cuts) -> int:
    return CLOSE if similarity >= cuts.high else NEAR if similarity >= cuts.low else UNLIKE


# Empty, one character, equal, a word's length and one more, two and three words, swaps at a seam.
EDGES = [
    *("", "", "a", "b", "ab", "ba", "aa", "мария", "марья", "мраия", "иванов", "ивановв", "abcd"),
    *("a" * 62, "a" * 63, "a" * 64, "b" + "a" * 63, "ab" * 31 + "c", "ab" * 31 + "ca"),
    *("ab" * 31 + "ac", "xy" * 63, "xy" * 62 + "yx", "xyz" * 43, "abcdefghij" * 30, "jihg" * 75),
]


@both("jaro_winkler")
def test_jaro_winkler_is_rapidfuzz_at_the_edges(measure) -> None:
    assert measured(measure, EDGES) == pytest.approx(
        naive(JaroWinkler.similarity, EDGES, np.nan), abs=1e-9, nan_ok=True
    )


@both("levenshtein")
def test_levenshtein_is_rapidfuzz_at_the_edges(measure) -> None:
    assert measured(measure, EDGES) == naive(Levenshtein.distance, EDGES, -1)


@both("osa_distance")
def test_osa_is_rapidfuzz_at_the_edges(measure) -> None:
    assert measured(measure, EDGES) == naive(OSA.distance, EDGES, -1)


@both("text_levels")
def test_levels_are_those_of_the_measures_at_the_edges(measure) -> None:
    assert measured(measure, EDGES, CUTS) == naive_levels(EDGES, CUTS)


@both("jaro_winkler")
@EXAMPLES
@given(texts=tables())
def test_jaro_winkler_is_rapidfuzz(measure, texts) -> None:
    assert measured(measure, texts) == pytest.approx(
        naive(JaroWinkler.similarity, texts, np.nan), abs=1e-9, nan_ok=True
    )


@both("levenshtein")
@EXAMPLES
@given(texts=tables())
def test_levenshtein_is_rapidfuzz(measure, texts) -> None:
    assert measured(measure, texts) == naive(Levenshtein.distance, texts, -1)


@both("osa_distance")
@EXAMPLES
@given(texts=tables())
def test_osa_is_rapidfuzz(measure, texts) -> None:
    assert measured(measure, texts) == naive(OSA.distance, texts, -1)


@both("text_levels")
@EXAMPLES
@given(
    texts=tables(),
    edits=st.integers(0, 4),
    min_length=st.integers(0, 6),
    cuts=st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5)),
)
def test_bounds_change_no_level(measure, texts, edits, min_length, cuts) -> None:
    cuts = Cuts(edits, min_length, high=max(cuts), low=min(cuts))
    assert measured(measure, texts, cuts) == naive_levels(texts, cuts)


@both("text_levels")
def test_each_level_is_reached(measure) -> None:
    texts = ["иванов", "ивонов", "иванвоо", "ивлев", "петров", "ив", "ис", "ивано"]
    levels = measured(measure, texts, Cuts(edits=1, min_length=4, high=0.88, low=0.75))
    found = {texts[j]: levels[0, j] for j in range(len(texts))}
    assert found == {
        "иванов": SAME,
        "ивонов": FEW_EDITS,
        "ивано": FEW_EDITS,
        "иванвоо": CLOSE,
        "ив": NEAR,
        "ивлев": NEAR,
        "петров": UNLIKE,
        "ис": UNLIKE,
    }
    assert {levels[-1, 0], levels[0, -1], levels[-1, -1]} == {NOT_OBSERVED}
    # Short texts one edit apart are no evidence of a typo.
    assert levels[5, 6] < FEW_EDITS


@both("text_levels")
def test_names_are_graded_as_with_rapidfuzz(measure) -> None:
    rng = random.Random(20261121)
    stems = [a + b for a in ("иван", "петр", "ганн", "коваль", "mull") for b in ("ов", "ева", "er")]
    texts = stems + [edited(rng, stem) for stem in stems for _ in range(2)]
    levels = measured(measure, texts, CUTS)
    for (i, j), level in levels.items():
        if min(i, j) < 0 or i == j:
            continue
        a, b = texts[i], texts[j]
        expected = step(JaroWinkler.similarity(a, b), CUTS)
        if OSA.distance(a, b) <= CUTS.edits and min(len(a), len(b)) >= CUTS.min_length:
            expected = FEW_EDITS
        assert (a, b, level) == (a, b, expected)
    assert set(levels.values()) == {NOT_OBSERVED, UNLIKE, NEAR, CLOSE, FEW_EDITS, SAME}


@EXAMPLES
@given(texts=tables())
def test_measures_and_levels_are_symmetric(texts) -> None:
    for measure, cuts in [
        (kernels.jaro_winkler, ()),
        (kernels.levenshtein, ()),
        (kernels.osa_distance, ()),
        (kernels.text_levels, (CUTS,)),
    ]:
        values = measured(measure, texts, *cuts)
        turned = {(j, i): value for (i, j), value in values.items()}
        assert values == pytest.approx(turned, abs=0, nan_ok=True)


@settings(deadline=None, max_examples=10 if IS_PLAIN else 50)
@given(texts=tables(), seed=st.integers(0, 1 << 30), size=st.integers(1, 40))
def test_order_and_chunks_of_pairs_change_nothing(texts, seed, size) -> None:
    table = build_texts(pl.Series(texts), max_length=LONGEST).arrays
    left, right = all_pairs(len(texts))
    shuffled = np.random.default_rng(seed).permutation(len(left))
    for measure, cuts in [
        (kernels.jaro_winkler, ()),
        (kernels.osa_distance, ()),
        (kernels.text_levels, (CUTS,)),
    ]:
        whole = measure(table, left, right, *cuts)
        parts = [
            measure(table, left[shuffled[at : at + size]], right[shuffled[at : at + size]], *cuts)
            for at in range(0, len(left), size)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole[shuffled])


@pytest.mark.parametrize(
    ("name", "cuts"),
    [("jaro_winkler", ()), ("levenshtein", ()), ("osa_distance", ()), ("text_levels", (CUTS,))],
)
def test_a_table_without_texts_has_pairs_of_nulls_only(name, cuts) -> None:
    table = build_texts(pl.Series([], dtype=pl.String)).arrays
    nulls = np.full(3, -1, dtype=np.int32)
    found = getattr(kernels, name)(table, nulls, nulls, *cuts)
    expected = np.nan if name == "jaro_winkler" else NOT_OBSERVED
    np.testing.assert_array_equal(found, np.full(3, expected))
    assert len(getattr(kernels, name)(table, nulls[:0], nulls[:0], *cuts)) == 0


@both("levenshtein")
def test_a_large_table_is_fetched_and_measured_alike(measure) -> None:
    """More texts than a cache holds; the last one is empty and ends where the codes do."""
    texts = [*map(str, range(33_000)), ""]
    table = build_texts(pl.Series(texts)).arrays
    assert table.codes.shape[0] + 8 * table.offsets.shape[0] > kernels.FAR
    rng = random.Random(7)
    pairs = sorted((rng.randrange(-1, 33_001), rng.randrange(-1, 33_001)) for _ in range(600))
    pairs += [(33_000, 5), (33_000, 33_000), (-1, 33_000)]
    left, right = (np.array(side, dtype=np.int32) for side in zip(*pairs, strict=True))
    expected = [-1 if min(p) < 0 else Levenshtein.distance(*(texts[i] for i in p)) for p in pairs]
    assert measure(table, left, right).tolist() == expected


@pytest.mark.skipif(IS_PLAIN, reason="a soak, for compiled kernels")
@pytest.mark.parametrize("width", [3, 8, 25, 70])
def test_many_near_pairs_agree_with_rapidfuzz(width) -> None:
    rng = random.Random(width)
    alphabet = "аеионтсрвлкмдпу"
    base = ["".join(rng.choices(alphabet, k=rng.randrange(1, 2 * width))) for _ in range(300)]
    texts = base + [edited(rng, text) for text in base]
    table = build_texts(pl.Series(texts), max_length=LONGEST).arrays
    pairs = [(i, j) for i in range(0, 600, 3) for j in (i, (i + 300) % 600, rng.randrange(600))]
    left, right = (np.array(side, dtype=np.int32) for side in zip(*pairs, strict=True))
    exact = [
        (kernels.levenshtein, Levenshtein.distance),
        (kernels.osa_distance, OSA.distance),
        (kernels.jaro_winkler, JaroWinkler.similarity),
    ]
    for measure, scorer in exact:
        expected = [scorer(texts[i], texts[j]) for i, j in pairs]
        np.testing.assert_allclose(measure(table, left, right), expected, rtol=0, atol=1e-9)
