"""A pull of one account: settings first, then the whole of the records or what changed.

The result is an account in memory. The pages stay in the spool until `Pulled.done`, which the
caller calls when the snapshot is written: a pull that is killed at any moment before is
gone on with by the next. What was read before the kill is then brought up to date by what
changed since it began, so that the result is as if nothing had happened.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import polars as pl

from dedupe.contracts import Account
from dedupe.crm.amocrm import (
    ACCOUNT_PARAMS,
    ACCOUNT_PATH,
    AccountFacts,
    read_account,
    settle,
)
from dedupe.errors import StorageError
from dedupe.events import Listener, StageFinished, StageStarted, ignore
from dedupe.language import N_

from .changes import Changes, read_changes
from .choice import Choice, Mode, choose
from .full import Found, read_records, read_settings
from .guard import check_account, shrunk_error, shrunk_tables, sight, sight_notes
from .lists import join_tables, not_asked, record_lists, record_tables, setting_lists, shape
from .outcome import n_changed, n_deleted, with_changes
from .spool import Spool, Subject
from .walk import Clock, Getter, Walker
from .walkback import Ground

OVERLAP_S = 7_200  # of two pulls, in the server's time: clocks of its machines, late writes
CATCH_UP_S = 600  # the same after a kill: the pages are younger than their pull
STALE_S = 86_400.0  # an older spool is not worth going on with
_SHRUNK, _NOT_ASKED = "shrunk", "not_requested"
_SPOOL = "pages.spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """What a pull may be told. `host` is the account's, for the snapshot and messages."""

    host: str
    with_: tuple[str, ...] = ()
    mode: Mode = Mode.AUTO
    accept_shrunk: bool = False
    width: int = 7  # requests in flight: as many as the CRM allows in a window


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull gave, and how. `n_changed` and `n_deleted` are of an incremental one."""

    account: Account
    choice: Choice
    seconds: float
    is_resumed: bool = False
    is_partial: str = "false"
    n_items: int = 0
    n_quarantined: int = 0
    n_changed: Mapping[str, int] = field(default_factory=dict)
    n_deleted: Mapping[str, int] = field(default_factory=dict)
    blind: tuple[str, ...] = ()
    folder: Path = Path()

    def done(self) -> None:
        """Forget the pages: the snapshot is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def pull(
    source: Getter,
    folder: Path,
    options: PullOptions,
    *,
    last: Account | None = None,
    listen: Listener = ignore,
    stop: threading.Event | None = None,
) -> Pulled:
    """Read the account behind `source`; its pages are kept in `folder` meanwhile.

    `last` is the last snapshot; `stop`, when set, ends what `source` waits for. Raises
    InputError for another account's snapshot, SafetyError for a read that shrank, and what
    `source` raises.
    """
    clock = Clock()
    walker = Walker(
        source=source,
        clock=clock,
        width=options.width,
        listen=listen,
        stop=stop or threading.Event(),
    )
    answer = source.get(ACCOUNT_PATH, ACCOUNT_PARAMS)
    clock.hear(answer.date)
    facts = read_account(answer.body)
    check_account(facts, last, options.host)
    run = _Run(walker, folder, options, facts, last, answer.date)
    return run.pull()


@dataclass(slots=True)
class _Run:
    walker: Walker
    folder: Path
    options: PullOptions
    facts: AccountFacts
    last: Account | None
    began: datetime | None
    started: float = field(default_factory=perf_counter)

    def pull(self) -> Pulled:
        settings = self._settings()
        partial = sight(self.facts, settings.tables)
        choice = choose(
            self.options.mode,
            self.last,
            self.facts,
            options=self.options.with_,
            is_partial=partial,
            now=self.began,
        )
        if choice.mode is Mode.INCREMENTAL and self.options.mode is Mode.AUTO and self._is_begun():
            choice = Choice(Mode.FULL, N_("a whole read was interrupted and is gone on with"))
        if choice.mode is Mode.INCREMENTAL:
            pulled = self._changed(settings, choice, partial)
            if pulled is not None:
                return pulled
            choice = Choice(Mode.FULL, N_("the CRM does not tell all that changed"))
        return self._whole(settings, choice, partial)

    def _settings(self) -> Found:
        found = read_settings(self.walker, setting_lists(self.options.with_))
        found.tables |= self.facts.tables
        return found

    def _changed(self, settings: Found, choice: Choice, partial: str) -> Pulled | None:
        """Read what changed since the last snapshot; None where deletions can't be learnt."""
        last = self.last
        assert last is not None  # `choose` saw it
        assert last.read_from is not None
        since = int(last.read_from.timestamp()) - OVERLAP_S
        changes = self._changes(last, since)
        if not changes.is_sure or changes.not_read:
            return None
        ours = record_tables(self.options.with_)
        old = {name: last.frame(name) for name in last.tables if name in ours}
        found = with_changes(old, changes)
        return self._finish(settings, found, choice, partial, changes=changes)

    def _whole(self, settings: Found, choice: Choice, partial: str) -> Pulled:
        spool, is_resumed = self._spool()
        try:
            found = self._records(spool)
            changes = None
            if is_resumed:
                changes = self._catch_up(spool, found)
                if changes is None:
                    is_resumed, found = False, self._afresh(spool)
            began = spool.subject.started if spool.subject else 0.0
            return self._finish(
                settings,
                found,
                choice,
                partial,
                spool=spool,
                began=datetime.fromtimestamp(began, UTC) if began else None,
                is_resumed=is_resumed,
            )
        finally:
            spool.close()

    def _records(self, spool: Spool) -> Found:
        since = int(spool.subject.started) if spool.subject else 0
        lists = record_lists(self.options.with_)
        return read_records(self.walker, spool, lists, self.last, since)

    def _afresh(self, spool: Spool) -> Found:
        spool.start(self._subject())
        return self._records(spool)

    def _catch_up(self, spool: Spool, found: Found) -> Changes | None:
        """Bring pages of before the kill up to date; None where deletions can't be learnt."""
        read = Account(tables={name: frame.lazy() for name, frame in found.tables.items()})
        since = int(spool.subject.started) - CATCH_UP_S if spool.subject else 0
        changes = self._changes(read, since)
        if not changes.is_sure:
            return None
        caught = with_changes(found.tables, changes)
        found.tables = caught.tables
        return changes

    def _changes(self, ground: Account, since: int) -> Changes:
        lists = record_lists(self.options.with_)
        known = Ground(since=since, last=ground, has_filters=self.facts.has_filters)
        self.walker.listen(StageStarted("changes"))
        start = perf_counter()
        changes = read_changes(self.walker, lists, known, self._side_spool)
        rows = sum(frame.height for frame in changes.tables.values())
        self.walker.listen(StageFinished("changes", rows, perf_counter() - start))
        return changes

    def _spool(self) -> tuple[Spool, bool]:
        """Open the spool; tell whether it has pages to go on from."""
        spool = Spool(self._made() / _SPOOL)
        if self._is_ours(spool):
            return spool, bool(spool.frames)
        spool.start(self._subject())
        return spool, False

    def _is_begun(self) -> bool:
        if not (self.folder / _SPOOL).is_file():
            return False
        spool = Spool(self.folder / _SPOOL)
        try:
            return self._is_ours(spool) and bool(spool.frames)
        finally:
            spool.close()

    def _is_ours(self, spool: Spool) -> bool:
        """Tell whether the spool's pages are of this read and young enough."""
        held, subject = spool.subject, self._subject()
        if held is None or self.began is None or not held.is_same(subject):
            return False
        is_wanted = _SHRUNK not in spool.marks or self.options.accept_shrunk
        return is_wanted and 0 <= subject.started - held.started < STALE_S

    def _side_spool(self, name: str) -> Spool:
        spool = Spool(self._made() / f"{name}.spool")
        spool.start(self._subject())
        return spool

    def _made(self) -> Path:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                N_("the folder can't be made ({reason})"),
                where=str(self.folder),
                fix=N_("check its rights and the free space"),
                reason=(error.strerror or type(error).__name__).lower(),
            ) from error
        return self.folder

    def _subject(self) -> Subject:
        return Subject(
            account_id=self.facts.id,
            host=self.options.host,
            options=self.options.with_,
            shape=shape(self.options.with_),
            started=self.began.timestamp() if self.began else 0.0,
        )

    def _finish(
        self,
        settings: Found,
        found: Found,
        choice: Choice,
        partial: str,
        *,
        changes: Changes | None = None,
        spool: Spool | None = None,
        began: datetime | None = None,
        is_resumed: bool = False,
    ) -> Pulled:
        tables = settle(join_tables([settings.tables, found.tables]))
        self._check_shrunk(tables, spool)
        n = settings.n_items + found.n_items
        n_bad = settings.n_quarantined + found.n_quarantined
        not_read = {**settings.not_read, **found.not_read, **self._not_told(tables)}
        account = Account(
            tables={name: frame.lazy() for name, frame in tables.items()},
            crm="amocrm",
            account_id=self.facts.id,
            host=self.options.host,
            read_from=began or self.began,
            read_to=self.walker.clock.last,
            not_read=not_read,
            notes=sight_notes(partial, n, n_bad),
            settings=self._account_settings(choice, partial, n_bad, began or self.began),
        )
        return Pulled(
            account=account,
            choice=choice,
            seconds=perf_counter() - self.started,
            is_resumed=is_resumed,
            is_partial=partial,
            n_items=n,
            n_quarantined=n_bad,
            n_changed={} if changes is None else n_changed(self.last, changes, self.options.with_),
            n_deleted={} if changes is None else n_deleted(self.last, changes),
            blind=() if changes is None else tuple(sorted(changes.blind)),
            folder=self.folder,
        )

    def _check_shrunk(self, tables: Mapping[str, pl.DataFrame], spool: Spool | None) -> None:
        if self.last is None or self.options.accept_shrunk:
            return
        shrunk = shrunk_tables(tables, self.last, not_asked(self.options.with_))
        if shrunk:
            if spool is not None:
                spool.mark(_SHRUNK)  # for --accept-shrunk; without it the next pull reads anew
            raise shrunk_error(tables, self.last, shrunk, self.options.host)

    def _not_told(self, tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
        told = dict.fromkeys(sorted(not_asked(self.options.with_) - set(tables)), _NOT_ASKED)
        if self.facts.has_loss_reasons is False:
            told["deals.loss_reason_id"] = "not_available"
        return told

    def _account_settings(
        self, choice: Choice, partial: str, n_quarantined: int, began: datetime | None
    ) -> dict[str, str]:
        last_full = self.last.settings.get("full_at", "") if self.last else ""
        is_full = choice.mode is Mode.FULL
        return {
            **self.facts.settings,
            "shape": shape(self.options.with_),
            "with": ",".join(self.options.with_),
            "read_mode": str(choice.mode),
            "full_at": (began.isoformat() if began else "") if is_full else last_full,
            "is_partial": partial,
            "n_quarantined": str(n_quarantined),
        }
