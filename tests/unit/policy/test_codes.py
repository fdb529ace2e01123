"""A misspelt check in a policy is told, and not a night that finds nothing."""

from __future__ import annotations

import pytest

from dedupe.config import Checks, Policy
from dedupe.errors import ConfigError
from dedupe.policy.codes import check_codes


def test_codes_and_their_beginnings_are_taken() -> None:
    check_codes(Policy(name="nightly"), "policies.nightly")
    check_codes(Checks(select=("DUP", "PHN201"), ignore=("TSK1",)), "checks")


@pytest.mark.parametrize("key", ["select", "ignore"])
def test_what_no_check_begins_with_is_told(key: str) -> None:
    with pytest.raises(ConfigError, match=rf"policies\.nightly\.{key}: .*NOPE999"):
        check_codes(Policy(name="nightly", **{key: ("DUP", "NOPE999")}), "policies.nightly")
