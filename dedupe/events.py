"""What the engine tells while it works: typed events, handed to a listener.

The engine never prints. A command, a test or a notebook passes a `Listener`
and shows what it likes; events carry counts and names of stages and tables, never
values of the account.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage begins; `total` is its number of units, 0 when it can't be known."""

    stage: str
    total: int = 0


@dataclass(frozen=True, slots=True)
class StageAdvanced:
    """`done` of the stage's `total` units are finished; `total` is 0 where the start told it."""

    stage: str
    done: int
    total: int = 0


@dataclass(frozen=True, slots=True)
class StageFinished:
    """A stage ended after `seconds`, with `rows` results."""

    stage: str
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work stands still for `seconds`: `reason` is "limit", "retry", "blocked" or "lock"."""

    stage: str
    reason: str
    seconds: float


Event = StageStarted | StageAdvanced | StageFinished | Waiting
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing: the default of every stage."""
