"""Remove what is past its days from a state folder: account by account, under its locks.

Crash-safe: each thing goes as one (see `files.take_away`), and what a kill left goes the next
time. A thing that changed between the look and the removal stays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dedupe.apply.lock import account_lock
from dedupe.crm.pull import pull_lock
from dedupe.errors import CrmCleanError, LockedError, StorageError
from dedupe.language import N_

from .files import ASIDE, entries, refused, seen, take_away
from .kinds import PLAN_FILE, Kind
from .runs import clear_values, past_runs
from .scans import one_folder, past_scans, single_files
from .terms import CHANGED, IN_USE, Found, Past, Stays, Terms

RUN = "prune"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went, what is past its days and stays, and what went wrong."""

    gone: tuple[Past, ...] = ()
    stays: tuple[Stays, ...] = ()
    errors: tuple[CrmCleanError, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return 0, or the code of the gravest error: 9 before 11, of an account at work."""
        codes = {error.exit_code for error in self.errors}
        return next((code for code in (9, 11, *sorted(codes)) if code in codes), 0)


def look(state: Path, terms: Terms) -> Pruned:
    """Return what `prune` would remove. Changes nothing, and locks nothing."""
    return _each(state, terms, _only_look)


def prune(state: Path, terms: Terms) -> Pruned:
    """Remove what is past its days; an account at work, or one that is damaged, is left alone."""
    return _each(state, terms, _remove)


def account_folders(state: Path) -> list[Path]:
    """Return the folders of the accounts, by name."""
    return [Path(e.path) for e in entries(state / "accounts") if e.is_dir(follow_symlinks=False)]


@contextmanager
def both_locks(folder: Path, run: str) -> Iterator[None]:
    """Hold an account against runs and pulls. Raises LockedError."""
    with ExitStack() as stack:
        stack.enter_context(account_lock(folder, run))
        stack.enter_context(pull_lock(folder))
        yield


def _only_look(state: Path, terms: Terms, folder: Path | None) -> Pruned:
    found = _shared(state, terms) if folder is None else _of_account(folder, terms)
    return Pruned(gone=found.past, stays=found.stays)


def _remove(state: Path, terms: Terms, folder: Path | None) -> Pruned:
    if folder is None:
        return _removed(_shared(state, terms))
    with both_locks(folder, RUN):
        return _removed(_of_account(folder, terms))


def _each(state: Path, terms: Terms, act: Callable[[Path, Terms, Path | None], Pruned]) -> Pruned:
    gone: list[Past] = []
    stays: list[Stays] = []
    errors: list[CrmCleanError] = []
    for folder in (None, *account_folders(state)):
        try:
            made = act(state, terms, folder)
        except (LockedError, StorageError) as error:
            errors.append(error)
        except (OSError, sqlite3.Error) as error:
            errors.append(_storage(folder or state, error))
        else:
            gone += made.gone
            stays += made.stays
            errors += made.errors
    return Pruned(gone=tuple(gone), stays=tuple(stays), errors=tuple(errors))


def _shared(state: Path, terms: Terms) -> Found:
    """Look at what is of no one account: scans and logs."""
    logs = [
        Path(each.path)
        for each in entries(state / "logs")
        if each.is_file(follow_symlinks=False) and each.name.endswith((".jsonl", ".log"))
    ]
    logs.sort(key=lambda path: path.lstat().st_mtime)
    past = single_files(Kind.LOG, logs[: -terms.retention.keep_last], "", terms)
    return past_scans(state / "scans", terms) + Found(past=tuple(past))


def _of_account(folder: Path, terms: Terms) -> Found:
    account = folder.name
    spool = folder / "pull" / "pages.spool"
    approvals = [
        Path(each.path)
        for each in entries(folder / "approvals")
        if each.is_file(follow_symlinks=False) and each.name.endswith((".json", ".jsonl"))
    ]
    approvals += [
        Path(each.path)
        for each in entries(folder / "plans")  # of `crmclean plan`: they expire in days
        if each.is_file(follow_symlinks=False) and PLAN_FILE.fullmatch(each.name)
    ]
    past = [*single_files(Kind.APPROVAL, approvals, account, terms)]
    if spool.is_file() and not spool.is_symlink() and not spool.parent.is_symlink():
        past += single_files(Kind.PAGES, [spool], account, terms)
    snapshot = _snapshot(folder, terms)
    return (
        Found(past=tuple(past))
        + snapshot
        + past_scans(folder / "scans", terms)
        + past_runs(folder, account, terms)
    )


def _snapshot(folder: Path, terms: Terms) -> Found:
    """Look at the copy of the account, which is in use, and at what killed pulls left beside it."""
    own = folder / "snapshot"
    past: list[Past] = []
    stays: list[Stays] = []
    if own.is_dir() and not own.is_symlink():
        past_now = [*one_folder(Kind.SNAPSHOT, own, folder.name, terms)]
        stays += [
            Stays(kind=Kind.SNAPSHOT, path=own, account=folder.name, why=IN_USE) for _ in past_now
        ]
        # Without `snapshot` the last one may be aside: the next pull puts it back.
        for entry in entries(folder):
            if entry.name.startswith((".snapshot.", ASIDE)) and entry.is_dir(follow_symlinks=False):
                past += one_folder(Kind.LEFTOVER, Path(entry.path), folder.name, terms)
    return Found(past=tuple(past), stays=tuple(stays))


def _removed(found: Found) -> Pruned:
    gone: list[Past] = []
    stays = list(found.stays)
    errors: list[CrmCleanError] = []
    for past in found.past:
        try:
            if past.run_id:
                clear_values(past.path.parent, [past.run_id])
            elif _marks(past.path) != dict(past.marks):
                why = Stays(kind=past.kind, path=past.path, account=past.account, why=CHANGED)
                stays.append(why)
                continue
            else:
                take_away(past.path)
        except StorageError as error:
            errors.append(error)
        else:
            gone.append(past)
    return Pruned(gone=tuple(gone), stays=tuple(stays), errors=tuple(errors))


def _marks(path: Path) -> dict[str, object]:
    try:
        return dict(seen(path))
    except OSError:
        return {}


def _storage(path: Path, error: OSError | sqlite3.Error) -> StorageError:
    if isinstance(error, OSError):
        return refused(path, error)
    return StorageError(
        N_("the journal can't be read ({reason})"),
        where=str(path),
        fix=N_("look at it with: crmclean runs"),
        reason=str(error),
    )
