"""A merge as operations, in the order in which a kill at any moment loses nothing.

Keep what would lose (a note), copy values and tags, link the survivor, move open tasks, detach the
losers, mark them last (reliability 2.7). The survivor is complete before anything is taken from a
loser, and the tag that people filter by stands only where all before it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dedupe.config.planning import Planning, Survivorship

from .candidates import Candidate
from .cards import Card, Field, Fields, id_key, ref_key
from .draft import Draft, Step
from .marks import delete_field
from .masks import masked
from .notes import keep_notes, mark_note
from .ops import (
    AddNote,
    Change,
    FieldChange,
    Item,
    LinkCards,
    MoveTask,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)
from .plan import Golden, Phase
from .survivorship import (
    REVIEWER,
    Chosen,
    Lost,
    chosen_values,
    deciding_rule,
    ranked,
    with_told,
)
from .values_change import spelling

CODE = "DUP110"
_YES = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What all merges of a plan share: rules, fields, users, and the main contact of each deal."""

    planning: Planning
    rules: Survivorship
    fields: Fields
    active: frozenset[str] = frozenset()
    users: Mapping[str, str] = field(default_factory=dict)
    mains: Mapping[str, str] = field(default_factory=dict)

    def delete_field(self, entity: str) -> Field | None:
        """Return the checkbox by which people know what to delete, where the account has one."""
        return delete_field(self.fields, entity, self.planning.delete_field)


def merge_draft(candidate: Candidate, cards: Sequence[Card], shared: Merging) -> Draft:
    """Compile the merge of `cards`, which are the live ones of `candidate`."""
    merge = _Merge.of(candidate, cards, shared)
    return Draft(
        kind="merge",
        code=CODE,
        members=tuple(card.ref for card in merge.cards),
        steps=tuple(merge.steps()),
        survivor=merge.survivor.ref,
        losers=tuple(card.ref for card in merge.losers),
        score=candidate.score,
        evidence=tuple(merge.evidence(candidate)),
        golden=tuple(merge.golden()),
        requires="approve" if candidate.is_accepted else "auto",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merge:
    """One merge: the ranked cards and the values that were chosen."""

    cards: Sequence[Card]
    shared: Merging
    chosen: Sequence[Chosen]
    rule: str  # that sets the survivor apart

    @classmethod
    def of(cls, candidate: Candidate, cards: Sequence[Card], shared: Merging) -> _Merge:
        order = ranked(cards, shared.rules, shared.active)
        rule = deciding_rule(order, shared.rules, shared.active)
        if any(card.ref.id == candidate.survivor for card in order):
            order = sorted(order, key=lambda card: card.ref.id != candidate.survivor)
            rule = REVIEWER
        chosen = chosen_values(order, shared.fields, shared.rules)
        return cls(
            cards=order,
            shared=shared,
            chosen=with_told(chosen, candidate.values, order, shared.fields),
            rule=rule,
        )

    @property
    def survivor(self) -> Card:
        return self.cards[0]

    @property
    def losers(self) -> Sequence[Card]:
        return self.cards[1:]

    def steps(self) -> Iterator[Step]:
        yield from self._keep()
        yield from self._copy()
        yield from self._link()
        yield from self._move()
        yield from self._detach()
        yield from self._mark()

    def golden(self) -> Iterator[Golden]:
        yield Golden(field="id", rule=self.rule, from_ids=(self.survivor.ref.id,))
        for each in self.chosen:
            if each.value is not None:
                yield Golden(field=each.field, rule=each.rule, from_ids=each.from_ids)
        for name in self._multi_fields():
            givers = [card.ref.id for card in self.cards if self._items(card, name)]
            yield Golden(field=name, rule="union", from_ids=tuple(givers))
        givers = [card.ref.id for card in self.cards if card.tags]
        if givers:
            yield Golden(field="tags", rule="union", from_ids=tuple(givers))

    def evidence(self, candidate: Candidate) -> Iterator[tuple[str, str]]:
        """Yield what the cards share, masked, and how likely the weakest pair is."""
        seen: dict[str, set[str]] = {}
        raws: dict[str, str] = {}
        for card in self.cards:
            for items in card.items.values():
                for item in items:
                    seen.setdefault(spelling(item.raw), set()).add(card.ref.id)
                    raws.setdefault(spelling(item.raw), item.raw)
        for key in sorted(key for key, ids in seen.items() if len(ids) > 1):
            yield ("email" if "@" in key else "phone", masked(raws[key]))
        if candidate.score is not None:
            yield ("probability", f"{candidate.score:.4f}")
        if candidate.is_accepted:
            yield ("decision", "accept")

    def _keep(self) -> Iterator[Step]:
        lost = [each for chosen in self.chosen for each in chosen.lost] + self._lost_companies()
        for text in keep_notes(self.losers, lost, self.shared.fields, self.shared.users):
            yield Step(phase=Phase.KEEP, op=AddNote(record=self.survivor.ref, text=text))

    def _copy(self) -> Iterator[Step]:
        survivor = self.survivor
        changes: list[Change] = []
        pre: dict[str, tuple[str, ...]] = {}
        for name in self._multi_fields():
            new = self._missing(name)
            if new:
                changes.append(ValuesChange(field=name, new=new))
                pre[name] = tuple(item.raw for item in survivor.items.get(name, ()))
        for each in self.chosen:
            before = survivor.single(each.field)
            if each.value != before:
                changes.append(FieldChange(field=each.field, before=before, after=each.value))
                pre[each.field] = () if before is None else (before,)
        if changes:
            op = PatchCard(record=survivor.ref, changes=tuple(changes))
            yield Step(phase=Phase.COPY, op=op, pre=pre)
        tags = sorted({tag for card in self.losers for tag in card.tags} - set(survivor.tags))
        if tags:
            yield Step(
                phase=Phase.COPY,
                op=SetTags(record=survivor.ref, add=tuple(tags)),
                pre={"tags": survivor.tags},
            )

    def _multi_fields(self) -> list[str]:
        names = {name for card in self.cards for name in card.items}
        return sorted(names | {name for name, items in self._stray().items() if items})

    def _stray(self) -> dict[str, list[Item]]:
        """Return numbers of the losers' text fields that the golden record would not hold."""
        lost = {(each.from_id, each.field) for chosen in self.chosen for each in chosen.lost}
        stray: dict[str, list[Item]] = {"PHONE": [], "EMAIL": []}
        for card in self.losers:
            for name, raw in sorted(card.extra.items()):
                if (card.ref.id, name) in lost:
                    stray["EMAIL" if "@" in raw else "PHONE"].append(Item(raw))
        return stray

    def _items(self, card: Card, name: str) -> tuple[Item, ...]:
        return card.items.get(name, ())

    def _missing(self, name: str) -> tuple[Item, ...]:
        """Return the losers' items of a field that the survivor has in no spelling."""
        held = {spelling(item.raw) for item in self._items(self.survivor, name)}
        offered = [item for card in self.losers for item in self._items(card, name)]
        missing: list[Item] = []
        for item in offered + self._stray().get(name, []):
            if spelling(item.raw) not in held:
                held.add(spelling(item.raw))
                missing.append(item)
        return tuple(missing)

    def _deals(self) -> list[str]:
        return sorted({deal for card in self.losers for deal in card.deals}, key=id_key)

    def _main_loser(self, deal: str) -> str | None:
        return next((card.ref.id for card in self.losers if card.deals.get(deal)), None)

    def _link(self) -> Iterator[Step]:
        for deal in self._deals():
            op = self._deal_link(deal)
            if op is not None:
                yield Step(phase=Phase.LINK, op=op, pre=self._mains(deal))
        survivor = self.survivor.ref
        for other in self._new_others():
            own, to = (survivor, other) if survivor.entity == "contact" else (other, survivor)
            yield Step(phase=Phase.LINK, op=LinkCards(deal_or_card=own, to=to))

    def _deal_link(self, deal: str) -> LinkCards | None:
        survivor, was_main = self.survivor, self._main_loser(deal)
        was_linked = deal in survivor.deals
        if was_linked and (was_main is None or survivor.deals[deal]):
            return None
        is_contact = survivor.ref.entity == "contact"
        return LinkCards(
            deal_or_card=Ref("deal", deal),
            to=survivor.ref,
            is_main=was_main is not None if is_contact else None,
            was_main=was_main or (self.shared.mains.get(deal) if is_contact else None),
            was_linked=was_linked,
        )

    def _mains(self, deal: str) -> dict[str, tuple[str, ...]]:
        main = self.shared.mains.get(deal)
        return {"main": (main,)} if main and self.survivor.ref.entity == "contact" else {}

    def _new_others(self) -> list[Ref]:
        """Return whom the survivor is to be linked with: one company, or all contacts."""
        if self.survivor.ref.entity == "contact":
            if self.survivor.others:
                return []
            return [ref for card in self.losers for ref in card.others][:1]
        found = {ref for card in self.losers for ref in card.others}
        return sorted(found - set(self.survivor.others), key=ref_key)

    def _lost_companies(self) -> list[Lost]:
        """Return the companies of losing contacts: a contact has one."""
        if self.survivor.ref.entity != "contact":
            return []
        kept = {*self.survivor.others, *self._new_others()}
        return [
            Lost(field="company", value=ref.id, from_id=card.ref.id)
            for card in self.losers
            for ref in card.others
            if ref not in kept
        ]

    def _move(self) -> Iterator[Step]:
        for card in self.losers:
            for task in card.tasks:
                yield Step(
                    phase=Phase.MOVE,
                    op=MoveTask(task=Ref("task", task), before=card.ref, after=self.survivor.ref),
                )

    def _detach(self) -> Iterator[Step]:
        is_contact = self.survivor.ref.entity == "contact"
        for card in self.losers:
            for deal in card.deals:
                moved = self._main_loser(deal) is not None
                main = self.survivor.ref.id if moved else self.shared.mains.get(deal)
                yield Step(
                    phase=Phase.DETACH,
                    op=UnlinkCards(
                        deal_or_card=Ref("deal", deal),
                        to=card.ref,
                        was_main=False if is_contact else None,
                        main=main if is_contact else None,
                    ),
                )
            if not is_contact:
                for other in card.others:
                    yield Step(phase=Phase.DETACH, op=UnlinkCards(deal_or_card=other, to=card.ref))

    def _mark(self) -> Iterator[Step]:
        """Mark the losers: the note, the checkbox, and last of all the tags."""
        box = self.shared.delete_field(self.survivor.ref.entity)
        for card in self.losers:
            note = AddNote(record=card.ref, text=mark_note(self.survivor.ref))
            yield Step(phase=Phase.MARK, op=note)
            before = card.single(box.id) if box is not None else _YES
            if box is not None and before != _YES:
                change = FieldChange(field=box.id, before=before, after=_YES)
                yield Step(
                    phase=Phase.MARK,
                    op=PatchCard(record=card.ref, changes=(change,)),
                    pre={box.id: () if before is None else (before,)},
                )
        tag = self.shared.planning.mark_tag
        for card in self.losers:
            yield Step(
                phase=Phase.MARK,
                op=SetTags(record=card.ref, add=(tag,)),
                pre={"tags": card.tags},
            )
