"""The parts of a report in a DOCX, one function each; what they say is the page's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dedupe.language import N_, tr, trn
from dedupe.report.content import Content
from dedupe.report.layout import Block, Card, Fact, MetricView, Page, Row
from dedupe.report.letter import (
    is_tabled,
    left_out,
    list_versions,
    tables_of,
    unlisted,
    words,
)

from .body import Body
from .markup import BOLD, MONO, SMALL, TONES, Look, Run, cell, line

Part = Callable[[Body, Content, Page], None]


def write_cover(body: Body, content: Content, page: Page) -> None:
    """Write what the account and the scan are."""
    rows = [
        (cell(line(Run(name, SMALL))), cell(line(Run(told, BOLD)))) for name, told in page.cover
    ]
    if rows:
        body.table((("", ""), ("", "")), rows, (45, 120))


def write_changes(body: Body, content: Content, page: Page) -> None:
    """Write the list of the account's scans."""
    w = words()
    body.heading(1, w["versions"], is_listed=False)
    body.table(
        ((w["version"], ""), (w["date"], ""), (w["content"], ""), (w["author"], "")),
        [
            tuple(cell(t) for t in (v.number, v.date, v.words, v.author))
            for v in list_versions(content)
        ],
        (18, 38, 79, 35),
    )


def write_summary(body: Body, content: Content, page: Page) -> None:
    """Write the page for the owner."""
    w, owner = words(), page.owner
    body.heading(1, w["owner"])
    if owner.share:
        tone = TONES.get(owner.tone, "")
        big = Run(owner.share, Look(bold=True, color=tone, size=26))
        body.write(big, f"  {w['clean']}: {owner.counted} {owner.gain}".rstrip())
        body.write(owner.meaning)
        body.note(w["clean_note"])
    if owner.money:
        body.heading(3, w["money_at_risk"])
        _facts(body, owner.money)
        body.note(w["money_note"])
    for key in ("critical", "quick", "good"):
        facts: tuple[Fact, ...] = getattr(owner, key)
        body.heading(3, w[key])
        _facts(body, facts)
        if not facts:
            body.note(w[f"{key}_none"])
    if owner.since:
        body.heading(3, w["since"])
        _facts(body, (*owner.worse, *owner.better))
        if not (owner.worse or owner.better):
            body.write(w["unchanged"])


def write_passport(body: Body, content: Content, page: Page) -> None:
    """Write how large the account is."""
    w = words()
    body.heading(1, w["account"])
    rows = [*page.kpis, (w["checks_done"], page.checked), *page.passport]
    body.table(
        (("", ""), ("", "")), [(cell(a), cell(line(Run(b, BOLD)))) for a, b in rows], (60, 105)
    )
    if page.deals:
        agrees = w["sum_agrees" if page.deals_agree else "sum_differs"]
        body.write(Run(f"{w['deals']}: ", BOLD), f"{page.deals} — ", Run(agrees, SMALL))
    for block in page.size.blocks if page.size else ():
        _check(body, block)


def write_findings(body: Body, content: Content, page: Page) -> None:
    """Write the findings, section by section."""
    for section in page.sections:
        body.heading(1, section.title)
        for block in section.blocks:
            _check(body, block)
        if section.clean:
            body.heading(2, words()["nothing_found"])
            for code, title in section.clean:
                body.write(Run(code, MONO), f" {title}", after=2)


def write_owners(body: Body, content: Content, page: Page) -> None:
    """Write the findings by employee, where owners are known."""
    if page.owners is not None:
        body.heading(1, words()["owners"])
        _metric(body, page.owners)


def write_work(body: Body, content: Content, page: Page) -> None:
    """Write the work plan."""
    if not page.work:
        return
    w = words()
    body.heading(1, w["work"])
    body.note(w["work_note"])
    rows = [
        (
            cell(line(Run(str(told.priority), BOLD))),
            cell(line(Run(told.code, MONO))),
            cell(told.title),
            cell(line(Run(told.found, BOLD))),
            cell(told.money),
            cell(told.effort),
            cell(told.how, line(Run(told.command, MONO)), line(Run(told.who, SMALL))),
        )
        for told in page.work
    ]
    kinds = ("", "", "", "n", "n", "n", "")
    keys = ("priority", "code", "what", "found", "money", "effort", "how_who")
    headers = [(w[key], kind) for key, kind in zip(keys, kinds, strict=True)]
    body.table(headers, rows, (17, 18, 40, 17, 23, 18, 37))
    body.note(w["effort_note"])


def write_missing(body: Body, content: Content, page: Page) -> None:
    """Write what was not checked, and why."""
    if not page.missing:
        return
    w = words()
    body.heading(1, w["missing"])
    body.note(w["missing_note"])
    headers = [(w[key], "") for key in ("code", "check", "records", "why")]
    rows = [
        (cell(line(Run(code, MONO))), cell(title), cell(entity), cell(reason))
        for code, title, entity, reason in page.missing
    ]
    body.table(headers, rows, (20, 60, 30, 60))


def write_definitions(body: Body, content: Content, page: Page) -> None:
    """Write what every check counts."""
    w = words()
    body.heading(1, w["ledger"])
    body.note(w["ledger_note"])
    headers = [(w[key], "") for key in ("code", "check", "what_counted", "repair")]
    rows = [
        (cell(line(Run(b.code, MONO))), cell(b.title), cell(b.definition), cell(b.repair))
        for b in page.ledger
    ]
    body.table(headers, rows, (20, 40, 85, 25))


def write_making(body: Body, content: Content, page: Page) -> None:
    """Write the remarks on the data, and how long what took."""
    w = words()
    body.heading(1, w["making"])
    if page.notes:
        body.heading(2, w["remarks"])
        rows = [(cell(where), cell(told)) for where, told in page.notes]
        body.table([(w["where"], ""), (w["what"], "")], rows, (60, 110))
    if page.timings:
        body.heading(2, w["timings"])
        told = " · ".join(f"{stage}: {seconds}" for stage, seconds in page.timings)
        body.note(f"{told} ({w['seconds']})")
    body.note(" · ".join(f"{name} {version}" for name, version in page.versions))


def write_report(body: Body, content: Content, page: Page) -> None:
    """Write everything but the cover, the list of scans and the contents."""
    for part in (
        write_summary,
        write_passport,
        write_findings,
        write_owners,
        write_work,
        write_missing,
        write_definitions,
        write_making,
    ):
        part(body, content, page)


def _facts(body: Body, facts: Sequence[Fact]) -> None:
    for fact in facts:
        detail = Run(f" ({fact.detail})" if fact.detail else "", SMALL)
        body.write(Run(fact.number, BOLD), f" {fact.title}", detail, after=2)


def _check(body: Body, block: Block) -> None:
    """Write one check: numbers, words, tables, examples."""
    w = words()
    level = f" · {block.severity_name}" if block.rows and block.severity_name else ""
    tone = Run(level, Look(color=TONES.get(block.severity, ""), size=9))
    body.heading(2, f"{block.code} {block.title}", tone)
    if block.rows:
        _numbers(body, block.rows)
        for key in ("advice", "repair", "risk"):
            told: str = getattr(block, key)
            command = Run(f" {block.command}" if key == "repair" else "", MONO)
            if told:
                body.write(Run(f"{w[key]}: ", BOLD), told, command, after=2)
    if block.definition:
        body.write(Run(f"{w['counted']}: ", BOLD), block.definition, after=2)
    for metric in block.metrics:
        _metric(body, metric)
    for row in block.rows:
        _examples(body, row, is_alone=len(block.rows) == 1)


def _numbers(body: Body, rows: Sequence[Row]) -> None:
    w = words()
    more = [key for key in ("money", "changed") if any(getattr(row, key) for row in rows)]
    headers = [(w["records"], ""), (w["found"], "n"), (w["share"], "n")]
    headers += [(w[key], "n") for key in more]
    told = []
    for row in rows:
        base = tr(N_("of {base}"), base=row.base) if row.base else ""
        told.append(
            (
                cell(line(Run(row.entity, BOLD)), line(Run(row.groups, SMALL))),
                cell(line(Run(row.found, BOLD))),
                cell(row.share, line(Run(base, SMALL))),
                *(cell(str(getattr(row, key))) for key in more),
            )
        )
    body.table(headers, told, (70, 25, 30, *(25 for _ in more)))


def _metric(body: Body, metric: MetricView) -> None:
    tone = Look(color=TONES.get(metric.badge.tone, "") if metric.badge else "", size=9)
    badge = Run(f" · {metric.badge.words}" if metric.badge else "", tone)
    body.heading(3, metric.title, badge)
    if metric.badge and metric.badge.reason:
        body.lead(tr("Left out: {reason}", reason=metric.badge.reason))
    drawn = bool(metric.charts) and body.has_chart(metric.charts[0])
    if drawn:
        body.chart(metric.charts[0], metric.title)
    body.note(metric.note)
    if not metric.rows:
        body.note(words()["nothing"])
    elif is_tabled(metric) or not drawn:
        for headers, rows in tables_of(metric):
            told = [
                tuple(cell(line(body.linked(c.words, c.url, Look()))) for c in row) for row in rows
            ]
            body.table(headers, told)
    body.note(left_out(metric))


def _examples(body: Body, row: Row, *, is_alone: bool) -> None:
    if row.classes:
        told = " · ".join(f"{name} {n}" for name, n in row.classes)
        body.note(told if is_alone else f"{row.entity}: {told}")
    if row.cards or row.card_groups:
        title = tr("Examples") if is_alone else tr("Examples, {entity}", entity=row.entity)
        body.heading(3, title)
    for card in row.cards:
        body.write(*_named(body, card), after=2)
    for group in row.card_groups:
        lines = [_named(body, card) for card in group.cards]
        if group.n_more:
            lines.append(line(Run(trn("and {n} more", "and {n} more", group.n_more), SMALL)))
        for number, runs in enumerate(lines, 1):
            body.write(*runs, after=6 if number == len(lines) else 0)
    body.note(unlisted(row))


def _named(body: Body, card: Card) -> tuple[Run, ...]:
    """Return a record in words, with the way to its card."""
    wrong = f" — {card.wrong}" if card.wrong else ""
    return (
        body.linked(card.id, card.url),
        Run(f" {card.name}" if card.name else ""),
        Run(f" · {card.owner}" if card.owner else "", SMALL),
        Run(f"{wrong} → " if wrong and card.proposal else wrong),
        Run(card.proposal if wrong else "", BOLD),
    )


PARTS: dict[str, Part] = {
    "cover": write_cover,
    "changes": write_changes,
    "summary": write_summary,
    "passport": write_passport,
    "findings": write_findings,
    "owners": write_owners,
    "work_plan": write_work,
    "not_checked": write_missing,
    "definitions": write_definitions,
    "making": write_making,
    "report": write_report,
}
