"""The rows of an evidence pack: a check's records with when, by whom and from where they came.

Of a FINDINGS frame of one check and the account that was scanned. `since_first` is in seconds and
counted inside a group of records; a finding's group that is no record's id is its class.
"""

from __future__ import annotations

from difflib import get_close_matches

import polars as pl

from dedupe.contracts import FINDINGS, MOMENT, TEXT, Account
from dedupe.errors import InputError
from dedupe.language import N_, tr

_CREATED = {"contact": "contacts", "company": "companies", "deal": "deals", "task": "tasks"}
_ROBOT = "0"
_CLASS = r"^[a-z][a-z0-9_]{0,31}$"  # anything else may be a value of the account
FACTS = pl.Schema(
    {
        "entity": TEXT,
        "record_id": TEXT,
        "created_at": MOMENT,
        "creator": TEXT,
        "source": TEXT,
    }
)


def evidence_rows(
    findings: pl.DataFrame, account: Account | None, source: str | None
) -> pl.DataFrame:
    """Return a row per record with what is known of it, of one source alone where it is named.

    Raises InputError for a source that no record is from.
    """
    found = FINDINGS.conform(findings)
    facts = pl.DataFrame(schema=FACTS) if account is None else _facts(account)
    keys = ["entity", "record_id"]
    one = found.sort(*keys, "group", "field", "value", nulls_last=True).unique(
        keys, keep="first", maintain_order=True
    )
    told = one.join(facts, on=keys, how="left")
    is_group = pl.col("group").is_in(one["record_id"].implode())
    told = told.with_columns(
        in_group=pl.when(is_group).then("group"),
        kind=pl.when(~is_group & pl.col("group").str.contains(_CLASS)).then("group"),
    )
    first = pl.col("created_at").min().over("entity", "in_group")
    seconds = (pl.col("created_at") - first).dt.total_seconds()
    told = told.with_columns(
        since_first=pl.when(pl.col("in_group").is_not_null()).then(seconds),
    )
    return told if source is None else _of_source(told, source, is_known=account is not None)


def _of_source(rows: pl.DataFrame, name: str, *, is_known: bool) -> pl.DataFrame:
    """Return the rows of the source that is asked for; its name is compared without its case."""
    if not is_known:
        raise InputError(
            N_("the snapshot of this scan is not at hand: sources are not known"),
            where="--source-name",
            fix=N_("scan the account again, or leave it out"),
        )
    known = rows["source"].drop_nulls().unique().sort().to_list()
    if name.casefold() not in {each.casefold() for each in known}:
        near = get_close_matches(name, known, n=1)
        raise InputError(
            N_("no finding is from this source{hint}"),
            where=name[:60],
            fix=N_("leave --source-name out to see the sources"),
            hint=tr(N_(" (did you mean {near}?)"), near=near[0]) if near else "",
        )
    own = [each for each in known if each.casefold() == name.casefold()]
    # A group stays whole: the card of another source is what the copy was made of.
    is_own = pl.col("source").is_in(own)
    in_group = is_own.any().over("entity", "in_group") & pl.col("in_group").is_not_null()
    return rows.filter((is_own | in_group).fill_null(False))


def _facts(account: Account) -> pl.DataFrame:
    """Return when and by whom each record was made, and the source of it or of its first deal."""
    users = account.frame("users").select(created_by="id", creator="name").unique("created_by")
    parts = [
        account.frame(table).select(pl.lit(entity).alias("entity"), pl.col("id").alias("record_id"),
                                    "created_at", "created_by")
        for entity, table in _CREATED.items()
    ]  # fmt: skip
    robot = pl.when(pl.col("created_by") == _ROBOT).then(pl.lit(tr("a robot or an integration")))
    made = (
        pl.concat(parts)
        .join(users, on="created_by", how="left")
        .with_columns(creator=pl.coalesce(robot, "creator", "created_by"))
        .join(_sources(account), on=["entity", "record_id"], how="left")
    )
    return made.select(FACTS.names()).unique(["entity", "record_id"])


def _sources(account: Account) -> pl.DataFrame:
    """Return entity, record_id, source: of a deal its own, of a card that of its first deal."""
    names = account.frame("sources").select(source_id="id", source="name").unique("source_id")
    deals = (
        account.frame("deals")
        .select("source_id", "created_at", deal_id="id")
        .join(names, on="source_id", how="left")
        .select("deal_id", "created_at", source=pl.coalesce("source", "source_id"))
    )
    links = account.frame("links")
    sides = [
        links.filter(pl.col(f"{other}_entity") == "deal").select(
            entity=f"{own}_entity", record_id=f"{own}_id", deal_id=f"{other}_id"
        )
        for own, other in (("from", "to"), ("to", "from"))
    ]
    first = (
        pl.concat(sides)
        .join(deals, on="deal_id")
        .sort("created_at", "deal_id", nulls_last=True)
        .unique(["entity", "record_id"], keep="first", maintain_order=True)
    )
    columns = ("entity", "record_id", "source")
    own = deals.select(
        pl.lit("deal").alias("entity"), pl.col("deal_id").alias("record_id"), "source"
    )
    return pl.concat([own, first.select(columns)]).unique(["entity", "record_id"], keep="first",
                                                          maintain_order=True)  # fmt: skip


def newest_examples(rows: pl.DataFrame, n: int) -> pl.DataFrame:
    """Return the newest examples, groups whole while there is room: a vendor keeps recent logs."""
    key = pl.coalesce("in_group", "record_id")
    newest = pl.col("created_at").max().over("entity", key)
    ordered = rows.with_columns(newest=newest, key=key).sort(
        "newest",
        "entity",
        "key",
        "created_at",
        "record_id",
        descending=[True, False, False, False, False],
        nulls_last=True,
    )
    return ordered.head(n)
