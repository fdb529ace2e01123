"""What the suite leaves to other runs: most examples of properties, kernels as plain Python."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

KERNELS = Path(__file__).parent / "tests/unit/kernels"

# A kernel that is compiled at its first example breaks any deadline.
settings.register_profile("share", max_examples=20, deadline=None)
settings.register_profile("all", max_examples=100, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "share"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the kernels as plain Python to `make test-plain`, which runs all of them so."""
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        return
    twice = [item for item in items if KERNELS in item.path.parents and _is_plain(item)]
    if twice:
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in set(twice)]


def _is_plain(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and "python" in callspec.id.split("-")
