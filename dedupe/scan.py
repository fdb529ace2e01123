"""The pipeline of a scan: read -> normalise -> group -> audit. Wires stages; no logic of its own.

`open_account` turns a path into an account, `scan` an account into results, `write_scan` results
into files. All three are usable from a notebook; none prints.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import polars as pl

from dedupe import events
from dedupe.audit import Facts, live_records, run_checks
from dedupe.audit.counts import row_count, state_counts
from dedupe.contracts import CARDS, Account, Summary
from dedupe.crm.tables import TableOptions, read_tables
from dedupe.errors import InputError
from dedupe.events import Listener
from dedupe.language import N_
from dedupe.match import build_clusters, build_groups
from dedupe.normalize import (
    PhoneSettings,
    build_names,
    build_values,
    count_domains,
    mark_shared,
    mark_templates,
    own_keys,
    propose_values,
    suggest_domains,
)
from dedupe.report.html import render_html
from dedupe.report.json_file import write_summary
from dedupe.snapshot import check_writable, is_snapshot, open_snapshot, staged_folder

VERSIONED = ("crmclean", "polars", "phonenumbers", "numba")
CHANNEL_COLUMNS = [
    "entity",
    "record_id",
    "kind",
    "raw",
    "position",
    "value",
    "extension",
    "status",
    "reason",
    "rule",
    "part",
    "field_id",
    "match_key",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What a scan may be told. `chunk_rows` bounds memory and never changes a result."""

    phone: PhoneSettings = field(default_factory=PhoneSettings)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    loss_reason_field: str | None = None
    chunk_rows: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All that a scan found: the summary and the frames of its files."""

    summary: Summary
    findings: pl.DataFrame
    values: pl.DataFrame
    clusters: pl.DataFrame


@dataclass(slots=True)
class _Stages:
    """Announces stages to the listener and keeps their seconds."""

    listen: Listener
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[list[int]]:
        """Time a block; it appends the number of its result's rows to what is yielded."""
        self.listen(events.StageStarted(name))
        start, rows = perf_counter(), [0]
        yield rows
        self.seconds[name] = perf_counter() - start
        self.listen(events.StageFinished(name, rows[-1], self.seconds[name]))


def open_account(
    source: Path, tables: TableOptions | None = None, listen: Listener = events.ignore
) -> Account:
    """Open SOURCE: a snapshot folder, or a file or folder of CSV, XLSX or Parquet tables."""
    if not source.exists():
        raise InputError(
            N_("there is no such file or folder"), where=str(source), fix=N_("check the path")
        )
    if is_snapshot(source):
        return open_snapshot(source)
    return read_tables(source, tables or TableOptions(), listen)


def scan(
    account: Account,
    options: ScanOptions | None = None,
    *,
    source: str = "",
    listen: Listener = events.ignore,
) -> Scan:
    """Audit `account`. The same account gives the same findings, whatever its row order."""
    options = options or ScanOptions()
    stages = _Stages(listen)
    with stages.stage("normalize") as rows:
        cards = _cards(account)
        values = _values(account, cards, options, listen)
        names = mark_templates(build_names(cards), cards, values)
        users = account.frame("users")
        own = own_keys(users["phone"], users["email"], options.phone)
        values = mark_shared(values, names, own=own)
        suggestions = suggest_domains(count_domains(values))
        proposals = propose_values(values, suggestions=suggestions)
        rows.append(values.height)
    with stages.stage("match") as rows:
        groups = build_groups(values)
        clusters = build_clusters(groups, _survivor_facts(account, cards))
        rows.append(clusters.height)
    with stages.stage("audit") as rows:
        facts = Facts(
            account=account,
            values=values,
            names=names,
            groups=groups,
            proposals=proposals,
            loss_reason_field=options.loss_reason_field,
        )
        results, found = run_checks(facts, select=options.select, ignore=options.ignore)
        rows.append(found.height)
    now = datetime.now(UTC)
    summary = Summary(
        scan_id=f"s-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}",
        crm=account.crm,
        account_id=account.account_id,
        host=account.host,
        source=source,
        data_from=account.read_from,
        data_to=account.read_to,
        scanned_at=now,
        counts=_counts(facts),
        checks=results,
        notes=account.notes,
        timings=stages.seconds,
        versions={"python": platform.python_version()} | {p: version(p) for p in VERSIONED},
    )
    return Scan(summary=summary, findings=found, values=values, clusters=clusters)


def write_scan(result: Scan, folder: Path, listen: Listener = events.ignore) -> None:
    """Write the scan's files into `folder`, all or none. Raises StorageError."""
    stages = _Stages(listen)
    with stages.stage("report"), staged_folder(folder) as staging:
        result.findings.write_parquet(staging / "findings.parquet")
        result.values.select(CHANNEL_COLUMNS).write_parquet(staging / "channels.parquet")
        result.clusters.write_parquet(staging / "clusters.parquet")
        html = render_html(result.summary, result.findings)
        (staging / "report.html").write_text(html, encoding="utf-8")
        write_summary(result.summary, staging / "summary.json")


def check_output(folder: Path) -> None:
    """Raise StorageError now, before any work, when `folder` can't be written later."""
    check_writable(folder)


def _cards(account: Account) -> pl.DataFrame:
    """Return entity, record_id, name, created_at of all live cards."""
    return pl.concat(
        live_records(account, entity)
        .select("name", "created_at", entity=pl.lit(str(entity)), record_id="id")
        .collect()
        for entity in CARDS
    )


def _values(
    account: Account, cards: pl.DataFrame, options: ScanOptions, listen: Listener
) -> pl.DataFrame:
    live = account.frame("channels").join(cards, on=["entity", "record_id"], how="semi")
    return build_values(live, options.phone, chunk_rows=options.chunk_rows, listen=listen)


def _survivor_facts(account: Account, cards: pl.DataFrame) -> pl.DataFrame:
    links = account.frame("links").lazy().filter(pl.col("to_entity") == "deal")
    n_deals = links.group_by(entity="from_entity", record_id="from_id").agg(n_deals=pl.len())
    return (
        cards.lazy()
        .select("entity", "record_id", "created_at")
        .join(n_deals, on=["entity", "record_id"], how="left")
        .with_columns(pl.col("n_deals").fill_null(0))
        .collect()
    )


def _counts(facts: Facts) -> dict[str, int | None]:
    account = facts.account
    states = state_counts(facts) if account.has("deals.state") else {}
    return {
        "contacts": facts.n_live("contact") if account.has("contacts") else None,
        "companies": facts.n_live("company") if account.has("companies") else None,
        "deals": facts.n_live("deal") if account.has("deals") else None,
        **{
            f"deals_{state}": states.get(state, 0) if states or account.has("deals.state") else None
            for state in ("open", "won", "lost", "unsorted")
        },
        "tasks": row_count(facts, "tasks"),
        "users": row_count(facts, "users"),
    }
