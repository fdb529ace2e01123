"""The values that the template of the HTML report lays out: texts, ready to be shown.

Texts of the account are plain text here; the template escapes them. Only charts are markup.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Badge:
    """A short word in a colour of its own (good, warning, error, info), and why."""

    words: str
    tone: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TextCell:
    """A cell of a table, and the address it leads to."""

    words: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricView:
    """A table of numbers with its charts: one for pages, one for telephones."""

    title: str
    note: str
    badge: Badge | None
    headers: tuple[tuple[str, str], ...]  # the title, and the class of the column's cells
    rows: tuple[tuple[TextCell, ...], ...]
    more: tuple[tuple[TextCell, ...], ...]
    n_left: int
    charts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A record that is named: its id and address, and what is known of it, hidden as need be."""

    id: str
    url: str = ""
    name: str = ""
    owner: str = ""
    wrong: str = ""
    proposal: str = ""


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Cards that belong together, and how many more the group has."""

    cards: tuple[Card, ...]
    n_more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one check found on one entity.

    `cards` and `groups_shown` are the examples; `others` are further ids, `n_left` the rest.
    """

    entity: str
    found: str
    base: str = ""
    share: str = ""
    percent: float | None = None
    money: str = ""
    groups: str = ""
    changed: str = ""
    trend: str = ""
    classes: tuple[tuple[str, str], ...] = ()
    cards: tuple[Card, ...] = ()
    card_groups: tuple[CardGroup, ...] = ()
    others: tuple[Card, ...] = ()
    other_groups: tuple[CardGroup, ...] = ()
    n_left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One check with its words, its rows by entity and its tables."""

    code: str
    title: str
    severity: str
    severity_name: str
    definition: str
    risk: str
    advice: str
    repair: str
    command: str = ""
    rows: tuple[Row, ...] = ()
    metrics: tuple[MetricView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The checks of one subject: those with something to show, and the codes of the others."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    clean: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of the owner's page: a number, what it is of, and the check it comes from."""

    code: str
    title: str
    number: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The one page for the owner of the account."""

    share: str
    percent: float
    tone: str
    meaning: str
    counted: str
    gain: str
    trend: str
    money: tuple[Fact, ...]
    good: tuple[Fact, ...]
    critical: tuple[Fact, ...]
    quick: tuple[Fact, ...]
    better: tuple[Fact, ...]
    worse: tuple[Fact, ...]
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A line of the work plan."""

    priority: int
    code: str
    title: str
    found: str
    money: str
    how: str
    command: str
    effort: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of the bar of deals: where it begins and how wide it is, in percent."""

    start: float
    width: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole report."""

    language: str
    brand: str
    author: str
    footer: str
    logo: str
    account: str
    crm: str
    cover: tuple[tuple[str, str], ...]
    passport: tuple[tuple[str, str], ...]
    kpis: tuple[tuple[str, str], ...]
    deals: str
    deals_agree: bool
    slices: tuple[Slice, ...]
    checked: str
    owner: Owner
    size: Section | None
    sections: tuple[Section, ...]
    owners: MetricView | None
    work: tuple[Work, ...]
    missing: tuple[tuple[str, str, str, str], ...]
    ledger: tuple[Block, ...]
    notes: tuple[tuple[str, str], ...]
    timings: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    is_open: bool  # names and values of clients are shown in full
