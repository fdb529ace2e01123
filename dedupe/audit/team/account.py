"""ACC001: what account this is, since when, and how large."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from dedupe.audit.facts import TABLE_OF, Facts, Outcome, findings
from dedupe.audit.registry import Check, register
from dedupe.contracts import Column, Metric
from dedupe.language import N_

from .people import active, users

_SIZES = (
    ("contacts", N_("contacts")),
    ("companies", N_("companies")),
    ("deals", N_("deals")),
    ("tasks", N_("tasks")),
    ("notes", N_("notes")),
    ("events", N_("events")),
    ("pipelines", N_("pipelines")),
    ("statuses", N_("stages")),
    ("fields", N_("fields")),
    ("tags", N_("tags")),
    ("task_types", N_("types of task")),
    ("loss_reasons", N_("loss reasons")),
    ("sources", N_("sources")),
    ("widgets", N_("widgets")),
    ("webhooks", N_("webhooks")),
    ("roles", N_("roles")),
)
# What a CRM calls itself; files are "tables" in summary.json, the name of no CRM.
_CRMS = {"amocrm": "amoCRM", "bitrix24": "Bitrix24", "retailcrm": "RetailCRM", "tables": None}


def _passport(facts: Facts, entity: str) -> Outcome:
    account = facts.account
    told = account.settings
    rows = (
        (N_("CRM"), _CRMS.get(account.crm, account.crm)),
        (N_("name of the account"), told.get("name")),
        (N_("host"), account.host),
        (N_("number of the account"), account.account_id),
        (N_("country"), told.get("country")),
        (N_("currency"), told.get("currency")),
        (N_("time zone"), facts.zone.key),
        (N_("data to"), _moment(facts, facts.now)),
        (N_("oldest record"), _moment(facts, _oldest(facts))),
    )
    passport = Metric(
        name="passport",
        title=N_("The account"),
        columns=(Column("fact", N_("Fact"), "word"), Column("value", N_("Value"), "text")),
        rows=pl.DataFrame(
            [(fact, value or None) for fact, value in rows],
            {"fact": pl.String, "value": pl.String},
            orient="row",
        ),
        note=N_("As the data tells it; moments are of the account's time zone."),
    )
    none = findings(pl.DataFrame(schema={"record_id": pl.String}), entity)
    return Outcome(findings=none, base=1, counted=1, metrics=(passport, _sizes(facts)))


def _sizes(facts: Facts) -> Metric:
    sizes: list[tuple[str, int | None]] = [(word, _size(facts, table)) for table, word in _SIZES]
    has_users = facts.has("users")
    people = active(facts)
    sizes += [
        (N_("users"), users(facts).height if has_users else None),
        (N_("users who are active"), people.height if has_users else None),
        (
            N_("administrators who are active"),
            people.filter("is_admin").height if has_users else None,
        ),
    ]
    return Metric(
        name="account_sizes",
        title=N_("What is in the account"),
        columns=(Column("what", N_("What"), "word"), Column("n", N_("Number"), "count")),
        rows=pl.DataFrame(sizes, {"what": pl.String, "n": pl.Int64}, orient="row"),
        note=N_("Cards and deals without deleted ones; an empty cell was not read."),
    )


def _size(facts: Facts, table: str) -> int | None:
    entities = {name: entity for entity, name in TABLE_OF.items()}
    if not facts.has(table):
        return None
    if table in entities:
        return facts.n_live(entities[table])
    return int(facts.account.tables[table].select(pl.len()).collect().item())


def _oldest(facts: Facts) -> datetime | None:
    first = [
        facts.live(entity).select(pl.min("created_at")).collect().item()
        for entity, table in TABLE_OF.items()
        if facts.has(table)
    ]
    return min((at for at in first if at is not None), default=None)


def _moment(facts: Facts, at: datetime | None) -> str | None:
    return at.astimezone(facts.zone).strftime("%Y-%m-%d %H:%M") if at else None


register(
    Check(
        code="ACC001",
        severity="info",
        needs={"account": ("contacts|companies|deals",)},
        repair="none",
        title=N_("The account's passport"),
        definition=N_("The account: its name, settings, age and size. Nothing is wrong here."),
        risk=N_("Numbers without their account and date prove nothing."),
        advice=N_("Check that it is the account you meant, and that the data is fresh."),
        run=_passport,
    )
)
