"""What there is to know of one check, for a terminal, with what a scan found.

Records are named by id and address alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from dedupe.audit.registry import Check, Option, Setting
from dedupe.contracts import CheckResult, Summary
from dedupe.language import N_, count, share, tr
from dedupe.report import headline
from dedupe.report.links import card_url
from dedupe.report.terminal_drawing import drawn_text, next_line, style_of
from dedupe.report.words import (
    entity_name,
    part_names,
    plain,
    reason_text,
    repair_name,
    severity_name,
)

EXAMPLES = 3
PLANS = {
    "merge": N_("a plan merges the groups that are sure; the rest waits for a review"),
    "split": N_("a plan splits the values that were read with certainty; nothing is lost"),
    "drop_repeat": N_("a plan drops the repeat where another value of the card says the same"),
    "normalize": N_("a plan rewrites the value in one spelling where that is certain"),
    "tag": N_("a plan puts a tag on these records, if it is asked to"),
    "task": N_("a plan makes a task for the responsible employee, if it is asked to"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A record that a scan found, by its id."""

    entity: str
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a scan says of one check: its results, and some records of each entity."""

    summary: Summary
    results: tuple[CheckResult, ...]
    examples: tuple[Example, ...] = ()


def render_explanation(
    check: Check,
    *,
    width: int,
    color: bool,
    ascii: bool = False,
    seen: Seen | None = None,
    next_commands: Sequence[str] = (),
) -> str:
    """Return all there is to know of one check, and what a scan found where one is given."""
    title = Text.assemble((check.code, f"bold {style_of(check)}"), "  ", (tr(check.title), "bold"))
    parts: list[RenderableType] = [title, ""]
    for heading, words in (*_explained(check), *(_seen(seen) if seen else ())):
        parts += [Text(heading, style="bold"), Padding(Text(words), (0, 0, 1, 2))]
    return drawn_text([*parts, *next_line(next_commands)], width=width, color=color, ascii=ascii)


def plan_text(check: Check) -> str:
    """Say what a plan does about the findings of a check; nothing where it does nothing."""
    return tr(PLANS[check.plan]) if check.plan in PLANS else ""


def _explained(check: Check) -> Iterable[tuple[str, str]]:
    texts = {
        tr("What is counted"): check.definition,
        tr("Why it matters"): check.risk,
        tr("What to do"): check.advice,
    }
    yield from ((heading, tr(text)) for heading, text in texts.items() if text)
    if check.needs:
        yield tr("What it needs"), "\n".join(_needs(check))
    yield tr("Severity"), severity_name(check.severity)
    plan = plan_text(check)
    repair = repair_name(check.repair)
    yield tr("Repair"), f"{repair}: {plan} (crmclean plan --only {check.code})" if plan else repair
    if check.options:
        yield tr("Options"), "\n".join(_option(check, option) for option in check.options)


def _needs(check: Check) -> Iterator[str]:
    for entity, parts in check.needs.items():
        name = entity_name(entity)
        yield f"{name}: {part_names(parts)}" if parts else name


def _option(check: Check, option: Option) -> str:
    setting = f"[checks.options.{check.code}] {option.name} = {_toml(option.default)}"
    return f"{setting}: {tr(option.reason)}"


def _toml(value: Setting) -> str:
    """Write a default as the config would."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return f"{{{', '.join(f'{_toml(key)} = {each:g}' for key, each in value.items())}}}"


def _seen(seen: Seen) -> Iterator[tuple[str, str]]:
    lines = [_found(result) for result in seen.results]
    if lines:
        yield tr("In the scan {scan}", scan=plain(seen.summary.scan_id)), "\n".join(lines)
    if seen.examples:
        yield tr("For example"), "\n".join(_example(each, seen.summary) for each in seen.examples)


def _found(result: CheckResult) -> str:
    name = entity_name(result.entity)
    if result.found is None:
        return f"{name}: {tr('Not checked')} ({reason_text(result.reason)})"
    words = f"{name}: {count(result.found)}"
    if result.base is not None:
        words += f" {tr('of {base}', base=count(result.base))}"
    if result.share is not None:
        words += f" ({share(result.share)})"
    groups = headline.groups_text(result)
    return f"{words}; {groups}" if groups else words


def _example(example: Example, summary: Summary) -> str:
    url = card_url(summary.crm, summary.host, example.entity, example.record_id)
    return url or f"{entity_name(example.entity)}, id {plain(example.record_id)}"
