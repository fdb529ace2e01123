"""The findings of a check as rows of a work list: what people need to work through them.

One row a finding: a record with two wrong values has two. Rows go from the most money to the
least, then by id; records that belong together stay together, the costliest group first. Names,
numbers and addresses of clients are hidden unless the report's options ask for them. Both the
workbook and the CSV files are made of these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from dedupe.contracts import CheckResult
from dedupe.language import N_, tr
from dedupe.report.content import CARD_FACTS, Content
from dedupe.report.examples import CLIENTS
from dedupe.report.figures import zone_of
from dedupe.report.findings_view import OPEN_VALUES
from dedupe.report.masks import hidden, scrubbed
from dedupe.report.words import class_name, repair_name

_CLASS = r"^[a-z][a-z0-9_]{0,31}$"
# Their value is the tier of the group: how sure the match is, not what a card holds.
_TIERED = ("DUP110",)
_TEXTS = ("name", "owner", "was", "proposal")
_KEYS = ["entity", "record_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRows:
    """The rows of one check on one entity.

    `frame` has entity, record_id, block (the number of the group, null without one), name, owner,
    created_at and updated_at (of the account's zone, without a zone), was, proposal, why,
    confidence, money, is_phone; `n_total` counts the rows that there are, `frame` may hold fewer.
    """

    result: CheckResult
    frame: pl.DataFrame
    n_total: int

    @property
    def has_groups(self) -> bool:
        """Tell whether the records belong together in groups."""
        return self.frame["block"].null_count() < self.frame.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How texts of the account are told in this report; each distinct text is judged once."""

    raw: bool
    people: Mapping[str, str] = field(default_factory=dict)  # employees by id

    def texts(self, values: pl.Series, *, is_open: bool) -> pl.Series:
        """Return the texts as the report may show them; employees' ids become names if open."""
        if self.raw and not (is_open and self.people):
            return values
        distinct = values.drop_nulls().unique()
        told = [self._text(text, is_open=is_open) for text in distinct]
        return values.replace_strict(distinct, told, default=None, return_dtype=pl.String())

    def _text(self, text: str, *, is_open: bool) -> str:
        named = self.people.get(text, text) if is_open else text
        if self.raw:
            return named
        return scrubbed(named) if is_open else hidden(named)


def finding_rows(content: Content, most: int | None = None) -> Iterator[FindingRows]:
    """Yield the rows of each result that has findings, in the summary's order.

    At most `most` rows of each where it is given.
    """
    found = content.findings.collect().partition_by("code", "entity", as_dict=True)
    ordered: dict[tuple[str, str], tuple[CheckResult, pl.DataFrame, int]] = {}
    for result in content.summary.checks:
        part = found.get((result.code, result.entity))
        if part is not None and part.height:
            first = _ordered(part)
            kept = first if most is None else first.head(most)
            ordered[(result.code, result.entity)] = (result, kept, part.height)
    cards = _cards(content, [part for _, part, _ in ordered.values()])
    told = Told(raw=content.options.show_values, people=people(content))
    for result, part, n in ordered.values():
        yield FindingRows(result=result, frame=_told(part, cards, result, told), n_total=n)


def people(content: Content) -> dict[str, str]:
    """Return the employees' names by id."""
    users = content.cards.filter(pl.col("entity") == "user").select("record_id", "name")
    return dict(users.drop_nulls().collect().iter_rows())


def _ordered(part: pl.DataFrame) -> pl.DataFrame:
    """Put the findings of one check and entity in their order; `block` numbers the groups."""
    cost = -pl.col("money").fill_null(0.0)
    own = [*_by_number("record_id"), *map(pl.col, ("field", "value", "proposal", "group"))]
    is_grouped = part["group"].is_in(part["record_id"].implode()).fill_null(False).all()
    if not is_grouped:
        return part.sort(cost, *own, nulls_last=True).with_columns(block=pl.lit(None, pl.UInt32()))
    cost = -pl.col("money").max().over("group").fill_null(0.0)
    ordered = part.sort(cost, *_by_number("group"), *own, nulls_last=True)
    return ordered.with_columns(block=pl.col("group").rle_id() + 1)


def _by_number(column: str) -> list[pl.Expr]:
    """Return the sort keys of ids: numbers as text sort as numbers."""
    return [pl.col(column).str.len_chars(), pl.col(column)]


def _cards(content: Content, parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Look the named records up, all of them at once: their tables are read once."""
    if not parts:
        return pl.DataFrame(schema=CARD_FACTS)
    keys = pl.concat([part.select(_KEYS) for part in parts])
    local = pl.col("created_at", "updated_at").dt.convert_time_zone(
        str(zone_of(content.summary.timezone))
    )
    cards = content.cards_of(keys.lazy()).unique(_KEYS, keep="first", maintain_order=True)
    return cards.with_columns(local.dt.replace_time_zone(None))


def _told(part: pl.DataFrame, cards: pl.DataFrame, result: CheckResult, told: Told) -> pl.DataFrame:
    is_setting = result.entity not in (*CLIENTS, "user")
    is_name = (pl.lit(is_setting) & (pl.col("field") == "name")).fill_null(False)
    is_tier = pl.lit(result.code in _TIERED)
    rows = part.join(
        cards.select(*_KEYS, "name", "owner", "created_at", "updated_at"),
        on=_KEYS,
        how="left",
        maintain_order="left",
    ).select(
        *_KEYS,
        "block",
        pl.coalesce(pl.when(is_name).then("value"), "name").alias("name"),
        "owner",
        "created_at",
        "updated_at",
        pl.when(~is_tier & ~is_name).then("value").alias("was"),
        "proposal",
        _why(part, is_tiered=result.code in _TIERED).alias("why"),
        "confidence",
        "money",
        ((pl.col("field") == "phone") | pl.lit(result.code.startswith("PHN")))
        .fill_null(False)
        .alias("is_phone"),
    )
    is_client = result.entity in CLIENTS
    is_open = result.code in OPEN_VALUES or not is_client
    opened = {"name": not is_client, "was": is_open, "proposal": is_open, "owner": True}
    return rows.with_columns(told.texts(rows[name], is_open=opened[name]) for name in _TEXTS)


def _why(part: pl.DataFrame, *, is_tiered: bool) -> pl.Series:
    """Return the class of each finding in words, or the number of its group and how sure it is."""
    if part["block"].null_count() == part.height:
        is_class = pl.col("group").str.contains(_CLASS)
        return _replaced(part.select(pl.when(is_class).then("group"))["group"], class_name)
    group = _replaced(part["block"].cast(pl.String), lambda n: tr(N_("group {n}"), n=n))
    if not is_tiered:
        return group
    words = pl.DataFrame([group.alias("group"), _replaced(part["value"], repair_name)])
    return words.select(pl.concat_str("group", "value", separator=", ", ignore_nulls=True))["group"]


def _replaced(values: pl.Series, words: Callable[[str], str]) -> pl.Series:
    distinct = values.drop_nulls().unique()
    told = [words(value) for value in distinct]
    return values.replace_strict(distinct, told, default=None, return_dtype=pl.String())
