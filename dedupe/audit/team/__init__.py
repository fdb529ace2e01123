"""Users, rights, owners and the integrations that act in their name."""

from . import account, integrations, letters, logins, owners, rights, usage, users, webhooks

__all__ = [
    "account",
    "integrations",
    "letters",
    "logins",
    "owners",
    "rights",
    "usage",
    "users",
    "webhooks",
]
