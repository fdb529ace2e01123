"""The earlier scan that a scan is compared with: a scan's folder, or a baseline file.

A baseline file is Parquet: code, entity and record_id of every finding, and in its metadata the
scan's own summary. It names records by id alone and is private (mode 0600), as the findings are.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from dedupe.audit.compare import KEYS, Comparison, changed_codes, compare
from dedupe.contracts import Summary
from dedupe.errors import InputError, StorageError
from dedupe.language import N_

from .json_file import summary_document
from .scan_files import read_scan, summary_of
from .trend import FILES

SCHEMA = "crmclean.baseline/1"
_SCHEMA_KEY, _SUMMARY_KEY = "crmclean.schema", "crmclean.summary"
_WRITE_ANEW = N_("write it anew: crmclean scan --write-baseline FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A scan to compare with: its summary, and the columns KEYS of its findings."""

    summary: Summary
    findings: pl.DataFrame


def read_earlier(place: Path) -> Earlier:
    """Read a scan's folder or a baseline file. Raises InputError."""
    if not place.is_dir() and place.exists():
        return _read_file(place)
    files = read_scan(place)
    return Earlier(summary=files.summary, findings=files.collect_findings().select(KEYS))


def compare_scans(earlier: Earlier, summary: Summary, findings: pl.DataFrame) -> Comparison:
    """Compare a scan with an earlier one of the same account. Raises InputError for another's."""
    old = earlier.summary
    if not is_same_account(old, summary):
        raise InputError(
            N_("the scans are of two accounts: {old} and {new}"),
            where=old.scan_id,
            fix=N_("compare scans of one account"),
            old=old.host or old.account_id or old.source,
            new=summary.host or summary.account_id or summary.source,
        )
    return compare(
        earlier.findings,
        findings,
        old.checks,
        summary.checks,
        old_health=old.health,
        new_health=summary.health,
        changed=changed_codes(old.settings, summary.settings),
    )


def is_same_account(old: Summary, new: Summary) -> bool:
    """Tell whether two scans may be of one account; of files only their user knows."""
    if old.crm == new.crm == FILES:
        return True
    return (old.crm, old.host, old.account_id) == (new.crm, new.host, new.account_id)


def write_baseline(summary: Summary, findings: pl.DataFrame, path: Path) -> None:
    """Write the baseline file of a scan, whole or not at all. Raises StorageError, InputError.

    A baseline that stands there is replaced; a file of anything else is left alone.
    """
    check_baseline_place(path)
    document = json.dumps(summary_document(summary), ensure_ascii=False, allow_nan=False)
    metadata = {_SCHEMA_KEY: SCHEMA, _SUMMARY_KEY: document}
    rows = findings.select(KEYS).unique().sort(KEYS)
    try:
        # The temporary file is private from the start: ids of records are in it.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(rows, file, metadata)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            N_("can't be written: {reason}"),
            where=str(path),
            fix=N_("check its rights and the free space"),
            reason=error.strerror or type(error).__name__,
        ) from error


def check_baseline_place(path: Path) -> None:
    """Raise InputError now where `write_baseline` would have to overwrite what is no baseline."""
    if path.exists() and not (path.is_file() and _metadata(path).get(_SCHEMA_KEY) == SCHEMA):
        raise InputError(
            N_("this is no baseline and is not overwritten"),
            where=str(path),
            fix=N_("name a new file"),
        )


def _write(rows: pl.DataFrame, file: BinaryIO, metadata: dict[str, str]) -> None:
    rows.write_parquet(file, compression="zstd", compression_level=1, metadata=metadata)
    file.flush()
    os.fsync(file.fileno())


def _read_file(path: Path) -> Earlier:
    metadata = _metadata(path)
    name, _, version = metadata.get(_SCHEMA_KEY, "").partition("/")
    if name != SCHEMA.partition("/")[0] or not version.isdecimal():
        raise InputError(
            N_("this is neither a scan's folder nor a baseline"), where=str(path), fix=_WRITE_ANEW
        )
    if int(version) > 1:
        raise InputError(
            N_("this baseline is of a newer crmclean"), where=str(path), fix=N_("update crmclean")
        )
    try:
        document: Any = json.loads(metadata.get(_SUMMARY_KEY, ""))
        findings = pl.read_parquet(path, columns=list(KEYS))
    except BaseException as error:
        # Polars panics on some damaged files, and a panic is no Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise _damaged(path) from error
    if not isinstance(document, dict) or set(findings.dtypes) != {pl.String()}:
        raise _damaged(path)
    return Earlier(summary=summary_of(document, path), findings=findings)


def _metadata(path: Path) -> Mapping[str, str]:
    """Return the metadata of a Parquet file; nothing where it is none."""
    try:
        return pl.read_parquet_metadata(path)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        return {}


def _damaged(path: Path) -> InputError:
    return InputError(N_("the baseline is damaged"), where=str(path), fix=_WRITE_ANEW)
