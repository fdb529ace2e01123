"""Phones, e-mails and names: what people typed, as values that compare."""

from __future__ import annotations

from .columns import build_names, build_values, own_keys
from .emails import EmailFound, read_emails
from .names import NameStatus, match_key, name_status
from .phone_columns import PhoneSettings
from .phones import PhoneFound, read_phones
from .shared import mark_shared

__all__ = [
    "EmailFound",
    "NameStatus",
    "PhoneFound",
    "PhoneSettings",
    "build_names",
    "build_values",
    "mark_shared",
    "match_key",
    "name_status",
    "own_keys",
    "read_emails",
    "read_phones",
]
