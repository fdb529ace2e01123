"""Precision, its interval, and how many more verdicts it needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.audit.frames.wilson import wilson
from dedupe.report.sample import Mark, judge, judgement_document, more_needed
from dedupe.report.sample.judged import Verdict

MARK = Mark(
    scan_id="s-1",
    code="LST301",
    seed=7,
    by="",
    population=500,
    keys=tuple(f"deal/{n}" for n in range(30)),
    owners=("u1",) * 20 + ("u2",) * 9 + ("",),
    owner_names={"u1": "Anna"},
)


def test_unclear_rows_count_for_nothing() -> None:
    verdicts = [Verdict(n, "right" if n < 24 else "wrong") for n in range(28)]
    found = judge(MARK, [*verdicts, Verdict(28, "unclear")], [])
    score = found.score
    assert (score.right, score.wrong, score.unclear, score.judged) == (24, 4, 1, 28)
    assert score.precision == pytest.approx(24 / 28)
    assert score.interval == pytest.approx((0.6851, 0.9430), abs=1e-4)
    assert [(owner, own.judged) for owner, own in found.by_owner] == [("u1", 20), ("u2", 8)]


def test_nothing_judged_is_no_precision() -> None:
    document = judgement_document(judge(MARK, [], []))
    assert (document["precision"], document["low"], document["judged"]) == (None, None, 0)
    assert document["more_needed"] == 381  # a share of a half needs the most


def test_no_more_is_asked_for_than_there_is() -> None:
    small = Mark(scan_id="s", code="c", seed=1, by="", population=30, keys=MARK.keys,
                 owners=MARK.owners)  # fmt: skip
    assert judge(small, [Verdict(n, "right") for n in range(28)], []).more == 2


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_number_needed_is_the_least_that_is_enough(right: int, wrong: int) -> None:
    judged = right + wrong
    more = more_needed(right, judged)
    share = right / judged if judged else 0.5

    def half(n: int) -> float:
        low, high = wilson(share * n, n)
        return (high - low) / 2

    assert half(judged + more) <= 0.05
    assert more == 0 or half(judged + more - 1) > 0.05
