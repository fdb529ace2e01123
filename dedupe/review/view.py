"""What of the queue somebody looks at: its order, an owner's cards, one entity, one check.

A view is kept in the page's address and in its forms, so that every page leads on inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
import polars as pl

NOBODY = "-"  # the owner of cards without one
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The order's name, and what is looked at; "" stands for everything."""

    order: str = ""
    owner: str = ""
    entity: str = ""
    code: str = ""

    @classmethod
    def of(cls, told: Mapping[str, str]) -> View:
        """Return the view that an address or a form names."""
        return cls(**{name: told.get(name, "") for name in cls.__slots__})

    def fields(self) -> list[tuple[str, str]]:
        """Return what it says, for an address or for a form."""
        return [(name, getattr(self, name)) for name in self.__slots__ if getattr(self, name)]

    def query(self, **more: object) -> str:
        """Return it as the end of an address; a field of `more` comes instead of its own."""
        told = dict(self.fields()) | {name: str(value) for name, value in more.items()}
        kept = {name: value for name, value in told.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True, slots=True)
class OwnerCount:
    """An owner of cards in the queue, and how many of its places wait for a decision."""

    id: str
    n: int


class Places:
    """Whose cards stand at which place of a queue, and of what entity and check they are.

    `owners` has a row a card: place (0 to n - 1) and owner_id; null is nobody.
    """

    def __init__(self, owners: pl.DataFrame, marks: pl.DataFrame) -> None:
        told = owners.select(
            pl.col("place").cast(pl.Int64), pl.col("owner_id").fill_null(NOBODY).cast(pl.String)
        ).unique()
        self.ids: list[str] = told["owner_id"].unique().sort().to_list()
        number = {id_: at for at, id_ in enumerate(self.ids)}
        self._place = told["place"].to_numpy()
        numbers = told["owner_id"].replace_strict(number, return_dtype=pl.Int64)
        self._owner = numbers.to_numpy().astype(np.int64)  # of an empty one, polars gives objects
        self._number = number
        self._marks = {name: marks[name].to_numpy() for name in marks.columns}
        self._n = marks.height
        self._masks: dict[tuple[str, str, str], Flags] = {}

    def mask(self, view: View) -> Flags:
        """Tell which places the view shows; an unknown owner has none."""
        key = (view.owner, view.entity, view.code)
        if key not in self._masks:
            if len(self._masks) > 200:  # views that somebody made up are not kept for ever
                self._masks.clear()
            self._masks[key] = self._masked(view)
        return self._masks[key]

    def _masked(self, view: View) -> Flags:
        shown = np.ones(self._n, dtype=np.bool_)
        for name, own in self._marks.items():
            wanted = getattr(view, name)
            if wanted:
                shown &= own == wanted
        if view.owner:
            theirs = np.zeros(self._n, dtype=np.bool_)
            theirs[self._place[self._owner == self._number.get(view.owner, -1)]] = True
            shown &= theirs
        return shown

    def owners(self, waiting: Flags) -> list[OwnerCount]:
        """Return every owner with the places of `waiting` that hold a card of theirs."""
        n = np.bincount(self._owner[waiting[self._place]], minlength=len(self.ids))
        return [OwnerCount(id_, int(n[at])) for at, id_ in enumerate(self.ids)]

    def marks(self, name: str, waiting: Flags) -> dict[str, int]:
        """Return every entity, or every check, with its places of `waiting`."""
        if name not in self._marks:
            return {}
        names, at = np.unique(self._marks[name].astype(str), return_inverse=True)
        n = np.bincount(at[waiting], minlength=len(names))
        return {str(each): int(count) for each, count in zip(names, n, strict=True)}
