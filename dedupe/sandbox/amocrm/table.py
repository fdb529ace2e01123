"""One kind of record of the account: rows in columns, changed ones as dicts.

The columns hold what lists are ordered and filtered by, as whole numbers; NONE
stands for null and texts are numbered (`Words`). A record itself is made from its
source's columns when a page asks for it, until it is changed: from then on it is a
dict. So an account of any size is served from its tables, without a dict a record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Record = dict[str, Any]
Make = Callable[[Ints], list[Record]]
Keys = Callable[[Record], Mapping[str, int]]
Search = Callable[[str, bool], Flags]  # which source rows hold a text, or have it as their name

NONE = -1  # null in a column: no id, moment or price of the API is negative


class Words:
    """Texts as numbers, so that a column of texts is a column of whole numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of `text`, a new one when it was never seen."""
        return self._numbers.setdefault(text, len(self._numbers))


class Table:
    """The records of one kind, in ascending order of their ids.

    `columns` has at least id, created_at, updated_at and is_deleted; `make` builds the records of
    given rows, `keys` returns the columns' values of a record.
    """

    def __init__(
        self, columns: Mapping[str, Ints], make: Make, keys: Keys, search: Search | None = None
    ) -> None:
        self._first = columns["id"]
        self._n = len(self._first)
        self._columns = {name: np.array(values, dtype=np.int64) for name, values in columns.items()}
        self._columns["is_gone"] = np.zeros(self._n, dtype=np.int64)
        self._make, self._keys, self._search = make, keys, search
        self._changed: dict[int, Record] = {}
        self._added: dict[int, int] = {}
        self._orders: dict[str, Ints] = {}
        self._highest = int(self._first[-1]) if self._n else 0
        self.version = 0  # grows with every change

    def column(self, name: str) -> Ints:
        """Return a column, one value a row; not to be written to."""
        return self._columns[name][: self._n]

    def has_column(self, name: str) -> bool:
        """Tell whether there is such a column."""
        return name in self._columns

    def row(self, id_: int) -> int | None:
        """Return the row of a record, None when there is none."""
        at = self._place(id_)
        return None if at is None or self._columns["is_gone"][at] else at

    def get(self, id_: int) -> Record | None:
        """Return a private copy of a record."""
        row = self.row(id_)
        return None if row is None else deepcopy(self.read(np.array([row]))[0])

    def read(self, rows: Ints) -> list[Record]:
        """Return the records of `rows`, which are not to be written to."""
        if not self._changed:
            return self._make(rows)
        ids = self._columns["id"][rows].tolist()
        fresh = [place for place, id_ in enumerate(ids) if id_ not in self._changed]
        made = dict(zip(fresh, self._make(rows[fresh]), strict=True)) if fresh else {}
        return [made[i] if i in made else self._changed[id_] for i, id_ in enumerate(ids)]

    def changed(self) -> Mapping[int, Record]:
        """Return the records that were put, by id; not to be written to."""
        return self._changed

    def put(self, record: Record) -> None:
        """Insert or replace a record; its columns follow."""
        id_ = int(record["id"])
        row = self._place(id_)
        if row is None:
            row = self._added[id_] = self._new_row()
            self._highest = max(self._highest, id_)
        self._columns["is_gone"][row] = 0
        for name, value in (dict(self._keys(record)) | {"id": id_}).items():
            self._columns[name][row] = value
        self._changed[id_] = deepcopy(record)
        self._touch()

    def remove(self, id_: int) -> None:
        """Take a record away, as if it had never been there; its id is not given again."""
        row = self.row(id_)
        if row is not None:
            self._columns["is_gone"][row] = 1
            self._changed.pop(id_, None)
            self._touch()

    def new_id(self) -> int:
        """Return an id above all that there ever were."""
        self._highest += 1
        return self._highest

    def seen(self, id_: int) -> None:
        """Give no id up to this one from now on."""
        self._highest = max(self._highest, id_)

    def rows(self, order: str = "id", *, descending: bool = False) -> Ints:
        """Return all rows, ordered by a column and then by id, both in the same direction."""
        if order not in self._orders:
            by = np.lexsort((self.column("id"), self.column(order)))
            self._orders[order] = by[self.column("is_gone")[by] == 0]
        found = self._orders[order]
        return found[::-1] if descending else found

    def search(self, text: str, *, is_name: bool = False) -> Flags:
        """Return which rows hold `text` in a name or a field, or have it as their name."""
        found = np.zeros(self._n, dtype=np.bool_)
        if self._search is not None:
            found[: len(self._first)] = self._search(text, is_name)
        for id_, record in self._changed.items():
            found[self._place(id_)] = _holds(record, text.lower(), is_name=is_name)
        return found

    def _place(self, id_: int) -> int | None:
        """Return the row of a record whether it was taken away or not."""
        if not 0 < id_ < 2**63:
            return None
        at = int(np.searchsorted(self._first, id_))
        if at < len(self._first) and self._first[at] == id_:
            return at
        return self._added.get(id_)

    def _new_row(self) -> int:
        if self._n == len(self._columns["id"]):
            spare = np.full(max(16, self._n), NONE, dtype=np.int64)  # doubling: puts stay cheap
            for name, values in self._columns.items():
                self._columns[name] = np.concatenate([values, spare])
        self._n += 1
        return self._n - 1

    def _touch(self) -> None:
        self._orders.clear()
        self.version += 1


def _holds(record: Record, text: str, *, is_name: bool) -> bool:
    name = str(record.get("name") or "").lower()
    if is_name:
        return name == text
    values = [v for f in record.get("custom_fields_values") or () for v in f["values"] or ()]
    return text in name or any(text in str(v.get("value") or "").lower() for v in values)
