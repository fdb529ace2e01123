"""Levels and weights of candidate pairs against naive twins, compiled and as plain Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels import comparing

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

TAIL = 1000  # the power of ten of these tests: "local" numbers have up to three digits
CODE = st.integers(-1, 4)


def both(name: str):
    function = getattr(comparing, name)
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize("kernel", [function, plain], ids=["jit", "python"])


def codes(values) -> np.ndarray:
    return np.array(list(values), dtype=np.int32)


def rows(values) -> np.ndarray:
    return np.array(list(values), dtype=np.uint32)


def sides(pairs) -> tuple[np.ndarray, np.ndarray]:
    return codes(a for a, _ in pairs), codes(b for _, b in pairs)


def row_sides(pairs) -> tuple[np.ndarray, np.ndarray]:
    return rows(a for a, _ in pairs), rows(b for _, b in pairs)


def all_pairs(n: int) -> list[tuple[int, int]]:
    return list(itertools.product(range(n), repeat=2))


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    """Draw coded columns, int32 (records, columns)."""
    n_columns = draw(st.integers(0, 3))
    table = draw(st.lists(st.lists(CODE, min_size=n_columns, max_size=n_columns), min_size=1))
    return np.array(table[:6], dtype=np.int32).reshape(len(table[:6]), n_columns)


@both("coded_levels")
@given(packed=tables(), data=st.data())
def test_codes_tell_the_same_and_leave_the_rest_open(kernel, packed, data) -> None:
    same = [data.draw(st.integers(1, 6)) for _ in range(packed.shape[1])]
    pairs = all_pairs(len(packed))
    wanted = [
        [naive_coded(packed[i, c], packed[j, c], level) for i, j in pairs]
        for c, level in enumerate(same)
    ]
    found = kernel(packed, np.array(same, dtype=np.int8), *row_sides(pairs))
    assert (found.dtype, found.shape) == (np.int8, (len(same), len(pairs)))
    assert found.tolist() == wanted


def naive_coded(a: int, b: int, same: int) -> int:
    if min(a, b) < 0:
        return comparing.NOT_OBSERVED
    return same if a == b else comparing.OPEN


@both("open_pairs")
@given(packed=tables(), data=st.data())
def test_open_pairs_come_with_the_codes_of_both_sides(kernel, packed, data) -> None:
    pairs = all_pairs(len(packed))
    column = data.draw(st.integers(0, max(packed.shape[1] - 1, 0)))
    if not packed.shape[1]:
        packed = np.zeros((len(packed), 1), dtype=np.int32)
    levels = np.array([data.draw(st.integers(-2, 2)) for _ in pairs], dtype=np.int8)
    places, a, b = kernel(levels, packed, column, *row_sides(pairs))
    wanted = [k for k, level in enumerate(levels) if level == comparing.OPEN]
    assert places.tolist() == wanted
    assert a.tolist() == [packed[pairs[k][0], column] for k in wanted]
    assert b.tolist() == [packed[pairs[k][1], column] for k in wanted]


@st.composite
def values(draw: st.DrawFn) -> list[tuple[set[int], int, int]]:
    """Draw of some values what they stand for, the number of their initial, and their figures."""
    initial = st.sampled_from([-2, -1, 1, 2])
    value = st.tuples(st.sets(st.integers(0, 3), max_size=2), initial, st.integers(0, 1))
    return draw(st.lists(value, min_size=2, max_size=5))


VARIANT, INITIAL, MEANINGS = 9, 8, (0, 1, 5, 7)


def naive_settled(a, b, found: int, initial: int) -> int:
    """Grade a pair of values by all that is known of them, the strongest word first."""
    (stands_for, first, figures), (other_stands_for, other_first, other_figures) = a, b
    if stands_for & other_stands_for:
        return VARIANT
    if initial >= 0 and min(first, other_first) < 0 and abs(first) == abs(other_first):
        return initial
    level = MEANINGS[found]
    return min(level, MEANINGS[1]) if figures != other_figures else level


@both("settle_levels")
@given(values=values(), initial=st.sampled_from([-1, INITIAL]), data=st.data())
def test_open_levels_are_settled_by_what_is_known_of_the_values(
    kernel, values, initial, data
) -> None:
    pairs = [pair for pair in all_pairs(len(values)) if pair[0] != pair[1]]
    found = [data.draw(st.integers(0, 3)) for _ in pairs]
    levels = np.full(2 * len(pairs), 77, dtype=np.int8)
    places = np.arange(1, 2 * len(pairs), 2)
    offsets, items = as_sets([each for each, _, _ in values])
    kernel(
        levels,
        places,
        np.array(found, dtype=np.int8),
        np.array(MEANINGS, dtype=np.int8),
        *sides(pairs),
        offsets,
        items,
        VARIANT,
        codes(first for _, first, _ in values),
        initial,
        codes(figures for _, _, figures in values),
    )
    wanted = [
        naive_settled(values[a], values[b], level, initial)
        for (a, b), level in zip(pairs, found, strict=True)
    ]
    assert levels[1::2].tolist() == wanted
    assert set(levels[::2].tolist()) == {77}  # what is not open stays as it is


@both("crossed_places")
@given(data=st.data(), names=st.lists(st.tuples(CODE, CODE), min_size=1, max_size=5))
def test_names_cross_where_one_is_the_others_other_name(kernel, data, names) -> None:
    packed = np.array(names, dtype=np.int32)
    pairs = all_pairs(len(names))
    levels = [
        np.array([data.draw(st.sampled_from([-1, 0, 1, 2])) for _ in pairs], dtype=np.int8)
        for _ in range(2)
    ]
    wanted = [
        k
        for k, (i, j) in enumerate(pairs)
        if max(levels[0][k], levels[1][k]) <= 1
        and (names[i][0] == names[j][1] >= 0 or names[i][1] == names[j][0] >= 0)
    ]
    assert kernel(*levels, packed, 0, 1, *row_sides(pairs)).tolist() == wanted


@st.composite
def families(draw: st.DrawFn) -> list[set[int]]:
    """Draw sets of the numbers 0 to 6, one a row, some empty."""
    return draw(st.lists(st.sets(st.integers(0, 6), max_size=4), min_size=1, max_size=6))


def as_sets(sets: list[set[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets and items, ascending in each set."""
    offsets = [0, *itertools.accumulate(map(len, sets))]
    return np.array(offsets, dtype=np.int64), codes(x for each in sets for x in sorted(each))


@both("shared_marks")
@given(sets=families(), marks=st.lists(st.integers(0, 3), min_size=7, max_size=7))
def test_the_greatest_mark_of_what_is_shared_counts(kernel, sets, marks) -> None:
    pairs = all_pairs(len(sets))
    wanted = [max((marks[x] for x in sets[a] & sets[b]), default=0) for a, b in pairs]
    found = kernel(*as_sets(sets), codes(marks), *row_sides(pairs))
    assert found.tolist() == wanted


def naive_is_near(a: int, b: int) -> bool:
    """Write both numbers with as many digits, change one digit or swap two neighbors."""
    width = max(len(str(a)), len(str(b)))
    x, y = str(a).zfill(width), str(b).zfill(width)
    wrong = [at for at in range(width) if x[at] != y[at]]
    if len(wrong) < 2:
        return True
    i, j = wrong[0], wrong[-1]
    return len(wrong) == 2 and j == i + 1 and x[i] + x[j] == y[j] + y[i]


@both("is_near_number")
def test_small_numbers_are_near_as_their_digits_are(kernel) -> None:
    for a, b in itertools.product(range(0, 1300, 7), range(1300)):
        assert kernel(a, b) == naive_is_near(a, b), (a, b)


@st.composite
def slips(draw: st.DrawFn) -> tuple[int, int]:
    """Draw a long number and what one or two slips make of it."""
    digits = [draw(st.integers(0, 9)) for _ in range(draw(st.integers(2, 18)))]
    other = list(digits)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(digits) - 2))
        if draw(st.booleans()):
            other[at], other[at + 1] = other[at + 1], other[at]
        else:
            other[at] = draw(st.integers(0, 9))
    return tuple(int("".join(map(str, each))) for each in (digits, other))


@both("is_near_number")
@given(pair=slips() | st.tuples(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1)))
def test_long_numbers_are_near_as_their_digits_are(kernel, pair) -> None:
    a, b = (np.int64(each) for each in pair)
    assert kernel(a, b) == kernel(b, a) == naive_is_near(*pair)


CROWD = 3


def naive_channel(a: list[int], b: list[int], holders: list[int], numbers: list[int], tail: int):
    """Grade two cards that hold items, ascending."""
    if not a or not b:
        return comparing.NOT_OBSERVED
    shared = set(a) & set(b)
    if shared:
        return 3 if any(holders[x] <= CROWD for x in shared) else 2
    told = itertools.product(a[:8], b[:8])
    return int(any(naive_near(numbers[x], numbers[y], tail) for x, y in told))


def naive_near(x: int, y: int, tail: int) -> bool:
    if not x or not y:
        return False
    if not tail:
        return x == y
    return x % tail == y % tail if min(x, y) < tail else naive_is_near(x, y)


NUMBER = st.just(0) | st.integers(1, 300) | st.integers(1000, 3500)
SEVEN = {"min_size": 7, "max_size": 7}


def graded_sets(kernel, offsets, items, holders, numbers, *rest) -> np.ndarray:
    """Pack the records from column 2 on, as the Grader does, and grade them."""
    pack = comparing.pack_sets
    if kernel is getattr(comparing.channel_levels, "py_func", comparing.channel_levels):
        pack = getattr(pack, "py_func", pack)
    packed = np.full((len(offsets) - 1, 6), 77, dtype=np.int32)
    pack(packed, 2, offsets, items, numbers)
    assert (packed[:, [0, 1, 5]] == 77).all()
    return kernel(packed, 2, offsets, items, holders, numbers, *rest)


@both("channel_levels")
@given(
    sets=families(),
    holders=st.lists(st.integers(1, 6), **SEVEN),
    numbers=st.lists(NUMBER, **SEVEN),
    tail=st.sampled_from([0, TAIL]),
)
def test_cards_share_a_number_or_a_slip_of_it(kernel, sets, holders, numbers, tail) -> None:
    pairs = all_pairs(len(sets))
    held = [sorted(each) for each in sets]
    wanted = [naive_channel(held[a], held[b], holders, numbers, tail) for a, b in pairs]
    arrays = (*as_sets(sets), codes(holders), np.array(numbers, dtype=np.int64))
    found = graded_sets(kernel, *arrays, *row_sides(pairs), CROWD, tail)
    assert found.dtype == np.int8
    assert found.tolist() == wanted


@both("channel_levels")
@pytest.mark.parametrize(
    ("mine", "other", "tail", "level"),
    [
        (5001, 5002, TAIL, 1),  # one digit
        (5012, 5021, TAIL, 1),  # two digits in the other order
        (5012, 6013, TAIL, 0),
        (345, 7345, TAIL, 1),  # the local end
        (345, 7346, TAIL, 0),
        (0, 7000, TAIL, 0),  # no digits at all
        (0, 0, TAIL, 0),
        (77, 77, 0, 1),  # no digits: equal ones are near
        (10**18 - 1, 10**18 - 2, TAIL, 1),  # the longest numbers
        (77, 78, 0, 0),
        (0, 0, 0, 0),
    ],
)
def test_numbers_that_differ_are_near_or_not(kernel, mine, other, tail, level) -> None:
    arrays = (*as_sets([{0}, {1}]), codes([1, 1]), np.array([mine, other], dtype=np.int64))
    found = graded_sets(kernel, *arrays, rows([0, 1]), rows([1, 0]), CROWD, tail)
    assert found.tolist() == [level, level]


@both("channel_levels")
def test_the_ninth_number_of_a_card_is_not_looked_at(kernel) -> None:
    numbers = np.array([*(10_000 * k for k in range(1, 10)), 90_001], dtype=np.int64)
    nine, eight, one = set(range(9)), set(range(1, 9)), {9}
    arrays = (*as_sets([nine, eight, one]), codes([1] * 10), numbers)
    found = graded_sets(kernel, *arrays, rows([0, 1]), rows([2, 2]), CROWD, TAIL)
    assert found.tolist() == [0, 1]


def parts(date: int) -> tuple[int, int, int]:
    return date // 10000, date // 100 % 100, date % 100


def naive_date_level(a: int, b: int) -> int:
    both_parts = list(zip(parts(a), parts(b), strict=True))
    known = [(x, y) for x, y in both_parts if x and y]
    if len(known) < 3:
        alike = known and all(x == y for x, y in known)
        return comparing.DATE_NEAR if alike else comparing.DATE_DIFFERENT
    (year, month, day), (other_year, other_month, other_day) = parts(a), parts(b)
    if (year, month, day) == (other_year, other_day, other_month):
        return comparing.DATE_SWAPPED
    unequal = [abs(x - y) for x, y in both_parts if x != y]
    if naive_is_near(a, b) or unequal == [1]:
        return comparing.DATE_NEAR
    return comparing.DATE_PARTLY if len(unequal) == 1 else comparing.DATE_DIFFERENT


DATE = st.builds(
    lambda year, month, day: year * 10000 + month * 100 + day,
    st.sampled_from([0, 1979, 1980, 1981, 1997, 2000]),
    st.sampled_from([0, 1, 2, 9, 10, 11, 12]),
    st.sampled_from([0, 1, 2, 9, 10, 11, 12, 19, 20, 21, 31]),
)


def settled_dates(kernel, pairs) -> list[int]:
    """Grade pairs of dates that differ, in a column where every second pair is settled."""
    levels = np.full(2 * len(pairs), 77, dtype=np.int8)
    kernel(levels, np.arange(0, 2 * len(pairs), 2), *sides(pairs))
    assert set(levels[1::2].tolist()) <= {77}
    return levels[::2].tolist()


@both("settle_dates")
@given(pairs=st.lists(st.tuples(DATE, DATE).filter(lambda pair: pair[0] != pair[1]), max_size=40))
def test_dates_are_graded_by_their_parts(kernel, pairs) -> None:
    found = settled_dates(kernel, pairs)
    assert found == [naive_date_level(a, b) for a, b in pairs]
    assert found == settled_dates(kernel, [(b, a) for a, b in pairs])


@both("settle_dates")
@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        (19800512, 19801205, 3),
        (19800512, 19800521, 2),  # two digits in the other order
        (19800512, 19800517, 2),  # one digit
        (19791231, 19801231, 2),  # the next year, three digits away
        (19800509, 19800510, 2),  # the next day
        (19800501, 19800528, 1),
        (19800512, 19660512, 1),
        (19800512, 19660513, 0),
        (19800000, 19800512, 2),  # only the year is told
        (19800000, 19790512, 0),
        (512, 19800512, 2),  # all but the year
        (19800000, 512, 0),  # no part is told by both
        (0, 19800512, 0),
        (99999999, 19800512, 0),
    ],
)
def test_levels_of_dates_as_people_write_them(kernel, a, b, level) -> None:
    assert settled_dates(kernel, [(a, b), (b, a)]) == [level, level]


@st.composite
def graded(draw: st.DrawFn) -> np.ndarray:
    """Draw levels, int8 (comparisons, pairs)."""
    n_pairs = draw(st.integers(0, 8))
    level = st.integers(-1, 3)
    table = [[draw(level) for _ in range(n_pairs)] for _ in range(draw(st.integers(1, 4)))]
    return np.array(table, dtype=np.int8).reshape(len(table), n_pairs)


@both("context_numbers")
@given(levels=graded(), data=st.data())
def test_the_first_shared_key_is_the_context(kernel, levels, data) -> None:
    keys = data.draw(
        st.lists(st.tuples(st.integers(0, len(levels) - 1), st.integers(0, 3)), max_size=3)
    )
    wanted = [
        next((x + 1 for x, (at, low) in enumerate(keys) if levels[at, k] >= low), 0)
        for k in range(levels.shape[1])
    ]
    assert kernel(levels, *sides(keys)).tolist() == wanted


@both("level_weight_sums")
@given(levels=graded(), data=st.data())
def test_weights_add_up_and_those_below_zero_once_more(kernel, levels, data) -> None:
    n_contexts = data.draw(st.integers(1, 3))
    eighth = st.integers(-80, 80)  # bits by eighths: sums are exact
    shape = (n_contexts, len(levels), 4)
    cells = [data.draw(eighth) for _ in range(int(np.prod(shape)))]
    tables = (np.array(cells) / 8).astype(np.float32).reshape(shape)
    contexts = [data.draw(st.integers(0, n_contexts - 1)) for _ in range(levels.shape[1])]
    total, against = kernel(levels, np.array(contexts, dtype=np.int8), tables)
    for k, context in enumerate(contexts):
        bits = [tables[context, c, level] for c, level in enumerate(levels[:, k]) if level >= 0]
        assert total[k] == sum(bits)
        assert against[k] == sum(b for b in bits if b < 0)


@both("value_weights")
@given(data=st.data(), lowest=st.integers(0, 3))
def test_strangers_that_share_a_value_get_the_bits_of_the_commoner_spelling(
    kernel, data, lowest
) -> None:
    bits = [data.draw(st.integers(-64, 64)) / 8 for _ in range(5)]
    column = data.draw(st.lists(CODE, min_size=1, max_size=6))
    pairs = all_pairs(len(column))
    levels = [data.draw(st.integers(-1, 3)) for _ in pairs]
    contexts = [data.draw(st.integers(0, 2)) for _ in pairs]
    wanted = [
        min(bits[column[a]], bits[column[b]])
        if level >= lowest and context == 0 and column[a] >= 0 and column[b] >= 0
        else 0
        for (a, b), level, context in zip(pairs, levels, contexts, strict=True)
    ]
    found = kernel(
        np.array(levels, dtype=np.int8),
        np.array(contexts, dtype=np.int8),
        codes(column),
        np.array(bits, dtype=np.float32),
        lowest,
        *row_sides(pairs),
    )
    assert found.tolist() == wanted
