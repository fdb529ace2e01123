"""Votes of scored pairs, in units of the kernels."""

from __future__ import annotations

import numpy as np
import pytest

from dedupe.kernels.clustering import FORBIDDEN, VOTE_UNITS
from dedupe.match.votes import LinkSettings, pair_votes

SETTINGS = LinkSettings(prior=-16.0, patience=0.75, tolerance=2.0, clip=12.0)


def vote(weight: float, *, against: float | None = None, threshold: float = 0.0) -> float:
    votes = pair_votes(
        np.array([weight], dtype=np.float32),
        np.array([False]),
        None if against is None else np.array([against], dtype=np.float32),
        threshold,
        SETTINGS,
    )
    return float(votes[0]) / VOTE_UNITS


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (5.0, 5.0),
        (40.0, 12.0),
        (0.0, 1 / VOTE_UNITS),  # a link at the threshold is one
        (-5.0, 0.0),  # alike, only not enough for strangers
        (-12.0, 0.0),  # three quarters of the way to the prior
        (-16.0, -4.0),  # nothing observed
        (-22.0, -10.0),
        (-90.0, -12.0),
    ],
)
def test_a_weight_votes_by_its_place_between_threshold_and_prior(weight, expected) -> None:
    assert vote(weight) == expected


@pytest.mark.parametrize(
    ("weight", "against", "expected"),
    [
        (5.0, -30.0, 5.0),  # a link is one whatever speaks against it
        (-16.0, 0.0, 0.0),  # nothing observed is no evidence
        (-16.0, -1.5, 0.0),  # within the tolerance
        (-9.0, -7.0, -5.0),
        (-3.0, -9.0, -3.0),  # never more against than the weight itself
        (-40.0, -40.0, -12.0),
    ],
)
def test_evidence_against_votes_in_place_of_the_prior(weight, against, expected) -> None:
    assert vote(weight, against=against) == expected


def test_votes_are_counted_from_the_threshold() -> None:
    assert vote(5.0, threshold=3.0) == 2.0
    assert vote(-16.0, threshold=4.0) == -5.0
    assert vote(-1.0, threshold=-2.0) == 1.0


def test_a_conflict_is_forbidden_whatever_the_weight() -> None:
    weight = np.array([50.0, -50.0], dtype=np.float32)
    votes = pair_votes(weight, np.array([True, True]), None, 0.0, SETTINGS)
    assert votes.tolist() == [FORBIDDEN, FORBIDDEN]
    assert votes.dtype == np.int32
