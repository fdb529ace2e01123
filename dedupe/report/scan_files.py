"""What a scan wrote into its folder, read back for people: summary, findings, metrics.

The one reader of scan folders for reports, comparisons and explanations. Scans of every version
of ours are read: what an older one did not write is None or absent, never zero. What a plan
relies on is checked harder, by `dedupe.plan.scan_folder`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from dedupe.contracts import (
    FINDINGS,
    CheckResult,
    ContractError,
    Health,
    Metric,
    Note,
    Summary,
)
from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.plan.scan_folder import SUMMARY, is_scan

from .metrics_file import read_metrics

SCHEMA_NAME = "crmclean.scan"
SCHEMA_VERSION = 1
FINDINGS_NAME = "findings.parquet"
METRICS_NAME = "metrics.json"
_MAX_BYTES = 64 << 20  # of a summary, which is a page
_SCAN_AGAIN = N_("scan the account again: crmclean scan")
_CHECK_FIELDS = {field.name for field in fields(CheckResult)}
_TEXTS = {"code", "entity", "status", "reason", "severity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFiles:
    """A scan's folder and what is in it.

    `findings` is FINDINGS, lazily read: `collect_findings` tells a damaged file in one line.
    `match` is the summary's own word on pairs and clusters, plain JSON.
    """

    folder: Path
    summary: Summary
    findings: pl.LazyFrame
    metrics: tuple[Metric, ...]
    match: Mapping[str, Any]

    def collect_findings(self, *codes: str) -> pl.DataFrame:
        """Return the findings, of `codes` alone where any are named. Raises InputError."""
        frame = self.findings.filter(pl.col("code").is_in(codes)) if codes else self.findings
        try:
            return frame.collect()
        except BaseException as error:
            # Polars panics on some damaged files, and a panic is no Exception.
            if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
                raise
            raise damaged(self.folder / FINDINGS_NAME) from error


def read_summary(folder: Path) -> Summary:
    """Return the summary of the scan in `folder`. Raises InputError."""
    return summary_of(_document(folder), folder / SUMMARY)


def read_scan(folder: Path) -> ScanFiles:
    """Read the scan in `folder`. Raises InputError for what is no scan, damaged, or newer."""
    document = _document(folder)
    match = document.get("match")
    return ScanFiles(
        folder=folder,
        summary=summary_of(document, folder / SUMMARY),
        findings=_findings(folder / FINDINGS_NAME),
        metrics=_metrics(folder / METRICS_NAME),
        match=match if isinstance(match, dict) else {},
    )


def summary_of(document: Mapping[str, Any], path: Path) -> Summary:
    """Return the summary that a JSON document tells; `path` names it in an InputError."""
    _check_schema(str(document.get("schema")), path)
    try:
        account = document["account"]
        scanned_at = _moment(document["scanned_at"])
        if scanned_at is None:
            raise damaged(path)
        return Summary(
            scan_id=str(document["scan_id"]),
            crm=_text(account.get("crm")),
            account_id=_text(account.get("id")),
            host=_text(account.get("host")),
            source=_text(account.get("source")),
            data_from=_moment(account.get("data_from")),
            data_to=_moment(account.get("data_to")),
            scanned_at=scanned_at,
            counts={str(k): _whole(v) for k, v in document["counts"].items()},
            checks=tuple(_check(each) for each in document["checks"]),
            notes=tuple(_note(each) for each in document.get("notes", ())),
            timings={str(k): float(v) for k, v in document.get("timings", {}).items()},
            versions={str(k): str(v) for k, v in document.get("versions", {}).items()},
            snapshot=_text(account.get("snapshot")),
            health=_health(document.get("health")),
            currency=_text(account.get("currency")),
            timezone=_text(account.get("timezone")),
            baseline=_text(document.get("baseline")),
            settings={str(k): str(v) for k, v in document.get("settings", {}).items()},
            place=_text(account.get("place")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise damaged(path) from error


def damaged(path: Path) -> InputError:
    """Return the error of a file that is not what a scan wrote."""
    return InputError(
        N_("damaged: it is not what the scan wrote"), where=str(path), fix=_SCAN_AGAIN
    )


def _document(folder: Path) -> dict[str, Any]:
    if not is_scan(folder):
        raise InputError(
            N_("there is no scan in this folder"),
            where=str(folder),
            fix=N_("name the folder that crmclean scan wrote"),
        )
    path = folder / SUMMARY
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MAX_BYTES))
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    except (ValueError, RecursionError) as error:
        raise damaged(path) from error
    if not isinstance(document, dict):
        raise damaged(path)
    return document


def _check_schema(schema: str, path: Path) -> None:
    name, _, version = schema.partition("/")
    if name != SCHEMA_NAME or not version.isdecimal():
        raise damaged(path)
    if int(version) > SCHEMA_VERSION:
        raise InputError(
            N_("this scan is of schema {found}, this crmclean reads up to {known}"),
            where=str(path),
            fix=N_("update crmclean"),
            found=int(version),
            known=SCHEMA_VERSION,
        )


def _check(told: Mapping[str, Any]) -> CheckResult:
    """Return one result; a count that is no number is damage, an unknown key a newer version's."""
    known = {key: value for key, value in told.items() if key in _CHECK_FIELDS}
    for key, value in known.items():
        if not _fits(key, value):
            raise TypeError(key)
    result = CheckResult(**known)
    if result.found is None or not result.base:
        return result
    return replace(result, share=result.found / result.base)  # the file has it rounded


def _fits(key: str, value: object) -> bool:
    if key in _TEXTS:
        return isinstance(value, str)
    if key == "is_count":
        return isinstance(value, bool)
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _note(told: Mapping[str, Any]) -> Note:
    return Note(code=str(told["code"]), where=str(told["where"]), n=int(told.get("n", 0)))


def _health(told: Mapping[str, Any] | None) -> Health | None:
    if told is None:
        return None
    by_entity = {
        str(entity): (int(each["clean"]), int(each["records"]))
        for entity, each in told["by_entity"].items()
    }
    return Health(cards=int(told["cards"]), clean=int(told["clean"]), by_entity=by_entity)


def _whole(value: object) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError("a count is a whole number")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _findings(path: Path) -> pl.LazyFrame:
    """Open the findings; a column that an older version did not write is null."""
    if not path.is_file():
        raise InputError(N_("the scan's file is missing"), where=str(path), fix=_SCAN_AGAIN)
    wanted = FINDINGS.schema
    try:
        frame = pl.scan_parquet(path)
        schema = frame.collect_schema()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise damaged(path) from error
    keys = ("code", "entity", "record_id")
    is_other = any(schema.get(column, dtype) != dtype for column, dtype in wanted.items())
    if is_other or not all(key in schema for key in keys):
        raise damaged(path)
    return frame.select(
        pl.col(column) if column in schema else pl.lit(None, dtype).alias(column)
        for column, dtype in wanted.items()
    )


def _metrics(path: Path) -> tuple[Metric, ...]:
    try:
        return read_metrics(path)
    except (ContractError, AttributeError, OverflowError, RecursionError) as error:
        raise damaged(path) from error
