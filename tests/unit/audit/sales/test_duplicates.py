"""DUP901 and DUP902: where duplicates come from, and how many come a week."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from .accounts import NOW, ago, check, deal, found, make_facts, metric, metrics, rows


def contact(id: str, made: datetime | None, by: str | None = "7", **told) -> dict:
    return {"id": id, "created_at": made, "created_by": by} | told


def group(name: str, *ids: str, kind: str = "phone", entity: str = "contact") -> list[dict]:
    return [{"kind": kind, "entity": entity, "record_id": i, "group": name} for i in ids]


START = ago(100)
CONTACTS = [
    contact("1", START),
    contact("2", START + timedelta(seconds=59), by="0"),
    contact("3", START + timedelta(seconds=60), by="8"),
    contact("4", START + timedelta(days=40), by=None),
    contact("5", START),
    contact("6", None, by="8"),
    contact("7", START, is_deleted=True),
    contact("8", START + timedelta(days=3)),
]
GROUPS = rows(
    *group("1", "1", "2", "7"), *group("2", "2", "3", kind="email"), *group("5", "5", "6")
)
CLUSTERS = rows(
    {"entity": "contact", "cluster_id": "c", "record_id": "1"},
    {"entity": "contact", "cluster_id": "c", "record_id": "4"},
    {"entity": "company", "cluster_id": "c", "record_id": "8"},
)


def facts_of(**told):
    defaults = {"contacts": rows(*CONTACTS), "channels": {"entity": []}}
    return make_facts(groups=GROUPS, clusters=CLUSTERS, **defaults | told)


def test_later_cards_are_all_but_the_first_of_cards_joined_by_any_evidence() -> None:
    result = check(facts_of(), "DUP901", "contact")
    # 1, 2, 3, 4 are one by phone, mailbox and match; 5 and 6 are another.
    assert (result.found, result.base) == (4, 7)
    by_time = {
        r["gap"]: r["later"] for r in metric(facts_of(), "DUP901", "later_cards_by_time", "contact")
    }
    assert by_time == {
        "within the same minute": 1,
        "within an hour": 1,
        "within a day": 0,
        "within a week": 0,
        "within 30 days": 0,
        "later": 1,
        "not known": 1,
    }
    quality = metrics(facts_of(), "DUP901", "contact")["later_cards_by_time"].quality
    assert quality is not None
    assert (quality.usable, quality.base) == (3, 4)


def test_makers_are_employees_robots_or_not_known() -> None:
    told = metric(facts_of(), "DUP901", "later_cards_by_maker", "contact")
    assert {r["maker"]: (r["later"], r["cards"]) for r in told} == {
        "employees": (2, 5),
        "robots and integrations": (1, 1),
        "not known": (1, 1),
    }
    assert sum(r["of_later"] for r in told) == pytest.approx(1)
    users = rows({"id": "8", "name": "Anna"})
    (anna,) = metric(facts_of(users=users), "DUP901", "later_cards_by_employee", "contact")
    assert (anna["person"], anna["later"], anna["cards"], anna["share"]) == ("Anna", 2, 2, 1.0)


def test_the_source_is_that_of_the_oldest_deal() -> None:
    deals = rows(
        deal("new", source_id="b", created_at=ago(1)),
        deal("old", source_id="a", created_at=ago(9)),
        deal("none", created_at=ago(9)),
    )
    links = rows(*({"from_entity": "deal", "from_id": d, "to_entity": "contact", "to_id": c}
                   for d, c in (("new", "2"), ("old", "2"), ("none", "3"))))  # fmt: skip
    facts = facts_of(deals=deals, links=links, sources={"id": ["a"], "name": ["Form"]})
    told = metric(facts, "DUP901", "later_cards_by_source", "contact")
    assert {r["source"]: (r["later"], r["cards"]) for r in told} == {
        "no deal": (2, 5),
        "Form": (1, 1),
        "not specified": (1, 1),
    }


def test_an_import_that_brought_later_cards_is_told_by_its_start() -> None:
    facts = facts_of(options={"DUP901": {"least": 2}}, contacts=rows(
        contact("1", START), contact("2", ago(5)), contact("3", ago(5, minutes=-30)),
    ))  # fmt: skip
    (batch,) = metric(facts, "DUP901", "later_cards_by_import", "contact")
    assert (batch["start"], batch["later"], batch["cards"]) == (ago(5), 2, 2)
    assert metric(facts_of(), "DUP901", "later_cards_by_import", "contact") == []


def test_hours_are_the_accounts_own() -> None:
    told = metric(facts_of(), "DUP901", "later_cards_by_hour", "contact")
    assert [(r["hour"], r["later"], r["cards"]) for r in told] == [(15, 3, 6)]


def pairs(weeks_ago: list[int]) -> tuple[list[dict], list[dict]]:
    """An old card for each week given, and its duplicate made in that week."""
    people, groups = [], []
    for n, weeks in enumerate(weeks_ago):
        people += [contact(f"o{n}", ago(700)), contact(f"d{n}", NOW - timedelta(weeks=weeks))]
        groups += group(f"o{n}", f"o{n}", f"d{n}")
    return people, groups


def inflow(weeks_ago: list[int], **told):
    people, groups = pairs(weeks_ago)
    return make_facts(contacts=rows(*people), groups=rows(*groups), channels={"entity": []}, **told)


def test_the_inflow_is_told_for_52_whole_weeks() -> None:
    told = metric(inflow([0, 1, 1, 52, 53]), "DUP902", "later_cards_by_week")
    # NOW is a Monday: its own week is not whole.
    assert [r["week"].isoformat() for r in (told[0], told[-1])] == ["2025-06-16", "2026-06-08"]
    assert (len(told), told[-1]["later"], told[0]["later"]) == (52, 2, 1)
    assert sum(r["later"] for r in told) == 3
    assert (told[-1]["share"], told[1]["share"]) == (1.0, None)


STEADY = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]


@pytest.mark.parametrize(
    ("new", "old", "is_found"),
    [(10, STEADY, True), (9, STEADY, False), (10, STEADY * 2, False), (10, [], True)],
)
def test_a_jump_is_more_than_twice_the_rate_and_at_least_ten(new, old, is_found) -> None:
    facts = inflow([1 + n % 4 for n in range(new)] + old)
    result = check(facts, "DUP902", "week")
    assert (result.found, result.base, result.severity) == (int(is_found), 52, "warning")
    if is_found:
        assert found(facts, "DUP902")[0] == {
            "record_id": "2026-06-08", "group": "jump", "value": f"{new} / {len(old)}",
        }  # fmt: skip


def test_a_jump_within_chance_or_in_a_young_account_is_none() -> None:
    chance = inflow([1, 2, 3], options={"DUP902": {"least": 1}})
    assert check(chance, "DUP902", "week").found == 1  # 3 to 0 is beyond chance, barely
    assert (
        check(inflow([1, 2, 3, 7, 9], options={"DUP902": {"least": 1}}), "DUP902", "week").found
        == 0
    )
    young = make_facts(
        contacts=rows(*(contact(str(n), ago(9)) for n in range(30))),
        groups=rows(*group("0", *map(str, range(30)))),
        channels={"entity": []},
    )
    assert check(young, "DUP902", "week").found == 0


def test_the_top_makers_are_five() -> None:
    people, groups = pairs([1] * 6 + [6])
    people[13]["created_by"] = "9"
    for n in range(6):
        people[2 * n + 1]["created_by"] = str(n)
    facts = make_facts(contacts=rows(*people), groups=rows(*groups), channels={"entity": []})
    told = metric(facts, "DUP902", "later_cards_top_makers")
    assert [r["person"] for r in told] == ["0", "1", "2", "3", "4"]
    assert (told[0]["newest"], told[0]["before"], told[0]["later"]) == (1, 0, 1)
