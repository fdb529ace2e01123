"""Tables of several lists as one account's tables, and which lists are of which kind."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.crm.amocrm import LISTINGS, Listing, listings_for

Tables = Mapping[str, pl.DataFrame]


def record_lists(options: Collection[str]) -> list[Listing]:
    """Return the lists of records: long, kept in the spool, read anew only in part."""
    return [one for one in listings_for(options) if one.changed_filter]


def setting_lists(options: Collection[str]) -> list[Listing]:
    """Return the lists that are read whole every time: settings, and what nobody has taken yet."""
    return [one for one in listings_for(options) if not one.changed_filter and one.option == ""]


def record_tables(options: Collection[str]) -> set[str]:
    """Return the names of the tables that lists of records fill."""
    return {table for one in record_lists(options) for table in one.tables}


def not_asked(options: Collection[str]) -> set[str]:
    """Return the tables that only an option of the profile would fill."""
    asked = {table for one in listings_for(options) for table in one.tables}
    optional = {t for one in LISTINGS.values() if one.changed_filter for t in one.tables}
    return optional - asked


def join_tables(parts: Iterable[Tables]) -> dict[str, pl.DataFrame]:
    """Put the tables of several lists under each other."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        for name, frame in part.items():
            frames.setdefault(name, []).append(frame)
    return {name: pl.concat(held) for name, held in frames.items()}


def shape(options: Collection[str]) -> str:
    """Return a digest of what is asked and of the tables it fills: another one, another spool."""
    asked = [(one.path, one.params, one.page_size, one.tables) for one in record_lists(options)]
    schemas = [(name, str(contract.schema)) for name, contract in SNAPSHOT_TABLES.items()]
    return hashlib.blake2b(repr((asked, schemas)).encode(), digest_size=12).hexdigest()


def page_hint(listing: Listing, last: Account | None) -> int:
    """Return how many pages a list may have, by the last snapshot; 0 where it can't tell."""
    if last is None or listing.record_table not in last.tables or not listing.page_size:
        return 0
    rows = last.tables[listing.record_table]
    if listing.record_table == "notes":  # three lists fill it
        rows = rows.filter(pl.col("entity") == listing.entity)
    n = int(rows.select(pl.len()).collect().item())
    return -(-n // listing.page_size)
