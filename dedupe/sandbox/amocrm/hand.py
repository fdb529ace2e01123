"""Changes made by hand: what people do in the CRM's own pages while a client is at work.

An order is JSON: {"do": "put", "kind": "contacts", "record": {...}} and the like. What a
person changes moves updated_at, leaves events and never asks for a token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .names import CARDS, SINGULAR
from .state import KINDS, State

if TYPE_CHECKING:
    from .crm import AmoCrm

Order = Mapping[str, Any]


def change(crm: AmoCrm, order: Order) -> Any:  # noqa: ANN401  JSON of any shape
    """Carry out one order and return what came of it. Raises ValueError for one that can't be."""
    do = order.get("do")
    try:
        if do in _KEYS:
            return _KEYS[str(do)](crm, order)
        return _ORDERS[str(do)](crm.state, order)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no such order, or a part of it is missing: {do}") from error


def _put(state: State, order: Order) -> Any:  # noqa: ANN401
    """Replace the parts of a record that are named; without an id it is a new one."""
    kind, part = _kind(order), dict(order["record"])
    id_ = part.get("id") or state.new_id(kind)
    old = state.get(kind, id_) or _blank(state, kind)
    now = {"updated_at": state.clock()} if "updated_at" in old else {}
    state.put(kind, old | now | part | {"id": id_})
    return id_


def _blank(state: State, kind: str) -> dict[str, Any]:
    """Return a new record with what every one of its kind has, taken from another of them."""
    ids = state.ids(kind)
    like = state.get(kind, ids[0]) if ids else None
    if like is None:
        raise ValueError(f"there is none of {kind} to make another one like it")
    made = {"created_at": state.clock(), "is_deleted": False, "custom_fields_values": None}
    return like | {name: value for name, value in made.items() if name in like}


def _delete(state: State, order: Order) -> None:
    state.delete(_kind(order, CARDS), int(order["id"]), int(order.get("by", 0)))


def _restore(state: State, order: Order) -> None:
    state.restore(_kind(order, CARDS), int(order["id"]), int(order.get("by", 0)))


def _remove(state: State, order: Order) -> None:
    state.remove(_kind(order), order["id"])


def _link(state: State, order: Order) -> None:
    kind, id_, to, to_id = _ends(order)
    state.link(kind, id_, to, to_id, is_main=order.get("is_main"))
    _tell(state, "linked", kind, id_, to, to_id)


def _unlink(state: State, order: Order) -> None:
    kind, id_, to, to_id = _ends(order)
    if state.unlink(kind, id_, to, to_id):
        _tell(state, "unlinked", kind, id_, to, to_id)


def _merge(state: State, order: Order) -> None:
    """Merge cards as the CRM's page does: links, tasks and notes move, the others are gone."""
    kind, survivor = _kind(order, CARDS), int(order["into"])
    for loser in map(int, order["ids"]):
        for link in state.links_of(kind, loser):
            state.unlink(kind, loser, link.to_entity, link.to_id)
            state.link(kind, survivor, link.to_entity, link.to_id, is_main=link.is_main)
        _move(state, kind, loser, survivor)
        state.delete(kind, loser)
    kept = state.get(kind, survivor)
    if kept is None:
        raise ValueError(f"no such card of {kind}")
    state.put(kind, kept | {"updated_at": state.clock()})
    state.add_event("entity_merged", kind, survivor)


def _move(state: State, kind: str, loser: int, survivor: int) -> None:
    for of_kind in ("tasks", "notes"):
        table, number = state.table(of_kind), state.words.number(kind)
        mine = (table.column("entity_id") == loser) & (table.column("entity_type") == number)
        for id_ in table.column("id")[mine].tolist():
            record = state.get(of_kind, id_)
            if record is not None:
                state.put(of_kind, record | {"entity_id": survivor, "updated_at": state.clock()})


def _event(state: State, order: Order) -> None:
    before, after = order.get("before"), order.get("after")
    state.add_event(order["type"], order["entity"], int(order["id"]), before=before, after=after)


def _tell(state: State, done: str, kind: str, id_: int, to: str, to_id: int) -> None:
    for one, own, other, other_id in ((kind, id_, to, to_id), (to, to_id, kind, id_)):
        value = [{"link": {"entity": {"type": SINGULAR[other], "id": other_id}}}]
        after, before = (value, []) if done == "linked" else ([], value)
        state.add_event(f"{SINGULAR[other]}_{done}", one, own, before=before, after=after)


def _ends(order: Order) -> tuple[str, int, str, int]:
    return _kind(order, CARDS), int(order["id"]), str(order["to"]), int(order["to_id"])


def _kind(order: Order, kinds: tuple[str, ...] = KINDS) -> str:
    if order["kind"] not in kinds:
        raise ValueError(f"no such kind of records here: {order['kind']}")
    return str(order["kind"])


def _allow(crm: AmoCrm, order: Order) -> None:
    crm.keys.allow(str(order["token"]), order.get("user_id"))


def _revoke(crm: AmoCrm, order: Order) -> None:
    crm.keys.revoke(str(order["token"]))


def _code(crm: AmoCrm, order: Order) -> str:
    return crm.keys.code(order.get("user_id"))


_ORDERS: Mapping[str, Callable[[State, Order], Any]] = {
    "put": _put,
    "delete": _delete,
    "restore": _restore,
    "remove": _remove,
    "link": _link,
    "unlink": _unlink,
    "merge": _merge,
    "event": _event,
}
_KEYS: Mapping[str, Callable[[AmoCrm, Order], Any]] = {
    "allow": _allow,
    "revoke": _revoke,
    "code": _code,
}
