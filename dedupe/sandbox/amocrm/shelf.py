"""A few records of one kind as dicts: settings, which are small in any account."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from .table import Record

Id = int | str


class Shelf:
    """Records by id, in the order in which they came; `key` names what they are known by."""

    def __init__(self, records: Iterable[Record] = (), key: str = "id") -> None:
        self._key = key
        self._records: dict[Id, Record] = {record[key]: record for record in records}
        self._highest = max((id_ for id_ in self._records if isinstance(id_, int)), default=0)

    def get(self, id_: Id) -> Record | None:
        """Return a private copy of a record."""
        found = self._records.get(id_)
        return None if found is None else deepcopy(found)

    def put(self, record: Record) -> None:
        """Insert or replace a record."""
        id_ = record[self._key]
        self._records[id_] = deepcopy(record)
        if isinstance(id_, int):
            self._highest = max(self._highest, id_)

    def remove(self, id_: Id) -> None:
        """Take a record away; its id is not given again."""
        self._records.pop(id_, None)

    def new_id(self) -> int:
        """Return an id above all that there ever were."""
        self._highest += 1
        return self._highest

    def all(self) -> list[Record]:
        """Return private copies of all records, in order."""
        return deepcopy(list(self._records.values()))

    def ids(self) -> list[Id]:
        """Return the ids in order."""
        return list(self._records)

    def __len__(self) -> int:
        return len(self._records)
