"""The radix order of rows against Python's own sort, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.order import PACKED_BYTES, ordered, packed

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

KEY = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1))


def both(function, name):
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize(name, [function, plain], ids=["jit", "python"])


@both(ordered, "order_by")
@given(st.lists(KEY, max_size=40), st.randoms(use_true_random=False))
def test_rows_are_sorted_by_their_keys_and_equal_ones_stay(order_by, keys, rng) -> None:
    start = list(range(len(keys)))
    rng.shuffle(start)
    got = order_by(np.array(start, dtype=np.int64), np.array(keys, dtype=np.uint64))
    assert got.tolist() == sorted(start, key=keys.__getitem__)


@both(packed, "packed_by")
@given(st.lists(st.binary(max_size=20), max_size=20), st.sampled_from([0, 8, 16]))
def test_the_next_eight_bytes_are_one_number(packed_by, texts, skipped) -> None:
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    flat = np.frombuffer(b"".join(texts) or b"\0", dtype=np.uint8)
    cut = [text[skipped : skipped + PACKED_BYTES].ljust(PACKED_BYTES, b"\0") for text in texts]
    expected = [int.from_bytes(each, "big") for each in cut]
    assert packed_by(flat, offsets, skipped).tolist() == expected
