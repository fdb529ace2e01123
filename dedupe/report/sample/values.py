"""What a sample is: the mark that its file is known by, and its rows as a reviewer sees them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dedupe.language import N_

SCHEMA = "crmclean.sample/1"
VERDICTS = {"right": N_("right"), "wrong": N_("wrong"), "unclear": N_("unclear")}
TIERS = ("auto", "review")  # of pairs, which are sampled by the name of their tier
OWNER = "owner"

Cell = str | float | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be sampled: of a check's findings, or of the pairs of a tier."""

    code: str
    n: int
    seed: int
    by: str = ""  # owner, or "" for a simple sample

    @property
    def is_pairs(self) -> bool:
        """Tell whether pairs of cards are sampled, not records."""
        return self.code in TIERS


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its stable name, its head in the reviewer's language, its kind.

    `kind` is text, link, money, moment, lines or, for the reviewer to fill, verdict or free.
    """

    name: str
    title: str
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a file says of its sample, so that a filled one is known for ours.

    `keys` are "entity/id" or "entity/left:right" in the order of the rows, `owners` the owner's
    id of each, "" where unknown; `strata` the size of the population by owner's id. `words` are
    the verdicts as the file has them.
    """

    scan_id: str
    code: str
    seed: int
    by: str
    population: int
    keys: tuple[str, ...]
    owners: tuple[str, ...]
    owner_names: Mapping[str, str] = field(default_factory=dict)
    strata: Mapping[str, int] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""

    def to_text(self) -> str:
        """Return the mark as one line of ASCII JSON with its check sum."""
        told = self._document()
        return json.dumps(told | {"sum": _sum(told)}, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Mark:
        """Return the mark that `to_text` wrote. Raises ValueError where it was altered."""
        told = json.loads(text)
        if not isinstance(told, dict) or told.pop("sum", None) != _sum(told):
            raise ValueError("altered")
        if told.pop("schema") != SCHEMA:
            raise ValueError("schema")
        names = ("keys", "owners")
        mark = cls(**{**told, **{name: tuple(told[name]) for name in names}})
        if len(mark.keys) != len(mark.owners):
            raise ValueError("rows")
        return mark

    def _document(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "scan_id": self.scan_id,
            "code": self.code,
            "seed": self.seed,
            "by": self.by,
            "population": self.population,
            "keys": list(self.keys),
            "owners": list(self.owners),
            "owner_names": dict(self.owner_names),
            "strata": dict(self.strata),
            "heads": dict(self.heads),
            "words": dict(self.words),
            "sheet": self.sheet,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A drawn sample: its columns, its rows in the order drawn, and its mark."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    mark: Mark
    guide: tuple[str, ...] = ()


def _sum(told: Mapping[str, Any]) -> str:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
