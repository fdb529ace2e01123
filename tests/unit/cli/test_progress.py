"""Progress on stderr: what the plain listener says of stages and of waits."""

from __future__ import annotations

import pytest

from cli.progress import STAGES, WAITS, listener
from dedupe.events import StageFinished, StageStarted, Waiting, ignore
from dedupe.language import tr, use


def said(capsys: pytest.CaptureFixture[str], *events: object) -> str:
    listen = listener(quiet=False, verbose=True)
    for event in events:
        listen(event)
    return capsys.readouterr().err


def test_a_stage_is_told_when_it_has_ended(capsys) -> None:
    text = said(capsys, StageStarted("contacts", 9), StageFinished("contacts", 1234, 1.5))
    assert text == "Reading contacts: 1,234 rows, 1.50 s\n"


@pytest.mark.parametrize("reason", sorted(WAITS))
def test_a_long_wait_is_told_and_a_short_one_is_not(capsys, reason: str) -> None:
    assert said(capsys, Waiting("pull", reason, 0.4)) == ""
    assert "12 s" in said(capsys, Waiting("pull", reason, 12.0))


def test_quiet_and_pipes_hear_nothing() -> None:
    assert listener(quiet=True, verbose=False) is ignore
    assert listener(quiet=False, verbose=False) is ignore  # stderr of a test is no terminal


def test_every_label_is_said_in_russian_too() -> None:
    use("ru")
    try:
        assert all(tr(text) != text for text in (*STAGES.values(), *WAITS.values()))
    finally:
        use("en")
