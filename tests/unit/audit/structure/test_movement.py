"""EVT101, EVT102: who moves deals, and how far."""

from __future__ import annotations

import pytest

from tests.unit.audit.structure.small import (
    PIPELINES,
    STAGES,
    ago,
    checked,
    deal,
    facts_of,
    metric,
    move,
)


def account(*moves: dict, **more: object) -> object:
    deals = [deal(each, "s1") for each in "123"]
    return facts_of(deals=deals, pipelines=PIPELINES, statuses=STAGES, status_history=moves, **more)


def test_moves_are_peoples_robots_or_nobodys() -> None:
    facts = account(
        move("1", "s1", "s2", 5),
        move("1", "s2", "s3", 4, by="0"),
        move("2", "s1", "s2", 3, by=None),
        move("3", "s1", "s2", 3, by=" "),
    )
    result, _ = checked("EVT101", facts)
    assert (result.found, result.base, result.share) == (1, 4, 0.25)
    columns = ("pipeline", "n_people", "n_robots", "n_unknown", "share_people")
    assert metric("EVT101", facts, "movers", *columns) == [("Розница", 1, 1, 2, 0.25)]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("s1", "s2", "to the next stage"),
        ("s0", "s1", "to the next stage"),
        ("s0", "s2", "over a stage"),
        ("s1", "s3", "over a stage"),
        ("s3", "142", "to the next stage"),
        ("s2", "142", "over a stage"),
        ("s1", "143", "to lost"),
        ("s3", "s1", "back to an earlier stage"),
        ("143", "s2", "back to an earlier stage"),
        ("142", "s3", "back to an earlier stage"),
    ],
)
def test_a_move_is_a_step_a_skip_or_a_return(old: str, new: str, kind: str) -> None:
    facts = account(move("1", old, new, 5))
    assert metric("EVT102", facts, "moves_matrix", "kind", "n", "share") == [(kind, 1, 1.0)]
    result, _ = checked("EVT102", facts)
    assert (result.found, result.base) == (
        int(kind in ("back to an earlier stage", "over a stage")),
        1,
    )


def test_moves_between_pipelines_or_from_unknown_stages_are_not_counted() -> None:
    other = move("1", "s1", "s2", 5) | {"old_pipeline_id": "q"}
    facts = account(other, move("2", None, "s2", 5), move("3", "gone", "s2", 5))
    assert checked("EVT102", facts)[0].base == 0


def test_events_tell_moves_too_and_without_either_nothing_is_checked() -> None:
    stage = '[{"lead_status": {"id": "%s", "pipeline_id": "p"}}]'
    event = {
        "id": "e", "type": "lead_status_changed", "entity": "deal", "record_id": "1",
        "created_by": "0", "created_at": ago(1), "before": stage % "s1", "after": stage % "s3",
    }  # fmt: skip
    tables = {"deals": [deal("1", "s3")], "pipelines": PIPELINES, "statuses": STAGES}
    assert checked("EVT102", facts_of(**tables, events=[event]))[0].found == 1
    with pytest.raises(AssertionError, match="no data: events"):
        checked("EVT102", facts_of(**tables))
