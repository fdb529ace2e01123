"""Outcomes of runs for the tests of notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dedupe.policy.outcome import OVERLAP, Changes, Found, HealthTold, Reason, RunOutcome, State

NIGHT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # a Monday


def outcome(day: int = 0, **changes: Any) -> RunOutcome:
    """Return the outcome of a good night that found something, `day` days after the first."""
    at = NIGHT + timedelta(days=day)
    night = RunOutcome(
        policy="nightly",
        profile="main",
        run_id=f"p-{day:04}",
        started=at,
        ended=at + timedelta(minutes=10),
        state=State.CHANGED,
        exit_code=0,
        host="demo.amocrm.ru",
        checks=(
            Found(code="DUP101", entity="contact", found=120, severity="error"),
            Found(code="PHN201", entity="contact", found=7, severity="warning"),
            Found(code="TSK101", entity="deal", found=None, severity="error"),
        ),
        health_before=HealthTold(clean=800, cards=1000),
        health_after=HealthTold(clean=841, cards=1000),
        changes=Changes(planned=5, applied=3, failed=1, left=1, by_kind={"merge": 1, "split": 2}),
        requests=1234,
        seconds=600.0,
        next_command="crmclean runs",
        files=("/srv/state/scans/s-1/report.html",),
    )
    return replace(night, **changes)


def quiet(day: int = 0) -> RunOutcome:
    return outcome(day, state=State.UNCHANGED, changes=Changes())


def failed(day: int = 0, code: str = "error") -> RunOutcome:
    return outcome(
        day,
        state=State.FAILED,
        exit_code=10,
        reason=Reason(code=code),
        error="demo.amocrm.ru: no answer from the CRM (connection refused)",
        checks=(),
        health_after=None,
        changes=Changes(),
    )


def overlap(day: int = 0) -> RunOutcome:
    """Return the outcome of a night that found another run at work."""
    night = failed(day, code=OVERLAP)
    return replace(night, state=State.STOPPED, exit_code=11, requests=0)


def odd(day: int = 0) -> RunOutcome:
    facts = {"table": "contact", "now": 50, "before": 100}
    return outcome(
        day,
        state=State.STOPPED,
        exit_code=6,
        reason=Reason(code="odd"),
        oddities=(Reason(code="shrunk", facts=facts),),
        changes=Changes(),
        next_command="crmclean run nightly --accept-odd",
    )
