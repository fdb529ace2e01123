"""The demo account: a fictional account with known faults, built column by column.

It has the size and the faults of an account that was audited by hand (91,699
contacts, 7,177 companies, 148,746 deals), or a scaled copy of it. What was planted is
returned beside the account, so a scan can be checked against it. The same seed and
scale give the same account, row for row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from dedupe.contracts import FIELD_VALUES, LINKS, SNAPSHOT_TABLES, Account
from dedupe.errors import InputError
from dedupe.language import N_

from .activity import build_tags, build_tasks, n_tagged, n_tasks
from .cards import Cards, card_table, channel_table, draw_companies, draw_contacts, field_table
from .deals import OPENED, READ_TO, Deals, build_deals
from .life import ON_REQUEST, build_life, load_list, with_inflow
from .numbers import Ints
from .planted import Planted
from .planting import faults_planted, plant_faults
from .settings import (
    N_ADMINS,
    VISIT,
    WHENCE,
    WHENCE_IDS,
    WHENCE_TEXTS,
    Settings,
    build_settings,
)
from .sizes import Sizes, demo_size

ACCOUNT_ID, HOST = "29500000", "example.amocrm.ru"
SEED = 20200607
# The dice of the tables on request, of call lists and of the stream of duplicates are their own.
_EXTRAS, _LISTS, _STREAM = 50, 51, 52
_ABSENT = ("messages", "status_history")  # no public method of amoCRM gives them
_SETTINGS = {"name": "Кровля и фасады (вымышленная компания)", "country": "RU", "currency": "RUB",
             "timezone": "Europe/Moscow"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A fictional account, and what was planted in it by (check code, entity)."""

    account: Account
    planted: Mapping[tuple[str, str], Planted]


def build_demo(
    *, scale: float = 1.0, seed: int = SEED, extras: Collection[str] = ()
) -> DemoAccount:
    """Build the demo account at `scale` (0.0005 to 100); raise InputError when it can't be.

    `extras` are tables of ON_REQUEST; the other tables do not depend on them.
    """
    sizes = demo_size(scale)
    if seed < 0:
        raise InputError(N_("the seed {seed} is negative"), fix=N_("choose 0 or more"), seed=seed)
    rngs = iter(np.random.default_rng([seed, stage]) for stage in range(10))
    contacts = draw_contacts(sizes.contacts, next(rngs))
    companies = draw_companies(sizes.companies, next(rngs))
    settings = build_settings(contacts.phones.spare, n_tasks(sizes), n_tagged(sizes))
    deals = build_deals(sizes, settings.owners, next(rngs))
    tables = _card_tables(contacts, companies, deals, settings, next(rngs))
    tables |= {
        "links": _links(
            deals, tables["contacts"]["id"], tables["companies"]["id"], sizes.contacts.total
        ),
        "tasks": build_tasks(
            sizes, deals.frame, tables["contacts"], settings.task_types, next(rngs)
        ),
        "record_tags": build_tags(
            sizes, deals.frame, tables["contacts"], settings.tags, next(rngs)
        ),
    }
    tables["field_values"] = pl.concat([tables["field_values"], _deal_fields(deals, next(rngs))])
    tables |= settings.tables
    cards = {"contact": contacts, "company": companies}
    tables |= (faulty := plant_faults(tables, cards, sizes, seed)).tables
    loaded, call_list = load_list(
        deals, tables, sizes.contacts.total, scale, np.random.default_rng([seed, _LISTS])
    )
    tables |= loaded
    second = np.flatnonzero(contacts.phones.leader != np.arange(len(contacts.phones.leader)))
    streamed, of_stream = with_inflow(
        deals, tables, second, call_list.rows, scale, np.random.default_rng([seed, _STREAM])
    )
    tables |= streamed
    life = build_life(
        extras,
        deals,
        tables,
        call_list,
        sizes.contacts.total,
        scale,
        np.random.default_rng([seed, _EXTRAS]),
    )
    tables |= life.tables
    absent = (*_ABSENT, *(name for name in ON_REQUEST if name not in extras))
    account = Account(
        tables={name: _conformed(name, frame).lazy() for name, frame in tables.items()},
        crm="amocrm",
        account_id=ACCOUNT_ID,
        host=HOST,
        read_from=OPENED,
        read_to=READ_TO,
        not_read=dict.fromkeys(absent, "not_generated"),
        settings=_SETTINGS | {"user_id": settings.owners[0]},
    )
    planted = _on_cards(contacts) | _on_cards(companies) | _elsewhere(sizes, settings)
    planted |= faults_planted(tables, cards, sizes, faulty)
    planted |= {key: Planted(n, life.groups.get(key)) for key, n in life.found.items()}
    if life.found:
        planted |= {key: Planted(n) for key, n in of_stream.items()}
    return DemoAccount(account, planted)


def _conformed(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    return SNAPSHOT_TABLES[name].conform(frame).rechunk()


def _card_tables(
    contacts: Cards, companies: Cards, deals: Deals, settings: Settings, rng: np.random.Generator
) -> dict[str, pl.DataFrame]:
    tables = {"deals": deals.frame}
    channels, fields = [], []
    for name, cards, linked in (
        ("contacts", contacts, deals.contact),
        ("companies", companies, deals.company),
    ):
        first = _first_deal(linked, deals.frame, cards.names.height)
        tables[name] = card_table(cards, first, settings.owners, rng)
        channels.append(channel_table(cards, tables[name]["id"]))
        fields.append(field_table(cards, tables[name]["id"]))
    return tables | {"channels": pl.concat(channels), "field_values": pl.concat(fields)}


def _first_deal(card: Ints, deals: pl.DataFrame, n: int) -> Ints:
    """Return when the first deal of each card was made, in seconds of 1970; -1 without one."""
    first = np.full(n, -1, dtype=np.int64)
    seconds = deals["created_at"].dt.epoch("s").to_numpy()
    known = card >= 0
    # Deals are in order of time: write them backwards, the first one stays.
    first[card[known][::-1]] = seconds[known][::-1]
    return first


def _links(deals: Deals, contacts: pl.Series, companies: pl.Series, n_live: int) -> pl.DataFrame:
    ids = deals.frame["id"]
    ghosts = np.arange(n_live, len(contacts))[::4]  # deleted cards keep their links
    firm = deals.company_of_contact
    hired = np.flatnonzero(firm >= 0)
    pairs = (
        ("contact", contacts, deals.contact, "deal", ids, True),
        ("contact", contacts, deals.second_contact, "deal", ids, False),
        ("contact", contacts, ghosts, "deal", ids.head(len(ghosts)), False),
        ("company", companies, deals.company, "deal", ids, None),
        ("contact", contacts, hired, "company", companies.gather(firm[hired]), None),
    )
    parts = []
    for entity, own, card, other, other_ids, main in pairs:
        known = (card >= 0)[: len(other_ids)]
        ends = {"from_id": own.gather(card[: len(known)][known]), "to_id": other_ids.filter(known)}
        named = pl.DataFrame(ends).with_columns(
            from_entity=pl.lit(entity), to_entity=pl.lit(other), is_main=pl.lit(main)
        )
        parts.append(LINKS.conform(named))
    return pl.concat(parts)


def _deal_fields(deals: Deals, rng: np.random.Generator) -> pl.DataFrame:
    """Fill the deal's "Откуда контакт" now and then, and the visit's number on one in ten."""
    ids = deals.frame["id"]
    parts = []
    for field_id, share, texts in (
        (WHENCE, 0.15, WHENCE_TEXTS),
        (VISIT, 0.1, None),
    ):
        rows = np.flatnonzero(rng.random(len(ids)) < share)
        if texts is None:
            raw = pl.Series(rng.integers(100_000, 999_999, len(rows))).cast(pl.String)
        else:
            raw = pl.Series(texts).gather(rng.integers(0, len(texts), len(rows)))
        frame = pl.DataFrame({"record_id": ids.gather(rows), "raw": raw})
        if texts is not None:
            enum = pl.col("raw").replace_strict(WHENCE_IDS, return_dtype=pl.String)
            frame = frame.with_columns(enum_id=enum)
        named = frame.with_columns(entity=pl.lit("deal"), field_id=pl.lit(field_id))
        parts.append(FIELD_VALUES.conform(named))
    return pl.concat(parts)


def _on_cards(cards: Cards) -> dict[tuple[str, str], Planted]:
    """Return what was planted on the cards of one entity."""
    counts, phones = cards.counts, cards.phones
    is_contact = cards.entity == "contact"
    found = {
        "CNT001" if is_contact else "CNT002": Planted(counts.total),
        "DUP101": Planted(*phones.shared),
        "DUP102": Planted(*cards.emails.shared),
        "DUP103": Planted(*phones.off_field),
        "DUP105": Planted(*phones.no_evidence),
        "PHN201": Planted(counts.doubled_phone),
        "PHN202": Planted(counts.repeated_phone),
        "PHN301": Planted(counts.bad_phone),
        "EML201": Planted(counts.doubled_email),
        "EML202": Planted(counts.repeated_email),
        "EML301": Planted(counts.bad_email),
        "NAM101" if is_contact else "NAM102": Planted(counts.no_name),
        "NAM201": Planted(counts.junk_name),
        "LNK101" if is_contact else "LNK102": Planted(counts.no_deal),
    }
    if is_contact:
        found["PHN101"] = Planted(counts.no_phone)
    return {(code, cards.entity): planted for code, planted in found.items()}


def _elsewhere(sizes: Sizes, settings: Settings) -> dict[tuple[str, str], Planted]:
    """Return what was planted on deals and in the settings."""
    return {
        ("CNT003", "deal"): Planted(sizes.deals),
        ("TSK101", "deal"): Planted(sizes.no_task),
        ("LOS101", "deal"): Planted(sizes.no_reason),
        ("TSK301", "task_type"): Planted(settings.n_idle_types),
        ("TAG101", "tag"): Planted(settings.n_idle_tags),
        ("USR101", "user"): Planted(N_ADMINS),
        ("USR103", "user"): Planted(settings.n_deleters),
    }
