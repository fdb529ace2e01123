"""The checks that a policy names: one that is misspelt would be a night that looks at nothing."""

from __future__ import annotations

from dedupe.audit import CHECKS
from dedupe.config import Policy
from dedupe.errors import ConfigError
from dedupe.language import N_


def check_codes(policy: Policy) -> None:
    """Raise ConfigError where `select` or `ignore` has what no check's code begins with."""
    for key in ("select", "ignore"):
        told: tuple[str, ...] = getattr(policy, key)
        unknown = [text for text in told if not any(code.startswith(text) for code in CHECKS)]
        if unknown:
            raise ConfigError(
                N_("no check has such a code: {codes}"),
                where=f"policies.{policy.name}.{key}",
                fix=N_("crmclean explain lists them"),
                codes=", ".join(unknown),
            )
