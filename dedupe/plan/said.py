"""What the values of a few cards are read as, when a plan reads them again.

A scan's files leave out how sure each reading was, and a repeat is dropped only where it is sure.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import polars as pl

from dedupe.normalize import build_values, propose_values

from .cards import ref_key
from .inputs import PlanInputs, PlanOptions
from .ops import Ref
from .values_change import spelling

CHANNELS = ("phone", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one value of a card was read as, when it was read again."""

    raw: str
    position: int
    value: str
    extension: str
    is_single: bool
    action: str
    proposal: str | None
    is_automatic: bool

    @property
    def says_nothing_else(self) -> bool:
        """Tell whether the value is its number or address and nothing more."""
        return self.is_automatic or spelling(self.raw) == spelling(self.value)


def channels_of(inputs: PlanInputs, refs: set[Ref] | None) -> pl.DataFrame:
    """Return the numbers and addresses of these cards; without `refs`, of all."""
    frame = inputs.account.frame("channels").lazy()
    frame = frame.filter(pl.col("kind").is_in(CHANNELS))
    if refs is None:
        return frame.collect()
    wanted = pl.DataFrame(
        [(ref.entity, ref.id) for ref in sorted(refs, key=ref_key)],
        schema={"entity": pl.String, "record_id": pl.String},
        orient="row",
    )
    return frame.join(wanted.lazy(), on=["entity", "record_id"], how="semi").collect()


def proposals_of(inputs: PlanInputs, options: PlanOptions, refs: set[Ref] | None) -> pl.DataFrame:
    """Return what each of their values should become (PROPOSALS)."""
    return propose_values(values_of(inputs, options, refs))


def values_of(inputs: PlanInputs, options: PlanOptions, refs: set[Ref] | None) -> pl.DataFrame:
    """Return what each of their values holds (VALUES)."""
    return build_values(channels_of(inputs, refs), options.phone)


def read_again(
    inputs: PlanInputs, options: PlanOptions, refs: set[Ref]
) -> dict[tuple[Ref, str], list[Said]]:
    """Read the values of a few cards again: a scan's files leave out how sure each reading was."""
    if not refs:
        return {}
    place = ["entity", "record_id", "kind", "position"]
    values = values_of(inputs, options, refs)
    proposals = propose_values(values).select(*place, "raw", "action", "proposal", "is_automatic")
    n_parts = values.group_by(*place, "raw").agg(n=pl.len())
    parts = values.filter(pl.col("value").is_not_null()).select(
        *place, "raw", "part", "value", pl.col("extension").fill_null("")
    )
    joined = (
        parts.join(proposals, on=[*place, "raw"])
        .join(n_parts, on=[*place, "raw"])
        .sort("entity", "record_id", "kind", "position", "raw", "part")
    )
    said: dict[tuple[Ref, str], list[Said]] = defaultdict(list)
    for row in joined.iter_rows(named=True):
        said[Ref(row["entity"], row["record_id"]), row["kind"]].append(
            Said(
                raw=row["raw"],
                position=row["position"] or 0,
                value=row["value"],
                extension=row["extension"],
                is_single=row["n"] == 1,
                action=row["action"],
                proposal=row["proposal"],
                is_automatic=bool(row["is_automatic"]),
            )
        )
    return said
