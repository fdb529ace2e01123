"""A small demo account, served; a client that reads pages the plain way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from dedupe.contracts import Account
from dedupe.sandbox import Limit, Sandbox
from dedupe.sandbox.demo import ON_REQUEST, build_demo

NO_LIMIT = Limit(n=0)
Json = dict[str, Any]


class Client:
    """Asks one sandbox, with a token."""

    def __init__(self, url: str, token: str = "any") -> None:
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(f"/api/v4/{path}", **more)

    def pages(self, path: str, key: str) -> list[list[Json]]:
        """Follow the links from the first page of `path` to the last."""
        url, found = f"/api/v4/{path}", []
        while url:
            answer = self.http.get(url)
            if answer.status_code == 204:
                break
            body = answer.json()
            found.append(body["_embedded"][key])
            url = body["_links"].get("next", {}).get("href", "")
        return found

    def all(self, path: str, key: str) -> list[Json]:
        return [item for page in self.pages(path, key) for item in page]


@pytest.fixture(scope="session")
def account() -> Account:
    return build_demo(scale=0.006, extras=ON_REQUEST).account


@pytest.fixture(scope="session")
def shared(account: Account) -> Iterator[Sandbox]:
    """For tests that only read."""
    with Sandbox(account, limit=NO_LIMIT) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def client(shared: Sandbox) -> Iterator[Client]:
    made = Client(shared.url)
    yield made
    made.http.close()


@pytest.fixture
def serve(account: Account) -> Iterator[Callable[..., tuple[Sandbox, Client]]]:
    """Return what starts a sandbox of its own for a test, and a client of it."""
    opened: list[tuple[Sandbox, Client]] = []

    def start(token: str = "any", **more: Any) -> tuple[Sandbox, Client]:
        sandbox = Sandbox(more.pop("account", account), **({"limit": NO_LIMIT} | more))
        made = (sandbox, Client(sandbox.url, token))
        opened.append(made)
        return made

    yield start
    for sandbox, made in opened:
        made.http.close()
        sandbox.close()
