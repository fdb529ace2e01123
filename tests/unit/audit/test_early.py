"""Checks that begin before the cards are read end as those that wait for them."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from time import sleep

import polars as pl
import pytest

from dedupe.audit import Facts, run_checks
from dedupe.audit.early import CardFrames, CardsNotReadError, before_cards, with_cards
from dedupe.audit.registry import CHECKS, Check
from dedupe.audit.run import Checking
from dedupe.contracts import CLUSTERS, MARKED, PROPOSALS, TRAITS
from dedupe.match import build_groups
from dedupe.normalize import PhoneSettings, build_names, build_values
from dedupe.sandbox.demo import ON_REQUEST, build_demo
from dedupe.scan.cards import live_cards


@pytest.fixture(scope="module")
def early() -> Facts:
    return before_cards(build_demo(scale=0.005, extras=ON_REQUEST).account.in_memory())


@pytest.fixture(scope="module")
def frames(early: Facts) -> CardFrames:
    cards = live_cards(early.account)
    values = build_values(early.account.frame("channels"), PhoneSettings())
    return CardFrames(
        values=values,
        names=build_names(cards),
        groups=build_groups(values),
        proposals=PROPOSALS.empty(),
        clusters=CLUSTERS.empty(),
        traits=TRAITS.empty(),
        marked=MARKED.empty(),
    )


def test_a_check_that_needs_the_cards_is_told_so_before_they_are_read(early: Facts) -> None:
    with pytest.raises(CardsNotReadError):
        early.values.lazy()
    with pytest.raises(CardsNotReadError):
        early.has("traits.contact.tax_id")


def test_an_early_start_changes_no_result(early: Facts, frames: CardFrames) -> None:
    with Checking(early) as checking:
        checking._first.result()  # as slow as a reading of cards can be
        soon = checking.finish(with_cards(early, frames))
    late = run_checks(with_cards(before_cards(early.account), frames))
    assert soon.results == late.results
    assert soon.findings.equals(late.findings)
    assert [m.code for m in soon.metrics] == [m.code for m in late.metrics]
    assert all(a.rows.equals(b.rows) for a, b in zip(soon.metrics, late.metrics, strict=True))
    assert soon.health == late.health


def test_most_checks_need_not_wait(early: Facts) -> None:
    checking = Checking(early)
    checking._first.result()
    with checking:
        n_early = len(checking._outcomes)
    assert n_early > len(checking._chosen) / 2


def test_frames_that_were_made_early_are_not_made_again(early: Facts, frames: CardFrames) -> None:
    made = early.once("a test's frame", lambda: pl.DataFrame({"n": [1]}))
    full = with_cards(early, frames)
    assert full.once("a test's frame", lambda: pl.DataFrame({"n": [2]})) is made


def test_an_error_while_cards_are_read_ends_the_checks(
    early: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Event()
    run: list[str] = []
    under_way: list[Checking] = []

    def slow(facts: Facts, entity: str) -> None:
        run.append(entity)
        begun.set()
        while under_way[0]._is_early:
            sleep(0.001)

    for code, check in list(CHECKS.items()):
        monkeypatch.setitem(CHECKS, code, _with(check, slow))
    checking = Checking(early)
    under_way.append(checking)
    with checking:  # left as an error of the reading would leave it
        assert begun.wait(10)
    assert len(run) == 1


def _with(check: Check, run: object) -> Check:
    return replace(check, run=run, needs=dict.fromkeys(check.needs, ()))  # type: ignore[arg-type]
