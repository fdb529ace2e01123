"""The report of a scan as the JSON document that `report.typ` lays out.

Every text goes through `breakable` once, at the end, so that none is forgotten. Charts are SVG
texts with the fonts of the document; addresses are those of `links.card_url` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dedupe.language import N_, tr, trn
from dedupe.report.content import Content
from dedupe.report.layout import Block, Card, Fact, MetricView, Owner, Page, Row, Section
from dedupe.report.letter import (
    breakable,
    is_tabled,
    left_out,
    list_versions,
    shown_codes,
    tables_of,
    title_of,
    unlisted,
    words,
)

Document = dict[str, Any]  # what json.dumps takes
_AS_IT_IS = frozenset(("url", "svg"))  # keys of what is no text to be read


def build_document(content: Content, page: Page) -> Document:
    """Return the whole report; `page` is the content's own (`page.build_page`)."""
    made: Document = {
        "language": page.language,
        "title": title_of(page),
        "words": words(),
        "brand": page.brand,
        "author": page.author,
        "footer": page.footer,
        "account": page.account,
        "crm": page.crm,
        "privacy": words()["open" if page.is_open else "hidden"],
        "made_with": " · ".join(f"{name} {version}" for name, version in page.versions),
        "cover": _pairs(page.cover),
        "versions": [asdict(version) for version in list_versions(content)],
        "owner": _owner(page.owner, shown_codes(page)),
        "passport": _pairs(page.passport),
        "kpis": [*_pairs(page.kpis), [words()["checks_done"], page.checked]],
        "deals": page.deals,
        "deals_agree": page.deals_agree,
        "slices": [asdict(part) for part in page.slices],
        "size": [_block(block) for block in page.size.blocks] if page.size else [],
        "sections": [_section(section) for section in page.sections],
        "owners": None if page.owners is None else _metric(page.owners),
        "work": [asdict(line) | {"link": line.code in shown_codes(page)} for line in page.work],
        "missing": [list(line) for line in page.missing],
        "ledger": [[b.code, b.title, b.definition, b.repair] for b in page.ledger],
        "notes": _pairs(page.notes),
        "timings": " · ".join(f"{stage}: {seconds}" for stage, seconds in page.timings),
    }
    return {key: _readable(value) for key, value in made.items()}


def _readable(value: Any) -> Any:  # noqa: ANN401  a JSON value
    """Return the value with each of its texts fit for paper."""
    if isinstance(value, str):
        return breakable(value)
    if isinstance(value, Mapping):
        return {k: v if k in _AS_IT_IS else _readable(v) for k, v in value.items()}
    if isinstance(value, Sequence):
        return [_readable(each) for each in value]
    return value


def _pairs(told: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [list(pair) for pair in told]


def _owner(owner: Owner, codes: set[str]) -> Document:
    lists = ("money", "critical", "quick", "good", "better", "worse")
    facts: dict[str, tuple[Fact, ...]] = {name: getattr(owner, name) for name in lists}
    return {
        "share": owner.share,
        "percent": owner.percent,
        "tone": owner.tone,
        "meaning": owner.meaning,
        "counted": owner.counted,
        "gain": owner.gain,
        "since": owner.since,
        "trend": _svg(owner.trend),
        **{
            name: [asdict(fact) | {"link": fact.code in codes} for fact in told]
            for name, told in facts.items()
        },
    }


def _section(section: Section) -> Document:
    return {
        "title": section.title,
        "blocks": [_block(block) for block in section.blocks],
        "clean": _pairs(section.clean),
    }


def _block(block: Block) -> Document:
    is_alone = len(block.rows) == 1
    return {
        "code": block.code,
        "title": block.title,
        "severity": block.severity if block.rows else "",
        "severity_name": block.severity_name if block.rows else "",
        "definition": block.definition,
        "risk": block.risk if block.rows else "",
        "advice": block.advice if block.rows else "",
        "repair": block.repair if block.rows else "",
        "command": block.command if block.rows else "",
        "rows": [_row(row, is_alone=is_alone) for row in block.rows],
        "metrics": [_metric(metric) for metric in block.metrics],
    }


def _row(row: Row, *, is_alone: bool) -> Document:
    alone, several = tr("Examples"), tr("Examples, {entity}", entity=row.entity)
    groups = [
        [[_card(card) for card in group.cards], _more(group.n_more)] for group in row.card_groups
    ]
    return {
        "entity": row.entity,
        "found": row.found,
        "base": tr(N_("of {base}"), base=row.base) if row.base else "",
        "share": row.share,
        "percent": row.percent,
        "money": row.money,
        "groups": row.groups,
        "changed": row.changed,
        "trend": _svg(row.trend),
        "classes": ("" if is_alone else f"{row.entity}: ")
        + " · ".join(f"{name} {n}" for name, n in row.classes)
        if row.classes
        else "",
        "examples": alone if is_alone else several,
        "cards": [_card(card) for card in row.cards],
        "groups_shown": groups,
        "left": unlisted(row),
    }


def _more(n: int) -> str:
    return trn("and {n} more", "and {n} more", n) if n else ""


def _card(card: Card) -> Document:
    return {
        "id": card.id,
        "url": card.url,
        "name": card.name,
        "owner": card.owner,
        "wrong": card.wrong,
        "proposal": card.proposal,
    }


def _metric(metric: MetricView) -> Document:
    badge = metric.badge
    reason = tr("Left out: {reason}", reason=badge.reason) if badge and badge.reason else ""
    return {
        "title": metric.title,
        "note": metric.note,
        "badge": badge.words if badge else "",
        "tone": badge.tone if badge else "",
        "reason": reason,
        "chart": _svg(metric.charts[0] if metric.charts else ""),
        "tables": [
            {
                "headers": _pairs(headers),
                "rows": [[asdict(cell) for cell in row] for row in rows],
            }
            for headers, rows in (tables_of(metric) if is_tabled(metric) else ())
        ],
        "is_empty": not metric.rows,
        "left": left_out(metric),
    }


def _svg(drawing: str) -> dict[str, str] | None:
    """Return a chart under the key that keeps it as it is; null where there is none."""
    return {"svg": drawing} if drawing else None
