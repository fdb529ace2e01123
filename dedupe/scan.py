"""The pipeline of a scan: read -> normalise -> match -> audit. Wires stages; no logic of its own.

`open_account` turns a path into an account, `scan` an account into results, `write_scan` results
into files. All three are usable from a notebook; none prints. Two tables that are linked go
through the same stages together, as sides of one set of cards; the checks are about the first.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import polars as pl

from dedupe import events
from dedupe.audit import Facts, live_records, run_checks
from dedupe.audit.counts import row_count, state_counts
from dedupe.audit.matches import MatchCounts, count_links, count_matches
from dedupe.contracts import CARDS, CLUSTERS, Account, CheckResult, Note, Summary
from dedupe.crm.tables import TableOptions, trait_fields
from dedupe.crm.tables.apart import tell_apart
from dedupe.crm.tables.compared import check_fields, empty_notes, read_sources, take_fields
from dedupe.crm.tables.labels import settle_labels
from dedupe.errors import InputError
from dedupe.events import Listener
from dedupe.language import N_
from dedupe.match import (
    Assignment,
    Evidence,
    Matched,
    MatchOptions,
    build_groups,
    build_records,
    clusters_frame,
    join_pairs,
    match_records,
    pairs_frame,
)
from dedupe.match.model_file import render_model
from dedupe.match.one_to_one import MARGIN
from dedupe.match.records import build_labels
from dedupe.normalize import (
    PhoneSettings,
    build_names,
    build_traits,
    build_values,
    count_domains,
    mark_shared,
    mark_templates,
    name_shares,
    own_keys,
    propose_values,
    suggest_domains,
)
from dedupe.plan import Plan, write_plan
from dedupe.report.html import render_html
from dedupe.report.json_file import write_summary
from dedupe.snapshot import check_writable, is_snapshot, open_snapshot, staged_folder

PLAN_NAME = "plan.jsonl"
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
    "confidence",
    "n_repeats",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What a scan may be told. `chunk_rows` bounds memory and never changes a result.

    `compare` names columns (of TableOptions.compare) or fields that are compared as they are;
    `labels` are judged pairs, as `read_labels` gives them.
    """

    phone: PhoneSettings = field(default_factory=PhoneSettings)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    loss_reason_field: str | None = None
    compare: tuple[str, ...] = ()
    labels: pl.DataFrame | None = None
    match: MatchOptions = field(default_factory=MatchOptions)
    chunk_rows: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The account whose cards are linked to; `name` stands before ids that both accounts have."""

    account: Account
    name: str = "against"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All that a scan found: the summary and the frames of its files; `match` are its options."""

    summary: Summary
    findings: pl.DataFrame
    values: pl.DataFrame
    pairs: pl.DataFrame
    clusters: pl.DataFrame
    matched: tuple[Matched, ...] = ()
    counts: tuple[MatchCounts, ...] = ()
    match: MatchOptions = field(default_factory=MatchOptions)


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
    (account,) = open_accounts([source], tables, listen)
    return account


def open_accounts(
    sources: Sequence[Path], tables: TableOptions | None = None, listen: Listener = events.ignore
) -> list[Account]:
    """Open sources to be linked: mapped columns must be in one of them, compared ones in each."""
    tables = tables or TableOptions()
    for source in sources:
        if not source.exists():
            raise InputError(
                N_("there is no such file or folder"), where=str(source), fix=N_("check the path")
            )
    kept = {source: open_snapshot(source) for source in sources if is_snapshot(source)}
    for source, account in kept.items():
        check_fields(account, tables.compare, str(source))
    read = iter(read_sources([s for s in sources if s not in kept], tables, listen))
    return [kept[source] if source in kept else next(read) for source in sources]


def scan(
    account: Account,
    options: ScanOptions | None = None,
    *,
    against: Against | None = None,
    source: str = "",
    listen: Listener = events.ignore,
) -> Scan:
    """Audit `account`. The same account gives the same findings, whatever its row order.

    With `against`, its cards are linked with that account's and not with each other; the checks
    stay about `account`. Raises InputError where the two have no cards of one kind.
    """
    options = options or ScanOptions()
    stages = _Stages(listen)
    with stages.stage("normalize") as rows:
        cards = _normalized(account, against, options, listen)
        rows.append(cards.values.height)
    with stages.stage("match") as rows:
        groups = build_groups(cards.own(cards.values))
        found = _matched(cards, options)
        rows.append(found.pairs.height)
    with stages.stage("audit") as rows:
        facts = _facts(cards, groups, found.clusters, options)
        results, findings = run_checks(facts, select=options.select, ignore=options.ignore)
        rows.append(findings.height)
    summary = _summary(facts, results, source)
    notes = (*account.notes, *cards.notes, *found.notes)
    return Scan(
        summary=replace(summary, notes=notes, timings=stages.seconds),
        findings=findings,
        values=facts.values,
        pairs=found.pairs,
        clusters=found.clusters,
        matched=found.matched,
        counts=found.counts,
        match=options.match,
    )


def write_scan(
    result: Scan, folder: Path, listen: Listener = events.ignore, *, plan: Plan | None = None
) -> None:
    """Write the scan's files into `folder`, and its plan, all or none. Raises StorageError."""
    stages = _Stages(listen)
    with stages.stage("report"), staged_folder(folder) as staging:
        _write_frames(result, staging)
        model = render_model(result.matched, result.match)
        (staging / "model.json").write_text(model, encoding="utf-8")
        html = render_html(result.summary, result.findings)
        (staging / "report.html").write_text(html, encoding="utf-8")
        write_summary(result.summary, staging / "summary.json", result.counts)
        if plan is not None:
            write_plan(plan, staging / PLAN_NAME)


def _write_frames(result: Scan, folder: Path) -> None:
    frames = {
        "channels": result.values.select(CHANNEL_COLUMNS),
        "pairs": result.pairs,
        "findings": result.findings,
        "clusters": result.clusters,
    }

    def write(name: str) -> None:
        # One file is written by one thread. Level 1 takes two thirds of the time of the usual
        # one, for 3 % more bytes.
        frames[name].write_parquet(
            folder / f"{name}.parquet", compression="zstd", compression_level=1
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, frames))


def check_output(folder: Path) -> None:
    """Raise StorageError now, before any work, when `folder` can't be written later."""
    check_writable(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cards:
    """The live cards of one account or two, and what they say.

    `cards` has a `side`: 0 for the audited account's. `accounts` are those of the sides, in which
    no two cards have one id; `fields` are the compared columns' cells, TRAITS are of the rest.
    """

    accounts: Sequence[Account]
    cards: pl.DataFrame
    values: pl.DataFrame
    names: pl.DataFrame
    proposals: pl.DataFrame
    traits: pl.DataFrame
    fields: pl.DataFrame
    notes: tuple[Note, ...]

    @property
    def is_linked(self) -> bool:
        """Tell whether there are two sides."""
        return len(self.accounts) > 1

    def own(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are about the audited account's cards."""
        if not self.is_linked:
            return frame
        first = self.cards.filter(pl.col("side") == 0)
        return frame.join(first, on=["entity", "record_id"], how="semi", maintain_order="left")

    def joined(self, table: str) -> pl.DataFrame:
        """Return a table of both sides."""
        return pl.concat(account.frame(table) for account in self.accounts)


def _normalized(
    account: Account, against: Against | None, options: ScanOptions, listen: Listener
) -> _Cards:
    accounts, sides, notes = [account], [_cards(account)], []
    if against is not None:
        other = tell_apart(against.account, account, against.name)
        accounts.append(other.account)
        sides.append(_cards(other.account).with_columns(other.own_id("record_id").alias("own_id")))
        notes = [replace(n, where=f"{against.name}: {n.where}") for n in against.account.notes]
    cards = pl.concat(
        side.with_columns(side=pl.lit(number, pl.Int8)) for number, side in enumerate(sides)
    )
    values = pl.concat(account.frame("channels") for account in accounts)
    values = values.join(cards, on=["entity", "record_id"], how="semi")
    values = build_values(values, options.phone, chunk_rows=options.chunk_rows, listen=listen)
    names = mark_templates(build_names(cards), cards, values)
    users = pl.concat(account.frame("users") for account in accounts)
    own = own_keys(users["phone"], users["email"], options.phone)
    values = mark_shared(values, names, own=own)
    suggestions = suggest_domains(count_domains(values))
    taken = [take_fields(account, options.compare) for account in accounts]
    told = [trait_fields(one.rest, side) for one, side in zip(taken, sides, strict=True)]
    return _Cards(
        accounts=accounts,
        cards=cards,
        values=values,
        names=names,
        proposals=propose_values(values, suggestions=suggestions),
        traits=build_traits(cards, names, pl.concat(told)),
        fields=pl.concat(one.values for one in taken),
        notes=(*notes, *empty_notes(taken, options.compare)),
    )


def _cards(account: Account) -> pl.DataFrame:
    """Return the live cards; `own_id` is what the account itself calls each."""
    told = ("name", "first_name", "last_name", "owner_id", "created_at")
    return pl.concat(
        live_records(account, entity)
        .select(*told, entity=pl.lit(str(entity)), record_id="id", own_id="id")
        .collect()
        for entity in CARDS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What matching found, of all entities."""

    matched: tuple[Matched, ...]
    pairs: pl.DataFrame
    clusters: pl.DataFrame
    counts: tuple[MatchCounts, ...]
    notes: tuple[Note, ...]


def _matched(cards: _Cards, options: ScanOptions) -> _Found:
    judged: pl.DataFrame | None = None
    notes: tuple[Note, ...] = ()
    if options.labels is not None:
        judged, notes = settle_labels(options.labels, cards.cards, linked=cards.is_linked)
    evidence = Evidence(
        cards=cards.cards if cards.is_linked else cards.cards.drop("side"),
        traits=cards.traits,
        values=cards.values,
        links=cards.joined("links"),
        fields=cards.fields,
        compare=options.compare,
        shares=name_shares(),
    )
    matched = []
    for entity in CARDS:
        records = build_records(evidence, str(entity))
        if records.n:
            labels = None if judged is None else build_labels(records, judged)
            matched.append(match_records(records, options.match, labels=labels))
    if cards.is_linked and not matched:
        raise _nothing_to_link(cards)
    pairs = join_pairs([pairs_frame(each) for each in matched])
    clusters = _clusters(cards, matched)
    return _Found(
        matched=tuple(matched),
        pairs=pairs,
        clusters=clusters,
        counts=tuple(_match_counts(each, pairs, clusters, cards, options) for each in matched),
        notes=notes,
    )


def _nothing_to_link(cards: _Cards) -> InputError:
    if cards.cards["side"].n_unique() < len(cards.accounts):
        return InputError(
            N_("one of the two tables has no contact and no company"),
            where="--against",
            fix=N_("check that both have rows, and say what these are with --entity"),
        )
    return InputError(
        N_("one table has contacts, the other companies"),
        where="--against",
        fix=N_("say what their rows are with --entity"),
    )


def _clusters(cards: _Cards, matched: Sequence[Matched]) -> pl.DataFrame:
    facts_of = _survivor_facts(cards.joined("links"), cards.cards)
    parts = [clusters_frame(each, facts_of) for each in matched]
    clusters = pl.concat([CLUSTERS.empty(), *parts])
    if not cards.is_linked:
        return clusters
    # Of a link, the card of the other table is the one that stays: it is what is linked to.
    sides = cards.cards.select("entity", "record_id", survivor=pl.col("side") == 1)
    told = clusters.drop("survivor").join(
        sides, on=["entity", "record_id"], how="left", maintain_order="left"
    )
    return CLUSTERS.conform(told)


def _match_counts(
    matched: Matched,
    pairs: pl.DataFrame,
    clusters: pl.DataFrame,
    cards: _Cards,
    options: ScanOptions,
) -> MatchCounts:
    entity, threshold = matched.records.entity, options.match.threshold
    counts = count_matches(
        entity,
        pairs,
        clusters,
        candidate_pairs=matched.scored.n_candidates,
        threshold=threshold,
    )
    if not cards.is_linked:
        return counts
    between = count_links(
        entity,
        pairs,
        clusters,
        cards.cards.filter(pl.col("side") == 0),
        threshold=threshold,
        margin=MARGIN,
        is_one_to_one=options.match.assignment is Assignment.ONE_TO_ONE,
    )
    return replace(counts, between=between)


def _facts(
    cards: _Cards, groups: pl.DataFrame, clusters: pl.DataFrame, options: ScanOptions
) -> Facts:
    return Facts(
        account=cards.accounts[0],
        values=cards.own(cards.values),
        names=cards.own(cards.names),
        groups=groups,
        proposals=cards.own(cards.proposals),
        clusters=cards.own(clusters),
        traits=cards.own(cards.traits),
        name_shares=name_shares(),
        loss_reason_field=options.loss_reason_field,
    )


def _summary(facts: Facts, results: tuple[CheckResult, ...], source: str) -> Summary:
    account, now = facts.account, datetime.now(UTC)
    return Summary(
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
        notes=(),
        timings={},
        versions={"python": platform.python_version()} | {p: version(p) for p in VERSIONED},
    )


def _survivor_facts(links: pl.DataFrame, cards: pl.DataFrame) -> pl.DataFrame:
    deals = links.lazy().filter(pl.col("to_entity") == "deal")
    n_deals = deals.group_by(entity="from_entity", record_id="from_id").agg(n_deals=pl.len())
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
