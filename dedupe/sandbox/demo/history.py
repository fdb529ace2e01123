"""Events of the making of records in the demo account, and of a few merges that somebody made."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

Rng = np.random.Generator
Tables = Mapping[str, pl.DataFrame]

_DEALS, _CONTACTS, _MERGES = 6, 20, 100  # one record in so many has one


def made_events(tables: Tables, rng: Rng) -> pl.DataFrame:
    """Return events of added deals and contacts, and of merges of contacts."""
    deals, contacts = tables["deals"], tables["contacts"]
    added = [
        _some(deals, "deal", _DEALS, rng).with_columns(type=pl.lit("lead_added")),
        _some(contacts, "contact", _CONTACTS, rng).with_columns(type=pl.lit("contact_added")),
        _some(contacts, "contact", _MERGES, rng).with_columns(type=pl.lit("entity_merged")),
    ]
    return pl.concat(added).with_columns(before=pl.lit("[]"), after=pl.lit("[]"))


def _some(records: pl.DataFrame, entity: str, one_in: int, rng: Rng) -> pl.DataFrame:
    rows = np.flatnonzero(rng.integers(0, one_in, records.height) == 0)
    return records[rows].select(
        entity=pl.lit(entity),
        record_id="id",
        created_by="created_by",
        created_at="created_at",
    )
