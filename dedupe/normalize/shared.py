"""Values that many unlike cards hold: switchboards, office mailboxes, the account's own.

An equal number is evidence of one person only while few hold it. A value in a big group
whose names disagree says where people work or who called whom; it stays in the
frame, marked, and loses its match key. Small groups never vote: two to four cards with
one personal number are what duplicates look like.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from dedupe.contracts import VALUES
from dedupe.kernels.slices import may_be_often

from .buffers import arrow_buffers
from .email_rules import ROLES, SERVICES

_CARDS_MIN = 10
_CARDS_MIN_LINE = 5  # a land line or a free call: an office's more often than a person's
_CARDS_MIN_ROLE = 3  # info@: an office's by its name
_NAMES_MIN = 4
_NAMES_MIN_ROLE = 3
_UNLIKE_SHARE = 0.5  # of the named cards: as many distinct names or more disagree
_CROWD_MIN = 20
_CROWD_SHARE = 0.001  # of the entity's cards
_MAJORITY = 0.5  # of all cards of a value: one name on as many speaks for one person

_KEY = ("entity", "kind", "match_key")


def mark_shared(
    values: pl.DataFrame, names: pl.DataFrame, *, own: Collection[str] = ()
) -> pl.DataFrame:
    """Return VALUES with `own` and `shared` statuses set, in the same order of rows.

    `own` are match keys (E.164, mailbox keys). A marked value loses its match key.
    """
    is_shared = _rows_of(_shared_keys(values, names), values)
    has_own = pl.col("match_key").is_in(sorted(own)).fill_null(value=False)
    mark = pl.when(has_own).then(pl.lit("own")).when(is_shared).then(pl.lit("shared"))
    marked = values.with_columns(mark=mark).with_columns(
        status=pl.coalesce("mark", "status"),
        reason=pl.coalesce("mark", "reason"),
        match_key=pl.when(pl.col("mark").is_null()).then("match_key"),
    )
    return VALUES.conform(marked)


def _rows_of(keys: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
    """Tell which rows hold one of few keys (entity, kind, match_key)."""
    rows = values.select(_KEY).with_row_index("row")
    held = rows.filter(pl.col("match_key").is_in(keys["match_key"].implode()))
    mask = np.zeros(values.height, dtype=np.bool_)
    mask[held.join(keys, on=_KEY, how="semi")["row"].to_numpy()] = True
    return pl.Series(mask)


def _shared_keys(values: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Return the keys (entity, kind, match_key) that are no evidence of identity."""
    groups = _groups(values, names)
    n, n_names, n_named = pl.col("n"), pl.col("n_names"), pl.col("n_named")
    is_role = pl.col("is_role")
    is_line = pl.col("type").is_in(["fixed_line", "toll_free"]).fill_null(value=False)
    enough = (
        pl.when(is_role)
        .then(_CARDS_MIN_ROLE)
        .when(is_line)
        .then(_CARDS_MIN_LINE)
        .otherwise(_CARDS_MIN)
    )
    names_min = pl.when(is_role).then(_NAMES_MIN_ROLE).otherwise(_NAMES_MIN)
    disagree = (n_names >= names_min) & (n_names >= _UNLIKE_SHARE * n_named)
    is_crowd = (n >= _CROWD_MIN) & (n >= _CROWD_SHARE * pl.col("n_cards"))
    no_majority = pl.col("n_top") < _MAJORITY * n
    return groups.filter(((n >= enough) & disagree) | (is_crowd & no_majority)).select(_KEY)


def _groups(values: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Count, for every key on enough cards, the cards, the named ones and the names."""
    login = pl.col("match_key").str.split("@").list.first()
    is_role = (pl.col("kind") == "email") & login.is_in(sorted(ROLES | SERVICES))
    # Nearly all keys stand on one or two cards: they go before anything dearer is done.
    flat, offsets = arrow_buffers(values["match_key"].fill_null(""))
    may_be = pl.Series(may_be_often(flat, offsets[:-1], offsets[1:], _CARDS_MIN_ROLE))
    keyed = values.select("record_id", "type", *_KEY).filter(may_be).drop_nulls("match_key")
    often = keyed.group_by(_KEY).len().filter(pl.col("len") >= _CARDS_MIN_ROLE).select(_KEY)
    keyed = keyed.join(often, on=_KEY, how="semi")
    sizes = keyed.group_by(_KEY).agg(
        n=pl.col("record_id").n_unique(), type=pl.col("type").drop_nulls().min()
    )
    big = sizes.filter(pl.col("n") >= _CARDS_MIN_ROLE).with_columns(is_role=is_role)
    n_cards = names.group_by("entity").agg(n_cards=pl.len())
    holders = keyed.select("record_id", *_KEY).unique().join(big, on=_KEY, how="semi")
    return (
        big.join(_votes(holders, names), on=_KEY, how="left")
        .join(n_cards, on="entity", how="left")
        .with_columns(pl.col("n_names", "n_named", "n_top", "n_cards").fill_null(0))
    )


def _votes(holders: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Count the names on each key's cards; a card without a name does not vote."""
    voters = names.filter(pl.col("match_key").fill_null("") != "").select(
        "entity", "record_id", name=pl.col("match_key")
    )
    return (
        holders.join(voters, on=["entity", "record_id"])
        .group_by(*_KEY, "name")
        .agg(n=pl.len())
        .group_by(_KEY)
        .agg(n_names=pl.len(), n_named=pl.col("n").sum(), n_top=pl.col("n").max())
    )
