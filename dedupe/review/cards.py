"""A scan of files as an account of its own: the cards as far as the scan's files tell them."""

from __future__ import annotations

import polars as pl

from dedupe.contracts import CHANNELS, COMPANIES, CONTACTS, Account
from dedupe.plan.scan_folder import ScanFolder

_TABLES = {"contact": CONTACTS, "company": COMPANIES}
_FIELDS = {"phone": "PHONE", "email": "EMAIL"}


def account_of_scan(scanned: ScanFolder) -> Account:
    """Return the cards of the scan's clusters and channels, with their numbers and addresses."""
    mentions = [scanned.clusters, scanned.values, scanned.findings.drop_nulls("record_id")]
    known = pl.concat(frame.select("entity", "record_id") for frame in mentions).unique()
    tables = {
        contract.name: contract.conform(
            known.filter(pl.col("entity") == entity).select(id="record_id").sort("id")
        ).lazy()
        for entity, contract in _TABLES.items()
    }
    kind = pl.col("kind")
    channels = scanned.values.select(
        "entity",
        "record_id",
        "kind",
        "raw",
        "position",
        field_id=kind.replace_strict(_FIELDS, default=kind, return_dtype=pl.String),
    )
    tables["channels"] = CHANNELS.conform(channels.unique(maintain_order=True)).lazy()
    return Account(tables=tables, account_id=scanned.account_id, host=scanned.host)
