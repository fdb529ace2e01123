"""A second account beside the first: ids of its records that the first one has too are told apart.

Two lists number their rows from 1, and two CRMs their cards. An id that both have is written
`label:id` for the second account, and only there; `label` is chosen so that this is the id
of no other record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from dedupe.contracts import CARDS, SNAPSHOT_TABLES, Account

_CARD_TABLES = {"contact": "contacts", "company": "companies"}
_KEPT = ("contacts", "companies", "channels", "field_values", "fields", "links", "users")


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """The second account, with what matching reads of it, and the label before its ids."""

    account: Account
    label: str

    def own_id(self, record_id: str) -> pl.Expr:
        """Return the id as the account itself has it, of the column `record_id`."""
        return pl.col(record_id).str.strip_prefix(f"{self.label}:")


def tell_apart(account: Account, first: Account, label: str) -> Apart:
    """Return `account` in which no card has the id of one in `first`, nor a deal."""
    ids = pl.concat([_ids(account), _ids(first)])
    while bool(ids["id"].str.starts_with(f"{label}:").any()):
        label += "_"
    both = _ids(account).join(_ids(first), on=["entity", "id"], how="semi")
    tables = {
        name: _renamed(name, account.frame(name), both, label).lazy()
        for name in _KEPT
        if name in account.tables
    }
    return Apart(account=replace(account, tables=tables), label=label)


def _ids(account: Account) -> pl.DataFrame:
    return pl.concat(
        account.frame(_CARD_TABLES[entity]).select("id", entity=pl.lit(str(entity)))
        for entity in CARDS
    ).drop_nulls("id")


def _renamed(name: str, frame: pl.DataFrame, both: pl.DataFrame, label: str) -> pl.DataFrame:
    for entity, table in _CARD_TABLES.items():
        if name == table:
            return _labelled(frame, "id", pl.lit(entity), both, label)
    if name in ("channels", "field_values"):
        return _labelled(frame, "record_id", pl.col("entity"), both, label)
    if name == "links":
        for end in ("from", "to"):
            frame = _labelled(frame, f"{end}_id", pl.col(f"{end}_entity"), both, label)
            # Deals are evidence by being the same: those of two accounts never are.
            is_deal = pl.col(f"{end}_entity") == "deal"
            other = pl.concat_str(pl.lit(f"{label}:"), f"{end}_id")
            frame = frame.with_columns(
                pl.when(is_deal).then(other).otherwise(f"{end}_id").alias(f"{end}_id")
            )
        return SNAPSHOT_TABLES["links"].conform(frame)
    return frame


def _labelled(
    frame: pl.DataFrame, column: str, entity: pl.Expr, both: pl.DataFrame, label: str
) -> pl.DataFrame:
    """Write the label before the ids of `column` that both accounts have."""
    keys = both.select(of="entity", known="id", is_both=pl.lit(True))
    joined = frame.with_columns(of=entity, known=pl.col(column)).join(
        keys, on=["of", "known"], how="left", maintain_order="left"
    )
    other = pl.concat_str(pl.lit(f"{label}:"), column)
    return joined.with_columns(
        pl.when("is_both").then(other).otherwise(column).alias(column)
    ).select(frame.columns)
