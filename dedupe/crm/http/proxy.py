"""The proxy that the environment names for an address, if any."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from dedupe.errors import ConfigError
from dedupe.language import N_

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy for `url` by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

    The proxy's own name and password never enter a message.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host in _LOOPBACK or _is_excepted(host, _setting(environ, "NO_PROXY")[1]):
        return None
    for kind in (f"{parts.scheme.upper()}_PROXY", "ALL_PROXY"):
        name, value = _setting(environ, kind)
        if value:
            return _checked(name, value)
    return None


def _setting(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    for spelling in (name.lower(), name):
        if environ.get(spelling, "").strip():
            return spelling, environ[spelling].strip()
    return name, ""


def _is_excepted(host: str, exceptions: str) -> bool:
    for exception in exceptions.lower().split(","):
        domain = exception.strip().removeprefix("*").rpartition(":")
        suffix = (domain[0] if domain[1] and domain[2].isdigit() else exception.strip()).lstrip("*")
        if exception.strip() == "*":
            return True
        bare = suffix.lstrip(".")
        if bare and (host == bare or host.endswith(f".{bare}")):
            return True
    return False


def _checked(name: str, value: str) -> str:
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fit = False
    if not is_fit or any(ch.isspace() or not ch.isprintable() for ch in url):
        raise ConfigError(
            N_("this variable does not name a proxy"),
            where=name,
            fix=N_("give it as http://HOST:PORT, or unset it"),
        )
    return url
