"""Candidate pairs -> levels: each comparison grades each pair.

Codes settle most: equal, not observed, or no channel shared. A measure of strings runs on the
pairs whose values are both there and differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.comparing import (
    channel_levels,
    coded_levels,
    crossed_places,
    open_pairs,
    pack_sets,
    settle_dates,
    settle_levels,
    shared_marks,
)
from dedupe.kernels.strings import Cuts, text_levels

from .columns import Codes, Column, Records, Sets, coded
from .comparisons import (
    NAME_CLOSE,
    NAME_INITIAL,
    NAME_TYPO,
    NAME_VARIANT,
    TEXT_SAME,
    Kind,
)
from .texts import Texts, build_texts

Rows = npt.NDArray[np.uint32]
Levels = npt.NDArray[np.int8]

_CUTS = Cuts(edits=1, min_length=4, high=0.92, low=0.8)
_CROWD = 3  # from this many holders on a shared value is that of a family or an office
_LOCAL_TAIL = 10_000_000  # a number below it is local: it meets those that end in it
_LINE = 16  # numbers of four bytes in a line of the cache
_DIGITS = 18  # that an int64 holds whatever they are
_LOGIN = 5  # characters from which a login at another provider is the same person's
_NAME_MEANINGS = np.array([0, 1, NAME_CLOSE, NAME_TYPO, NAME_TYPO], dtype=np.int8)
_TEXT_MEANINGS = np.array([0, 1, 2, 3, 3], dtype=np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Strings:
    """What grading a column of strings needs, by value: see `settle_levels`."""

    texts: Texts
    meanings: Levels
    variants: Sets
    variant: int
    initials: Codes
    initial: int
    figures: Codes


class Grader:
    """Grades pairs of `records`; what the columns need is prepared once. Threads may share it."""

    def __init__(self, records: Records) -> None:
        self._columns = records.columns
        sets = [column for column in records.columns if column.sets is not None]
        flat = [column for column in records.columns if column.sets is None]
        self._at = {column.name: at for at, column in enumerate(records.columns)}
        self._flat = {column.name: at for at, column in enumerate(flat)}
        self._numbers = {column.name: _numbers(column) for column in sets}
        self._first: dict[str, int] = {}
        self._packed = self._pack(records.n, flat, sets)
        self._same = np.array([c.comparison.grading.same for c in flat], dtype=np.int8)
        self._strings = {
            column.name: _strings(column)
            for column in flat
            if column.comparison.kind in (Kind.NAME, Kind.TEXT)
        }

    def levels(self, left: Rows, right: Rows) -> npt.NDArray[np.int8]:
        """Return the levels of each pair: int8 (comparisons, pairs)."""
        out = np.empty((len(self._columns), len(left)), dtype=np.int8)
        flat = coded_levels(self._packed, self._same, left, right)
        for at, column in enumerate(self._columns):
            if column.sets is not None:
                out[at] = self._channel(column, left, right)
            else:
                number = self._flat[column.name]
                self._settle(column, flat[number], number, left, right)
                out[at] = flat[number]
        if {"surname", "given"} <= self._flat.keys():
            self._cross(out[self._at["surname"]], out[self._at["given"]], left, right)
        return out

    def _pack(self, n: int, flat: Sequence[Column], sets: Sequence[Column]) -> Codes:
        """Put what is read of a record side by side: int32 (n, codes then channels)."""
        channels = [column for column in sets if column.comparison.kind is Kind.CHANNEL]
        packed = _rows(n, len(flat) + 3 * len(channels))
        for at, column in enumerate(flat):
            packed[:, at] = column.codes
        for number, column in enumerate(channels):
            first = self._first[column.name] = len(flat) + 3 * number
            assert column.sets is not None  # channels are sets
            held = column.sets.offsets, column.sets.items
            pack_sets(packed, first, *held, self._numbers[column.name])
        return packed

    def _settle(self, column: Column, levels: Levels, number: int, left: Rows, right: Rows) -> None:
        """Grade the pairs whose codes differ, in place."""
        places, a, b = open_pairs(levels, self._packed, number, left, right)
        kind = column.comparison.kind
        if kind is Kind.CODE:
            levels[places] = 0
        elif kind is Kind.DATE:
            settle_dates(levels, places, a, b)
        elif len(places):
            own = self._strings[column.name]
            found = text_levels(own.texts.arrays, a, b, _CUTS)
            settle_levels(
                levels,
                places,
                found,
                own.meanings,
                a,
                b,
                own.variants.offsets,
                own.variants.items,
                own.variant,
                own.initials,
                own.initial,
                own.figures,
            )

    def _channel(self, column: Column, left: Rows, right: Rows) -> Levels:
        sets = column.sets
        assert sets is not None  # the caller has looked
        if column.comparison.kind is Kind.LINK:
            marks = np.ones(len(column.values), dtype=np.int32)
            shared = shared_marks(sets.offsets, sets.items, marks, left, right).astype(np.int8)
            is_told = np.diff(sets.offsets) > 0
            return np.where(is_told[left] & is_told[right], shared, np.int8(-1))
        return channel_levels(
            self._packed,
            self._first[column.name],
            sets.offsets,
            sets.items,
            column.n_holders,
            self._numbers[column.name],
            left,
            right,
            _CROWD,
            _LOCAL_TAIL if column.name == "phone" else 0,
        )

    def _cross(self, surnames: Levels, givens: Levels, left: Rows, right: Rows) -> None:
        """Grade names that stand in each other's field: the same in the other order is a variant.

        Where one half crosses and the other differs, that half is measured crosswise too.
        """
        s, g = self._flat["surname"], self._flat["given"]
        at = crossed_places(surnames, givens, self._packed, s, g, left, right)
        if not len(at):
            return
        i, j = self._packed[left[at]], self._packed[right[at]]
        texts = self._strings["given"].texts.arrays
        for levels, own, other in ((surnames, s, g), (givens, g, s)):
            # The half of the left record's `own` name, against the right one's `other`.
            a, b = i[:, own].copy(), j[:, other].copy()
            found = _NAME_MEANINGS[np.maximum(text_levels(texts, a, b, _CUTS), 0)]
            found = np.where(a == b, np.int8(NAME_VARIANT), found)
            levels[at] = np.where((a < 0) | (b < 0), np.int8(-1), found)


def _rows(n: int, n_columns: int) -> Codes:
    """Return an int32 array (n, n_columns or a few more) whose rows begin at a line of the cache.

    A candidate's row is read from anywhere: one line of 64 bytes costs half of two.
    """
    width = _LINE * -(-max(n_columns, 1) // _LINE)
    store = np.empty(n * width + _LINE, dtype=np.int32)
    skip = (-store.ctypes.data // store.itemsize) % _LINE
    return store[skip : skip + n * width].reshape(n, width)


def _strings(column: Column) -> _Strings:
    n = len(column.values)
    is_name = column.comparison.kind is Kind.NAME
    none = Sets(offsets=np.zeros(n + 1, dtype=np.int64), items=np.empty(0, dtype=np.int32))
    return _Strings(
        texts=build_texts(column.measured),
        meanings=_NAME_MEANINGS if is_name else _TEXT_MEANINGS,
        variants=column.variants or none,
        variant=NAME_VARIANT if is_name else TEXT_SAME,
        initials=_initials(column.measured),
        initial=NAME_INITIAL if is_name else -1,
        # A house or a school of another number is another one, however alike the rest.
        figures=np.zeros(n, dtype=np.int32) if is_name else _figures(column.measured),
    )


def _initials(values: pl.Series) -> Codes:
    """Give first letters numbers from 1; negative where the letter is all there is."""
    numbers = coded(values.str.slice(0, 1)).codes + 1
    return np.where((values.str.len_chars() == 1).to_numpy(), -numbers, numbers).astype(np.int32)


def _figures(values: pl.Series) -> Codes:
    """Give the figures in each value a number; a value of figures alone is its text: 0."""
    has_both = values.str.contains(r"\p{L}") & values.str.contains(r"\d")
    frame = pl.DataFrame({"text": values, "has_both": has_both})
    figures = frame.select(
        figures=pl.when("has_both").then(pl.col("text").str.extract_all(r"\d+").list.join(" "))
    ).to_series()
    return coded(figures).codes + 1


def _numbers(column: Column) -> npt.NDArray[np.int64]:
    """Return what tells that two values of a channel are near: digits of a phone, or a login."""
    if column.name == "phone":
        digits = column.values.str.strip_prefix("+").str.slice(-_DIGITS)
        return digits.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    login = column.values.str.split_exact("@", 1).struct.field("field_0").to_frame("login")
    is_long = pl.col("login").str.len_chars() >= _LOGIN
    return coded(login.select(pl.when(is_long).then("login")).to_series()).codes + np.int64(1)
