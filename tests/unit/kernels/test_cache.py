"""Compiled kernels on disk: processes that compile at the same time never read each other's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dedupe.kernels import _jit

KERNEL = """
from dedupe.kernels._jit import kernel

@kernel
def total(values):
    out = 0
    for value in values:
        out += value
    return out
"""

CALLER = """
import sys
import numpy as np
sys.path[:0] = sys.argv[2:]
from summing import total
values = np.arange(1, 4).astype(sys.argv[1])
assert total(values) == 6, total(values)
print(total.stats.cache_hits)
"""


def call(folder: Path, dtype: str) -> subprocess.Popen[str]:
    root = str(Path(_jit.__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", CALLER, dtype, str(folder), root],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"), "NUMBA_DISABLE_JIT": "0"},
    )


def ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "summing.py").write_text(KERNEL, encoding="utf-8")
    return tmp_path


def test_signatures_that_are_compiled_side_by_side_stay_apart(folder: Path) -> None:
    dtypes = ["i8", "f8", "i4", "f4"]
    for process in [call(folder, dtype) for dtype in dtypes]:
        ended(process)
    for dtype in dtypes:
        ended(call(folder, dtype))


def test_what_was_compiled_once_is_read_from_the_disk(folder: Path) -> None:
    assert ended(call(folder, "i8")) == "Counter()"
    assert "1" in ended(call(folder, "i8"))


def test_a_changed_source_is_compiled_anew_and_never_mixed_up(folder: Path) -> None:
    ended(call(folder, "i8"))
    changed = KERNEL.replace("out += value", "out += value * 2 - value")
    (folder / "summing.py").write_text(changed, encoding="utf-8")
    assert ended(call(folder, "i8")) == "Counter()"


def test_the_code_stands_on_disk_before_the_index_names_it(tmp_path, monkeypatch) -> None:
    kept = _jit.SharedCacheFile(str(tmp_path), "kernel", "stamp")
    saved: list[str] = []
    index = kept._save_index

    def save_index(overloads: dict[object, str]) -> None:
        saved.extend(name for name in overloads.values() if not (tmp_path / name).exists())
        index(overloads)

    monkeypatch.setattr(kept, "_save_index", save_index)
    kept.save("int64", b"one")
    kept.save("float64", b"two")
    kept.save("int64", b"three")
    assert saved == []
    assert (kept.load("int64"), kept.load("float64")) == (b"three", b"two")
    assert len(list(tmp_path.glob("*.nbc"))) == 2, "the replaced code is gone"


def test_a_dispatcher_gets_the_safe_cache_and_a_plain_function_none(tmp_path) -> None:
    locator = SimpleNamespace(get_source_stamp=lambda: "stamp")
    inner = SimpleNamespace(filename_base="kernel", locator=locator)
    cache = SimpleNamespace(_impl=inner, _cache_path=str(tmp_path), _cache_file=None)
    _jit._guard(SimpleNamespace(_cache=cache))
    assert isinstance(cache._cache_file, _jit.SharedCacheFile)
    _jit._guard(len)  # nothing to guard


def test_where_nothing_can_be_kept_a_kernel_is_compiled_anew(monkeypatch) -> None:
    asked: list[bool] = []

    def njit(cache: bool = False, **_: object):
        asked.append(cache)
        if cache:
            raise RuntimeError("no locator available")
        return lambda func: func

    monkeypatch.setattr(_jit.numba, "njit", njit)
    assert _jit.kernel(len)("abc") == 3
    assert asked == [True, False]
