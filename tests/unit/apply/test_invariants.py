"""What must hold after a rehearsal is told when it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dedupe.apply.invariants import broken
from dedupe.apply.rehearse import rehearse
from dedupe.plan import Plan
from dedupe.sandbox import Limit, Sandbox
from tests.acted import demo, planned, pulled


@pytest.fixture
def copy() -> Iterator[Sandbox]:
    with Sandbox(demo(), limit=Limit(n=0)) as box:
        yield box


def card(copy: Sandbox, kind: str, id_: str) -> dict:
    found = copy.state.get(kind, int(id_))
    assert found is not None
    return found


@pytest.fixture
def plan() -> Plan:
    return planned(("merge",))


def test_an_untouched_copy_has_lost_nothing(copy, plan) -> None:
    assert broken(plan, pulled(), copy) == []


def test_a_sound_rehearsal_has_no_problems(plan) -> None:
    assert rehearse(plan, pulled()).problems == ()


def test_a_lost_number_is_named_by_card_and_without_its_value(copy, plan) -> None:
    own = card(copy, "contacts", plan.groups[0].survivor.id)
    raws = [v["value"] for field in own["custom_fields_values"] for v in field["values"]]
    copy.change(do="put", kind="contacts", record={**own, "custom_fields_values": None})
    found = broken(plan, pulled(), copy)
    assert any(line.startswith("g-000001: contact") for line in found)
    assert not any(raw in line for line in found for raw in raws)


def test_a_card_that_is_marked_before_all_is_copied_is_named(copy, plan) -> None:
    loser = plan.groups[0].losers[0]
    own = card(copy, "contacts", loser.id)
    own["_embedded"]["tags"] = [{"id": 1, "name": "crmclean-duplicate", "color": None}]
    copy.change(do="put", kind="contacts", record=own)
    assert any(str(loser) in line for line in broken(plan, pulled(), copy))


def test_a_deal_without_its_contact_is_named(copy, plan) -> None:
    deal = next(ref.id for ref in plan.groups[0].records if ref.entity == "deal")
    for link in copy.state.links_of("leads", int(deal)):
        copy.change(do="unlink", kind="leads", id=int(deal), to=link.to_entity, to_id=link.to_id)
    assert f"deal {deal}: links" in broken(plan, pulled(), copy)


def test_a_write_outside_the_plan_is_named(copy, plan) -> None:
    strange = next(i for i in copy.state.ids("contacts") if not any(
        ref.id == str(i) for ref in plan.touched))  # fmt: skip
    import json
    import urllib.request

    body = json.dumps([{"id": strange, "name": "Fictional"}]).encode()
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{copy.url}/api/v4/contacts", body, headers, method="PATCH")
    urllib.request.urlopen(request).close()
    assert any(f"contacts {strange}" in line for line in broken(plan, pulled(), copy))
