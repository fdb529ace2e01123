"""Requests to one account: paced, retried by policy, stopped in time.

A request that only reads is repeated where that can help. A write is sent once:
when its outcome is not known, nobody here sends it again.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

import httpx

from dedupe.errors import CrmCleanError, RemoteError, SignInError, StoppedError
from dedupe.events import Listener, Waiting, ignore
from dedupe.language import N_

from .address import Address
from .clock import boot_clock
from .errors import BlockedError, ReadOnlyError
from .network import NetworkTransport
from .pace import N_GARBLED, N_RETRIES, Budget, Circuit, backoff
from .policy import STANDARD, Policy, Verdict
from .redaction import hide, quiet, redact
from .timeouts import Timeouts
from .values import Answer, Outcome, Sent, Stats, TokenSource
from .window import BARRED_S, PATIENCE_S, Claim, RequestWindow
from .wire import Call, Reply, Wire, refused_token

_log = logging.getLogger(__name__)

_SLICE_S = 1.0  # how soon a wait notices that the run is to stop
_WORTH_TELLING_S = 2.0  # every request waits a little when the rate is used in full

Sign = Callable[[str], tuple[str, str]]


def bearer(token: str) -> tuple[str, str]:
    """Return the header that carries the token."""
    return "Authorization", f"Bearer {token}"


@dataclass(slots=True)
class _Effort:
    """What was already tried for one request."""

    n_failed: int = 0
    n_garbled: int = 0
    is_renewed: bool = False
    is_redirected: bool = False
    waited_s: float = 0.0

    def wait(self, seconds: float, error: Exception | None) -> None:
        """Count a wait; one request is not waited for without end."""
        self.waited_s += seconds
        if self.waited_s > PATIENCE_S and error is not None:
            raise error


class Transport:
    """The connection to one account; thread-safe; one per account and process.

    `stop` ends every wait with StoppedError. `listen` hears from any thread. `sign`
    makes the header of a token; `proxy` is an address (see `proxy_for`).
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        window: RequestWindow,
        *,
        read_only: bool = True,
        listen: Listener = ignore,
        stage: str = "pull",
        clock: Callable[[], float] = boot_clock,
        sleep: Callable[[float], object] | None = None,
        rand: Callable[[], float] = random.random,
        transport: httpx.BaseTransport | None = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008  frozen
        policy: Policy = STANDARD,
        sign: Sign = bearer,
        proxy: str | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        quiet()
        self.stats = Stats()
        self._address = Address(base_url)
        self._tokens, self._window, self._sign = tokens, window, sign
        self._read_only, self._timeouts = read_only, timeouts
        self._listen, self._stage = listen, stage
        self._clock, self._rand = clock, rand
        self._stop, self._closed = stop or threading.Event(), threading.Event()
        self._sleep = sleep or self._stop.wait
        self._budget, self._circuit = Budget(), Circuit()
        self._transport = transport or NetworkTransport(clock, proxy)
        self._wire = Wire(self._transport, policy, timeouts, clock, self.stats)

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """Read `path`; the answer's status is 200, or 204 with an empty body.

        Raises Refused for a definite no to this request, SignInError, and RemoteError
        when the CRM can't be had.
        """
        url, effort = self._address.join(path, params), _Effort()
        while True:
            reply, is_open = self._attempt("GET", url, self._where(url), None)
            if reply.answer is not None:
                return reply.answer
            url = self._react(reply, effort, url, is_open)
            _log.info("%s: %s %s, tried again", reply.call.where, reply.status, reply.verdict.name)
            self.stats.add(n_retries=1)

    def send(self, method: str, path: str, body: bytes) -> Sent:
        """Send a write once, and say what became of it.

        An error that is raised means that it was not carried out, nor will others be
        (SignInError, BlockedError, ...). UNSENT, too, was not carried out: try again.
        """
        method = method.upper()
        if self._read_only and method not in ("GET", "HEAD"):
            raise ReadOnlyError(method)
        url = self._address.join(path)
        where = self._where(url)
        reply, _ = self._attempt(method, url, where, body)
        if reply.verdict is Verdict.RENEW:
            self._tokens.renew(reply.call.token)
            self.stats.add(n_retries=1)
            reply, _ = self._attempt(method, url, where, body)
        return self._sent(reply)

    def same_host(self, path_or_url: str) -> str:
        """Return the path of a link that an answer gave; refuse one to another host."""
        return self._address.same_host(path_or_url)

    def close(self) -> None:
        """Close the connections; requests that still wait for their turn end with StoppedError."""
        self._closed.set()
        self._transport.close()

    def _where(self, url: str) -> str:
        return redact(f"{self._address.host}{urlsplit(url).path}")[:200]

    def _attempt(
        self, method: str, url: str, where: str, content: bytes | None
    ) -> tuple[Reply, bool]:
        """Send one request when its turn has come; tell also whether it opened the circuit."""
        self._await_circuit(where)
        call = self._call(method, url, where, content)
        claim = self._window.claim(self._pauser(), self._timeouts.hold)
        reply: Reply | None = None
        try:
            self._check_stop()
            self.stats.add(n_requests=1)
            reply = self._wire.exchange(call)
            if reply.verdict in (Verdict.LIMITED, Verdict.BARRED):
                reply = self._held_back(reply, claim)
        finally:
            self._window.release(claim, is_answered=reply is not None and reply.status > 0)
        return reply, self._recorded(reply)

    def _call(self, method: str, url: str, where: str, content: bytes | None) -> Call:
        token = self._tokens.token()
        hide(token)
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise SignInError(
                N_("the token has characters that no token has"),
                where=self._address.host,
                fix=N_("copy it again, as one line"),
            )
        name, value = self._sign(token)
        headers = {
            "Accept": "application/hal+json, application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": _user_agent(),
            name: value,
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        return Call(
            method=method, url=url, where=where, token=token, headers=headers, content=content
        )

    def _held_back(self, reply: Reply, claim: Claim) -> Reply:
        """Let all processes know that the CRM wants fewer requests, or none."""
        if reply.verdict is Verdict.BARRED:
            self._window.bar()
            raise BlockedError(
                N_("the CRM blocks this machine's address for too many requests"),
                where=self._address.host,
                fix=N_("stop other programs that call it, and try again after {time}"),
                seconds=BARRED_S,
            )
        self.stats.add(n_limited=1)
        pause_s = self._window.limited(claim, reply.pause_s)
        if pause_s > PATIENCE_S:
            raise BlockedError(
                N_("the CRM asks to wait until {time}"),
                where=self._address.host,
                fix=N_("try again after that"),
                seconds=pause_s,
            )
        return replace(reply, pause_s=pause_s)

    def _recorded(self, reply: Reply) -> bool:
        is_good = reply.verdict not in (Verdict.UNSENT, Verdict.UNKNOWN, Verdict.STOPPED)
        if reply.verdict is Verdict.OK:
            self._budget.earn()
        return self._circuit.record(is_good, self._clock())

    def _react(self, reply: Reply, effort: _Effort, url: str, is_open: bool) -> str:
        """Make ready for another try and return its address, or raise what went wrong."""
        match reply.verdict:
            case Verdict.UNSENT | Verdict.UNKNOWN:
                self._after_failure(reply, effort, is_open)
            case Verdict.GARBLED:
                self._after_garbled(reply, effort)
            case Verdict.LIMITED:  # the pause is made by whoever claims next
                effort.wait(reply.pause_s or 0.0, reply.error)
            case Verdict.RENEW if not effort.is_renewed:
                effort.is_renewed = True
                self._tokens.renew(reply.call.token)
            case Verdict.REDIRECT if not effort.is_redirected and reply.location:
                effort.is_redirected = True
                return self._address.redirected(url, reply.location)
            case _:
                raise _error_of(reply)
        return url

    def _after_failure(self, reply: Reply, effort: _Effort, is_open: bool) -> None:
        if is_open and self._circuit.has_answered:
            return  # the next attempt waits until the circuit lets it probe
        effort.n_failed += 1
        # An address that has never answered is rather wrong than out of order.
        if is_open or effort.n_failed > N_RETRIES:
            raise _error_of(reply)
        wait_s = backoff(effort.n_failed, self._rand) + self._budget.spend()
        wait_s = max(wait_s, reply.pause_s or 0.0)
        effort.wait(wait_s, reply.error)
        self._wait(wait_s, "retry")

    def _after_garbled(self, reply: Reply, effort: _Effort) -> None:
        effort.n_garbled += 1
        if effort.n_garbled > N_GARBLED:
            raise _error_of(reply)
        self._wait(backoff(effort.n_garbled, self._rand), "retry")

    def _sent(self, reply: Reply) -> Sent:
        match reply.verdict:
            case Verdict.OK:
                return Sent(Outcome.DONE, reply.answer)
            case Verdict.REFUSED:
                return Sent(Outcome.REFUSED, error=reply.error)
            case Verdict.UNSENT | Verdict.LIMITED:
                return Sent(Outcome.UNSENT, error=reply.error)
            case Verdict.RENEW | Verdict.SIGN_IN:
                raise _error_of(reply)
            case Verdict.STOPPED if reply.status == 0:  # no connection was made
                raise _error_of(reply)
            case _:
                return Sent(Outcome.UNKNOWN, error=reply.error)

    def _await_circuit(self, where: str) -> None:
        while (wait_s := self._circuit.wait_s(self._clock())) > 0:
            if self._circuit.is_spent:
                raise RemoteError(
                    N_("the CRM has not answered properly for minutes"),
                    where=where,
                    fix=N_("run the command again later; it goes on where it stopped"),
                )
            self._wait(wait_s, "retry")

    def _pauser(self) -> Callable[[float, str], None]:
        is_told = False

        def pause(seconds: float, reason: str) -> None:
            nonlocal is_told
            if not is_told and (reason == "limit" or seconds >= _WORTH_TELLING_S):
                self._listen(Waiting(self._stage, "limit", seconds))
                is_told = True
            self._nap(min(seconds, _SLICE_S))

        return pause

    def _wait(self, seconds: float, reason: str) -> None:
        if seconds >= _WORTH_TELLING_S:
            self._listen(Waiting(self._stage, reason, seconds))
        while seconds > 0:
            self._nap(min(seconds, _SLICE_S))
            seconds -= _SLICE_S

    def _nap(self, seconds: float) -> None:
        self._check_stop()
        self._sleep(seconds)
        self.stats.add(waited_s=seconds)
        self._check_stop()

    def _check_stop(self) -> None:
        if self._stop.is_set() or self._closed.is_set():
            raise StoppedError(N_("stopped; nothing more was sent"))


def _error_of(reply: Reply) -> CrmCleanError:
    if reply.verdict is Verdict.RENEW:
        return refused_token(reply.call.where)
    return reply.error or RemoteError(N_("no answer from the CRM"), where=reply.call.where)


@cache
def _user_agent() -> str:
    try:
        return f"crmclean/{version('crmclean')}"
    except PackageNotFoundError:  # run from the sources
        return "crmclean"
