"""Comparisons: one field's way to be compared, its graded levels and their shipped priors.

A level is a small integer, the higher the more alike; -1 is not observed. The shipped m
are the shares of levels among pairs of cards that are one person or firm. They are where
the estimate starts, and what holds where an account is too small to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dedupe.language import N_


class Kind(StrEnum):
    """How the values of a column are compared."""

    NAME = "name"
    TEXT = "text"
    DATE = "date"
    CHANNEL = "channel"
    CODE = "code"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """The levels of a kind: what each means, and its shipped m and u.

    `labels`, `m` and `u` run from level 0 up. `same` is the level of equal values, `shared` the
    lowest at which two records hold one value, whatever its spelling, and
    `variants` the levels whose values are one in another spelling: those that a rare value makes
    stronger.
    """

    labels: tuple[str, ...]
    m: tuple[float, ...]
    u: tuple[float, ...]
    same: int
    shared: int
    variants: tuple[int, ...] = ()


NAME_INITIAL, NAME_CLOSE, NAME_TYPO, NAME_VARIANT, NAME_SAME = 2, 3, 4, 5, 6
TEXT_SIMILAR, TEXT_CLOSE, TEXT_TYPO, TEXT_SAME = 1, 2, 3, 4
DATE_PARTLY, DATE_SAME = 1, 4
CHANNEL_NEAR, CHANNEL_CROWD, CHANNEL_SAME = 1, 2, 3

GRADINGS = {
    Kind.NAME: Grading(
        labels=(
            N_("different"),
            N_("a little alike"),
            N_("the initial agrees"),
            N_("alike"),
            N_("one typing slip apart"),
            N_("another form of the same name"),
            N_("the same"),
        ),
        m=(0.03, 0.01, 0.03, 0.02, 0.05, 0.09, 0.77),
        u=(0.95, 0.02, 0.01, 0.004, 0.003, 0.003, 0.01),
        same=NAME_SAME,
        shared=NAME_VARIANT,
        variants=(NAME_VARIANT,),
    ),
    Kind.TEXT: Grading(
        labels=(
            N_("different"),
            N_("a little alike"),
            N_("alike"),
            N_("one typing slip apart"),
            N_("the same"),
        ),
        m=(0.12, 0.02, 0.03, 0.05, 0.78),
        u=(0.96, 0.02, 0.005, 0.005, 0.01),
        same=TEXT_SAME,
        shared=TEXT_SAME,
    ),
    Kind.DATE: Grading(
        labels=(
            N_("different"),
            N_("two parts agree"),
            N_("one typing slip apart"),
            N_("day and month swapped"),
            N_("the same"),
        ),
        m=(0.03, 0.02, 0.03, 0.02, 0.90),
        u=(0.988, 0.01, 0.0016, 0.0002, 0.0002),
        same=4,
        shared=4,
    ),
    Kind.CHANNEL: Grading(
        labels=(
            N_("none shared"),
            N_("one typing slip apart"),
            N_("one shared, which many cards hold"),
            N_("one shared"),
        ),
        m=(0.40, 0.03, 0.05, 0.52),
        u=(0.999, 0.0001, 0.00001, 0.00001),
        same=CHANNEL_SAME,
        shared=CHANNEL_CROWD,
    ),
    Kind.CODE: Grading(
        labels=(N_("different"), N_("the same")),
        m=(0.4, 0.6),
        u=(0.9, 0.1),
        same=1,
        shared=1,
    ),
    Kind.LINK: Grading(
        labels=(N_("none shared"), N_("one shared")),
        m=(0.9, 0.1),
        u=(0.99, 0.01),
        same=1,
        shared=1,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One column's comparison: `name` is the column's, `key` that of its levels in a file."""

    name: str
    kind: Kind

    @property
    def key(self) -> str:
        """Return the name of the level column."""
        return f"g_{self.name}"

    @property
    def grading(self) -> Grading:
        """Return the levels."""
        return GRADINGS[self.kind]
