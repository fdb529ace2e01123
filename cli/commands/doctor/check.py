"""What one check of `crmclean doctor` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dedupe.errors import CrmCleanError
from dedupe.language import tr

OK, WARNING, ERROR, SKIPPED = "ok", "warning", "error", "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One result: a stable `code`, its status, and a line in the reader's language.

    `facts` are for programs. An error's `exit_code` is what a command that needs the
    thing would end with.
    """

    code: str
    status: str
    text: str
    fix: str = ""
    profile: str = ""
    exit_code: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the check as JSON has it."""
        return {
            "code": self.code,
            "status": self.status,
            "profile": self.profile or None,
            "text": self.text,
            "fix": self.fix or None,
            "exit_code": self.exit_code,
            **({"facts": dict(self.facts)} if self.facts else {}),
        }


def from_error(code: str, error: CrmCleanError, profile: str = "") -> Check:
    """Return the check that `error` failed."""
    where = f"{error.where}: " if error.where else ""
    return Check(
        code=code,
        status=ERROR,
        text=where + tr(error.problem).format(**error.facts),
        fix=tr(error.fix).format(**error.facts) if error.fix else "",
        profile=profile,
        exit_code=error.exit_code,
    )


def worst(checks: Iterable[Check]) -> int:
    """Return the exit code of the first error: the later ones may follow from it."""
    return next((c.exit_code for c in checks if c.status == ERROR), 0)
