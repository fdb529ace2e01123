"""The browser's part of OAuth: the address to open, and the code that comes back."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from dedupe.config import is_loopback
from dedupe.errors import InputError, SignInError
from dedupe.language import N_

_CODE = re.compile(r"[\x21-\x7e]{1,8192}")
_AGAIN = N_("open the address once more and paste where it leads to")


def consent_address(base_url: str, client_id: str, state: str) -> str:
    """Return the page on which an administrator lets the integration in.

    `state` comes back with the code and ties it to this sign-in.
    """
    parts = urlsplit(base_url)
    domain = parts.netloc.partition(".")[2]
    origin = base_url if is_loopback(base_url) else f"https://www.{domain}"
    query = urlencode({"client_id": client_id, "state": state, "mode": "popup"})
    return f"{origin}/oauth?{query}"


def read_code(text: str, *, state: str, host: str) -> str:
    """Return the code in `text`: the code alone, or the whole address it came back in.

    Raises InputError where there is none, SignInError where it is of another sign-in or
    account. Nothing of `text` is shown.
    """
    text = text.strip()
    if "://" not in text and "code=" not in text:
        return _proven(text)
    try:
        parts = urlsplit(text if "://" in text else f"https://pasted/?{text.lstrip('?&')}")
        answers = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        raise _no_code() from None
    if "error" in answers:
        raise SignInError(N_("the access was not granted"), where=host, fix=_AGAIN)
    if answers.get("state", [state]) != [state]:
        raise SignInError(N_("this answer is of another sign-in"), where=host, fix=_AGAIN)
    _check_account(answers.get("referer", []), host)
    return _proven(answers.get("code", [""])[0])


def _check_account(referers: list[str], host: str) -> None:
    for referer in referers:
        other = referer.partition("://")[2] or referer
        if other.rstrip("/").lower() != host:
            raise SignInError(
                N_("the access was granted for another account than the config's"),
                where=host,
                fix=N_("choose this account on the page, or correct url in the config"),
            )


def _proven(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise _no_code()
    return code


def _no_code() -> InputError:
    return InputError(
        N_("there is no code in this"),
        fix=N_("paste the whole address that the browser came back to, or the code alone"),
    )
