"""The same seed and scan give the same sample, whatever the order of the rows."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dedupe.report.sample import Request, chosen, draw_sample, findings_population, pairs_population

from .conftest import findings, pairs


def keys(found: pl.DataFrame, account=None, **told) -> list[str]:
    request = Request(code="LST301", **({"n": 10, "seed": 7} | told))
    return draw_sample(findings_population(found, account), request).members["key"].to_list()


def test_the_order_of_the_findings_does_not_matter() -> None:
    found = findings(50)
    assert keys(found) == keys(found.sample(fraction=1, shuffle=True, seed=1))
    assert keys(found) == keys(pl.concat([found, found]))  # each record once


def test_another_seed_gives_another_sample_and_a_larger_one_begins_with_the_smaller() -> None:
    found = findings(50)
    assert keys(found) != keys(found, seed=8)
    assert keys(found, n=25)[:10] == keys(found)


def test_a_record_that_is_gone_changes_only_its_own_place() -> None:
    found = findings(50)
    first = keys(found)
    less = found.filter(pl.col("record_id") != first[3].partition("/")[2])
    assert keys(less)[:9] == [key for key in first if key != first[3]]


def test_a_sample_of_more_than_there_is_is_all() -> None:
    assert sorted(keys(findings(4), n=10)) == ["deal/1", "deal/2", "deal/3", "deal/4"]


def test_one_kind_of_records_alone_can_be_drawn() -> None:
    both = pl.concat([findings(3), findings(3, entity="contact")])
    assert findings_population(both, None, "contact").members["entity"].unique().to_list() == [
        "contact"
    ]


def test_owners_share_the_sample_in_proportion(account) -> None:
    request = Request(code="LST301", n=30, seed=7, by="owner")
    drawn = draw_sample(findings_population(findings(60), account), request)
    assert drawn.members.height == 30
    assert drawn.strata == {"": 1, "u1": 40, "u2": 19}
    counts = dict(drawn.members.group_by(pl.col("owner_id").fill_null("")).len().iter_rows())
    assert counts == {"u1": 20, "u2": 10} or counts == {"u1": 20, "u2": 9, "": 1}


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 500), max_size=12), st.integers(0, 800))
def test_the_shares_add_up_and_no_owner_gives_more_than_there_is(sizes, n) -> None:
    shares = chosen(sizes, n)
    assert sum(shares.values()) == min(n, sum(sizes.values()))
    assert all(shares[name] <= sizes[name] for name in sizes)
    total = sum(sizes.values())
    assert all(abs(shares[name] - min(n, total) * sizes[name] / total) < 1 for name in sizes)


def test_pairs_of_a_tier_are_drawn_as_pairs() -> None:
    population = pairs_population(pairs(("1", "2", "auto"), ("2", "3", "review")), "auto", None)
    assert population.members["key"].to_list() == ["contact/1:2"]
