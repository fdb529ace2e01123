"""What the records say of a setting: how often it is used, and when last. Deleted ones are out."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, live_records
from dedupe.audit.frames.fills import fills
from dedupe.contracts import GROUPS, NAMES, VALUES, Account


def live(account: Account) -> pl.LazyFrame:
    """Return entity, record_id, created_at, updated_at of every live card and deal."""
    parts = [
        live_records(account, entity).select(
            "created_at", "updated_at", entity=pl.lit(entity), record_id="id"
        )
        for entity in TABLE_OF
    ]
    return pl.concat(parts)


def field_use(account: Account) -> pl.DataFrame:
    """Return entity, field_id, filled, share, last_use: of each field that any live record has.

    `share` is of the live records of the entity; what counts as filled is as in the audit.
    """
    facts = Facts(
        account=account, values=VALUES.empty(), names=NAMES.empty(), groups=GROUPS.empty()
    )
    sizes = live(account).group_by("entity").agg(base=pl.len()).collect()
    share = pl.col("n_filled") / pl.col("base")
    counted = fills(facts).join(sizes, on="entity")
    return counted.select(
        "entity", "field_id", filled="n_filled", last_use="last_used", share=share
    )


def tag_use(account: Account) -> pl.DataFrame:
    """Return entity, name, records, last_use of each tag that is on a live record."""
    tagged = account.frame("record_tags").lazy().unique()
    used = tagged.join(live(account), on=["entity", "record_id"])
    by_tag = used.group_by("entity", name="tag")
    return by_tag.agg(records=pl.len(), last_use=pl.max("updated_at")).collect()


def deal_use(account: Account, *keys: str, where: pl.Expr | None = None) -> pl.DataFrame:
    """Return `keys`, deals, open_deals, money (of the open ones), last_deal of the live deals."""
    deals = live_records(account, "deal")
    counted = deals if where is None else deals.filter(where)
    is_open = pl.col("state") == "open"
    price = pl.col("price").filter(is_open)
    return (
        counted.group_by(*keys)
        .agg(
            deals=pl.len(),
            open_deals=is_open.sum(),
            money=pl.when(price.count() > 0).then(price.sum()),
            stage_money=pl.when(pl.col("price").count() > 0).then(pl.col("price").sum()),
            last_deal=pl.max("created_at"),
        )
        .collect()
    )


def task_use(account: Account) -> pl.DataFrame:
    """Return task_type_id, tasks, last_use of each task type that a task has."""
    tasks = account.frame("tasks").lazy().group_by("task_type_id")
    return tasks.agg(tasks=pl.len(), last_use=pl.max("created_at")).collect()
