"""The waterfall of a pair in a terminal, as a string.

The bar of a comparison begins where the one before it ended, so the last one ends at the weight;
the line through all bars is even odds. Cards' values are shown: the terminal is their owner's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dedupe.language import N_, count, decimal, share, tr, trn
from dedupe.match.explain import NOT_OBSERVED, Held, Step, Together, Waterfall
from dedupe.match.listed import Unlisted
from dedupe.match.model_file import STRANGERS
from dedupe.report.terminal_drawing import drawn_text, marked_line, next_line
from dedupe.report.waterfall import comparison_name, rule_name
from dedupe.report.words import plain

WIDE = 96  # from here on there is room for how often a level is seen
_NARROW = 60  # below there is no room for bars
_SHOWN = 3  # values of a card; a further one is an ellipsis
_RARE = 0.05  # bits of rarity that are worth a word
_OFTEN = 0.001  # shares below are told as one in so many
_SELDOM = 1_000_000

PAIRS = {
    "contact": N_("Contacts {left} and {right}"),
    "company": N_("Companies {left} and {right}"),
}
TIERS = {
    "auto": N_("one and the same, sure enough to merge without a look"),
    "review": N_("probably one and the same; a person decides"),
    "reject": N_("not a duplicate by this evidence"),
}
REASONS = {
    "conflict": N_("two birth dates or tax numbers contradict"),
    "weak_link": N_("other cards of the cluster speak against it"),
    "size": N_("the cluster is too large to be sure of"),
}


def render_waterfall(
    pair: Waterfall,
    *,
    width: int,
    color: bool,
    ascii: bool = False,
    show_values: bool = True,
    next_commands: Sequence[str] = (),
) -> str:
    """Return a pair's waterfall: the verdict, a bar for each comparison, clusters, what next."""
    parts: list[RenderableType] = [*_verdict(pair), ""]
    parts.append(_table(pair, width=width, ascii=ascii, show_values=show_values))
    parts += ["", *_remarks(pair), *next_line(next_commands)]
    return drawn_text(parts, width=width, color=color, ascii=ascii)


def render_unlisted(
    pair: Unlisted,
    *,
    width: int,
    color: bool,
    ascii: bool = False,
    next_commands: Sequence[str] = (),
) -> str:
    """Return what a scan's files tell of a pair that they do not list."""
    parts: list[RenderableType] = [
        marked_line("●", "yellow", _title(pair), tr("the scan does not list this pair")),
        tr("Its probability is below 1%, or no blocking rule brought the two together."),
        *_cluster_lines(pair.together),
        *next_line(next_commands),
    ]
    return drawn_text(parts, width=width, color=color, ascii=ascii)


def _title(pair: Waterfall | Unlisted) -> str:
    return tr(
        PAIRS.get(pair.entity, N_("Cards {left} and {right}")),
        left=plain(pair.left_id),
        right=plain(pair.right_id),
    )


def _verdict(pair: Waterfall) -> list[RenderableType]:
    style = {"auto": "green", "review": "yellow"}.get(pair.tier, "red")
    mark = "✖" if pair.tier == "reject" else "✔" if pair.tier == "auto" else "●"
    chance = tr("probability {share}", share=share(pair.probability))
    told = f"{chance} · {tr(TIERS.get(pair.tier, pair.tier))}"
    return [marked_line(mark, style, _title(pair), told)]


def _table(pair: Waterfall, *, width: int, ascii: bool, show_values: bool) -> RenderableType:
    is_wide = width >= WIDE
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
    table.add_column(tr("Evidence"), overflow="fold", max_width=18)
    table.add_column(tr("What the cards show"), overflow="fold", ratio=1)
    if is_wide:
        for heading in (tr("Duplicates"), tr("Others")):
            table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(tr("Bits"), justify="right", no_wrap=True)
    cells = _bar_cells(width)
    table.add_column("", no_wrap=True, min_width=cells + 1 if cells else 0)
    ordered = sorted(_observed(pair), key=lambda step: -step.total_bits)
    scale = _Scale.of(pair.prior, [step.total_bits for step in ordered], cells=cells, ascii=ascii)
    odds = tr("one pair in {n} is a duplicate", n=count(_pairs_of_one(pair.prior)))
    blank = ("", "") if is_wide else ()
    table.add_row(tr("any two cards"), odds, *blank, _bits(pair.prior), scale.bar(0.0, pair.prior))
    at = pair.prior
    for step in ordered:
        often = (_often(step.m), _often(step.u)) if is_wide else ()
        table.add_row(
            comparison_name(step.comparison),
            _shown(step, show_values=show_values),
            *often,
            _bits(step.total_bits),
            scale.bar(at, at + step.total_bits),
        )
        at += step.total_bits
    table.add_section()
    total = tr("probability {share}", share=share(pair.probability))
    table.add_row(
        Text(tr("all together"), style="bold"),
        total,
        *blank,
        Text(_bits(pair.weight), style="bold"),
        scale.bar(0.0, pair.weight),
    )
    return table


def _pairs_of_one(prior: float) -> int:
    """Return how many pairs there are for one duplicate, from the prior's bits."""
    return round(1 + 2 ** min(max(-prior, 0.0), 60.0))


def _observed(pair: Waterfall) -> list[Step]:
    return [step for step in pair.steps if step.level != NOT_OBSERVED]


def _bar_cells(width: int) -> int:
    """Return how long the bars are; where there is no room for any, 0."""
    if width < _NARROW:
        return 0
    return min(width // 3 - 2, 24) if width < WIDE else min(width // 2 - 30, 40)


def _shown(step: Step, *, show_values: bool) -> Text:
    """Return a level in words, the rarity of its value, and the two cards' values below."""
    words = [tr(step.label)]
    if abs(step.rarity_bits) >= _RARE:
        bits = _bits(step.rarity_bits)
        words.append(
            tr("rare: {bits}", bits=bits)
            if step.rarity_bits > 0
            else tr("common: {bits}", bits=bits)
        )
    text = Text(", ".join(words))  # no dot: ASCII would shorten it, and move the row
    # Where two tables were linked, the files of the scan hold one side's values alone.
    if show_values and step.left_values and step.right_values:
        left, right = _shared_first(step.left_values, step.right_values)
        values = left if left == right else f"{left} | {right}"
        text.append(f"\n{values}", style="dim")
    return text


def _shared_first(left: Held, right: Held) -> tuple[str, str]:
    """Write the values of both cards: what they share first, then some of the others."""
    shared = [value for value in left if value in right]
    sides = ([*shared, *(v for v in side if v not in shared)] for side in (left, right))
    one, other = (_joined(side) for side in sides)
    return one, other


def _joined(values: Sequence[str]) -> str:
    shown = [plain(value) for value in values[:_SHOWN]]
    return ", ".join([*shown, "…"] if len(values) > _SHOWN else shown)


def _often(x: float | None) -> str:
    if x is None:
        return ""
    if x >= _OFTEN:
        return share(x)
    n = round(1 / x) if x > 1 / _SELDOM else _SELDOM
    return tr("1 in {n}", n=count(n)) if n < _SELDOM else tr("<1 in {n}", n=count(n))


def _bits(x: float) -> str:
    """Write bits with their sign; a minus as wide as a plus."""
    text = decimal(abs(x))
    if text.strip("0.,") == "":
        return text
    return f"+{text}" if x > 0 else f"−{text}"


def _remarks(pair: Waterfall) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if pair.context != STRANGERS:
        lines.append(
            tr(
                "The cards share: {name}. The rest is weighed against others who share it too, "
                "since a family or an office agrees on more than strangers do.",
                name=comparison_name(pair.context),
            )
        )
    missing = [comparison_name(s.comparison) for s in pair.steps if s.level == NOT_OBSERVED]
    if missing:
        lines.append(tr("Not compared, since a card lacks it: {names}.", names=", ".join(missing)))
    # Reasons are those of whole clusters: they say something of a pair that is held for likely.
    is_doubted = pair.weight >= 0 and not pair.together.is_auto
    told = _cluster_lines(pair.together, is_doubted=is_doubted)
    return [*lines, *_rule_lines(pair), *told, ""]


def _rule_lines(pair: Waterfall) -> list[RenderableType]:
    if pair.rules is None:
        return []
    if not pair.rules:
        return [
            tr(
                "No blocking rule brings these two together: they are compared within a common "
                "cluster only."
            )
        ]
    shown = [
        f"{rule_name(rule.name)} ({trn('{n} card', '{n} cards', rule.n_cards)})"
        for rule in sorted(pair.rules, key=lambda rule: rule.n_cards)[:_SHOWN]
    ]
    more = ["…"] if len(pair.rules) > _SHOWN else []
    return [tr("Brought together by: {rules}", rules=", ".join([*shown, *more]))]


def _cluster_lines(together: Together, *, is_doubted: bool = False) -> list[RenderableType]:
    if together.is_same:
        words = trn(
            "Both are in cluster {id} of {n} card",
            "Both are in cluster {id} of {n} cards",
            together.n_cards,
            id=plain(together.left or ""),
        )
        tier = tr("for automatic merging") if together.is_auto else tr("for review")
        lines = [f"{words}: {tier}."]
    elif together.left and together.right:
        lines = [
            tr(
                "They are in two clusters, {left} and {right}.",
                left=plain(together.left),
                right=plain(together.right),
            )
        ]
    else:
        lines = [tr("They are not in one cluster.")]
    reasons = [tr(REASONS[reason]) for reason in together.reasons if reason in REASONS]
    if reasons and is_doubted:
        lines.append(tr("Why it was cut or is for review: {reasons}.", reasons="; ".join(reasons)))
    return list(lines)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Cells for bits from `low` to `high`; `zero` is the cell after the line of even odds."""

    low: float
    high: float
    cells: int
    ascii: bool

    @classmethod
    def of(cls, prior: float, bits: Sequence[float], *, cells: int, ascii: bool) -> _Scale:
        """Make room for every partial sum, and for even odds."""
        ends = [0.0, prior]
        for each in bits:
            ends.append(ends[-1] + each)
        return cls(min(ends), max(max(ends), 1.0), cells, ascii)

    def bar(self, start: float, end: float) -> Text:
        """Draw the bits from `start` to `end`, and the line where they leave it free."""
        if not self.cells:
            return Text("")
        first, last = sorted((self._cell(start), self._cell(end)))
        first = min(first, self.cells - 1)  # the least bar is one cell
        is_for = end >= start
        mark = ("+" if is_for else "-") if self.ascii else ("█" if is_for else "▒")
        zero = self._cell(0.0)
        text = Text()
        for cell in range(self.cells + 1):
            if cell == zero:
                text.append("|" if self.ascii else "│", style="dim")
            if cell < self.cells:
                filled = first <= cell < max(last, first + 1)
                text.append(mark if filled else " ", style="green" if is_for else "red")
        return text

    def _cell(self, bits: float) -> int:
        return round((bits - self.low) / (self.high - self.low) * self.cells)
