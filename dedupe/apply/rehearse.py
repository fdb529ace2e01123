"""A dry run: the same executor carries the whole plan out on a copy of the account.

The copy is the local CRM, loaded with the snapshot; it counts and answers as the CRM does. Its own
state and its log of effects are then held against the snapshot: no value, tag, link or task may be
lost, no card outside the plan touched, no note changed. Nothing is sent to the CRM, and no journal
is left behind. The requests are those that apply will send on a still account, byte for byte.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dedupe import events
from dedupe.contracts import Account
from dedupe.crm.amocrm.writing import AmoSink
from dedupe.crm.http import RequestWindow, Transport
from dedupe.crm.signin import any_token
from dedupe.events import Listener
from dedupe.plan import NO_LIMITS, Plan, Ref
from dedupe.plan.plan import RATE
from dedupe.plan.sink import Cards, Request, Result
from dedupe.sandbox import Limit, Sandbox

from .executor import Guards, Report, Tools
from .invariants import broken
from .journal import fingerprint
from .run import ApplyOptions, apply_plan

_FAST = 1_000_000  # requests a second: the copy has no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a plan would do: `requests` are method, path and fingerprint of each write, in order.

    `problems` are what would be lost or touched without need; a sound plan has none. `seconds` is
    how long it takes at the CRM's rate limit.
    """

    report: Report
    requests: tuple[tuple[str, str, str], ...]
    n_reads: int
    problems: tuple[str, ...]
    rate: float = RATE

    @property
    def n_calls(self) -> int:
        """Count reads and writes."""
        return self.n_reads + len(self.requests)

    @property
    def seconds(self) -> float:
        """Return the time of all calls at the rate limit."""
        return self.n_calls / self.rate


def rehearse(
    plan: Plan,
    account: Account,
    listen: Listener = events.ignore,
    guards: Guards | None = None,
) -> Rehearsal:
    """Carry `plan` out on a copy of `account` and say what would be sent, and what lost.

    `guards` are those that apply will have: where a run looks again is a part of its requests.
    """
    with (
        tempfile.TemporaryDirectory(prefix="crmclean-rehearsal-") as folder,
        Sandbox(account, limit=Limit(n=0)) as copy,
    ):
        connection = Transport(
            copy.url, any_token(), RequestWindow(None, _FAST), read_only=False, stage="rehearse"
        )
        try:
            sink = _Recorder(AmoSink(connection, account.host, account.frame("fields")))
            tools = Tools(listen=listen, stage="rehearse", guards=guards or Guards())
            options = ApplyOptions(limits=NO_LIMITS, tools=tools, is_durable=False)
            report = apply_plan(plan, sink, Path(folder), options)
        finally:
            connection.close()
        problems = broken(plan, account, copy)
        n_requests = int(copy.requests["n"])
    return Rehearsal(
        report=report,
        requests=tuple(sink.requests),
        n_reads=n_requests - len(sink.requests),
        problems=tuple(problems),
    )


class _Recorder:
    """A sink that remembers what was sent."""

    def __init__(self, sink: AmoSink) -> None:
        self._sink = sink
        self.settle_s, self.batch = sink.settle_s, sink.batch
        self.requests: list[tuple[str, str, str]] = []

    def account(self) -> str:
        return self._sink.account()

    def read(self, refs: Collection[Ref]) -> Cards:
        return self._sink.read(refs)

    def request(self, items: Sequence[tuple[str, Any]], cards: Cards) -> Request:
        return self._sink.request(items, cards)

    def send(self, request: Request) -> Result:
        own = fingerprint(request.method, request.path, request.body)
        self.requests.append((request.method, request.path, own))
        return self._sink.send(request)

    def holds(self, op_id: str, op: Any, cards: Cards) -> bool:  # noqa: ANN401  an Op
        return self._sink.holds(op_id, op, cards)
