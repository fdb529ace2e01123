"""Backoff, budget and circuit on their own."""

from __future__ import annotations

import pytest

from dedupe.crm.http.pace import Budget, Circuit, backoff


def test_waits_double_up_to_half_a_minute() -> None:
    waits = [backoff(n, lambda: 1.0) for n in range(1, 10)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert backoff(10**6, lambda: 0.5) == 15


def test_the_budget_is_spent_by_failures_and_earned_by_answers() -> None:
    budget = Budget()
    assert [budget.spend() for _ in range(6)] == [0, 0, 0, 0, 5, 5]
    for _ in range(25):
        budget.earn()
    assert budget.spend() == 0


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit()
    assert circuit.record(True, now) is False
    assert [circuit.record(False, now) for _ in range(5)] == [False] * 4 + [True]
    return circuit


def test_five_failures_in_a_row_open_it_for_a_minute() -> None:
    circuit = opened()
    assert circuit.wait_s(0.0) == 60
    assert circuit.wait_s(59.5) == 0.5
    assert circuit.wait_s(60.0) == 0


def test_one_request_probes_while_the_others_wait() -> None:
    circuit = opened()
    assert circuit.wait_s(60.0) == 0
    assert circuit.wait_s(60.0) > 0
    circuit.record(True, 61.0)
    assert circuit.wait_s(61.0) == 0
    assert circuit.wait_s(61.0) == 0


def test_a_probe_that_never_reports_is_followed_by_another() -> None:
    circuit = opened()
    assert circuit.wait_s(60.0) == 0
    assert circuit.wait_s(179.0) > 0
    assert circuit.wait_s(180.0) == 0


def test_an_answer_from_before_it_opened_says_nothing() -> None:
    circuit = opened()
    circuit.record(True, 1.0)
    circuit.record(False, 1.0)
    assert circuit.wait_s(2.0) == 58
    assert circuit.n_openings == 1


def test_a_failed_probe_opens_it_again_and_the_third_opening_is_the_last() -> None:
    circuit = opened()
    for opening in (2, 3):
        moment = 100.0 * opening
        assert circuit.wait_s(moment) == 0
        assert not circuit.is_spent
        assert circuit.record(False, moment) is True
    assert circuit.is_spent


def test_twenty_good_answers_make_it_forget() -> None:
    circuit = opened()
    circuit.wait_s(60.0)
    for _ in range(21):
        circuit.record(True, 61.0)
    assert circuit.n_openings == 0


@pytest.mark.parametrize(("n_bad", "is_open"), [(9, False), (10, True)])
def test_half_of_the_last_twenty_opens_it(n_bad: int, is_open: bool) -> None:
    circuit = Circuit()
    results = [False, True] * n_bad + [True] * (20 - 2 * n_bad)
    opens = [circuit.record(good, 0.0) for good in [*results[1:], results[0]]]
    assert any(opens) is is_open
