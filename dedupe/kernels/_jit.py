"""The one spelling of `njit` in the project.

Kernels are compiled with the same flags everywhere, cached on disk, and stay
plain functions under NUMBA_DISABLE_JIT=1, which is how coverage sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(func: Callable[P, R]) -> Callable[P, R]:
    """Compile `func` with the project's flags, keeping its Python signature."""
    # The numpy error model spares a branch per division; nogil lets stages overlap.
    flags = {"nogil": True, "error_model": "numpy"}
    try:
        compiled = numba.njit(cache=True, **flags)(func)
    except RuntimeError:
        # No folder can keep the cache (a read-only installation without a home): compile anew.
        compiled = numba.njit(**flags)(func)
    return cast("Callable[P, R]", compiled)
