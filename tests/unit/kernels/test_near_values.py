"""When two numbers or addresses are near: slips, local ends, equal logins; compiled and plain."""

from __future__ import annotations

import numpy as np
import pytest

from dedupe.kernels.comparing import channel_levels, pack_sets

LOCAL = 10_000_000
BOTH = pytest.mark.parametrize(
    "kernel", [channel_levels, getattr(channel_levels, "py_func", channel_levels)]
)


def level(kernel, mine: int, other: int, tail: int) -> int:
    """Grade two records of one item each, items 0 and 1, with these numbers."""
    offsets = np.array([0, 1, 2], dtype=np.int64)
    items = np.array([0, 1], dtype=np.int32)
    holders = np.ones(2, dtype=np.int32)
    numbers = np.array([mine, other], dtype=np.int64)
    left, right = np.array([0], dtype=np.uint32), np.array([1], dtype=np.uint32)
    packed = np.zeros((2, 3), dtype=np.int32)
    pack_sets(packed, 0, offsets, items, numbers)
    return int(kernel(packed, 0, offsets, items, holders, numbers, left, right, 3, tail)[0])


@BOTH
@pytest.mark.parametrize(
    ("mine", "other", "near"),
    [
        (79161234567, 79161234568, 1),  # one digit
        (79161234567, 79161234576, 1),  # two neighbors swapped
        (79161234567, 1234567, 1),  # the local end
        (79161234567, 1234568, 0),
        (79161234567, 79161234699, 0),
        (100, 91, 0),  # a carry makes two digits differ by little
        (79161234567, 0, 0),  # nothing to compare
    ],
)
def test_numbers_are_near_by_a_slip_or_a_local_end(kernel, mine, other, near) -> None:
    assert level(kernel, mine, other, LOCAL if mine > LOCAL else 10) == near
    assert level(kernel, other, mine, LOCAL if mine > LOCAL else 10) == near


@BOTH
@pytest.mark.parametrize(("mine", "other", "near"), [(7, 7, 1), (7, 8, 0), (0, 0, 0)])
def test_logins_are_near_when_they_are_equal(kernel, mine, other, near) -> None:
    assert level(kernel, mine, other, 0) == near
