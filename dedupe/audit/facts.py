"""What the checks read: the account and what the stages before found in it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dedupe.contracts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The account with its normalised values, names and groups, as the checks read them."""

    account: Account
    values: pl.DataFrame
    names: pl.DataFrame
    groups: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a check's function found: its findings, and the numbers they add up to."""

    found: int
    base: int | None
    findings: pl.DataFrame
    groups: int | None = None
