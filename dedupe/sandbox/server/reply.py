"""What passes between the server and a CRM: the values of a request, the reply, its effects.

A handler is a plain function from a request and a state to a reply. It changes the
state itself and lists what it changed, so that a test can compare what a client
believes with what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

JSON, HAL, PROBLEM, HTML = (
    "application/json",
    "application/hal+json",
    "application/problem+json",
    "text/html; charset=utf-8",
)


@dataclass(frozen=True, slots=True)
class Effect:
    """One change of the state, JSON-able: `before` and `after` hold exactly what changed."""

    kind: str
    entity: str
    id: int | str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; a `body` of None is no body at all, bytes go out as they are."""

    status: int
    body: Any = None
    effects: tuple[Effect, ...] = ()
    content_type: str = HAL
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The values of one request.

    `query` is decoded and in order, names of `headers` are lower case, `base_url` has no
    slash at its end ("http://127.0.0.1:1234"). `values` are the parts of the path that the
    route names. `user_id` is whom the token belongs to, 0 before that is known.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = "http://127.0.0.1"
    values: Mapping[str, str] = field(default_factory=dict)
    user_id: int = 0


Handler = Callable[[Any, Request], Reply]
