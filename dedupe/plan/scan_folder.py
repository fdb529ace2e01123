"""What a scan wrote into its folder, read back for a plan.

Everything that a plan relies on is checked here: a file that is not there, is damaged or is of
another version is told in one line, before anything is planned from half of a scan.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from dedupe.contracts import CLUSTERS, FINDINGS, PAIRS, VALUES, Account
from dedupe.errors import InputError
from dedupe.language import N_

from .inputs import PlanInputs

SUMMARY = "summary.json"
SCHEMA = "crmclean.scan/1"
_MAX_BYTES = 64 << 20  # of the summary, which is a page
_SCAN_AGAIN = N_("scan the account again: crmclean scan")
_VALUES = ("entity", "record_id", "kind", "raw", "position", "value", "status")
_NEW = {"money"}  # scans of version 0.1 do not have it
_CONTRACTS = {"findings": FINDINGS, "clusters": CLUSTERS, "pairs": PAIRS, "channels": VALUES}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFolder:
    """A scan's frames and what its summary says of the account it read."""

    folder: Path
    scan_id: str
    scanned_at: datetime | None
    account_id: str
    host: str
    source: str
    data_to: datetime | None
    snapshot: str
    findings: pl.DataFrame
    clusters: pl.DataFrame
    pairs: pl.DataFrame
    values: pl.DataFrame

    def inputs(self, account: Account, decisions: pl.DataFrame | None = None) -> PlanInputs:
        """Return the inputs of a plan; `account` must be the one that was scanned.

        Raises InputError where it is another account, or another state of the same.
        """
        if (account.account_id, account.host) != (self.account_id, self.host):
            raise InputError(
                N_("the scan is of {scanned}, the snapshot of {found}"),
                where=str(self.folder),
                fix=N_("name the scan's own snapshot with --snapshot"),
                scanned=self.host or self.account_id,
                found=account.host or account.account_id,
            )
        if account.read_to != self.data_to:
            raise InputError(
                N_("the snapshot was made anew since this scan"),
                where=str(self.folder),
                fix=_SCAN_AGAIN,
            )
        return PlanInputs(
            account=account,
            findings=self.findings,
            clusters=self.clusters,
            pairs=self.pairs,
            values=self.values,
            decisions=decisions,
        )


def is_scan(folder: Path) -> bool:
    """Tell whether `folder` holds a scan, readable or not."""
    try:
        return (folder / SUMMARY).is_file()
    except (OSError, ValueError):
        return False


def read_scan(folder: Path) -> ScanFolder:
    """Read the files of the scan in `folder`. Raises InputError."""
    if not is_scan(folder):
        raise InputError(
            N_("there is no scan in this folder"),
            where=str(folder),
            fix=N_("name the folder that crmclean scan wrote"),
        )
    path = folder / SUMMARY
    summary = _summary(path)
    account = summary.get("account")
    if not isinstance(account, dict):
        raise _damaged(path)
    return ScanFolder(
        folder=folder,
        scan_id=_text(summary, "scan_id"),
        scanned_at=_moment(_text(summary, "scanned_at"), path),
        account_id=_text(account, "id"),
        host=_text(account, "host"),
        source=_text(account, "source"),
        data_to=_moment(_text(account, "data_to"), path),
        snapshot=_text(account, "snapshot"),
        findings=_frame(folder, "findings"),
        clusters=_frame(folder, "clusters"),
        pairs=_frame(folder, "pairs"),
        values=_frame(folder, "channels"),
    )


def _summary(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES)
        summary = json.loads(content)
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(summary, dict):
        raise _damaged(path)
    if summary.get("schema") != SCHEMA:
        raise InputError(
            N_("the scan is of another version of crmclean"), where=str(path), fix=_SCAN_AGAIN
        )
    return summary


def _frame(folder: Path, name: str) -> pl.DataFrame:
    path, contract = folder / f"{name}.parquet", _CONTRACTS[name]
    if not path.is_file():
        raise InputError(N_("the scan's file is missing"), where=str(path), fix=_SCAN_AGAIN)
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError, BaseException) as error:
        # Polars panics on some damaged files, and a panic is no Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise _damaged(path) from error
    needed = _VALUES if contract is VALUES else set(contract.schema.names()) - _NEW
    if any(frame.schema.get(column) != contract.schema[column] for column in needed):
        raise _damaged(path)
    return frame


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _moment(text: str, path: Path) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _damaged(path) from None
    if moment.tzinfo is None:
        raise _damaged(path)
    return moment


def _damaged(path: Path) -> InputError:
    return InputError(
        N_("damaged: it is not what the scan wrote"), where=str(path), fix=_SCAN_AGAIN
    )
