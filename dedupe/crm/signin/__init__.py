"""Signing in: tokens from their places, OAuth pairs renewed safely, an account's folder.

`token_source` gives the access token to send. Nothing here shows a token, and nothing
is kept that others may read.
"""

from .access import (
    TokenFacts,
    account_host,
    check_place,
    forget,
    is_oauth,
    keep_token,
    keep_tokens,
    moved_error,
    spend_code,
    token_endpoint,
    token_facts,
    token_place,
    token_source,
)
from .claims import Claims, read_claims
from .consent import consent_address, read_code
from .endpoint import MovedError
from .folder import account_folder, account_place, check_state
from .secret import clean_secret
from .sources import LongLivedToken, any_token
from .standing import Standing, connect, fetch_standing

__all__ = [
    "Claims",
    "LongLivedToken",
    "MovedError",
    "Standing",
    "TokenFacts",
    "account_folder",
    "account_host",
    "account_place",
    "any_token",
    "check_place",
    "check_state",
    "clean_secret",
    "connect",
    "consent_address",
    "fetch_standing",
    "forget",
    "is_oauth",
    "keep_token",
    "keep_tokens",
    "moved_error",
    "read_claims",
    "read_code",
    "spend_code",
    "token_endpoint",
    "token_facts",
    "token_place",
    "token_source",
]
