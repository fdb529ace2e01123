"""The one spelling of `njit` in the project.

Kernels are compiled with the same flags everywhere, cached on disk, and stay
plain functions under NUMBA_DISABLE_JIT=1, which is how coverage sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from uuid import uuid4

import numba
from numba.core.caching import IndexDataCacheFile

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
    _guard(compiled)
    return cast("Callable[P, R]", compiled)


class SharedCacheFile(IndexDataCacheFile):  # type: ignore[misc]  # numba has no types
    """The cache of one kernel, safe for processes that compile at the same time.

    numba numbers the files of compiled code and names one in its index before it is written: two
    processes can take one number for two signatures, and a third one meets what an older source
    left under that number. Either ends in machine code that is called with the wrong arguments.
    Here a file is written first, under a name that nobody else has, and is named after that; what
    the slower of two processes loses is a line of the index, which costs a compilation.
    """

    def save(self, key: object, data: object) -> None:
        """Save compiled code, then name it in the index."""
        name = self._data_name_pattern.format(number=uuid4().int)
        self._save_data(name, data)
        overloads = self._load_index()
        former = overloads.get(key)
        overloads[key] = name
        self._save_index(overloads)
        if former is not None:
            with suppress(OSError):
                Path(self._data_path(former)).unlink()


def _guard(compiled: Any) -> None:  # noqa: ANN401  numba's dispatcher, or the plain function
    cache = getattr(compiled, "_cache", None)
    inner = getattr(cache, "_impl", None)
    if cache is None or inner is None:  # plain Python, or nothing is cached
        return
    cache._cache_file = SharedCacheFile(
        cache_path=cache._cache_path,
        filename_base=inner.filename_base,
        source_stamp=inner.locator.get_source_stamp(),
    )
