"""Match keys, blocks and candidate pairs against naive references, compiled and as plain Python."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels import blocking

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

WRAP = 2**64
GOLDEN, MULTIPLY_A, MULTIPLY_B = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
UNSIGNED = st.integers(0, WRAP - 1)
HASH = st.integers(1, WRAP - 1)
Pair = tuple[int, int]


def both(name: str):
    function = getattr(blocking, name)
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize("kernel", [function, plain], ids=["jit", "python"])


def hashes(values) -> np.ndarray:
    return np.array(list(values), dtype=np.uint64)


def rows(values) -> np.ndarray:
    return np.array(list(values), dtype=np.uint32)


def as_offsets(sets: list[list[int]]) -> np.ndarray:
    return np.array([0, *itertools.accumulate(map(len, sets))], dtype=np.int64)


def flat(sets: list[list[int]]) -> list[int]:
    return [item for each in sets for item in each]


@both("_times")
@given(a=UNSIGNED, b=UNSIGNED)
def test_products_wrap_as_machine_words_do(kernel, a, b) -> None:
    assert int(kernel(np.uint64(a), np.uint64(b))) == a * b % WRAP


def naive_mixed(value: int, salt: int) -> int:
    z = value ^ ((salt + 1) * GOLDEN % WRAP)
    z = (z ^ z >> 30) * MULTIPLY_A % WRAP
    z = (z ^ z >> 27) * MULTIPLY_B % WRAP
    return (z ^ z >> 31) or GOLDEN


@both("mixed")
@given(values=st.lists(UNSIGNED, max_size=20), salt=st.integers(0, 100))
def test_integers_are_spread_as_splitmix_does(kernel, values, salt) -> None:
    values = [*values, (salt + 1) * GOLDEN % WRAP]  # the one value whose hash would be 0
    assert kernel(hashes(values), salt).tolist() == [naive_mixed(v, salt) for v in values]


@both("mixed")
def test_no_two_numbers_and_no_two_salts_share_a_hash(kernel) -> None:
    numbers = np.arange(2000, dtype=np.uint64)
    made = np.concatenate([kernel(numbers, salt) for salt in range(3)])
    assert len(set(made.tolist())) == 6000
    assert 0 not in made


def naive_combined(a: int, b: int) -> int:
    z = (a * MULTIPLY_A % WRAP) ^ a >> 31 ^ b
    z = (z ^ z >> 27) * MULTIPLY_B % WRAP
    return (z ^ z >> 31) or GOLDEN


class Atom:
    """Rows hold items, items have hashes: what an atom's arrays say."""

    def __init__(self, held: list[list[int]], own: list[list[int]]) -> None:
        self.held, self.own = held, own
        items, made = np.array(flat(held), dtype=np.int32), hashes(flat(own))
        self.arrays = as_offsets(held), items, as_offsets(own), made

    def entries(self) -> list[Pair]:
        """Return (row, hash) of all that the rows say."""
        return [
            (row, each)
            for row, items in enumerate(self.held)
            for item in items
            for each in self.own[item]
        ]


N_ITEMS = 5


@st.composite
def atoms(draw: st.DrawFn, n: int) -> Atom:
    held = st.lists(st.integers(0, N_ITEMS - 1), max_size=3, unique=True)
    own = [draw(st.lists(HASH, max_size=3, unique=True)) for _ in range(N_ITEMS)]
    return Atom([draw(held) for _ in range(n)], own)


@both("atom_keys")
@given(atom=st.integers(0, 6).flatmap(atoms))
def test_an_atom_alone_makes_a_key_of_each_hash_of_a_row(kernel, atom) -> None:
    of, found = kernel(*atom.arrays)
    assert (of.dtype, found.dtype) == (np.uint32, np.uint64)
    assert list(zip(of.tolist(), found.tolist(), strict=True)) == atom.entries()


@both("combined")
@given(data=st.data(), n=st.integers(1, 6))
def test_keys_are_all_combinations_of_a_row_in_row_order(kernel, data, n) -> None:
    first, second = data.draw(atoms(n)), data.draw(atoms(n))
    # A hash that meets its own spread would make 0, which marks an empty slot.
    unlucky = Atom([*second.held, [N_ITEMS]], [*second.own, [5 * MULTIPLY_A % WRAP]])
    entries = [*first.entries(), (n, 5)]
    wanted = [
        (row, naive_combined(key, each))
        for row, key in entries
        for item in unlucky.held[row]
        for each in unlucky.own[item]
    ]
    keys = rows(row for row, _ in entries), hashes(key for _, key in entries)
    of, found = kernel(*keys, *unlucky.arrays)
    assert list(zip(of.tolist(), found.tolist(), strict=True)) == wanted
    assert found[-1] == GOLDEN


@both("combined")
def test_a_key_of_two_parts_is_one_key_on_every_row_and_not_its_turned_self(kernel) -> None:
    a, b = blocking.mixed(np.arange(40, dtype=np.uint64), 0).tolist(), list(range(1, 41))
    held = [[i] for i in range(40)]
    of, (one, other) = rows(range(40)), (Atom(held, [[x] for x in side]) for side in (a, b))
    _, forth = kernel(of, hashes(a), *other.arrays)
    _, back = kernel(of, hashes(b), *one.arrays)
    assert len({*forth.tolist(), *back.tolist()}) == 80
    turned = Atom(held[::-1], [[x] for x in b])
    _, again = kernel(of, hashes(a[::-1]), *turned.arrays)
    assert again.tolist() == forth.tolist()[::-1]


# Few distinct ones, and many that start at one slot of a small table.
CLASHING = st.builds(lambda a, b: a << 40 | b, st.integers(0, 5), st.integers(14, 17))


@both("key_numbers")
@given(values=st.lists(HASH | CLASHING, max_size=40))
def test_keys_are_numbered_by_first_appearance(kernel, values) -> None:
    known: dict[int, int] = {}
    wanted = [known.setdefault(value, len(known)) for value in values]
    numbers, n_keys = kernel(hashes(values))
    assert (numbers.tolist(), n_keys) == (wanted, len(known))


@both("block_sizes")
@given(numbers=st.lists(st.integers(0, 9), max_size=30))
def test_sizes_count_the_entries_of_each_key(kernel, numbers) -> None:
    counted = Counter(numbers)
    found = kernel(np.array(numbers, dtype=np.int32), 10)
    assert found.tolist() == [counted[key] for key in range(10)]


@st.composite
def keyed_rows(draw: st.DrawFn) -> tuple[list[set[int]], int]:
    """Draw what keys each of n rows holds, and a cap."""
    n = draw(st.integers(0, 12))
    sets = [draw(st.sets(st.integers(0, 5), max_size=3)) for _ in range(n)]
    return sets, draw(st.integers(1, 12))


def made_blocks(sets: list[set[int]], cap: int, kernel=blocking.blocks):
    """Return the blocks of rows that hold keys 0 to 5: starts and members."""
    entries = [(row, key) for row, keys in enumerate(sets) for key in sorted(keys)]
    numbers = np.array([key for _, key in entries], dtype=np.int32)
    sizes = np.bincount(numbers, minlength=6).astype(np.int64)
    return kernel(rows(r for r, _ in entries), numbers, sizes, (sizes > 1) & (sizes <= cap))


def naive_blocks(sets: list[set[int]], cap: int) -> list[list[int]]:
    held = [[row for row, keys in enumerate(sets) if key in keys] for key in range(6)]
    return [block for block in held if 2 <= len(block) <= cap]


@both("blocks")
@given(case=keyed_rows())
def test_blocks_are_the_rows_of_a_key_from_two_up_to_the_cap(kernel, case) -> None:
    sets, cap = case
    starts, members = made_blocks(sets, cap, kernel)
    found = [members[a:b].tolist() for a, b in itertools.pairwise(starts)]
    assert found == naive_blocks(sets, cap)
    assert starts[-1] == len(members)


@both("places_of_rows")
@given(case=keyed_rows())
def test_a_row_knows_its_places_and_the_ends_of_their_blocks(kernel, case) -> None:
    sets, cap = case
    starts, members = made_blocks(sets, cap)
    row_starts, places, ends = kernel(starts, members, len(sets))
    for row in range(len(sets)):
        own = slice(row_starts[row], row_starts[row + 1])
        wanted = [
            (at, end)
            for start, end in itertools.pairwise(starts.tolist())
            for at in range(start, end - 1)  # the last one of a block has nobody to its right
            if members[at] == row
        ]
        assert list(zip(places[own].tolist(), ends[own].tolist(), strict=True)) == wanted
    assert row_starts[-1] == len(places) == len(ends)


def paired(
    sets: list[set[int]], cap: int, room: int, spans: list[Pair], side_end: int, kernel
) -> list[list[Pair]]:
    """Return the pairs by call of the kernel, made a span of rows after the other."""
    starts, members = made_blocks(sets, cap)
    index = blocking.places_of_rows(starts, members, len(sets))
    seen = np.full(len(sets), -1, dtype=np.int32)
    calls = []
    for first, last in spans:
        at = first
        while at < last:
            left, right, following = kernel(at, last, *index, members, side_end, seen, room)
            assert at < following <= last  # it always gets on
            calls.append(list(zip(left.tolist(), right.tolist(), strict=True)))
            at = following
    return calls


@both("candidate_pairs")
@given(
    case=keyed_rows(),
    room=st.integers(1, 12),
    cut=st.integers(0, 12),
    side_end=st.integers(0, 6),
)
def test_each_pair_of_a_block_comes_once_in_left_order(kernel, case, room, cut, side_end) -> None:
    sets, cap = case
    blocks = naive_blocks(sets, cap)
    wanted = {pair for block in blocks for pair in itertools.combinations(block, 2)}
    if side_end:
        wanted = {(a, b) for a, b in wanted if a < side_end <= b}
    cut = min(cut, len(sets))
    calls = paired(sets, cap, room, [(0, cut), (cut, len(sets))], side_end, kernel)
    found = flat(calls)
    assert set(found) == wanted
    assert len(found) == len(wanted)
    assert [a for a, _ in found] == sorted(a for a, _ in found)
    for call in calls:
        assert len(call) <= room or len({a for a, _ in call}) == 1


@both("candidate_pairs")
def test_a_row_that_needs_more_than_the_room_gets_it_in_one_piece(kernel) -> None:
    sets = [{0} for _ in range(9)]
    calls = paired(sets, 9, 3, [(0, 9)], 0, kernel)
    assert [len(call) for call in calls] == [8, 7, 6, 5, 4, 3, 3]
    assert calls[0] == [(0, right) for right in range(1, 9)]


def naive_window(block: list[int], side_end: int, width: int) -> list[Pair]:
    pairs = []
    if not side_end:
        for at, row in enumerate(block):
            pairs += [(row, other) for other in block[at + 1 : at + 1 + width]]
        return pairs
    lefts, rights = ([r for r in block if (r < side_end) == is_left] for is_left in (True, False))
    for at, row in enumerate(lefts):
        first = at * len(rights) // len(lefts)
        pairs += [(row, other) for other in rights[first : first + width]]
    return pairs


@both("window_pairs")
@given(case=keyed_rows(), side_end=st.integers(0, 8), width=st.integers(1, 4))
def test_a_window_pairs_each_member_with_a_few_others(kernel, case, side_end, width) -> None:
    sets, cap = case
    starts, members = made_blocks(sets, cap)
    left, right = kernel(starts, members, side_end, width)
    wanted = [
        pair for block in naive_blocks(sets, cap) for pair in naive_window(block, side_end, width)
    ]
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == wanted


@both("window_pairs")
def test_a_record_that_stands_twice_in_a_block_is_no_pair_of_a_window(kernel) -> None:
    left, right = kernel(np.array([0, 3]), rows([4, 4, 7]), 0, 1)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(4, 7)]
