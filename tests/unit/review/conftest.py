"""A small account to review, and its deck."""

from __future__ import annotations

import pytest

from tests.unit.plan.conftest import AccountOf


@pytest.fixture
def account() -> AccountOf:
    return AccountOf()
