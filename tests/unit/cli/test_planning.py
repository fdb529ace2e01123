"""What a scan is asked for: the config alone decides, whoever begins it."""

from __future__ import annotations

from typing import Any

import pytest

from cli.nights import AccountWorks
from cli.options import Session
from cli.planning import area_code_of, options_of, region_of
from dedupe.config import Config, Policy
from dedupe.errors import CrmCleanError, InputError
from dedupe.policy.systemd import Systemd
from dedupe.scan import ScanOptions
from tests.acted import World, acted

__all__ = ["acted"]

CONFIG = """
timezone = "Asia/Yekaterinburg"

[phone]
default_region = "kz"
area_code = "7172"

[checks]
select = ["DUP", "PHN", "USR", "LOS"]
ignore = ["PHN301"]
loss_reason_field = "Почему"

[checks.options]
TSK201 = { hours = 7 }

[[regulation]]
name = "Договор"
pipeline = "Розничный отдел"
stage = "Договор"
require = ["Город"]

[policies.nightly]

[policies.narrow]
select = ["PHN201"]
"""


class SeenError(CrmCleanError):
    """The options were seen; what follows does not matter."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[ScanOptions]:
    options: list[ScanOptions] = []

    def scan(account: object, asked: ScanOptions, **more: Any) -> None:
        options.append(asked)
        raise SeenError("seen")

    monkeypatch.setattr("dedupe.scan.scan", scan)
    return options


def by_policy(world: World, name: str) -> None:
    session = Session(
        config_path=None, profile="main", state_option=None, is_json=False, quiet=True,
        verbose=False, no_input=True,
    )  # fmt: skip
    policy = session.config().policies[name]
    with pytest.raises(SeenError):
        AccountWorks(session, policy, Systemd()).scan()


def test_a_policys_scan_is_asked_for_what_a_persons_is(acted: World, seen) -> None:
    path = acted.folder / "crmclean.toml"
    path.write_text(CONFIG.replace("[[regulation]]", f"{path.read_text()}\n[[regulation]]"))
    assert acted.crmclean("scan", "--no-pull") == 1
    by_policy(acted, "nightly")
    persons, policys = seen
    assert persons == policys
    assert (persons.phone.region, persons.phone.area_code) == ("KZ", "7172")
    assert persons.select == ("DUP", "PHN", "USR", "LOS")
    assert persons.regulations
    assert persons.options


def test_a_policy_may_name_checks_of_its_own_and_nothing_else(acted: World, seen) -> None:
    path = acted.folder / "crmclean.toml"
    path.write_text(CONFIG.replace("[[regulation]]", f"{path.read_text()}\n[[regulation]]"))
    by_policy(acted, "nightly")
    by_policy(acted, "narrow")
    whole, narrow = seen
    differ = {
        name for name in ScanOptions.__slots__ if getattr(whole, name) != getattr(narrow, name)
    }
    assert (differ, narrow.select) == ({"select"}, ("PHN201",))


def test_an_account_says_its_country_to_both(acted: World, seen) -> None:
    with (acted.folder / "crmclean.toml").open("a") as file:
        file.write("\n[policies.nightly]\n")
    assert acted.crmclean("scan", "--no-pull") == 1
    by_policy(acted, "nightly")
    assert seen[0] == seen[1]


def test_an_empty_config_asks_for_the_defaults() -> None:
    asked = options_of(Config())
    assert (asked.phone.region, asked.select, asked.ignore) == ("RU", (), ())
    assert Policy(name="x").select == ()


@pytest.mark.parametrize("name", ["", "R", "Россия", "ZZZ"])
def test_a_country_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="country"):
        region_of(name)


def test_a_country_may_be_written_small() -> None:
    assert region_of(" ru ") == "RU"


@pytest.mark.parametrize(
    ("text", "digits"), [("8412", "8412"), ("(495)", "495"), ("84-12", "8412")]
)
def test_an_area_code_is_its_digits(text: str, digits: str) -> None:
    assert area_code_of(text) == digits


@pytest.mark.parametrize("text", ["abc", "", "8412a", "1234567", "+"])
def test_what_is_no_area_code_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InputError, match=r"no such area code.*like 8412"):
        area_code_of(text)
