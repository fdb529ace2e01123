"""Plans that a person has approved for a run at night, by their hash.

accounts/<profile>/approvals/<hash>.json    who, when, a note
accounts/<profile>/approvals/<hash>.jsonl   the plan itself: scans may be pruned meanwhile
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from dedupe.crm.signin.files import write_private
from dedupe.errors import CrmCleanError, StalePlanError
from dedupe.language import N_
from dedupe.plan import Plan, check_age, read_plan, write_plan

SCHEMA = "crmclean.approval/1"
FOLDER = "approvals"
_LONGEST = 200


def approve(folder: Path, plan: Plan, *, who: str, now: datetime, note: str = "") -> Path:
    """Note that `plan` may be carried out; return the note's path. Raises StalePlanError."""
    check_age(plan, now)
    write_plan(plan, _plan(folder, plan.hash))
    path = _plan(folder, plan.hash).with_suffix(".json")
    told = {
        "schema": SCHEMA,
        "plan_hash": plan.hash,
        "who": who[:_LONGEST],
        "when": now.astimezone(UTC).isoformat(timespec="seconds"),
        "note": note[:_LONGEST],
    }
    write_private(path, json.dumps(told, ensure_ascii=False).encode())
    return path


def approved_plans(folder: Path, now: datetime) -> list[Plan]:
    """Return the plans that are approved and have not expired, the latest approved first.

    What is no approval, or is of a plan with another hash, is passed over: it approves nothing.
    """
    found = []
    for path in (folder / FOLDER).glob("*.json"):
        try:
            told = json.loads(path.read_bytes())
            plan = read_plan(_plan(folder, path.stem))
            if told["schema"] == SCHEMA and told["plan_hash"] == plan.hash == path.stem:
                check_age(plan, now)
                found.append((datetime.fromisoformat(told["when"]), plan))
        except (OSError, ValueError, KeyError, TypeError, CrmCleanError, RecursionError):
            continue
    return [plan for _, plan in sorted(found, key=lambda each: (each[0], each[1].hash))][::-1]


def check_approved(folder: Path, plan: Plan, now: datetime) -> None:
    """Raise StalePlanError where nobody has approved this very plan."""
    if plan.hash not in {each.hash for each in approved_plans(folder, now)}:
        raise StalePlanError(
            N_("nobody has approved this plan"),
            where=plan.short,
            fix=N_("look at it, then run: crmclean approve PLAN"),
        )


def _plan(folder: Path, digest: str) -> Path:
    return folder / FOLDER / f"{digest}.jsonl"
