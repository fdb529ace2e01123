"""Where the CRM is, and that nothing is ever sent elsewhere.

A request's address is always our own base and a path: what an answer offers as
the next page or as a redirect is taken for its path alone, and only when it
names our host.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

import httpx

from dedupe.errors import ConfigError, RemoteError
from dedupe.language import N_

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Address:
    """The base address of one account's API."""

    def __init__(self, base_url: str) -> None:
        parts = _split(base_url)
        if parts is None or not _is_safe(parts) or parts.username or parts.query or parts.fragment:
            raise ConfigError(
                N_("this is not the address of a CRM"),
                where="url",
                fix=N_("give it as https://HOST, without a name or a password in it"),
            )
        self._prefix = parts.path.rstrip("/")
        self._origin = _origin(parts)
        self._base = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.hostname or ""
        self.is_loopback = self.host in _LOOPBACK

    def join(self, path: str, params: Sequence[tuple[str, str]] = ()) -> str:
        """Return the whole address of `path`, which may have a query of its own."""
        if not path.startswith("/") or path.startswith("//") or _has_odd(path):
            path = self.same_host(path)
        mark = "&" if "?" in path else "?"
        query = mark + urlencode(params, quote_via=quote) if params else ""
        return f"{self._base}{self._prefix}{path.partition('#')[0]}{query}"

    def same_host(self, path_or_url: str) -> str:
        """Return the path and query of a link in an answer; refuse one to another host."""
        parts = _split(path_or_url)
        if parts is None or _has_odd(path_or_url):
            raise self._elsewhere("?")
        if not parts.netloc and not parts.scheme:
            return self._path(parts) if parts.path.startswith("/") else f"/{path_or_url}"
        if parts.scheme not in ("", "http", "https") or parts.username or parts.password:
            raise self._elsewhere(parts.hostname or "?")
        if _origin(parts)[0] != self._origin[0] or not self._is_our_port(parts):
            raise self._elsewhere(parts.hostname or "?")
        path = self._path(parts)
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        return path

    def redirected(self, url: str, location: str) -> str:
        """Return the address that the answer of `url` sends us to: on our host and no less safe."""
        target = _joined(url, location)
        if (
            target is None
            or _has_odd(location)
            or target.username
            or _origin(target)[0] != self._origin[0]
        ):
            raise self._elsewhere((target and target.hostname) or "?")
        is_upgrade = target.scheme == "https" and self._base.startswith("http://")
        if not is_upgrade and (target.scheme, _port(target)) != self._origin[1:]:
            raise self._elsewhere(f"{target.scheme}://{target.hostname}")
        return target._replace(fragment="").geturl()

    def _is_our_port(self, parts: SplitResult) -> bool:
        # A server behind a proxy may write http into its links; only the path is used.
        usual = set(_PORTS.values())
        return _port(parts) == self._origin[2] or {_port(parts), self._origin[2]} <= usual

    def _path(self, parts: SplitResult) -> str:
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _elsewhere(self, host: str) -> RemoteError:
        return RemoteError(
            N_("the CRM points to another address ({host}); nothing was sent there"),
            where=self.host,
            fix=N_("check url in the config"),
            host="".join(ch for ch in host if ch.isprintable())[:100],
        )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _joined(url: str, link: str) -> SplitResult | None:
    try:
        return _split(urljoin(url, link))
    except ValueError:
        return None


def _is_safe(parts: SplitResult) -> bool:
    if not parts.hostname or _has_odd(parts.netloc) or not _is_url(parts.geturl()):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _is_url(text: str) -> bool:
    try:
        httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        return False
    return True


def _has_odd(text: str) -> bool:
    """Tell whether `text` has what browsers and servers read differently from us."""
    return any(ch.isspace() or not ch.isprintable() or ch == "\\" for ch in text)


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 443)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return _plain_host(parts.hostname or ""), parts.scheme, _port(parts)


def _plain_host(name: str) -> str:
    """Return the name as it goes over the wire: links spell "пример" as "xn--e1afmkfd"."""
    host = name.rstrip(".")
    try:
        return host if host.isascii() else httpx.URL(f"https://{host}").raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        return host
