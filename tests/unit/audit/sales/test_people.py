"""LOS301, MGR001 and KPI101 to KPI105: reasons of losses, and what each employee has done."""

from __future__ import annotations

import pytest

from dedupe.audit import run_checks

from .accounts import ago, check, deal, found, make_facts, metric, metrics, rows

USERS = rows(
    {"id": "7", "name": "Anna", "group_id": "g"}, {"id": "8", "name": " ", "group_id": None}
)
GROUPS = {"id": ["g"], "name": ["Shop"]}
REASONS = {"id": ["1", "2"], "name": ["Too dear", "Некачественный контакт"]}
LOST = rows(
    deal("1", "lost", loss_reason_id="1", price=10.0, owner_id="7", closed_at=ago(3)),
    deal("2", "lost", loss_reason_id="1", price=30.0, owner_id="7", closed_at=ago(400)),
    deal("3", "lost", loss_reason_id=" ", price=60.0, owner_id="7", closed_at=ago(3)),
    deal("4", "lost", loss_reason_id="2", owner_id="8"),
    deal("5", "lost", loss_reason_id="99", owner_id=None, closed_at=ago(3)),
    deal("6", "won", loss_reason_id="1", price=1.0, owner_id="7", closed_at=ago(40)),
    deal("7", "open", owner_id="7", status_id="s2", created_at=ago(9), price=5.0),
    deal("8", "open", owner_id="7", created_at=ago(5)),
)


def people(**told):
    return make_facts(**{"deals": LOST, "loss_reasons": REASONS, "users": USERS,
                         "user_groups": GROUPS} | told)  # fmt: skip


def test_losses_without_a_reason_are_a_bar_of_their_own() -> None:
    bars = metric(people(), "LOS301", "loss_reasons")
    assert [(b["reason"], b["lost"], b["money"]) for b in bars] == [
        ("Too dear", 2, 40.0),
        ("99", 1, None),
        ("not specified", 1, 60.0),
        ("Некачественный контакт", 1, None),
    ]
    assert [b["cumulative"] for b in bars] == pytest.approx([0.4, 0.6, 0.8, 1.0])
    assert bars[0]["money_share"] == 0.4
    quality = metrics(people(), "LOS301")["loss_reasons"].quality
    assert quality is not None
    assert (quality.usable, quality.base) == (4, 5)


def test_reasons_by_year_are_of_the_year_of_closing_and_by_manager_of_the_owner() -> None:
    by_year = metric(people(), "LOS301", "loss_reasons_by_year")
    assert [(r["year"], r["reason"], r["lost"], r["share"]) for r in by_year] == [
        (2026, "99", 1, pytest.approx(1 / 3)),
        (2026, "Too dear", 1, pytest.approx(1 / 3)),
        (2026, "not specified", 1, pytest.approx(1 / 3)),
        (2025, "Too dear", 1, 1.0),
    ]
    anna, *rest = metric(people(), "LOS301", "loss_reasons_by_manager")
    assert (anna["person"], anna["team"], anna["lost"], anna["unspecified"]) == (
        "Anna",
        "Shop",
        3,
        1,
    )
    assert (anna["main"], anna["main_share"]) == ("Too dear", pytest.approx(2 / 3))
    assert [r["person"] for r in rest] == ["8", None]


def test_a_reason_may_stand_in_the_field_of_the_config() -> None:
    field = {"entity": ["deal"], "record_id": ["3"], "field_id": ["F"], "raw": ["No time"]}
    facts = people(field_values=field, loss_reason_field="F")
    assert "No time" in [b["reason"] for b in metric(facts, "LOS301", "loss_reasons")]
    assert found(facts, "LOS101") == []
    assert [f["record_id"] for f in found(people(field_values=field), "LOS101")] == ["3"]


def test_rare_reasons_are_gathered_in_one_bar_at_the_end() -> None:
    many = [deal(str(n), "lost", loss_reason_id=str(n)) for n in range(30)]
    twice = [deal("x", "lost", loss_reason_id="29")]
    bars = metric(make_facts(deals=rows(*many, *twice)), "LOS301", "loss_reasons")
    assert (bars[0]["reason"], bars[0]["lost"]) == ("29", 2)
    assert (len(bars), bars[-1]["reason"], bars[-1]["lost"]) == (26, "other", 5)


def test_a_manager_has_what_was_read_in_columns_and_nothing_else() -> None:
    anna, other = metric(people(), "MGR001", "managers")
    assert [anna[c] for c in ("open", "won", "lost", "won_sum", "lost_sum", "without_reason")] == [
        2, 1, 3, 1.0, 100.0, 1,
    ]  # fmt: skip
    assert anna["rate"] == 0.25
    assert anna["low"] == pytest.approx(0.0456, abs=1e-4)
    assert (other["person"], other["rate"], other["lost_sum"]) == ("8", 0.0, None)
    assert not {"without_task", "overdue", "calls"} & set(anna)


def test_a_manager_has_tasks_and_calls_where_they_were_read() -> None:
    tasks = rows(
        {"id": "1", "entity": "deal", "record_id": "7", "owner_id": "7", "due_at": ago(1)},
        {"id": "2", "entity": "deal", "record_id": "7", "owner_id": "7", "due_at": ago(-1)},
        {"id": "3", "entity": "deal", "record_id": "8", "owner_id": "7", "due_at": ago(1),
         "is_completed": True},
    )  # fmt: skip
    notes = rows({"id": "1", "entity": "deal", "record_id": "7", "note_type": "call_out",
                  "created_by": "7", "created_at": ago(1), "params": "junk"})  # fmt: skip
    anna, other = metric(people(tasks=tasks, notes=notes), "MGR001", "managers")
    assert [anna[c] for c in ("without_task", "overdue", "calls")] == [1, 1, 1]
    assert [other[c] for c in ("without_task", "overdue", "calls")] == [0, 0, 0]
    assert [(r.found, r.base) for r in run_checks(people(), select=["MGR001"]).results] == [(2, 2)]


def test_won_and_lost_are_counted_per_employee_and_in_the_last_days() -> None:
    (anna,) = metric(people(), "KPI101", "won_per_employee")
    assert [anna[c] for c in ("deals", "share", "days_30", "days_90")] == [1, 1.0, 0, 1]
    lost = metric(people(), "KPI102", "lost_per_employee")
    assert [(r["person"], r["deals"], r["days_365"]) for r in lost] == [("Anna", 3, 2), ("8", 1, 0)]
    assert (check(people(), "KPI102", "user").found, check(people(), "KPI102", "user").base) == (
        2,
        2,
    )
    unread = people(not_read={"deals.closed_at": "no_column"})
    assert "days_30" not in metric(unread, "KPI101", "won_per_employee")[0]


def test_in_work_are_open_deals_beyond_the_first_stage() -> None:
    (anna,) = metric(people(), "KPI103", "in_work_per_employee")
    assert (anna["deals"], anna["median_age"], anna["oldest"], anna["sum"]) == (1, 9.0, 9.0, 5.0)


def test_bad_contacts_are_losses_whose_reason_holds_a_word() -> None:
    tags = {"entity": ["deal", "contact"], "record_id": ["4", "4"], "tag": ["base 1", "x"]}
    facts = people(record_tags=tags, sources={"id": ["s"], "name": ["Fair"]})
    assert check(facts, "KPI104", "user").found == 1
    worst, anna = metric(facts, "KPI104", "bad_contacts_by_employee")
    assert (worst["person"], worst["bad"], worst["share"]) == ("8", 1, 1.0)
    assert (anna["person"], anna["bad"], anna["lost"]) == ("Anna", 0, 3)
    (tag,) = metric(facts, "KPI104", "bad_contacts_by_tag")
    assert (tag["tag"], tag["bad"]) == ("base 1", 1)
    (source,) = metric(facts, "KPI104", "bad_contacts_by_source")
    assert (source["source"], source["lost"], source["bad"]) == ("not specified", 5, 1)
    dear = people(options={"KPI104": {"reasons": ("DEAR",)}})
    assert metric(dear, "KPI104", "bad_contacts_by_employee")[0]["bad"] == 2
    none = people(options={"KPI104": {"reasons": (" ",)}})
    assert check(none, "KPI104", "user").found == 0


def closed(owner: str, n_won: int, n_lost: int) -> list[dict]:
    states = ["won"] * n_won + ["lost"] * n_lost
    return [deal(f"{owner}-{n}", state, owner_id=owner) for n, state in enumerate(states)]


def test_outside_the_team_is_who_differs_by_more_than_chance() -> None:
    told = [*closed("a", 18, 2), *closed("b", 2, 18), *closed("c", 10, 10), *closed("d", 0, 19)]
    facts = make_facts(deals=rows(*told))
    assert [(f["record_id"], f["group"], f["value"]) for f in found(facts, "KPI105")] == [
        ("a", "above", "18 / 20"),
        ("b", "below", "2 / 20"),
    ]
    assert check(facts, "KPI105", "user").base == 3
    shown = metric(facts, "KPI105", "win_rates")
    assert [(r["person"], r["place"]) for r in shown] == [
        ("a", "above"),
        ("c", "within chance"),
        ("b", "below"),
    ]
    assert shown[0]["team_rate"] == pytest.approx(30 / 79)
    fewer = make_facts(deals=rows(*told), options={"KPI105": {"least": 19}})
    assert check(fewer, "KPI105", "user").base == 4
