"""What the HTML report says, as values: the template only lays it out.

Everything is in the language in use when the page is built. Bases and shares are
those of the summary; nothing is computed from rounded numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import polars as pl

from dedupe.audit.registry import Check
from dedupe.contracts import CARDS, CheckResult, Summary
from dedupe.language import count, current, decimal, share, tr
from dedupe.report import headline
from dedupe.report.examples import Examples, build_examples, count_faulty
from dedupe.report.layout import Block, Card, CardGroup, Headline, Page, Row, Section, Slice
from dedupe.report.words import (
    SECTIONS,
    class_name,
    crm_name,
    entity_name,
    moment,
    note_text,
    place_name,
    plain,
    reason_text,
    repair_name,
    section_of,
    severity_name,
    stage_name,
)

HEADLINES = 10
_LINKS = {
    "amocrm": {
        "contact": "/contacts/detail/{id}",
        "company": "/companies/detail/{id}",
        "deal": "/leads/detail/{id}",
    },
}
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?")
_ID = re.compile(r"[0-9]{1,20}")
_LONGEST_ID = 64


def build_page(summary: Summary, findings: pl.DataFrame, checks: Mapping[str, Check]) -> Page:
    """Return the report of one scan."""
    found = headline.ranked(summary, checks)
    examples = build_examples(findings)
    rows = {(r.code, r.entity): _row(r, examples, summary) for r in found}
    faulty, n_cards = _faulty_cards(summary, findings)
    clean = 1 - faulty / n_cards if n_cards else None
    deals = headline.deal_sum(summary.counts)
    return Page(
        language=current(),
        account=headline.account_name(summary),
        crm=crm_name(summary.crm),
        passport=_passport(summary),
        kpis=_kpis(summary),
        clean_share="" if clean is None else share(clean),
        clean_percent=0.0 if clean is None else 100 * clean,
        clean_words=tr("{n} of {total}", n=count(n_cards - faulty), total=count(n_cards)),
        deals=deals.equation if deals else "",
        deals_agree=bool(deals and deals.agrees),
        slices=_slices(deals),
        checked=_checked(summary),
        headlines=tuple(
            _headline(r, rows, checks, summary)
            for r in headline.gravest(summary, checks, HEADLINES)
        ),
        sections=_sections(summary, found, rows, checks),
        missing=tuple(_missing(r, checks) for r in headline.not_checked(summary)),
        ledger=tuple(
            _block(code, checks) for code in dict.fromkeys(r.code for r in summary.checks)
        ),
        notes=tuple((place_name(note.where), note_text(note)) for note in summary.notes),
        timings=tuple(
            (stage_name(stage), decimal(seconds, 2)) for stage, seconds in summary.timings.items()
        ),
        versions=tuple(summary.versions.items()),
    )


def card_url(crm: str, host: str, entity: str, record_id: str) -> str:
    """Return the address of a record's card in its CRM, or nothing where it is not known.

    >>> card_url("amocrm", "demo.amocrm.ru", "deal", "17")
    'https://demo.amocrm.ru/leads/detail/17'
    """
    path = _LINKS.get(crm, {}).get(entity)
    name = host.removeprefix("https://").rstrip("/")
    if path is None or not _HOST.fullmatch(name) or not _ID.fullmatch(record_id):
        return ""
    return f"https://{name}{path.format(id=record_id)}"


def _row(
    result: CheckResult, examples: Mapping[tuple[str, str], Examples], summary: Summary
) -> Row:
    shown = examples.get((result.code, result.entity), Examples())

    def card(record_id: str) -> Card:
        short = record_id if len(record_id) <= _LONGEST_ID else record_id[:_LONGEST_ID] + "…"
        return Card(plain(short), card_url(summary.crm, summary.host, result.entity, record_id))

    return Row(
        entity=entity_name(result.entity),
        found=count(result.found or 0),
        base="" if result.base is None else count(result.base),
        share="" if result.share is None else share(result.share),
        percent=None if result.share is None else min(100.0, 100 * result.share),
        groups=headline.groups_text(result),
        classes=tuple((class_name(name), count(n)) for name, n in shown.classes),
        cards=tuple(card(record_id) for record_id in shown.ids),
        card_groups=tuple(
            CardGroup(tuple(card(i) for i in cluster.ids), cluster.n_more)
            for cluster in shown.clusters
        ),
        n_left=max(0, (result.found or 0) - shown.n_shown) if shown.n_shown else 0,
    )


def _faulty_cards(summary: Summary, findings: pl.DataFrame) -> tuple[int, int]:
    """Return the cards with an error or a warning, and all cards of the entities that were read."""
    counts = {"contact": summary.counts.get("contacts"), "company": summary.counts.get("companies")}
    entities = tuple(str(entity) for entity in CARDS if counts[entity] is not None)
    n_cards = sum(counts[entity] or 0 for entity in entities)
    return min(count_faulty(findings, entities), n_cards), n_cards


def _kpis(summary: Summary) -> tuple[tuple[str, str], ...]:
    names = {
        "contacts": "contact",
        "companies": "company",
        "deals": "deal",
        "tasks": "task",
        "users": "user",
    }
    read = ((entity_name(e), summary.counts.get(key)) for key, e in names.items())
    return tuple((name, count(n)) for name, n in read if n is not None)


def _passport(summary: Summary) -> tuple[tuple[str, str], ...]:
    rows = {
        tr("CRM"): crm_name(summary.crm),
        tr("Account id"): plain(summary.account_id),
        # The name only: where it lay on the auditor's machine is not the reader's business.
        tr("Source"): plain(PurePath(summary.source).name),
        tr("Data from"): moment(summary.data_from) if summary.data_from else "",
        tr("Data up to"): moment(summary.data_to) if summary.data_to else "",
        tr("Scanned"): moment(summary.scanned_at),
        tr("Scan"): summary.scan_id,
        tr("Version"): f"crmclean {summary.versions.get('crmclean', '')}".strip(),
    }
    return tuple((name, words) for name, words in rows.items() if words)


def _slices(deals: headline.DealSum | None) -> tuple[Slice, ...]:
    if deals is None or not deals.total or not deals.agrees:
        return ()
    ends = [sum(deals.parts[: i + 1]) for i in range(len(deals.parts))]
    return tuple(
        Slice(
            start=round(100 * (end - n) / deals.total, 3),
            width=round(100 * n / deals.total, 3),
            words=words,
        )
        for n, words, end in zip(deals.parts, deals.words, ends, strict=True)
    )


def _checked(summary: Summary) -> str:
    covered = headline.coverage(summary)
    return tr("{done} of {total}", done=count(covered.n_checked), total=count(covered.n_total))


def _headline(
    result: CheckResult,
    rows: Mapping[tuple[str, str], Row],
    checks: Mapping[str, Check],
    summary: Summary,
) -> Headline:
    severity = headline.severity_of(result, checks)
    return Headline(
        code=result.code,
        title=headline.title_of(result, checks, summary),
        severity=severity,
        severity_name=severity_name(severity),
        row=rows[result.code, result.entity],
    )


def _sections(
    summary: Summary,
    found: Sequence[CheckResult],
    rows: Mapping[tuple[str, str], Row],
    checks: Mapping[str, Check],
) -> tuple[Section, ...]:
    codes = list(dict.fromkeys(result.code for result in found))
    clean = headline.nothing_found(summary)
    sections = []
    for key, title in SECTIONS.items():
        blocks = tuple(
            _block(code, checks, tuple(row for (c, _), row in rows.items() if c == code))
            for code in codes
            if section_of(code) == key
        )
        quiet = tuple((c, _title(c, checks)) for c in clean if section_of(c) == key)
        if blocks or quiet:
            sections.append(Section(key=key, title=tr(title), blocks=blocks, clean=quiet))
    return tuple(sections)


def _title(code: str, checks: Mapping[str, Check]) -> str:
    return tr(headline.check_of(code, checks).title)


def _block(code: str, checks: Mapping[str, Check], rows: tuple[Row, ...] = ()) -> Block:
    check = headline.check_of(code, checks)
    return Block(
        code=code,
        title=tr(check.title),
        severity=check.severity,
        severity_name=severity_name(check.severity) if check.code else "",
        repair=repair_name(check.repair),
        definition=tr(check.definition),
        risk=tr(check.risk),
        advice=tr(check.advice),
        rows=rows,
    )


def _missing(result: CheckResult, checks: Mapping[str, Check]) -> tuple[str, str, str, str]:
    return (
        result.code,
        _title(result.code, checks),
        entity_name(result.entity),
        reason_text(result.reason),
    )
