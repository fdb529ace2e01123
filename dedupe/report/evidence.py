"""The evidence of one check for a vendor: a zip of what was found, where, when and by whom.

Of a scan's findings and the snapshot that was scanned: examples with their addresses, and counts of
all findings by source, creator, hour and week. Values are masked unless they are asked for; of
people only employees are named. The same scan and options give the same bytes, whatever the
findings' order. Cells are safe against formulas (`cells`), Russian files open in Excel as they are.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from dedupe.audit.registry import Check
from dedupe.contracts import Account, CheckResult, Metric, Summary
from dedupe.language import N_, count, current, share, tr
from dedupe.plan.masks import masked
from dedupe.report import headline
from dedupe.report.cells import safe_cell
from dedupe.report.evidence_rows import evidence_rows, newest_examples
from dedupe.report.links import card_url
from dedupe.report.words import class_name, entity_name, moment, plain

CAUSES = ("DUP901", "DUP902")  # what tells why there are duplicates
_FIXED = (1980, 1, 1, 0, 0, 0)  # of the files in the zip: the same scan gives the same bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceOptions:
    """What a reader asks of a pack: `n` examples, of one source alone, with values or without."""

    n: int = 50
    source: str | None = None
    show_values: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a pack is made of: `findings` are of one check, `account` is None where it is gone."""

    check: Check
    summary: Summary
    findings: pl.DataFrame
    account: Account | None = None
    metrics: Sequence[Metric] = ()
    options: EvidenceOptions = field(default_factory=EvidenceOptions)


def render_evidence(evidence: Evidence) -> bytes:
    """Return the zip, its texts in the language in use. Raises InputError for a wrong source."""
    rows = evidence_rows(evidence.findings, evidence.account, evidence.options.source)
    files = {"README.txt": _readme(evidence, rows), "findings.csv": _findings_csv(evidence, rows)}
    if evidence.account is not None:
        zone = _zone(evidence.summary)
        local = pl.col("created_at").dt.convert_time_zone(str(zone))
        files |= {
            "by_source.csv": _counts_csv(rows, pl.col("source"), N_("Source")),
            "by_creator.csv": _counts_csv(rows, pl.col("creator"), N_("Creator")),
            "by_hour.csv": _counts_csv(rows, local.dt.strftime("%H:00"), N_("Hour"), by_size=False),
            "by_week.csv": _counts_csv(
                rows,
                local.dt.truncate("1w").dt.strftime("%Y-%m-%d"),
                N_("Week from"),
                by_size=False,
            ),
        }
    files |= {
        f"{metric.code}_{metric.name}_{metric.entity}.csv": _metric_csv(metric)
        for metric in evidence.metrics
        if metric.code in CAUSES and evidence.check.code.startswith("DUP")
    }
    return _zip(files)


def _findings_csv(evidence: Evidence, rows: pl.DataFrame) -> str:
    summary, zone = evidence.summary, _zone(evidence.summary)
    header = [
        tr(name)
        for name in (
            N_("Group"), N_("Records of"), N_("Id"), N_("Address"), N_("Created at"),
            N_("Creator"), N_("Source"), N_("Seconds since the first card of the group"),
            N_("Class"), N_("Field"), N_("Value"), N_("Proposal"),
        )
    ]  # fmt: skip
    columns = ("in_group", "entity", "record_id", "created_at", "creator", "source", "since_first")
    more = ("kind", "field", "value", "proposal")
    lines = []
    for row in (
        newest_examples(rows, evidence.options.n).select(*columns, *more).iter_rows(named=True)
    ):
        entity, record_id = row["entity"], row["record_id"]
        values = [_shown(row[name], evidence.options) for name in ("value", "proposal")]
        lines.append(
            [
                row["in_group"] or "",
                entity_name(entity),
                record_id,
                card_url(summary.crm, summary.host, entity, record_id),
                _local(row["created_at"], zone),
                row["creator"] or "",
                row["source"] or "",
                "" if row["since_first"] is None else str(row["since_first"]),
                class_name(row["kind"]) if row["kind"] else "",
                row["field"] or "",
                *values,
            ]
        )
    return _csv(header, lines)


def _shown(text: str | None, options: EvidenceOptions) -> str:
    if text is None:
        return ""
    return text if options.show_values else masked(text)


def _counts_csv(rows: pl.DataFrame, by: pl.Expr, title: str, *, by_size: bool = True) -> str:
    """Count all findings' records; those of which it is not known have a row of their own."""
    counted = rows.group_by(name=by).agg(n=pl.len())
    order = ["n", "name"] if by_size else ["name"]
    ordered = counted.sort(order, descending=[by_size, False][: len(order)], nulls_last=True)
    lines = [
        [tr("not known") if name is None else name, str(n), f"{n / rows.height:.6f}"]
        for name, n in ordered.iter_rows()
    ]
    return _csv([tr(title), tr("Records"), tr("Share")], lines)


def _metric_csv(metric: Metric) -> str:
    words = {c.name for c in metric.columns if c.kind == "word"}
    lines = [
        [_cell(value, is_word=name in words) for name, value in row.items()]
        for row in metric.rows.iter_rows(named=True)
    ]
    return _csv([tr(column.title) for column in metric.columns], lines)


def _cell(value: object, *, is_word: bool) -> str:
    if value is None:
        return ""
    return tr(str(value)) if is_word else str(value)


def _csv(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return quoted cells; Excel in Russia expects a semicolon, and the mark of UTF-8."""
    file = io.StringIO()
    delimiter = ";" if current() == "ru" else ","
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in header])
    writer.writerows([safe_cell(cell) for cell in line] for line in lines)
    return "\ufeff" + file.getvalue()


def _readme(evidence: Evidence, rows: pl.DataFrame) -> str:
    check, summary, options = evidence.check, evidence.summary, evidence.options
    results = [result for result in summary.checks if result.code == check.code]
    data_to = moment(summary.data_to) if summary.data_to else tr("not known")
    lines = [
        f"{check.code}  {tr(check.title)}",
        "",
        *(f"{heading}: {tr(text)}" for heading, text in (
            (tr("What is counted"), check.definition),
            (tr("Why it matters"), check.risk),
            (tr("What to do"), check.advice),
        ) if text),
        "",
        f"{tr('Account')}: {headline.account_name(summary)}",
        f"{tr('Data of')}: {data_to}",
        f"{tr('Scan')}: {plain(summary.scan_id)}, {moment(summary.scanned_at)}",
        f"{tr('Time zone')}: {_zone(summary)}",
        *(_result_line(result) for result in results),
    ]  # fmt: skip
    if options.source is not None:
        lines.append(
            tr("Only groups and records of the source {name}: {n}",
               name=plain(options.source), n=count(rows.height))
        )  # fmt: skip
    lines += ["", *_about_files(evidence, rows)]
    return "\r\n".join(lines).replace("\u00a0", " ") + "\r\n"


def _about_files(evidence: Evidence, rows: pl.DataFrame) -> list[str]:
    n = min(evidence.options.n, rows.height)
    lines = [
        tr("findings.csv: the {n} newest of {total} records, the cards of a group together.",
           n=count(n), total=count(rows.height)),
    ]  # fmt: skip
    if evidence.account is None:
        lines.append(
            tr(
                "The snapshot that was scanned is not at hand: times, creators and sources are "
                "not known."
            )
        )
    else:
        lines += [
            tr("by_source.csv, by_creator.csv, by_hour.csv, by_week.csv: all records counted."),
            tr("The source of a card is that of its first deal; hours and weeks are of creation."),
        ]
    if not evidence.options.show_values:
        lines.append(tr("Values are masked: names, numbers and addresses can't be read from here."))
    return lines


def _result_line(result: CheckResult) -> str:
    if result.found is None:
        return f"{entity_name(result.entity)}: {tr('Not checked')}"
    words = [f"{entity_name(result.entity)}: {count(result.found)}"]
    if result.base is not None:
        part = "" if result.share is None else f" ({share(result.share)})"
        words.append(tr("of {base}", base=count(result.base)) + part)
    return ", ".join(filter(None, (" ".join(words), headline.groups_text(result))))


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else at.astimezone(zone).isoformat(sep=" ", timespec="seconds")


def _zone(summary: Summary) -> ZoneInfo:
    try:
        return ZoneInfo(summary.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            packed.writestr(entry, files[name].encode("utf-8"))
    return buffer.getvalue()
