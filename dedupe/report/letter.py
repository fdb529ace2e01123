"""What the documents on paper share, PDF and DOCX: their words, their list of scans, their gaps.

A letter is the page of the HTML report laid out for reading on paper: what a page unfolds is told
there by its number, and the texts of the account are cut so that a line can hold them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from dedupe.errors import InputError
from dedupe.language import N_, share, tr, trn
from dedupe.report.content import Content
from dedupe.report.layout import Block, MetricView, Page, Row, TextCell
from dedupe.report.trend import health_trend
from dedupe.report.words import moment, plain

Table = tuple[Sequence[tuple[str, str]], Sequence[Sequence[TextCell]]]
COLUMNS = 10  # of a table on A4: of more the numbers run into each other
VERSIONS = 12  # of the list of scans: the newest
_RUN = 24  # signs without a space after which a line may be broken
_LONG = re.compile(rf"[^\s\u200b]{{{_RUN + 1},}}")

WORDS = {
    "kicker": N_("Audit of a CRM account"),
    "made_by": N_("Made by"),
    "contents": N_("Contents"),
    "versions": N_("Change list"),
    "version": N_("Version"),
    "date": N_("Date"),
    "content": N_("Content"),
    "author": N_("Author"),
    "owner": N_("For the owner: one page"),
    "clean": N_("Clean cards"),
    "clean_note": N_(
        "Contacts and companies without an error or a warning in any check that was carried out, "
        "each card counted once."
    ),
    "money_at_risk": N_("Money at risk"),
    "money_note": N_(
        "The price of the deals found, or of the open deals of the cards found, each once. Lines "
        "may overlap: don't add them up."
    ),
    "critical": N_("Needs attention"),
    "critical_none": N_("The checks that were carried out found nothing."),
    "quick": N_("Quick wins"),
    "quick_none": N_("Nothing that the program could repair."),
    "good": N_("Goes well"),
    "good_none": N_("No check is nearly empty yet."),
    "since": N_("Since the last scan"),
    "unchanged": N_("Nothing has changed."),
    "account": N_("The account"),
    "checks_done": N_("checks carried out"),
    "deals": N_("Deals"),
    "sum_agrees": N_("the check sum agrees."),
    "sum_differs": N_("the check sum does not agree: look into the stages of the account."),
    "records": N_("Records"),
    "found": N_("Found"),
    "share": N_("Share"),
    "money": N_("Money"),
    "changed": N_("New / fixed"),
    "trend": N_("Trend"),
    "advice": N_("What to do"),
    "repair": N_("Repair"),
    "risk": N_("Risk"),
    "counted": N_("Counted"),
    "examples": N_("Examples"),
    "nothing_found": N_("Nothing found"),
    "nothing": N_("Nothing to show."),
    "owners": N_("Findings by employee"),
    "work": N_("Work plan"),
    "work_note": N_(
        "1: errors that take a day of work at most. 2: the other errors, and warnings that take a "
        "day at most. 3: the rest. Within each, the least work for a record first."
    ),
    "effort_note": N_(
        "Effort is a rule of thumb: 20 seconds to look at a group, 2 minutes for a record of a "
        "work list, 5 minutes for a setting."
    ),
    "priority": N_("Priority"),
    "code": N_("Code"),
    "what": N_("What"),
    "effort": N_("Effort"),
    "how_who": N_("How and who"),
    "missing": N_("Not checked"),
    "missing_note": N_(
        "These checks were not carried out. That does not mean that there is nothing to find."
    ),
    "check": N_("Check"),
    "why": N_("Why"),
    "ledger": N_("Definitions"),
    "ledger_note": N_(
        "A card is a contact or a company that is not deleted. A number counts records, each once "
        "per check; extra cards are cards minus groups. The meaning of a code never changes."
    ),
    "what_counted": N_("What is counted"),
    "making": N_("How this report was made"),
    "remarks": N_("Remarks on the data"),
    "where": N_("Where"),
    "timings": N_("Time taken"),
    "seconds": N_("seconds"),
    "open": N_("This report shows names, phones and addresses of clients: it is personal data."),
    "hidden": N_(
        "Names, phones and addresses of clients are hidden. Links open for those who may see the "
        "cards in the CRM."
    ),
}


@dataclass(frozen=True, slots=True)
class Version:
    """A line of the change list: a scan of the account, and who signed its report where known."""

    number: str
    date: str
    words: str
    author: str


def words() -> dict[str, str]:
    """Return the words of a letter in the language in use."""
    return {key: tr(text) for key, text in WORDS.items()}


def title_of(page: Page) -> str:
    """Return the title of the document."""
    return tr("CRM audit: {account}", account=page.account)


def stamp(content: Content) -> datetime:
    """Return the moment that a file is dated with: the scan's, in whole seconds of UTC."""
    at = content.summary.scanned_at
    return (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)).replace(microsecond=0)


def list_versions(content: Content) -> tuple[Version, ...]:
    """Return the scans of the account up to this one, the oldest first; only this one is signed.

    Scans that counted other checks than this one are told without their health.
    """
    own = content.summary
    earlier = [
        p for p in content.trend if p.scan_id != own.scan_id and p.scanned_at <= own.scanned_at
    ]
    alike = {point.scan_id for point in health_trend(earlier, own)}
    scans = [(p.scanned_at, p.scan_id, p.health if p.scan_id in alike else None) for p in earlier]
    scans.append((own.scanned_at, own.scan_id, own.health))
    signed = content.brand.author or content.brand.name or ""
    made = [
        Version(
            number=f"{number}.0",
            date=moment(at),
            words=_told(scan_id, health.share if health else None),
            author=signed if number == len(scans) else "",
        )
        for number, (at, scan_id, health) in enumerate(scans, 1)
    ]
    return tuple(made[-VERSIONS:])


def unlisted(row: Row) -> str:
    """Say how many records of a finding a letter does not name; nothing where it names all."""
    grouped = sum(len(group.cards) + group.n_more for group in row.other_groups)
    n = row.n_left + len(row.others) + grouped
    if not n or not (row.cards or row.card_groups):
        return ""
    told = trn("{n} more record is not listed here", "{n} more records are not listed here", n)
    return f"{told}; {tr('all are in findings.parquet.')}"


def left_out(metric: MetricView) -> str:
    """Say how many rows of a table a letter leaves out."""
    n = len(metric.more) + metric.n_left
    return (
        trn("and {n} more row in metrics.json", "and {n} more rows in metrics.json", n) if n else ""
    )


def is_tabled(metric: MetricView) -> bool:
    """Tell whether a table says more than its chart: a chart has the labels and the values."""
    return bool(metric.rows) and (not metric.charts or len(metric.headers) > 2)


def tables_of(metric: MetricView) -> tuple[Table, ...]:
    """Return the metric's rows as tables that a page is wide enough for.

    What has too many columns is told in several tables, each with the first column.
    """
    n = len(metric.headers)
    if n <= COLUMNS:
        return ((metric.headers, metric.rows),)
    n_parts = -(-(n - 1) // (COLUMNS - 1))
    ends = [1 + round(part * (n - 1) / n_parts) for part in range(n_parts + 1)]
    return tuple(
        (
            (metric.headers[0], *metric.headers[start:end]),
            tuple((row[0], *row[start:end]) for row in metric.rows),
        )
        for start, end in pairwise(ends)
    )


def shown_codes(page: Page) -> set[str]:
    """Return the codes of the checks that have a place of their own in a letter."""
    blocks: tuple[Block, ...] = page.size.blocks if page.size else ()
    clean: list[str] = []
    for section in page.sections:
        blocks += section.blocks
        clean += [code for code, _ in section.clean]
    return {block.code for block in blocks} | set(clean)


def breakable(text: str) -> str:
    r"""Return a text of the account for paper: signs that can be seen, long words in pieces.

    >>> breakable("a" * 30).count("\u200b"), breakable("a b\x07")
    (1, 'a b\ufffd')
    """
    return _LONG.sub(_pieces, plain(text))


def missing_package(extra: str) -> InputError:
    """Return the error for a format whose package is not installed."""
    return InputError(
        N_("this format needs a package that is not installed"),
        where=extra,
        fix=N_("install it: pip install 'crmclean[{extra}]'"),
        extra=extra,
    )


def _told(scan_id: str, clean: float | None) -> str:
    told = tr(N_("Audit, scan {scan}"), scan=scan_id)
    return told if clean is None else f"{told}. {tr('Clean cards')}: {share(clean)}"


def _pieces(found: re.Match[str]) -> str:
    run = found[0]
    return "\u200b".join(run[i : i + _RUN] for i in range(0, len(run), _RUN))
