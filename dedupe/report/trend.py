"""What a state folder remembers of earlier scans: one line of JSON per scan, and their folders.

`scans/index.jsonl`, schema crmclean.history/1, private, append-only: the scan's id, when it ran, of
which data, the account, the folder, and what each check found, so that a trend outlives the
folders. A line that can't be read is passed over, the later of two lines of one scan holds, and
scans that the index does not know are read from their folders.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dedupe.contracts import CheckResult, Health, Summary
from dedupe.errors import InputError, StorageError
from dedupe.language import N_
from dedupe.plan.scan_folder import is_scan

from .places import DIGITS, is_of_name
from .scan_files import read_summary

SCHEMA = "crmclean.history/1"
SCANS, INDEX = "scans", "index.jsonl"
FILES = "tables"  # the "CRM" of files: such an account has no id, only the source's name
_NEWEST = 50  # folders without a line that are looked into: older scans tell no trend
_LONGEST = 1 << 20  # of a line, which is a few KB


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One scan of an account, as it is remembered.

    `found` is what each check found, by (code, entity), None where it was not checked; `money`
    has the checks that know it, `grave` those that the health counts: errors and warnings that
    were carried out. `folder` may be gone by now. `settings` is a digest of what these checks
    were told, "" where an older version wrote the line.
    """

    scan_id: str
    account: str
    scanned_at: datetime
    data_to: datetime | None
    folder: Path
    health: Health | None = None
    found: Mapping[tuple[str, str], int | None] = field(default_factory=dict)
    money: Mapping[tuple[str, str], float] = field(default_factory=dict)
    grave: frozenset[tuple[str, str]] = frozenset()
    settings: str = ""

    def holds(self) -> bool:
        """Tell whether the folder still has this very scan."""
        if not is_scan(self.folder):
            return False
        try:
            return read_summary(self.folder).scan_id == self.scan_id
        except InputError:
            return False


def account_key(summary: Summary) -> str:
    """Return what scans of one account have in common.

    Files have no account: it is the source's name and a digest of its place and its columns, for
    two lists of one name need not be one. Older versions and the library's scans have the name
    alone.
    """
    if summary.crm == FILES:
        return ":".join(filter(None, (FILES, summary.source, summary.place)))
    return f"{summary.crm}:{summary.host}:{summary.account_id}"


def remember_scan(state: Path, summary: Summary, folder: Path) -> None:
    """Add the scan to the index of the state folder. Raises StorageError."""
    line = json.dumps(_document(summary, folder), ensure_ascii=False, allow_nan=False)
    path = state / SCANS / INDEX
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _append(path, line.encode("utf-8", "surrogatepass") + b"\n")
    except OSError as error:
        raise StorageError(
            N_("can't be written: {reason}"),
            where=str(path),
            fix=N_("check its rights and the free space"),
            reason=error.strerror or type(error).__name__,
        ) from error


def read_history(state: Path) -> list[TrendPoint]:
    """Return all scans that the state folder knows, the oldest first; none is no error."""
    known = {point.scan_id: point for point in _indexed(state / SCANS / INDEX)}
    for folder in _unlisted(state / SCANS, known):
        try:
            point = _point_of(read_summary(folder), folder)
        except InputError:
            continue
        known.setdefault(point.scan_id, point)
    return sorted(known.values(), key=lambda point: (point.scanned_at, point.scan_id))


def read_trend(state: Path, account: str) -> list[TrendPoint]:
    """Return the scans of one account (see `account_key`), the oldest first."""
    return [point for point in read_history(state) if point.account == account]


def health_trend(points: Iterable[TrendPoint], summary: Summary) -> list[TrendPoint]:
    """Return the points whose health counts the same checks as that of `summary`.

    A scan of a few checks, of a version with fewer, or with other options finds other faults: no
    trend leads from one to the other.
    """
    grave, settings = _grave(summary.checks), _settings(summary)
    return [
        point
        for point in points
        if point.health is not None
        and point.grave == grave
        and (not point.settings or not settings or point.settings == settings)
    ]


def predecessor(state: Path, summary: Summary) -> Path | None:
    """Return the folder of the newest earlier scan of the same account that is still there."""
    earlier = _before(read_trend(state, account_key(summary)), summary)
    return next((point.folder for point in reversed(earlier) if point.holds()), None)


def namesake(state: Path, summary: Summary) -> TrendPoint | None:
    """Return the newest earlier scan of files of the same name that may be others; or None.

    They lay elsewhere, had other columns, or were scanned by a version that knew the name alone.
    """
    if summary.crm != FILES or not summary.place:
        return None
    own, prefix = account_key(summary), f"{FILES}:"
    alike = (
        point
        for point in reversed(_before(read_history(state), summary))
        if point.account != own
        and is_of_name(point.account.removeprefix(prefix), summary.source)
        and point.holds()
    )
    return next(alike, None)


def _before(points: Iterable[TrendPoint], summary: Summary) -> list[TrendPoint]:
    own = (summary.scanned_at, summary.scan_id)
    return [point for point in points if (point.scanned_at, point.scan_id) < own]


def find_scan(named: Path | None, state: Path) -> Path:
    """Return the folder of a scan: named by path or by id, or the newest. Raises InputError."""
    if named is not None and (is_scan(named) or named.name != str(named)):
        return named  # a path: its reader says what is wrong with it
    points = read_history(state)
    if named is None:
        newest = next((point.folder for point in reversed(points) if point.holds()), None)
        if newest is not None:
            return newest
        raise InputError(
            N_("there is no scan yet"),
            where=str(state / SCANS),
            fix=N_("run crmclean scan, or name a scan's folder"),
        )
    point = next((point for point in points if point.scan_id == str(named)), None)
    if point is None:
        return named
    if not point.holds():
        raise InputError(
            N_("the folder of this scan is gone"),
            where=str(point.folder),
            fix=N_("name another scan"),
        )
    return point.folder


def _append(path: Path, line: bytes) -> None:
    """Write one line at the file's end; a line that was cut off before it stays apart."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.lseek(handle, 0, os.SEEK_END)
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def _document(summary: Summary, folder: Path) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "scan_id": summary.scan_id,
        "account": account_key(summary),
        "scanned_at": summary.scanned_at.isoformat(),
        "data_to": summary.data_to.isoformat() if summary.data_to else None,
        "folder": str(folder.absolute()),
        "health": _counted(summary.health),
        "checks": [
            [check.code, check.entity, check.found, check.money, check.severity]
            for check in summary.checks
        ],
        "settings": _settings(summary),
    }


def _counted(health: Health | None) -> dict[str, list[int]] | None:
    """Return clean and all by entity; "" is of the cards together."""
    if health is None:
        return None
    by_entity = {entity: list(counts) for entity, counts in health.by_entity.items()}
    return {"": [health.clean, health.cards], **by_entity}


def _health(told: Mapping[str, Any] | None) -> Health | None:
    if told is None:
        return None
    counts = {str(entity): (int(clean), int(n)) for entity, (clean, n) in told.items()}
    clean, cards = counts.pop("")
    return Health(cards=cards, clean=clean, by_entity=counts)


def _indexed(path: Path) -> Iterator[TrendPoint]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        point = _point(line) if 0 < len(line) <= _LONGEST else None
        if point is not None:
            yield point


def _point(line: bytes) -> TrendPoint | None:
    """Return what a line tells; None where it is no line of ours."""
    try:
        told = json.loads(line)
        if told["schema"] != SCHEMA:
            return None
        checks = [CheckResult(code=str(code), entity=str(entity), status="", found=_whole(n),
                              money=None if money is None else float(money), severity=str(severity))
                  for code, entity, n, money, severity in told["checks"]]  # fmt: skip
        return TrendPoint(
            scan_id=str(told["scan_id"]),
            account=str(told["account"]),
            scanned_at=_moment(told["scanned_at"]),
            data_to=_moment(told["data_to"]) if told["data_to"] else None,
            folder=Path(str(told["folder"])),
            health=_health(told["health"]),
            found={(check.code, check.entity): check.found for check in checks},
            money={(c.code, c.entity): c.money for c in checks if c.money is not None},
            grave=_grave(checks),
            settings=str(told.get("settings", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _unlisted(scans: Path, known: Mapping[str, TrendPoint]) -> list[Path]:
    """Return the newest folders of scans that have no line: their ids begin with the time."""
    try:
        folders = sorted((each for each in scans.iterdir() if each.name not in known), reverse=True)
    except OSError:
        return []
    return [each for each in folders[:_NEWEST] if is_scan(each)]


def _point_of(summary: Summary, folder: Path) -> TrendPoint:
    return TrendPoint(
        scan_id=summary.scan_id,
        account=account_key(summary),
        scanned_at=summary.scanned_at,
        data_to=summary.data_to,
        folder=folder,
        health=summary.health,
        found={(check.code, check.entity): check.found for check in summary.checks},
        money={(c.code, c.entity): c.money for c in summary.checks if c.money is not None},
        grave=_grave(summary.checks),
        settings=_settings(summary),
    )


def _grave(checks: Iterable[CheckResult]) -> frozenset[tuple[str, str]]:
    told = (check for check in checks if check.found is not None and check.severity != "info")
    return frozenset((check.code, check.entity) for check in told)


def _settings(summary: Summary) -> str:
    """Return one digest of what the checks were told that the health counts; "" for unknown."""
    codes = {code for code, _ in _grave(summary.checks)}
    told = sorted(f"{code}={own}" for code, own in summary.settings.items() if code in codes)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:DIGITS] if told else ""


def _whole(value: Any) -> int | None:  # noqa: ANN401  a JSON value
    return None if value is None else int(value)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
