"""Nothing secret in a log: known secrets in every spelling, and what looks like one.

`hide` makes a secret known when it is read; `redact` cleans a text; `Redactor`
is the filter for every handler of the log, put there by `install`.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import traceback
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MARK = "[REDACTED]"
FAILED = "[REDACTED:ERROR]"

_SHORTEST = 6  # a shorter one would blot out words; no CRM gives such a secret
_NAMES = (
    r"api[_-]?key|client_secret|refresh_token|access_token|id_token|auth_token|auth"
    r"|password|secret|x-refresh-token|x-api-key|token|code"
)
_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic)(\s+|%20|\+)[\w.~+/%=\-]{4,}"), rf"\1\2{MARK}"),
    (re.compile(r"\beyJ[\w\-]{4,}\.[\w\-]+(?:\.[\w\-]*)?"), MARK),
    (re.compile(r"(?i)(/rest/\d+/)[^/\s?#\"']+"), rf"\1{MARK}"),
    (re.compile(rf"(?i)([?&](?:{_NAMES})=)[^&\s\"'#]+"), rf"\1{MARK}"),
    (
        re.compile(
            r"(?i)(\b(?:api[_-]?key|client_secret|refresh_token|access_token|x-refresh-token"
            r"|x-api-key|password)\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s&,;\"'}\]\\]+"
        ),
        rf"\1{MARK}",
    ),
    (re.compile(r"(://)[^/\s@]+@"), rf"\1{MARK}@"),
)

_known: set[str] = set()
_guard = threading.Lock()


def hide(secret: str) -> None:
    """Make `secret` known, so that no text shows it in any spelling."""
    if len(secret) < _SHORTEST:
        return
    with _guard:
        _known.update(
            (
                secret,
                quote(secret, safe=""),
                quote_plus(secret),
                quote(secret),
                json.dumps(secret)[1:-1],
                repr(secret)[1:-1],
            )
        )


def redact(text: str) -> str:
    """Return `text` without the known secrets and without what looks like one."""
    with _guard:
        secrets = sorted(_known, key=len, reverse=True)
    for secret in secrets:
        text = text.replace(secret, MARK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class Redactor(logging.Filter):
    """Writes a record's message, arguments and traceback anew, without secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean `record`; one that can't be cleaned loses its text."""
        try:
            _clean(record)
        except Exception:  # whatever is wrong with a record, its text must not get out
            record.msg, record.args = FAILED, None
            record.exc_info = record.exc_text = record.stack_info = None
        return True


def _clean(record: logging.LogRecord) -> None:
    message = redact(record.getMessage())
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = redact("".join(traceback.format_exception(record.exc_info[1]))).rstrip()
    elif record.exc_text:
        record.exc_text = redact(record.exc_text)
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
    record.msg, record.args, record.exc_info = message, None, None


def install(handlers: Iterable[logging.Handler] | None = None) -> None:
    """Put the filter on `handlers` (those of the root logger), once, and quiet the HTTP library."""
    quiet()
    last = [logging.lastResort] if logging.lastResort else []
    for handler in handlers if handlers is not None else [*logging.getLogger().handlers, *last]:
        if not any(isinstance(f, Redactor) for f in handler.filters):
            handler.addFilter(Redactor())


def quiet() -> None:
    """Keep the HTTP library from logging addresses and headers."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
