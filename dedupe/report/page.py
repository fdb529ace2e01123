"""What the HTML report says, as values: the template only lays it out.

Everything is in the language in use when the page is built. Bases and shares are
those of the summary; nothing is computed from rounded numbers.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path, PurePath

from dedupe.audit.registry import Check
from dedupe.config.reporting import LOGO_BYTES, LOGO_KINDS, Brand, is_logo
from dedupe.contracts import CheckResult, Summary
from dedupe.language import NN_, count, current, decimal, tr, trn
from dedupe.report import headline
from dedupe.report.content import Content
from dedupe.report.findings_view import Findings
from dedupe.report.layout import Page, Section, Slice
from dedupe.report.metric_view import view_metric
from dedupe.report.owner import build_owner
from dedupe.report.words import (
    SECTIONS,
    crm_name,
    entity_name,
    moment,
    note_text,
    place_name,
    plain,
    reason_text,
    stage_name,
)
from dedupe.report.work import build_work, by_owner

_SIZE = "counts"  # its checks say how large the account is, not what is wrong with it
_KPIS = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "tasks": "task",
    "users": "user",
}
_CLUSTERS = {
    "auto": NN_("{n} cluster for automatic merging", "{n} clusters for automatic merging"),
    "review": NN_("{n} cluster for review", "{n} clusters for review"),
}


def build_page(content: Content) -> Page:
    """Return the report of one scan."""
    summary, registry = content.summary, content.registry
    found = headline.ranked(summary, registry)
    findings = content.findings.collect()
    told = Findings.of(content, findings)
    deals = headline.deal_sum(summary.counts)
    owners = by_owner(content, findings)
    return Page(
        language=current(),
        brand=content.brand.name or "",
        author=content.brand.author or "",
        footer=content.brand.footer or "",
        logo=logo_url(content.brand),
        account=headline.account_name(summary),
        crm=crm_name(summary.crm),
        cover=_cover(summary),
        passport=_clusters(content),
        kpis=_kpis(summary),
        deals=deals.equation if deals else "",
        deals_agree=bool(deals and deals.agrees),
        slices=_slices(deals),
        checked=_checked(summary),
        owner=build_owner(content, found),
        size=told.section(_SIZE, found),
        sections=_sections(told, found),
        owners=None if owners is None else view_metric(owners, told.write, link=told.url),
        work=build_work(content, found),
        missing=tuple(_missing(r, registry) for r in headline.not_checked(summary)),
        ledger=tuple(told.block(code) for code in dict.fromkeys(r.code for r in summary.checks)),
        notes=tuple((place_name(note.where), note_text(note)) for note in summary.notes),
        timings=tuple(
            (stage_name(stage), decimal(seconds, 2)) for stage, seconds in summary.timings.items()
        ),
        versions=tuple(summary.versions.items()),
        is_open=content.options.show_values,
    )


def logo_url(brand: Brand) -> str:
    """Return the brand's logo as a data: address, nothing where there is none to be read."""
    if brand.logo is None or not is_logo(Path(brand.logo)):
        return ""
    path = Path(brand.logo)
    encoded = base64.b64encode(path.read_bytes()[: LOGO_BYTES + 1]).decode("ascii")
    return f"data:{LOGO_KINDS[path.suffix.lower()]};base64,{encoded}"


def _sections(told: Findings, found: list[CheckResult]) -> tuple[Section, ...]:
    made = (told.section(key, found) for key in SECTIONS if key != _SIZE)
    return tuple(section for section in made if section is not None)


def _kpis(summary: Summary) -> tuple[tuple[str, str], ...]:
    read = ((entity_name(e), summary.counts.get(key)) for key, e in _KPIS.items())
    return tuple((name, count(n)) for name, n in read if n is not None)


def _cover(summary: Summary) -> tuple[tuple[str, str], ...]:
    rows = {
        tr("CRM"): crm_name(summary.crm),
        tr("Account id"): plain(summary.account_id),
        # The name only: where it lay on the auditor's machine is not the reader's business.
        tr("Source"): plain(PurePath(summary.source).name),
        tr("Data up to"): moment(summary.data_to) if summary.data_to else "",
        tr("Scanned"): moment(summary.scanned_at),
        tr("Scan"): summary.scan_id,
        tr("Compared with"): summary.baseline,
        tr("Version"): f"crmclean {summary.versions.get('crmclean', '')}".strip(),
    }
    return tuple((name, words) for name, words in rows.items() if words)


def _clusters(content: Content) -> tuple[tuple[str, str], ...]:
    """Say what matching made of the cards: clusters by tier."""
    clusters = content.match.get("clusters")
    if not isinstance(clusters, Mapping):
        return ()
    told = ((forms, clusters.get(tier)) for tier, forms in _CLUSTERS.items())
    words = [trn(*forms, n) for forms, n in told if isinstance(n, int)]
    return ((tr("Duplicates"), ", ".join(words)),) if words else ()


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


def _missing(result: CheckResult, checks: Mapping[str, Check]) -> tuple[str, str, str, str]:
    return (
        result.code,
        tr(headline.check_of(result.code, checks).title),
        entity_name(result.entity),
        reason_text(result.reason),
    )
