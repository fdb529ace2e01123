"""When a target is told, and of what: changes since its last notice, trouble once, weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dedupe.policy.notify.notice import Kind, Move, notice_document, read_notice
from dedupe.policy.notify.told import (
    Told,
    build_notice,
    kind_due,
    past_of,
    read_told,
    told_after,
    trouble_of,
)
from dedupe.policy.outcome import Changes, Found, Reason, State
from tests.unit.policy.notify.outcomes import NIGHT, failed, odd, outcome, overlap, quiet

MOSCOW = ZoneInfo("Europe/Moscow")


def due(when, run, told=None, period="week"):
    return kind_due(when, period, run, told or Told(), MOSCOW)


def after(run, told=None, kind=Kind.RUN):
    told = told or Told()
    return told_after(build_notice(kind, "mail", run, told, [past_of(run)]), run, told)


def test_a_quiet_night_is_told_only_where_every_one_is_asked_for() -> None:
    told = after(outcome(0))
    assert due("change", quiet(1), told) is None
    assert due("error", quiet(1), told) is None
    assert due("always", quiet(1), told) is Kind.RUN
    assert due("never", failed(1), told) is None


def test_a_change_is_told_unless_only_errors_are_asked_for() -> None:
    assert due("change", outcome()) is Kind.RUN
    assert due("error", outcome()) is None


def test_a_dry_run_tells_nobody() -> None:
    assert due("always", replace(outcome(), is_dry_run=True)) is None


@pytest.mark.parametrize("when", ["change", "error", "always", "digest"])
def test_trouble_is_told_at_once(when) -> None:
    assert due(when, failed()) is Kind.RUN
    assert due(when, odd()) is Kind.RUN


def test_the_same_trouble_is_told_again_after_a_while_only() -> None:
    told = after(failed(0))
    soon = replace(failed(1), ended=failed(0).ended + timedelta(hours=1))
    assert due("change", soon, told) is None
    assert due("always", soon, told) is Kind.RUN
    assert due("change", failed(1), told) is Kind.RUN
    other = replace(soon, exit_code=7)
    assert due("change", other, told) is Kind.RUN


def test_a_clock_set_back_does_not_silence_trouble() -> None:
    assert due("change", failed(0), after(failed(30))) is Kind.RUN


def test_the_end_of_trouble_is_told_once() -> None:
    told = after(failed(0))
    assert due("error", quiet(1), told) is Kind.RECOVERED
    assert due("error", quiet(2), after(quiet(1), told, Kind.RECOVERED)) is None


def test_stopping_for_the_night_is_no_trouble() -> None:
    run = outcome(state=State.STOPPED, reason=Reason(code="window", facts={"hours": "01:00-05:00"}))
    assert trouble_of(run) == ""
    assert due("change", run) is Kind.RUN


def test_an_overlap_is_neither_trouble_nor_its_end() -> None:
    told = after(failed(0))
    for when, kind in (("always", Kind.RUN), ("change", None), ("error", None), ("digest", None)):
        assert due(when, overlap(1), told) is kind
    assert due("error", quiet(2), after(overlap(1), told)) is Kind.RECOVERED


def test_a_digest_is_sent_by_the_first_run_of_a_week_and_of_a_day() -> None:
    told = after(outcome(0), kind=Kind.DIGEST)
    assert due("digest", outcome(0)) is Kind.DIGEST
    assert [due("digest", outcome(day), told) for day in (1, 6)] == [None, None]
    assert due("digest", quiet(7), told) is Kind.DIGEST
    assert due("digest", outcome(1), told, "day") is Kind.DIGEST
    late = replace(outcome(0), ended=NIGHT + timedelta(hours=19, minutes=30))  # 22:30 in Moscow
    next_day = replace(outcome(0), ended=NIGHT + timedelta(hours=20, minutes=30))
    assert due("digest", late, told, "day") is None
    assert due("digest", replace(next_day, ended=NIGHT + timedelta(hours=21)), told, "day")


def test_changes_are_counted_from_the_last_notice_not_from_the_last_run() -> None:
    told = after(outcome(0))
    checks = (
        Found(code="DUP101", entity="contact", found=131, new=1, fixed=0, severity="error"),
        Found(code="PHN201", entity="contact", found=7, severity="warning"),
        Found(code="TSK101", entity="deal", found=4, severity="error"),
    )
    notice = build_notice(Kind.RUN, "mail", outcome(9, checks=checks), told, [])
    assert notice.moves == (
        Move(code="DUP101", entity="contact", before=120, now=131, severity="error"),
        Move(code="TSK101", entity="deal", before=None, now=4, severity="error"),
    )
    assert notice.since == outcome(0).ended
    assert notice.health_before == outcome(0).health_after


def test_a_check_that_was_not_made_is_neither_a_change_nor_forgotten() -> None:
    told = after(outcome(0))
    notice = build_notice(Kind.RUN, "mail", failed(1), told, [])
    assert notice.moves == ()
    assert notice.found_now is None
    assert told_after(notice, failed(1), told).found == told.found


def test_findings_that_vanished_are_told() -> None:
    told = after(outcome(0))
    checks = (Found(code="DUP101", entity="contact", found=0, severity="error"),)
    (move,) = build_notice(Kind.RUN, "mail", outcome(1, checks=checks), told, []).moves
    assert (move.before, move.now) == (120, 0)


def test_a_digest_sums_the_runs_since_the_last_one() -> None:
    told = after(outcome(0), kind=Kind.DIGEST)
    runs = [outcome(0), outcome(1), quiet(2), odd(3), odd(4), outcome(7)]
    history = [past_of(run) for run in reversed(runs)]
    other = replace(past_of(outcome(2)), policy="hourly")
    notice = build_notice(Kind.DIGEST, "mail", outcome(7), told, [*history, other])
    assert notice.n_runs == 5
    assert notice.runs_by_state == {"changed": 2, "stopped": 2, "unchanged": 1}
    assert notice.changes == Changes(
        planned=10, applied=6, failed=2, left=2, by_kind={"merge": 2, "split": 4}
    )
    assert [each.code for each in notice.oddities] == ["shrunk"]
    assert notice.requests == 5 * 1234


def test_a_notice_is_read_back_as_it_was_written() -> None:
    for run in (outcome(), failed(), odd()):
        notice = build_notice(Kind.RUN, "mail", run, after(outcome(0)), [])
        assert read_notice(notice_document(notice)) == notice
    assert read_told({}) == Told()


def test_neither_folders_nor_addresses_nor_secrets_get_into_a_notice() -> None:
    run = replace(
        failed(),
        error="/home/ivan/state/plan.jsonl: Bearer abcdef123456 of ivan@mail.ru, +7 916 000-12-34",
        next_command="crmclean show /home/ivan/state/plan.jsonl",
    )
    notice = build_notice(Kind.RUN, "mail", run, Told(), [])
    told = str(notice_document(notice))
    for secret in ("/home", "abcdef123456", "ivan", "916"):
        assert secret not in told
    assert notice.next_command == "crmclean show plan.jsonl"
    assert notice.files == ("report.html",)


def test_an_address_of_the_web_is_no_folder() -> None:
    run = replace(failed(), error="https://demo.amocrm.ru/api/v4/leads: 403")
    notice = build_notice(Kind.RUN, "mail", run, Told(), [])
    assert notice.error == "https://demo.amocrm.ru/api/v4/leads: 403"


def test_the_id_is_the_same_for_the_same_run_and_target_alone() -> None:
    ids = {
        build_notice(Kind.RUN, target, run, Told(), []).id
        for target in ("mail", "hook")
        for run in (outcome(0), outcome(1), outcome(0))
    }
    assert len(ids) == 4
