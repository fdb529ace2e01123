"""What a pair's evidence is good for: the tier auto, a hard conflict.

Probability alone does not merge cards. Auto asks for a channel that one person owns next to a
name that agrees, or for strong evidence of two kinds; and for nothing that contradicts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedupe.kernels.comparing import shared_marks

from .columns import Column, Records
from .comparisons import (
    CHANNEL_CROWD,
    DATE_SAME,
    NAME_TYPO,
    NAME_VARIANT,
    TEXT_SAME,
    TEXT_TYPO,
    Kind,
)
from .model import Model
from .predict import Scored

Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]

AUTO_PROBABILITY = 0.99
_STRONG_BITS = 7.0  # evidence that one pair of strangers in a hundred and twenty-eight shows
_LITTLE_ALIKE = 1
_NOT_INHERITED = (
    ("patronymic", NAME_VARIANT),
    ("email", CHANNEL_CROWD),
    ("tax_id", TEXT_SAME),
)
_VOUCHING = (
    ("patronymic", NAME_VARIANT),
    ("birth_date", DATE_SAME),
    ("company", TEXT_SAME),
    ("email", CHANNEL_CROWD),
    ("tax_id", TEXT_SAME),
)
_OWN_BITS = 12.0  # a column so telling numbers people, as a passport does
_OVERRULED_BITS = 3.0  # all evidence together, from which two birth dates are a slip of the pen
_CONTRADICTING = ("given", "surname", "patronymic", "birth_date", "tax_id")
_PERSON = ("given", "surname", "patronymic")


def is_strong(
    records: Records,
    model: Model,
    scored: Scored,
    label: npt.NDArray[np.uint32] | None = None,
    *,
    least: float = AUTO_PROBABILITY,
) -> Flags:
    """Tell which pairs satisfy the rule of the tier auto by themselves.

    `label` are clusters, once there are some: a number that cards of two clusters hold is not
    one person's, whatever its kind. `least` is the probability that the rule asks for.
    """
    at = {column.name: number for number, column in enumerate(records.columns)}
    levels = scored.levels
    is_sure = scored.bits + model.prior_bits >= np.log2(least / (1 - least))
    is_sure &= ~contradicts(records, levels)
    if not {"given", "surname"} & at.keys():
        has_two: Flags = is_sure & (_strong_kinds(records, model, levels) >= 2)
        return has_two
    # Cards of people: without a name that agrees two strong kinds are a household.
    owned = np.zeros(levels.shape[1], dtype=np.bool_)
    vouched = _is_vouched_for(levels, at)
    for name in ("phone", "email"):
        if name in at:
            column = records.columns[at[name]]
            shared = np.flatnonzero(is_sure & (levels[at[name]] >= CHANNEL_CROWD))
            is_main = column.codes[scored.left[shared]] == column.codes[scored.right[shared]]
            # A second number on a card is often a relative's, who may have the same name.
            is_own = _shares_own(column, scored, shared, label) & (is_main | vouched[shared])
            owned[shared] |= is_own
    for name, lowest in (("birth_date", DATE_SAME), ("tax_id", TEXT_SAME)):
        if name in at:
            owned |= levels[at[name]] >= lowest
    for number, column in enumerate(records.columns):
        # Of further columns those count that no household shares.
        if column.name.startswith("x_"):
            owned |= (levels[number] >= TEXT_TYPO) & (
                model.tables()[0][number][TEXT_SAME] >= _OWN_BITS
            )
    is_auto: Flags = is_sure & _agreeing_name(levels, at) & owned
    return is_auto


def _is_vouched_for(
    levels: Levels, at: dict[str, int], by: tuple[tuple[str, int], ...] = _VOUCHING
) -> Flags:
    """Tell where something that relatives do not share agrees too."""
    out = np.zeros(levels.shape[1], dtype=np.bool_)
    for name, lowest in by:
        if name in at:
            out |= levels[at[name]] >= lowest
    return out


def contradicts(records: Records, levels: Levels) -> Flags:
    """Tell which pairs differ in what one person has one of."""
    out = np.zeros(levels.shape[1], dtype=np.bool_)
    for number, column in enumerate(records.columns):
        if column.name in _CONTRADICTING:
            # "A little alike" is how two patronymics look, and two dates of one year.
            out |= (levels[number] >= 0) & (levels[number] <= _LITTLE_ALIKE)
    return out


def _shares_own(
    column: Column,
    scored: Scored,
    pairs: npt.NDArray[np.int64],
    label: npt.NDArray[np.uint32] | None,
) -> Flags:
    """Tell which pairs share a value that can be one person's."""
    sets = column.sets
    assert sets is not None  # a channel has sets
    is_own = (
        np.ones(len(column.values), dtype=np.bool_)
        if column.is_owned is None
        else column.is_owned.copy()
    )
    if label is not None:
        row_label = np.repeat(label, np.diff(sets.offsets))
        low = np.full(len(is_own), np.iinfo(np.int64).max)
        high = np.full(len(is_own), -1)
        np.minimum.at(low, sets.items, row_label.astype(np.int64))
        np.maximum.at(high, sets.items, row_label.astype(np.int64))
        is_own &= low == high
    held = np.where(is_own, 1, 0).astype(np.int32)
    found = shared_marks(sets.offsets, sets.items, held, scored.left[pairs], scored.right[pairs])
    return found > 0


def has_conflict(records: Records, scored: Scored, prior_bits: float) -> Flags:
    """Tell which pairs can't be one: two right tax numbers, or two birth dates.

    Birth dates are typed wrong as well, so that other evidence overrules them; not a shared number
    and a name alone, which a father and a son called like him have too.
    """
    out = np.zeros(scored.levels.shape[1], dtype=np.bool_)
    at = {column.name: number for number, column in enumerate(records.columns)}
    kin = np.zeros(scored.levels.shape[1], dtype=np.bool_)
    if "phone" in at:
        kin = scored.levels[at["phone"]] >= CHANNEL_CROWD
        kin &= ~_is_vouched_for(scored.levels, at, _NOT_INHERITED)
    for number, column in enumerate(records.columns):
        levels = scored.levels[number]
        if column.name == "tax_id" and records.tax_ok is not None:
            both = records.tax_ok[scored.left] & records.tax_ok[scored.right]
            out |= both & (column.codes[scored.left] != column.codes[scored.right])
        elif column.comparison.kind is Kind.DATE:
            out |= (levels == 0) & (kin | (scored.bits + prior_bits < _OVERRULED_BITS))
    return out


def _agreeing_name(levels: Levels, at: dict[str, int]) -> Flags:
    """Tell where the given name agrees, and the surname or, if missing, the patronymic."""
    none = np.full(levels.shape[1], -1, dtype=np.int8)
    given, surname, patronymic = (levels[at[name]] if name in at else none for name in _PERSON)
    rest = (surname >= NAME_TYPO) | ((surname < 0) & (patronymic >= NAME_VARIANT))
    return (given >= NAME_TYPO) & rest


def _strong_kinds(records: Records, model: Model, levels: Levels) -> npt.NDArray[np.int8]:
    """Count the columns that agree and whose agreement few strangers show."""
    tables = model.tables()[0]
    count = np.zeros(levels.shape[1], dtype=np.int8)
    for number, column in enumerate(records.columns):
        if column.comparison.kind not in (Kind.CODE, Kind.LINK):
            bits = np.where(levels[number] >= 0, tables[number][levels[number]], np.float32(0))
            count += (bits >= _STRONG_BITS) & (levels[number] >= column.comparison.grading.shared)
    return count
