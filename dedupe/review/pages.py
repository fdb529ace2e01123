"""The pages as HTML: what a template needs, gathered; words come from the catalogue."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from dedupe.language import N_, count, current, decimal, share, tr, trn

from .deck import DONE, SKIPPED, TODO, Deck, Ids
from .forms import decisions_alike
from .queue import MAX_CARDS
from .sample import measured
from .table import Asked, build_table, money
from .thresholds import LEAST, MOST, Tally
from .why import explain_group, rule_of

ROOT = Path(__file__).parent
PAGE_ROWS = 50
_EXAMPLES = 20
_STATIC = {
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
}
ORDER_NAMES = {
    "money": N_("by money"),
    "doubt": N_("by doubt"),
    "code": N_("by kind"),
    "sample": N_("blind sample"),
}
TIERS = {"auto": N_("sure"), "review": N_("to check"), "shared": N_("share a number")}
ENTITIES = {"contact": N_("contacts"), "company": N_("companies")}
SHOWN = {"todo": N_("to decide"), "skipped": N_("put off"), "done": N_("decided"), "all": N_("all")}
_STATES = {"todo": (TODO,), "skipped": (SKIPPED,), "done": (DONE,), "all": (TODO, SKIPPED, DONE)}
SAID = {
    "same": N_("Merge: written down."),
    "different": N_("Not duplicates: written down."),
    "split": N_("The group is split; here is a part of it."),
    "skip": N_("Put off."),
    "undone": N_("The last decision is taken back."),
}
VERDICT_NAMES = {
    "same": N_("merge them"),
    "different": N_("not duplicates"),
    "mixed": N_("partly merge"),
}
MARKS = {
    "same": N_("as in the golden card"),
    "other": N_("differs from the golden card"),
    "none": N_("empty"),
}
KEYS = (
    ("Y", N_("merge the marked cards")),
    ("N", N_("these are not duplicates")),
    ("S", N_("put off")),
    ("U", N_("take the last decision back")),
    ("1–9", N_("the card that stays")),
    ("X", N_("drop the chosen card, or take it in again")),
    ("P", N_("split: marked cards and the rest")),
    ("← →", N_("choose a card")),
    ("↑ ↓", N_("choose a field")),
    ("Enter", N_("take the chosen value into the golden card")),
    ("E", N_("edit the golden value of the chosen field")),
    ("J K", N_("next, previous group without a decision")),
    ("?", N_("this help")),
)


class Pages:
    """Renders every page of one review."""

    def __init__(self, deck: Deck, csrf: str) -> None:
        self._deck, self._csrf = deck, csrf

    def queue(self, *, order: str, show: str, page: int) -> str:
        """Return one page of the list of groups."""
        order, show = self._order(order), show if show in SHOWN else "todo"
        own = self._deck.in_states(order, _STATES[show])
        n_pages = max(1, -(-len(own) // PAGE_ROWS))
        page = min(page, n_pages - 1)
        rows = [self._row(int(g)) for g in own[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]]
        return self._render(
            "queue", order=order, show=show, page=page, n_pages=n_pages, rows=rows, shown=SHOWN
        )

    def group(
        self,
        g: int,
        *,
        order: str,
        said: str = "",
        failed: str = "",
        asked: Asked | None = None,
        ids: Ids = (),
    ) -> str:
        """Return the page of one group: what is left to decide of it, or all of it."""
        deck, order = self._deck, self._order(order)
        parts = deck.parts(g)
        ids = ids or (parts[0] if parts else deck.cards_of(g))
        before, after = deck.neighbours(order, g)
        is_blind = deck.sample is not None
        return self._render(
            "group",
            g=g,
            order=order,
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
        )

    def alike(self, g: int, *, verdict: str, order: str) -> str:
        """Return what one decision for all groups like this one would be about."""
        made = decisions_alike(self._deck, g, verdict)
        groups = [next(iter(self._deck.groups_of(each))) for each in made[:_EXAMPLES]]
        return self._render(
            "alike",
            g=g,
            order=self._order(order),
            verdict=verdict,
            n=len(made),
            rule=rule_of(self._deck, g),
            head=self._deck.head(g),
            rows=[self._row(each) for each in groups],
        )

    def thresholds(self, tally: Tally) -> str:
        """Return the counts at two thresholds."""
        return self._render("thresholds", tally=tally, least=LEAST, most=MOST)

    def done(self, said: str) -> str:
        """Return what there is to say when no group is left."""
        return self._render("done", said=tr(SAID.get(said, "")), measured=measured(self._deck))

    def help(self) -> str:
        """Return the keys."""
        return self._render("help")

    def failed(self, words: str) -> str:
        """Return a page that says what went wrong."""
        return self._render("failed", words=words)

    def finished(self) -> str:
        """Return the last page: the server has ended."""
        return self._render("finished")

    def static(self, name: str) -> tuple[bytes, str] | None:
        """Return a file of the page and its type; None where there is none of this name."""
        kind = _STATIC.get(name)
        return None if kind is None else ((ROOT / "static" / name).read_bytes(), kind)

    def _order(self, name: str) -> str:
        return name if name in self._deck.orders else next(iter(self._deck.orders))

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

    def _render(self, name: str, **told: object) -> str:
        deck = self._deck
        return (
            _environment()
            .get_template(f"{name}.html.j2")
            .render(
                language=current(),
                csrf=self._csrf,
                about=deck.about,
                counts=deck.counts(),
                orders={key: ORDER_NAMES[key] for key in deck.orders},
                is_blind=deck.sample is not None,
                n_too_large=deck.queue.n_too_large,
                max_cards=MAX_CARDS,
                can_undo=deck.last() is not None,
                keys=KEYS,
                tiers=TIERS,
                entities=ENTITIES,
                verdicts=VERDICT_NAMES,
                **told,
            )
        )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        tr=tr, trn=trn, count=count, share=share, decimal=decimal, money=money
    )
    return environment
