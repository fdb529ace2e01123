"""ENR201 and SRC101: where clients are by their numbers, and which source brings them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl

from dedupe.audit.facts import Facts, Outcome
from dedupe.audit.frames.clients import main_contacts
from dedupe.audit.registry import Check, register
from dedupe.contracts import FINDINGS, Column, Metric, Quality
from dedupe.language import N_

from .common import OTHERS, PEOPLE, live_only, named
from .regions import places

_MOST = 10  # sources and regions of the matrix


def homes(facts: Facts) -> pl.DataFrame:
    """Return record_id, region, zone of the live contacts with a valid number.

    Of several numbers the first that tells a time zone counts, else the first.
    """
    return facts.once("homes", lambda: _homes(facts))


def _homes(facts: Facts) -> pl.DataFrame:
    valid = facts.values.filter((pl.col("kind") == "phone") & (pl.col("status") == "valid"))
    numbers = live_only(facts, valid.drop_nulls("value"), "contact")
    told = places(numbers.select("record_id", "value", "position", "part"))
    ordered = told.sort(pl.col("zone").is_null(), "position", "part")
    first = ordered.unique("record_id", keep="first", maintain_order=True)
    return first.select("record_id", "region", "zone")


def _by_number(facts: Facts, entity: str) -> Outcome:
    rows = homes(facts)
    quality = Quality(
        usable=rows["zone"].count(),
        base=rows.height,
        reason=N_("mobile numbers, which tell no region or time zone"),
    )
    metrics = (_regions(rows, quality), _hours_ahead(facts, rows, quality))
    base = facts.n_live(entity)
    return Outcome(findings=FINDINGS.empty(), base=base, counted=rows.height, metrics=metrics)


def _regions(rows: pl.DataFrame, quality: Quality) -> Metric:
    return Metric(
        name="contacts_by_region",
        title=N_("Contacts by the region of their number"),
        columns=(
            Column("label", N_("region"), "word"),
            Column("n", N_("contacts"), "count"),
            Column("share", N_("share"), "share"),
        ),
        rows=_parts_of(rows, "region").head(PEOPLE),
        chart="bars",
        values=("n",),
        note=N_(
            "Contacts with a valid number, each once: by area code in Russia, by country "
            "elsewhere. The fifty largest."
        ),
        quality=quality,
    )


def _hours_ahead(facts: Facts, rows: pl.DataFrame, quality: Quality) -> Metric:
    zones = rows["zone"].drop_nulls().unique().sort()
    here = facts.now.astimezone(facts.zone).utcoffset()
    ahead = [facts.now.astimezone(ZoneInfo(zone)).utcoffset() for zone in zones]
    hours = [(there - here).total_seconds() / 3600 for there in ahead if there and here is not None]
    known = rows.drop_nulls("zone").with_columns(
        hours=pl.col("zone").replace_strict(zones, hours, return_dtype=pl.Float64)
        if zones.len()
        else pl.lit(None, pl.Float64)
    )
    return Metric(
        name="contacts_by_hours_ahead",
        title=N_("Contacts by how far their clock is ahead of the account's"),
        columns=(
            Column("label", N_("hours ahead"), "number"),
            Column("n", N_("contacts"), "count"),
            Column("share", N_("share"), "share"),
        ),
        rows=_parts_of(known, "hours").sort("label"),
        chart="bars",
        values=("n",),
        note=N_(
            "Contacts whose number tells a time zone. Less than zero: their clock is behind. "
            "Shares are of these contacts."
        ),
        quality=quality,
    )


def _parts_of(rows: pl.DataFrame, label: str) -> pl.DataFrame:
    counted = rows.group_by(label=pl.col(label)).agg(n=pl.len().cast(pl.Int64))
    shared = counted.with_columns(share=pl.col("n") / pl.col("n").sum())
    return shared.sort(["n", "label"], descending=[True, False])


def _sources_by_region(facts: Facts, entity: str) -> Outcome:
    deals = facts.live("deal").select("source_id", deal_id="id").drop_nulls("source_id").collect()
    known = main_contacts(facts).join(homes(facts), left_on="contact_id", right_on="record_id")
    counted = (
        deals.join(known, on="deal_id")
        .group_by("source_id", "region")
        .agg(n=pl.len().cast(pl.Int64))
        .with_columns(label=named(facts, "sources", "source_id"))
    )
    n_sources = deals["source_id"].n_unique()
    quality = Quality(
        usable=int(counted["n"].sum()),
        base=deals.height,
        reason=N_("deals whose contact has no valid number"),
    )
    return Outcome(
        findings=FINDINGS.empty(),
        base=n_sources,
        counted=n_sources,
        metrics=(_matrix(counted, quality),) if counted.height else (),
    )


def _matrix(counted: pl.DataFrame, quality: Quality) -> Metric:
    """Return sources down, regions across, of `counted` (label, region, n)."""
    regions, sources = _most(counted, "region"), _most(counted, "label")
    names = {region: f"r{at}" for at, region in enumerate(regions, start=1)}
    cells = [
        pl.col("n").filter(pl.col("region") == region).sum().alias(name)
        for region, name in names.items()
    ]
    rest = pl.col("n").filter(~pl.col("region").is_in(regions)).sum()
    is_shown = pl.col("label").is_in(sources)
    rows = (
        counted.group_by(label=pl.when(is_shown).then("label").otherwise(pl.lit(OTHERS)))
        .agg(*cells, rest=rest, n=pl.col("n").sum())
        .sort(pl.col("label") == OTHERS, -pl.col("n"), "label")
        .drop("n")
    )
    return Metric(
        name="sources_by_region",
        title=N_("Deals by source and region of the client's number"),
        columns=(
            Column("label", N_("source"), "word"),
            *(Column(name, region, "count") for region, name in names.items()),
            Column("rest", N_("other regions"), "count"),
        ),
        rows=rows,
        chart="heat_map",
        values=(*names.values(), "rest"),
        note=N_(
            "Deals with a source whose main contact has a valid number: the ten largest sources "
            "and regions."
        ),
        quality=quality,
    )


def _most(counted: pl.DataFrame, label: str) -> list[str]:
    summed = counted.group_by(label).agg(pl.col("n").sum())
    return summed.sort(["n", label], descending=[True, False])[label].head(_MOST).to_list()


register(
    Check(
        code="ENR201",
        severity="info",
        needs={"contact": ("contacts", "channels.contact.phone")},
        repair="none",
        title=N_("Region and time zone by number"),
        definition=N_(
            "Contacts with a valid number, by the region and the time zone that the number tells. "
            "The base is all contacts."
        ),
        risk=N_("Clients are called at night, and regional offers go to the wrong region."),
        advice=N_("Share clients among shifts by hours ahead; ask mobile clients for their town."),
        run=_by_number,
    )
)
register(
    Check(
        code="SRC101",
        severity="info",
        needs={
            "source": (
                "deals",
                "deals.source_id",
                "contacts",
                "links.contact.deal",
                "channels.contact.phone",
            )
        },
        repair="none",
        title=N_("Sources by region"),
        definition=N_(
            "Sources of deals, with the regions of their clients' numbers; the base is sources "
            "that deals have."
        ),
        risk=N_("A chat or form of one region brings clients of another, and nobody serves them."),
        advice=N_("Compare the rows with the region each source was set up for."),
        run=_sources_by_region,
    )
)
