"""FUN101, WHATIF101: cohorts of deals, and scenarios from unrounded numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from .accounts import ago, check, deal, make_facts, metric, metrics, rows

MARCH, APRIL = datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC)


def won(id: str, made: datetime, price: float | None, days: float = 10) -> dict:
    closed = datetime.fromtimestamp(made.timestamp() + days * 86_400, tz=UTC)
    return deal(id, "won", price=price, created_at=made, closed_at=closed)


DEALS = rows(
    won("1", MARCH, 100.0),
    won("2", MARCH, 50.5, days=20),
    won("3", MARCH, 0.0, days=-1),
    deal("4", "lost", price=7.0, created_at=MARCH),
    deal("5", "open", created_at=MARCH),
    deal("6", None, created_at=APRIL),
    deal("7", "won", price=9.0),
    deal("8", "won", price=9.0, created_at=MARCH) | {"is_deleted": True},
)


def test_a_cohort_counts_deals_by_when_they_were_created() -> None:
    facts = make_facts(deals=DEALS)
    result = check(facts, "FUN101")
    assert (result.found, result.base) == (6, 7)
    march, april = metric(facts, "FUN101", "cohorts_by_month")
    assert march["month"].isoformat() == "2026-03-01"
    assert [march[c] for c in ("created", "won", "lost", "unfinished")] == [5, 3, 1, 1]
    assert (march["sum"], march["average"], march["conversion"]) == (150.5, 75.25, 0.6)
    assert (march["cycle_mean"], march["cycle_median"]) == (15.0, 15.0)
    assert [april[c] for c in ("created", "won", "unfinished", "sum", "average")] == [
        1, 0, 1, 0.0, None,
    ]  # fmt: skip
    assert [r["year"] for r in metric(facts, "FUN101", "cohorts_by_year")] == [2026]


def test_quality_is_of_won_deals_with_a_price_that_were_closed_after_they_were_made() -> None:
    quality = metrics(make_facts(deals=DEALS), "FUN101")["cohorts_by_year"].quality
    assert quality is not None
    assert (quality.usable, quality.base) == (2, 3)


def test_a_month_is_the_accounts_own() -> None:
    last_hours = datetime(2025, 12, 31, 22, tzinfo=UTC)  # 1 January in Moscow
    facts = make_facts(deals=rows(deal("1", created_at=last_hours)))
    assert [r["year"] for r in metric(facts, "FUN101", "cohorts_by_year")] == [2026]


def test_won_deals_without_any_price_have_no_sum() -> None:
    facts = make_facts(deals=rows(won("1", MARCH, None)))
    (row,) = metric(facts, "FUN101", "cohorts_by_year")
    assert (row["won"], row["sum"], row["average"]) == (1, None, None)


def test_cohorts_are_told_by_pipeline_and_by_group_of_the_manager() -> None:
    facts = make_facts(
        deals=rows(
            deal("1", created_at=MARCH, owner_id="7"),
            deal("2", "won", created_at=MARCH, owner_id="8", pipeline_id="q"),
            deal("3", created_at=MARCH),
        ),
        pipelines={"id": ["p"], "name": ["Retail"]},
        users=rows({"id": "7", "group_id": "g"}, {"id": "8", "group_id": None}),
        user_groups={"id": ["g"], "name": ["Shop"]},
    )
    told = metrics(facts, "FUN101")
    by_pipeline = told["cohorts_by_pipeline"].rows
    assert by_pipeline.select("pipeline", "created", "won").rows() == [
        ("Retail", 2, 0),
        ("q", 1, 1),
    ]
    by_team = told["cohorts_by_team"].rows.select("team", "created").rows()
    assert by_team == [("not specified", 2), ("Shop", 1)]


def test_without_users_there_is_no_table_of_groups() -> None:
    assert set(metrics(make_facts(deals=DEALS), "FUN101")) == {
        "cohorts_by_year", "cohorts_by_month", "cohorts_by_pipeline",
    }  # fmt: skip


def year_of_deals() -> dict:
    made = datetime(2025, 5, 1, tzinfo=UTC)
    sold = [won(f"w{n}", made, 1000.0 / 3) for n in range(3)]
    return rows(
        deal("old", created_at=datetime(2024, 12, 1, tzinfo=UTC)),
        deal("new", "won", price=1e6, created_at=MARCH),
        *sold,
        *(deal(f"l{n}", "lost", created_at=made) for n in range(97)),
    )


def test_scenarios_are_products_of_unrounded_values_of_the_last_whole_year() -> None:
    facts = make_facts(deals=year_of_deals())
    told = {row["scenario"]: row for row in metric(facts, "WHATIF101", "what_if")}
    now = told["as it is"]["revenue"]
    assert now == pytest.approx(1000.0)
    assert told["conversion higher by one point"]["change"] == pytest.approx(1000 / 3)
    assert told["average bill higher by a tenth"]["change"] == pytest.approx(100)
    assert told["cycle shorter by a tenth"]["revenue"] == pytest.approx(1000 / 0.9)
    assert told["conversion at the target"]["revenue"] == pytest.approx(100 * 0.05 * 1000 / 3)
    assert (check(facts, "WHATIF101").found, check(facts, "WHATIF101").base) == (100, 102)


def test_the_target_is_an_option_and_a_young_account_is_reckoned_by_365_days() -> None:
    young = rows(won("1", MARCH, 10.0), deal("2", "lost", created_at=ago(1)))
    facts = make_facts(deals=young, options={"WHATIF101": {"conversion": 0.75}})
    told = {row["scenario"]: row["revenue"] for row in metric(facts, "WHATIF101", "what_if")}
    assert told["as it is"] == 10.0
    assert told["conversion at the target"] == 15.0


def test_without_a_won_price_nothing_is_reckoned() -> None:
    facts = make_facts(deals=rows(deal("1", "lost", created_at=MARCH)))
    assert metric(facts, "WHATIF101", "what_if") == []
    assert metric(make_facts(deals={"id": []}), "WHATIF101", "what_if_cohort") == []
