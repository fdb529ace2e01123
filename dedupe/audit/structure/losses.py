"""LOS201, LOS202: where the reasons of lost deals are told, and reasons that tell nothing."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.fills import field_values_of, known_fields
from dedupe.audit.registry import Check, Option, register
from dedupe.language import N_

from .alike import near_duplicates
from .rows import account_row, folded, is_told, metric, share, table

_REASON_FIELD = r"^(?:причина (?:отказа|закрытия|проигрыша|потери)|loss reason|reason of loss)"
_OTHER = (
    r"^(?:друг(?:ое|ая|ие)|проч(?:ее|ая|ие)|ино[ей]|иная|остальн\w+|other|misc\w*|another)(?: |$)"
)
_WAYS = {
    "built_in": N_("the built-in reason only"),
    "field": N_("the field only"),
    "both": N_("both places"),
    "none": N_("neither place"),
}


def reason_field(facts: Facts) -> str | None:
    """Return the deals' field with the loss reason: the config's, else the one so named."""
    if facts.loss_reason_field is not None:
        return facts.loss_reason_field
    fields = known_fields(facts).filter(pl.col("entity") == "deal").sort("sort", "field_id")
    ids = fields.filter(folded(pl.col("name")).str.contains(_REASON_FIELD))["field_id"].to_list()
    return ids[0] if ids else None


def _mixed(facts: Facts, entity: str) -> Outcome:
    field = reason_field(facts)
    lost = facts.state("lost").select(record_id="id", built_in=is_told("loss_reason_id"))
    held = field_values_of(facts, "deal", field or "").select("record_id", field=pl.lit(value=True))
    told = lost.join(held.unique(), on="record_id", how="left").with_columns(
        pl.col("field").fill_null(value=False)
    )
    way = (
        pl.when("built_in", "field").then(pl.lit("both"))
        .when("built_in").then(pl.lit("built_in"))
        .when("field").then(pl.lit("field"))
        .otherwise(pl.lit("none"))
    )  # fmt: skip
    counts = told.group_by(way=way).agg(n=pl.len()).collect()
    rows = pl.DataFrame({"way": list(_WAYS)}).join(counts, on="way", how="left")
    rows = rows.with_columns(pl.col("n").fill_null(0), n_lost=pl.lit(int(counts["n"].sum())))
    sizes = dict(rows.select("way", "n").iter_rows())
    is_mixed = min(sizes["built_in"], sizes["field"]) + sizes["both"] > 0
    found = pl.DataFrame(
        {"record_id": [account_row(facts)] if is_mixed else []}, schema={"record_id": pl.String}
    )
    ways = metric(
        "loss_reason_ways",
        N_("Where loss reasons are told"),
        rows.with_columns(share=share("n", "n_lost"), way=pl.col("way").replace_strict(_WAYS)),
        {
            "way": (N_("Told in"), "word"),
            "n": (N_("Lost deals"), "count"),
            "share": (N_("Share"), "share"),
        },
        chart="bars",
        values=("n",),
        note=N_(
            "Lost deals that are not deleted. The field is the one that the config names, else "
            'the deals\' field whose name begins with "Причина отказа" or the like.'
        ),
    )
    return Outcome(
        findings=findings(found.with_columns(field=pl.lit("loss_reason")), entity),
        base=1,
        metrics=(ways,),
    )


def _reasons(facts: Facts, entity: str) -> Outcome:
    reasons = table(facts, "loss_reasons").drop_nulls("id").collect().sort("id", "name")
    reasons = reasons.unique("id", keep="first", maintain_order=True)
    told = facts.state("lost").filter(is_told("loss_reason_id"))
    uses = told.group_by(id="loss_reason_id").agg(n=pl.len()).collect()
    rows = reasons.join(uses, on="id", how="left").with_columns(pl.col("n").fill_null(0))
    n_told = int(uses["n"].sum())
    least = facts.option("LOS202", "share", float) * n_told
    is_other = folded(pl.col("name")).str.contains(_OTHER).fill_null(value=False)
    twins = near_duplicates(rows.select(scope=pl.lit(""), record_id="id", name="name"))
    best = rows.join(twins, left_on="id", right_on="record_id").sort(
        "group", "n", "id", descending=[False, True, False]
    ).unique("group", keep="first", maintain_order=True)  # fmt: skip
    known = rows.join(twins.select(id="record_id", twin="group"), on="id", how="left")
    known = known.join(best.select(twin="group", meant="name"), on="twin", how="left")
    known = known.with_columns(
        group=pl.when(is_other & (pl.col("n") > least)).then(pl.lit("other"))
        .when(pl.col("twin").is_not_null()).then(pl.lit("near_duplicate"))
        .when(pl.col("n") == 0).then(pl.lit("unused"))
    ).drop_nulls("group")  # fmt: skip
    is_copy = (pl.col("group") == "near_duplicate") & (pl.col("name") != pl.col("meant"))
    found = known.select(
        "group", record_id="id", value="name", field=pl.lit("name"),
        proposal=pl.when(is_copy).then("meant"),
    )  # fmt: skip
    return Outcome(findings=findings(found, entity), base=rows.height)


register(
    Check(
        code="LOS201",
        severity="info",
        needs={
            "account": ("deals", "deals.state", "deals.loss_reason_id", "fields", "field_values")
        },
        repair="list",
        title=N_("Loss reasons in two places"),
        definition=N_(
            "The account, if the reasons of some lost deals stand in the built-in list and those "
            "of others, or the same ones, in a field."
        ),
        risk=N_("No report sees all the reasons, so the most frequent one may be missed."),
        advice=N_(
            "Choose one of the two, make it required at the lost stage, move the old values."
        ),
        run=_mixed,
    )
)
register(
    Check(
        code="LOS202",
        severity="warning",
        needs={"loss_reason": ("loss_reasons", "deals", "deals.state", "deals.loss_reason_id")},
        repair="list",
        title=N_("Loss reasons that tell nothing"),
        definition=N_(
            'Reasons with nearly the same name; "other" and the like, if it has more of the told '
            "reasons than the share in the settings; reasons that no lost deal has. Of the list of "
            "reasons."
        ),
        risk=N_("Managers choose whatever is nearest, and nobody learns why clients leave."),
        advice=N_(
            'Leave five to eight clear reasons; split "other" by what people write beside it.'
        ),
        options=(
            Option("share", 0.1, N_("more than a tenth without a reason spoils the picture"), 0, 1),
        ),
        run=_reasons,
    )
)
