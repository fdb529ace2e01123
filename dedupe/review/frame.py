"""What every page has around it: the environment of the templates, the filters, the leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import jinja2

from dedupe.language import count, current, decimal, share, tr, trn

from .deck import Deck
from .states import Counts, Order
from .table import money
from .values_deck import ValuesDeck
from .view import NOBODY, Flags, Places, View
from .words import ENTITIES, FIELDS, SHOWN

ROOT = Path(__file__).parent
LEAF_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One leaf of a list: its places, its number from 0, and how many leaves there are."""

    places: list[int]
    number: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing that a list can be narrowed to; `n` places of it wait."""

    value: str
    name: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list of a queue can be narrowed to; `mine` is the reviewer's own user, if known."""

    owners: list[Choice]
    entities: list[Choice]
    codes: list[Choice]
    mine: Choice | None


class Queued(Protocol):
    """The groups or the values: whatever is gone through."""

    places: Places

    def waiting(self) -> Flags:
        """Tell which places wait."""
        ...


class Frame:
    """Renders templates with what all of them need."""

    def __init__(self, deck: Deck, values: ValuesDeck, csrf: str) -> None:
        self._deck, self._values, self._csrf = deck, values, csrf
        self._me = _me(deck)

    def filters(self, queued: Queued, view: View) -> Filters:
        """Return the choices of a list, the owners with most that waits first."""
        waiting, places = queued.waiting(), queued.places
        owners = [
            Choice(value=each.id, name=self.owner(each.id), n=each.n)
            for each in places.owners(waiting)
        ]
        known = {each.value: each for each in owners}
        return Filters(
            owners=sorted(owners, key=lambda each: (-each.n, each.name, each.value)),
            entities=_choices(places.marks("entity", waiting), ENTITIES),
            codes=_choices(places.marks("code", waiting), {}),
            mine=known.get(self._me) if self._me else None,
        )

    def owner(self, id_: str | None) -> str:
        """Return a user's name; of one that the account does not list, the id."""
        if not id_ or id_ == NOBODY:
            return tr("nobody")
        user = self._deck.shelf.users.get(id_)
        return user.name if user else id_

    def narrowed(self, view: View) -> str:
        """Return in words what the view is narrowed to; "" where it shows everything."""
        told = [self.owner(view.owner)] if view.owner else []
        told += [tr(ENTITIES[view.entity])] if view.entity in ENTITIES else []
        return " · ".join([*told, *([view.code] if view.code else [])])

    def render(self, name: str, view: View, *, counts: Counts, **told: object) -> str:
        """Return the page of this template."""
        deck = self._deck
        return (
            _environment()
            .get_template(f"{name}.html.j2")
            .render(
                language=current(),
                csrf=self._csrf,
                about=deck.about,
                view=view,
                counts=counts,
                n_groups=deck.counts().todo,
                n_values=self._values.counts().todo,
                has_values=len(self._values) > 0,
                is_blind=deck.sample is not None,
                can_undo=deck.last() is not None,
                entities=ENTITIES,
                fields=FIELDS,
                shown=SHOWN,
                **told,
            )
        )


def leaf_of(places: Order, number: int) -> Leaf:
    """Return one leaf of a list; beyond its end, the last one."""
    n = max(1, -(-len(places) // LEAF_ROWS))
    number = min(number, n - 1)
    own = places[number * LEAF_ROWS : (number + 1) * LEAF_ROWS]
    return Leaf(places=[int(each) for each in own], number=number, n=n)


def _choices(counted: Mapping[str, int], names: Mapping[str, str]) -> list[Choice]:
    return [
        Choice(value=key, name=tr(names[key]) if key in names else key, n=n)
        for key, n in sorted(counted.items())
    ]


def _me(deck: Deck) -> str:
    """Return the user of the CRM who sits at the page: their name, address or id is --as."""
    who = deck.log.who.casefold()
    users = deck.shelf.users.items()
    alike = [id_ for id_, user in users if who in (id_, user.name.casefold(), user.email)]
    return alike[0] if len(alike) == 1 else ""


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
