"""A CRM in memory, as the pull sees it: addresses in, answers out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from dedupe.crm.amocrm import LISTINGS
from dedupe.crm.http import Answer, Refused

DATE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Params = Sequence[tuple[str, str]]


def card(id_: int, **facts: Any) -> dict[str, Any]:
    """Return a contact as the API gives it."""
    return {"id": id_, "name": f"Контакт {id_}", "updated_at": 1_770_000_000, **facts}


def body(key: str, records: Sequence[Any], path: str, page: int, *, more: bool) -> bytes:
    """Return a page of a list."""
    links: dict[str, Any] = {"self": {"href": f"http://crm.test{path}?page={page}"}}
    if more:
        links["next"] = {"href": f"http://crm.test{path}?page={page + 1}"}
    return json.dumps({"_page": page, "_links": links, "_embedded": {key: list(records)}}).encode()


def answer(content: bytes) -> Answer:
    """Return an answer of the CRM."""
    return Answer(200 if content else 204, content, {}, DATE)


class Crm:
    """Serves contacts by page; `before` is called with the number of each request."""

    def __init__(self, n: int, before: Callable[[int], None] = lambda number: None) -> None:
        self.ids, self.before, self.asked = list(range(1, n + 1)), before, []

    def get(self, path: str, params: Params = ()) -> Answer:
        """Answer a request for a page of contacts; anything else is refused."""
        told = dict(params)
        self.asked.append((path, told))
        self.before(len(self.asked))
        if path != LISTINGS["contacts"].path:
            raise Refused(path, 403)
        size, page = int(told["limit"]), int(told["page"])
        ids = self.ids[(page - 1) * size : page * size]
        if not ids:
            return answer(b"")
        more = page * size < len(self.ids)
        return answer(body("contacts", [card(i) for i in ids], path, page, more=more))
