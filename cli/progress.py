"""Progress on stderr: a live line on a terminal, plain lines when asked, else nothing."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from dedupe.events import (
    Event,
    Listener,
    StageAdvanced,
    StageFinished,
    StageStarted,
    Waiting,
    ignore,
)
from dedupe.language import N_, count, decimal, tr

STAGES = {
    "read": N_("Reading"),
    "contacts": N_("Reading contacts"),
    "companies": N_("Reading companies"),
    "leads": N_("Reading deals"),
    "tasks": N_("Reading tasks"),
    "changes": N_("Reading what changed"),
    "make": N_("Making the account"),
    "normalize": N_("Reading numbers, addresses and names"),
    "match": N_("Finding duplicates"),
    "audit": N_("Checking"),
    "report": N_("Writing the report"),
    "rehearse": N_("Rehearsing on a copy"),
    "apply": N_("Applying"),
    "undo": N_("Taking back"),
}


WAITS = {
    "limit": N_("the CRM's limit of requests: waiting for {seconds} s"),
    "retry": N_("the CRM does not answer as it should: trying again in {seconds} s"),
    "blocked": N_("the CRM asked to keep away: waiting for {seconds} s"),
    "lock": N_("another process is at work here: waiting for {seconds} s"),
    "settle": N_("an answer was lost: reading what became of it in {seconds} s"),
}
_WORTH_TELLING_S = 5.0  # shorter waits are the usual pace


def listener(*, quiet: bool, verbose: bool) -> Listener:
    """Return the listener that fits stderr: live, plain or silent."""
    if verbose:
        return _plain
    if quiet or not sys.stderr.isatty():
        return ignore
    return _Live()


def _plain(event: Event) -> None:
    if isinstance(event, StageFinished):
        seconds = decimal(event.seconds, 2)
        label = _label(event.stage)
        rows = count(event.rows)
        click.echo(
            tr(N_("{label}: {rows} rows, {seconds} s"), label=label, rows=rows, seconds=seconds),
            err=True,
        )
    elif isinstance(event, Waiting) and event.seconds >= _WORTH_TELLING_S:
        click.echo(_wait_text(event), err=True)


def _label(stage: str) -> str:
    return tr(STAGES.get(stage, stage))


def _wait_text(event: Waiting) -> str:
    return tr(WAITS.get(event.reason, WAITS["retry"]), seconds=decimal(event.seconds, 0))


class _Live:
    """A live line per stage. The display is gone from the screen when a stage ends."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted(stage, total):
                self._start(stage, total)
            case StageAdvanced(stage, done, total) if self._progress and stage in self._tasks:
                self._progress.update(
                    self._tasks[stage],
                    completed=done,
                    total=total or None,
                    description=_label(stage),
                )
            case StageFinished(stage):
                self._finish(stage)
            case Waiting(stage) if self._progress and stage in self._tasks:
                self._progress.update(
                    self._tasks[stage], description=f"{_label(stage)}: {_wait_text(event)}"
                )
            case Waiting(_, _, seconds) if self._progress and seconds >= _WORTH_TELLING_S:
                self._progress.console.print(_wait_text(event), highlight=False)

    def _start(self, stage: str, total: int) -> None:
        if self._progress is None:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TaskProgressColumn(),
                TimeRemainingColumn(compact=True, elapsed_when_finished=True),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
        self._tasks[stage] = self._progress.add_task(_label(stage), total=total or None)

    def _finish(self, stage: str) -> None:
        task = self._tasks.pop(stage, None)
        if self._progress is None or task is None:
            return
        self._progress.remove_task(task)
        if not self._tasks:
            self._progress.stop()
            self._progress = None
