"""Changes, health and money in a few words: what a summary and a comparison share."""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.audit.compare import Comparison
from dedupe.audit.registry import Check
from dedupe.contracts import CheckResult, Health, Summary
from dedupe.language import N_, count, decimal, share, tr
from dedupe.report import headline

UP, DOWN = "\u25b2", "\u25bc"
_MINUS = "\u2212"
_SIGNS = {
    "RUB": "\u20bd",
    "USD": "$",
    "EUR": "\u20ac",
    "KZT": "\u20b8",
    "UAH": "\u20b4",
    "BYN": "Br",
}
_MILLION = 1_000_000


def change_text(delta: int | None) -> str:
    """Write how much more or less is found, with an arrow; nothing for None."""
    if delta is None:
        return ""
    if delta == 0:
        return "0"
    mark, sign = (UP, "+") if delta > 0 else (DOWN, _MINUS)
    return f"{mark}\u00a0{sign}{count(abs(delta))}"


def net_change(result: CheckResult) -> int | None:
    """Return how many more records a check finds than before; None where it was not compared."""
    if result.new is None or result.fixed is None:
        return None
    return result.new - result.fixed


def gain_text(gain: float | None) -> str:
    """Write by how many points a share of one grew: "\u25b2 0.3"; nothing for None."""
    if gain is None:
        return ""
    points = decimal(abs(100 * gain))
    if points == decimal(0.0):
        return "0"
    return f"{UP if gain > 0 else DOWN}\u00a0{points}"


def gain_words(gain: float | None) -> str:
    """Write a gain of a share with its unit: "\u25b2 0.3 pp"; nothing where it rounds to none."""
    points = gain_text(gain)
    told = "" if points in ("", "0") else tr(N_("{points} pp"), points=points)
    return told.replace(" ", "\u00a0")


def health_text(health: Health, comparison: Comparison | None = None) -> str:
    """Write the share of clean cards and, in brackets, by how many points it grew."""
    shown = "" if health.share is None else share(health.share)
    gain = gain_words(comparison.health_gain if comparison else None)
    return f"{shown} ({gain})" if gain else shown


def money_text(amount: float, currency: str) -> str:
    """Write a sum of money, millions as such."""
    sign = _SIGNS.get(currency, currency)
    if abs(amount) >= _MILLION:
        text = tr("{n} mln {currency}", n=decimal(amount / _MILLION), currency=sign)
    else:
        text = f"{count(round(amount))} {sign}"
    return text.strip().replace(" ", "\u00a0")


def most_at_risk(summary: Summary, checks: Mapping[str, Check]) -> CheckResult | None:
    """Return the gravest check that knows money, of those the one with the most; None without.

    The first line of the owner's page: of warnings only where no error knows any.
    """
    priced = [
        result
        for result in headline.ranked(summary, checks)
        if result.money and headline.severity_of(result, checks) != "info"
    ]

    def rank(result: CheckResult) -> tuple[int, float]:
        severity = headline.severity_of(result, checks)
        return headline.severity_rank(severity), -(result.money or 0)

    return min(priced, key=rank, default=None)
