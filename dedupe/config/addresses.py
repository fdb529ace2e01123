"""The addresses of accounts: what may be sent a token, and what may not.

An amoCRM account lives at https://<subdomain>.amocrm.ru (amocrm.com, kommo.com) and
nowhere else; a local imitation of a CRM lives on loopback, where plain http with a
port will do. A host that only looks right is the classic way to steal a token, so
nothing is guessed: what is not such an address is a problem, told in one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from dedupe.language import N_, tr

AMOCRM_DOMAINS = ("amocrm.ru", "amocrm.com", "kommo.com")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_COMMON = ("www", "api")  # of the CRM itself; an account's calls never go there
_MAX = 300  # an address is short; a longer text is something else


def address_problem(crm: str, url: str) -> str | None:
    """Tell, in the reader's language, what is wrong with `url` as an account's address."""
    text = url.strip()
    parts = _split(text)
    if parts is None:
        return tr(N_("this is not an address; {example} is meant"), example=_example(crm))
    problem = next(_address_problems(text, parts), None)
    if problem is not None or _is_loopback(parts):
        return problem
    if crm == "amocrm":
        return _amocrm_problem(parts)
    return None


def normal_address(url: str) -> str:
    """Return a proven address without spaces around, capitals in its host or a slash at its end."""
    parts = urlsplit(url.strip())
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_loopback(url: str) -> bool:
    """Tell whether `url` leads to this machine."""
    parts = _split(url.strip())
    return parts is not None and _is_loopback(parts)


def is_amocrm_host(host: str) -> bool:
    """Tell whether `host` is exactly one plain label under one of amoCRM's domains.

    >>> is_amocrm_host("demo.amocrm.ru"), is_amocrm_host("demo.amocrm.ru.example.com")
    (True, False)
    """
    label, _, domain = host.partition(".")
    return domain in AMOCRM_DOMAINS and _LABEL.fullmatch(label) is not None


def complete_address(crm: str, text: str) -> str:
    """Make an address of what a person types for one: "demo", "demo.amocrm.ru", an open page.

    >>> complete_address("amocrm", " Demo "), complete_address("amocrm", "demo.kommo.com/leads/")
    ('https://demo.amocrm.ru', 'https://demo.kommo.com')
    """
    text = text.strip()
    if crm == "amocrm" and _LABEL.fullmatch(text.lower()):
        return f"https://{text.lower()}.amocrm.ru"
    url = text if "://" in text else f"https://{text}"
    parts = _split(url)
    if parts is None or not is_amocrm_host(parts.netloc.lower()):
        return url
    return normal_address(url)  # a page of the account was copied: its host is what counts


def _split(url: str) -> SplitResult | None:
    if len(url) > _MAX or not url.isprintable() or not url.isascii() or "\\" in url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # a broken IPv6 address, a port that is no number
        return None
    return parts if parts.scheme and parts.hostname else None


def _address_problems(text: str, parts: SplitResult) -> Iterator[str]:
    if parts.username is not None or parts.password is not None:
        yield tr(N_("no user or password stands in an address; the token has its own setting"))
    if parts.scheme not in ("https", "http") or (
        parts.scheme == "http" and not _is_loopback(parts)
    ):
        yield tr(N_("https is required except for loopback"))
    if parts.path not in ("", "/") or parts.query or parts.fragment or text[-1] in "?#":
        yield tr(N_("only the host is meant, without a path after it"))
    if _is_loopback(parts) and not parts.port:
        yield tr(N_("an address on this machine needs a port, as in http://127.0.0.1:8080"))


def _amocrm_problem(parts: SplitResult) -> str | None:
    host = parts.netloc.lower()
    label = host.partition(".")[0]
    if not is_amocrm_host(host) or label.startswith("xn--"):
        return tr(N_("{example} is meant"), example=_example("amocrm"))
    if label in _COMMON or label.startswith("api-"):
        return tr(
            N_("the account's own address is meant, not the common one: {example}"),
            example=_example("amocrm"),
        )
    return None


def _is_loopback(parts: SplitResult) -> bool:
    return parts.hostname in LOOPBACK


def _example(crm: str) -> str:
    if crm == "amocrm":
        return "https://<subdomain>.amocrm.ru (amocrm.com, kommo.com)"
    return "https://<account>"
