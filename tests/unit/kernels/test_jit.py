"""A kernel works where nothing can be cached, and keeps its result."""

from __future__ import annotations

import pytest

from dedupe.kernels import _jit


def double(x: int) -> int:
    return 2 * x


def test_a_kernel_is_compiled_with_a_cache() -> None:
    assert _jit.kernel(double)(21) == 42


def test_a_place_without_a_cache_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = _jit.numba.njit

    def without_locator(**flags: object) -> object:
        if flags.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**flags)

    monkeypatch.setattr(_jit.numba, "njit", without_locator)
    assert _jit.kernel(double)(21) == 42
