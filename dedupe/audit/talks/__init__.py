"""Calls, letters, chats and enquiries: what was said, and what came of it."""

from . import (
    enrich,
    lost,
    missed,
    origins,
    places,
    recordings,
    repeats,
    strangers,
    volume,
)

__all__ = [
    "enrich",
    "lost",
    "missed",
    "origins",
    "places",
    "recordings",
    "repeats",
    "strangers",
    "volume",
]
