"""The operations a plan is made of: values that say what to do, and what takes it back.

They know no CRM: a card is its kind and its id, a field is named as in the snapshot ("PHONE",
"name", the number of a field of the account's own). How a CRM carries one out is its room's
business. The law that tests hold: `op.reverse().reverse() == op` where there is a reverse.

What a multi-value field will hold in the end is never said here: people write numbers on cards
while a plan waits. A change says what goes and what comes; `values_change.applied` makes the list
from what stands on the card at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from dedupe.language import N_, tr

ENTITIES = ("contact", "company", "deal", "task")


class Effect(StrEnum):
    """What an operation can cost, from nothing to what no one can take back."""

    ADDITIVE = "A"
    MOVE = "M"
    SUBTRACTIVE = "S"
    IRREVERSIBLE = "X"


EFFECTS = tuple(Effect)  # from the mildest to the gravest


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """One record of the CRM: its kind and its id."""

    entity: str
    id: str

    def __str__(self) -> str:
        """Return the record as people and messages write it: "contact 101"."""
        return f"{self.entity} {self.id}"


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a multi-value field: a number or an address, and the CRM's label of it."""

    raw: str
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesChange:
    """What becomes of a multi-value field: `old` items go, `new` ones come in their place.

    Without `old` the new ones are added where no item says the same yet; without `new` the old
    ones are removed. `old_at` and `new_at` are places in the list before and after, where they are
    known. A restoring change puts back every spelling as it was, though another says the same.
    """

    field: str
    old: tuple[Item, ...] = ()
    new: tuple[Item, ...] = ()
    old_at: tuple[int, ...] = ()
    new_at: tuple[int, ...] = ()
    is_restoring: bool = False

    def reverse(self) -> ValuesChange:
        """Return the change that puts `old` back."""
        return ValuesChange(
            field=self.field,
            old=self.new,
            new=self.old,
            old_at=self.new_at,
            new_at=self.old_at,
            is_restoring=not self.is_restoring,
        )

    @property
    def effect(self) -> Effect:
        """Tell whether anything goes."""
        return Effect.SUBTRACTIVE if self.old else Effect.ADDITIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """Change a single-value field; None is an empty one, structured values are canonical JSON."""

    field: str
    before: str | None
    after: str | None

    def reverse(self) -> FieldChange:
        """Return the change that puts `before` back."""
        return replace(self, before=self.after, after=self.before)

    @property
    def effect(self) -> Effect:
        """Tell whether a value goes."""
        return Effect.ADDITIVE if self.before is None else Effect.SUBTRACTIVE


Change = ValuesChange | FieldChange


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchCard:
    """Change fields of one card; the changes take effect in their order."""

    record: Ref
    changes: tuple[Change, ...]

    @property
    def effect(self) -> Effect:
        """Return the gravest effect of the changes."""
        return worst(change.effect for change in self.changes)

    def reverse(self) -> PatchCard:
        """Return the operation that takes the changes back, the last one first."""
        return replace(self, changes=tuple(c.reverse() for c in reversed(self.changes)))

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.record})


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTags:
    """Add and remove tags of a record; the others are left alone."""

    record: Ref
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def effect(self) -> Effect:
        """Tell whether a tag goes."""
        return Effect.SUBTRACTIVE if self.remove else Effect.ADDITIVE

    def reverse(self) -> SetTags:
        """Return the operation that takes it back."""
        return replace(self, add=self.remove, remove=self.add)

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.record})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCards:
    """Link a deal (or a contact) to a card; `was_main` is the id of the main contact before.

    Where the two are linked already (`was_linked`), only who is the main contact changes.
    """

    deal_or_card: Ref
    to: Ref
    is_main: bool | None = None
    was_main: str | None = None
    was_linked: bool = False

    @property
    def effect(self) -> Effect:
        """Tell whether another contact stops being the main one."""
        return Effect.MOVE if self.is_main and self.was_main else Effect.ADDITIVE

    def reverse(self) -> LinkCards | UnlinkCards | None:
        """Return the operation that takes it back; None where nobody was the main contact."""
        if not self.was_linked:
            return UnlinkCards(
                deal_or_card=self.deal_or_card,
                to=self.to,
                was_main=self.is_main,
                main=self.was_main,
            )
        if self.was_main is None:
            return None
        former = Ref(self.to.entity, self.was_main)
        return replace(self, to=former, was_main=self.to.id)

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.deal_or_card, self.to})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkCards:
    """Take a link away; `was_main` tells whether the card was the main contact, `main` who is."""

    deal_or_card: Ref
    to: Ref
    was_main: bool | None = None
    main: str | None = None

    @property
    def effect(self) -> Effect:
        """A link goes."""
        return Effect.SUBTRACTIVE

    def reverse(self) -> LinkCards:
        """Return the operation that links them again."""
        return LinkCards(
            deal_or_card=self.deal_or_card, to=self.to, is_main=self.was_main, was_main=self.main
        )

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.deal_or_card, self.to})


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTask:
    """Move a task from one card to another."""

    task: Ref
    before: Ref
    after: Ref

    @property
    def effect(self) -> Effect:
        """One pointer changes."""
        return Effect.MOVE

    def reverse(self) -> MoveTask:
        """Return the operation that moves it back."""
        return replace(self, before=self.after, after=self.before)

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.task, self.before, self.after})


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask:
    """Make a task on a record, due at a moment in UTC, as ISO 8601."""

    record: Ref
    owner_id: str
    task_type_id: str
    text: str
    due_at: str

    @property
    def effect(self) -> Effect:
        """Nothing goes."""
        return Effect.ADDITIVE

    def reverse(self) -> None:
        """Return None: no CRM lets a program take a task away."""
        return

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.record})


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    """Leave a note on a record; the marker that makes it findable is the executor's."""

    record: Ref
    text: str

    @property
    def effect(self) -> Effect:
        """Nothing goes."""
        return Effect.ADDITIVE

    def reverse(self) -> EditNote:
        """Return the edit that leaves a tombstone; the executor knows its `note_id`."""
        return EditNote(record=self.record, note_id=None, text=tombstone(), before=self.text)

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.record})


@dataclass(frozen=True, slots=True, kw_only=True)
class EditNote:
    """Replace the text of a note of ours; without a `note_id` it is the reverse of an AddNote."""

    record: Ref
    note_id: str | None
    text: str
    before: str

    @property
    def effect(self) -> Effect:
        """A text goes."""
        return Effect.SUBTRACTIVE

    def reverse(self) -> EditNote | AddNote:
        """Return the operation that puts the text back."""
        if self.note_id is None:
            return AddNote(record=self.record, text=self.before)
        return replace(self, text=self.before, before=self.text)

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.record})


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeNative:
    """Let the CRM itself merge `losers` into `survivor`. Nothing can take it back."""

    survivor: Ref
    losers: tuple[Ref, ...]

    @property
    def effect(self) -> Effect:
        """Cards go, for good."""
        return Effect.IRREVERSIBLE

    def reverse(self) -> None:
        """Return None."""
        return

    @property
    def touches(self) -> frozenset[Ref]:
        """Return the records it writes to."""
        return frozenset({self.survivor, *self.losers})


Op = (
    PatchCard
    | SetTags
    | LinkCards
    | UnlinkCards
    | MoveTask
    | CreateTask
    | AddNote
    | EditNote
    | MergeNative
)


def worst(effects: Iterable[Effect]) -> Effect:
    """Return the gravest of `effects`; of none, the mildest."""
    return max(effects, key=EFFECTS.index, default=Effect.ADDITIVE)


def tombstone() -> str:
    """Return what is left of a note that was taken back."""
    return tr(N_("crmclean: this note was taken back."))
