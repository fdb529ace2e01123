"""Which record ids a report names."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import FINDINGS
from dedupe.report.examples import GROUP_LIMIT, LIMIT, Cluster, build_examples, count_faulty

from .conftest import finding, frame


def test_groups_of_records_come_whole_the_largest_first(findings: pl.DataFrame) -> None:
    shown = build_examples(findings)["DUP101", "contact"]
    assert shown.clusters == (Cluster(("9", "10", "11")), Cluster(("20", "21")))
    assert (shown.ids, shown.n_shown) == ((), 5)


def test_a_group_that_names_no_record_is_a_class_and_is_counted(findings: pl.DataFrame) -> None:
    shown = build_examples(findings)["PHN301", "contact"]
    assert shown.classes == (("text", 2), ("too_short", 1))
    assert shown.ids == ("10", "31", "32")
    assert shown.clusters == ()


def test_a_class_is_a_word_of_ours_never_a_value_of_the_account() -> None:
    rows = [finding("NEW900", "contact", "1", group) for group in ("Иван", "+7906", "a@b.ru")]
    assert build_examples(frame(rows))["NEW900", "contact"].classes == ()


def test_ids_sort_as_numbers_and_each_is_shown_once() -> None:
    rows = [finding("TSK101", "deal", i) for i in ("10", "9", "9", "100")]
    assert build_examples(frame(rows))["TSK101", "deal"].ids == ("9", "10", "100")


def test_no_check_shows_more_than_its_limit() -> None:
    rows = [finding("TSK101", "deal", str(i)) for i in range(3 * LIMIT)]
    rows += [finding("DUP101", "contact", str(i), "0") for i in range(GROUP_LIMIT + 5)]
    shown = build_examples(frame(rows))
    assert shown["TSK101", "deal"].n_shown == LIMIT
    [cluster] = shown["DUP101", "contact"].clusters
    assert (len(cluster.ids), cluster.n_more) == (GROUP_LIMIT, 5)


def test_no_findings_no_examples() -> None:
    assert build_examples(FINDINGS.empty()) == {}
    assert count_faulty(FINDINGS.empty(), ("contact",)) == 0


def test_a_card_with_two_faults_is_faulty_once_and_information_is_no_fault() -> None:
    rows = [
        finding("DUP101", "contact", "1", "1"),
        finding("PHN301", "contact", "1", "text", "warning"),
        finding("PHN301", "company", "1", "text", "warning"),
        finding("DUP105", "contact", "2", "shared", "info"),
        finding("TSK101", "deal", "3"),
    ]
    assert count_faulty(frame(rows), ("contact", "company")) == 2
    assert count_faulty(frame(rows), ("contact",)) == 1


rows_of_findings = st.lists(
    st.builds(
        finding,
        st.sampled_from(["DUP101", "PHN301"]),
        st.sampled_from(["contact", "company"]),
        st.integers(0, 30).map(str),
        st.sampled_from(["0", "1", "text", None]),
    ),
    min_size=1,
    max_size=60,
)


@given(rows=rows_of_findings, seed=st.integers(0, 9))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_the_order_of_the_rows_does_not_matter(rows, seed) -> None:
    ordered = frame(rows)
    shuffled = ordered.sample(fraction=1.0, shuffle=True, seed=seed)
    assert build_examples(ordered) == build_examples(shuffled)


def test_settings_are_named_by_the_finding_and_people_are_not() -> None:
    rows = [finding(c, e, "7") for c, e in (("TAG101", "tag"), ("USR101", "user"), ("X1", "deal"))]
    named = frame(rows).with_columns(field=pl.lit("name"), value=pl.lit("Опт"))
    shown = build_examples(named)
    assert shown["TAG101", "tag"].ids == ("Опт",)
    assert shown["USR101", "user"].ids == ("7",)
    assert shown["X1", "deal"].ids == ("7",)


def test_the_costly_come_first_and_the_first_tell_what_is_wrong() -> None:
    rows = frame([finding("TSK101", "deal", str(i)) for i in range(9)])
    price = pl.col("record_id").cast(pl.Float64)
    rows = rows.with_columns(money=pl.when(pl.col("record_id") != "8").then(price))
    shown = build_examples(rows)["TSK101", "deal"]
    assert shown.ids[:3] == ("7", "6", "5")
    assert shown.ids[-2:] == ("0", "8")
    assert set(shown.wrong or {}) == {"7", "6", "5"} == set(shown.named)
