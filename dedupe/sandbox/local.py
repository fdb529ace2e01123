"""A local CRM in one object: an account, served by a thread until it is closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from dedupe.contracts import Account
from dedupe.errors import InputError
from dedupe.language import N_

from .amocrm.crm import AmoCrm
from .amocrm.keys import Keys
from .amocrm.options import Options
from .amocrm.state import State
from .server.clock import Clock
from .server.control import requests_seen
from .server.faults import Fault
from .server.limit import Limit
from .server.logs import Happened
from .server.room import Room
from .server.thread import ServerThread, application

CRMS = ("amocrm",)


class Sandbox:
    """Serves `account` as `crm` on loopback; a context manager.

    Without `tokens` any bearer token is taken, as an administrator's; with them only these
    (token -> the user it belongs to, None: an administrator) and those of OAuth. `clock`
    tells the account's time, `monotonic` that of the limit; `seed` is that of the faults.
    """

    def __init__(
        self,
        account: Account,
        *,
        crm: str = "amocrm",
        port: int = 0,
        limit: Limit | None = None,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        tokens: Mapping[str, int | None] | None = None,
        options: Options | None = None,
        effects: Path | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start serving. Raises InputError for an account that `crm` can't have."""
        if crm not in CRMS:
            raise InputError(
                N_("there is no sandbox for {crm} yet"), fix=N_("serve amocrm"), crm=crm
            )
        self.clock = Clock(clock)
        self.crm = AmoCrm(account, self.clock, options=options, tokens=tokens)
        self.room = Room(
            self.crm,
            self.clock,
            limit=limit,
            faults=faults,
            seed=seed,
            effects=effects,
            monotonic=monotonic,
        )
        self._thread = ServerThread(application(self.room), port)

    @property
    def url(self) -> str:
        """The account's address."""
        return self._thread.url

    @property
    def state(self) -> State:
        """The account's state; hold its lock for several changes at once."""
        return self.crm.state

    @property
    def keys(self) -> Keys:
        """The account's tokens."""
        return self.crm.keys

    @property
    def log(self) -> list[Happened]:
        """The effects so far, oldest first."""
        return self.room.log.all()

    @property
    def requests(self) -> dict[str, Any]:
        """Counts (n, n_429, n_blocked, fullest_window, statuses) and the latest `requests`."""
        return requests_seen(self.room)

    def set_faults(self, faults: Sequence[Fault]) -> None:
        """Put `faults` in place of those in force."""
        self.room.faults.set(faults)

    def change(self, **order: Any) -> Any:  # noqa: ANN401  JSON of any shape
        """Change the account as a person does: do="delete", kind="contacts", id=1."""
        with self.crm.lock:
            return self.crm.change(order)

    def wait(self) -> None:
        """Wait until the server ends, which it does only when it is closed or breaks."""
        self._thread.wait()

    def close(self) -> None:
        """End the server and the effect file."""
        self._thread.close()
        self.room.log.close()

    def __enter__(self) -> Sandbox:
        """Return the sandbox, which serves already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
