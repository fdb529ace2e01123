"""The pipeline itself: normalise -> match -> audit. Wires stages; no logic of its own."""

from __future__ import annotations

import platform
import secrets
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version

import polars as pl

from dedupe import events
from dedupe.audit import Audit, Facts
from dedupe.audit.counts import row_count, state_counts
from dedupe.audit.early import CardFrames, before_cards, with_cards
from dedupe.audit.run import Checking
from dedupe.audit.told import Told, told_digests
from dedupe.contracts import Account, Summary
from dedupe.events import Listener
from dedupe.match import (
    build_groups,
)
from dedupe.normalize import (
    name_shares,
)

from .cards import Cards, normalized
from .matching import match_cards
from .stages import Stages
from .values import Against, Scan, ScanOptions

VERSIONED = ("crmclean", "polars", "phonenumbers", "numba")


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
    stages, account = Stages(listen), account.in_memory()
    early = _account_facts(account, options)
    with Checking(early, select=options.select, ignore=options.ignore) as checking:
        with stages.stage("normalize") as rows:
            cards = normalized(account, against, options, listen)
            rows.append(cards.values.height)
        with stages.stage("match") as rows:
            groups = build_groups(cards.own(cards.unmerged(cards.values)))
            found = match_cards(cards, options)
            rows.append(found.pairs.height)
        with stages.stage("audit") as rows:
            facts = with_cards(early, _card_frames(cards, groups, found.clusters))
            audit = checking.finish(facts)
            rows.append(audit.findings.height)
    summary = _summary(facts, audit, source)
    codes = {result.code for result in audit.results}
    settings = told_digests(sorted(codes), _told(facts, options, is_linked=cards.is_linked))
    notes = (*account.notes, *cards.notes, *found.notes)
    return Scan(
        summary=replace(summary, notes=notes, timings=stages.seconds, settings=settings),
        findings=audit.findings,
        metrics=audit.metrics,
        values=facts.values,
        pairs=found.pairs,
        clusters=found.clusters,
        matched=found.matched,
        counts=found.counts,
        match=options.match,
    )


def _account_facts(account: Account, options: ScanOptions) -> Facts:
    return replace(
        before_cards(account),
        name_shares=name_shares(),
        loss_reason_field=options.loss_reason_field,
        options=options.options,
        regulations=options.regulations,
        manual=options.manual,
        timezone=options.timezone,
    )


def _card_frames(cards: Cards, groups: pl.DataFrame, clusters: pl.DataFrame) -> CardFrames:
    return CardFrames(
        values=cards.own(cards.values),
        names=cards.own(cards.names),
        groups=groups,
        proposals=cards.own(cards.proposals),
        clusters=cards.own(clusters),
        traits=cards.own(cards.traits),
        marked=cards.own(cards.marked),
    )


def _told(facts: Facts, options: ScanOptions, *, is_linked: bool) -> Told:
    """Return what moves the checks' records, for a later scan to compare with."""
    matching = asdict(replace(options.match, threads=0, room=0))  # these change no result
    planning = options.planning
    return Told(
        options=options.options,
        zone=facts.zone.key,
        loss_reason_field=options.loss_reason_field,
        regulation=options.regulations,
        manual=options.manual,
        numbers=options.phone,
        matching=[matching, sorted(options.compare), is_linked],
        marks=[planning.mark_tag, planning.delete_field],
    )


def _summary(facts: Facts, audit: Audit, source: str) -> Summary:
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
        checks=audit.results,
        notes=(),
        timings={},
        versions={"python": platform.python_version()} | {p: version(p) for p in VERSIONED},
        health=audit.health,
        currency=account.settings.get("currency", ""),
        timezone=str(facts.zone),
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
