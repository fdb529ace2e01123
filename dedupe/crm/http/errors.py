"""What goes wrong between us and a CRM, beyond the tree of `dedupe.errors`.

* RemoteError                   exit 10
  - Refused                     exit 10  a definite "no" to one request; a caller may do without it
  - BlockedError                exit 10  the CRM told us to keep away until a time
* CrmCleanError
  - ReadOnlyError               exit 1   a write through a connection that only reads: a bug of ours
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dedupe.errors import CrmCleanError, RemoteError
from dedupe.language import N_, date_time


class Refused(RemoteError):  # noqa: N818  the name is agreed with the readers of each CRM
    """The CRM said no to one request: `status` of HTTP, `code` as the CRM's body gives it."""

    def __init__(
        self, where: str, status: int, code: str = "", told: str = "", fix: str = ""
    ) -> None:
        words = " ".join(filter(None, (str(status), told or code)))
        super().__init__(
            N_("the CRM refused the request: {words}"), where=where, fix=fix, words=words
        )
        self.status, self.code = status, code


class BlockedError(RemoteError):
    """The CRM wants no request from us for `seconds` more; another process may have learnt it."""

    def __init__(self, problem: str, *, where: str = "", fix: str = "", seconds: float) -> None:
        super().__init__(problem, where=where, fix=fix, time=moment_in(seconds))
        self.seconds = seconds


class ReadOnlyError(CrmCleanError):
    """A request that could change something was asked of a connection that only reads."""

    def __init__(self, method: str) -> None:
        super().__init__(
            N_("{method} was asked of a connection that only reads; nothing was sent"),
            method=method,
        )


def moment_in(seconds: float) -> str:
    """Write the local time `seconds` from now; a wait of years is written as ten years."""
    decade_s = 3650 * 86400.0
    return date_time(datetime.now().astimezone() + timedelta(seconds=min(seconds, decade_s)))
