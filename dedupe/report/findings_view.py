"""The findings of checks as a page shows them: numbers, words, examples, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dedupe.audit.registry import Check
from dedupe.contracts import CheckResult
from dedupe.language import count, share, tr
from dedupe.report import charts, headline
from dedupe.report.changes import money_text
from dedupe.report.content import Content
from dedupe.report.examples import CLIENTS, SHOWN, Cluster, Examples, Wrong, build_examples
from dedupe.report.figures import MINUS
from dedupe.report.layout import Block, Card, CardGroup, MetricView, Row, Section
from dedupe.report.links import card_url
from dedupe.report.masks import hidden, scrubbed
from dedupe.report.metric_view import Writer, view_metric
from dedupe.report.repairs import command_of, how_text
from dedupe.report.words import (
    SECTIONS,
    class_name,
    entity_name,
    plain,
    repair_name,
    section_of,
    severity_name,
)

_LONGEST_ID, _LONGEST_TEXT = 64, 140
# Checks of clients' records whose values are names of fields, dates or owners: nothing personal.
OPEN_VALUES = frozenset(("FLD203", "FLD501", "FUN901", "OWN101", "REG101", "TSK201", "TSK202"))
_TREND_FROM = 3  # scans: two are told by the change
Names = Mapping[tuple[str, str], tuple[str, str]]  # (entity, id): name, owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that the parts of a page draw findings from, read once."""

    content: Content
    examples: Mapping[tuple[str, str], Examples]
    names: Names
    write: Writer

    @classmethod
    def of(cls, content: Content, findings: pl.DataFrame) -> Findings:
        """Read the examples of `findings` and the names of the records that they name."""
        examples = build_examples(findings)
        summary, options = content.summary, content.options
        write = Writer(
            currency=summary.currency,
            zone=summary.timezone,
            raw=options.show_values,
            people=_people(content),
        )
        return cls(content=content, examples=examples, names=_names(content, examples), write=write)

    def section(self, key: str, found: Sequence[CheckResult]) -> Section | None:
        """Return the section `key` of SECTIONS; None where there is nothing to say."""
        codes = [result.code for result in found]
        codes += [metric.code for metric in self.content.metrics if metric.rows.height]
        blocks = tuple(
            self.block(code, self._shown_results(code, found), is_full=True)
            for code in dict.fromkeys(codes)
            if section_of(code) == key
        )
        clean = [
            (code, self.title(code))
            for code in headline.nothing_found(self.content.summary)
            if section_of(code) == key and code not in codes
        ]
        if not blocks and not clean:
            return None
        return Section(key=key, title=tr(SECTIONS[key]), blocks=blocks, clean=tuple(clean))

    def block(
        self, code: str, results: Sequence[CheckResult] = (), *, is_full: bool = False
    ) -> Block:
        """Return one check; with its tables and rows where `is_full`."""
        check = headline.check_of(code, self.content.registry)
        severity = next((headline.severity_of(r, self.content.registry) for r in results), "")
        severity = severity or check.severity
        entity = results[0].entity if results else ""
        return Block(
            code=code,
            title=tr(check.title),
            severity=severity,
            severity_name=severity_name(severity) if check.code else "",
            definition=tr(check.definition),
            risk=tr(check.risk),
            advice=tr(check.advice),
            repair=how_text(check, entity) if is_full and check.code else repair_name(check.repair),
            command=command_of(check) if is_full else "",
            rows=tuple(self.row(result) for result in results),
            metrics=self._metrics(code) if is_full else (),
        )

    def row(self, result: CheckResult) -> Row:
        """Return what a check found on one entity, with its examples."""
        shown = self.examples.get((result.code, result.entity), Examples())
        groups = [self._group(result.entity, cluster) for cluster in shown.clusters]
        is_open = result.code in OPEN_VALUES or result.entity not in CLIENTS
        wrong = shown.wrong or {}
        cards = [self._card(result.entity, i, wrong.get(i), is_open=is_open) for i in shown.ids]
        return Row(
            entity=entity_name(result.entity),
            found=count(result.found or 0),
            base="" if result.base is None else count(result.base),
            share="" if result.share is None else share(result.share),
            percent=None if result.share is None else min(100.0, 100 * result.share),
            money=money_text(result.money, self.write.currency) if result.money else "",
            groups=headline.groups_text(result),
            changed=_changed(result),
            trend=self._trend(result),
            classes=tuple((class_name(name), count(n)) for name, n in shown.classes),
            cards=tuple(cards[:SHOWN]),
            others=tuple(cards[SHOWN:]),
            card_groups=tuple(groups[:SHOWN]),
            other_groups=tuple(groups[SHOWN:]),
            n_left=max(0, (result.found or 0) - shown.n_shown) if shown.n_shown else 0,
        )

    def title(self, code: str) -> str:
        """Return the title of a check in the language in use."""
        return tr(headline.check_of(code, self.content.registry).title)

    def check(self, code: str) -> Check:
        """Return the check of `code`, without texts where the registry does not know it."""
        return headline.check_of(code, self.content.registry)

    def url(self, entity: str, record_id: str) -> str:
        """Return the address of a record's card, or nothing."""
        return card_url(self.content.summary.crm, self.content.summary.host, entity, record_id)

    def _shown_results(self, code: str, found: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
        """Return the results whose numbers are told: an inventory's own table says it better."""
        told = tuple(result for result in found if result.code == code)
        is_inventory = bool(self.content.metrics_of(code)) and self.check(code).repair == "none"
        has_records = any((code, result.entity) in self.examples for result in told)
        return () if is_inventory and not has_records else told

    def _metrics(self, code: str) -> tuple[MetricView, ...]:
        """Return the tables of a check; the entity is named where it has several."""
        metrics = [metric for metric in self.content.metrics_of(code) if metric.rows.height]
        views = [view_metric(metric, self.write, link=self.url) for metric in metrics]
        if len({metric.entity for metric in metrics}) < 2:
            return tuple(views)
        return tuple(
            replace(view, title=f"{view.title}: {entity_name(metric.entity)}")
            for view, metric in zip(views, metrics, strict=True)
        )

    def _group(self, entity: str, cluster: Cluster) -> CardGroup:
        return CardGroup(tuple(self._card(entity, i) for i in cluster.ids), cluster.n_more)

    def _card(
        self, entity: str, record_id: str, wrong: Wrong | None = None, *, is_open: bool = False
    ) -> Card:
        name, owner = self.names.get((entity, record_id), ("", ""))
        wrong = wrong or Wrong()
        value = self.write.people.get(wrong.value, wrong.value) if is_open else wrong.value
        value = "" if value in (name, owner, record_id) else value
        return Card(
            id=_short(plain(record_id), _LONGEST_ID),
            url=self.url(entity, record_id),
            name=self._shown(name, is_open=entity not in CLIENTS),
            owner="" if owner == name else _short(plain(owner), _LONGEST_ID),
            wrong=self._shown(value, is_open=is_open),
            proposal=self._shown(wrong.proposal, is_open=is_open),
        )

    def _shown(self, text: str, *, is_open: bool) -> str:
        """Return a text of the account as this report may show it."""
        short = _short(plain(text), _LONGEST_TEXT)
        if self.content.options.show_values:
            return short
        return scrubbed(short) if is_open else hidden(short)

    def _trend(self, result: CheckResult) -> str:
        """Draw what the check found in earlier scans, where there were enough of them."""
        found = self.content.found(result.code, result.entity)
        told = [n for n in found if n is not None]
        if len(told) < _TREND_FROM or len(set(told)) < 2:  # a level line tells nothing
            return ""
        words = ", ".join("–" if n is None else count(n) for n in found)
        frame = charts.Frame(title=tr("Found in earlier scans: {numbers}", numbers=words), width=90)
        return charts.sparkline(found, frame, height=22)


def _names(content: Content, examples: Mapping[tuple[str, str], Examples]) -> Names:
    """Return name and owner of the records that are shown with them."""
    named = [(entity, i) for (_, entity), shown in examples.items() for i in shown.named]
    keys = pl.LazyFrame(named, schema={"entity": pl.String, "record_id": pl.String}, orient="row")
    rows = content.cards_of(keys).select(
        "entity", "record_id", pl.col("name", "owner").fill_null("")
    )
    return {(entity, i): (name, owner) for entity, i, name, owner in rows.iter_rows()}


def _people(content: Content) -> dict[str, str]:
    """Return the employees' names by id: tables and findings may know them by id alone."""
    users = content.cards.filter(pl.col("entity") == "user").select("record_id", "name")
    return dict(users.drop_nulls().collect().iter_rows())


def _changed(result: CheckResult) -> str:
    if result.new is None or result.fixed is None:
        return ""
    parts = [f"+{count(result.new)}"] if result.new else []
    parts += [f"{MINUS}{count(result.fixed)}"] if result.fixed else []
    return " / ".join(parts) or "0"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
