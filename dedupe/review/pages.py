"""The pages as HTML: what a template needs, gathered; words come from the catalogue."""

from __future__ import annotations

from dataclasses import replace

from dedupe.config.matching import LIMITS
from dedupe.language import tr

from .deck import Deck, Ids
from .forms import decisions_alike
from .frame import ROOT, Frame, leaf_of
from .queue import MAX_CARDS
from .sample import measured
from .states import SKIPPED
from .table import Asked, build_table
from .thresholds import Tally
from .values_deck import ValuesDeck
from .values_pages import ValuesPages
from .view import View
from .why import explain_group, rule_of
from .words import KEYS, MARKS, ORDER_NAMES, SAID, SHOWN, STATES, TIERS, VERDICT_NAMES

_EXAMPLES = 20
_STATIC = {
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
}


class Pages:
    """Renders every page of one review."""

    def __init__(self, deck: Deck, values: ValuesDeck, csrf: str) -> None:
        self._deck = deck
        self._frame = Frame(deck, values, csrf)
        self.values = ValuesPages(deck, values, self._frame)

    def queue(self, view: View, *, show: str, page: int) -> str:
        """Return one page of the list of groups."""
        view, show = self._ordered(view), show if show in SHOWN else "todo"
        leaf = leaf_of(self._deck.in_states(view, STATES[show]), page)
        return self._render(
            "queue",
            view,
            show=show,
            leaf=leaf,
            rows=[self._row(g) for g in leaf.places],
            filters=self._frame.filters(self._deck, view),
        )

    def group(
        self,
        g: int,
        view: View,
        *,
        said: str = "",
        failed: str = "",
        asked: Asked | None = None,
        ids: Ids = (),
    ) -> str:
        """Return the page of one group: what is left to decide of it, or all of it."""
        deck, view = self._deck, self._ordered(view)
        parts = deck.parts(g)
        ids = ids or (parts[0] if parts else deck.cards_of(g))
        before, after = deck.neighbours(view, g)
        is_blind = deck.sample is not None
        return self._render(
            "group",
            view,
            g=g,
            head=deck.head(g),
            ids=ids,
            n_parts=len(parts),
            verdict=deck.verdict(g),
            table=build_table(deck, g, ids, asked),
            why=[] if is_blind else explain_group(deck, g, ids),
            n_alike=len(deck.alike(g)) if parts else 0,
            before=before,
            after=after,
            said=tr(SAID.get(said, "")),
            failed=failed,
            marks=MARKS,
            narrowed=self._frame.narrowed(view),
        )

    def alike(self, g: int, view: View, *, verdict: str) -> str:
        """Return what one decision for all groups like this one would be about."""
        made = decisions_alike(self._deck, g, verdict)
        groups = [next(iter(self._deck.groups_of(each))) for each in made[:_EXAMPLES]]
        return self._render(
            "alike",
            self._ordered(view),
            g=g,
            verdict=verdict,
            n=len(made),
            rule=rule_of(self._deck, g),
            head=self._deck.head(g),
            rows=[self._row(each) for each in groups],
        )

    def thresholds(self, tally: Tally) -> str:
        """Return the counts at two thresholds, and the lines of the config that ask for them."""
        return self._render("thresholds", View(), tally=tally, limits=LIMITS)

    def done(self, view: View, said: str) -> str:
        """Return what there is to say when no place is left."""
        return self._render(
            "done", view, said=tr(SAID.get(said, "")), measured=measured(self._deck)
        )

    def help(self) -> str:
        """Return the keys."""
        return self._render("help", View(), keys=KEYS)

    def failed(self, words: str) -> str:
        """Return a page that says what went wrong."""
        return self._render("failed", View(), words=words)

    def finished(self) -> str:
        """Return the last page: the server has ended."""
        return self._render("finished", View())

    def static(self, name: str) -> tuple[bytes, str] | None:
        """Return a file of the page and its type; None where there is none of this name."""
        kind = _STATIC.get(name)
        return None if kind is None else ((ROOT / "static" / name).read_bytes(), kind)

    def _ordered(self, view: View) -> View:
        if view.order in self._deck.orders:
            return view
        return replace(view, order=next(iter(self._deck.orders)))

    def _row(self, g: int) -> dict[str, object]:
        deck = self._deck
        head, ids = deck.head(g), deck.cards_of(g)
        return {
            "g": g,
            "head": head,
            "title": deck.shelf.title(g, head.entity, ids),
            "ids": ids[:6],
            "n_more": len(ids) - len(ids[:6]),
            "verdict": deck.verdict(g),
            "is_skipped": deck.state(g) == SKIPPED,
        }

    def _render(self, name: str, view: View, **told: object) -> str:
        deck = self._deck
        return self._frame.render(
            name,
            view,
            counts=deck.counts(view),
            orders={key: ORDER_NAMES[key] for key in deck.orders},
            n_too_large=deck.queue.n_too_large,
            max_cards=MAX_CARDS,
            tiers=TIERS,
            verdicts=VERDICT_NAMES,
            **told,
        )
