"""The API's envelopes: pages with their links, single records, problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dedupe.sandbox.server.reply import PROBLEM, Reply, Request

from .query import Tree
from .table import Record

_TITLES = {400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 429: "Too Many Requests"}  # fmt: skip
DEFAULT_LIMIT, MAX_LIMIT = 50, 250


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list is asked for: a page of `limit` records, the first being 1."""

    page: int
    limit: int

    @property
    def start(self) -> int:
        """The place of the page's first record."""
        return (self.page - 1) * self.limit

    @classmethod
    def of(cls, tree: Tree, *, most: int = MAX_LIMIT, default: int = DEFAULT_LIMIT) -> Part:
        """Read page and limit; a limit over `most` falls silently to the default, as amoCRM's."""
        limit = _whole(tree.get("limit"), default)
        return cls(max(_whole(tree.get("page"), 1), 1), limit if 1 <= limit <= most else default)


def problem(status: int, detail: str, **more: object) -> Reply:
    """Return a problem document."""
    body = {
        **more,
        "title": _TITLES.get(status, "Error"),
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }
    return Reply(status, body, content_type=PROBLEM)


def page_reply(
    request: Request,
    key: str,
    items: list[Any],
    part: Part,
    n: int,
    *,
    is_counted: bool = False,
) -> Reply:
    """Return one page of `n` records; a page without any is 204 without a body."""
    if not items:
        return Reply(204)
    n_pages = -(-n // part.limit)
    links = {"self": _page_link(request, part, part.page)}
    if part.start + len(items) < n:
        links["next"] = _page_link(request, part, part.page + 1)
    if part.page > 1:
        links["first"] = _page_link(request, part, 1)
        links["prev"] = _page_link(request, part, part.page - 1)
    counts: Record = {"_total_items": n, "_page_count": n_pages} if is_counted else {}
    if is_counted and "next" in links:
        links["last"] = _page_link(request, part, n_pages)
    body = {"_page": part.page, **counts, "_links": links, "_embedded": {key: items}}
    return Reply(200, body)


def paged(
    request: Request,
    tree: Tree,
    key: str,
    items: list[Any],
    *,
    most: int = MAX_LIMIT,
    is_counted: bool = False,
) -> Reply:
    """Return the page that is asked for of a list that is at hand as a whole."""
    part = Part.of(tree, most=most, default=min(DEFAULT_LIMIT, most))
    shown = items[part.start : part.start + part.limit]
    return page_reply(request, key, shown, part, len(items), is_counted=is_counted)


def whole_reply(request: Request, key: str, items: list[Any]) -> Reply:
    """Return a list that has no pages."""
    if not items:
        return Reply(204)
    body = {
        "_total_items": len(items),
        "_links": {"self": {"href": _self(request)}},
        "_embedded": {key: items},
    }
    return Reply(200, body)


def one_reply(record: Record | None) -> Reply:
    """Return one record; an absent one is 204 without a body."""
    return Reply(204) if record is None else Reply(200, record)


def linked(request: Request, path: str, record: Record) -> Record:
    """Return the record with the link to itself at `path` under the API."""
    return record | {"_links": {"self": {"href": f"{request.base_url}/api/v4/{path}"}}}


def ref(request: Request, kind: str, id_: int, **more: object) -> Record:
    """Return a record as others embed it: its id and its link."""
    return linked(request, f"{kind}/{id_}", {"id": id_, **more})


def _whole(text: object, default: int) -> int:
    return (
        int(text)
        if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 16
        else default
    )


def _self(request: Request) -> str:
    query = f"?{urlencode(request.query)}" if request.query else ""
    return f"{request.base_url}{request.path}{query}"


def _page_link(request: Request, part: Part, page: int) -> dict[str, str]:
    kept = [pair for pair in request.query if pair[0] not in ("page", "limit")]
    query = urlencode([*kept, ("limit", str(part.limit)), ("page", str(page))])
    return {"href": f"{request.base_url}{request.path}?{query}"}
