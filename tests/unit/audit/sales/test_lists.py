"""LST001 to LST105: call lists, and whether their contacts are worked on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dedupe.audit import run_checks
from dedupe.audit.sales.lists import call_lists

from .accounts import ago, check, deal, found, make_facts, metric, rows

SMALL = {"LST001": {"least": 3}}


def contact(id: str, *, by: str | None = "7", minutes: float = 0, **told) -> dict:
    made = ago(10) + timedelta(minutes=minutes)
    return {"id": id, "created_by": by, "created_at": made, "owner_id": "7"} | told


def tagged(tag: str, *ids: str) -> list[dict]:
    return [{"entity": "contact", "record_id": each, "tag": tag} for each in ids]


def link(contact_id: str, deal_id: str | None) -> dict:
    return {"from_entity": "deal", "from_id": deal_id, "to_entity": "contact", "to_id": contact_id}


def recognised(contacts: list[dict], marks: list[dict], **options) -> dict[str, list[str]]:
    facts = make_facts(
        contacts=rows(*contacts),
        record_tags=rows(*marks) if marks else {"entity": []},
        options={"LST001": {"least": 3} | options},
    )
    parts = call_lists(facts).partition_by("list", as_dict=True)
    return {str(key[0]): sorted(part["record_id"].to_list()) for key, part in parts.items()}


def test_a_tag_is_a_list_when_most_of_its_contacts_were_made_by_one_hand_within_an_hour() -> None:
    loaded = [contact(str(n), minutes=15 * n) for n in range(5)]  # 0 to 60 minutes
    tags = tagged("base", *"01234")
    assert recognised(loaded, tags) == {"base": list("01234")}
    # Four of five are 80 %: the fifth was there before, and is of the list all the same.
    old = [*loaded[:4], contact("4", minutes=-5000)]
    assert recognised(old, tags) == {"base": list("01234")}
    two_hands = [*loaded[:3], contact("3", by="8"), contact("4", by="8")]
    assert "base" not in recognised(two_hands, tags)
    assert recognised(loaded[:2], tagged("base", "0", "1")) == {}


def test_a_slow_tag_is_no_list() -> None:
    slow = [contact(str(n), minutes=61 * n) for n in range(5)]
    assert recognised(slow, tagged("clients", *"01234")) == {}


def test_a_batch_without_a_tag_is_a_list_named_by_its_time() -> None:
    loaded = [contact(str(n), minutes=n) for n in range(3)]
    assert recognised(loaded, []) == {"2026-06-05 15:00": list("012")}
    hands = [contact(str(n), by=None) for n in range(3)]
    assert recognised(hands, []) == {}


def test_the_tags_of_the_config_are_the_lists_and_the_only_ones() -> None:
    slow = [contact(str(n), minutes=61 * n) for n in range(2)]
    loaded = [contact(f"x{n}") for n in range(3)]
    tags = [*tagged("Cold Base", "0", "1"), *tagged("base", "x0", "x1", "x2")]
    assert recognised([*slow, *loaded], tags, tags=(" cold base ",)) == {"Cold Base": ["0", "1"]}


CONTACTS = [contact(str(n)) for n in range(6)] + [contact("gone", is_deleted=True)]
TAGS = tagged("base", *"012345", "gone")


def listed(**told):
    defaults = {
        "contacts": rows(*CONTACTS),
        "record_tags": rows(*TAGS),
        "deals": rows(
            deal("open", created_at=ago(10)),
            deal("busy", created_at=ago(10)),
            deal("closed", "lost", created_at=ago(10)),
            deal("dead", "won", created_at=ago(10)) | {"is_deleted": True},
            deal("other", created_at=ago(10)),
        ),
        "links": rows(
            link("0", "open"), link("1", "busy"), link("2", "closed"), link("3", "dead"),
            link("4", None), link("1", "open"),
        ),
        "tasks": rows(
            {"id": "1", "entity": "deal", "record_id": "busy"},
            {"id": "2", "entity": "deal", "record_id": "open", "is_completed": True},
        ),
        "options": SMALL,
    }  # fmt: skip
    return make_facts(**defaults | told)


def test_a_contact_of_a_list_needs_a_deal_and_a_task_or_a_closed_deal() -> None:
    facts = listed()
    assert found(facts, "LST001") == [
        {"record_id": "0", "group": "no_task", "value": "base"},
        {"record_id": "3", "group": "no_deal", "value": "base"},
        {"record_id": "5", "group": "no_deal", "value": "base"},
    ]
    assert check(facts, "LST001", "contact").base == 6
    (row,) = metric(facts, "LST001", "call_lists")
    assert [row[c] for c in ("contacts", "no_deal", "no_task", "share")] == [6, 2, 1, 0.5]


def test_a_task_on_the_contact_is_one_too() -> None:
    tasks = rows({"id": "1", "entity": "contact", "record_id": "0"},
                 {"id": "2", "entity": "contact", "record_id": "5"})  # fmt: skip
    groups = {f["record_id"]: f["group"] for f in found(listed(tasks=tasks), "LST001")}
    assert groups == {"1": "no_task", "3": "no_deal", "5": "no_deal"}


def test_contacts_without_a_deal_are_told_by_owner() -> None:
    facts = listed()
    assert [f["record_id"] for f in found(facts, "LST101")] == ["3", "5"]
    (row,) = metric(facts, "LST101", "list_contacts_without_deal_by_owner")
    assert (row["person"], row["bare"], row["contacts"], row["share"]) == ("7", 2, 6, 1 / 3)


BEGUN = rows(
    deal("new", created_at=ago(10)),
    deal("new called", created_at=ago(10)),
    deal("begun", status_id="s2", created_at=ago(10)),
    deal("begun called", status_id="s2", created_at=ago(10)),
    deal("begun moved", status_id="s2", created_at=ago(10)),
    deal("not listed", status_id="s2", created_at=ago(10)),
)
LINKS = rows(*(link("0", name) for name in BEGUN["id"] if name != "not listed"))


def note(record: str, kind: str = "common", entity: str = "deal", **told) -> dict:
    defaults = {"id": f"{record}{kind}", "entity": entity, "record_id": record, "note_type": kind}
    return defaults | {"created_by": "7", "created_at": ago(5)} | told


CALLS = rows(note("new called", "call_out"), note("begun called", "call_in"))


def test_a_list_deal_beyond_the_first_stage_without_call_or_move_began_there() -> None:
    history = rows({"deal_id": "begun moved", "status_id": "s2", "changed_at": ago(5)})
    facts = listed(deals=BEGUN, links=LINKS, status_history=history, notes=CALLS)
    assert [f["record_id"] for f in found(facts, "LST102")] == ["begun"]
    assert check(facts, "LST102").base == 5


def test_stages_and_calls_must_agree() -> None:
    facts = listed(deals=BEGUN, links=LINKS, notes=CALLS)
    assert [(f["record_id"], f["group"]) for f in found(facts, "LST103")] == [
        ("begun", "moved_without_call"),
        ("new called", "called_but_new"),
        ("begun moved", "moved_without_call"),
    ]
    assert check(facts, "LST103").base == 5


def test_where_no_call_is_noted_at_all_nobody_is_judged() -> None:
    facts = listed(deals=BEGUN, links=LINKS, notes=rows(note("new")))
    assert (check(facts, "LST103").found, check(facts, "LST103").base) == (0, 0)


@pytest.mark.parametrize(
    ("days", "is_called"), [(10.03, True), (10.1, False), (2, True), (0.9, False)]
)
def test_a_call_on_the_contact_counts_in_the_time_of_the_deal(days, is_called) -> None:
    made = rows(
        deal("a", status_id="s2", created_at=ago(10), closed_at=ago(1)),
        deal("b", created_at=ago(10)),
    )
    call = note("0", "call_out", "contact", created_at=ago(days))
    facts = listed(deals=made, links=rows(link("0", "a")), notes=rows(call))
    assert [f["record_id"] for f in found(facts, "LST103")] == ([] if is_called else ["a"])


def test_a_success_needs_a_trace_that_a_person_left() -> None:
    names = ["text", "mail", "file", "blank", "call", "robot"]
    notes = rows(
        note("text", text="sent the offer"),
        note("mail", "amomail_message"),
        note("file", "attachment"),
        note("blank", text=" "),
        note("call", "call_out", text="x"),
        note("robot", "service_message", text="x"),
    )
    made = rows(*(deal(name, "won", created_at=ago(10)) for name in names))
    facts = listed(deals=made, links=rows(*(link("0", n) for n in names)), notes=notes)
    assert [f["record_id"] for f in found(facts, "LST104")] == ["call", "blank", "robot"]
    assert check(facts, "LST104").base == 6


def test_a_bad_contact_needs_an_explanation_in_words() -> None:
    lost = [
        deal(name, "lost", loss_reason_id="b", created_at=ago(10))
        for name in ("mute", "noted", "task", "field")
    ]
    dear = deal("dear", "lost", loss_reason_id="d", created_at=ago(10))
    facts = listed(
        deals=rows(*lost, dear),
        links=rows(*(link("0", each["id"]) for each in (*lost, dear))),
        loss_reasons={"id": ["b", "d"], "name": ["Неверный номер", "Too dear"]},
        notes=rows(note("noted", text="a kindergarten answers"), note("mute", "call_out")),
        tasks=rows({"id": "1", "entity": "deal", "record_id": "task", "result": "wrong person"}),
        field_values={"entity": ["deal"], "record_id": ["field"], "field_id": ["F"], "raw": ["x"]},
        loss_reason_field="F",
    )
    assert [(f["record_id"], f["value"]) for f in found(facts, "LST105")] == [
        ("mute", "Неверный номер")
    ]
    assert check(facts, "LST105").base == 4


@pytest.mark.parametrize(
    ("code", "lacking"),
    [
        ("LST001", "tasks"),
        ("LST103", "notes"),
        ("LST104", "notes"),
        ("LST102", "events|status_history"),
    ],
)
def test_what_was_not_read_is_not_checked(code, lacking) -> None:
    facts = listed(notes={"id": []}, events={"id": []})
    tables = {k: v for k, v in facts.account.tables.items() if k not in lacking.split("|")}
    bare = make_facts()
    object.__setattr__(bare.account, "tables", tables)
    (result,) = run_checks(bare, select=[code]).results
    assert (result.status, result.reason) == ("not_checked", f"no data: {lacking}")
