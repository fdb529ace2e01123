"""How large a demo account is: every planted count, scaled from the audited account.

At scale 1 the counts are those of the account in the audit report; elsewhere they
are proportional and rounded. A fault that the full account has stays visible (at
least one) while its entity has `VISIBLE_FROM` records. Settings (users, tags, task
types) do not scale: an account ten times smaller has the same pipelines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dedupe.errors import InputError
from dedupe.language import N_

MIN_SCALE, MAX_SCALE = 0.0005, 100.0
VISIBLE_FROM = 40
SWITCHBOARD_MIN, SWITCHBOARD_MAX = 12, 60  # cards that hold one switchboard's number


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCounts:
    """What is planted on the cards of one entity."""

    total: int
    deleted: int
    no_phone: int
    bad_phone: int
    shared_phone: int
    doubled_phone: int
    repeated_phone: int
    switchboard: int
    own_number: int
    shared_email: int
    doubled_email: int
    repeated_email: int
    bad_email: int
    no_name: int
    junk_name: int
    no_deal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is planted on deals, tasks and fields beyond the audited account's own counts."""

    empty_required: int
    unmarked: int
    late_tasks: int
    abandoned: int
    to_delete: int
    role_mail: int
    wrong_tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Every count of a demo account."""

    contacts: CardCounts
    companies: CardCounts
    open_deals: int
    won_deals: int
    lost_deals: int
    no_task: int
    no_reason: int
    faults: Faults

    @property
    def deals(self) -> int:
        """All deals, whatever their state."""
        return self.open_deals + self.won_deals + self.lost_deals


_CONTACTS = CardCounts(
    total=91_699,
    deleted=150,
    no_phone=2_115,
    bad_phone=500,
    shared_phone=1_654,
    doubled_phone=4_321,
    repeated_phone=640,
    switchboard=214,
    own_number=25,
    shared_email=54,
    doubled_email=5,
    repeated_email=31,
    bad_email=37,
    no_name=1_619,
    junk_name=846,
    no_deal=28_569,
)
_COMPANIES = CardCounts(
    total=7_177,
    deleted=12,
    no_phone=1_290,
    bad_phone=0,  # the audit counted unreadable values on contacts only
    shared_phone=108,
    doubled_phone=204,
    repeated_phone=38,
    switchboard=14,
    own_number=0,
    shared_email=4,
    doubled_email=1,
    repeated_email=4,
    bad_email=3,
    no_name=2,
    junk_name=11,
    no_deal=3_197,
)
FULL = Sizes(
    contacts=_CONTACTS,
    companies=_COMPANIES,
    open_deals=4_590,
    won_deals=72_087,
    lost_deals=72_069,
    no_task=2_719,
    no_reason=21_467,
    faults=Faults(
        empty_required=1_240,
        unmarked=7_730,
        late_tasks=540,
        abandoned=212,
        to_delete=312,
        role_mail=415,
        wrong_tax=31,
    ),
)


def demo_size(scale: float = 1.0) -> Sizes:
    """Return the counts of the account at `scale`; raise InputError when it makes none."""
    if not (math.isfinite(scale) and MIN_SCALE <= scale <= MAX_SCALE):
        raise InputError(
            N_("a demo account cannot have the scale {scale}"),
            fix=N_("choose a number from {low} to {high}; 1 is 91,699 contacts"),
            scale=scale,
            low=MIN_SCALE,
            high=int(MAX_SCALE),
        )
    n_open, n_lost = _scaled(FULL.open_deals, scale), _scaled(FULL.lost_deals, scale)
    return Sizes(
        contacts=_cards(FULL.contacts, scale),
        companies=_cards(FULL.companies, scale),
        open_deals=n_open,
        won_deals=_scaled(FULL.won_deals, scale),
        lost_deals=n_lost,
        no_task=min(_scaled(FULL.no_task, scale), n_open),
        no_reason=min(_scaled(FULL.no_reason, scale), n_lost),
        faults=Faults(
            **{name: _scaled(getattr(FULL.faults, name), scale) for name in Faults.__slots__}
        ),
    )


def group_sizes(total: int) -> list[int]:
    """Split `total` cards into groups of 2 to 4, mostly pairs; the sizes sum to `total`."""
    fours, threes = total // 60, total // 12
    left = total - 4 * fours - 3 * threes
    if left % 2:
        threes, left = threes + 1, left - 3
    while left < 0:  # too few for that many threes: two threes become three pairs
        threes, left = threes - 2, left + 6
    return [4] * fours + [3] * threes + [2] * (left // 2)


def switchboard_sizes(total: int, rng: np.random.Generator) -> list[int]:
    """Split `total` cards over switchboards of 12 to 60 cards each."""
    if total < SWITCHBOARD_MIN:
        return []
    n = max(math.ceil(total / SWITCHBOARD_MAX), min(round(total / 31), total // SWITCHBOARD_MIN))
    sizes = [SWITCHBOARD_MIN] * n
    left = total - sum(sizes)
    for i in range(n):  # leave no more than the switchboards after this one can take
        room = (SWITCHBOARD_MAX - SWITCHBOARD_MIN) * (n - i - 1)
        least, most = max(0, left - room), min(left, SWITCHBOARD_MAX - SWITCHBOARD_MIN)
        sizes[i] += int(rng.integers(least, most + 1))
        left -= sizes[i] - SWITCHBOARD_MIN
    return sizes


def _scaled(full: int, scale: float, among: int = VISIBLE_FROM) -> int:
    """Round `full` to the scale, keeping one where there are enough records to hide it among."""
    count = round(full * scale)
    return max(count, 1) if full and among >= VISIBLE_FROM else count


def _cards(full: CardCounts, scale: float) -> CardCounts:
    total = max(_scaled(full.total, scale), 1)
    counts = {
        name: _scaled(getattr(full, name), scale, total)
        for name in CardCounts.__slots__
        if name != "total"
    }
    for name in ("shared_phone", "own_number", "shared_email"):  # one card shares with nobody
        counts[name] = 2 if counts[name] == 1 else counts[name]
    if counts["switchboard"] < SWITCHBOARD_MIN:
        counts["switchboard"] = 0
    return CardCounts(total=total, **counts)
