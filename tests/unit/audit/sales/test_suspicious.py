"""LST301: the signs of deals that were closed as lost without work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dedupe.audit import run_checks

from .accounts import ago, check, deal, found, make_facts, metric, rows


def lost(id: str, *, minutes: float = 5000, closed: float = 5, owner: str = "7", **told) -> dict:
    at = ago(closed)
    made = at - timedelta(minutes=minutes)
    return deal(id, "lost", created_at=made, closed_at=at, owner_id=owner) | told


def call(record: str, seconds: object, at: float = 5.01, by: str = "7") -> dict:
    return {
        "id": f"call {record} {seconds}",
        "entity": "deal",
        "record_id": record,
        "note_type": "call_out",
        "params": '{"duration": %s}' % seconds,  # noqa: UP031
        "created_by": by,
        "created_at": ago(at),
    }


def text(record: str) -> dict:
    return {"id": f"text {record}", "entity": "deal", "record_id": record, "note_type": "common",
            "text": "asked", "created_at": ago(5.01)}  # fmt: skip


WON = deal("won", "won", created_at=ago(9), closed_at=ago(6), owner_id="7")
DEALS = [
    WON,
    lost("honest"),
    lost("silent"),
    lost("quick"),
    lost("short"),
    lost("fresh", closed=0.5),
    lost("old", closed=366),
    lost("unknown") | {"closed_at": None},
]
NOTES = [call("won", 90), text("won"), call("honest", 90), text("honest"), call("quick", 60),
         text("quick"), call("short", 3), call("short", 14)]  # fmt: skip


def facts_of(deals: list[dict] = DEALS, notes: list[dict] = NOTES, **told):
    return make_facts(deals=rows(*deals), notes=rows(*notes), **told)


def signs(facts) -> dict[str, str]:
    told = run_checks(facts, select=["LST301"]).findings
    return dict(told.select("record_id", "value").iter_rows())


def test_two_signs_make_a_loss_suspicious_and_one_does_not() -> None:
    facts = facts_of()
    assert signs(facts) == {"silent": "no_calls, no_notes", "short": "short_calls, no_notes"}
    assert [f["group"] for f in found(facts, "LST301")] == ["two_signs", "two_signs"]
    # The fresh, the old and the one of no time are not judged.
    assert check(facts, "LST301").base == 4
    one = facts_of(options={"LST301": {"signs": 1}})
    assert set(signs(one)) == {"silent", "short"}


@pytest.mark.parametrize(
    ("minutes", "is_quick"), [(9.9, True), (10, False), (0, True), (-1, False)]
)
def test_quick_is_less_than_ten_minutes_from_creation(minutes, is_quick) -> None:
    facts = facts_of([WON, lost("a", minutes=minutes)], NOTES[:2])
    assert ("quick" in signs(facts).get("a", "")) is is_quick


def test_quick_is_counted_from_the_first_move_where_one_came_before_the_loss() -> None:
    moves = rows(
        {"deal_id": "a", "status_id": "s2", "pipeline_id": "p", "changed_at": ago(5, minutes=5),
         "changed_by": "9"},
        {"deal_id": "a", "status_id": "143", "pipeline_id": "p", "changed_at": ago(5),
         "changed_by": "9"},
        {"deal_id": "b", "status_id": "143", "pipeline_id": "p", "changed_at": ago(5),
         "changed_by": "9"},
    )  # fmt: skip
    facts = facts_of([WON, lost("a"), lost("b")], NOTES[:2], status_history=moves,
                     options={"LST301": {"signs": 1}})  # fmt: skip
    assert signs(facts) == {"a": "quick, no_notes", "b": "no_notes"}
    rows_of = metric(facts, "LST301", "suspicious_losses_by_manager")
    # Who moved the deals closed them, not their owner; 9 has no call at all: no telephony.
    assert [(r["person"], r["losses"], r["no_calls"]) for r in rows_of] == [("9", 2, 0)]


def test_ten_closed_by_one_person_within_five_minutes_are_in_bulk() -> None:
    bulk = [lost(f"b{n}", closed=5 + n * 30 / 86_400) for n in range(10)]
    facts = facts_of([WON, *bulk], NOTES[:2])
    assert signs(facts) == {f"b{n}": "no_calls, in_bulk, no_notes" for n in range(10)}
    assert signs(facts_of([WON, *bulk[:9]], NOTES[:2]))["b0"] == "no_calls, no_notes"
    robots = [each | {"owner_id": "0"} for each in bulk]
    assert set(signs(facts_of([WON, *robots], NOTES[:2]))) == set()


def test_silence_is_no_sign_where_the_deals_won_are_silent_too() -> None:
    others = [WON | {"id": f"w{n}"} for n in range(2)]
    assert signs(facts_of([*DEALS, *others])) == {}
    none_won = facts_of(DEALS[1:], NOTES[2:])
    assert signs(none_won) == {}


def test_no_calls_are_not_held_against_who_has_no_call_at_all() -> None:
    facts = facts_of([*DEALS, lost("mine", owner="8")], options={"LST301": {"signs": 1}})
    assert signs(facts)["mine"] == "no_notes"


def test_a_result_of_a_task_is_a_note_too() -> None:
    tasks = rows({"id": "1", "entity": "deal", "record_id": "silent", "result": "no interest"})
    assert "silent" not in signs(facts_of(tasks=tasks))


def test_events_alone_tell_of_calls_but_not_of_notes() -> None:
    events = rows({"id": "1", "type": "outgoing_call", "entity": "deal", "record_id": "won",
                   "created_at": ago(7)})  # fmt: skip
    facts = make_facts(deals=rows(WON, lost("a"), lost("b", minutes=3)), events=events)
    assert signs(facts) == {"b": "quick, no_calls"}


def test_rates_by_manager_are_shown_from_the_least_number_on() -> None:
    few = metric(facts_of(), "LST301", "suspicious_losses_by_manager")
    assert [(r["losses"], r["found"], r["share"]) for r in few] == [(4, 2, None)]
    (row,) = metric(facts_of(options={"LST301": {"least": 4}}), "LST301",
                    "suspicious_losses_by_manager")  # fmt: skip
    assert row["share"] == 0.5
    assert row["low"] < 0.5 < row["high"]


def test_the_most_suspicious_come_first() -> None:
    facts = facts_of([*DEALS, lost("worst", minutes=1, price=5.0), lost("dear", price=9.0)])
    ranked = metric(facts, "LST301", "suspicious_losses")
    assert [(r["id"], r["points"]) for r in ranked] == [
        ("worst", 6), ("dear", 3), ("short", 3), ("silent", 3),
    ]  # fmt: skip
