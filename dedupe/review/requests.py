"""What a request says, read with care: its numbers, its form, where its answer leads."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dedupe.language import N_

from .forms import Form, FormError, first
from .gate import Gate
from .view import View

MAX_BODY = 1 << 20


async def read_form(request: Request, gate: Gate) -> Form:
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
    if not gate.is_csrf(request.headers.get("x-csrf") or first(form, "csrf")):
        raise FormError(N_("the form is not of this page; load the page again"), status=403)
    return form


def view_of(request: Request) -> View:
    """Return the view that an address names."""
    return View.of(request.query_params)


def view_in(form: Form) -> View:
    """Return the view that a form was sent from."""
    return View.of({name: first(form, name) for name in View.__slots__})


def to(path: str, view: View, **more: str) -> Response:
    """Send the browser on, inside the view."""
    return RedirectResponse(path + view.query(**more), 303)


def whole(text: str | None) -> int:
    """Return a small whole number; 0 where the text is none."""
    is_one = text is not None and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text or "") if is_one else 0


def number(text: str | None, default: float) -> float:
    """Return a number, or the default where the text is none."""
    try:
        found = float(text or "")
    except ValueError:
        return default
    return found if found == found else default
