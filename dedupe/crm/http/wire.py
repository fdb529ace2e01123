"""One request and what came of it; no waiting and no second try here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from dedupe.errors import CrmCleanError, RemoteError, SignInError
from dedupe.language import N_, tr

from .body import GarbledError, TooLargeError, kind_of, read_body, whole_json
from .errors import Refused
from .failures import told_failure, verdict_of
from .network import DeadlineReachedError, deadline
from .policy import Policy, Verdict
from .telling import code_of, told
from .timeouts import BODY_BYTES, Timeouts
from .values import Answer, Stats

_SECONDS = re.compile(r"\d{1,12}(\.\d{1,6})?")
_FIXES = {
    403: N_("check the rights of the user whose token this is"),
    404: N_("check url in the config"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it goes out; `where` is what a message may say of it."""

    method: str
    url: str
    where: str
    token: str
    headers: Mapping[str, str]
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a call: `answer` where the verdict is OK, else `error` as a user would see it.

    `status` is 0 where no answer came, and `pause_s` None where the CRM did not say.
    """

    verdict: Verdict
    call: Call
    status: int = 0
    answer: Answer | None = None
    error: CrmCleanError | None = None
    pause_s: float | None = None
    location: str = ""


class Wire:
    """Sends a call within its time limits and says what the answer means."""

    def __init__(
        self,
        transport: httpx.BaseTransport,
        policy: Policy,
        timeouts: Timeouts,
        clock: Callable[[], float],
        stats: Stats,
    ) -> None:
        self._transport, self._policy, self._timeouts = transport, policy, timeouts
        self._clock, self._stats = clock, stats

    def exchange(self, call: Call) -> Reply:
        """Send `call` and read the whole answer."""
        try:
            end = self._clock() + self._timeouts.total
            with deadline(end):
                return self._exchange(call, end)
        except httpx.HTTPError as error:
            failure = told_failure(error, call.where)
            return Reply(verdict=verdict_of(error), call=call, error=failure)
        except TooLargeError:
            return _too_large(call)

    def _exchange(self, call: Call, end: float) -> Reply:
        limits = self._timeouts
        times = {
            "connect": limits.connect,
            "pool": limits.pool,
            "read": limits.read,
            "write": limits.write,
        }
        request = httpx.Request(
            call.method,
            call.url,
            headers=dict(call.headers),
            content=call.content,
            extensions={"timeout": times},
        )
        response = self._transport.handle_request(request)
        try:
            return self._reply(call, response, end)
        finally:
            response.stream.close()  # type: ignore[union-attr]  # a synchronous one

    def _reply(self, call: Call, response: httpx.Response, end: float) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        status = response.status_code
        try:
            body = self._body(response, headers, end)
            return self._judged(call, status, headers, body)
        except (GarbledError, TooLargeError) as error:
            if 200 <= status < 300:
                if isinstance(error, TooLargeError):
                    raise
                return _garbled(call, status, error.reason)
            return self._judged(call, status, headers, b"")  # the status says enough

    def _body(self, response: httpx.Response, headers: Mapping[str, str], end: float) -> bytes:
        def check(n: int) -> None:
            self._stats.add(n_bytes=n)
            if self._clock() > end:
                raise httpx.ReadTimeout("deadline") from DeadlineReachedError()

        chunks = response.stream
        assert isinstance(chunks, httpx.SyncByteStream)  # for mypy: both kinds are declared
        return read_body(chunks, headers, BODY_BYTES, check)

    def _judged(self, call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Reply:
        is_good = 200 <= status < 300
        code = code_of(body) if not is_good or self._policy.reads_success else ""
        verdict = self._policy.verdict(status, code, kind_of(body))
        date = _moment(headers.get("date", ""))
        if verdict is Verdict.OK:
            whole = _whole(call, status, headers, body)
            answer = Answer(status, whole, headers, date)
            return Reply(verdict=verdict, call=call, status=status, answer=answer)
        return Reply(
            verdict=verdict,
            call=call,
            status=status,
            error=_error(verdict, call.where, status, code, told(body)),
            pause_s=pause_asked(headers, date),
            location=headers.get("location", ""),
        )


def _whole(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    is_reading = call.method in ("GET", "HEAD")
    if status == 204 or (status == 202 and not body.strip()):
        return b""
    if is_reading and status != 200:
        raise GarbledError(N_("it has a status that is none for reading"))
    return whole_json(body, headers.get("content-type", ""))


def pause_asked(headers: Mapping[str, str], date: datetime | None) -> float | None:
    """Return the seconds that Retry-After asks for, None without a usable value.

    A date is read by the server's own clock where the answer tells it.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text) or None
    until = _moment(text)
    if until is None:
        return None
    seconds = (until - (date or datetime.now(UTC))).total_seconds()
    return float(math.ceil(seconds)) if seconds > 0 else None


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text) if text else None
        return at and (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _garbled(call: Call, status: int, reason: str) -> Reply:
    error = RemoteError(
        N_("the answer is not what was asked for: {reason}"),
        where=call.where,
        fix=N_("run the command again later; a proxy or maintenance of the CRM may be the cause"),
        reason=tr(reason),
    )
    return Reply(verdict=Verdict.GARBLED, call=call, status=status, error=error)


def _too_large(call: Call) -> Reply:
    error = RemoteError(
        N_("the answer is larger than {limit} MB and was cut off"),
        where=call.where,
        fix=N_("check that the address is the CRM's own"),
        limit=BODY_BYTES // 2**20,
    )
    return Reply(verdict=Verdict.STOPPED, call=call, status=200, error=error)


def _error(verdict: Verdict, where: str, status: int, code: str, words: str) -> CrmCleanError:
    if verdict is Verdict.SIGN_IN:
        return _sign_in_error(where, status, words)
    if verdict is Verdict.RENEW:
        return refused_token(where)
    if verdict is Verdict.REFUSED:
        return Refused(where, status, code, words, _FIXES.get(status, ""))
    if verdict is Verdict.LIMITED:
        return RemoteError(
            N_("the CRM keeps saying that there are too many requests"),
            where=where,
            fix=N_("stop the account's other integrations, or try again later"),
        )
    return RemoteError(
        N_("the CRM answers with status {words}"),
        where=where,
        fix=N_("run the command again later"),
        words=" ".join(filter(None, (str(status), words))),
    )


def _sign_in_error(where: str, status: int, words: str) -> SignInError:
    if status == 402:
        return SignInError(
            N_("the account is not paid for, or its plan does not allow this"),
            where=where,
            fix=N_("pay for the account, then run the command again"),
        )
    return SignInError(
        N_("the account does not let this machine in: {words}"),
        where=where,
        fix=N_("ask the account's administrator to allow this machine's address"),
        words=words or str(status),
    )


def refused_token(where: str) -> SignInError:
    """Return the error of a token that the CRM does not take."""
    return SignInError(
        N_("the CRM does not accept the token"),
        where=where,
        fix=N_("run `crmclean auth login` with a valid one"),
    )
