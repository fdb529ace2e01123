"""The values to decide on: texts on cards whose repair the scan is not sure enough to write.

A place is one text in one field of one card, whichever checks have found it. Only lists are asked
about: a text field holds one value, and no plan splits it. Cards that carry the mark of a merged
duplicate are left out, as a plan leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dedupe.contracts import CERTAIN, Account
from dedupe.plan.cards import MULTI_TYPES, OWN_MULTI
from dedupe.plan.lines import CRMS

_CHANNELS = ("phone", "email")
_PLACE = ["entity", "record_id", "field", "raw"]
_TABLES = {"contact": "contacts", "company": "companies"}
_EVIDENCE = {
    "part": pl.Int32(),
    "value": pl.String(),
    "extension": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "rule": pl.String(),
}
ASKED = pl.Schema(
    {
        "v": pl.UInt32(),
        "entity": pl.String(),
        "record_id": pl.String(),
        "field": pl.String(),
        "raw": pl.String(),
        "proposal": pl.String(),
        "code": pl.String(),
        "confidence": pl.Float64(),
        "name": pl.String(),
        "owner_id": pl.String(),
    }
)
EVIDENCE = pl.Schema({"v": pl.UInt32(), **_EVIDENCE, "n_others": pl.UInt32()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesQueue:
    """`asked` (ASKED) by check, then the surest, then id; `evidence` (EVIDENCE) by v and part.

    `n_others` counts the other cards that hold the part's number or address.
    """

    asked: pl.DataFrame = field(default_factory=ASKED.to_frame)
    evidence: pl.DataFrame = field(default_factory=EVIDENCE.to_frame)


def build_values_queue(
    account: Account, findings: pl.DataFrame, values: pl.DataFrame, *, mark_tag: str = ""
) -> ValuesQueue:
    """Return the values of a scan that wait for a person; of files none: no plan changes them."""
    if account.crm not in CRMS:
        return ValuesQueue()
    unsure = pl.col("confidence").fill_null(0.0) < CERTAIN
    found = findings.lazy().filter(
        pl.col("field").is_in(_CHANNELS)
        & pl.col("proposal").is_not_null()
        & (pl.col("proposal") != pl.col("value"))
        & unsure
    )
    asked = (
        found.select("code", "entity", "record_id", "field", "proposal", "confidence", raw="value")
        .sort("code", "proposal")
        .unique(_PLACE, keep="first", maintain_order=True)
        .join(_listed(account).lazy(), on=_PLACE, how="semi")
        .join(_tagged(account, mark_tag).lazy(), on=["entity", "record_id"], how="anti")
        .join(_cards(account).lazy(), on=["entity", "record_id"], how="left")
        .sort("code", -pl.col("confidence").fill_null(0.0), "entity",
              pl.col("record_id").str.len_bytes(), "record_id", "field", "raw")
        .with_row_index("v")
        .select(ASKED.names())
        .cast(ASKED)
        .collect()
    )  # fmt: skip
    return ValuesQueue(asked=asked, evidence=_evidence(asked, values))


def _listed(account: Account) -> pl.DataFrame:
    """Return the texts that stand in lists, as places."""
    channels = account.frame("channels").select(
        "entity", "record_id", "field_id", field="kind", raw="raw"
    )
    kinds = account.frame("fields").select("entity", "type", field_id="id").unique()
    kind = pl.col("type").fill_null("")
    is_list = pl.when(kind == "").then(pl.col("field_id").is_in(OWN_MULTI))
    told = channels.join(kinds, on=["entity", "field_id"], how="left")
    return told.filter(is_list.otherwise(kind.is_in(MULTI_TYPES))).select(_PLACE).unique()


def _tagged(account: Account, tag: str) -> pl.DataFrame:
    tags = account.frame("record_tags").filter(pl.col("tag") == tag)
    return tags.select("entity", "record_id").unique()


def _cards(account: Account) -> pl.DataFrame:
    return pl.concat(
        account.frame(name).select("name", "owner_id", entity=pl.lit(entity), record_id="id")
        for entity, name in _TABLES.items()
    ).unique(["entity", "record_id"], keep="first")


def _evidence(asked: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return what the parts of each text were read as; an older scan's file says less."""
    missing = [
        pl.lit(None, kind).alias(name)
        for name, kind in _EVIDENCE.items()
        if name not in values.columns
    ]
    told = values.rename({"kind": "field"}).with_columns(missing)
    places = asked.select("v", *_PLACE)
    own = told.join(places, on=_PLACE).unique(["v", "part", "value"], keep="first")
    number = ["field", "value"]
    holders = told.drop_nulls("value").join(own.select(number).unique(), on=number, how="semi")
    counted = holders.group_by(number).agg(n=pl.struct("entity", "record_id").n_unique())
    n_others = (pl.col("n").fill_null(1) - 1).cast(pl.UInt32)
    return (
        own.join(counted, on=number, how="left")
        .with_columns(n_others=n_others)
        .sort("v", "part", "value")
        .select(EVIDENCE.names())
        .cast(EVIDENCE)
    )
