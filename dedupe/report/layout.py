"""The values that the template of the HTML report lays out: texts, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field

OPEN_IDS = 12  # shown at once; the others unfold


@dataclass(frozen=True, slots=True)
class Card:
    """The id of a record, and the address of its card in the CRM where there is one."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Cards that belong together, and how many more the group has."""

    cards: tuple[Card, ...]
    n_more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one check found on one entity."""

    entity: str
    found: str
    base: str
    share: str
    percent: float | None
    groups: str
    classes: tuple[tuple[str, str], ...] = ()
    cards: tuple[Card, ...] = ()
    card_groups: tuple[CardGroup, ...] = ()
    n_left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One check with its words, and its rows by entity."""

    code: str
    title: str
    severity: str
    severity_name: str
    repair: str
    definition: str
    risk: str
    advice: str
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A finding on the summary page."""

    code: str
    title: str
    severity: str
    severity_name: str
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The checks of one subject: those that found something, and the codes of the others."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    clean: tuple[tuple[str, str], ...]


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
    account: str
    crm: str
    passport: tuple[tuple[str, str], ...]
    kpis: tuple[tuple[str, str], ...]
    clean_share: str
    clean_percent: float
    clean_words: str
    deals: str
    deals_agree: bool
    slices: tuple[Slice, ...]
    checked: str
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    missing: tuple[tuple[str, str, str, str], ...]
    ledger: tuple[Block, ...]
    notes: tuple[tuple[str, str], ...]
    timings: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    open_ids: int = field(default=OPEN_IDS)
