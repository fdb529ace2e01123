"""Apply, resume and undo of one account: lock, journal, checks, executor.

    accounts/<profile>/   apply.lock, journal.sqlite, audit.jsonl, backup/, plans/, STOP, PAUSE

A plan has one run, named by its hash: applied again it shows what was done, or goes on. Nothing
new begins while an outcome of an earlier run is not known, or a group of it is half done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from dedupe.errors import InputError, UnresolvedError
from dedupe.language import N_
from dedupe.plan import Limits, Plan, check_account, check_age, check_limits, read_plan, write_plan
from dedupe.plan.sink import Sink

from .backup import Backup
from .executor import Executor, Report, Tools
from .journal import Journal, RunRecord, Start, account_of
from .lock import account_lock
from .states import GroupState, RunState
from .undo import Undo, build_undo

STOP, PAUSE = "STOP", "PAUSE"
_PLANS = "plans"
_LOOK_S = 1.0  # between two looks at a PAUSE file


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """What a run is held to. `counts` are the account's live records by table, for the shares."""

    limits: Limits = field(default_factory=Limits)
    counts: Mapping[str, int] | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tools: Tools = field(default_factory=Tools)
    is_durable: bool = True  # a rehearsal's journal and backup are thrown away
    is_locked: bool = False  # the caller holds the account's lock already, as a policy does


def run_id_of(plan: Plan) -> str:
    """Return the id of the one run that a plan has: a rehearsal sends the very same bytes."""
    return f"r-{plan.hash[:12]}"


def apply_plan(plan: Plan, sink: Sink, folder: Path, options: ApplyOptions | None = None) -> Report:
    """Carry out `plan` in the account whose state is in `folder`; go on where it was begun.

    Raises SafetyError over a limit, StalePlanError, InputError for another account's plan,
    UnresolvedError, LockedError, and what stops the executor; nothing is sent before all
    checks have passed.
    """
    return _applied(plan, sink, folder, options or ApplyOptions())


def preflight(plan: Plan, account: str, folder: Path, options: ApplyOptions) -> RunRecord | None:
    """Hold all checks that `apply_plan` will, so that nobody approves what will be refused.

    Returns the run that the plan has already, begun or done. Changes nothing.
    """
    _check_account(plan, account)
    run = None
    if account_of(folder) is not None:
        with Journal(folder, account) as journal:
            run = journal.run_of_plan(plan.hash)
            if run is None or run.state is not RunState.DONE:
                _check_resolved(journal, run_id_of(plan))
    if run is None:
        check_age(plan, options.now())
        check_limits(plan, options.limits, options.counts)
    return run


def resume(
    sink: Sink,
    folder: Path,
    options: ApplyOptions | None = None,
    only: Collection[str] | None = None,
) -> list[Report]:
    """Settle what is not known, then finish the runs that were begun, the oldest first.

    With `only`, these runs alone: others are a person's, who may have had a reason to stop.
    """
    options = options or ApplyOptions()
    with Journal(folder, sink.account()) as journal:
        begun = [run for run in reversed(journal.runs()) if run.state is not RunState.DONE]
        first = journal.half_done()
    if only is not None:
        begun = [run for run in begun if run.run_id in only]
    # Nothing else goes on while a group is half done: at most one run has such a group.
    begun.sort(key=lambda run: run.run_id not in first)
    return [_applied(plan_of(run), sink, folder, options, begun=run) for run in begun]


def undo_plan(folder: Path, account: str, run_id: str, groups: Collection[str] = ()) -> Undo:
    """Return the plan that takes a run back, or some of its groups. Changes nothing."""
    with Journal(folder, account) as journal:
        run = journal.run(run_id)
        if run.kind == "undo":
            raise InputError(
                N_("this run is an undo itself"),
                where=run_id,
                fix=N_("apply the plan again instead: scan, plan, apply"),
            )
        earlier = sorted(
            (each for each in journal.runs() if each.undo_of == run_id),
            key=lambda each: each.state is RunState.DONE,
        )
        plans = [plan_of(each) for each in earlier]
        taken = {op.op for plan in plans for op in plan.ops}
        made = build_undo(plan_of(run), journal, run_id, groups, taken)
    # All of it was taken back, or is being: that is gone on with, and not made anew.
    return replace(made, plan=plans[0]) if plans and not made.plan.groups else made


def undo(
    run_id: str,
    sink: Sink,
    folder: Path,
    options: ApplyOptions | None = None,
    groups: Collection[str] = (),
) -> Report:
    """Take a run back. What people changed since stays as they left it."""
    made = undo_plan(folder, sink.account(), run_id, groups)
    return apply_undo(made, run_id, sink, folder, options)


def apply_undo(
    made: Undo, run_id: str, sink: Sink, folder: Path, options: ApplyOptions | None = None
) -> Report:
    """Carry out what `undo_plan` made of `run_id`."""
    return _applied(made.plan, sink, folder, options or ApplyOptions(), undo_of=run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a look at the CRM says of a run: groups that hold, and those of which something went."""

    run_id: str
    n_groups: int
    changed: Mapping[str, tuple[str, ...]]


def verify(run_id: str, sink: Sink, folder: Path) -> Verified:
    """Read again all that a run has done, and name what no longer is so. Changes nothing."""
    with Journal(folder, sink.account()) as journal:
        run = journal.run(run_id)
        plan = plan_of(run)
        done = [g for g, (state, _) in journal.groups(run_id).items() if state is GroupState.DONE]
        executor = Executor(plan, run_id, journal, sink, Backup(folder, run_id, journal), Tools())
        found = {gid: executor.missing(gid) for gid in done}
    return Verified(
        run_id=run_id, n_groups=len(done), changed={g: ids for g, ids in found.items() if ids}
    )


def plan_of(run: RunRecord) -> Plan:
    """Return the plan of a run, from the copy that was kept beside the journal."""
    path = Path(run.plan_path)
    if run.state is RunState.DONE and not path.exists():
        raise InputError(
            N_("this run is past its days: its plan and values were removed"),
            where=run.run_id,
            fix=N_("[retention] journals_days in the config says how long runs are kept"),
        )
    return read_plan(path)


def stop_file(
    folder: Path,
    sleep: Callable[[float], None] = time.sleep,
    is_asked: Callable[[], bool] = lambda: False,
) -> Callable[[], str | None]:
    """Return what looks for STOP and PAUSE in an account's folder.

    It waits while there is a PAUSE, unless the run `is_asked` to stop in another way.
    """

    def look() -> str | None:
        while (folder / PAUSE).exists() and not (folder / STOP).exists() and not is_asked():
            sleep(_LOOK_S)
        return STOP if (folder / STOP).exists() else None

    return look


def _applied(
    plan: Plan,
    sink: Sink,
    folder: Path,
    options: ApplyOptions,
    *,
    undo_of: str | None = None,
    begun: RunRecord | None = None,
) -> Report:
    run_id = run_id_of(plan)
    account = sink.account()
    _check_account(plan, account)
    is_durable = options.is_durable
    host = account.split(" ")[1]
    lock = nullcontext() if options.is_locked else account_lock(folder, run_id, host=host)
    with lock, Journal(folder, account, is_durable=is_durable) as journal:
        run = begun or journal.run_of_plan(plan.hash)
        backup = Backup(folder, run_id, journal, is_durable=is_durable)
        executor = Executor(plan, run_id, journal, sink, backup, options.tools)
        if run is not None and run.state is RunState.DONE:
            return executor.report()
        _check_resolved(journal, run_id)
        if run is None:
            if undo_of is None:  # an undo gives back: it is never too much, nor too late
                check_age(plan, options.now())
                check_limits(plan, options.limits, options.counts)
            _begin(plan, run_id, journal, folder, undo_of)
        return executor.run()


def _check_account(plan: Plan, account: str) -> None:
    crm, host, account_id = account.split(" ")
    check_account(plan, crm=crm, account_id=account_id, host=host)


def _check_resolved(journal: Journal, run_id: str) -> None:
    """Refuse to write while a group of another run is half done: both could take one link away."""
    others = journal.half_done() - {run_id}
    if others:
        raise UnresolvedError(
            N_("what became of some operations of an earlier run is not known yet"),
            where=", ".join(sorted(others)),
            fix=N_("run crmclean resume first"),
        )


def _begin(plan: Plan, run_id: str, journal: Journal, folder: Path, undo_of: str | None) -> None:
    plans = folder / _PLANS
    plans.mkdir(mode=0o700, exist_ok=True)
    path = plans / f"{run_id}.jsonl"
    write_plan(plan, path)
    journal.start(
        Start(
            run_id=run_id,
            plan_hash=plan.hash,
            plan_path=str(path),
            header={"crm": plan.header.crm, "totals": dict(plan.totals)},
            groups=[(group.id, group.kind) for group in plan.groups],
            ops=[(op.id, op.group_id) for op in plan.ops],
            kind="apply" if undo_of is None else "undo",
            undo_of=undo_of,
        )
    )
