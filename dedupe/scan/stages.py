"""Stages of the pipeline, told to the listener and timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from dedupe import events
from dedupe.events import Listener


@dataclass(slots=True)
class Stages:
    """Announces stages to the listener and keeps their seconds."""

    listen: Listener
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[list[int]]:
        """Time a block; it appends the number of its result's rows to what is yielded."""
        self.listen(events.StageStarted(name))
        start, rows = perf_counter(), [0]
        yield rows
        self.seconds[name] = perf_counter() - start
        self.listen(events.StageFinished(name, rows[-1], self.seconds[name]))
