"""What a channel's raw value should become: split, without its repeats, in one spelling.

`propose_values` takes VALUES and gives one row per raw value of a card. A proposal is
automatic only when every number in it is certain and nothing would be lost by writing it:
see `leftovers`. A misspelt mail domain is a proposal for a person, always.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dedupe.contracts import CERTAIN, PROPOSALS
from dedupe.kernels.plain import are_respelt

from .buffers import arrow_buffers
from .emails import suggested_domain
from .leftovers import hold_nothing_else
from .phone_walk import code_digits

_ON = ["kind", "raw"]
_PLACE = ("entity", "record_id", "kind", "position")
_CERTAIN_STATUSES = ("valid", "shared", "own")
_WRITTEN = ("split", "drop_repeat", "normalize")
_TOLD = ("proposal", "action", "confidence", "is_automatic")


def propose_values(
    values: pl.DataFrame, *, suggestions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return PROPOSALS: a row per raw value of a card, in the order of `values`.

    The parts of a raw value stand together there, the first with part 0, as in VALUES.
    `suggestions` (domain, suggestion) adds to the table of misspelt mail domains, see
    `email_typos.suggest_domains`.
    """
    parts = _with_domain(values).with_columns(head=(pl.col("part") == 0).cum_sum())
    suggested = _suggestion_table(parts["domain"], suggestions)
    heads = _settled(parts, suggested)
    rest = parts.join(heads.filter(~pl.col("is_settled")), on="head", how="semi")
    readings = rest.unique([*_ON, "part"], keep="first").sort(*_ON, "part")
    readings = readings.join(suggested, on="domain", how="left", maintain_order="left")
    proposed = _with_action(_by_raw(_with_text(readings)))
    judged = pl.concat([_judged(proposed, kind) for kind in ("phone", "email")])
    looked = rest.filter(pl.col("part") == 0).select("head", *_ON).join(judged, on=_ON, how="left")
    looked = looked.select("head", pl.col(_TOLD).name.suffix("_looked"))
    joined = heads.join(looked, on="head", how="left", maintain_order="left")
    return PROPOSALS.conform(
        joined.with_columns(
            pl.when("is_settled").then(name).otherwise(f"{name}_looked").alias(name)
            for name in _TOLD
        )
    )


def _with_domain(values: pl.DataFrame) -> pl.DataFrame:
    is_email = pl.col("kind") == "email"
    address = pl.when(is_email).then("value")
    return values.with_columns(domain=address.str.split("@").list.last())


def _suggestion_table(domains: pl.Series, suggestions: pl.DataFrame | None) -> pl.DataFrame:
    """Return domain and suggestion: what the domains of addresses were meant to be."""
    asked = domains.drop_nulls().unique().to_list()
    known = [(domain, better) for domain in asked if (better := suggested_domain(domain))]
    schema = {"domain": pl.String(), "suggestion": pl.String()}
    table = pl.DataFrame(known, schema=schema, orient="row")
    if suggestions is None:
        return table
    return pl.concat([table, suggestions.select(list(schema))]).unique("domain", keep="first")


def _settled(parts: pl.DataFrame, suggested: pl.DataFrame) -> pl.DataFrame:
    """Return a row per raw value with its proposal, where a glance is enough: `is_settled`.

    That is most of them: one number or address and nothing else, or nothing that can be read.
    """
    is_single = (pl.col("part") == 0) & (pl.col("part").shift(-1, fill_value=0) == 0)
    heads = parts.with_columns(is_single=is_single).filter(pl.col("part") == 0)
    heads = heads.with_columns(is_respelt=_are_respelt(heads))
    is_email, is_read = pl.col("kind") == "email", pl.col("value").is_not_null()
    is_whole = pl.col("status").is_in(_CERTAIN_STATUSES) & (pl.col("n_repeats") == 1)
    is_suggested = pl.col("domain").is_in(suggested["domain"].implode()).fill_null(value=False)
    is_same = pl.col("raw") == pl.col("value")
    is_right = is_email & (pl.col("raw").str.to_lowercase() == pl.col("value")) & ~is_suggested
    is_clear = is_right | (~is_email & pl.col("is_respelt"))
    is_settled = pl.col("is_single") & (~is_read | (is_whole & is_clear))
    # What is settled and an address is right as it is.
    is_changed = ~is_email & is_read & ~is_same
    return _without_repeats(heads).select(
        *_PLACE,
        "raw",
        "head",
        is_settled=is_settled.fill_null(value=False),
        proposal=pl.when(is_changed).then("value"),
        action=pl.when(is_changed).then(pl.lit("normalize")).otherwise(pl.lit("none")),
        confidence=pl.when(is_read).then("confidence"),
        is_automatic=is_changed & (pl.col("confidence") >= CERTAIN),
    )


def _without_repeats(heads: pl.DataFrame) -> pl.DataFrame:
    """Drop what a broken source tells twice of one place on a card."""
    is_again = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in _PLACE)
    if not heads.select(is_again.any()).item():
        return heads
    return heads.unique([*_PLACE, "raw"], keep="first", maintain_order=True)


def _are_respelt(heads: pl.DataFrame) -> pl.Series:
    """Tell which raw values are a number read whole, with nothing that writing it would lose."""
    is_whole = (pl.col("rule") == "whole") & pl.col("extension").is_null()
    asked = heads.select(
        is_asked=(is_whole & (pl.col("kind") == "phone") & pl.col("value").is_not_null())
    ).to_series()
    own = heads.filter(asked)
    told = are_respelt(*arrow_buffers(own["raw"]), *arrow_buffers(own["value"]))
    found = np.zeros(heads.height, dtype=np.bool_)
    found[asked.fill_null(value=False).to_numpy()] = told
    return pl.Series("is_respelt", found)


def _with_text(readings: pl.DataFrame) -> pl.DataFrame:
    """Add how each value is to be written."""
    is_grouped = pl.col("rule") == "grouped"
    grouped = readings.filter(is_grouped)["value"].drop_nulls().unique().to_list()
    table = pl.DataFrame(
        {"value": grouped, "spaced": [_spaced(value) for value in grouped]},
        schema={"value": pl.String, "spaced": pl.String},
    )
    login = pl.col("value").str.split("@").list.first()
    number = pl.when(is_grouped).then("spaced").otherwise("value")
    extension = pl.coalesce(" ext. " + pl.col("extension"), pl.lit(""))
    return readings.join(table, on="value", how="left", maintain_order="left").with_columns(
        text=pl.coalesce(login + "@" + pl.col("suggestion"), number + extension)
    )


def _spaced(number: str) -> str:
    """Set the country code apart: "+4930901820" alone would read as a Russian number."""
    at = 1 + code_digits(number[1:])
    return f"{number[:at]} {number[at:]}"


def _by_raw(written: pl.DataFrame) -> pl.DataFrame:
    """Gather the parts of each raw value."""
    is_value = pl.col("value").is_not_null()
    is_sure = is_value & pl.col("status").is_in(_CERTAIN_STATUSES)
    return written.group_by(_ON, maintain_order=True).agg(
        pl.col("value", "extension", "rule").filter(is_value),
        text=pl.col("text").drop_nulls().str.join("; "),
        n_values=is_value.sum(),
        n_repeats=pl.col("n_repeats").sum(),
        confidence=pl.col("confidence").filter(is_value).min(),
        is_sure=is_sure.all(),
        has_valid=is_sure.any(),
        is_corrected=pl.col("suggestion").is_not_null().any(),
    )


def _with_action(by_raw: pl.DataFrame) -> pl.DataFrame:
    is_email = pl.col("kind") == "email"
    typed = pl.when(is_email).then(pl.col("raw").str.to_lowercase()).otherwise("raw")
    action = (
        pl.when(~pl.col("has_valid"))
        .then(pl.lit("none"))
        .when("is_corrected")
        .then(pl.lit("correct"))
        .when(pl.col("n_values") > 1)
        .then(pl.lit("split"))
        .when(pl.col("n_repeats") > 1)
        .then(pl.lit("drop_repeat"))
        .when(typed != pl.col("text"))
        .then(pl.lit("normalize"))
        .otherwise(pl.lit("none"))
    )
    return by_raw.with_columns(action=action).with_columns(
        proposal=pl.when(pl.col("action") != "none").then("text"),
        may_be_written=pl.col("action").is_in(_WRITTEN)
        & pl.col("is_sure")
        & (pl.col("confidence") >= CERTAIN),
    )


def _judged(proposed: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Tell which proposals of one kind are automatic; only the few candidates are looked into."""
    of_kind = proposed.filter(pl.col("kind") == kind)
    candidates = of_kind.filter("may_be_written")
    candidates = candidates.with_columns(is_automatic=hold_nothing_else(candidates, kind))
    others = of_kind.filter(~pl.col("may_be_written")).with_columns(
        is_automatic=pl.lit(value=False)
    )
    kept = [*_ON, *_TOLD]
    return pl.concat([candidates.select(kept), others.select(kept)])
