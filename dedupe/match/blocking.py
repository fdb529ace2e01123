"""Blocking: rules -> blocks of records that share a match key -> candidate pairs.

A rule names atoms (what a record says of itself, as hashes); its match keys are their
combinations. Pairs are counted before any is made. A block over the cap is refined by a
further atom, by each in turn; what is still over it after two is walked with a
window, so that a common key never makes a square of pairs and never drops in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedupe.kernels.blocking import (
    atom_keys,
    block_sizes,
    blocks,
    candidate_pairs,
    combined,
    key_numbers,
    places_of_rows,
    window_pairs,
)

Rows = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_REFINEMENTS = 2  # atoms that a common key is refined by, one after another
_WINDOW = 5  # neighbors that a record is paired with in a block that nothing refines
_THREADS = 2  # rules are independent; their results keep the rules' order


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """What each of n records says of itself: its items, and the hashes of each item.

    The arrays are those of `dedupe.kernels.blocking`. `column` is the column that it is made of: a
    rule takes a column once.
    """

    name: str
    column: str
    offsets: Places
    items: npt.NDArray[np.int32]
    starts: Places
    hashes: Hashes

    @property
    def arrays(self) -> tuple[Places, npt.NDArray[np.int32], Places, Hashes]:
        """Return the atom as kernels take it."""
        return self.offsets, self.items, self.starts, self.hashes


@dataclass(frozen=True, slots=True)
class BlockingRule:
    """The atoms whose combination is the match key.

    A block of more than the `share` of the usual cap is refined: below 1 for a rule that
    says little.
    """

    atoms: tuple[str, ...]
    share: float = 1.0

    @property
    def name(self) -> str:
        """Return the rule as people read it."""
        return " + ".join(self.atoms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The blocks of one rule; `n_pairs` counts its pairs, whatever other rules make."""

    rule: BlockingRule
    starts: Places
    members: Rows
    n_pairs: int
    columns: frozenset[str] = frozenset()

    def only(self, keep: npt.NDArray[np.int64]) -> Blocks:
        """Return some of the blocks, by number."""
        sizes = np.diff(self.starts)[keep]
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
        shift = np.repeat(self.starts[:-1][keep] - starts[:-1], sizes)
        members = self.members[np.arange(starts[-1]) + shift]
        n_pairs = int((sizes * (sizes - 1) // 2).sum())
        return Blocks(
            rule=self.rule, starts=starts, members=members, n_pairs=n_pairs, columns=self.columns
        )


@dataclass(frozen=True, slots=True)
class _Limits:
    """The most records of a block, and where the second of two tables begins."""

    cap: int
    side_end: int


@dataclass(frozen=True, slots=True)
class _Keys:
    """Match keys of a rule: records `rows`, ascending, hold `hashes`."""

    rule: BlockingRule
    rows: Rows
    hashes: Hashes

    def refined(self, atom: Atom, keep: slice | npt.NDArray[np.bool_] = slice(None)) -> _Keys:
        """Combine some of the keys with a further atom."""
        rows, hashes = combined(self.rows[keep], self.hashes[keep], *atom.arrays)
        return _Keys(BlockingRule((*self.rule.atoms, atom.name)), rows, hashes)


def build_blocks(
    rules: Sequence[BlockingRule],
    atoms: Mapping[str, Atom],
    *,
    cap: int,
    refine_by: Sequence[str] = (),
    side_end: int = 0,
) -> list[Blocks]:
    """Return the blocks of each rule; those over `cap` are refined by the atoms `refine_by`.

    Without such atoms they are left out. A block is over the cap when it makes more pairs than
    `cap` records do; of two tables (`side_end` > 0) the pairs across count.
    """
    # Atoms are made once, here: the threads only read them.
    for name in {*refine_by, *(name for rule in rules for name in rule.atoms)}:
        atoms[name]

    def blocks_of(rule: BlockingRule) -> list[Blocks]:
        first, *rest = (atoms[name] for name in rule.atoms)
        keys = _Keys(BlockingRule((first.name,)), *atom_keys(*first.arrays))
        for atom in rest:
            keys = keys.refined(atom)
        limits = _Limits(max(2, int(cap * rule.share)), side_end)
        return list(_blocks(keys, atoms, limits, refine_by, _REFINEMENTS))

    with ThreadPoolExecutor(_THREADS) as pool:
        return [each for made in pool.map(blocks_of, rules) for each in made]


def _blocks(
    keys: _Keys, atoms: Mapping[str, Atom], limits: _Limits, further: Sequence[str], left: int
) -> Iterator[Blocks]:
    """Yield the blocks of some keys, then those of what was over the cap, refined."""
    numbers, n_keys = key_numbers(keys.hashes)
    sizes = block_sizes(numbers, n_keys)
    n_pairs = _pairs_of_keys(keys, numbers, sizes, limits.side_end)
    most = limits.cap * (limits.cap - 1) // 2
    columns = frozenset(atoms[name].column for name in keys.rule.atoms)
    starts, members = blocks(keys.rows, numbers, sizes, (n_pairs > 0) & (n_pairs <= most))
    is_over = n_pairs > most
    if len(members):
        yield Blocks(
            rule=keys.rule,
            starts=starts,
            members=members,
            n_pairs=int(n_pairs[~is_over].sum()),
            columns=columns,
        )
    if not further or not is_over.any():
        return
    others = [name for name in further if atoms[name].column not in columns]
    for at, name in enumerate(others if left else ()):
        refined = keys.refined(atoms[name], is_over[numbers])
        # A later atom only: the order in which two are added makes no other keys.
        yield from _blocks(refined, atoms, limits, others[at + 1 :], left - 1)
    if not left or not others or len(keys.rule.atoms) == 1:
        yield _window(keys, blocks(keys.rows, numbers, sizes, is_over), limits, columns)


def _pairs_of_keys(
    keys: _Keys, numbers: npt.NDArray[np.int32], sizes: Places, side_end: int
) -> Places:
    """Count the pairs that each key makes; of two tables, the pairs across."""
    if not side_end:
        return sizes * (sizes - 1) // 2
    lefts = block_sizes(numbers[keys.rows < side_end], len(sizes))
    return lefts * (sizes - lefts)


def _window(
    keys: _Keys, over: tuple[Places, Rows], limits: _Limits, columns: frozenset[str]
) -> Blocks:
    """Pair the records of blocks that nothing refines with a few others: as blocks of two."""
    left, right = window_pairs(*over, limits.side_end, _WINDOW)
    members = np.stack([left, right], axis=1).reshape(-1)
    starts = np.arange(0, len(members) + 1, 2, dtype=np.int64)
    return Blocks(
        rule=keys.rule, starts=starts, members=members, n_pairs=len(left), columns=columns
    )


class PairSource:
    """All candidate pairs of some blocks, each once, in left order, a chunk at a time."""

    def __init__(self, made: Sequence[Blocks], n: int, side_end: int = 0) -> None:
        starts = [np.zeros(1, dtype=np.int64)]
        total = 0
        for each in made:
            starts.append(each.starts[1:] + total)
            total += len(each.members)
        self._members = (
            np.concatenate([each.members for each in made]) if made else np.empty(0, np.uint32)
        )
        self._index = places_of_rows(np.concatenate(starts), self._members, n)
        self._n, self._side_end = n, side_end
        row_starts, places, ends = self._index
        totals = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(ends - places - 1)])
        self._work = np.diff(totals[row_starts])

    def cuts(self, n_parts: int) -> list[int]:
        """Cut the rows into parts of about equal work: the bounds, from 0 to n."""
        if self._n == 0:
            return [0]
        work = np.cumsum(self._work)
        total = work[-1]
        bounds = np.searchsorted(work, np.arange(1, n_parts) * (total / n_parts))
        return [0, *np.unique(np.clip(bounds, 1, max(self._n - 1, 1))).tolist(), self._n]

    def chunks(
        self, room: int, first: int = 0, last: int | None = None
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield left, right of the rows from `first` to before `last`, `room` pairs a time."""
        seen = np.full(self._n, -1, dtype=np.int32)
        at = first
        end = self._n if last is None else last
        while at < end:
            left, right, at = candidate_pairs(
                at, end, *self._index, self._members, self._side_end, seen, room
            )
            if len(left):
                yield left, right
