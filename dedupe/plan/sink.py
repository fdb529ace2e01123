"""The writing side of one CRM, as the executor sees it. `dedupe.crm` implements it.

The executor knows no HTTP: it asks for fresh cards, for the exact bytes of a request, has them
sent, and asks whether an effect is present. What it is told of an outcome is one of four words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from .ops import Item, Op, Ref


class Outcome(StrEnum):
    """What became of a request."""

    DONE = "done"  # carried out, and the answer says so
    REFUSED = "refused"  # answered with a refusal: nothing was done, and never will be
    UNSENT = "unsent"  # it never reached the CRM
    UNKNOWN = "unknown"  # it may have been carried out, or may yet be


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One record (a task too) as the CRM has it now.

    `fields` are single values as text, canonical JSON where they are structured; `values` the
    multi-value fields in order; `links` the records it is linked to, with is_main where the CRM
    tells it; `raw` is what the CRM answered, for the backup.
    """

    ref: Ref
    is_deleted: bool = False
    fields: Mapping[str, str | None] = field(default_factory=dict)
    values: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    links: Mapping[Ref, bool | None] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


Cards = Mapping[Ref, Card | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The exact bytes of one write, and the operations that it carries out."""

    method: str
    path: str
    body: bytes
    op_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a request ended. `created` are the ids of what it made, `refused` why, by operation.

    `missing` are operations of which an answer that says "done" does not speak.
    """

    outcome: Outcome
    status: int | None = None
    created: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    problem: str = ""


class Sink(Protocol):
    """One account of one CRM, to write to."""

    @property
    def settle_s(self) -> float:
        """Seconds after which a request without an answer can no longer take effect."""

    @property
    def batch(self) -> int:
        """The most operations of one kind that one request may carry."""

    def account(self) -> str:
        """Return CRM, host and id of the account that the token opens."""

    def read(self, refs: Collection[Ref]) -> Cards:
        """Fetch records as they are now; None for one that is gone."""

    def request(self, items: Sequence[tuple[str, Op]], cards: Cards) -> Request:
        """Render operations (id, op) of one kind, computed from fresh `cards`, into one request.

        The id becomes the marker of what is created. More than one only of PatchCard or of SetTags.
        """

    def send(self, request: Request) -> Result:
        """Send a request once; retry only what surely never reached the CRM."""

    def holds(self, op_id: str, op: Op, cards: Cards) -> bool:
        """Tell whether the effect of an operation is present; may fetch what cards don't show."""
