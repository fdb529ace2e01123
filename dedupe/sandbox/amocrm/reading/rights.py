"""What the owner of a token may see.

An administrator sees everything; others see of each kind of cards all, those of their
group or their own ones, as their right to view says. Tasks are seen by who sees all
leads, else by the one they are for. Notes and events are seen with their card.
"""

from __future__ import annotations

import numpy as np

from dedupe.sandbox.server.reply import Reply, Request

from ..answers import problem
from ..names import CARDS, SINGULAR
from ..state import State
from ..table import Flags, Record

_ALL, _GROUP, _OWN = "A", "G", "M"


def is_admin(state: State, request: Request) -> bool:
    """Tell whether the token belongs to an administrator."""
    user = state.user(request.user_id)
    return bool(user and user["rights"]["is_admin"])


def forbidden() -> Reply:
    """Return the answer to who may not ask."""
    return problem(403, "Forbidden")


def scope(state: State, request: Request, kind: str) -> str:
    """Return whose cards of `kind` the owner of the token sees: A, G, M or D."""
    user = state.user(request.user_id)
    if user is None:
        return "D"
    if user["rights"]["is_admin"]:
        return _ALL
    return str(user["rights"].get(kind, {}).get("view", "D"))


def seen(state: State, request: Request, kind: str) -> Flags | None:
    """Return which rows of a Table the owner of the token sees; None means all."""
    if is_admin(state, request):
        return None
    if kind in ("notes", "events"):
        return _seen_with_cards(state, request, kind)
    mine = scope(state, request, "leads" if kind == "tasks" else kind)
    return None if mine == _ALL else _owned(state, request.user_id, kind, mine)


def sees(state: State, request: Request, kind: str, record: Record) -> bool:
    """Tell whether the owner of the token sees one record."""
    rows = seen(state, request, kind)
    row = state.table(kind).row(record["id"])
    return rows is None or (row is not None and bool(rows[row]))


def _owned(state: State, user_id: int, kind: str, mine: str) -> Flags:
    owners = state.table(kind).column("responsible_user_id")
    if mine == _GROUP and kind != "tasks":
        group = state.group_of(user_id)
        members = [u["id"] for u in state.all("users") if state.group_of(u["id"]) == group]
        return np.isin(owners, members)
    is_denied = mine not in (_OWN, _GROUP)
    return np.zeros(len(owners), dtype=np.bool_) if is_denied else owners == user_id


def _seen_with_cards(state: State, request: Request, kind: str) -> Flags:
    table = state.table(kind)
    entities, ids = table.column("entity_type"), table.column("entity_id")
    found = np.zeros(len(ids), dtype=np.bool_)
    for card in (*CARDS, "tasks"):
        rows = seen(state, request, card)
        own = state.table(card).column("id")
        mine = own if rows is None else own[rows]
        name = card if kind == "notes" else SINGULAR[card]
        found |= (entities == state.words.number(name)) & np.isin(ids, mine)
    return found
