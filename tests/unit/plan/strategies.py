"""Hypothesis strategies for operations and the lists that they fall on."""

from __future__ import annotations

from hypothesis import strategies as st

from dedupe.plan.ops import (
    AddNote,
    CreateTask,
    EditNote,
    FieldChange,
    Item,
    LinkCards,
    MergeNative,
    MoveTask,
    PatchCard,
    Ref,
    SetTags,
    UnlinkCards,
    ValuesChange,
)

IDS = st.integers(1, 2**63 - 1).map(str)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
CARDS = st.builds(Ref, st.sampled_from(("contact", "company")), IDS)
DEALS = st.builds(Ref, st.just("deal"), IDS)
RAWS = st.sampled_from(
    ("+79161234567", "8 (916) 123-45-67", "89161234567 мама", "+79035550011", "8-903-555-00-11",
     "+79161234567; +79035550011", "a@mail.ru", "A@Mail.ru", "b@mail.ru", "12", "1-2", "")
)  # fmt: skip
ITEMS = st.builds(Item, RAWS, st.sampled_from((None, "WORK", "MOB")))
LISTS = st.lists(ITEMS, max_size=6).map(tuple)
CHANGES = st.builds(
    ValuesChange,
    field=st.just("PHONE"),
    old=st.lists(ITEMS, max_size=3).map(tuple),
    new=st.lists(ITEMS, max_size=3, unique_by=lambda item: item.raw).map(tuple),
)
FIELD_CHANGES = st.builds(
    FieldChange, field=TEXTS, before=st.none() | TEXTS, after=st.none() | TEXTS
)
NOTE_EDITS = st.builds(EditNote, record=CARDS, note_id=IDS, text=TEXTS, before=TEXTS)
REVERSIBLE = st.one_of(
    st.builds(PatchCard, record=CARDS,
              changes=st.lists(CHANGES | FIELD_CHANGES, max_size=3).map(tuple)),
    st.builds(SetTags, record=CARDS, add=st.lists(TEXTS, max_size=3).map(tuple),
              remove=st.lists(TEXTS, max_size=3).map(tuple)),
    st.builds(LinkCards, deal_or_card=DEALS, to=CARDS, is_main=st.none() | st.booleans(),
              was_main=st.none() | IDS),
    st.builds(LinkCards, deal_or_card=DEALS, to=CARDS, is_main=st.just(True), was_main=IDS,
              was_linked=st.just(True)),
    st.builds(UnlinkCards, deal_or_card=DEALS, to=CARDS, was_main=st.none() | st.booleans(),
              main=st.none() | IDS),
    st.builds(MoveTask, task=st.builds(Ref, st.just("task"), IDS), before=CARDS, after=CARDS),
    st.builds(AddNote, record=CARDS, text=TEXTS),
    NOTE_EDITS,
)  # fmt: skip
FINAL = st.one_of(
    st.builds(CreateTask, record=DEALS, owner_id=IDS, task_type_id=IDS, text=TEXTS,
              due_at=st.just("2026-11-23T10:00:00Z")),
    st.builds(MergeNative, survivor=CARDS, losers=st.lists(CARDS, max_size=3).map(tuple)),
)  # fmt: skip
OPS = REVERSIBLE | FINAL
