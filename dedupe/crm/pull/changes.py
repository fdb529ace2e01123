"""Reads what changed since a moment of the server's time, deletions and links included.

Lists are walked from the newest change down to known ground, with a filter where the account
has it. A record that changes meanwhile moves to the front, and a deletion moves others towards
pages that were read: so a walk of several pages is repeated until two give the same.
Deletions come from the bin and from the events; a link is owned by one card, which is read
again when the events name it. What can't be told this way (cards that a merge swallowed without a
name, an order that the server does not keep, more changes than a third of a list) is
read as a whole list; what can't be told at all is in `blind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dedupe.contracts import Account
from dedupe.crm.amocrm import LISTINGS, Listing, Page, merge_pages

from .again import Again
from .feed import LIST_OF, TABLE_OF, News, read_news
from .full import relist
from .lists import Tables, join_tables
from .spool import Spool
from .walk import Walker, each
from .walkback import Ground, Walk, read_bin

Opener = Callable[[str], Spool]


@dataclass(slots=True, kw_only=True)
class Changes:
    """Changed records' tables, deleted ids by table, and lists that were read whole.

    `blind` names what could not be asked for: "events", "deleted_contacts", ...
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    deleted: dict[str, set[str]] = field(default_factory=dict)
    whole: dict[str, dict[str, pl.DataFrame]] = field(default_factory=dict)
    not_read: dict[str, str] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)
    n_items: int = 0
    n_quarantined: int = 0

    @property
    def is_sure(self) -> bool:
        """Tell whether deletions could be learnt from the bin or from the events."""
        return "events" not in self.blind or self.blind == {"events"}


def read_changes(
    walker: Walker, lists: Sequence[Listing], ground: Ground, opener: Opener
) -> Changes:
    """Read what changed since `ground`; `opener` opens a spool for a list that is read whole."""
    changes = Changes()
    begun = int(walker.clock.now or 0)
    walks = {one.name: Walk(walker, one, ground) for one in lists}
    each(walker, [walk.run for walk in walks.values()])
    news, bins = _gone(walker, lists, ground)
    _note_deleted(changes, news, bins)
    whole = {name for name, walk in walks.items() if walk.is_whole} | _merged(news)
    for name, walk in walks.items():
        if walk.refused is not None:
            changes.not_read[walk.listing.part] = walk.listing.refusal(walk.refused.status)
            whole.discard(name)
    _read_whole(walker, changes, whole, ground, opener)
    pages = {name: walk.pages for name, walk in walks.items() if name not in whole}
    left = _to_read_again(news, pages, begun) if news else {}
    for name, ids in _moved(changes, _merged(news), ground.last).items():
        left.setdefault(name, set()).update(ids)
    again = Again(walker, ground.has_filters, changes.deleted)
    too_many = {name for name, ids in left.items() if name in pages and not again.fits(ids)}
    _read_whole(walker, changes, too_many, ground, opener)
    for name, ids in left.items():
        if name in pages and name not in too_many:
            pages[name] = [*pages[name], *again.read(LISTINGS[name], sorted(ids))]
    _gather(changes, {name: held for name, held in pages.items() if name not in too_many})
    return changes


def _read_whole(
    walker: Walker, changes: Changes, names: Iterable[str], ground: Ground, opener: Opener
) -> None:
    for name in sorted(names):
        spool = opener(name)
        try:
            changes.whole[name] = relist(walker, LISTINGS[name], spool, ground.last)
        finally:
            spool.discard()


def _moved(changes: Changes, merged: Iterable[str], last: Account) -> dict[str, set[str]]:
    """Return whose links a merge has moved: of the deals and contacts of the cards it swallowed."""
    moved: dict[str, set[str]] = {}
    links = last.frame("links")
    for name in set(merged) & set(changes.whole):
        entity, table = LISTINGS[name].entity, LISTINGS[name].record_table
        before = last.frame(table)["id"]
        gone = before.filter(~before.is_in(changes.whole[name][table]["id"].implode()))
        for own, other in (("from", "to"), ("to", "from")):
            is_gone = pl.col(f"{own}_id").is_in(gone.implode())
            theirs = links.filter((pl.col(f"{own}_entity") == entity) & is_gone)
            for kind, id_ in theirs.select(f"{other}_entity", f"{other}_id").iter_rows():
                if kind in ("deal", "contact") and id_ is not None:
                    moved.setdefault(LIST_OF[kind], set()).add(id_)
    return moved


def _gone(
    walker: Walker, lists: Sequence[Listing], ground: Ground
) -> tuple[News | None, dict[str, set[str] | None]]:
    """Ask the events and the bins; None for what is not to be had."""
    found: list[News | None] = []
    bins: dict[str, set[str] | None] = {}
    names = [one.name for one in lists if one.is_walkable]

    def news() -> None:
        found.append(read_news(walker, ground.since))

    def binned(name: str) -> Callable[[], None]:
        def read() -> None:
            bins[name] = read_bin(walker, name, ground.since)

        return read

    each(walker, [news, *(binned(name) for name in names)])
    return found[0], bins


def _note_deleted(changes: Changes, news: News | None, bins: Mapping[str, set[str] | None]) -> None:
    if news is None:
        changes.blind.add("events")
    for entity, id_ in news.deleted - news.restored if news else ():
        if entity in TABLE_OF:
            changes.deleted.setdefault(TABLE_OF[entity], set()).add(id_)
    for name, ids in bins.items():
        if ids is None:
            changes.blind.add(f"deleted_{name}")
        else:
            changes.deleted.setdefault(LISTINGS[name].record_table, set()).update(ids)


def _merged(news: News | None) -> set[str]:
    return set(news.merged) if news else set()


def _to_read_again(
    news: News, pages: Mapping[str, Sequence[Page]], begun: int
) -> dict[str, set[str]]:
    """Return the cards that the events name and that the walks have not brought, by list."""
    brought = {name: {id_ for page in held for id_ in page.ids} for name, held in pages.items()}
    fresh = {card for card, at in news.linked.items() if at >= begun}
    left: dict[str, set[str]] = {}
    for card in news.restored | set(news.linked):
        name = LIST_OF.get(card[0], "")
        is_known = card[1] in brought.get(name, ()) and card not in fresh
        if name and (card in news.restored or not is_known):
            left.setdefault(name, set()).add(card[1])
    return left


def _gather(changes: Changes, pages: Mapping[str, Sequence[Page]]) -> None:
    parts: list[Tables] = []
    for name, held in pages.items():
        changes.n_items += sum(page.n for page in held)
        changes.n_quarantined += sum(page.n_quarantined for page in held)
        if held:
            parts.append(merge_pages(LISTINGS[name], [page.tables for page in held]))
    changes.tables = join_tables(parts)
