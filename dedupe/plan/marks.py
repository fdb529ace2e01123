"""What a merge leaves on a duplicate where the CRM can't merge, and which cards it can be told by.

The mark is the tag that a plan puts on last (`planning.mark_tag`, to the letter). Where the
account has the checkbox "Удалить" and somebody has said no in it since, the mark is taken off; a
box that says nothing leaves it on, for an account may get its box after the merges.

A tag alone proves nothing: a person may use the same word. So a marked card is only held to be
merged where it is not needed any more: one other live card without the mark, its survivor, has
every number and address that can be read on it (without any: the same name), and no deal that is
not deleted, no open task, and of a company no contact hangs on it. All this is what a merge has
made of it. What a crowd of cards holds tells no survivor and can't be lost. Everything else that is
marked is needed still, and `reason` says why.
"""

from __future__ import annotations

import polars as pl

from dedupe.config.planning import Planning
from dedupe.contracts import CARDS, MARKED, Account

from .cards import TABLES, Field, Fields, id_sort

DELETE_NAMES = ("Удалить", "На удаление", "Delete")
CROWD = 30  # cards that hold a number or mailbox: beyond, it is no one's own
NO_SURVIVOR, MORE_VALUES = "no_survivor", "more_values"
HAS_DEALS, HAS_TASKS, HAS_CONTACTS = "has_deals", "has_tasks", "has_contacts"
_NO = ("false", "0", "нет", "no", "n", "-")
_CARD = ["entity", "record_id"]
_VALUE = ["entity", "kind", "key"]


def delete_field(fields: Fields, entity: str, named: str | None) -> Field | None:
    """Return the checkbox by which people know what to delete, where the account has one."""
    found = [fields.find(entity, name) for name in ((named,) if named else DELETE_NAMES)]
    return next((each for each in found if each and each.type == "checkbox"), None)


def find_marked(
    account: Account,
    cards: pl.DataFrame,
    values: pl.DataFrame,
    names: pl.DataFrame,
    planning: Planning,
) -> pl.DataFrame:
    """Return the marked ones among `cards` as MARKED.

    `cards` are the account's live ones: entity, record_id, and own_id, by which the account itself
    calls them; `values` (VALUES) and `names` (NAMES) go by record_id.
    """
    live = cards.select("entity", "record_id", "own_id")
    marked = _tagged(account, live, planning)
    if marked.is_empty():
        return MARKED.empty()
    others = live.join(marked, on=_CARD, how="anti")
    told = _by_values(marked, others, values).join(
        _by_name(marked, others, names), on=_CARD, how="left"
    )
    has_none = pl.col("n_keys") == 0
    survivor = pl.when(has_none).then("namesake").otherwise("holder")
    is_whole = has_none | (pl.col("n_held") == pl.col("n_keys"))
    hanging = _hanging(account, marked)
    told = told.join(hanging, on=_CARD, how="left").with_columns(survivor=survivor)
    reason = (
        pl.when(pl.col("survivor").is_null())
        .then(pl.lit(NO_SURVIVOR))
        .when(pl.col("hanging").is_not_null())
        .then("hanging")
        .when(~is_whole)
        .then(pl.lit(MORE_VALUES))
    )
    return MARKED.conform(told.with_columns(reason=reason).sort("entity", *id_sort("record_id")))


def _tagged(account: Account, live: pl.DataFrame, planning: Planning) -> pl.DataFrame:
    """Return the live cards with the tag, but for those whose checkbox says no."""
    table = account.tables.get("record_tags")
    if table is None or live.is_empty():
        return live.clear()
    tags = table.filter(pl.col("tag") == planning.mark_tag).select("entity", own_id="record_id")
    tagged = live.join(tags.unique().collect(), on=["entity", "own_id"], how="semi")
    if tagged.is_empty():
        return tagged
    return tagged.join(_refused(account, planning), on=["entity", "own_id"], how="anti")


def _refused(account: Account, planning: Planning) -> pl.DataFrame:
    """Return the cards whose checkbox "delete me" says no: entity and own_id."""
    fields = Fields.of(account)
    found = [(str(e), delete_field(fields, str(e), planning.delete_field)) for e in CARDS]
    boxes = [(entity, box.id) for entity, box in found if box is not None]
    known = pl.DataFrame(boxes, schema={"entity": pl.String, "field_id": pl.String}, orient="row")
    values = account.frame("field_values").join(known, on=["entity", "field_id"], how="semi")
    is_no = pl.col("raw").str.strip_chars().str.to_lowercase().is_in(_NO)
    return values.filter(is_no).select("entity", own_id="record_id").unique()


def _by_values(marked: pl.DataFrame, others: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return each marked card with `n_keys` of its own, its best `holder` and `n_held` of them.

    The best has most of the values; of several the smallest id.
    """
    key = pl.coalesce("match_key", "value")
    keyed = values.lazy().select(*_CARD, "kind", key=key).drop_nulls("key").unique()
    own = keyed.join(marked.lazy().select(_CARD), on=_CARD, how="semi").collect()
    asked = own.lazy().select(_VALUE).unique()
    held = (
        keyed.join(others.lazy().select(_CARD), on=_CARD, how="semi")
        .join(asked, on=_VALUE, how="semi")
        .rename({"record_id": "holder"})
        .collect()
    )
    crowds = held.group_by(_VALUE).len().filter(pl.col("len") > CROWD)
    own, held = (each.join(crowds, on=_VALUE, how="anti") for each in (own, held))
    best = (
        own.join(held, on=_VALUE)
        .group_by(*_CARD, "holder")
        .agg(n_held=pl.len())
        .sort(pl.col("n_held"), *id_sort("holder"), descending=[True, False, False])
        .unique(_CARD, keep="first", maintain_order=True)
    )
    sizes = own.group_by(_CARD).agg(n_keys=pl.len())
    return (
        marked.select(_CARD)
        .join(sizes, on=_CARD, how="left")
        .join(best, on=_CARD, how="left")
        .with_columns(pl.col("n_keys", "n_held").fill_null(0))
    )


def _by_name(marked: pl.DataFrame, others: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Return each marked card's `namesake`: of the other cards with its name the smallest id."""
    named = names.select(*_CARD, "match_key").drop_nulls("match_key")
    named = named.filter(pl.col("match_key") != "")
    bearers = (
        named.join(others, on=_CARD, how="semi")
        .sort(id_sort("record_id"))
        .unique(["entity", "match_key"], keep="first", maintain_order=True)
        .rename({"record_id": "namesake"})
    )
    own = named.join(marked, on=_CARD, how="semi")
    return own.join(bearers, on=["entity", "match_key"]).select(*_CARD, "namesake")


def _hanging(account: Account, marked: pl.DataFrame) -> pl.DataFrame:
    """Return the marked cards on which something still hangs, and what: the gravest kind."""
    own = marked.lazy().select("entity", "own_id", "record_id")
    held = {
        HAS_DEALS: _linked(account, "deal"),
        HAS_TASKS: _open_tasks(account),
        HAS_CONTACTS: _linked(account, "contact").filter(pl.col("entity") == "company"),
    }
    ranked = [
        each.with_columns(hanging=pl.lit(kind), rank=pl.lit(rank))
        for rank, (kind, each) in enumerate(held.items())
    ]
    found = pl.concat(ranked).join(own, on=["entity", "own_id"]).sort(*_CARD, "rank")
    gravest = found.unique(_CARD, keep="first", maintain_order=True)
    return gravest.select(*_CARD, "hanging").collect()


def _linked(account: Account, entity: str) -> pl.LazyFrame:
    """Return the cards with a link to a record of `entity` that is not deleted."""
    links = account.frame("links").lazy().drop_nulls(["from_id", "to_id"])
    ends = [("from", "to"), ("to", "from")]
    both = [
        links.filter(pl.col(f"{far}_entity") == entity).select(
            entity=f"{near}_entity", own_id=f"{near}_id", id=f"{far}_id"
        )
        for near, far in ends
    ]
    table = account.frame({"deal": "deals", **TABLES}[entity]).lazy()
    gone = table.filter(pl.col("is_deleted").fill_null(value=False)).select("id")
    # A deal that we may not see is still the card's: only deleted ones are left out.
    return pl.concat(both).join(gone, on="id", how="anti").select("entity", "own_id").unique()


def _open_tasks(account: Account) -> pl.LazyFrame:
    tasks = account.frame("tasks").lazy()
    is_open = ~pl.col("is_completed").fill_null(value=False)
    return tasks.filter(is_open).select("entity", own_id="record_id").drop_nulls().unique()
