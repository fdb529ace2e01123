"""A notice in words: a subject, a sentence and sections, in the language in use.

How it looks is `forms`; here is what it says. Names of clients are not in a notice, so none can
get into a letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dedupe.audit import CHECKS
from dedupe.language import N_, NN_, count, date_time, decimal, share, tr, trn
from dedupe.plan.render import KIND_COUNTS
from dedupe.policy.outcome import State
from dedupe.policy.words import accept_text, reason_text, state_text
from dedupe.report.words import entity_name

from .notice import Kind, Move, Notice

_SHOWN_MOVES = 15
_SUBJECT_MAX = 150

_STATES = {
    State.UNCHANGED: NN_("{n} run found nothing new", "{n} runs found nothing new"),
    State.CHANGED: NN_("{n} run with something new", "{n} runs with something new"),
    State.STOPPED: NN_("{n} run was stopped", "{n} runs were stopped"),
    State.FAILED: NN_("{n} run failed", "{n} runs failed"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines; a command is shown so that it can be copied."""

    title: str
    lines: tuple[str, ...]
    is_command: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a person reads, without its looks. `footer` says where it comes from."""

    language: str
    subject: str
    lead: str
    sections: tuple[Section, ...]
    footer: str


def write_letter(notice: Notice, language: str, zone: tzinfo) -> Letter:
    """Put `notice` into words; moments are shown in `zone`. The language must be in use."""
    sections = (
        Section(tr(N_("What happened")), tuple(_happened(notice))),
        Section(_moves_title(notice, zone), tuple(_moves(notice))),
        Section(tr(N_("Health")), tuple(_health(notice))),
        Section(tr(N_("Done")), tuple(_done(notice))),
        Section(tr(N_("Not done")), tuple(_undone(notice))),
        Section(tr(N_("Odd")), tuple(_odd(notice))),
        Section(tr(N_("What to do next")), _next(notice), is_command=True),
        Section(tr(N_("Files of the report")), notice.files),
    )
    return Letter(
        language=language,
        subject=_subject(notice, zone),
        lead=_lead(notice, zone),
        sections=tuple(each for each in sections if each.lines),
        footer=_footer(notice, zone),
    )


def _subject(notice: Notice, zone: tzinfo) -> str:
    if notice.kind is Kind.DIGEST:
        what = tr(N_("summary up to {day}"), day=_day(notice.made, zone))
    elif notice.kind is Kind.RECOVERED:
        what = tr(N_("works again"))
    elif notice.state is State.FAILED:
        what = tr(N_("run failed: {reason}"), reason=_why(notice) or "?")
    elif notice.state is State.STOPPED:
        what = tr(N_("run stopped: {reason}"), reason=_why(notice) or "?")
    else:
        what = _news(notice) or state_text(notice.state)
    line = " ".join(f"crmclean {notice.profile}: {what}".split())
    return line if len(line) <= _SUBJECT_MAX else line[: _SUBJECT_MAX - 1] + "…"


def _lead(notice: Notice, zone: tzinfo) -> str:
    if notice.kind is Kind.DIGEST:
        runs = trn(*NN_("{n} run", "{n} runs"), notice.n_runs)
        if notice.runs_since is None:
            return tr(N_("{runs} of the policy {policy}."), runs=runs, policy=notice.policy)
        return tr(
            N_("{runs} of the policy {policy} since {moment}."),
            runs=runs,
            policy=notice.policy,
            moment=_moment(notice.runs_since, zone),
        )
    if notice.kind is Kind.RECOVERED:
        return tr(N_("The last notice told of trouble; this run has ended well."))
    if notice.state in (State.FAILED, State.STOPPED):
        return _why(notice) or state_text(notice.state)
    return _news(notice) or tr(N_("Nothing new."))


def _why(notice: Notice) -> str:
    if notice.reason is None or notice.reason.code == "error":
        return notice.error or (reason_text(notice.reason) if notice.reason else "")
    return reason_text(notice.reason)


def _news(notice: Notice) -> str:
    """Tell in one line what is new: findings more and fewer, groups repaired."""
    more = sum(max(m.now - m.before, 0) for m in notice.moves if m.before is not None)
    fewer = sum(max(m.before - m.now, 0) for m in notice.moves if m.before is not None)
    told = []
    if more:
        told.append(trn(*NN_("{n} more finding", "{n} more findings"), more))
    if fewer:
        # Alone it says of what; behind the other it need not.
        short, whole = NN_("{n} fewer", "{n} fewer"), NN_("{n} finding fewer", "{n} findings fewer")
        told.append(trn(*(short if more else whole), fewer))
    if notice.changes.applied:
        told.append(trn(*NN_("{n} repair done", "{n} repairs done"), notice.changes.applied))
    return ", ".join(told)


def _happened(notice: Notice) -> Iterator[str]:
    if notice.kind is Kind.DIGEST:
        for state, forms in _STATES.items():
            n = notice.runs_by_state.get(str(state), 0)
            if n:
                yield trn(*forms, n)
        return
    if notice.reason is not None:
        is_told = notice.state in (State.FAILED, State.STOPPED)  # by the lead
        if not is_told:
            yield reason_text(notice.reason)
    if notice.error and notice.error != _why(notice):
        yield notice.error
    if notice.exit_code:
        yield tr(N_("Exit code {code}"), code=notice.exit_code)


def _moves_title(notice: Notice, zone: tzinfo) -> str:
    if notice.since is None:
        return tr(N_("Findings"))
    return tr(N_("Findings since the last notice, {moment}"), moment=_moment(notice.since, zone))


def _moves(notice: Notice) -> Iterator[str]:
    for move in notice.moves[:_SHOWN_MOVES]:
        yield _move(move)
    left = len(notice.moves) - _SHOWN_MOVES
    if left > 0:
        yield trn(*NN_("… and {n} more check", "… and {n} more checks"), left)


def _move(move: Move) -> str:
    head = f"{move.code} {_title(move.code)} ({entity_name(move.entity)})"
    if move.before is None:
        return f"{head}: {count(move.now)}"
    step = move.now - move.before
    sign = "+" if step > 0 else "−"
    return f"{head}: {count(move.before)} → {count(move.now)} ({sign}{count(abs(step))})"


def _title(code: str) -> str:
    check = CHECKS.get(code)
    return tr(check.title) if check else ""


def _health(notice: Notice) -> Iterator[str]:
    now = notice.health_now
    if now is None or now.share is None:
        return
    told = tr(
        N_("{share} of {cards} cards are without a fault"),
        share=share(now.share),
        cards=count(now.cards),
    )
    before = notice.health_before.share if notice.health_before else None
    if before is not None and share(before) != share(now.share):
        told += tr(N_(" (it was {share})"), share=share(before))
    yield told


def _done(notice: Notice) -> Iterator[str]:
    changes = notice.changes
    for kind, n in changes.by_kind.items():
        if n:
            yield trn(*KIND_COUNTS[kind], n) if kind in KIND_COUNTS else f"{kind}: {count(n)}"
    if changes.applied and not changes.by_kind:
        yield trn(*NN_("{n} repair done", "{n} repairs done"), changes.applied)
    if changes.resumed:
        yield trn(
            *NN_("{n} group of an earlier run finished", "{n} groups of an earlier run finished"),
            changes.resumed,
        )
    if changes.undone:
        yield trn(
            *NN_(
                "{n} group taken back by the run itself", "{n} groups taken back by the run itself"
            ),
            changes.undone,
        )


def _undone(notice: Notice) -> Iterator[str]:
    changes = notice.changes
    told = (
        (changes.failed, NN_("{n} group failed", "{n} groups failed")),
        (
            changes.stale,
            NN_(
                "{n} group was changed by somebody meanwhile and left as it is",
                "{n} groups were changed by somebody meanwhile and left as they are",
            ),
        ),
        (changes.left, NN_("{n} group waits for the next run", "{n} groups wait for the next run")),
        (
            notice.verified_changed,
            NN_(
                "{n} group is no longer as the run left it",
                "{n} groups are no longer as the run left them",
            ),
        ),
    )
    for n, forms in told:
        if n:
            yield trn(*forms, n)


def _odd(notice: Notice) -> Iterator[str]:
    yield from (reason_text(each) for each in notice.oddities)
    if notice.oddities and notice.state is State.STOPPED:
        yield accept_text(notice.policy, notice.profile)


def _next(notice: Notice) -> tuple[str, ...]:
    return (notice.next_command,) if notice.next_command else ()


def _footer(notice: Notice, zone: tzinfo) -> str:
    return tr(
        N_(
            "crmclean, policy {policy}, account {profile}{host}; run {run}, {moment}; {requests} "
            "requests in {minutes} min; notice {id}"
        ),
        policy=notice.policy,
        profile=notice.profile,
        host=f" ({notice.host})" if notice.host else "",
        run=notice.run_id,
        moment=_moment(notice.made, zone),
        requests=count(notice.requests),
        minutes=decimal(notice.seconds / 60),
        id=notice.id,
    )


def _moment(at: datetime, zone: tzinfo) -> str:
    return date_time(at.astimezone(zone))


def _day(at: datetime, zone: tzinfo) -> str:
    return _moment(at, zone).split(" ")[0]
