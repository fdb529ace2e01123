"""Repairs of single cards' numbers and addresses: doubled values split, repeats dropped, spelt.

A finding's proposal is written where the scan was certain (CERTAIN) or a person accepted it. A
repeat is dropped where another value of the card says the same and the dropped one says nothing
else. Only lists are repaired so: a text field holds one value, and what it should become is for
people to say. All repairs of one card are one operation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from dedupe.contracts import CERTAIN
from dedupe.decisions import SEPARATOR, Decision, spot_of
from dedupe.decisions.proposals import changed_places, decided_text

from .cards import Fields, id_sort, ref_key
from .draft import Draft, Step
from .inputs import Decisions, PlanInputs, PlanOptions
from .masks import masked
from .ops import Item, PatchCard, Ref, ValuesChange
from .plan import Phase
from .said import CHANNELS, Said, channels_of, proposals_of, read_again
from .values_change import applied

REPEATS = ("PHN202", "EML202")
KINDS = ("split", "drop_repeat", "normalize")


@dataclass(frozen=True, slots=True)
class _Row:
    """One value on a card."""

    field: str
    raw: str
    label: str | None
    position: int

    @property
    def item(self) -> Item:
        return Item(self.raw, self.label)


@dataclass(frozen=True, slots=True)
class _Proposed:
    """A text on a card and what it is to become: the scan's proposal, or a person's word."""

    ref: Ref
    code: str
    kind: str
    raw: str
    text: str
    repair: str


@dataclass(slots=True)
class _Repair:
    """What is to be done to one card."""

    changes: list[tuple[str, str, ValuesChange]] = field(default_factory=list)  # kind, code
    is_accepted: bool = False

    def add(self, kind: str, code: str, change: ValuesChange) -> None:
        if all(known != change for _, _, known in self.changes):
            self.changes.append((kind, code, change))


class Repairs:
    """Compiles the findings about values into one draft a card."""

    def __init__(
        self,
        inputs: PlanInputs,
        options: PlanOptions,
        decisions: Decisions,
        fields: Fields,
        left_out: Counter[str],
    ) -> None:
        self._inputs, self._options, self._decisions = inputs, options, decisions
        self._fields, self._left_out = fields, left_out
        self._repairs: dict[Ref, _Repair] = defaultdict(_Repair)
        self._rows: dict[tuple[Ref, str], list[_Row]] = {}

    def drafts(self) -> list[Draft]:
        """Return the drafts in order of kind and card."""
        proposed = self._proposed()
        repeated = self._repeated()
        spelt = self._spelt()
        refs = {each.ref for each in proposed} | {each[0] for each in repeated}
        self._rows = _channel_rows(self._inputs, refs | {each[0] for each in spelt})
        for each in proposed:
            self._split(each)
        for ref, code, kind, raws in repeated:
            self._drop(ref, code, kind, raws)
        for ref, kind, raw, proposal in spelt:
            self._respell(ref, kind, raw, proposal)
        made = [self._draft(ref) for ref in sorted(self._repairs, key=ref_key)]
        return sorted(
            (draft for draft in made if draft is not None),
            key=lambda draft: KINDS.index(draft.kind),
        )

    def _proposed(self) -> list[_Proposed]:
        """Return the findings whose proposal may be written."""
        frame = self._inputs.findings.filter(
            pl.col("field").is_in(CHANNELS)
            & pl.col("proposal").is_not_null()
            & pl.col("value").is_not_null()
        ).sort("code", "entity", *id_sort("record_id"), "field", "value")
        columns = ("code", "entity", "record_id", "field", "value", "proposal", "confidence")
        n_alike = Counter(frame.select("code", "entity", "record_id").iter_rows())
        found: list[_Proposed] = []
        changed = self._changed(frame)
        for code, entity, id_, kind, raw, proposal, confidence in frame.select(columns).iter_rows():
            ref, repair = Ref(entity, id_), _kind_of(proposal)
            if not self._options.wants(repair, code) or not self._options.is_target(ref):
                continue
            one = _Proposed(ref, code, kind, raw, proposal, repair)
            told = self._decisions.proposal(ref, kind, raw, proposal)
            if told is not None:
                found += self._told(one, told)
                continue
            verdict = self._decisions.finding(code, ref)
            if verdict is False:
                self._left_out["rejected"] += 1
            elif verdict or (confidence or 0.0) >= CERTAIN:
                edited = self._decisions.edits.get((code, ref))
                if edited is not None and n_alike[code, entity, id_] > 1:
                    self._left_out["unsure"] += 1  # which of the card's values it is, nobody said
                    continue
                self._repairs[ref].is_accepted |= bool(verdict)
                found.append(replace(one, text=edited or proposal))
            else:
                waiting = "changed" if (entity, id_, kind) in changed else "review"
                self._left_out[waiting] += 1
        return found

    def _told(self, one: _Proposed, decision: Decision) -> Iterator[_Proposed]:
        """Yield the repair that a person has decided on, if it is one."""
        text = decided_text(decision, one.text)
        if text is None:
            self._left_out["rejected"] += 1
        elif text:
            self._repairs[one.ref].is_accepted = True
            yield replace(one, text=text)

    def _changed(self, frame: pl.DataFrame) -> frozenset[tuple[str, str, str]]:
        """Return where a person has decided on a text that no finding is about any more."""
        told = self._decisions.proposals
        if not told:
            return frozenset()
        rows = frame.select("entity", "record_id", "field", "value").unique().iter_rows()
        return changed_places(told, (spot_of(*row) for row in rows))

    def _repeated(self) -> list[tuple[Ref, str, str, list[Said]]]:
        """Return the repeats that can be dropped: ref, code, kind, what the card's values say."""
        frame = self._inputs.findings.filter(pl.col("code").is_in(REPEATS)).sort(
            "code", "entity", *id_sort("record_id"), "value"
        )
        wanted: dict[tuple[Ref, str], tuple[str, list[str]]] = {}
        columns = ("code", "entity", "record_id", "field", "value")
        for code, entity, id_, kind, value in frame.select(columns).iter_rows():
            ref = Ref(entity, id_)
            if not self._options.wants("drop_repeat", code) or not self._options.is_target(ref):
                continue
            if self._decisions.finding(code, ref) is False:
                self._left_out["rejected"] += 1
                continue
            wanted.setdefault((ref, kind), (code, []))[1].append(value)
        said = read_again(self._inputs, self._options, {ref for ref, _ in wanted})
        return [
            (ref, code, kind, [one for one in said.get((ref, kind), []) if one.value in values])
            for (ref, kind), (code, values) in wanted.items()
        ]

    def _spelt(self) -> list[tuple[Ref, str, str, str]]:
        """Return the certain values in another spelling than ours, if these are asked for."""
        # No check counts them: another spelling is no fault, so no code asks for it.
        if not self._options.wants("normalize", ""):
            return []
        frame = proposals_of(self._inputs, self._options, None).filter(
            (pl.col("action") == "normalize") & pl.col("is_automatic")
        )
        columns = ("entity", "record_id", "kind", "raw", "proposal")
        ordered = frame.sort("entity", *id_sort("record_id"), "kind", "position", "raw")
        return [
            (Ref(entity, id_), kind, raw, proposal)
            for entity, id_, kind, raw, proposal in ordered.select(columns).iter_rows()
            if self._options.is_target(Ref(entity, id_))
        ]

    def _split(self, one: _Proposed) -> None:
        parts = dict.fromkeys(one.text.split(SEPARATOR))
        for row in self._own(one.ref, one.kind, one.raw):
            new = tuple(Item(part, row.label) for part in parts)
            change = ValuesChange(field=row.field, old=(row.item,), new=new)
            self._repairs[one.ref].add(one.repair, one.code, change)

    def _drop(self, ref: Ref, code: str, kind: str, said: Sequence[Said]) -> None:
        by_value: dict[tuple[str, str], list[Said]] = defaultdict(list)
        for one in said:
            by_value[one.value, one.extension].append(one)
        is_done = False
        for alike in by_value.values():
            for change in self._drops(ref, kind, alike):
                self._repairs[ref].add("drop_repeat", code, change)
                is_done = True
        if not is_done and ref not in self._repairs:
            self._left_out["unsure"] += 1

    def _drops(self, ref: Ref, kind: str, alike: Sequence[Said]) -> Iterator[ValuesChange]:
        """Yield the changes that leave one of several values that say the same."""
        for one in alike:
            if one.action == "drop_repeat" and one.is_automatic and one.proposal:
                for row in self._own(ref, kind, one.raw):
                    new = (Item(one.proposal, row.label),)
                    yield ValuesChange(field=row.field, old=(row.item,), new=new)
        rows = [
            (one, row)
            for one in alike
            if one.is_single
            for row in self._own(ref, kind, one.raw)
            if row.position == one.position
        ]
        if len(rows) < 2:
            return
        kept = min(rows, key=lambda pair: _worth(*pair))[1]
        by_item: Counter[tuple[str, Item]] = Counter()
        for one, row in rows:
            if row is not kept and one.says_nothing_else and row.field == kept.field:
                by_item[row.field, row.item] += 1
        for (name, item), n in by_item.items():
            old = (item,) * (n + (item == kept.item))
            yield ValuesChange(field=name, old=old, new=(kept.item,))

    def _respell(self, ref: Ref, kind: str, raw: str, proposal: str) -> None:
        touched = {item for _, _, change in self._repairs[ref].changes for item in change.old}
        for row in self._own(ref, kind, raw):
            if row.item not in touched:
                new = (Item(proposal, row.label),)
                change = ValuesChange(field=row.field, old=(row.item,), new=new)
                self._repairs[ref].add("normalize", "", change)

    def _own(self, ref: Ref, kind: str, raw: str) -> list[_Row]:
        """Return the card's values of this text that stand in a list."""
        rows = [row for row in self._rows.get((ref, kind), []) if row.raw == raw]
        multi = [row for row in rows if self._fields.is_multi(ref.entity, row.field)]
        if len(multi) < len(rows):
            self._left_out["single_field"] += len(rows) - len(multi)
        return multi

    def _draft(self, ref: Ref) -> Draft | None:
        repair = self._repairs[ref]
        rows = sorted(
            (row for kind in CHANNELS for row in self._rows.get((ref, kind), [])),
            key=lambda row: (row.field, row.position, row.raw),
        )
        held: dict[str, tuple[Item, ...]] = defaultdict(tuple)
        for row in rows:
            held[row.field] += (row.item,)
        pre = {name: tuple(item.raw for item in items) for name, items in held.items()}
        kept = []
        for kind, code, change in repair.changes:
            after = applied(held[change.field], change)
            if after != held[change.field]:
                kept.append((kind, code, change))
                held[change.field] = after
        if not kept:
            return None
        return _made(ref, kept, pre, is_accepted=repair.is_accepted)


def _worth(one: Said, row: _Row) -> tuple[object, ...]:
    """Return what sorts equal values, the one to keep first."""
    return (
        row.field not in ("PHONE", "EMAIL"),
        one.says_nothing_else,  # a value that says more is kept for what it says
        one.raw != one.value,
        row.position,
        row.raw,
    )


def _made(
    ref: Ref,
    kept: Sequence[tuple[str, str, ValuesChange]],
    pre: Mapping[str, tuple[str, ...]],
    *,
    is_accepted: bool,
) -> Draft:
    kind, code, _ = min(kept, key=lambda each: (KINDS.index(each[0]), each[1]))
    changes = tuple(change for _, _, change in kept)
    touched = {change.field for change in changes}
    return Draft(
        kind=kind,
        code=code,
        members=(ref,),
        steps=(
            Step(
                phase=Phase.COPY,
                op=PatchCard(record=ref, changes=changes),
                pre={name: raws for name, raws in pre.items() if name in touched},
            ),
        ),
        evidence=tuple(
            (own_code or own_kind, masked(item.raw))
            for own_kind, own_code, change in kept
            for item in dict.fromkeys(change.old)
        ),
        requires="approve" if is_accepted else "auto",
    )


def _kind_of(proposal: str) -> str:
    return "split" if SEPARATOR in proposal else "normalize"


def _channel_rows(inputs: PlanInputs, refs: set[Ref]) -> dict[tuple[Ref, str], list[_Row]]:
    frame = channels_of(inputs, refs).sort(
        "entity", "record_id", "field_id", "kind", "position", "raw", nulls_last=True
    )
    rows: dict[tuple[Ref, str], list[_Row]] = defaultdict(list)
    columns = ("entity", "record_id", "kind", "field_id", "raw", "label", "position")
    for entity, id_, kind, field_id, raw, label, position in frame.select(columns).iter_rows():
        if raw is not None and field_id is not None and "\x00" not in raw:
            rows[Ref(entity, id_), kind].append(_Row(field_id, raw, label, position or 0))
    return rows
