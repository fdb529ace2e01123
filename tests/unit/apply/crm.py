"""A CRM in memory for the executor: cards, an effect log, and faults at chosen requests.

It is the other side of `Sink`, made of the documents and not of the executor: it applies the final
lists that a request carries, adds a note as often as it is asked to, and forgets nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dedupe.errors import RemoteError
from dedupe.plan.ops import (
    AddNote,
    CreateTask,
    EditNote,
    FieldChange,
    Item,
    LinkCards,
    MoveTask,
    Op,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
)
from dedupe.plan.sink import Card, Cards, Outcome, Request, Result
from dedupe.plan.values_change import applied

FAULTS = ("lost", "late", "cut", "refused", "unsent", "error")


class Killed(BaseException):
    """The process died here."""


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 1_800_000_000.0
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for moment, act in [d for d in self.due if d[0] <= self.now]:
            self.due.remove((moment, act))
            act()


@dataclass
class FakeCrm:
    """The account: cards by record, notes by record; `log` has every effect in order."""

    clock: Clock = field(default_factory=Clock)
    cards: dict[Ref, Card] = field(default_factory=dict)
    notes: dict[Ref, list[str]] = field(default_factory=dict)
    log: list[tuple[str, Ref]] = field(default_factory=list)
    bodies: list[Request] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)  # by number of the write, from 0
    settle_s: float = 30.0
    batch: int = 5

    def account(self) -> str:
        return "fake host 1"

    def read(self, refs: Collection[Ref]) -> Cards:
        return {ref: self.cards.get(ref) for ref in refs}

    def request(self, items: Sequence[tuple[str, Op]], cards: Cards) -> Request:
        facts = [self._facts(marker, op, cards) for marker, op in items]
        body = json.dumps(facts, sort_keys=True).encode()
        return Request(
            method="POST", path="/", body=body, op_ids=tuple(marker for marker, _ in items)
        )

    def send(self, request: Request) -> Result:
        number, facts = len(self.bodies), json.loads(request.body)
        self.bodies.append(request)
        fault = self.faults.get(number)
        if fault == "error":
            raise RemoteError("the circuit is open")
        if fault == "unsent":
            return Result(outcome=Outcome.UNSENT)
        if fault == "refused":
            return Result(outcome=Outcome.REFUSED, status=400, problem="refused")
        if fault == "lost":  # it never arrives, and nobody says so
            return Result(outcome=Outcome.UNKNOWN, problem="timed out")
        if fault == "late":  # it arrives after we have given up
            self.clock.due.append((self.clock.now + 25.0, lambda: self._carry_out(facts)))
            return Result(outcome=Outcome.UNKNOWN, problem="timed out")
        created = self._carry_out(facts)
        if fault == "cut":  # carried out, and the answer is lost
            return Result(outcome=Outcome.UNKNOWN, problem="cut off")
        return Result(outcome=Outcome.DONE, status=200, created=created)

    def holds(self, op_id: str, op: Op, cards: Cards) -> bool:
        match op:
            case AddNote():
                return any(op_id in text for text in self.notes.get(op.record, []))
            case EditNote():
                return op.text in self.notes.get(op.record, [])
            case PatchCard():
                return self._has_fields(op, cards[op.record])
            case SetTags():
                tags = cards[op.record].tags
                return tags >= set(op.add) and not tags & set(op.remove)
            case LinkCards():
                links = cards[op.deal_or_card].links
                return op.to in links and (not op.is_main or bool(links[op.to]))
            case UnlinkCards():
                return op.to not in cards[op.deal_or_card].links
            case MoveTask():
                fields = cards[op.task].fields
                return (fields["entity"], fields["record_id"]) == (op.after.entity, op.after.id)
            case CreateTask():
                return any(op_id in text for text in self.notes.get(op.record, []))
        raise AssertionError(op)

    @staticmethod
    def _has_fields(op: PatchCard, card: Card) -> bool:
        for change in op.changes:
            if isinstance(change, FieldChange):
                if card.fields.get(change.field) != change.after:
                    return False
            elif applied(card.values.get(change.field, ()), change) != card.values.get(
                change.field, ()
            ):
                return False
        return True

    def _facts(self, marker: str, op: Op, cards: Cards) -> dict[str, object]:
        """Say an operation as the CRM's API would: final lists, never what was there before."""
        match op:
            case PatchCard():
                values = dict(cards[op.record].values)
                fields: dict[str, str | None] = {}
                touched = set()
                for change in op.changes:
                    if isinstance(change, FieldChange):
                        fields[change.field] = change.after
                    else:
                        touched.add(change.field)
                        values[change.field] = applied(values.get(change.field, ()), change)
                lists = {f: [[i.raw, i.label] for i in values[f]] for f in sorted(touched)}
                return {"do": "patch", "at": _at(op.record), "fields": fields, "values": lists}
            case SetTags():
                return {
                    "do": "tags",
                    "at": _at(op.record),
                    "add": list(op.add),
                    "remove": list(op.remove),
                }
            case LinkCards():
                return {
                    "do": "link",
                    "at": _at(op.deal_or_card),
                    "to": _at(op.to),
                    "main": op.is_main,
                }
            case UnlinkCards():
                return {"do": "unlink", "at": _at(op.deal_or_card), "to": _at(op.to)}
            case MoveTask():
                return {"do": "move", "at": _at(op.task), "to": _at(op.after)}
            case AddNote() | CreateTask():
                return {"do": "note", "at": _at(op.record), "text": f"{op.text} [{marker}]"}
            case EditNote():
                return {"do": "edit", "at": _at(op.record), "note": op.note_id, "text": op.text}
        raise AssertionError(op)

    def _carry_out(self, requests: Sequence[Mapping[str, object]]) -> dict[str, str]:
        created = {}
        for facts in requests:
            ref = Ref(*facts["at"])
            self.log.append((facts["do"], ref))
            match facts["do"]:
                case "patch":
                    card = self.cards[ref]
                    values = {f: tuple(Item(*i) for i in v) for f, v in facts["values"].items()}
                    self.cards[ref] = replace(
                        card,
                        fields={**card.fields, **facts["fields"]},
                        values={**card.values, **values},
                    )
                case "tags":
                    card = self.cards[ref]
                    tags = (card.tags | set(facts["add"])) - set(facts["remove"])
                    self.cards[ref] = replace(card, tags=frozenset(tags))
                case "link":
                    to, links = Ref(*facts["to"]), dict(self.cards[ref].links)
                    if facts["main"]:
                        links = {r: False if r.entity == to.entity else m for r, m in links.items()}
                    links[to] = facts["main"] if facts["main"] is not None else links.get(to)
                    self.cards[ref] = replace(self.cards[ref], links=links)
                case "unlink":
                    links = {
                        r: m for r, m in self.cards[ref].links.items() if r != Ref(*facts["to"])
                    }
                    self.cards[ref] = replace(self.cards[ref], links=links)
                case "move":
                    entity, id_ = facts["to"]
                    fields = {**self.cards[ref].fields, "entity": entity, "record_id": id_}
                    self.cards[ref] = replace(self.cards[ref], fields=fields)
                case "note":
                    own = self.notes.setdefault(ref, [])
                    own.append(facts["text"])
                    marker = facts["text"].rpartition("[")[2].rstrip("]")
                    created[marker] = f"{ref.entity}-{ref.id}-{len(own) - 1}"
                case "edit":
                    self.notes[ref][int(facts["note"].rpartition("-")[2])] = facts["text"]
        return created


def _at(ref: Ref) -> list[str]:
    return [ref.entity, ref.id]
