"""The account's custom fields as they are now: what is written must be of the field's own type."""

from __future__ import annotations

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES

from ...http import Refused
from ..listings import LISTINGS, Listing
from ..page import read_page
from .reading import Reader

_LISTINGS = ("contact_fields", "company_fields", "deal_fields")
_MOST = 100  # pages: an account has some dozens of fields


def fetch_fields(reader: Reader) -> pl.DataFrame:
    """Return the table of fields. A list that this token may not read is left out."""
    frames = [SNAPSHOT_TABLES["fields"].empty()]
    for name in _LISTINGS:
        try:
            frames += _pages(reader, LISTINGS[name])
        except Refused as refused:
            if refused.status not in (403, 404):
                raise
    return pl.concat([SNAPSHOT_TABLES["fields"].conform(frame) for frame in frames])


def _pages(reader: Reader, listing: Listing) -> list[pl.DataFrame]:
    found = []
    for number in range(1, _MOST + 1):
        params = (*listing.params, ("page", str(number)), ("limit", str(listing.page_size)))
        page = read_page(listing, reader.get(listing.path, params).body)
        found.append(page.tables["fields"])
        if not page.has_next:
            break
    return found
