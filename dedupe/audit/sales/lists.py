"""Call lists: contacts that were loaded to be called, and the deals that were made for them.

A list is the contacts with one tag. Which tags are lists the config tells (option tags of
LST001); else a tag is one when enough contacts have it and most of them were made by one hand
within an hour. Contacts so made that no such tag holds together are a list named by its time.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.audit.frames.clients import clients

from .base import deals
from .bursts import bursts
from .stages import stages

LIST_DEALS = (  # what the checks of lists need to be read
    "deals",
    "deals.state",
    "links.contact.deal",
    "contacts",
    "contacts.created_at",
    "record_tags.contact",
)
_HOUR = timedelta(hours=1)
_KEY = ["tag", "created_by"]


def call_lists(facts: Facts) -> pl.DataFrame:
    """Return list and record_id of every live contact in a list; it may be in several."""
    return facts.once("call lists", lambda: _lists(facts))


def list_contacts(facts: Facts) -> pl.DataFrame:
    """Return record_id, list (the first by name), owner_id of the contacts in lists, each once."""
    first = call_lists(facts).group_by("record_id").agg(pl.col("list").min())
    owners = facts.live("contact").select("owner_id", record_id="id").collect()
    return first.join(owners, on="record_id", how="left").sort("record_id")


def list_deals(facts: Facts) -> pl.DataFrame:
    """Return the live deals of contacts in lists, each once, with `list` and `rank`.

    `rank` is of the open or won stage a deal stands in (1: the first open one), else null.
    """
    return facts.once("list deals", lambda: _list_deals(facts))


def _list_deals(facts: Facts) -> pl.DataFrame:
    of_contacts = clients(facts).filter(pl.col("entity") == "contact")
    placed = of_contacts.join(call_lists(facts), on="record_id", how="inner")
    lists = placed.group_by(id="deal_id").agg(pl.col("list").min())
    steps = stages(facts).select("pipeline_id", "status_id", "rank")
    own = deals(facts).join(lists, on="id", how="inner")
    return own.join(steps, on=["pipeline_id", "status_id"], how="left")


def _lists(facts: Facts) -> pl.DataFrame:
    named = facts.option("LST001", "tags", tuple)
    tagged = (
        facts.account.frame("record_tags")
        .lazy()
        .filter((pl.col("entity") == "contact") & pl.col("tag").is_not_null())
        .select("record_id", "tag")
        .unique()
        .join(facts.live("contact").select("id", *_MADE), left_on="record_id", right_on="id")
        .collect()
    )
    if named:
        wanted = {tag.strip().casefold() for tag in named}
        spellings = [tag for tag in tagged["tag"].unique() if tag.strip().casefold() in wanted]
        return _as_lists(tagged.filter(pl.col("tag").is_in(spellings)))
    loaded = _as_lists(tagged.join(_loaded_tags(tagged, facts), on="tag", how="semi"))
    return pl.concat([loaded, _untagged(loaded, facts)]).sort("list", "record_id")


_MADE = ("created_by", "created_at")


def _as_lists(tagged: pl.DataFrame) -> pl.DataFrame:
    return tagged.select("record_id", list="tag").sort("list", "record_id")


def _loaded_tags(tagged: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the tags most of whose contacts were made by one hand within an hour."""
    least = facts.option("LST001", "least", int)
    most_of = facts.option("LST001", "share", float)
    sized = tagged.with_columns(
        need=(pl.len().over("tag") * most_of).ceil().cast(pl.Int64).clip(lower_bound=1),
        size=pl.len().over("tag"),
    ).filter((pl.col("size") >= least) & pl.all_horizontal(pl.col(*_MADE).is_not_null()))
    ordered = sized.sort(*_KEY, "created_at").with_columns(
        left=pl.int_range(pl.len(), 0, -1).over(_KEY)
    )
    # The row `need` - 1 below is of the same hand when enough rows of it are left.
    below = (pl.int_range(pl.len()) + pl.col("need") - 1).clip(upper_bound=pl.len() - 1)
    spans = ordered.with_columns(last=pl.col("created_at").gather(below))
    is_quick = (pl.col("left") >= pl.col("need")) & (pl.col("last") - pl.col("created_at") <= _HOUR)
    return spans.filter(is_quick).select("tag").unique()


def _untagged(loaded: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    contacts = facts.live("contact").select("id", *_MADE).collect()
    rest = contacts.join(loaded, left_on="id", right_on="record_id", how="anti")
    made = bursts(
        rest,
        least=facts.option("LST001", "least", int),
        within=_HOUR,
        who="created_by",
        at="created_at",
    )
    start = pl.col("created_at").min().over("burst").dt.convert_time_zone(facts.zone.key)
    return made.select(record_id="id", list=start.dt.strftime("%Y-%m-%d %H:%M"))
