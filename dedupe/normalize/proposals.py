"""What a channel's raw value should become: split, without its repeats, in one spelling.

`propose_values` takes VALUES and gives one row per raw value of a card. A proposal is
automatic only when every number in it is certain and nothing would be lost by writing it:
see `leftovers`. A misspelt mail domain is a proposal for a person, always.
"""

from __future__ import annotations

import polars as pl

from dedupe.contracts import CERTAIN, PROPOSALS

from .emails import suggested_domain
from .leftovers import hold_nothing_else
from .phone_walk import code_digits

_ON = ["kind", "raw"]
_CERTAIN_STATUSES = ("valid", "shared", "own")
_WRITTEN = ("split", "drop_repeat", "normalize")


def propose_values(
    values: pl.DataFrame, *, suggestions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return PROPOSALS: a row per raw value of a card, in the order of `values`.

    `suggestions` (domain, suggestion) adds to the table of misspelt mail domains, see
    `email_typos.suggest_domains`.
    """
    readings = values.unique([*_ON, "part"], keep="first").sort(*_ON, "part")
    written = _with_text(_with_suggestion(readings, suggestions))
    proposed = _with_action(_by_raw(written))
    judged = pl.concat([_judged(proposed, kind) for kind in ("phone", "email")])
    cards = values.select("entity", "record_id", "kind", "position", "raw").unique(
        maintain_order=True
    )
    joined = cards.join(judged, on=_ON, how="left", maintain_order="left")
    return PROPOSALS.conform(joined)


def _with_suggestion(readings: pl.DataFrame, suggestions: pl.DataFrame | None) -> pl.DataFrame:
    """Add the domain that an address was meant to have, null where it is right."""
    is_email = pl.col("kind") == "email"
    split = readings.with_columns(
        domain=pl.when(is_email).then(pl.col("value").str.split("@").list.last())
    )
    domains = split["domain"].drop_nulls().unique().to_list()
    known = [(domain, better) for domain in domains if (better := suggested_domain(domain))]
    schema = {"domain": pl.String(), "suggestion": pl.String()}
    table = pl.DataFrame(known, schema=schema, orient="row")
    if suggestions is not None:
        table = pl.concat([table, suggestions.select(list(schema))]).unique("domain", keep="first")
    return split.join(table, on="domain", how="left", maintain_order="left")


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
    kept = [*_ON, "proposal", "action", "confidence", "is_automatic"]
    return pl.concat([candidates.select(kept), others.select(kept)])
