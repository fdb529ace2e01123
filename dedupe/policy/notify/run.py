"""Notices of a policy's run: decide who hears what, put it in the outbox, deliver, keep the rest.

A notice is in the outbox, on disk, before it is sent, and leaves it only when the other side has
taken it: it arrives at least once, under the same id each time. Where nothing can be kept (a state
folder that can't be used, a full disk), trouble is told at once all the same: each time, as nobody
remembers that it was told. Whatever goes wrong here never fails the run: it becomes a line of the
answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from dedupe.config import ChatTarget, HookTarget, MailTarget, Target
from dedupe.errors import CrmCleanError, StorageError
from dedupe.language import N_, NN_, current, tr, trn, use
from dedupe.policy.outcome import RunOutcome

from .delivery import DeliveryError, Envelope, Sender, Tools, deliver
from .letter import write_letter
from .notice import notice_id
from .store import OUTBOX_MAX, Shelf, Waiting, locked, read_shelf, write_shelf
from .told import Told, build_notice, kind_due, past_of, told_after, trouble_of

REFUSED_MAX = 3  # runs that a notice may be refused for good, before it makes room for the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where notices of one account go. `folder` is the account's, if any; `zone` its time zone."""

    targets: Mapping[str, Target]
    folder: Path | None
    zone: tzinfo = UTC
    language: str | None = None  # where a target names none: the one in use
    environ: Mapping[str, str] = field(default_factory=dict)  # of the secrets
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Notices:
    """Tells the targets `to` of runs, when `when` says so: a `Notifier`."""

    def __init__(
        self,
        post: Post,
        *,
        when: str,
        to: tuple[str, ...],
        make: Callable[[str, Target, Tools], Sender] | None = None,
    ) -> None:
        self._post, self._when, self._to = post, when, to
        self._make = make or sender_for
        self.lines: tuple[str, ...] = ()  # of the last call: what was not delivered, and why
        self._is_kept = False  # what is sent now is on the disk

    def notify(self, outcome: RunOutcome) -> tuple[str, ...]:
        """Tell of `outcome` and of what earlier runs could not tell; return what went wrong."""
        lines: list[str] = []
        self._is_kept = False
        if self._post.folder is not None:
            try:
                with locked(self._post.folder):
                    lines.extend(self._notified(outcome, self._post.folder))
            except CrmCleanError as error:
                problem = tr(N_("the notices could not be kept: {problem}"), problem=str(error))
                lines.append(problem)
        if not self._is_kept:
            lines.extend(self._at_once(outcome))
        self.lines = tuple(lines)
        return self.lines

    def _at_once(self, outcome: RunOutcome) -> list[str]:
        """Tell of trouble from memory alone; what is not delivered is lost, and a line says so."""
        waiting = []
        for name in dict.fromkeys(self._to):
            target = self._post.targets.get(name)
            if target is None or not trouble_of(outcome):
                continue
            kind = kind_due(self._when, target.digest, outcome, Told(), self._post.zone)
            if kind is not None:
                notice = build_notice(kind, name, outcome, Told(), ())
                waiting.append(Waiting(target=name, notice=notice, paths=outcome.files))
        return self._delivered(tuple(waiting))[1]

    def _notified(self, outcome: RunOutcome, folder: Path) -> Iterator[str]:
        shelf, aside = read_shelf(folder)
        if aside is not None:
            yield tr(N_("the list of notices could not be read and was put aside as {name}"),
                     name=aside.name)  # fmt: skip
        known = shelf
        shelf = self._with_new(outcome, shelf)
        n_over = len(shelf.outbox) - OUTBOX_MAX
        if n_over > 0:
            shelf = replace(shelf, outbox=shelf.outbox[n_over:])
            yield trn(
                *NN_(
                    "{n} old notice was given up: too many wait",
                    "{n} old notices were given up: too many wait",
                ),
                n_over,
            )
        if shelf != known:
            write_shelf(folder, shelf)
        self._is_kept = True
        if shelf.outbox:
            left, lines = self._delivered(shelf.outbox)
            yield from lines
            write_shelf(folder, replace(shelf, outbox=left))

    def _with_new(self, outcome: RunOutcome, shelf: Shelf) -> Shelf:
        """Return the shelf with the notices that are due, and with the run in its history."""
        history = shelf.history
        if not outcome.is_dry_run and all(p.run_id != outcome.run_id for p in history):
            history = (*history, past_of(outcome))
        told, outbox = dict(shelf.told), list(shelf.outbox)
        for name in dict.fromkeys(self._to):
            key, target = f"{outcome.policy} {name}", self._post.targets.get(name)
            before = told.get(key, Told())
            if target is None or notice_id(outcome, name) == before.last_id:
                continue
            kind = kind_due(self._when, target.digest, outcome, before, self._post.zone)
            if kind is None:
                continue
            notice = build_notice(kind, name, outcome, before, history)
            outbox.append(Waiting(target=name, notice=notice, paths=outcome.files))
            told[key] = told_after(notice, outcome, before)
        return Shelf(told=told, outbox=tuple(outbox), history=history)

    def _delivered(self, outbox: tuple[Waiting, ...]) -> tuple[tuple[Waiting, ...], list[str]]:
        """Send what waits, each target's in order; after a failure its others wait on."""
        left: list[Waiting] = []
        lines: list[str] = []
        stuck: set[str] = set()
        for waiting in outbox:
            if waiting.target in stuck:
                left.append(waiting)
                continue
            try:
                remark = self._send(waiting)
                lines += [f"notify.{waiting.target}: {remark}"] if remark else []
            except DeliveryError as error:
                stuck.add(waiting.target)
                kept = _tried(waiting, error)
                left += [kept] if kept.n_refused < REFUSED_MAX else []
                lines.append(_line(kept, is_kept=self._is_kept))
        return tuple(left), lines

    def _send(self, waiting: Waiting) -> str:
        target = self._post.targets.get(waiting.target)
        if target is None:
            raise DeliveryError(N_("the config names no such target any more"), is_final=True)
        with _speaking(target.lang or self._post.language or current()) as language:
            letter = write_letter(waiting.notice, language, self._post.zone)
        envelope = Envelope(notice=waiting.notice, letter=letter, paths=waiting.paths)
        tools = Tools(environ=self._post.environ, now=self._post.now)
        try:
            return deliver(self._make(waiting.target, target, tools), envelope, self._post.sleep)
        except StorageError as error:  # of a keyring that is locked or gone
            raise DeliveryError(N_("{reason}"), reason=str(error)) from error


def sender_for(name: str, target: Target, tools: Tools) -> Sender:
    """Return what carries notices to `target`; each kind is imported when it is needed."""
    if isinstance(target, MailTarget):
        from .mail import Mailer

        return Mailer(name, target, tools)
    from .web import Chat, Hook

    if isinstance(target, HookTarget):
        return Hook(name, target, tools)
    assert isinstance(target, ChatTarget)
    return Chat(name, target, tools)


@contextmanager
def _speaking(language: str) -> Iterator[str]:
    before = current()
    use(language)
    try:
        yield language
    finally:
        use(before)


def _tried(waiting: Waiting, error: DeliveryError) -> Waiting:
    return replace(
        waiting,
        n_tries=waiting.n_tries + 1,
        n_refused=waiting.n_refused + error.is_final,
        problem=str(error),
    )


def _line(waiting: Waiting, *, is_kept: bool) -> str:
    if not is_kept:
        return tr(
            N_("notify.{name}: {problem}; notice {id} could not be kept and is lost"),
            name=waiting.target,
            problem=waiting.problem,
            id=waiting.notice.id,
        )
    if waiting.n_refused >= REFUSED_MAX:
        return tr(
            N_("notify.{name}: {problem}; notice {id} was refused {n} times and is given up"),
            name=waiting.target,
            problem=waiting.problem,
            id=waiting.notice.id,
            n=waiting.n_refused,
        )
    return tr(
        N_("notify.{name}: {problem}; notice {id} waits for the next run"),
        name=waiting.target,
        problem=waiting.problem,
        id=waiting.notice.id,
    )
