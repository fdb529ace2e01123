"""The checks that a config names: one that is misspelt would be a night that looks at nothing."""

from __future__ import annotations

from dedupe.audit import CHECKS
from dedupe.config import Checks, Policy
from dedupe.errors import ConfigError
from dedupe.language import N_


def check_codes(told_by: Policy | Checks, section: str) -> None:
    """Raise ConfigError where `select` or `ignore` has what no check's code begins with."""
    for key in ("select", "ignore"):
        told: tuple[str, ...] = getattr(told_by, key)
        unknown = [text for text in told if not any(code.startswith(text) for code in CHECKS)]
        if unknown:
            raise ConfigError(
                N_("no check has such a code: {codes}"),
                where=f"{section}.{key}",
                fix=N_("crmclean explain lists them"),
                codes=", ".join(unknown),
            )
