"""The one page for the owner: health, money, what is good, what is not, what to do first.

Sums of money are of one check each and are never added up: a deal may be in several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dedupe.contracts import CheckResult
from dedupe.language import N_, count, share, tr
from dedupe.report import charts, headline
from dedupe.report.changes import change_text, gain_words, money_text, net_change
from dedupe.report.content import Content
from dedupe.report.examples import CLIENTS
from dedupe.report.layout import Fact, Owner
from dedupe.report.repairs import command_of, effort_seconds, how_text

THREE = 3
_FINE, _FAIR = 0.95, 0.75
_RARE = 0.01  # below this share a check is good news
_MEANINGS = {
    "good": N_("The base is in good order: keep it so with a scan every week."),
    "warning": N_("The base works, but reports and mailings made from it are off. Begin below."),
    "error": N_("The base can't be trusted: numbers made from it mislead. Begin with the errors."),
}


def build_owner(content: Content, found: Sequence[CheckResult]) -> Owner:
    """Return the owner's page; `found` are the results with findings, the worst first."""
    health = content.summary.health
    part = health.share if health else None
    tone = "good" if (part or 0) >= _FINE else ("warning" if (part or 0) >= _FAIR else "error")
    facts, costly = _Facts(content), _costly(found, content)
    return Owner(
        share="" if part is None else share(part),
        percent=0.0 if part is None else 100 * part,
        tone=tone,
        meaning="" if part is None else tr(_MEANINGS[tone]),
        counted=""
        if health is None or part is None
        else tr("{n} of {total}", n=count(health.clean), total=count(health.cards)),
        gain=gain_words(content.comparison.health_gain if content.comparison else None),
        trend=_trend(content),
        money=facts.made(costly, facts.money),
        good=facts.made(_good(content), facts.part),
        critical=facts.made(_critical(found, content, costly), facts.part),
        quick=facts.made(_quick(found, content), facts.repair),
        better=facts.made(_changed(content, -1), facts.change),
        worse=facts.made(_changed(content, 1), facts.change),
        since=content.summary.baseline,
    )


class _Facts:
    """Makes lines of results: the number, and what it says by the list it stands in."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def made(
        self, results: Iterable[CheckResult], told: Callable[[CheckResult], tuple[str, str]]
    ) -> tuple[Fact, ...]:
        """Return a line for each result."""
        summary, registry = self._content.summary, self._content.registry
        return tuple(
            Fact(
                code=result.code,
                title=headline.title_of(result, registry, summary),
                number=told(result)[0],
                detail=told(result)[1],
            )
            for result in results
        )

    def part(self, result: CheckResult) -> tuple[str, str]:
        """Tell the number and its base."""
        if not result.base:
            return count(result.found or 0), headline.groups_text(result)
        base = count(result.base)
        if not result.found:
            return "0", tr(N_("of {base}"), base=base)
        return count(result.found), tr(
            "{share} of {base}", share=share(result.share or 0), base=base
        )

    def money(self, result: CheckResult) -> tuple[str, str]:
        """Tell the money with the records found and their part."""
        told = " \u00b7 ".join(filter(None, self.part(result)))
        return money_text(result.money or 0, self._content.summary.currency), told

    def repair(self, result: CheckResult) -> tuple[str, str]:
        """Tell how it is repaired; the command stands beside the check itself."""
        check = headline.check_of(result.code, self._content.registry)
        return count(result.found or 0), how_text(check, result.entity)

    def change(self, result: CheckResult) -> tuple[str, str]:
        """Tell the change since the last scan."""
        return change_text(net_change(result)), ""


def _costly(found: Sequence[CheckResult], content: Content) -> list[CheckResult]:
    grave = [r for r in found if r.money and headline.severity_of(r, content.registry) != "info"]
    return _three(sorted(grave, key=lambda r: (_gravity(r, content), -(r.money or 0))))


def _critical(
    found: Sequence[CheckResult], content: Content, told: Sequence[CheckResult]
) -> list[CheckResult]:
    """Return the gravest: errors first, clients' records before settings, then by share.

    What stands under the money (`told`) is not told twice, unless there is nothing else.
    """
    codes = {result.code for result in told}
    grave = [r for r in found if headline.severity_of(r, content.registry) != "info"]
    others = [result for result in grave if result.code not in codes]

    def rank(result: CheckResult) -> tuple[int, bool, float, str]:
        is_setting = result.entity not in CLIENTS
        return _gravity(result, content), is_setting, -(result.share or 0), result.code

    return _three(sorted(others or grave, key=rank))


def _three(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the first three, of each check one."""
    firsts: dict[str, CheckResult] = {}
    for result in results:
        firsts.setdefault(result.code, result)
    return list(firsts.values())[:THREE]


def _gravity(result: CheckResult, content: Content) -> int:
    return headline.severity_rank(headline.severity_of(result, content.registry))


def _good(content: Content) -> list[CheckResult]:
    """Return the checks of errors and warnings that found little or nothing on many records."""
    told = [
        result
        for result in content.summary.checks
        if result.status == "checked"
        and result.base
        and (result.share or 0) < _RARE
        and headline.severity_of(result, content.registry) != "info"
        and not headline.is_counting(result)
    ]
    return _three(sorted(told, key=lambda r: (r.share or 0, -(r.base or 0), r.code)))


def _quick(found: Sequence[CheckResult], content: Content) -> list[CheckResult]:
    """Return what the program repairs by itself, the most records first; then what it prepares."""

    def rank(result: CheckResult) -> tuple[bool, float, str]:
        check = headline.check_of(result.code, content.registry)
        is_reviewed = check.repair != "auto"
        gain = effort_seconds(check, result) if is_reviewed else -(result.found or 0)
        return is_reviewed, gain, result.code

    ready = [r for r in found if command_of(headline.check_of(r.code, content.registry))]
    return _three(sorted(ready, key=rank))


def _changed(content: Content, sign: int) -> list[CheckResult]:
    """Return the checks of errors and warnings that changed the most in one direction."""
    told = [
        result
        for result in content.summary.checks
        if (net_change(result) or 0) * sign > 0
        and headline.severity_of(result, content.registry) != "info"
    ]
    return sorted(told, key=lambda r: -(net_change(r) or 0) * sign)[:THREE]


def _trend(content: Content) -> str:
    shares = content.shares()
    told = [each for each in shares if each is not None]
    if len(set(told)) < 2:  # a level line tells nothing
        return ""
    words = ", ".join(share(each) for each in told)
    title = tr("Clean cards in earlier scans: {numbers}", numbers=words)
    return charts.sparkline(shares, charts.Frame(title=title, width=160), height=40)
