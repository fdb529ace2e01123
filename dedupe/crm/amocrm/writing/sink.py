"""amoCRM as the executor's `Sink`: it reads fresh cards, sends requests, and tells what holds.

What the API can't do is not here: it has no merge and no deletion. A batch that is refused says
nothing of its other items, so more than one item is never called refused; the executor reads back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import polars as pl

from dedupe.errors import RemoteError
from dedupe.plan.ops import (
    AddNote,
    Change,
    CreateTask,
    EditNote,
    FieldChange,
    LinkCards,
    MergeNative,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
)
from dedupe.plan.sink import Card, Cards, Outcome, Request, Result
from dedupe.plan.values_change import applied

from ...http import Answer, Refused, Sent
from ...http import Outcome as Delivery
from ..account import read_account
from ..decode import parse
from ..listings import ACCOUNT_PARAMS, ACCOUNT_PATH, API, Params
from .reading import KINDS, items_of, read_cards
from .render import FieldTypes, due_seconds, mark, render

_ACCEPTED = 202
_NOTES = 250


class Connection(Protocol):
    """What writing needs of the transport."""

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """Read `path`."""

    def send(self, method: str, path: str, body: bytes) -> Sent:
        """Send a write once."""


class AmoSink:
    """One amoCRM account to write to; see `dedupe.plan.sink.Sink`."""

    settle_s = 30.0
    batch = 50  # the vendor's advice; 250 is the limit

    def __init__(self, connection: Connection, host: str, fields: pl.DataFrame) -> None:
        """Write over `connection`; `fields` is the table FIELDS, for the fields' types."""
        self._connection, self._host, self._fields = connection, host, fields
        rows = fields.select("entity", "id", "type").iter_rows()
        self._types: FieldTypes = {(entity, id_): type_ or "" for entity, id_, type_ in rows}
        self._has_filters: bool | None = None

    def account(self) -> str:
        """Return CRM, host and id of the account that the token opens."""
        facts = read_account(self._connection.get(ACCOUNT_PATH, ACCOUNT_PARAMS).body)
        self._has_filters = facts.has_filters
        return f"amocrm {self._host} {facts.id}"

    def read(self, refs: Collection[Ref]) -> Cards:
        """Fetch records as they are now; None for one that is gone."""
        if self._has_filters is None:
            self.account()
        return read_cards(self._connection, refs, self._fields, by_filter=bool(self._has_filters))

    def request(self, items: Sequence[tuple[str, Op]], cards: Cards) -> Request:
        """Render operations into the exact bytes of one request."""
        return render(items, cards, self._types)

    def send(self, request: Request) -> Result:
        """Send a request once and read its answer."""
        sent = self._connection.send(request.method, request.path, request.body)
        if sent.outcome is Delivery.DONE and sent.answer is not None:
            return _done(request, sent.answer)
        outcome = Outcome(sent.outcome.value)
        if sent.outcome is Delivery.DONE:
            outcome = Outcome.UNKNOWN
        status = sent.error.status if isinstance(sent.error, Refused) else None
        return Result(outcome=outcome, status=status, problem=str(sent.error or ""))

    def holds(self, op_id: str, op: Op, cards: Cards) -> bool:
        """Tell whether the effect of an operation is present."""
        match op:
            case AddNote():
                return any(mark(op_id) in text for text in self._notes(op.record))
            case EditNote():
                return self._note(op) == op.text
            case CreateTask():
                return any(_is_task(task, op) for task in self._tasks(op.record))
            case _:
                return _holds(op, cards)

    def _notes(self, record: Ref) -> list[str]:
        """Return the texts of the newest notes of a record: ours is among them."""
        params: Params = (("order[id]", "desc"), ("limit", str(_NOTES)))
        told = self._get(f"{API}/{KINDS[record.entity]}/{record.id}/notes", params)
        return [_note_text(note) for note in _listed(told, "notes")]

    def _note(self, op: EditNote) -> str | None:
        told = self._get(f"{API}/{KINDS[op.record.entity]}/notes/{op.note_id}")
        return _note_text(told) if isinstance(told, dict) else None

    def _tasks(self, record: Ref) -> list[dict[str, Any]]:
        params: Params = (
            ("filter[entity_type]", KINDS[record.entity]),
            ("filter[entity_id]", record.id),
            ("order[id]", "desc"),
            ("limit", str(_NOTES)),
        )
        return _listed(self._get(f"{API}/tasks", params), "tasks")

    def _get(self, path: str, params: Params = ()) -> object:
        try:
            body = self._connection.get(path, params).body
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        return parse(body, path) if body else None


def _listed(told: object, key: str) -> list[dict[str, Any]]:
    embedded = told.get("_embedded") if isinstance(told, dict) else None
    found = embedded.get(key) if isinstance(embedded, dict) else None
    return [each for each in found or () if isinstance(each, dict)]


def _note_text(note: Mapping[str, Any]) -> str:
    params = note.get("params")
    return str(params.get("text") or "") if isinstance(params, dict) else ""


def _is_task(task: Mapping[str, Any], op: CreateTask) -> bool:
    return (
        task.get("text") == op.text
        and task.get("complete_till") == due_seconds(op)
        and str(task.get("responsible_user_id")) == op.owner_id
        and str(task.get("entity_id")) == op.record.id
    )


def _holds(op: Op, cards: Cards) -> bool:
    match op:
        case PatchCard():
            card = cards.get(op.record)
            return card is not None and all(_has(card, change) for change in op.changes)
        case SetTags():
            card = cards.get(op.record)
            return card is not None and card.tags >= set(op.add) and not card.tags & set(op.remove)
        case LinkCards():
            card = cards.get(op.deal_or_card)
            is_there = card is not None and op.to in card.links
            return is_there and (not op.is_main or bool(card and card.links[op.to]))
        case UnlinkCards():
            card = cards.get(op.deal_or_card)
            return card is not None and op.to not in card.links
        case MoveTask():
            card = cards.get(op.task)
            owner = (op.after.entity, op.after.id)
            return (
                card is not None
                and (card.fields.get("entity"), card.fields.get("record_id")) == owner
            )
        case MergeNative() | AddNote() | EditNote() | CreateTask():
            raise ValueError("not told by cards")


def _has(card: Card, change: Change) -> bool:
    if isinstance(change, FieldChange):
        return (card.fields.get(change.field) or None) == change.after
    items = items_of(card, change.field)
    return applied(items, change) == items


def _done(request: Request, answer: Answer) -> Result:
    """Read a good answer: what it made, and which items it does not speak of."""
    if answer.status == _ACCEPTED:
        return Result(outcome=Outcome.UNKNOWN, status=answer.status, problem="accepted, not done")
    items = _answered(answer.body)
    if items is None:
        return Result(outcome=Outcome.UNKNOWN, status=answer.status, problem="unreadable answer")
    created = {
        str(item["request_id"]): str(item["id"])
        for item in items
        if item.get("request_id") is not None and item.get("id") is not None
    }
    if len(items) == len(request.op_ids) == 1 and items[0].get("id") is not None:
        created = {request.op_ids[0]: str(items[0]["id"])}
    missing: frozenset[str] = frozenset()
    if len(request.op_ids) > 1:
        told = {str(item.get("id")) for item in items}
        sent = zip(request.op_ids, json.loads(request.body), strict=True)
        missing = frozenset(marker for marker, item in sent if str(item["id"]) not in told)
    return Result(outcome=Outcome.DONE, status=answer.status, created=created, missing=missing)


def _answered(body: bytes) -> list[dict[str, Any]] | None:
    """Return the records that an answer speaks of; None where it is not the documented shape."""
    if not body:
        return []
    try:
        told = parse(body, "answer")
    except RemoteError:
        return None
    if not isinstance(told, dict):
        return None
    embedded = told.get("_embedded")
    if isinstance(embedded, dict):
        for found in embedded.values():
            if isinstance(found, list):
                return [each for each in found if isinstance(each, dict)]
    return [told] if "id" in told else None
