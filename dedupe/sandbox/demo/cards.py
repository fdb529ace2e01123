"""Contacts and companies of the demo account as tables, with their channels and fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from dedupe.contracts import CHANNELS, FIELD_VALUES, SNAPSHOT_TABLES

from . import words
from .deals import OPENED, READ_TO, moments
from .emails import Emails, Owners, build_emails, share_mailboxes
from .names import draw_people, junk_names, latin_parts, missing_names, write_firms, write_people
from .numbers import Ints
from .phones import Phones, build_phones
from .settings import CITY, N_USERS, POSITION, TAX_ID
from .sizes import CardCounts

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """The cards of one entity before they get ids: one row of `names` a card, live ones first."""

    entity: str
    counts: CardCounts
    names: pl.DataFrame
    phones: Phones
    emails: Emails
    extra: pl.DataFrame  # card, field_id, raw
    sites: pl.DataFrame  # card, raw


def draw_contacts(counts: CardCounts, rng: Rng) -> Cards:
    """Draw people with their numbers and addresses; the users' own phones are drawn here too."""
    phones = build_phones(counts, rng, mobile_share=0.88, n_spare=N_USERS * 2 // 3)
    leader, sharing = share_mailboxes(counts, phones.leader, phones.plain, rng)
    people = draw_people(leader, phones.crowd, rng)
    given, surname = latin_parts(people)
    owners = Owners(
        given=given, surname=surname, domain=_domains(surname, 0.04, rng), has_email=0.38
    )
    emails = build_emails(counts, leader, sharing, owners, rng)
    names = write_people(people, phones.crowd, rng)
    extra = pl.concat(
        [_some(leader, POSITION, words.JOBS, 0.1, rng), _some(leader, CITY, words.CITIES, 0.2, rng)]
    )
    none = pl.DataFrame(schema={"card": pl.Int64, "raw": pl.String})
    cards = Cards(
        entity="contact",
        counts=counts,
        names=names,
        phones=phones,
        emails=emails,
        extra=extra,
        sites=none,
    )
    return _spoilt(cards, rng)


def draw_companies(counts: CardCounts, rng: Rng) -> Cards:
    """Draw firms with their numbers and addresses."""
    phones = build_phones(counts, rng, mobile_share=0.42, n_spare=0)
    leader, sharing = share_mailboxes(counts, phones.leader, phones.plain, rng)
    firms = write_firms(leader, phones.crowd, rng)
    n = len(leader)
    given = pl.Series([words.latin(word) for word in words.MALE_NAMES]).gather(
        rng.integers(0, len(words.MALE_NAMES), n)
    )
    domain = _domains(firms["stem"], 0.5, rng)
    owners = Owners(given=given, surname=firms["stem"], domain=domain, has_email=0.5)
    emails = build_emails(counts, leader, sharing, owners, rng)
    none = pl.lit(None, dtype=pl.String)
    names = firms.select("name", first_name=none, last_name=none)
    sites = pl.DataFrame({"card": np.arange(n), "raw": "https://" + domain}).drop_nulls()
    extra = pl.concat([_some(leader, CITY, words.CITIES, 0.3, rng), _tax_ids(leader, rng)])
    cards = Cards(
        entity="company",
        counts=counts,
        names=names,
        phones=phones,
        emails=emails,
        extra=extra,
        sites=sites,
    )
    return _spoilt(cards, rng)


def card_table(cards: Cards, first_deal: Ints, owners: tuple[str, ...], rng: Rng) -> pl.DataFrame:
    """Build the table of the cards, in card order; `first_deal` is in seconds of 1970, -1: none."""
    n = cards.names.height
    start, end = int(OPENED.timestamp()), int(READ_TO.timestamp())
    alone = rng.integers(start, end - 86_400, n)
    before = np.maximum(first_deal - rng.integers(0, 600, n), start)
    created = np.where(first_deal >= 0, before, alone)
    touched = np.minimum(created + rng.exponential(60 * 86_400, n).astype(np.int64), end)
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(created, kind="stable")] = np.arange(n)
    # Contacts and companies share one sequence of ids in amoCRM: even and odd keep them apart.
    ids = 20_000_000 + 6 * rank + (1 if cards.entity == "company" else 0)
    weight = 1 / (np.arange(len(owners)) + 2.0)
    draws = [rng.choice(len(owners), n, p=weight / weight.sum()) for _ in range(2)]
    frame = cards.names.with_columns(
        id=pl.Series(ids).cast(pl.String),
        owner_id=pl.Series(owners).gather(draws[0]),
        created_by=pl.Series(owners).gather(draws[1]),
        created_at=moments(created),
        updated_at=moments(touched),
        is_deleted=pl.Series(np.arange(n) >= cards.counts.total),
    )
    return SNAPSHOT_TABLES["contacts"].conform(frame)


def channel_table(cards: Cards, ids: pl.Series) -> pl.DataFrame:
    """Build the channels of the cards, whose ids are `ids` in card order."""
    sites = cards.sites.with_columns(label=pl.lit("WORK"), field_id=pl.lit("WEB"))
    kinds: Mapping[str, pl.DataFrame] = {
        "phone": cards.phones.values,
        "email": cards.emails.values,
        "site": sites,
    }
    parts = [frame.with_columns(kind=pl.lit(kind)) for kind, frame in kinds.items()]
    frame = pl.concat(parts, how="diagonal").with_columns(
        entity=pl.lit(cards.entity),
        record_id=ids.gather(pl.concat(parts, how="diagonal")["card"]),
        position=pl.int_range(pl.len()).over("kind", "card"),
    )
    return CHANNELS.conform(frame.sort("card", "kind", "position"))


def field_table(cards: Cards, ids: pl.Series) -> pl.DataFrame:
    """Build the field values of the cards, whose ids are `ids` in card order."""
    frame = cards.extra.with_columns(
        entity=pl.lit(cards.entity), record_id=ids.gather(cards.extra["card"])
    )
    return FIELD_VALUES.conform(frame.sort("card", "field_id"))


def _spoilt(cards: Cards, rng: Rng) -> Cards:
    """Take the names of some cards away and make others junk; never in a crowd of strangers."""
    counts, is_firm = cards.counts, cards.entity == "company"
    rows = rng.permutation(np.setdiff1d(np.arange(counts.total), cards.phones.crowd))
    nameless, junk = rows[: counts.no_name], rows[counts.no_name :][: counts.junk_name]
    phones, emails = (
        values.first.gather(junk).to_list() for values in (cards.phones, cards.emails)
    )
    texts = missing_names(len(nameless)) + junk_names(phones, emails, is_firm=is_firm)
    bad = pl.DataFrame(
        {
            "card": np.concatenate([nameless, junk]).astype(np.int64),
            "bad": pl.Series(texts, dtype=pl.String),
            "hit": pl.repeat(True, len(texts), eager=True),
        }
    )
    named = cards.names.with_columns(card=pl.int_range(pl.len()))
    keep = pl.col("hit").is_null()
    names = named.join(bad, on="card", how="left", maintain_order="left").select(
        name=pl.when(keep).then("name").otherwise("bad"),
        first_name=pl.when(keep).then("first_name"),
        last_name=pl.when(keep).then("last_name"),
    )
    return replace(cards, names=names)


def _domains(stem: pl.Series, share: float, rng: Rng) -> pl.Series:
    """Return a fictional domain for a share of the cards, null for the rest."""
    has = pl.Series(rng.random(len(stem)) < share)
    number = pl.Series(rng.integers(1000, 9999, len(stem)))
    frame = pl.DataFrame({"stem": stem, "number": number, "has": has})
    return frame.select(pl.when("has").then(pl.format("{}-{}.ru", "stem", "number"))).to_series()


def _some(
    leader: Ints, field_id: str, texts: tuple[str, ...], share: float, rng: Rng
) -> pl.DataFrame:
    cards = np.flatnonzero(rng.random(len(leader)) < share)
    raw = pl.Series(texts).gather(rng.integers(0, len(texts), len(leader))[leader[cards]])
    return pl.DataFrame(
        {"card": cards, "field_id": pl.repeat(field_id, len(cards), eager=True), "raw": raw}
    )


def _tax_ids(leader: Ints, rng: Rng) -> pl.DataFrame:
    """Give a third of the firms an ИНН: a right check digit, a tax office (00) that is none."""
    cards = np.flatnonzero(rng.random(len(leader)) < 0.33)
    digits = (leader[cards] + 1_000_000)[:, None] // 10 ** np.arange(8, -1, -1) % 10
    check = digits @ np.array([2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10
    text = pl.Series((leader[cards] + 1_000_000) * 10 + check).cast(pl.String).str.zfill(10)
    return pl.DataFrame(
        {"card": cards, "field_id": pl.repeat(TAX_ID, len(cards), eager=True), "raw": text}
    )
