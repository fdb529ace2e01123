"""The table of findings in a terminal, as wide as there is room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dedupe.audit.matches import MatchCounts
from dedupe.audit.registry import Check
from dedupe.contracts import CheckResult, Summary
from dedupe.language import N_, NN_, count, share, tr, trn
from dedupe.report import headline
from dedupe.report.changes import change_text, net_change
from dedupe.report.terminal_drawing import held, style_of

WIDE = 80
ROOMY = 100  # from here on a compared scan has room for the base, too
REPAIRS = {
    "auto": N_("✔ auto"),
    "review": N_("review"),
    "list": N_("list"),
}
_FOUND, _SHARE, _OF = N_("Found"), N_("Share"), N_("Of")
_CHANGE, _REPAIR = N_("Change"), N_("Repair")
# The tiers of clusters stand under the check that lists them.
CLUSTERED = "DUP110"
_TIERS = NN_("{n} auto", "{n} auto"), NN_("{n} to review", "{n} to review")


def findings_table(
    rows: Sequence[CheckResult],
    summary: Summary,
    checks: Mapping[str, Check],
    tiers: Mapping[tuple[str, str], str],
    columns: Sequence[str],
) -> RenderableType:
    """Return the findings, a row for each check and entity."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True, header_style="bold", show_edge=False)
    table.add_column(tr("Code"), no_wrap=True)
    table.add_column(tr("Check"), overflow="fold")
    for name in columns:
        table.add_column(tr(name), justify="left" if name == _REPAIR else "right", no_wrap=True)
    for result in rows:
        check = headline.check_of(result.code, checks)
        title = Text(headline.title_of(result, checks, summary))
        for words in (headline.groups_text(result), tiers.get((result.code, result.entity), "")):
            if words:
                title.append(f"\n{held(words)}", style="dim")
        code = Text(result.code, style=style_of(check))
        cells = _cells(result, check)
        table.add_row(code, title, *(cells[name] for name in columns))
    return table


def tiers_text(counts: MatchCounts) -> str:
    """Say how many clusters are auto and how many for review: "603 auto · 208 to review"."""
    numbers = (counts.auto, counts.review)
    return " · ".join(trn(*forms, n) for forms, n in zip(_TIERS, numbers, strict=True) if n)


def columns_for(summary: Summary, width: int) -> tuple[str, ...]:
    """Return what is shown beside code and check: what there is room for."""
    if width < WIDE:
        return (_FOUND,)
    if not summary.baseline:
        return _FOUND, _SHARE, _OF, _REPAIR
    return _FOUND, _SHARE, *((_OF,) if width >= ROOMY else ()), _CHANGE, _REPAIR


def _cells(result: CheckResult, check: Check) -> dict[str, RenderableType]:
    delta = net_change(result)
    return {
        _FOUND: _number(result.found),
        _SHARE: "" if result.share is None else share(result.share),
        _OF: _number(result.base),
        _CHANGE: Text(held(change_text(delta)), style=trend_style(delta, check)),
        _REPAIR: tr(REPAIRS.get(check.repair, "")),
    }


def trend_style(delta: int | None, check: Check) -> str:
    """Return the colour of a change: fewer findings are good news."""
    if not delta:
        return "dim"
    return "green" if delta < 0 else style_of(check)


def _number(n: int | None) -> str:
    return "" if n is None else count(n)
