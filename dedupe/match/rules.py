"""The blocking rules: those that ship for CRM cards, and those chosen from the data.

For a table of unknown columns every pair of columns is a rule that could be: two cards of one
person agree on some two of them. Which are taken is a cover: made-up pairs of one person, with as
many gaps as the columns have and more slips than people make, are to be met by some rule, at the
least expected number of pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.blocking import atom_keys, block_sizes, key_numbers, mixed

from .blocking import Atom, BlockingRule
from .columns import Codes, Column, Places, Records, coded
from .comparisons import Kind

Flags = npt.NDArray[np.bool_]

# Of CRM cards: a channel or a tax number alone, a name with whatever else agrees.
SHIPPED = tuple(
    BlockingRule(tuple(rule.split()), share)
    for share, rule in (
        (1.0, "phone"),
        (1.0, "email"),
        (1.0, "tax_id"),
        (1.0, "surname given"),
        (1.0, "surname birth_date"),
        (1.0, "given birth_date"),
        (1.0, "patronymic birth_date"),
        (1.0, "surname phone_tail"),
        (1.0, "surname company"),
        (0.5, "given company"),
        (0.5, "surname city"),
        (0.25, "given_head surname_head city"),
        (0.25, "given patronymic city"),
        (1.0, "address surname_head"),
        (1.0, "address given"),
    )
)
_CHANNELED = 0.2  # of the records: a table in which so many have a phone holds CRM cards
_PARTS = {"phone": "tail", "email": "login"}
WORDS = "words"
_HEAD, _TAIL, _LOGIN = 3, 4, 5  # characters
_COUNTED = 100_000  # records that tell how often two share a hash
_SAMPLES = 4_000
_SPARE_PAIRS = 100_000  # that a small table may have beyond its share
_MOST_PAIRS = 5.0  # by record: what a shipped rule makes at most, its big blocks refined
_LARGE = 300_000
_SEED = 20_260_402


class Atoms(Mapping[str, Atom]):
    """The atoms of `records` by name, in a fixed order, each made when it is first asked for."""

    def __init__(self, records: Records) -> None:
        self._made: dict[str, Atom] = {}
        self._bases: dict[str, tuple[Places, Codes]] = {}
        self._columns = {column.name: column for column in records.columns}
        self._names = {
            name: column.name for column in records.columns for name in _names_of(column)
        }
        if {"surname", "given"} <= self._columns.keys():
            self._names[WORDS] = "surname"

    def __getitem__(self, name: str) -> Atom:
        """Return the atom `name`; raises KeyError."""
        if name not in self._made:
            self._made[name] = self._make(name, self._columns[self._names[name]])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names: whole columns before parts of them."""
        return iter(sorted(self._names, key=lambda name: name != self._names[name]))

    def __len__(self) -> int:
        """Count the atoms."""
        return len(self._names)

    @property
    def whole(self) -> tuple[str, ...]:
        """Return the atoms that are whole columns: those that refine a common key."""
        return tuple(name for name, column in self._names.items() if name == column)

    def column_of(self, name: str) -> str:
        """Return the column that the atom `name` is made of."""
        return self._names[name]

    def _make(self, name: str, column: Column) -> Atom:
        if name == WORDS:
            return _words(self._columns["surname"], self._columns["given"])
        if column.name not in self._bases:
            self._bases[column.name] = _items(column)
        offsets, items = self._bases[column.name]
        starts, numbers = _numbers(name, column, items)
        # The salt keeps a head's number from meeting a value's.
        hashes = mixed(numbers.astype(np.uint64), int(name != column.name))
        return Atom(
            name=name,
            column=column.name,
            offsets=offsets,
            items=items,
            starts=starts,
            hashes=hashes,
        )


def _names_of(column: Column) -> Iterator[str]:
    kind = column.comparison.kind
    if kind in (Kind.CODE, Kind.LINK):
        return
    yield column.name
    if column.name in _PARTS:
        yield f"{column.name}_{_PARTS[column.name]}"
    elif kind in (Kind.NAME, Kind.TEXT):
        lengths = column.measured.str.len_chars()
        if len(lengths) and lengths.sum() > _HEAD * len(lengths):
            yield f"{column.name}_head"


def _items(column: Column) -> tuple[Places, Codes]:
    """Return the values of each record: offsets and items."""
    if column.sets is not None:
        return column.sets.offsets, column.sets.items
    is_some = column.codes >= 0
    offsets = np.zeros(len(is_some) + 1, dtype=np.int64)
    np.cumsum(is_some, out=offsets[1:])
    if len(column.values):
        return offsets, column.codes[is_some]
    # A date is its own code: number what there is.
    _, numbers = np.unique(column.codes[is_some], return_inverse=True)
    return offsets, numbers.astype(np.int32)


def _numbers(name: str, column: Column, items: Codes) -> tuple[Places, Places]:
    """Return the numbers of each value, as starts and numbers: what the atom says of it."""
    n = max(len(column.values), int(items.max(initial=-1)) + 1)
    one_each = np.arange(n + 1, dtype=np.int64)
    if name == column.name:
        if column.variants is None:
            return one_each, one_each[:-1]
        return _variant_numbers(column.variants.offsets, column.variants.items)
    part = _part(name.removeprefix(f"{column.name}_"), column.measured)
    numbers = coded(part).codes.astype(np.int64)
    starts = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(numbers >= 0, out=starts[1:])
    return starts, numbers[numbers >= 0]


def _variant_numbers(offsets: Places, items: Codes) -> tuple[Places, Places]:
    """Give all that each value may stand for numbers; one that stands for nothing, its own."""
    sizes = np.diff(offsets)
    starts = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(np.maximum(sizes, 1), out=starts[1:])
    numbers = np.empty(starts[-1], dtype=np.int64)
    alone = np.flatnonzero(sizes == 0)
    numbers[starts[:-1][alone]] = int(items.max(initial=-1)) + 1 + alone
    shift = np.repeat(starts[:-1] - offsets[:-1], sizes)
    numbers[np.arange(len(items)) + shift] = items
    return starts, numbers


def _part(part: str, values: pl.Series) -> pl.Series:
    """Return the part of each value that the atom is made of; null where it says nothing."""
    if part == "tail":
        return values.str.slice(-_TAIL)
    if part == "login":
        login = values.str.split_exact("@", 1).struct.field("field_0")
        plain = login.str.replace_many([".", "_", "-"], [""]).to_frame("login")
        is_long = pl.col("login").str.len_chars() >= _LOGIN
        return plain.select(pl.when(is_long).then("login")).to_series()
    return values.str.slice(0, _HEAD)


def _words(surname: Column, given: Column) -> Atom:
    """Surname and given name in either order: both columns number the same texts."""
    is_some = (given.codes >= 0) & (surname.codes >= 0)
    low = np.minimum(given.codes, surname.codes)[is_some].astype(np.uint64)
    high = np.maximum(given.codes, surname.codes)[is_some].astype(np.uint64)
    offsets = np.zeros(len(is_some) + 1, dtype=np.int64)
    np.cumsum(is_some, out=offsets[1:])
    return Atom(
        name=WORDS,
        column="surname",
        offsets=offsets,
        items=np.arange(len(low), dtype=np.int32),
        starts=np.arange(len(low) + 1, dtype=np.int64),
        hashes=mixed((high << np.uint64(32)) | low, 2),
    )


def choose_rules(records: Records, atoms: Atoms, pairs_per_record: float) -> list[BlockingRule]:
    """Return the rules of `records`: the shipped ones that apply, cheap ones, then the cover's."""
    rules = [rule for rule in SHIPPED if all(name in atoms for name in rule.atoms)]
    known = {frozenset(rule.atoms) for rule in rules}
    possible = [rule for rule in _possible(atoms) if frozenset(rule.atoms) not in known]
    if any(_is_common(column, records) for column in records.columns):
        # CRM cards, for which the shipped rules are made: only columns they don't know add some.
        possible = [rule for rule in possible if any(n.startswith("x_") for n in rule.atoms)]
    needed = dict.fromkeys(name for rule in [*rules, *possible] for name in rule.atoms)
    shares = {name: coincidence(atoms[name]) for name in needed}
    costs = {rule: _expected_pairs(rule, shares, records) for rule in [*rules, *possible]}
    budget = pairs_per_record * records.n + _SPARE_PAIRS
    budget -= sum(min(costs[rule], _MOST_PAIRS * records.n) for rule in rules)
    for rule in _cheap(possible, costs, atoms, records.n):
        rules.append(rule)
        budget -= costs[rule]
    return rules + _cover(records, atoms, rules, possible, costs, budget)


def _cheap(
    possible: Sequence[BlockingRule],
    costs: Mapping[BlockingRule, float],
    atoms: Atoms,
    n: int,
) -> list[BlockingRule]:
    """Return the rules of two whole columns that hardly cost anything: recall for nothing.

    In a large table a rule costs its keys too, and the cover must choose.
    """
    if n > _LARGE:
        return []
    whole = set(atoms.whole)
    return [
        rule
        for rule in possible
        if len(rule.atoms) == 2 and whole.issuperset(rule.atoms) and costs[rule] <= n
    ]


def _cover(
    records: Records,
    atoms: Atoms,
    taken: Sequence[BlockingRule],
    possible: Sequence[BlockingRule],
    costs: Mapping[BlockingRule, float],
    budget: float,
) -> list[BlockingRule]:
    """Return further rules, the most made-up pairs met for their cost first."""
    met = _samples(records, atoms)
    is_covered = np.zeros(_SAMPLES, dtype=np.bool_)
    for rule in taken:
        is_covered |= _covers(rule, met)
    covers = {rule: _covers(rule, met) for rule in possible if rule not in taken}
    chosen: list[BlockingRule] = []
    while True:
        gains = {rule: float((cover & ~is_covered).mean()) for rule, cover in covers.items()}
        covers = {
            rule: cover
            for rule, cover in covers.items()
            if gains[rule] >= _worth(costs[rule] / max(records.n, 1)) and costs[rule] <= budget
        }
        if not covers:
            return chosen
        # The floor is what a rule costs that makes no pairs.
        floor = 0.2 * records.n + 1000
        best = max(covers, key=lambda rule: (gains[rule] / (costs[rule] + floor), rule.atoms))
        chosen.append(best)
        is_covered |= covers.pop(best)
        budget -= costs[best]


def _worth(pairs_per_record: float) -> float:
    """Return the share of made-up pairs that a rule must add to be worth its cost."""
    return max(0.0005, 0.0005 * pairs_per_record)


def _is_common(column: Column, records: Records) -> bool:
    return column.comparison.kind is Kind.CHANNEL and column.n_observed >= _CHANNELED * records.n


def _possible(atoms: Atoms) -> list[BlockingRule]:
    names = [name for name in atoms if name != WORDS]
    alone = [BlockingRule((name,)) for name in names]
    pairs = [
        BlockingRule((a, b))
        for a, b in combinations(names, 2)
        if atoms.column_of(a) != atoms.column_of(b)
    ]
    heads = [name for name in names if name.endswith("_head")]
    triples = [
        BlockingRule(three)
        for three in combinations(heads[:6], 3)
        if len({atoms.column_of(name) for name in three}) == 3
    ]
    return alone + pairs + triples


def _expected_pairs(rule: BlockingRule, shares: Mapping[str, float], records: Records) -> float:
    return math.prod(shares[name] for name in rule.atoms) * records.n_pairs


def coincidence(atom: Atom) -> float:
    """Return the chance that two records share a hash of the atom, from a sample of records."""
    last = min(len(atom.offsets) - 1, _COUNTED)
    _, hashes = atom_keys(
        atom.offsets[: last + 1], atom.items[: atom.offsets[last]], atom.starts, atom.hashes
    )
    numbers, n_keys = key_numbers(hashes)
    sizes = block_sizes(numbers, n_keys).astype(np.float64)
    return float(min((sizes * (sizes - 1)).sum() / max(last * (last - 1.0), 1.0), 1.0))


def _samples(records: Records, atoms: Atoms) -> dict[str, Flags]:
    """Draw made-up pairs of one record: which atoms of both agree."""
    rng = np.random.default_rng(_SEED)
    met = {}
    observed, main, slip = {}, {}, {}
    for column in records.columns:
        both = (column.n_observed / records.n) ** 1.5
        observed[column.name] = rng.random(_SAMPLES) < both
        main[column.name] = rng.random(_SAMPLES) < 0.72
        slip[column.name] = rng.random(_SAMPLES) < 0.6
    for name in atoms:
        column_name = atoms.column_of(name)
        agrees = main[column_name]
        if name != column_name:
            agrees = agrees | slip[column_name]
        met[name] = observed[column_name] & agrees
    return met


def _covers(rule: BlockingRule, met: Mapping[str, Flags]) -> Flags:
    out = np.ones(_SAMPLES, dtype=bool)
    for name in rule.atoms:
        out &= met[name]
    return out
