"""What the commands that act say: before, what is about to be done; after, how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dedupe.language import N_, NN_, count, date_time, decimal, tr, trn

if TYPE_CHECKING:
    from dedupe.apply.history import History, Unwell
    from dedupe.apply.rehearse import Rehearsal
    from dedupe.apply.undo import Undo
    from dedupe.contracts import Account
    from dedupe.plan import Plan

GROUPS = {
    "done": N_("done"),
    "stale": N_("changed since the plan, left alone"),
    "failed": N_("failed"),
    "needs_review": N_("to be looked at by a person"),
    "skipped": N_("skipped"),
    "running": N_("begun"),
    "planned": N_("not begun"),
}
STATES = {"running": N_("at work or cut off"), "stopped": N_("stopped"), "done": N_("done")}
RUNS = {"apply": N_("apply"), "undo": N_("undo")}
_NEVER = N_(
    "What nothing takes back: the cards' history and dates of change, tags in the account's list "
    "of tags, and whatever webhooks, bots and integrations do when they see a change."
)


def preview_lines(plan: Plan, path: str, account: Account | None, now: datetime) -> Iterator[str]:
    """Yield what `plan` is about to do, what can't be undone, and what else will happen."""
    from dedupe.plan.render import cost_words, kind_words

    header, totals = plan.header, plan.totals
    yield f"{tr(N_('Plan'))} {plan.short} · {header.account_host} · {path}"
    yield " · ".join(kind_words(plan))
    yield tr(
        N_(
            "{ops} operations on {records} records: {add} add, {move} move, {take} change or remove"
        ),
        ops=count(totals["ops"]),
        records=count(totals["entities_touched"]),
        add=count(totals["A"]),
        move=count(totals["M"]),
        take=count(totals["S"]),
    )
    yield cost_words(plan)
    age = age_words(header.made_at, now)
    if age:
        yield tr(N_("Made {age} ago"), age=age)
    yield from undo_lines(plan)
    yield webhook_line(account)


def undo_lines(plan: Plan) -> Iterator[str]:
    """Yield what an undo of `plan` would not bring back."""
    from dedupe.plan.ops import AddNote, CreateTask, Effect

    kinds = Counter(type(op.op) for op in plan.ops)
    told = []
    if kinds[AddNote]:
        told.append(trn(*NN_("{n} note (an undo empties it)", "{n} notes (an undo empties them)"),
                        kinds[AddNote]))  # fmt: skip
    if kinds[CreateTask]:
        told.append(trn(*NN_("{n} task", "{n} tasks"), kinds[CreateTask]))
    n_final = sum(op.op.effect is Effect.IRREVERSIBLE for op in plan.ops)
    if n_final:
        told.append(trn(*NN_("{n} merge by the CRM", "{n} merges by the CRM"), n_final))
    if told:
        yield tr(N_("An undo can't take away: {what}"), what=", ".join(told))
    yield tr(_NEVER)


def undone_lines(made: Undo, run_id: str) -> Iterator[str]:
    """Yield what an undo brings back, and what it can't."""
    from dedupe.plan.ops import EditNote
    from dedupe.plan.render import cost_words

    plan = made.plan
    n_notes = sum(isinstance(op.op, EditNote) for op in plan.ops)
    yield tr(
        N_("Taking back {run}: {ops} operations on {records} records"),
        run=run_id,
        ops=count(len(plan.ops) - n_notes),
        records=count(len(plan.touched)),
    )
    yield cost_words(plan)
    yield tr(N_("What people changed since that run stays as they left it."))
    if n_notes:
        yield trn(
            *NN_("{n} note is emptied, not removed.", "{n} notes are emptied, not removed."),
            n_notes,
        )
    if made.n_forgotten:
        yield trn(
            *NN_(
                "{n} operation stays: its values were forgotten with a person's data.",
                "{n} operations stay: their values were forgotten with a person's data.",
            ),
            made.n_forgotten,
        )
    if made.n_kept > made.n_forgotten:
        yield trn(
            *NN_(
                "{n} operation has no way back (a task that was made stays).",
                "{n} operations have no way back (tasks that were made stay).",
            ),
            made.n_kept - made.n_forgotten,
        )
    yield tr(_NEVER)


def webhook_line(account: Account | None) -> str:
    """Tell who will hear of the changes, as far as the snapshot knows."""
    import polars as pl

    if account is None or not account.has("webhooks"):
        return tr(N_("Webhooks: not known here; those that are on, and the pipelines' bots, fire."))
    hooks = account.frame("webhooks")
    n = hooks.filter(~pl.col("is_disabled").fill_null(value=False)).height
    if n == 0:
        return tr(N_("No webhook is on; the pipelines' bots may fire."))
    return trn(
        *NN_(
            "{n} webhook is on and will fire, and so may the pipelines' bots.",
            "{n} webhooks are on and will fire, and so may the pipelines' bots.",
        ),
        n,
    )


def age_words(made_at: str, now: datetime) -> str:
    """Return how old a plan is; nothing where it does not tell."""
    try:
        made = datetime.fromisoformat(made_at.replace("Z", "+00:00"))
    except ValueError:
        return ""
    if made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    minutes = max(int((now - made).total_seconds() // 60), 0)
    if minutes < 60:
        return trn(*NN_("{n} minute", "{n} minutes"), minutes)
    if minutes < 48 * 60:
        return trn(*NN_("{n} hour", "{n} hours"), minutes // 60)
    return trn(*NN_("{n} day", "{n} days"), minutes // (24 * 60))


def rehearsal_lines(found: Rehearsal) -> Iterator[str]:
    """Yield what a rehearsal showed."""
    yield tr(
        N_("Rehearsed on a copy: {writes} writes and {reads} reads, {time} at {rate} a second"),
        writes=count(len(found.requests)),
        reads=count(found.n_reads),
        time=duration(found.seconds),
        rate=decimal(found.rate, 0),
    )
    yield group_words({str(state): n for state, n in found.report.groups.items()})
    if not found.problems:
        yield tr(N_("Nothing was lost on the copy, and nothing outside the plan was touched."))
    for problem in found.problems[:20]:
        yield tr(N_("Lost or touched without need: {what}"), what=problem)


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 90:
        return tr(N_("{seconds} s"), seconds=decimal(seconds, 0))
    if seconds < 5400:
        return tr(N_("{minutes} min"), minutes=decimal(seconds / 60, 0))
    return tr(N_("{hours} h"), hours=decimal(seconds / 3600, 1))


def group_words(groups: dict[str, int]) -> str:
    """Return how many groups ended how."""
    told = [f"{tr(text)}: {count(groups[key])}" for key, text in GROUPS.items() if groups.get(key)]
    return tr(N_("Groups: {told}"), told=", ".join(told) or "0")


def report_lines(document: dict[str, Any]) -> list[str]:
    """Return how a run ended, and the next command."""
    lines = [
        tr(
            N_("Run {run}: {sent} requests sent, {confirmed} operations confirmed, {seconds} s"),
            run=document["run_id"],
            sent=count(document["sent"]),
            confirmed=count(document["confirmed"]),
            seconds=decimal(document["seconds"]),
        ),
        group_words(document["groups"]),
    ]
    return [*lines, tr(N_("Next: {command}"), command=_next(document))]


def _next(document: dict[str, Any]) -> str:
    groups = document["groups"]
    if document["ambiguous"] or groups.get("planned") or groups.get("running"):
        return "crmclean resume"
    if any(groups.get(state) for state in ("stale", "failed", "needs_review")):
        return f"crmclean runs {document['run_id']}"
    return f"crmclean verify {document['run_id']}"


def history_document(one: History) -> dict[str, Any]:
    """Return one run as the document of the list has it."""
    run, ops = one.run, one.ops
    counts = {str(state): n for state, n in ops.items()}
    return {
        "run_id": run.run_id,
        "plan_hash": run.plan_hash,
        "kind": run.kind,
        "undo_of": run.undo_of,
        "state": str(run.state),
        "reason": run.reason,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "dry_run": False,
        "confirmed": counts.get("confirmed", 0),
        "unchanged": counts.get("nothing", 0),
        "skipped": counts.get("skipped", 0),
        "failed": counts.get("failed", 0),
        "ambiguous": sum(counts.get(n, 0) for n in ("ambiguous", "intent", "sent", "manual")),
        "planned": counts.get("planned", 0),
        "groups": {str(state): n for state, n in sorted(one.groups.items())},
    }


def history_rows(found: list[History]) -> list[str]:
    """Return the runs as a table of text, the newest first."""
    heads = [tr(each) for each in (N_("run"), N_("what"), N_("begun"), N_("state"), N_("groups"))]
    rows = [heads]
    for one in found:
        what = tr(RUNS.get(one.run.kind, one.run.kind))
        if one.run.undo_of:
            what += f" {one.run.undo_of}"
        groups = ", ".join(
            f"{tr(GROUPS[key])} {count(one.groups[state])}"
            for state in sorted(one.groups)
            if (key := str(state)) in GROUPS
        )
        state = tr(STATES.get(str(one.run.state), str(one.run.state)))
        rows.append([one.run.run_id, what, _local(one.run.started_at), state, groups])
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in rows]  # fmt: skip


def unwell_document(one: Unwell) -> dict[str, Any]:
    """Return a group that did not end well as JSON has it."""
    return {
        "group": one.gid,
        "kind": one.kind,
        "state": str(one.state),
        "reason": one.reason,
        "operations": [
            {"op": op.op_id, "state": str(op.state), "status": op.status, "problem": op.problem}
            for op in one.ops
        ],
    }


def unwell_lines(one: Unwell) -> Iterator[str]:
    """Yield a group that did not end well, and why."""
    state = tr(GROUPS.get(str(one.state), str(one.state)))
    yield f"{one.gid}  {one.kind}  {state}" + (f": {one.reason}" if one.reason else "")
    for op in one.ops:
        told = " ".join(str(each) for each in (op.status, op.problem) if each)
        yield f"  {op.op_id}  {op.state}  {told}".rstrip()


def _local(moment: str) -> str:
    try:
        return date_time(datetime.fromisoformat(moment).astimezone())
    except ValueError:
        return moment
