"""One writing request while it is worked on: what was sent, by whom, and what is wrong with it.

A handler reads the items of a Call, stages changes in its draft and returns a status and
a body. Everything wrong is gathered by item; `check` ends the handler before anything is
carried out, so a request is done whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dedupe.sandbox.server.reply import Handler, Reply, Request

from ..state import State
from .draft import Draft
from .problems import (
    Problem,
    RefusalError,
    invalid,
    no_choice,
    refuse,
    too_many,
    unexpected,
    wrong_type,
)
from .shapes import is_id

Record = dict[str, Any]
Answer = tuple[int, Any]
MAX_ITEMS = 250  # of any write; /leads/complex and sources take 50


@dataclass(slots=True)
class Item:
    """One thing of a request, its place in it, and what was found wrong."""

    at: int
    sent: Record
    problems: list[Problem] = field(default_factory=list)

    @property
    def request_id(self) -> str | int:
        """Return what the client named the item, as it came, else its number as text."""
        named = self.sent.get("request_id")
        return named if isinstance(named, str | int) and is_id(named) else str(self.at)


class Call:
    """A request, the state it is about, and the draft of its changes."""

    def __init__(self, state: State, request: Request) -> None:
        self.state, self.request = state, request
        self.draft = Draft(state, request.user_id)
        self.values: Mapping[str, str] = request.values
        self._items: list[Item] = []

    @property
    def now(self) -> int:
        """Return the second in which the request is carried out."""
        return self.draft.now

    @property
    def me(self) -> Mapping[str, Any]:
        """Return the user whom the token belongs to."""
        return self.state.user(self.request.user_id) or {}

    def number(self, name: str) -> int:
        """Return a part of the path as a number, 0 where it is none."""
        text = self.values.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0

    def href(self, path: str) -> Record:
        """Return the `_links` of a thing at `path`."""
        return {"self": {"href": f"{self.request.base_url}/api/v4/{path}"}}

    def body(self) -> Any:  # noqa: ANN401  JSON of any shape
        """Return what was sent, decoded; None for an empty body."""
        if not self.request.body.strip():
            return None
        try:
            return msgspec.json.decode(self.request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise refuse(400, "Request body is not valid JSON") from error

    def items(self, limit: int = MAX_ITEMS, *, or_object: bool = False) -> list[Item]:
        """Return the items of a request that takes a list, an object too where it is documented."""
        sent = self.body()
        if isinstance(sent, dict) and or_object:
            sent = [sent]
        if isinstance(sent, dict):  # every value of it is taken for an item, and is none
            raise RefusalError(invalid([("0", [wrong_type(key, "array") for key in sent])]))
        if not isinstance(sent, list) or not sent:
            raise refuse(400, "Request body must be a non-empty array")
        if len(sent) > limit:
            raise RefusalError(invalid([("0", [too_many("", limit)])]))
        wrong = [
            (str(at), [wrong_type("", "array")])
            for at, item in enumerate(sent)
            if not isinstance(item, dict)
        ]
        if wrong:
            raise RefusalError(invalid(wrong))
        self._items = [Item(at, item) for at, item in enumerate(sent)]
        return self._items

    def item(self, *, or_nothing: bool = False) -> Item:
        """Return the one object of a request that takes no list."""
        sent = self.body()
        if isinstance(sent, list):
            raise RefusalError(invalid([("0", [unexpected(str(at)) for at in range(len(sent))])]))
        if sent is None and or_nothing:
            sent = {}
        if not isinstance(sent, dict):
            raise refuse(400, "Request body must be an object")
        self._items = [Item(0, sent)]
        return self._items[0]

    def check(self) -> None:
        """End the request here if anything was found wrong with any of its items."""
        wrong = [(item.request_id, item.problems) for item in self._items if item.problems]
        if wrong:
            raise RefusalError(invalid(wrong))

    def need_admin(self) -> None:
        """End the request here unless the token belongs to an administrator."""
        rights = self.me.get("rights") or {}
        if not rights.get("is_admin", False):
            raise refuse(403, "Forbidden")

    def may(self, kind: str, action: str, record: Mapping[str, Any] | None = None) -> bool:
        """Tell whether the user may view, edit or add a record of `kind`."""
        rights = self.me.get("rights") or {}
        right = "A" if rights.get("is_admin") else (rights.get(kind) or {}).get(action, "D")
        if right in ("A", "D") or record is None:
            return bool(right != "D")
        if right == "G":
            return self.state.group_of(self.request.user_id) == record.get("group_id")
        return bool(record.get("responsible_user_id") == self.request.user_id)

    def need_right(self, kind: str, action: str, record: Mapping[str, Any] | None = None) -> None:
        """End the request here unless the user may do that."""
        if not self.may(kind, action, record):
            raise refuse(403, "Forbidden")

    def user_problems(self, sent: Mapping[str, Any], *keys: str) -> Iterator[Problem]:
        """Yield a problem for each key that names no active user; 0, the robot, may write."""
        for key in keys:
            is_robot = sent.get(key) == 0 and key != "responsible_user_id"
            if key in sent and not is_robot and not self.is_active(sent[key]):
                yield no_choice(key)

    def is_active(self, user_id: int) -> bool:
        """Tell whether a user is there and was not dismissed."""
        user = self.state.user(user_id)
        return user is not None and (user.get("rights") or {}).get("is_active") is not False

    def card(self, kind: str, id_: int) -> Record | None:
        """Return a card that is there, not deleted, and visible to the user."""
        record = self.draft.get(kind, id_) if 0 < id_ < 2**63 else None
        if record is None or record.get("is_deleted") or not self.may(kind, "view", record):
            return None
        return record


def handler(work: Callable[[Call], Answer]) -> Handler:
    """Make a handler of the server from a function that works on a Call."""

    def answer(state: State, request: Request) -> Reply:
        with state.held():  # nobody sees half of it
            try:
                call = Call(state, request)
                status, body = work(call)
            except RefusalError as refusal:
                return refusal.reply
            effects = call.draft.commit()
            return Reply(status, body(call) if callable(body) else body, effects)

    answer.__name__ = work.__name__
    return answer
