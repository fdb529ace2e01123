"""Facts of an account whose cards are still being read, and the same facts once they are.

Most checks ask for deals, tasks, calls and settings, which are there from the start: they need not
wait for numbers to be normalised and duplicates to be found. A check that reaches for the cards'
frames too early raises CardsNotReadError, and is carried out later.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import cast

import polars as pl

from dedupe.contracts import Account

from .facts import Facts


class CardsNotReadError(Exception):
    """A check asked for what is not there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFrames:
    """What is known of the cards when they are read and matched: frames of `Facts`."""

    values: pl.DataFrame
    names: pl.DataFrame
    groups: pl.DataFrame
    proposals: pl.DataFrame
    clusters: pl.DataFrame
    traits: pl.DataFrame
    marked: pl.DataFrame


class _Unread:
    """Stands for a frame that is still to come."""

    def __getattr__(self, name: str) -> object:
        raise CardsNotReadError(name)


def before_cards(account: Account) -> Facts:
    """Return facts without CardFrames: whoever reads one of them raises CardsNotReadError."""
    unread = cast("pl.DataFrame", _Unread())
    return Facts(
        account=account,
        values=unread,
        names=unread,
        groups=unread,
        proposals=unread,
        clusters=unread,
        traits=unread,
        marked=unread,
    )


def with_cards(early: Facts, frames: CardFrames) -> Facts:
    """Return `early` with `frames`; what it has made for several checks stays made."""
    told = {each.name: getattr(frames, each.name) for each in fields(CardFrames)}
    return early.shared_with(replace(early, **told))
