"""What a contract is: the columns of a frame, their dtypes, and what identifies a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from dedupe.errors import CrmCleanError

TEXT = pl.String()
MOMENT = pl.Datetime("us", "UTC")
FLAG = pl.Boolean()
WHOLE = pl.Int32()
NUMBER = pl.Float64()


class Entity(StrEnum):
    """The kind of a record."""

    CONTACT = "contact"
    COMPANY = "company"
    DEAL = "deal"


CARDS = (Entity.CONTACT, Entity.COMPANY)


class ContractError(CrmCleanError):
    """A stage returned a frame that breaks its contract: a bug in the engine."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns a frame has, in order, and the columns that identify a row."""

    name: str
    schema: pl.Schema
    key: tuple[str, ...]

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame`, or raise when a column or dtype is not as declared."""
        if frame.schema == self.schema:
            return frame
        want, got = dict(self.schema), dict(frame.schema)
        columns = [c for c in {**want, **got} if got.get(c) != want.get(c)]
        wrong = [f"{c}: {got.get(c)} != {want.get(c)}" for c in columns]
        raise ContractError(f"{self.name}: {'; '.join(wrong) or 'columns out of order'}")

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` with exactly the contract's columns: absent ones null, dtypes cast."""
        columns = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in self.schema.items()
        ]
        return self.check(frame.select(columns))

    def empty(self) -> pl.DataFrame:
        """Return a frame of no rows."""
        return pl.DataFrame(schema=self.schema)


def contract(name: str, key: str, /, **columns: pl.DataType) -> Contract:
    """Declare a contract: its name, its key's columns in one string, its columns with dtypes."""
    return Contract(name, pl.Schema(columns), tuple(key.split()))
