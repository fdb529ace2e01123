"""Changes, health and money in a few words: what a summary and a comparison share."""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.audit.compare import Comparison
from dedupe.audit.registry import Check
from dedupe.contracts import CheckResult, Health, Summary
from dedupe.language import count, decimal, share, tr
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


def health_text(health: Health, comparison: Comparison | None = None) -> str:
    """Write the share of clean cards and, in brackets, by how many points it grew."""
    shown = "" if health.share is None else share(health.share)
    gain = gain_text(comparison.health_gain if comparison else None)
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
    """Return the error or warning with the most money at risk; None where none knows any."""
    priced = [
        result
        for result in headline.ranked(summary, checks)
        if result.money and headline.severity_of(result, checks) != "info"
    ]
    return max(priced, key=lambda result: result.money or 0, default=None)
