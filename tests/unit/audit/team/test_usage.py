"""INT201, INT202, INT203: silent, unused, left behind."""

from __future__ import annotations

import pytest

from tests.unit.audit.team.accounts import Row, ago, call, cells, facts_of, found, note, outcome


def calls(n: int, last: float, source: str | None = "Mango") -> list[Row]:
    return [call(f"{source}{i}", "1", last + i, source) for i in range(n)]


@pytest.mark.parametrize(
    ("n", "last", "expected"),
    [(20, 15, ["call/Mango"]), (20, 14, []), (19, 15, [])],
)
def test_silent_is_a_service_with_enough_traces_and_none_of_late(n, last, expected) -> None:
    assert found("INT201", facts_of(notes=calls(n, last))) == expected


def test_silence_is_judged_of_services_with_enough_traces() -> None:
    bot = [note(f"s{i}", "0", 3, "service_message", "Bot") for i in range(5)]
    notes = calls(5, 40) + calls(6, 2, None) + bot + calls(4, 40, "Rare")
    facts = facts_of(notes=notes, options={"INT201": {"days": 3, "least": 5}})
    result = outcome("INT201", facts)
    assert (found("INT201", facts), result.base) == (["call/Mango"], 3)
    assert result.findings["value"].to_list() == ["2020-05-01"]
    assert cells("INT201", facts, "service", "kind", "n", "days", "is_silent") == [
        ("Mango", "calls", 5, 40, True),
        ("Bot", "service messages", 5, 3, False),
        ("-", "calls", 6, 2, False),
    ]


COSTS = {"Mango": 2500.0, " roistat ": 100.5, "Free": 0.0, "": 9.0}


def unused(**tables: list[Row]) -> list[str]:
    told = {"notes": [], "deals": [], "webhooks": []} | tables
    return found("INT202", facts_of(**told, options={"INT202": {"costs": COSTS}}))


def test_paid_and_unused_is_a_name_without_a_trace() -> None:
    facts = facts_of(notes=[], deals=[], webhooks=[], options={"INT202": {"costs": COSTS}})
    result = outcome("INT202", facts)
    assert result.findings.select("record_id", "value").rows() == [
        ("Mango", "30000.0"),
        ("roistat", "1206.0"),
    ]
    assert result.base == 2
    assert cells("INT202", facts, "name", "month", "is_unused", "loss") == [
        ("Mango", 2500.0, True, 30000.0),
        ("roistat", 100.5, True, 1206.0),
    ]


def test_any_name_with_the_services_in_it_is_a_trace() -> None:
    deal = {"id": "d", "created_at": ago(90), "source_id": "4"}
    tag = {"entity": "deal", "record_id": "d", "tag": "из MANGO"}
    hook = {"id": "1", "destination": "https://cloud.roiSTAT.com/x"}
    assert unused(notes=[call("1", "1", 90, "Mango Office")]) == ["roistat"]
    assert unused(notes=[call("1", "1", 91, "Mango Office")]) == ["Mango", "roistat"]
    assert unused(deals=[deal], sources=[{"id": "4", "name": "манго mango"}]) == ["roistat"]
    assert unused(deals=[deal], record_tags=[tag]) == ["roistat"]
    assert unused(webhooks=[hook]) == ["Mango"]
    assert unused(webhooks=[hook | {"is_disabled": True}]) == ["Mango", "roistat"]
    field = {"entity": "deal", "id": "8", "name": "roistat"}
    value = {"entity": "deal", "record_id": "d", "field_id": "8", "raw": "5"}
    assert unused(deals=[deal], fields=[field], field_values=[value]) == ["Mango"]


def test_without_costs_nothing_is_unused() -> None:
    result = outcome("INT202", facts_of(notes=[], deals=[], webhooks=[]))
    assert (result.found, result.base) == (0, 0)


def test_leftovers_are_dead_hooks_idle_widgets_and_fields_filled_no_more() -> None:
    fields = [
        {"entity": "deal", "id": id_, "name": name}
        for id_, name in (("1", "utm_source"), ("2", "roistat"), ("3", "gclid"))
    ]
    facts = facts_of(
        webhooks=[{"id": "1", "is_disabled": True}, {"id": "2"}],
        widgets=[{"id": "1", "is_active": False}, {"id": "2"}, {"id": "3", "is_active": True}],
        fields=fields,
        deals=[{"id": "d1", "created_at": ago(91)}, {"id": "d2", "created_at": ago(90)}],
        field_values=[
            {"entity": "deal", "record_id": "d1", "field_id": "1", "raw": "x"},
            {"entity": "deal", "record_id": "d2", "field_id": "2", "raw": "x"},
        ],
    )
    result = outcome("INT203", facts)
    assert result.findings.select("record_id", "group").rows() == [
        ("widget/1", "widget"),
        ("webhook/1", "webhook"),
        ("field/deal/1", "field"),
    ]
    assert result.base == 7  # the field that was never filled is no leftover
