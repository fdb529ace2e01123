"""INT301: webhooks that repeat each other, were switched off by the CRM, or are in the open."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.registry import Check, register
from dedupe.language import N_


def _faulty(facts: Facts, entity: str) -> Outcome:
    hooks = facts.account.frame("webhooks").drop_nulls("id")
    is_off = pl.col("is_disabled").fill_null(False)
    address = pl.col("destination").str.strip_chars()
    working = hooks.filter(~is_off).with_columns(address=address, place=_place())
    parts = [
        _of("disabled", hooks.filter(is_off), field="is_disabled", value="destination"),
        _of(
            "plain_http",
            working.filter(pl.col("address").str.contains(r"(?i)^http://")).with_columns(
                proposal=pl.col("address").str.replace(r"(?i)^http://", "https://")
            ),
            field="destination",
            value="destination",
        ),
        _of("repeated", _repeated(working), field="events", value="shared"),
    ]
    return Outcome(
        findings=findings(pl.concat(parts, how="diagonal"), entity), base=hooks["id"].n_unique()
    )


def _of(group: str, rows: pl.DataFrame, *, field: str, value: str) -> pl.DataFrame:
    extra = [pl.col("proposal")] if "proposal" in rows.columns else []
    return rows.select(
        *extra, record_id="id", group=pl.lit(group), field=pl.lit(field), value=value
    )


def _place() -> pl.Expr:
    """Return where a webhook leads, blind to scheme, case of the host and a slash at the end."""
    rest = pl.col("destination").str.strip_chars().str.replace(r"(?i)^[a-z]+://", "")
    host = rest.str.extract(r"^([^/?#]*)").str.to_lowercase()
    path = rest.str.replace(r"^[^/?#]*", "").str.replace(r"/+$", "")
    return pl.when(host != "").then(host + path)


def _repeated(working: pl.DataFrame) -> pl.DataFrame:
    """Return the webhooks that tell one place of an event that another one tells it of too."""
    told = working.drop_nulls(("place", "events")).select(
        "id", "place", event=pl.col("events").str.extract_all(r"[^\s,]+")
    )
    shared = told.explode("event").drop_nulls("event").unique()
    shared = shared.filter(pl.len().over("place", "event") > 1)
    return shared.group_by("id").agg(pl.col("event").unique().sort().str.join(",").alias("shared"))


register(
    Check(
        code="INT301",
        severity="warning",
        needs={"webhook": ("webhooks",)},
        repair="list",
        title=N_("Faulty webhooks"),
        definition=N_(
            "Webhooks that tell one address of an event that another working webhook tells it of "
            "too (scheme, case of the host and a slash at the end aside), that the CRM switched "
            "off after bad answers, or that are sent over plain http. The base is all webhooks."
        ),
        risk=N_("Enquiries and changes come twice, do not come at all, or are read on the way."),
        advice=N_("Leave one webhook to an address; mend or remove those switched off; use https."),
        run=_faulty,
    )
)
