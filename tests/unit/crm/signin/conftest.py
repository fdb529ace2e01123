from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.crm.signin.fake_crm import FakeCrm


@pytest.fixture
def crm() -> Iterator[FakeCrm]:
    """A CRM of loopback that runs."""
    fake = FakeCrm().start()
    yield fake
    fake.close()
