"""What each check was told: the table of settings against what the checks really read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import Any

import pytest

from dedupe import events
from dedupe.audit import CHECKS, Facts
from dedupe.audit.told import BORROWED, Told, settings_of, told_digests
from dedupe.config import Regulation
from dedupe.match import build_groups
from dedupe.normalize import name_shares
from dedupe.sandbox.demo import ON_REQUEST, build_demo
from dedupe.scan import ScanOptions
from dedupe.scan.cards import normalized
from dedupe.scan.matching import match_cards

READ = {
    "zone": ("zone",),
    "loss_reason_field": ("loss_reason_field",),
    "manual": ("manual",),
    # What numbers are read as is in all that is made of the cards' values.
    "numbers": ("values", "names", "groups", "proposals", "clusters", "traits"),
    "matching": ("clusters",),
    "marks": ("marked", "groups", "clusters"),
}
OF_MAIL = ("EML",)  # addresses are read the same in every country


class Watched(Facts):
    """Facts that know what was asked of them."""

    def __getattribute__(self, name: str) -> Any:
        object.__getattribute__(self, "__dict__").setdefault("seen", set()).add(name)
        return super().__getattribute__(name)

    def option(self, code, name, kind):
        self.__dict__.setdefault("borrowed", set()).add(code)
        return super().option(code, name, kind)


@pytest.fixture(scope="module")
def facts() -> Facts:
    account = build_demo(scale=0.003, seed=1, extras=ON_REQUEST).account
    rule = Regulation(name="any", max_age_hours=1, task_required=True)
    options = ScanOptions(regulations=(rule,))
    cards = normalized(account, None, options, events.ignore)
    found = match_cards(cards, options)
    return Facts(
        account=account,
        values=cards.values,
        names=cards.names,
        groups=build_groups(cards.values),
        proposals=cards.proposals,
        clusters=found.clusters,
        traits=cards.traits,
        marked=cards.marked,
        name_shares=name_shares(),
        regulations=options.regulations,
    )


@pytest.fixture(scope="module")
def read(facts) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return what each check reads of the facts, and whose options."""
    seen: dict[str, set[str]] = defaultdict(set)
    borrowed: dict[str, set[str]] = defaultdict(set)
    for code, check in CHECKS.items():
        for entity in check.entities:
            if check.run is None or not all(facts.has(part) for part in check.needs[entity]):
                continue
            own = Watched(**{each.name: getattr(facts, each.name) for each in fields(Facts)})
            own.__dict__["seen"] = set()
            check.run(own, entity)
            seen[code] |= own.__dict__["seen"]
            borrowed[code] |= own.__dict__.get("borrowed", set())
    return seen, borrowed


def test_every_setting_that_a_check_reads_is_in_its_digest(read) -> None:
    seen, _ = read
    assert len(seen) > 80
    missing = {
        (code, setting)
        for code, names in seen.items()
        for setting, parts in READ.items()
        if not names.isdisjoint(parts) and setting not in settings_of(code)
    }
    mail = {(code, "numbers") for code in CHECKS if code.startswith(OF_MAIL)}
    assert missing - mail == set()


def test_every_borrowed_option_is_in_the_digest(read) -> None:
    _, borrowed = read
    others = {code: codes - {code} for code, codes in borrowed.items() if codes - {code}}
    assert {code: tuple(sorted(codes)) for code, codes in others.items()} == {
        code: tuple(sorted(codes)) for code, codes in BORROWED.items()
    }


def test_a_digest_follows_what_the_check_was_told_and_nothing_else() -> None:
    codes = ("TSK101", "TSK201", "PHN101", "LST101", "DUP110")
    plain = told_digests(codes, Told())

    def moved(**told) -> set[str]:
        other = told_digests(codes, Told(**told))
        return {code for code in codes if other[code] != plain[code]}

    assert moved(options={"TSK201": {"hours": 5}}) == {"TSK201"}
    assert moved(options={"TSK201": {"severity": "error"}}) == set()
    assert moved(options={"LST001": {"least": 7}}) == {"LST101"}
    assert moved(zone="Asia/Omsk") == {"LST101"}
    assert moved(numbers={"region": "KZ"}) == {"PHN101", "DUP110"}
    assert moved(matching=[1]) == {"DUP110"}


def test_a_default_that_is_told_is_no_change() -> None:
    (option,) = [each for each in CHECKS["TSK201"].options if each.name == "hours"]
    told = Told(options={"TSK201": {"hours": option.default}})
    assert told_digests(["TSK201"], told) == told_digests(["TSK201"], Told())


def test_an_unknown_code_has_no_digest() -> None:
    assert told_digests(["XYZ999"], Told()) == {}
