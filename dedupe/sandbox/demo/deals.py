"""Deals of the demo account, whom they are linked to, their tasks and tags.

Every contact and company that is to have a deal gets one first, the other deals are
dealt out at random; so the cards without a deal are exactly the planned ones. The
years are those of the audit: an import of old deals, a thin 2019, a busy 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from . import settings as st
from .numbers import Ints
from .sizes import Sizes

Rng = np.random.Generator

OPENED = datetime(2017, 3, 13, tzinfo=UTC)
READ_TO = datetime(2020, 6, 7, 18, 0, tzinfo=UTC)
_YEARS = [datetime(y, 1, 1, tzinfo=UTC) for y in (2019, 2020)]
_SECOND = 1_000_000  # moments are microseconds
_DAY = 86_400
OPEN, WON, LOST = 0, 1, 2
STATES = ("open", "won", "lost")
# Shares of the deals of a state made in 2017-18, 2019 and 2020.
_YEAR_SHARES = {
    OPEN: (0.05, 0.25, 0.7),
    WON: (0.9815, 0.0074, 0.0111),
    LOST: (0.5892, 0.1127, 0.2981),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deals:
    """Deals by row: `frame` has id, state and moments; the rest are rows of cards, -1 for none."""

    frame: pl.DataFrame
    contact: Ints
    second_contact: Ints
    company: Ints
    company_of_contact: Ints


def build_deals(sizes: Sizes, owners: tuple[str, ...], rng: Rng) -> Deals:
    """Draw the deals and link them; the last cards of each entity stay without a deal."""
    n = sizes.deals
    n_with = sizes.contacts.total - sizes.contacts.no_deal
    with_deal = rng.permutation(sizes.contacts.total)[:n_with]
    more = rng.choice(with_deal, n - n_with) if n > n_with else with_deal[:0]
    contact = rng.permutation(np.concatenate([with_deal, more])[:n])
    spare = np.setdiff1d(np.arange(n), np.unique(contact, return_index=True)[1])
    contact[spare[rng.random(len(spare)) < 0.01]] = -1  # a few deals know no contact
    second = np.where((rng.random(n) < 0.04) & (contact >= 0), rng.choice(with_deal, n), -1)
    second = np.where(second == contact, -1, second)
    company_of_contact, firms = _companies_of_contacts(sizes, with_deal, rng)
    company = np.where(contact >= 0, company_of_contact[contact], -1)
    company = _each_firm_has_a_deal(company, firms, rng)
    state = rng.permutation(
        np.repeat([OPEN, WON, LOST], [sizes.open_deals, sizes.won_deals, sizes.lost_deals])
    )
    return Deals(
        frame=_frame(sizes, state, owners, rng),
        contact=contact,
        second_contact=second,
        company=company,
        company_of_contact=company_of_contact,
    )


def _companies_of_contacts(sizes: Sizes, with_deal: Ints, rng: Rng) -> tuple[Ints, Ints]:
    """Employ some contacts; those with deals work for firms with deals only."""
    firms = rng.permutation(sizes.companies.total)
    n_with = sizes.companies.total - sizes.companies.no_deal
    company = np.full(sizes.contacts.total, -1)
    idle = np.setdiff1d(np.arange(sizes.contacts.total), with_deal)
    company[idle] = np.where(rng.random(len(idle)) < 0.1, rng.choice(firms, len(idle)), -1)
    if n_with:
        hired = rng.random(len(with_deal)) < 0.09
        company[with_deal] = np.where(hired, rng.choice(firms[:n_with], len(with_deal)), -1)
    return company, firms[:n_with]


def _each_firm_has_a_deal(company: Ints, firms: Ints, rng: Rng) -> Ints:
    missing = np.setdiff1d(firms, company)
    free = rng.permutation(np.flatnonzero(company < 0))[: len(missing)]
    if len(free) < len(missing):
        raise ValueError("too few deals without a company: the demo's counts do not add up")
    company[free] = missing
    return company


def _frame(sizes: Sizes, state: Ints, owners: tuple[str, ...], rng: Rng) -> pl.DataFrame:
    n = len(state)
    created = _created(state, rng)
    order = np.argsort(created, kind="stable")  # ids grow with time
    created, state = created[order], state[order]
    days = rng.gamma(1.6, 40, n)
    closed = np.minimum(created + days * _DAY, _epoch(READ_TO) - 60).astype(np.int64)
    closed = np.where(state == OPEN, -1, closed)
    touched = np.where(state == OPEN, np.minimum(created + days * _DAY, _epoch(READ_TO)), closed)
    pipeline = rng.choice(list(st.PIPELINES), n, p=[0.62, 0.23, 0.15])
    stage = rng.integers(0, 100, n)
    owner = _skewed(owners, n, rng)
    reason = rng.choice(len(st.LOSS_REASONS), n, p=np.array(st.LOSS_SHARES)).astype(np.int64)
    silent = rng.permutation(np.flatnonzero(state == LOST))[: sizes.no_reason]
    reason[silent] = -1
    reason[state != LOST] = -1
    ids = 9_000_001 + np.cumsum(rng.integers(1, 60, n))
    source = np.where(rng.random(n) < 0.35, rng.integers(0, len(st.SOURCES), n), -1)
    return pl.DataFrame(
        {
            "id": pl.Series(ids).cast(pl.String),
            "name": _names(ids, rng),
            "price": _prices(state, rng),
            "pipeline_id": pipeline.astype(str),
            "status_id": _statuses(state, pipeline, stage),
            "state": pl.Series(STATES).gather(state),
            "owner_id": owner,
            "created_by": _skewed(owners, n, rng),
            "loss_reason_id": _numbered(5001, reason),
            "source_id": _numbered(9001, source),
            "created_at": moments(created),
            "updated_at": moments(touched.astype(np.int64)),
            "closed_at": moments(closed),
            "is_deleted": np.zeros(n, dtype=bool),
        }
    )


def _created(state: Ints, rng: Rng) -> Ints:
    edges = np.array([_epoch(at) for at in (OPENED, *_YEARS, READ_TO)])
    year = np.zeros(len(state), dtype=np.int64)
    for value, shares in _YEAR_SHARES.items():
        mine = state == value
        year[mine] = rng.choice(3, int(mine.sum()), p=shares)
    start, end = edges[year], edges[year + 1]
    created: Ints = (start + rng.random(len(state)) * (end - start - _DAY)).astype(np.int64)
    return created


def _prices(state: Ints, rng: Rng) -> pl.Series:
    price = np.exp(rng.normal(np.log(132_000) - 0.32, 0.8, len(state)))
    price = np.round(price, -1)
    empty = rng.random(len(state)) < np.array([0.4, 0.0, 0.55])[state]
    return pl.Series(np.where(empty, 0.0, price))


def _statuses(
    state: Ints, pipeline: np.ndarray[tuple[int], np.dtype[np.str_]], stage: Ints
) -> pl.Series:
    status = np.where(state == WON, st.WON, st.LOST).astype(object)
    for id_, (_, stages) in st.PIPELINES.items():
        mine = (state == OPEN) & (pipeline == id_)
        names = np.array([st.status_of(id_, i) for i in range(len(stages))], dtype=object)
        status[mine] = names[stage[mine] % len(stages)]
    return pl.Series(status.tolist(), dtype=pl.String)


_WHAT = ("Кровля", "Забор", "Фасад", "Окна", "Заявка с сайта", "Лестница", "Обратный звонок",
         "Баня", "Ворота", "Водосток", "Утеплитель", "Опт")  # fmt: skip


def _names(ids: Ints, rng: Rng) -> pl.Series:
    what = pl.Series(_WHAT).gather(rng.integers(0, len(_WHAT), len(ids)))
    auto = pl.Series(rng.random(len(ids)) < 0.4)
    frame = pl.DataFrame({"id": ids, "what": what, "auto": auto})
    return frame.select(
        pl.when("auto").then(pl.format("Сделка #{}", "id")).otherwise("what")
    ).to_series()


def _numbered(start: int, place: Ints) -> pl.Series:
    """Return ids from `start` on; null where `place` is negative."""
    frame = pl.DataFrame({"place": place})
    at = pl.col("place")
    return frame.select(pl.when(at >= 0).then((at + start).cast(pl.String))).to_series()


def _skewed(owners: tuple[str, ...], n: int, rng: Rng) -> pl.Series:
    weight = 1 / (np.arange(len(owners)) + 2.0)
    return pl.Series(owners).gather(rng.choice(len(owners), n, p=weight / weight.sum()))


def _epoch(at: datetime) -> int:
    return int(at.timestamp())


def moments(seconds: Ints) -> pl.Series:
    """Return seconds since 1970 as moments; null where negative."""
    at = pl.col("at")
    frame = pl.DataFrame({"at": seconds.astype(np.int64)})
    micro = (at * _SECOND).cast(pl.Datetime("us", "UTC"))
    return frame.select(pl.when(at >= 0).then(micro)).to_series()
