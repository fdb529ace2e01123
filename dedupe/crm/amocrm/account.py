"""The answer about the account itself: `read_account`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from .decode import decode_one
from .listings import ACCOUNT_PATH
from .settings import named_tables
from .shapes import AccountEmbedded, AccountInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What the pull must know of an account, and what a snapshot says of it.

    `has_filters` tells whether records can be filtered by their moment of change (a paid
    option); `has_loss_reasons` whether the account uses the CRM's own reasons, None where
    the answer does not say. `tables` are `task_types` and `user_groups`; `settings` are the
    facts as text, for `Account.settings`.
    """

    id: str
    name: str
    subdomain: str
    country: str
    timezone: str
    currency: str
    current_user_id: str
    has_filters: bool
    has_loss_reasons: bool | None
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """Return the facts that are told, as text."""
        told = {
            "name": self.name,
            "subdomain": self.subdomain,
            "country": self.country,
            "timezone": self.timezone,
            "currency": self.currency,
            "user_id": self.current_user_id,
            "has_filters": "true" if self.has_filters else "false",
        }
        return {name: text for name, text in told.items() if text}


def read_account(body: bytes) -> AccountFacts:
    """Read the answer of `ACCOUNT_PATH`; raises RemoteError when it is not an account."""
    info = decode_one(AccountInfo, body, ACCOUNT_PATH)
    held = info.embedded or AccountEmbedded()
    zone = held.datetime_settings.timezone if held.datetime_settings is not None else None
    return AccountFacts(
        id=str(info.id),
        name=info.name or "",
        subdomain=info.subdomain or "",
        country=info.country or "",
        timezone=zone or "",
        currency=info.currency or "",
        current_user_id=str(info.current_user_id or ""),
        has_filters=bool(info.is_api_filter_enabled),
        has_loss_reasons=info.is_loss_reason_enabled,
        tables={
            **named_tables("task_types", "", held.task_types or ()),
            **named_tables("user_groups", "", held.users_groups or ()),
        },
    )
