"""The pages and what their forms do. Every page is whole HTML, with or without JavaScript.

A form is answered by sending the browser to the next page; the script does the same with `fetch`
and puts the new page in the old one's place. One request is served at a time: they are short.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from dedupe.errors import CrmCleanError
from dedupe.language import N_

from .deck import Deck
from .forms import (
    Form,
    FormError,
    asked_of,
    decision_of,
    decisions_alike,
    first,
    read_group_form,
)
from .gate import Gate, guarded
from .pages import Pages
from .thresholds import AUTO, REVIEW, Thresholds

MAX_BODY = 1 << 20
_GONE = N_("there is no such page")
Handler = Callable[[Request], Awaitable[Response]]


class Review:
    """The application: what the browser may ask of a deck of groups."""

    def __init__(self, deck: Deck, gate: Gate, thresholds: Thresholds) -> None:
        self._deck, self._gate, self._thresholds = deck, gate, thresholds
        self._pages = Pages(deck, gate.csrf)

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
            order=asked.get("order", ""), show=asked.get("show", ""), page=_whole(asked.get("page"))
        )
        return HTMLResponse(html)

    async def _next(self, request: Request) -> Response:
        asked = request.query_params
        after = asked.get("after")
        return self._onward(asked.get("order", ""), None if after is None else _whole(after))

    async def _group(self, request: Request) -> Response:
        g, asked = self._known(request), request.query_params
        return HTMLResponse(
            self._pages.group(g, order=asked.get("order", ""), said=asked.get("said", ""))
        )

    async def _alike(self, request: Request) -> Response:
        g, asked = self._known(request), request.query_params
        return HTMLResponse(
            self._pages.alike(g, verdict=asked.get("verdict", ""), order=asked.get("order", ""))
        )

    async def _counts(self, request: Request) -> Response:
        asked = request.query_params
        tally = self._thresholds.tally(
            _number(asked.get("auto"), AUTO), _number(asked.get("review"), REVIEW)
        )
        return HTMLResponse(self._pages.thresholds(tally))

    async def _help(self, request: Request) -> Response:
        return HTMLResponse(self._pages.help())

    async def _done(self, request: Request) -> Response:
        return HTMLResponse(self._pages.done(request.query_params.get("said", "")))

    async def _static(self, request: Request) -> Response:
        found = self._pages.static(request.path_params["name"])
        if found is None:
            return PlainTextResponse("", 404)
        content, kind = found
        return Response(content, media_type=kind)

    # --- deciding

    async def _decide(self, request: Request) -> Response:
        g, form = self._known(request), await self._form(request)
        order = first(form, "order")
        try:
            sent = read_group_form(self._deck, g, form)
            if sent.verdict == "look":
                asked = asked_of(self._deck, g, sent)
                return HTMLResponse(self._pages.group(g, order=order, asked=asked, ids=sent.ids))
            self._deck.decide([decision_of(self._deck, g, sent)])
        except FormError as error:
            return HTMLResponse(self._pages.group(g, order=order, failed=str(error)), error.status)
        if sent.verdict == "split":
            return _to(f"/group/{g}", order=order, said="split")
        return self._onward(order, g, said=sent.verdict)

    async def _decide_alike(self, request: Request) -> Response:
        g, form = self._known(request), await self._form(request)
        order, verdict = first(form, "order"), first(form, "verdict")
        made = decisions_alike(self._deck, g, verdict)
        if str(len(made)) != first(form, "n"):
            raise FormError(
                N_("the number of these groups has changed; look at them again"), status=409
            )
        self._deck.decide(made)
        return self._onward(order, g, said=verdict)

    async def _undo(self, request: Request) -> Response:
        form = await self._form(request)
        order, last = first(form, "order"), self._deck.last()
        if last is None:
            raise FormError(N_("there is nothing to take back"))
        groups = self._deck.undo(last)
        if not groups:
            return _to("/", order=order)
        return _to(f"/group/{groups[0]}", order=order, said="undone")

    async def _finish(self, request: Request) -> Response:
        await self._form(request)
        self._gate.is_closed = True
        return HTMLResponse(self._pages.finished())

    # --- helpers

    def _known(self, request: Request) -> int:
        g = int(request.path_params["g"])
        own = self._deck.sample.groups if self._deck.sample else range(len(self._deck))
        if g not in own:
            raise FormError(_GONE, status=404)
        return g

    def _onward(self, order: str, g: int | None, said: str = "") -> Response:
        following = self._deck.next_after(order, g)
        if following is None:
            return _to("/done", said=said)
        return _to(f"/group/{following}", order=order, said=said)

    async def _form(self, request: Request) -> Form:
        """Return the fields of a form that is this page's own. Raises FormError."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise FormError(N_("the form is too large"), status=413)
        try:
            form = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=5_000)
        except ValueError as error:
            raise FormError(N_("the form can't be read")) from error
        if not self._gate.is_csrf(request.headers.get("x-csrf") or first(form, "csrf")):
            raise FormError(N_("the form is not of this page; load the page again"), status=403)
        return form


def _to(path: str, **query: str) -> Response:
    told = {name: value for name, value in query.items() if value}
    return RedirectResponse(f"{path}?{urlencode(told)}" if told else path, 303)


async def _nothing(request: Request) -> Response:
    return Response(status_code=204)


def _whole(text: str | None) -> int:
    return (
        int(text)
        if text is not None and text.isascii() and text.isdecimal() and len(text) < 10
        else 0
    )


def _number(text: str | None, default: float) -> float:
    try:
        number = float(text or "")
    except ValueError:
        return default
    return number if number == number else default
