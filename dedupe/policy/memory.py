"""What a policy remembers of an account from one run to the next.

    accounts/<profile>/policies/<policy>.json         the last good scan, runs of its own
    accounts/<profile>/policies/<policy>.runs.jsonl   outcomes, the oldest first

Both are written whole or not at all and hold counts and ids only. A memory that can't be read is
an error and not an empty one: without it a shrunken account would look like a first read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dedupe.crm.signin.files import write_private
from dedupe.errors import StorageError
from dedupe.language import N_, tr

from .outcome import HealthTold, RunOutcome, outcome_document, read_outcome

SCHEMA = "crmclean.policy/1"
FOLDER = "policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last good scan and the policy's own runs. `guard_stop` is a run that a guard stopped.

    `found` are the duplicates' checks, by "code entity"; `not_read` what was not read then.
    """

    last_success: datetime | None = None  # when the last run began that came to its end
    last_ended: datetime | None = None
    account_id: str = ""
    host: str = ""
    scan_id: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    found: Mapping[str, int] = field(default_factory=dict)
    not_read: tuple[str, ...] = ()
    is_partial: str = ""
    health: HealthTold | None = None
    own_runs: tuple[str, ...] = ()  # begun by this policy and not done: the next run goes on
    guard_stop: str = ""


def read_memory(folder: Path, policy: str) -> Memory:
    """Return what is remembered; an empty memory before the first run. Raises StorageError."""
    path = _path(folder, policy)
    try:
        told = json.loads(path.read_bytes())
        if told.pop("schema") != SCHEMA:
            raise ValueError
        return _memory(told)
    except FileNotFoundError:
        return Memory()
    except OSError as error:
        raise _damaged(path, error.strerror or "") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, "") from error


def write_memory(folder: Path, policy: str, memory: Memory) -> None:
    """Put `memory` in place of the last one. Raises StorageError."""
    told = asdict(memory) | {
        "last_success": _text(memory.last_success),
        "last_ended": _text(memory.last_ended),
    }
    _put(_path(folder, policy), json.dumps({"schema": SCHEMA, **told}, ensure_ascii=False))


def remember_outcome(folder: Path, outcome: RunOutcome, keep: int) -> None:
    """Add an outcome to the history, of which the last `keep` stay. Raises StorageError."""
    path = _history(folder, outcome.policy)
    lines = [*_lines(path), json.dumps(outcome_document(outcome), ensure_ascii=False)]
    _put(path, "".join(f"{line}\n" for line in lines[-keep:]))


def read_outcomes(folder: Path, policy: str) -> list[RunOutcome]:
    """Return the outcomes that are remembered, the oldest first; torn lines are passed over."""
    found = []
    for line in _lines(_history(folder, policy)):
        try:
            found.append(read_outcome(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found


def policies_of(folder: Path) -> list[str]:
    """Return the policies that have run on the account in `folder`."""
    ending = ".runs.jsonl"
    return sorted(p.name.removesuffix(ending) for p in (folder / FOLDER).glob(f"*{ending}"))


def _memory(told: dict[str, Any]) -> Memory:
    health = told.get("health")
    facts = told | {
        "last_success": _moment(told.get("last_success")),
        "last_ended": _moment(told.get("last_ended")),
        "not_read": tuple(told.get("not_read", ())),
        "own_runs": tuple(told.get("own_runs", ())),
        "health": HealthTold(**health) if health else None,
    }
    return Memory(**facts)


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, UnicodeDecodeError):
        return []


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            N_("the folder can't be made ({reason})"),
            where=str(path.parent),
            fix=N_("check its rights and the free space"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error
    write_private(path, text.encode())


def _path(folder: Path, policy: str) -> Path:
    return folder / FOLDER / f"{policy}.json"


def _history(folder: Path, policy: str) -> Path:
    return folder / FOLDER / f"{policy}.runs.jsonl"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    moment = datetime.fromisoformat(text) if text else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError
    return moment


def _damaged(path: Path, reason: str) -> StorageError:
    return StorageError(
        N_("what the policy remembers can't be read ({reason})"),
        where=str(path),
        fix=N_("look at the account, then remove the file: the next run begins anew"),
        reason=reason.lower() or tr(N_("damaged")),
    )
