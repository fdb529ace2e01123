"""Which records or pairs a sample holds: the first ones by the hash of the seed and their key.

The method: each member of the population has the key "entity/id" ("entity/left:right" of a pair,
the smaller id first); members are put in the order of SHA-256 of "seed:key", and the first n are
drawn. Whatever the order of the rows, the same seed and scan give the same sample; a larger n
adds rows below those of a smaller one. By owner, n is shared out among the owners in proportion
to what they have (largest remainders, the larger owner first), and each owner's first ones are
drawn: the share of right ones in the whole sample needs no weights then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from dedupe.audit.facts import TABLE_OF
from dedupe.contracts import Account

from .values import OWNER, Request

MEMBERS = pl.Schema(
    {
        "key": pl.String(),
        "entity": pl.String(),
        "record_id": pl.String(),
        "other_id": pl.String(),  # of a pair; null of a record
        "owner_id": pl.String(),  # null where it is not known
    }
)
_OWNED = {**TABLE_OF, "task": "tasks"}


@dataclass(frozen=True, slots=True)
class Population:
    """All that could be drawn, a row of MEMBERS each."""

    members: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The members drawn, in their order, and what they were drawn from."""

    request: Request
    members: pl.DataFrame
    population: int
    strata: Mapping[str, int] = field(default_factory=dict)


def findings_population(
    findings: pl.DataFrame, account: Account | None, entity: str | None = None
) -> Population:
    """Return the records of `findings` (of one check), each once, of one `entity` or of all."""
    own = findings if entity is None else findings.filter(pl.col("entity") == entity)
    records = own.select("entity", "record_id").drop_nulls().unique()
    keyed = records.with_columns(
        key=pl.concat_str("entity", "record_id", separator="/"),
        other_id=pl.lit(None, pl.String),
    )
    return Population(_owned(keyed, account))


def pairs_population(
    pairs: pl.DataFrame, tier: str, account: Account | None, entity: str | None = None
) -> Population:
    """Return the pairs of `tier` that the match lists, of one `entity` or of all."""
    own = pairs.filter(pl.col("tier") == tier)
    if entity is not None:
        own = own.filter(pl.col("entity") == entity)
    ends = pl.concat_str("left_id", "right_id", separator=":")
    rows = own.select(
        "entity",
        record_id="left_id",
        other_id="right_id",
        key=pl.concat_str("entity", ends, separator="/"),
    ).unique()
    return Population(_owned(rows, account))


def draw_sample(population: Population, request: Request) -> Draw:
    """Draw `request` from `population`; all of it where it is not larger than n."""
    members = population.members
    keys = members["key"].to_list()
    order = pl.Series("order", [_order(request.seed, key) for key in keys], dtype=pl.String)
    ranked = members.with_columns(order).sort("order", "key")
    strata: dict[str, int] = {}
    if request.by == OWNER:
        owner = pl.col("owner_id").fill_null("")
        strata = dict(members.group_by(owner).len().sort("owner_id").iter_rows())
        shares = chosen(strata, request.n)
        quota = owner.replace_strict(shares, default=0, return_dtype=pl.Int64)
        ranked = ranked.filter(pl.int_range(pl.len()).over(owner) < quota)
    drawn = ranked.head(request.n).drop("order")
    return Draw(request=request, members=drawn, population=members.height, strata=strata)


def chosen(strata: Mapping[str, int], n: int) -> dict[str, int]:
    """Share `n` out among `strata` in proportion to their sizes, by largest remainders.

    >>> chosen({"a": 60, "b": 30, "c": 10}, 5)
    {'a': 3, 'b': 2, 'c': 0}
    """
    total = sum(strata.values())
    n = min(n, total)
    if not total:
        return {}
    shares = {name: n * size // total for name, size in strata.items()}
    left = sorted(strata, key=lambda name: (-(n * strata[name] % total), -strata[name], name))
    for name in left[: n - sum(shares.values())]:
        shares[name] += 1
    return shares


def _order(seed: int, key: str) -> str:
    return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()


def _owned(members: pl.DataFrame, account: Account | None) -> pl.DataFrame:
    tables = {} if account is None else account.tables
    owners = [
        tables[table].select("owner_id", entity=pl.lit(entity), record_id="id")
        for entity, table in _OWNED.items()
        if table in tables
    ]
    schema = {"owner_id": pl.String, "entity": pl.String, "record_id": pl.String}
    every = pl.concat([pl.LazyFrame(schema=schema), *owners])
    joined = members.lazy().join(every, on=["entity", "record_id"], how="left")
    return joined.select(MEMBERS.names()).collect()
