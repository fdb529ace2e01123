"""A process that applies, resumes or undoes over HTTP, and may kill itself on the way.

`kill` is a point and its number: a point of the executor ("intent", 4), a read ("read", 7), a wait
("sleep", 1), or a transaction of the journal, before or after its commit ("commit", "committed").
It ends by SIGKILL, as the kernel or a person would end it: nothing is unwound or flushed.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from dedupe.apply import journal as journals
from dedupe.apply.run import ApplyOptions, apply_plan, resume, undo
from dedupe.apply.tools import Tools
from dedupe.contracts import FIELDS
from dedupe.crm.amocrm.writing import AmoSink
from dedupe.crm.http import Answer, RequestWindow, Sent, Timeouts, Transport
from dedupe.errors import CrmCleanError
from dedupe.plan import NO_LIMITS, read_plan

SETTLE_S = 0.25  # the sandbox's faults are never later than that
POINTS = ("before intent", "intent", "answered", "recorded")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the process is to do: apply the plan at `path`, resume, or undo the run `path`."""

    do: str
    url: str
    host: str
    folder: Path
    path: str = ""
    kill: tuple[str, int] | None = None
    fields: pl.DataFrame = field(default_factory=FIELDS.empty)
    timeout_s: float = 20.0
    settle_s: float = SETTLE_S
    file_bytes: int | None = None  # a file that grows beyond it fails as on a full disk


class Reaper:
    """Counts points, and ends the process at the one that was named."""

    def __init__(self, kill: tuple[str, int] | None) -> None:
        self.kill, self.passed = kill, Counter[str]()

    def __call__(self, point: str, op_ids: Sequence[str] = ()) -> None:
        if (point, self.passed[point]) == self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed[point] += 1


class Anyone:
    def token(self) -> str:
        return "any"

    def renew(self, stale: str) -> str:
        return stale


class Reading:
    """The transport, whose reads are points too."""

    def __init__(self, inner: Transport, reaper: Reaper) -> None:
        self.inner, self.reaper = inner, reaper

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        self.reaper("read")
        return self.inner.get(path, params)

    def send(self, method: str, path: str, body: bytes) -> Sent:
        return self.inner.send(method, path, body)


def main(order: Order) -> None:
    """Carry out `order`; the exit code is the product's own."""
    if order.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.file_bytes, order.file_bytes))
    reaper = Reaper(order.kill)
    _reap_commits(reaper)
    transport = Transport(
        order.url,
        Anyone(),
        RequestWindow(None, 1_000_000, margin_s=0.0),
        read_only=False,
        rand=lambda: 0.0,
        timeouts=Timeouts(read=order.timeout_s),
    )
    sink = AmoSink(Reading(transport, reaper), order.host, order.fields)
    sink.settle_s = order.settle_s
    try:
        _work(order, sink, ApplyOptions(limits=NO_LIMITS, tools=_tools(order, reaper)))
    except CrmCleanError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    finally:
        transport.close()


def _tools(order: Order, reaper: Reaper) -> Tools:
    def sleep(seconds: float) -> None:
        reaper("sleep")
        # Looks at a state that may lag are looks at one that does not: no need to wait for them.
        time.sleep(seconds if seconds <= order.settle_s else 0.001)

    return Tools(at=reaper, sleep=sleep)


def _work(order: Order, sink: AmoSink, options: ApplyOptions) -> None:
    if order.do == "apply":
        reports = [apply_plan(read_plan(Path(order.path)), sink, order.folder, options)]
    elif order.do == "resume":
        reports = resume(sink, order.folder, options)
    else:
        reports = [undo(order.path, sink, order.folder, options)]
    sys.exit(max((report.exit_code for report in reports), default=0))


def _reap_commits(reaper: Reaper) -> None:
    """Make the journal's transactions points: before the commit, and right after it."""
    inner = journals.Journal._transaction

    @contextmanager
    def transaction(self: Any, *args: Any, **more: Any) -> Iterator[None]:
        with inner(self, *args, **more):
            yield
            reaper("commit")
        reaper("committed")

    journals.Journal._transaction = transaction  # type: ignore[method-assign]
