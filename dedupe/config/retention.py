"""The section [retention]: how long files that hold personal data are kept.

    [retention]
    snapshots_days = 30
    backups_days = 180
    journals_days = 180
    logs_days = 30
    scans_days = 90
    keep_last = 3

`crmclean prune` removes what is past its days, and never the newest `keep_last` of a kind.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dedupe.language import N_, tr

_DAYS = (1, 3_650)
_KEPT = (1, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days after which a kind of file has served its purpose; `keep_last` stay however old."""

    snapshots_days: int = 30  # a copy that no pull has renewed for a month is of a past account
    backups_days: int = 180  # as long as a run can be taken back
    journals_days: int = 180  # the same: then only ids and outcomes are left of a run
    logs_days: int = 30  # faults are looked into within days
    scans_days: int = 90  # a quarter, to compare with the last one
    keep_last: int = 3  # scans and runs of an account: the work at hand


def retention_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with the section, in the reader's language."""
    section = document.get("retention", {})
    if not isinstance(section, dict):
        yield tr(N_("{where}: a section [{where}] is meant"), where="retention")
        return
    known = [each.name for each in dataclasses.fields(Retention)]
    for key, value in section.items():
        at = f"retention.{_shown(key)}"
        if key not in known:
            near = get_close_matches(key[:40], known, n=1)
            hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
            yield tr(N_("{key}: unknown setting{hint}"), key=at, hint=hint)
            continue
        low, high = _KEPT if key == "keep_last" else _DAYS
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            yield tr(
                N_("{key}: a whole number from {low} to {high} is meant"),
                key=at,
                low=low,
                high=high,
            )


def read_retention(document: Mapping[str, Any]) -> Retention:
    """Return the section of a document that `retention_problems` finds nothing wrong with."""
    return Retention(**document.get("retention", {}))


def _shown(text: str) -> str:
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line if len(line) <= 40 else line[:39] + "…"
