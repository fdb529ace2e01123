"""Operations take themselves back, and are the same after a trip through JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from dedupe.errors import InputError
from dedupe.plan.canonical import canonical_text
from dedupe.plan.op_json import from_json, to_json
from dedupe.plan.ops import (
    AddNote,
    CreateTask,
    Effect,
    FieldChange,
    Item,
    LinkCards,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)

from .strategies import FINAL, OPS, REVERSIBLE

CARD, DEAL = Ref("contact", "101"), Ref("deal", "9")


@given(op=REVERSIBLE)
def test_the_reverse_of_the_reverse_is_the_operation(op) -> None:
    assert op.reverse().reverse() == op
    assert op.reverse().touches <= op.touches | {Ref(CARD.entity, "0")} or op.reverse().touches


@given(op=FINAL)
def test_what_no_crm_takes_back_has_no_reverse(op) -> None:
    assert op.reverse() is None


@given(op=OPS)
def test_json_and_back_is_the_operation(op) -> None:
    assert from_json(json.loads(canonical_text(to_json(op)))) == op


@pytest.mark.parametrize(
    ("op", "effect"),
    [
        (PatchCard(record=CARD, changes=(FieldChange(field="1", before=None, after="a"),)), "A"),
        (PatchCard(record=CARD, changes=(FieldChange(field="1", before="b", after="a"),)), "S"),
        (PatchCard(record=CARD, changes=(ValuesChange(field="P", new=(Item("1"),)),)), "A"),
        (PatchCard(record=CARD, changes=(ValuesChange(field="P", old=(Item("1"),)),)), "S"),
        (SetTags(record=CARD, add=("a",)), "A"),
        (SetTags(record=CARD, remove=("a",)), "S"),
        (LinkCards(deal_or_card=DEAL, to=CARD, is_main=False), "A"),
        (LinkCards(deal_or_card=DEAL, to=CARD, is_main=True, was_main="7"), "M"),
        (UnlinkCards(deal_or_card=DEAL, to=CARD), "S"),
        (AddNote(record=CARD, text="a"), "A"),
    ],
)
def test_an_effect_is_what_the_operation_can_cost(op, effect) -> None:
    assert op.effect is Effect(effect)


def test_promoting_a_linked_contact_is_taken_back_by_promoting_the_former_one() -> None:
    op = LinkCards(deal_or_card=DEAL, to=CARD, is_main=True, was_main="7", was_linked=True)
    back = op.reverse()
    assert (back.to, back.was_main, back.is_main) == (Ref("contact", "7"), "101", True)


def test_a_note_is_taken_back_by_a_tombstone_that_knows_the_text() -> None:
    back = AddNote(record=CARD, text="слова").reverse()
    assert back.note_id is None
    assert "слова" not in back.text


GOOD = to_json(
    CreateTask(record=DEAL, owner_id="1", task_type_id="1", text="t", due_at="2026-11-23T10:00:00Z")
)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"type": "delete_card"}, "type"),
        ({"type": None}, "type"),
        ({"owner_id": 1}, "owner_id"),
        ({"owner_id": "0"}, "owner_id"),
        ({"owner_id": "-5"}, "owner_id"),
        ({"owner_id": str(2**63)}, "owner_id"),
        ({"owner_id": True}, "owner_id"),
        ({"owner_id": "1.0"}, "owner_id"),
        ({"record": ["user", "1"]}, "record[0]"),
        ({"record": ["deal", 7]}, "record[1]"),
        ({"record": ["deal", "7", "8"]}, "record"),
        ({"text": None}, "text"),
        ({"due_at": "tomorrow"}, "due_at"),
        ({"surprise": 1}, ""),
    ],
)
def test_what_is_not_an_operation_is_told_by_its_place(change, where) -> None:
    with pytest.raises(InputError) as caught:
        from_json(GOOD | change)
    assert caught.value.where == where


def test_a_missing_key_is_named() -> None:
    with pytest.raises(InputError, match="due_at"):
        from_json({key: value for key, value in GOOD.items() if key != "due_at"})
