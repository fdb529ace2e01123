"""FUN901: batches of deals, months with a rate of their own, and bursts themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.audit.sales.bursts import bursts

from .accounts import ago, check, deal, found, make_facts, metric, rows

OPTIONS = {"FUN901": {"least": 5}}


def of_month(year: int, month: int, n: int, n_won: int, name: str = "") -> list[dict]:
    """Deals a few hours apart, so that no hour has many."""
    start = datetime(year, month, 1, tzinfo=UTC)
    return [
        deal(
            f"{name}{year}-{month}-{at}",
            "won" if at < n_won else "lost",
            created_by="7",
            created_at=start + timedelta(hours=2 * at + 1),
        )
        for at in range(n)
    ]


def test_deals_made_by_one_hand_within_an_hour_are_a_batch() -> None:
    start = ago(3)
    made = [deal(str(n), created_by="7", created_at=start + timedelta(minutes=15 * n))
            for n in range(5)]  # fmt: skip
    other = [deal("o", created_by="8", created_at=start), deal("n", created_at=start)]
    late = deal("late", created_by="7", created_at=start + timedelta(days=1))
    facts = make_facts(deals=rows(*made, *other, late), options=OPTIONS)
    assert [(f["record_id"], f["group"]) for f in found(facts, "FUN901")] == [
        (str(n), "import_1") for n in range(5)
    ]
    result = check(facts, "FUN901")
    assert (result.found, result.groups, result.base) == (5, 1, 8)
    four = make_facts(deals=rows(*made[:4], *other, late), options=OPTIONS)
    assert found(four, "FUN901") == []


@pytest.mark.parametrize(
    ("n", "n_won", "is_found"), [(50, 40, True), (49, 40, False), (50, 10, False)]
)
def test_a_month_stands_out_by_five_times_the_deals_and_another_rate(n, n_won, is_found) -> None:
    usual = [each for month in (1, 2, 3) for each in of_month(2025, month, 10, 1)]
    facts = make_facts(deals=rows(*usual, *of_month(2025, 4, n, n_won)), options=OPTIONS)
    assert check(facts, "FUN901").found == (n if is_found else 0)


def test_all_months_up_to_a_break_are_one_batch_and_the_rates_are_told_without_it() -> None:
    old = [each for month in range(1, 5) for each in of_month(2024, month, 60, 36)]
    new = [each for month in range(1, 7) for each in of_month(2025, month, 12, 1)]
    facts = make_facts(deals=rows(*old, *new), options=OPTIONS)
    assert check(facts, "FUN901").found == 240
    (batch,) = metric(facts, "FUN901", "import_batches")
    assert (batch["kind"], batch["created"], batch["conversion"]) == ("all up to a break", 240, 0.6)
    assert batch["rest"] == pytest.approx(6 / 72)
    (year,) = metric(facts, "FUN901", "cohorts_without_imports")
    assert (year["year"], year["created"], year["won"]) == (2025, 72, 6)


def test_a_steady_account_has_no_batch() -> None:
    steady = [each for month in range(1, 13) for each in of_month(2025, month, 30, 3)]
    assert found(make_facts(deals=rows(*steady), options=OPTIONS), "FUN901") == []


def naive(seconds: list[int], least: int, within: int) -> set[int]:
    """Every set of `least` neighbors in time that fits into the span."""
    order = sorted(range(len(seconds)), key=lambda row: seconds[row])
    spans = [order[at : at + least] for at in range(len(order) - least + 1)]
    return {row for span in spans if seconds[span[-1]] - seconds[span[0]] <= within for row in span}


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 400)), max_size=40),
    st.integers(2, 6),
)
def test_a_burst_is_what_a_naive_search_finds(told, least) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "id": [str(n) for n in range(len(told))],
            "who": [who for who, _ in told],
            "at": [start + timedelta(seconds=s) for _, s in told],
        },
        schema={"id": pl.String, "who": pl.String, "at": pl.Datetime("us", "UTC")},
    )
    made = bursts(frame, least=least, within=timedelta(seconds=60), who="who", at="at")
    expected = set()
    for hand in ("a", "b"):
        own = [n for n, (who, _) in enumerate(told) if who == hand]
        expected |= {own[r] for r in naive([told[n][1] for n in own], least, 60)}
    assert {int(each) for each in made["id"]} == expected
    assert made["burst"].is_sorted()
    assert made.group_by("burst").agg(pl.col("who").n_unique())["who"].to_list() in (
        [1] * made["burst"].n_unique(),
    )
