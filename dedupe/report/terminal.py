"""What a scan and its checks look like in a terminal, as strings.

Nothing here prints: a command decides where the text goes. Widths are in cells.
Under 80 cells the table keeps code, check and number. With `ascii` the drawing
marks are written in plain ASCII for terminals that can't show them. No personal
data: counts, codes, paths and the account's address only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dedupe.audit.compare import Comparison
from dedupe.audit.matches import MatchCounts
from dedupe.audit.registry import CHECKS, Check
from dedupe.contracts import CheckResult, Summary
from dedupe.language import NN_, count, tr, trn
from dedupe.report import headline
from dedupe.report.changes import health_text, money_text, most_at_risk
from dedupe.report.terminal_drawing import drawn_text, marked_line, next_line, style_of
from dedupe.report.terminal_table import (
    CLUSTERED,
    REPAIRS,
    WIDE,
    columns_for,
    findings_table,
    tiers_text,
)
from dedupe.report.words import (
    SECTIONS,
    entity_name,
    moment,
    note_text,
    place_name,
    plain,
    section_of,
    severity_name,
)

_FEW_REMARKS = 5
_FEW_REASONS = 6  # a file of contacts misses most of what an account has
_BETWEEN = (
    NN_("{n} linked", "{n} linked"),
    NN_("{n} of them ambiguous", "{n} of them ambiguous"),
    NN_("{n} not linked", "{n} not linked"),
)


def render_summary(
    summary: Summary,
    *,
    width: int,
    color: bool,
    files: Mapping[str, Path],
    next_commands: Sequence[str],
    ascii: bool = False,
    checks: Mapping[str, Check] = CHECKS,
    matches: Sequence[MatchCounts] = (),
    comparison: Comparison | None = None,
    hints: bool = True,
) -> str:
    """Return the summary of a scan: counts, checks, findings, files, what to run next.

    Without `hints` the findings of severity info are one line, and of the reasons why checks were
    not carried out the first few are told.

    `files` maps what was written ("report.html") to its path; the HTML report leads. `matches`
    tell the tiers of the clusters and, of two tables, how many cards were linked. A scan that was
    compared with an earlier one has a column of changes.
    """
    parts: list[RenderableType] = [*_header(summary), *_links(matches), ""]
    found = headline.ranked(summary, checks)
    rows = [r for r in found if hints or headline.severity_of(r, checks) != "info"]
    if rows:
        tiers = {(CLUSTERED, each.entity): tiers_text(each) for each in matches}
        parts += [findings_table(rows, summary, checks, tiers, columns_for(summary, width)), ""]
    parts += _hints(found[len(rows) :] if rows else found)
    parts += _worth(summary, checks, comparison)
    parts += [*_rest(summary, is_whole=hints), *_files(files), *next_line(next_commands)]
    return drawn_text(parts, width=width, color=color, ascii=ascii)


def render_check_list(
    checks: Iterable[Check], *, width: int, color: bool, ascii: bool = False
) -> str:
    """Return every check, by section: code, title, severity, repair."""
    by_section: dict[str, list[Check]] = {}
    for check in sorted(checks, key=lambda check: check.code):
        by_section.setdefault(section_of(check.code), []).append(check)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for section in SECTIONS:
        if section in by_section:
            table.add_row("", Text(tr(SECTIONS[section]), style="bold"))
            for check in by_section[section]:
                table.add_row(*_listed(check, is_wide=width >= WIDE))
            table.add_row("")
    hint = Text(tr("What a check means: crmclean explain CODE"), style="dim")
    return drawn_text([table, hint], width=width, color=color, ascii=ascii)


def _header(summary: Summary) -> list[RenderableType]:
    about = headline.counts_text(summary.counts)
    if summary.data_to:
        about.append(tr("data of {moment}", moment=moment(summary.data_to)))
    else:
        about.append(tr("scanned {moment}", moment=moment(summary.scanned_at)))
    lines = [marked_line("●", "cyan", headline.account_name(summary), " · ".join(about))]
    deals = headline.deal_sum(summary.counts)
    if deals:
        mark, style = ("✔", "green") if deals.agrees else ("✖", "red")
        lines.append(marked_line(mark, style, tr("Deals"), deals.equation))
    return [*lines, _coverage_line(summary)]


def _coverage_line(summary: Summary) -> RenderableType:
    covered = headline.coverage(summary)
    words = [
        tr("{done} of {total}", done=count(covered.n_checked), total=count(covered.n_total)),
    ]
    if covered.n_partly:
        words.append(trn("{n} of them in part", "{n} of them in part", covered.n_partly))
    if covered.n_not_checked:
        words.append(trn("{n} not checked", "{n} not checked", covered.n_not_checked))
    mark, style = ("✔", "green") if not covered.n_not_checked else ("●", "yellow")
    return marked_line(mark, style, tr("Checks"), " · ".join(words))


def _links(matches: Sequence[MatchCounts]) -> list[RenderableType]:
    """Say how many cards have a counterpart in the other table, where there is one."""
    lines: list[RenderableType] = []
    for each in matches:
        if each.between is not None:
            found = each.between
            numbers = (found.linked, found.ambiguous, found.unlinked)
            words = [trn(*forms, n) for forms, n in zip(_BETWEEN, numbers, strict=True)]
            mark, style = ("●", "yellow") if found.ambiguous else ("✔", "green")
            label = tr("Links: {entity}", entity=entity_name(each.entity))
            lines.append(marked_line(mark, style, label, " · ".join(words)))
    return lines


def _hints(results: Sequence[CheckResult]) -> list[RenderableType]:
    """Name the checks that found something worth a look, and where all of it stands."""
    codes = list(dict.fromkeys(result.code for result in results))
    if not codes:
        return []
    shown = tr("{codes}; in full: the report, or -v", codes=", ".join(codes))
    return [marked_line("●", "cyan", trn("{n} hint", "{n} hints", len(codes)), shown), ""]


def _worth(
    summary: Summary, checks: Mapping[str, Check], comparison: Comparison | None
) -> list[RenderableType]:
    """Say how healthy the account is, and where the most money is at risk."""
    lines: list[RenderableType] = []
    if summary.health is not None and summary.health.share is not None:
        health = health_text(summary.health, comparison)
        lines.append(marked_line("●", "cyan", tr("Clean cards"), health))
    risk = most_at_risk(summary, checks)
    if risk is not None and risk.money is not None:
        title = headline.title_of(risk, checks, summary)
        money = money_text(risk.money, summary.currency)
        lines.append(marked_line("●", "red", tr("Money at risk"), f"{money} · {title}"))
    return [*lines, ""] if lines else []


def _rest(summary: Summary, *, is_whole: bool) -> list[RenderableType]:
    lines: list[RenderableType] = []
    clean = headline.nothing_found(summary)
    if clean:
        lines.append(marked_line("✔", "green", tr("Nothing found"), ", ".join(clean)))
    missed = _missed(summary)
    if missed:
        shown = dict(list(missed.items())[: None if is_whole else _FEW_REASONS])
        words = "".join(f"\n{', '.join(codes)}: {why}" for why, codes in shown.items())
        left = {code for codes in missed.values() for code in codes}
        left -= {code for codes in shown.values() for code in codes}
        if left:
            words += "\n" + trn(
                "{n} more: the report, or -v", "{n} more: the report, or -v", len(left)
            )
        lines.append(marked_line("●", "yellow", tr("Not checked"), words))
    lines += _remarks(summary, is_whole=is_whole)
    return [*lines, ""] if lines else []


def _remarks(summary: Summary, *, is_whole: bool) -> list[RenderableType]:
    """Say what was read badly, or not at all: rows and cells that no count holds."""
    told = [f"\n{place_name(note.where)}: {note_text(note)}" for note in summary.notes]
    if not told:
        return []
    shown = told if is_whole else told[:_FEW_REMARKS]
    words = "".join(shown)
    if len(told) > len(shown):
        n = len(told) - len(shown)
        words += "\n" + trn("{n} more: the report, or -v", "{n} more: the report, or -v", n)
    return [marked_line("●", "yellow", tr("Remarks on the data"), words)]


def _missed(summary: Summary) -> dict[str, list[str]]:
    """Return the codes that were not checked, in whole or in part, by the reason in words."""
    by_code: dict[str, list[CheckResult]] = {}
    for result in headline.not_checked(summary):
        by_code.setdefault(result.code, []).append(result)
    by_reason: dict[str, list[str]] = {}
    for code, results in by_code.items():
        by_reason.setdefault(headline.reasons_in_short(results), []).append(code)
    return by_reason


def _files(files: Mapping[str, Path]) -> list[RenderableType]:
    """Name the files, the one for people first; a path is never wrapped, so it can be copied."""
    if not files:
        return []
    first = next((path for path in files.values() if path.suffix == ".html"), None)
    lead = first or next(iter(files.values()))
    others = [path for path in files.values() if path != lead]
    near = [path.name for path in others if path.parent == lead.parent]
    far = [path for path in others if path.parent != lead.parent]
    lines = [Text.assemble((tr("Report:"), "bold"), " ", plain(str(lead)))]
    if near:
        lines.append(Text(f"{tr('Beside it:')} {plain(', '.join(near))}", style="dim"))
    lines += [Text(plain(str(path)), style="dim") for path in far]
    for line in lines:
        line.no_wrap, line.overflow = True, "ignore"
    return list(lines)


def _listed(check: Check, *, is_wide: bool) -> list[RenderableType]:
    cells: list[RenderableType] = [Text(check.code, style=style_of(check)), Text(tr(check.title))]
    if is_wide:
        cells += [severity_name(check.severity), tr(REPAIRS.get(check.repair, ""))]
    return cells
