"""FUN201: the funnel of a cohort, its weakest step, and the snapshot without a history."""

from __future__ import annotations

from .accounts import ago, check, deal, make_facts, metric, metrics, rows

PIPELINES = {"id": ["p"], "name": ["Sales"]}


def move(record: str, old: str | None, new: str, at: float) -> dict:
    return {
        "deal_id": record,
        "pipeline_id": "p",
        "status_id": new,
        "old_pipeline_id": "p" if old else None,
        "old_status_id": old,
        "changed_at": ago(at),
    }


DEALS = rows(
    deal("1", "won", created_at=ago(20)),
    deal("2", "lost", price=500.0, created_at=ago(20)),
    deal("3", "lost", price=90.0, created_at=ago(20)),
    deal("4", "open", created_at=ago(20)),
    deal("5", "won", created_at=ago(366)),
    deal("6", "open", status_id="elsewhere", pipeline_id="x", created_at=ago(20)),
)
MOVES = rows(
    move("1", "s1", "s2", 18),
    move("1", "s2", "142", 10),
    move("2", "s1", "s2", 16),
    move("2", "s2", "143", 4),
    move("3", "s1", "143", 15),
)


def funnel(**told) -> dict:
    return make_facts(deals=DEALS, pipelines=PIPELINES, **told)


def test_a_deal_has_reached_every_stage_up_to_the_furthest_it_was_seen_in() -> None:
    steps = metric(funnel(status_history=MOVES), "FUN201", "stage_conversion_p")
    assert [(s["stage"], s["reached"], s["of_all"]) for s in steps] == [
        ("New", 4, 1.0),
        ("Called", 2, 0.5),
        ("Won", 1, 0.25),
    ]
    assert [s["of_previous"] for s in steps] == [None, 0.5, 0.5]


def test_the_time_at_a_stage_is_the_median_of_finished_stays() -> None:
    steps = metric(funnel(status_history=MOVES), "FUN201", "stage_conversion_p")
    # New: 2, 4 and 5 days from creation; Called: 8 and 12; the won stage is never left.
    assert [s["median_days"] for s in steps] == [4.0, 10.0, None]


def test_the_weakest_step_is_the_one_after_which_most_money_is_lost() -> None:
    weak = metric(funnel(status_history=MOVES), "FUN201", "weakest_steps")
    assert [(w["stage"], w["next_stage"], w["lost"], w["money"]) for w in weak] == [
        ("Called", "Won", 1, 500.0),
        ("New", "Called", 1, 90.0),
    ]
    assert weak[0]["lost_share"] == 0.5


def test_quality_says_how_many_deals_have_their_whole_history() -> None:
    partly = rows(move("1", "s1", "s2", 18), move("2", "s2", "143", 4))
    quality = metrics(funnel(status_history=partly), "FUN201")["stage_conversion_p"].quality
    # 2 ends where it stands, 4 never left the start; 1 and 3 have moves that were not read.
    assert quality is not None
    assert (quality.usable, quality.base) == (2, 4)


def test_a_move_through_another_pipeline_does_not_count() -> None:
    other = move("4", "s1", "s2", 5) | {"pipeline_id": "x", "old_pipeline_id": "x"}
    steps = metric(funnel(status_history=rows(other)), "FUN201", "stage_conversion_p")
    assert [s["reached"] for s in steps] == [4, 1, 1]


def test_without_history_only_the_snapshot_is_told() -> None:
    facts = funnel()
    assert set(metrics(facts, "FUN201")) == {"open_deals_by_stage"}
    (row,) = metric(facts, "FUN201", "open_deals_by_stage")
    assert (row["stage"], row["pipeline"], row["deals"], row["share"]) == ("New", "Sales", 1, 1.0)
    assert row["money"] is None
    quality = metrics(facts, "FUN201")["open_deals_by_stage"].quality
    assert quality is not None
    assert (quality.usable, quality.base) == (1, 2)


def test_the_cohort_is_as_old_as_the_option_says() -> None:
    assert check(funnel(), "FUN201").found == 5
    assert check(funnel(options={"FUN201": {"days": 366}}), "FUN201").found == 5
    assert check(funnel(options={"FUN201": {"days": 367}}), "FUN201").found == 6
