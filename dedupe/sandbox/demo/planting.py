"""The faults of the team, the structure and single records, planted over the drawn tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from .cards import Cards
from .details import details_planted, plain_contacts, with_due_dates, with_role_mail, with_wrong_tax
from .fills import Fills, fills_planted, plant_fills
from .planted import Counts
from .sizes import Sizes
from .structure import plant_structure, structure_planted
from .team import plant_team, team_planted, with_daily_work

_STAGE = 60  # the dice of these faults are their own: the other tables do not depend on them


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """The tables that the faults changed, and the counts of what was done to them."""

    tables: dict[str, pl.DataFrame]
    fills: Fills
    counts: Mapping[str, int]


def plant_faults(
    tables: Mapping[str, pl.DataFrame], cards: Mapping[str, Cards], sizes: Sizes, seed: int
) -> Faulty:
    """Plant every fault that the settings, the fields, the cards and the tasks get."""
    rngs = [np.random.default_rng([seed, _STAGE + at]) for at in range(4)]
    faults, n_ticked = sizes.faults, sizes.faults.to_delete
    made = {**tables, **plant_team(tables)}
    made |= plant_structure(made, rngs[0])
    plain = plain_contacts(cards["contact"], made["contacts"], rngs[1])
    made["channels"], n_mail = with_role_mail(made["channels"], plain, faults.role_mail, rngs[1])
    fills = plant_fills(made, plain.tail(n_ticked + n_ticked // 4), faults, rngs[2])
    made["field_values"], n_tax = with_wrong_tax(
        fills.values, made["companies"], faults.wrong_tax, rngs[2]
    )
    made["tasks"], n_late, n_abandoned = with_due_dates(
        made["tasks"], made["contacts"], faults, rngs[3]
    )
    made["tasks"] = with_daily_work(made["tasks"], made["contacts"])
    counts = {"EML402": n_mail, "ENR301": n_tax, "TSK201": n_late, "TSK202": n_abandoned}
    return Faulty(tables=made, fills=fills, counts=counts)


def faults_planted(
    tables: Mapping[str, pl.DataFrame], cards: Mapping[str, Cards], sizes: Sizes, faulty: Faulty
) -> Counts:
    """Return what the finished account has of these faults."""
    return (
        team_planted(tables)
        | structure_planted(tables)
        | fills_planted(tables, faulty.fills)
        | details_planted(tables, cards, sizes, faulty.counts)
    )
