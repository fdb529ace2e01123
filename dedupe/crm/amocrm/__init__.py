"""amoCRM: what its API gives out and how its answers become tables of the snapshot.

A pull asks for `ACCOUNT_PATH` (`read_account`), then for every listing of `listings_for`,
page by page (`read_page`); pages are put together by `merge_pages`, changes of an
incremental pull by `replace_records`, and `settle` is the last step of both. Nothing here
speaks HTTP.
"""

from .account import AccountFacts, read_account
from .listings import ACCOUNT_PARAMS, ACCOUNT_PATH, LISTINGS, Listing, listings_for
from .merge import merge_pages, replace_records
from .page import Page, read_page
from .settle import settle

__all__ = [
    "ACCOUNT_PARAMS",
    "ACCOUNT_PATH",
    "LISTINGS",
    "AccountFacts",
    "Listing",
    "Page",
    "listings_for",
    "merge_pages",
    "read_account",
    "read_page",
    "replace_records",
    "settle",
]
