"""A lead's moves between stages and pipelines, and what follows from them."""

from __future__ import annotations

import pytest

NOW = 1_790_000_000


def lead(crm, id_: int = 31) -> tuple:
    found = crm.state.get("leads", id_)
    return tuple(found[k] for k in ("pipeline_id", "status_id", "loss_reason_id", "closed_at"))


def test_closing_sets_closed_at_and_the_reason(crm) -> None:
    crm.ok("PATCH", "leads/31", {"status_id": 143, "pipeline_id": 100, "loss_reason_id": 71})
    assert lead(crm) == (100, 143, 71, NOW)


def test_a_closing_moment_that_is_sent_is_kept(crm) -> None:
    crm.ok("PATCH", "leads/31", {"status_id": 142, "closed_at": 1_600_000_000})
    assert lead(crm) == (100, 142, None, 1_600_000_000)


def test_opening_takes_both_away(crm) -> None:
    closed_at = crm.state.get("leads", 32)["closed_at"]
    assert lead(crm, 32) == (100, 143, 71, closed_at)
    crm.ok("PATCH", "leads/32", {"status_id": 2})
    assert lead(crm, 32) == (100, 2, None, None)


def test_other_changes_leave_a_closed_lead_closed(crm) -> None:
    before = lead(crm, 32)
    crm.ok("PATCH", "leads/32", {"price": 5})
    assert lead(crm, 32) == before
    crm.ok("PATCH", "leads/32", {"loss_reason_id": None})
    assert lead(crm, 32) == (*before[:2], None, before[3])


def test_a_reason_is_for_lost_leads_only(crm) -> None:
    crm.ok("PATCH", "leads/31", {"status_id": 142, "loss_reason_id": 71})
    assert lead(crm)[2] is None
    found = crm.problems("PATCH", "leads/31", {"status_id": 143, "loss_reason_id": 404})
    assert found == [("NotSupportedChoice", "loss_reason_id")]


def test_a_pipeline_alone_means_its_first_stage(crm) -> None:
    crm.ok("PATCH", "leads/31", {"pipeline_id": 200})
    assert lead(crm)[:2] == (200, 5)


def test_the_end_of_another_pipeline_needs_its_name(crm) -> None:
    crm.ok("PATCH", "leads/31", {"pipeline_id": 200, "status_id": 142})
    assert lead(crm)[:2] == (200, 142)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"status_id": 404}, "status_id"),
        ({"status_id": 5}, "status_id"),  # of the other pipeline
        ({"status_id": 2, "pipeline_id": 200}, "status_id"),
        ({"status_id": 1}, "status_id"),  # unsorted
        ({"pipeline_id": 404}, "pipeline_id"),
        ({"pipeline_id": 0}, "pipeline_id"),
    ],
)
def test_a_stage_that_is_not_there_is_refused(crm, sent, path) -> None:
    assert crm.problems("PATCH", "leads/31", sent) == [("NotSupportedChoice", path)]
    assert crm.problems("POST", "leads", [sent | {"pipeline_id": sent.get("pipeline_id", 100)}])


def test_an_unsorted_lead_keeps_its_stage_until_it_moves(crm) -> None:
    crm.ok("PATCH", "leads/33", {"price": 5})
    assert lead(crm, 33)[:2] == (100, 1)
    assert len(crm.state.all("unsorted")) == 1
    crm.ok("PATCH", "leads/33", {"status_id": 2})
    assert crm.state.all("unsorted") == []


def test_a_new_lost_lead_is_closed_at_once(crm) -> None:
    told = crm.ok("POST", "leads", [{"status_id": 143, "loss_reason_id": 71}])
    assert lead(crm, told["_embedded"]["leads"][0]["id"]) == (100, 143, 71, NOW)
