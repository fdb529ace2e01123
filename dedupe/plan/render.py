"""A plan as people read it: what stays, what comes, what goes, group by group.

Values are masked unless they are asked for. `+` is added, `~` changed or moved, `-` taken away.
A value is shown as the plan's author saw it; what stands there when it is applied is read afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dedupe.language import N_, NN_, count, decimal, tr, trn

from .field_text import shown_text
from .masks import masked
from .notes import record_name
from .ops import (
    AddNote,
    Change,
    CreateTask,
    EditNote,
    FieldChange,
    Item,
    LinkCards,
    MergeNative,
    MoveTask,
    Op,
    PatchCard,
    SetTags,
    UnlinkCards,
)
from .plan import RATE, Group, Header, Plan, PlanOp

KIND_COUNTS = {
    "merge": NN_("{n} merge", "{n} merges"),
    "split": NN_("{n} card with doubled values", "{n} cards with doubled values"),
    "drop_repeat": NN_("{n} card with repeated values", "{n} cards with repeated values"),
    "normalize": NN_("{n} card to respell", "{n} cards to respell"),
    "fill": NN_("{n} card to fill", "{n} cards to fill"),
    "tag": NN_("{n} record to tag", "{n} records to tag"),
    "link": NN_("{n} link", "{n} links"),
    "task": NN_("{n} task", "{n} tasks"),
    "set": NN_("{n} field to set", "{n} fields to set"),
    "mark": NN_("{n} card to mark", "{n} cards to mark"),
    "undo": NN_("{n} group to take back", "{n} groups to take back"),
}
KINDS = {
    "merge": N_("merge"),
    "split": N_("split values"),
    "drop_repeat": N_("drop repeats"),
    "normalize": N_("respell"),
    "fill": N_("fill"),
    "tag": N_("tag"),
    "link": N_("link"),
    "task": N_("task"),
    "set": N_("set"),
    "mark": N_("mark"),
    "undo": N_("take back"),
}
LEFT_OUT = {
    "review": NN_("{n} waits for review", "{n} wait for review"),
    "changed": NN_(
        "{n} decided on, but changed since: to decide again",
        "{n} decided on, but changed since: to decide again",
    ),
    "rejected": NN_("{n} rejected by a person", "{n} rejected by a person"),
    "deferred": NN_(
        "{n} deferred: its card is in another group", "{n} deferred: their cards are in others"
    ),
    "too_large": NN_("{n} group too large", "{n} groups too large"),
    "own_contact": NN_("{n} with an employee's contact", "{n} with employees' contacts"),
    "shared": NN_("{n} by a number of many", "{n} by numbers of many"),
    "conflict": NN_("{n} with a contradiction", "{n} with contradictions"),
    "chat": NN_("{n} with a chat", "{n} with chats"),
    "no_data": NN_("{n} not read well enough", "{n} not read well enough"),
    "merged_before": NN_("{n} merged before", "{n} merged before"),
    "single_field": NN_("{n} value in a text field", "{n} values in text fields"),
    "unsure": NN_("{n} without a sure repair", "{n} without a sure repair"),
    "no_owner": NN_("{n} without a working owner", "{n} without a working owner"),
    "no_task_type": NN_("{n} without a type of task", "{n} without a type of task"),
}
UNDO = {
    "full": N_("can be taken back"),
    "partial": N_("can be taken back, but for notes"),
    "none": N_("can't be taken back"),
}
RULES = {
    "most_won_deals": N_("most won deals"),
    "most_deals": N_("most deals"),
    "active_owner": N_("its owner still works"),
    "most_complete": N_("the most complete"),
    "oldest": N_("the oldest"),
    "newest": N_("the newest"),
    "smallest_id": N_("the smallest id"),
    "keep": N_("the survivor's own"),
    "fill_blank": N_("fills a blank"),
    "union": N_("joined"),
    "usable_name": N_("a usable name"),
    "longest": N_("the longest"),
    "any_yes": N_("the stricter value"),
    "all_yes": N_("the stricter value"),
    "reviewer": N_("the reviewer's choice"),
}
_EXAMPLES = 3  # of each kind, where not all are asked for
_LONG = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to show a plan: every record or examples, values or masks."""

    records: bool = False
    show_values: bool = False
    header: Header | None = None

    def field(self, entity: str, field_id: str) -> str:
        """Return the name of a field, for a reader."""
        return field_id if self.header is None else self.header.field_name(entity, field_id)

    def value(self, text: str | None) -> str:
        """Return a value as it may be shown, on one line."""
        if text is None or text == "":
            return tr(N_("(empty)"))
        shown = shown_text(text)
        line = " ".join(shown.split()) if self.show_values else masked(shown)
        line = "".join(sign if sign.isprintable() else "?" for sign in line)
        return line if len(line) <= _LONG else line[: _LONG - 1] + "…"


def render_plan(plan: Plan, look: Look | None = None) -> str:
    """Return the plan as text: the headline, the groups or examples of them, the sum."""
    look = replace(look or Look(), header=plan.header)
    lines = list(_head(plan))
    shown = plan.groups if look.records else _examples(plan.groups)
    for group in shown:
        lines += ["", *group_lines(group, plan.by_group[group.id], look)]
    if len(shown) < len(plan.groups):
        lines += ["", _more(len(plan.groups) - len(shown))]
    lines += ["", *_sum(plan)]
    return "\n".join(lines)


def group_lines(group: Group, ops: Sequence[PlanOp], look: Look) -> Iterator[str]:
    """Yield the lines of one group."""
    yield _title(group)
    told = [f"{kind} {text}" for kind, text in group.evidence]
    if told:
        yield f"  {tr(N_('why:'))} {' · '.join(told[:6])}"
    if group.survivor is not None:
        rule = next((each.rule for each in group.golden if each.field == "id"), "")
        yield f"  = {record_name(group.survivor)}: {tr(N_('stays'))} ({_word(RULES, rule)})"
    origin = {each.field: each for each in group.golden}
    for op in ops:
        for line in _op_lines(op.op, look):
            yield f"  {line}"
        if isinstance(op.op, PatchCard) and op.op.record == group.survivor:
            for change in op.op.changes:
                each = origin.get(change.field)
                if each is not None and each.rule != "keep":
                    ids = ", ".join(each.from_ids)
                    name = look.field(op.op.record.entity, change.field)
                    yield f"      {name}: {_word(RULES, each.rule)} ({ids})"


def left_out_words(plan: Plan) -> list[str]:
    """Return what was left out of the plan, and why, a text for each reason."""
    return [
        trn(*LEFT_OUT[reason], n) if reason in LEFT_OUT else f"{count(n)} {reason}"
        for reason, n in plan.header.left_out.items()
    ]


def kind_words(plan: Plan) -> list[str]:
    """Return how many groups of each kind there are."""
    return [trn(*KIND_COUNTS[kind], n) for kind, n in plan.kinds.items()]


def cost_words(plan: Plan) -> str:
    """Return the calls and the time they take."""
    cost = plan.cost
    calls = trn(*NN_("{n} API call", "{n} API calls"), cost.calls)
    minutes = cost.seconds / 60
    if minutes < 1:
        told = tr(
            N_("about {seconds} s at {rate} a second"),
            seconds=decimal(cost.seconds, 0),
            rate=decimal(RATE, 0),
        )
    else:
        told = tr(
            N_("about {minutes} min at {rate} a second"),
            minutes=decimal(minutes, 0),
            rate=decimal(RATE, 0),
        )
    return f"{calls}, {told}"


def _head(plan: Plan) -> Iterator[str]:
    header = plan.header
    told = [header.crm, header.account_host]
    if header.scan_id:
        told.append(tr(N_("from scan {scan}"), scan=header.scan_id))
    if header.expires_at:
        told.append(tr(N_("expires {at}"), at=header.expires_at))
    yield f"{tr(N_('Plan'))} {plan.short} · " + " · ".join(each for each in told if each)
    if not plan.groups:
        yield tr(N_("There is nothing to do."))
        return
    yield " · ".join(kind_words(plan))
    yield cost_words(plan)


def _sum(plan: Plan) -> Iterator[str]:
    totals = plan.totals
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
    if totals["X"]:
        yield trn(
            *NN_("{n} operation can't be taken back", "{n} operations can't be taken back"),
            totals["X"],
        )
    words = left_out_words(plan)
    if words:
        yield tr(N_("Left out: {reasons}"), reasons="; ".join(words))


def _examples(groups: Sequence[Group]) -> list[Group]:
    seen: dict[str, int] = {}
    shown = []
    for group in groups:
        seen[group.kind] = seen.get(group.kind, 0) + 1
        if seen[group.kind] <= _EXAMPLES:
            shown.append(group)
    return shown


def _more(n: int) -> str:
    return trn(*NN_("… {n} more group: --records", "… {n} more groups: --records"), n)


def _title(group: Group) -> str:
    told = [group.id, _word(KINDS, group.kind), group.code]
    if group.survivor is None:
        told.append(", ".join(record_name(ref) for ref in group.members[:3]))
    else:
        others = ", ".join(ref.id for ref in group.losers)
        told.append(f"{record_name(group.survivor)} ← {others}")
    told.append(f"[{_word(UNDO, group.undo)}]")
    return "  ".join(each for each in told if each)


def _word(words: dict[str, str], key: str) -> str:
    return tr(words[key]) if key in words else key


def _op_lines(op: Op, look: Look) -> Iterator[str]:
    """Yield how one operation reads."""
    render = _RENDERED[type(op)]
    yield from render(op, look)


def _patch(op: PatchCard, look: Look) -> Iterator[str]:
    yield f"~ {record_name(op.record)}"
    for change in op.changes:
        name = look.field(op.record.entity, change.field)
        yield f"    {_change(change, name, look)}"


def _change(change: Change, name: str, look: Look) -> str:
    if isinstance(change, FieldChange):
        sign = "+" if change.before is None else "~"
        before, after = look.value(change.before), look.value(change.after)
        return f"{sign} {name}: {before} → {after}"
    if not change.old:
        return f"+ {name}: {_items(change.new, look)}"
    if not change.new:
        return f"- {name}: {_items(change.old, look)}"
    return f"~ {name}: {_items(change.old, look)} → {_items(change.new, look)}"


def _items(items: Sequence[Item], look: Look) -> str:
    return " | ".join(
        look.value(item.raw) + (f" ({item.label})" if item.label else "") for item in items
    )


def _tags(op: SetTags, look: Look) -> Iterator[str]:
    signed = [f"+{tag}" for tag in op.add] + [f"-{tag}" for tag in op.remove]
    sign = "~" if op.remove else "+"
    yield f"{sign} {record_name(op.record)}: {tr(N_('tags'))} {', '.join(signed)}"


def _link(op: LinkCards, look: Look) -> Iterator[str]:
    main = f" ({tr(N_('main'))})" if op.is_main else ""
    yield f"+ {record_name(op.deal_or_card)} → {record_name(op.to)}{main}"


def _unlink(op: UnlinkCards, look: Look) -> Iterator[str]:
    yield f"- {record_name(op.deal_or_card)} → {record_name(op.to)}"


def _move(op: MoveTask, look: Look) -> Iterator[str]:
    yield f"~ {record_name(op.task)}: {record_name(op.before)} → {record_name(op.after)}"


def _task(op: CreateTask, look: Look) -> Iterator[str]:
    yield f"+ {record_name(op.record)}: {tr(N_('task'))} «{op.text}», {op.due_at[:10]}"


def _note(op: AddNote, look: Look) -> Iterator[str]:
    first = op.text.split("\n", 1)[0] if look.show_values else ""
    yield f"+ {record_name(op.record)}: {tr(N_('note'))} {first}".rstrip()


def _edit(op: EditNote, look: Look) -> Iterator[str]:
    yield f"~ {record_name(op.record)}: {tr(N_('note'))}"


def _native(op: MergeNative, look: Look) -> Iterator[str]:
    losers = ", ".join(record_name(ref) for ref in op.losers)
    yield f"! {record_name(op.survivor)} ← {losers}"


_RENDERED: dict[type, Callable[..., Iterator[str]]] = {
    PatchCard: _patch,
    SetTags: _tags,
    LinkCards: _link,
    UnlinkCards: _unlink,
    MoveTask: _move,
    CreateTask: _task,
    AddNote: _note,
    EditNote: _edit,
    MergeNative: _native,
}
