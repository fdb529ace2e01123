"""Texts that are shown as they are: moments, and what an account or a path says."""

from __future__ import annotations

from datetime import UTC, datetime

from dedupe.language import date_time

_KEPT = "\u00a0\u200d"  # a no-break space, and what joins emoji


def moment(at: datetime) -> str:
    """Write a moment with its zone: a scan and its reader may be in different ones."""
    words = f"{date_time(at.astimezone(UTC))} UTC" if at.tzinfo else date_time(at)
    return words.replace(" ", "\u00a0")  # a line is not broken inside a moment


def plain(text: str) -> str:
    """Return `text` of the account or a path with control characters made visible."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() or ch in _KEPT else "\ufffd" for ch in text)
