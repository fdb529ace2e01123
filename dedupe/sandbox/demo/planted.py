"""What was planted in a demo account: how many records a check must find."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """How many records a check must find, and in how many groups where it counts groups."""

    found: int
    groups: int | None = None


Counts = dict[tuple[str, str], Planted]  # by (check code, entity)
