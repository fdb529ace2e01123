"""The pages and what their forms do. Every page is whole HTML, with or without JavaScript.

A form is answered by sending the browser to the next page; the script does the same with `fetch`
and puts the new page in the old one's place. One request is served at a time: they are short.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from dedupe.errors import CrmCleanError
from dedupe.language import N_

from .deck import Deck
from .forms import (
    FormError,
    asked_of,
    decision_of,
    decisions_alike,
    first,
    read_group_form,
)
from .gate import Gate, guarded
from .pages import Pages
from .requests import number, read_form, to, view_in, view_of, whole
from .thresholds import Thresholds
from .values_deck import ValuesDeck
from .values_forms import value_decision
from .view import View

_GONE = N_("there is no such page")
Handler = Callable[[Request], Awaitable[Response]]


class Review:
    """The application: what the browser may ask of the groups and the values of a scan."""

    def __init__(self, deck: Deck, values: ValuesDeck, gate: Gate, thresholds: Thresholds) -> None:
        self._deck, self._values, self._gate, self._thresholds = deck, values, gate, thresholds
        self._pages = Pages(deck, values, gate.csrf)

    def asgi(self) -> ASGIApp:
        """Return the application behind its gate."""
        get, post = ["GET"], ["POST"]
        routes = [
            Route("/", self._told(self._queue), methods=get),
            Route("/next", self._told(self._next), methods=get),
            Route("/group/{g:int}", self._told(self._group), methods=get),
            Route("/group/{g:int}", self._told(self._decide), methods=post),
            Route("/alike/{g:int}", self._told(self._alike), methods=get),
            Route("/alike/{g:int}", self._told(self._decide_alike), methods=post),
            Route("/values", self._told(self._list), methods=get),
            Route("/values/next", self._told(self._next_value), methods=get),
            Route("/value/{v:int}", self._told(self._value), methods=get),
            Route("/value/{v:int}", self._told(self._decide_value), methods=post),
            Route("/undo", self._told(self._undo), methods=post),
            Route("/thresholds", self._told(self._counts), methods=get),
            Route("/help", self._told(self._help), methods=get),
            Route("/done", self._told(self._done), methods=get),
            Route("/finish", self._told(self._finish), methods=post),
            Route("/static/{name}", self._static, methods=get),
            Route("/favicon.ico", _nothing, methods=get),
        ]
        return guarded(Starlette(routes=routes), self._gate)

    def _told(self, handler: Handler) -> Handler:
        """Return the handler, whose errors become a page with one line."""

        async def inner(request: Request) -> Response:
            try:
                self._deck.refresh()
                return await handler(request)
            except FormError as error:
                return HTMLResponse(self._pages.failed(str(error)), error.status)
            except CrmCleanError as error:
                return HTMLResponse(self._pages.failed(str(error)), 503)

        return inner

    # --- reading

    async def _queue(self, request: Request) -> Response:
        asked = request.query_params
        html = self._pages.queue(
            view_of(request), show=asked.get("show", ""), page=whole(asked.get("page"))
        )
        return HTMLResponse(html)

    async def _next(self, request: Request) -> Response:
        after = request.query_params.get("after")
        return self._onward(view_of(request), None if after is None else whole(after))

    async def _group(self, request: Request) -> Response:
        said = request.query_params.get("said", "")
        return HTMLResponse(self._pages.group(self._known(request), view_of(request), said=said))

    async def _alike(self, request: Request) -> Response:
        verdict = request.query_params.get("verdict", "")
        html = self._pages.alike(self._known(request), view_of(request), verdict=verdict)
        return HTMLResponse(html)

    async def _list(self, request: Request) -> Response:
        asked = request.query_params
        html = self._pages.values.list(
            view_of(request), show=asked.get("show", ""), page=whole(asked.get("page"))
        )
        return HTMLResponse(html)

    async def _next_value(self, request: Request) -> Response:
        return self._onward_value(view_of(request), None)

    async def _value(self, request: Request) -> Response:
        said = request.query_params.get("said", "")
        html = self._pages.values.one(self._known_value(request), view_of(request), said=said)
        return HTMLResponse(html)

    async def _counts(self, request: Request) -> Response:
        asked, now = request.query_params, self._deck.about.match
        tally = self._thresholds.tally(
            number(asked.get("auto"), now.auto), number(asked.get("review"), now.review)
        )
        return HTMLResponse(self._pages.thresholds(tally))

    async def _help(self, request: Request) -> Response:
        return HTMLResponse(self._pages.help())

    async def _done(self, request: Request) -> Response:
        said = request.query_params.get("said", "")
        return HTMLResponse(self._pages.done(view_of(request), said))

    async def _static(self, request: Request) -> Response:
        found = self._pages.static(request.path_params["name"])
        if found is None:
            return PlainTextResponse("", 404)
        content, kind = found
        return Response(content, media_type=kind)

    # --- deciding

    async def _decide(self, request: Request) -> Response:
        g, form = self._known(request), await read_form(request, self._gate)
        view = view_in(form)
        try:
            sent = read_group_form(self._deck, g, form)
            if sent.verdict == "look":
                asked = asked_of(self._deck, g, sent)
                return HTMLResponse(self._pages.group(g, view, asked=asked, ids=sent.ids))
            self._deck.decide([decision_of(self._deck, g, sent)])
        except FormError as error:
            return HTMLResponse(self._pages.group(g, view, failed=str(error)), error.status)
        if sent.verdict == "split":
            return to(f"/group/{g}", view, said="split")
        return self._onward(view, g, said=sent.verdict)

    async def _decide_alike(self, request: Request) -> Response:
        g, form = self._known(request), await read_form(request, self._gate)
        verdict = first(form, "verdict")
        made = decisions_alike(self._deck, g, verdict)
        if str(len(made)) != first(form, "n"):
            raise FormError(
                N_("the number of these groups has changed; look at them again"), status=409
            )
        self._deck.decide(made)
        return self._onward(view_in(form), g, said=verdict)

    async def _decide_value(self, request: Request) -> Response:
        v, form = self._known_value(request), await read_form(request, self._gate)
        view = view_in(form)
        try:
            made = value_decision(self._values, v, form)
        except FormError as error:
            typed = first(form, "text")
            html = self._pages.values.one(v, view, failed=str(error), typed=typed)
            return HTMLResponse(html, error.status)
        self._deck.decide([made])
        said = {"accept": "written", "edit": "written", "reject": "kept", "skip": "skip"}
        return self._onward_value(view, v, said=said[made.verdict])

    async def _undo(self, request: Request) -> Response:
        view, last = view_in(await read_form(request, self._gate)), self._deck.last()
        if last is None:
            raise FormError(N_("there is nothing to take back"))
        undone = self._deck.ledger.undo(last)
        groups = self._deck.groups_about(undone)
        if groups:
            return to(f"/group/{groups[0]}", view, said="undone")
        values = [v for each in undone if (v := self._values.at(each)) is not None]
        if values:
            return to(f"/value/{values[0]}", view, said="undone")
        return to("/values" if last.kind == "proposal" else "/", view)

    async def _finish(self, request: Request) -> Response:
        await read_form(request, self._gate)
        self._gate.is_closed = True
        return HTMLResponse(self._pages.finished())

    # --- helpers

    def _known(self, request: Request) -> int:
        g = int(request.path_params["g"])
        own = self._deck.sample.groups if self._deck.sample else range(len(self._deck))
        if g not in own:
            raise FormError(_GONE, status=404)
        return g

    def _known_value(self, request: Request) -> int:
        v = int(request.path_params["v"])
        if v >= len(self._values):
            raise FormError(_GONE, status=404)
        return v

    def _onward(self, view: View, g: int | None, said: str = "") -> Response:
        following = self._deck.next_after(view, g)
        if following is None:
            return to("/done", view, said=said)
        return to(f"/group/{following}", view, said=said)

    def _onward_value(self, view: View, v: int | None, said: str = "") -> Response:
        following = self._values.next_after(view, v)
        if following is None:
            return to("/done", view, said=said)
        return to(f"/value/{following}", view, said=said)


async def _nothing(request: Request) -> Response:
    return Response(status_code=204)
