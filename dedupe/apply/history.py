"""What an account's journal tells of its runs; asks no CRM and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dedupe.errors import InputError
from dedupe.language import N_

from .journal import Journal, OpRecord, RunRecord, account_of
from .states import GroupState, OpState

_WELL = (GroupState.DONE, GroupState.PLANNED, GroupState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One run: how its groups and operations ended."""

    run: RunRecord
    groups: Mapping[GroupState, int]
    ops: Mapping[OpState, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwell:
    """A group that did not end well, why, and its operations that failed or are not known."""

    gid: str
    kind: str
    state: GroupState
    reason: str
    ops: tuple[OpRecord, ...]


def has_journal(folder: Path) -> bool:
    """Tell whether anything was ever applied here."""
    return account_of(folder) is not None


def open_journal(folder: Path) -> Journal | None:
    """Return the journal of the account in `folder`, whichever it is; None where there is none."""
    account = account_of(folder)
    return None if account is None else Journal(folder, account)


def runs(folder: Path) -> list[History]:
    """Return all runs of an account, the newest first."""
    journal = open_journal(folder)
    if journal is None:
        return []
    with journal:
        return [_history(journal, run) for run in journal.runs()]


def run_history(folder: Path, run_id: str) -> History:
    """Return one run. Raises InputError where there is none of this id."""
    with _journal(folder, run_id) as journal:
        return _history(journal, journal.run(run_id))


def unwell(folder: Path, run_id: str) -> list[Unwell]:
    """Return the groups of a run that did not end well, in the plan's order."""
    with _journal(folder, run_id) as journal:
        journal.run(run_id)
        kinds = journal.kinds(run_id)
        return [
            Unwell(
                gid=gid,
                kind=kinds.get(gid, ""),
                state=state,
                reason=reason or "",
                ops=tuple(op for op in journal.ops(run_id, gid) if _is_unwell(op)),
            )
            for gid, (state, reason) in journal.groups(run_id).items()
            if state not in _WELL
        ]


def _is_unwell(op: OpRecord) -> bool:
    return op.state in (OpState.FAILED, OpState.MANUAL, OpState.AMBIGUOUS)


def _history(journal: Journal, run: RunRecord) -> History:
    groups: dict[GroupState, int] = {}
    for state, _ in journal.groups(run.run_id).values():
        groups[state] = groups.get(state, 0) + 1
    return History(run=run, groups=groups, ops=journal.counts(run.run_id))


def _journal(folder: Path, run_id: str) -> Journal:
    journal = open_journal(folder)
    if journal is None:
        raise InputError(
            N_("nothing was applied to this account yet"),
            where=run_id,
            fix=N_("see the list: crmclean runs"),
        )
    return journal
