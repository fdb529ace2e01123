"""Moves of deals from whichever table tells of them."""

from __future__ import annotations

import json

import polars as pl
import pytest

from dedupe.audit.frames.moves import moves
from dedupe.contracts import STATUS_HISTORY
from tests.unit.audit.sales.accounts import ago, deal, make_facts, rows

DEALS = rows(deal("1"), deal("2"), deal("3") | {"is_deleted": True})


def event(at: float, before: str | None, after: str | None, record: str = "1") -> dict:
    return {
        "id": f"{record}-{at}-{after}",
        "type": "lead_status_changed",
        "entity": "deal",
        "record_id": record,
        "created_by": "7",
        "created_at": ago(at),
        "before": before,
        "after": after,
    }


def stage(status: object, pipeline: object = 31) -> str:
    return json.dumps([{"lead_status": {"id": status, "pipeline_id": pipeline}}])


def test_events_tell_of_moves_with_ids_as_numbers_or_texts_sorted_by_deal_and_time() -> None:
    events = rows(
        event(1, stage("5", "31"), stage(142)),
        event(2, stage(4), stage("5", "31")),
        event(3, stage(4), stage(5), record="2"),
    )
    told = moves(make_facts(deals=DEALS, events=events))
    assert told.schema == STATUS_HISTORY.schema
    assert told.select("deal_id", "old_status_id", "status_id", "pipeline_id").rows() == [
        ("1", "4", "5", "31"),
        ("1", "5", "142", "31"),
        ("2", "4", "5", "31"),
    ]
    assert told["changed_by"].unique().to_list() == ["7"]


@pytest.mark.parametrize(
    "after",
    [None, "", "junk{", "[]", "{}", "[1]", stage("null")[:-3], '[{"lead_status":{"id":[]}}]'],
)
def test_an_event_that_does_not_say_where_the_deal_went_is_no_move(after) -> None:
    assert moves(make_facts(deals=DEALS, events=rows(event(1, stage(4), after)))).is_empty()


def test_a_malformed_origin_leaves_the_old_stage_unknown() -> None:
    told = moves(make_facts(deals=DEALS, events=rows(event(1, "nothing", stage(5)))))
    assert told.select("old_status_id", "status_id").rows() == [(None, "5")]


def test_deleted_deals_other_events_and_unknown_times_are_left_out() -> None:
    events = rows(
        event(1, stage(4), stage(5), record="3"),
        event(1, stage(4), stage(5), record="9"),
        event(1, stage(4), stage(5)) | {"type": "lead_added"},
        event(2, stage(4), stage(5)) | {"created_at": None},
    )
    assert moves(make_facts(deals=DEALS, events=events)).is_empty()


def test_the_history_is_believed_before_the_events_unless_it_is_empty() -> None:
    history = rows({"deal_id": "2", "status_id": "s2", "changed_at": ago(1)})
    events = rows(event(1, stage(4), stage(5)))
    both = make_facts(deals=DEALS, events=events, status_history=history)
    assert moves(both)["deal_id"].to_list() == ["2"]
    empty = make_facts(deals=DEALS, events=events, status_history={"deal_id": []})
    assert moves(empty)["deal_id"].to_list() == ["1"]


def test_moves_do_not_depend_on_the_order_of_rows() -> None:
    events = [event(n, stage(n), stage(n + 1), record=str(1 + n % 2)) for n in range(8)]
    first, last = (
        moves(make_facts(deals=DEALS, events=rows(*told))) for told in (events, events[::-1])
    )
    assert first.equals(last)
    assert moves(make_facts()).equals(pl.DataFrame(schema=STATUS_HISTORY.schema))
