"""A log's lines as people read them: the time, what happened, in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cli.progress import STAGES, WAITS
from dedupe.language import N_, count, date_time, decimal, tr

if TYPE_CHECKING:
    from dedupe.policy.logs import Line

EVENTS = {
    "run.started": N_("the run begins"),
    "run.broken": N_("the run broke off ({kind})"),
    "stage.started": N_("{label}: begins"),
    "stage.advanced": N_("{label}: {done} so far"),
    "stage.finished": N_("{label}: {rows} rows, {seconds} s"),
    "log": N_("{logger}: {message}"),
    "log.cut": N_("the log is full: only the run's end follows"),
    "notice.failed": N_("a notice was not delivered: {text}"),
    "metrics.failed": N_("the metrics file was not written: {text}"),
}
_LEVELS = {
    "debug": N_("detail"),
    "info": "",
    "warning": N_("warning"),
    "error": N_("error"),
}


def head(run_id: str, first: Line) -> str:
    """Return what a log is of."""
    return tr(
        N_("Run {run} of the policy {policy}, account {profile}, {moment}"),
        run=run_id,
        policy=first.policy or "–",
        profile=first.profile or "–",
        moment=date_time(first.at.astimezone()),
    )


def text_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines; those of one log line that has more to say are indented."""
    from dedupe.report.words import plain

    for line in lines:
        level = tr(_LEVELS.get(line.level, line.level)) if line.level else ""
        mark = f"{level}: " if level else ""
        told = _told(line)
        yield plain(f"{line.at.astimezone():%H:%M:%S}  {mark}{told[0]}")
        for more in told[1:]:
            yield plain(f"          {more}")


def _told(line: Line) -> list[str]:
    if line.event == "outcome":
        return _outcome(line.facts)
    if line.event == "waiting":
        text = WAITS.get(str(line.facts.get("reason")), WAITS["retry"])
        return [tr(text, seconds=decimal(_number(line.facts.get("seconds")), 0))]
    text = EVENTS.get(line.event, "")
    try:
        return [tr(text).format(**_shown(line.facts))] if text else [_plainly(line)]
    except (KeyError, IndexError, ValueError):  # a log of another version
        return [_plainly(line)]


def _shown(facts: Mapping[str, Any]) -> dict[str, str]:
    shown = {key: _value(value) for key, value in facts.items()}
    stage = str(facts.get("stage", ""))
    return shown | {"label": tr(STAGES.get(stage, stage))}


def _value(value: object) -> str:
    if isinstance(value, float):
        return decimal(value)
    return count(value) if isinstance(value, int) else str(value)


def _plainly(line: Line) -> str:
    facts = ", ".join(f"{key} {_value(value)}" for key, value in line.facts.items())
    return f"{line.event}: {facts}" if facts else line.event


def _outcome(facts: Mapping[str, Any]) -> list[str]:
    from dedupe.policy.outcome import read_outcome
    from dedupe.policy.words import reason_text, state_text

    try:
        outcome = read_outcome(facts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return [tr(N_("the run ended; this version can't read how"))]
    changes = outcome.changes
    lines = [
        tr(
            N_("ended: {state}, exit code {code}, {requests} requests, {minutes} min"),
            state=state_text(outcome.state),
            code=outcome.exit_code,
            requests=count(outcome.requests),
            minutes=decimal(outcome.seconds / 60),
        )
    ]
    if outcome.reason is not None:
        lines.append(reason_text(outcome.reason))
    lines += [reason_text(each) for each in outcome.oddities]
    if outcome.error:
        lines.append(outcome.error)
    if changes.planned:
        lines.append(
            tr(
                N_("groups: {planned} planned, {applied} done, {failed} failed, {left} left"),
                planned=count(changes.planned),
                applied=count(changes.applied),
                failed=count(changes.failed),
                left=count(changes.left),
            )
        )
    if outcome.next_command:
        lines.append(tr(N_("Next: {command}"), command=outcome.next_command))
    return lines


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
