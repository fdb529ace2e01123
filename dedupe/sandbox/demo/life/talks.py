"""Planted faults of talk: enquiries nobody took up, calls nobody returned, letters unanswered.

Each fault takes contacts that have no other part, and returns its rows with what a scan must
find: how many records, by code and entity.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import polars as pl

from dedupe.sandbox.demo.numbers import Ints

from .base import DAY, HOUR, NOW, YEAR, Base, Rng, between
from .rows import FORMS, ROBOT, on_contacts, on_deals

Found = dict[tuple[str, str], int]
Fault = tuple[pl.DataFrame, Found]

_RECENT = int(datetime(2019, 9, 1, tzinfo=UTC).timestamp())
_ENQUIRIES = ("Заявка с сайта: перезвоните мне", "Форма «Расчёт стоимости»: крыша 120 м²",
              "Обращение через форму: нужен замер")  # fmt: skip
_SMS = ("Добрый день, ещё актуально", "Перезвоните, пожалуйста")
_N_CHANNELS = 6


def talk_faults(base: Base, rng: Rng) -> Iterator[Fault]:
    """Plant the faults one after another; the order is part of the account."""
    yield _lost_enquiries(base, rng)
    yield _unknown_callers(base, rng)
    yield _chats_without_deal(base, rng)
    yield _letters_without_answer(base, rng)
    yield _missed_calls(base, rng)
    yield _noted_twice(base, rng)
    yield _left_in_forms(base, rng)
    yield _answered_by_another(base, rng)
    yield _returning_chats(base, rng)


def enquiry(base: Base, rows: Ints, at: Ints, *, entity: str, author: str = ROBOT) -> pl.DataFrame:
    """Return forms of the site on deals or contacts; nothing in them tells whose they are."""
    texts = pl.Series(_ENQUIRIES).gather(rows % len(_ENQUIRIES))
    on = on_deals if entity == "deal" else on_contacts
    return on(base, rows, "service_message", at, author=author, text=texts, service=FORMS)


def living(base: Base, contacts: Ints, deals: Ints) -> Ints:
    """Return the deal of each of `contacts` out of `deals`, the last in their order."""
    at = np.full(base.n_contacts, -1, dtype=np.int64)
    at[base.main[deals]] = deals
    return at[contacts]


def led(base: Base, chosen: Ints) -> Ints:
    """Return the contacts that are the main ones of the deals `chosen`."""
    return base.main[chosen][base.main[chosen] >= 0]


def _lost_enquiries(base: Base, rng: Rng) -> Fault:
    """Let past clients turn up again, half on the deal and half on the contact: nobody answers."""
    is_past = (base.last_deal >= 0) & ~base.has_open & (base.last_closed < NOW - 10 * DAY)
    rows = np.flatnonzero(is_past & ~base.tasked_clients)
    who = base.pool.take(rows, base.sized(640), rng)
    since = np.maximum(base.last_closed[who] + 2 * HOUR, _RECENT)
    at = between(since, np.full(len(who), NOW - 4 * DAY), rng)
    way, is_deal = np.arange(len(who)) % _N_CHANNELS, np.arange(len(who)) // _N_CHANNELS % 2 == 0
    parts = []
    for channel in range(_N_CHANNELS):
        for entity, mine in (("deal", is_deal), ("contact", ~is_deal)):
            picked = mine & (way == channel)
            records = base.last_deal[who[picked]] if entity == "deal" else who[picked]
            parts.append(_turned_up(base, records, at[picked], entity=entity, channel=channel))
    called = way < 2
    return pl.concat(parts), {
        ("DEAL201", "deal"): len(who),
        ("CAL202", "deal"): int((called & is_deal).sum()),
        ("CAL202", "contact"): int((called & ~is_deal).sum()),
    }


def _turned_up(base: Base, rows: Ints, at: Ints, *, entity: str, channel: int) -> pl.DataFrame:
    """Return one inbound touch for each of `rows`: missed calls are the first two channels."""
    on = on_deals if entity == "deal" else on_contacts
    if channel < 2:
        return on(base, rows, "call_in", at, seconds=0)
    if channel == 2:
        return enquiry(base, rows, at, entity=entity)
    kind = ("letter_in", "incoming_chat_message", "sms_in")[channel - 3]
    text = _SMS[0] if kind == "sms_in" else None
    return on(base, rows, kind, at, author=ROBOT, text=text)


def _unknown_callers(base: Base, rng: Rng) -> Fault:
    """Let people without a deal call: somebody speaks with them and writes nothing down."""
    rows = np.flatnonzero((base.n_links == 0) & ~base.tasked_contacts)
    rows = rows[base.contact_made[rows] < NOW - 3 * DAY]
    who = base.pool.take(rows, base.sized(310), rng)
    at = between(base.contact_made[who], np.full(len(who), NOW - 2 * DAY), rng)
    again = np.flatnonzero(np.arange(len(who)) % 3 == 0)
    calls = [on_contacts(base, who, "call_in", at)]
    calls.append(on_contacts(base, who[again], "call_in", at[again] + 5 * HOUR))
    return pl.concat(calls), {("CAL103", "contact"): len(who)}


def _chats_without_deal(base: Base, rng: Rng) -> Fault:
    rows = np.flatnonzero((base.n_links == 0) & ~base.tasked_contacts)
    rows = rows[base.contact_made[rows] < NOW - 3 * DAY]
    who = base.pool.take(rows, base.sized(96), rng)
    at = between(base.contact_made[who], np.full(len(who), NOW - 2 * DAY), rng)
    return on_contacts(base, who, "incoming_chat_message", at, author=ROBOT), {
        ("CHT101", "contact"): len(who)
    }


def _letters_without_answer(base: Base, rng: Rng) -> Fault:
    """Let clients of an open deal write a letter that is left without an answer."""
    is_alone = base.is_open & (base.main >= 0) & (base.created < NOW - 9 * DAY)
    deals = np.flatnonzero(is_alone)
    deals = deals[base.n_links[base.main[deals]] == 1]
    who = base.pool.take(led(base, deals), base.sized(150), rng)
    deal = living(base, who, deals)
    since = np.maximum(base.created[deal] + HOUR, _RECENT)
    at = between(since, np.full(len(who), NOW - 4 * DAY), rng)
    half = np.arange(len(who)) % 2 == 0
    parts = [
        on_deals(base, deal[half], "letter_in", at[half], author=ROBOT),
        on_contacts(base, who[~half], "letter_in", at[~half], author=ROBOT),
    ]
    return pl.concat(parts), {("MAIL102", "contact"): len(who)}


def _missed_calls(base: Base, rng: Rng) -> Fault:
    """Let clients call while their deal lives: nobody answers, nobody calls back."""
    is_quiet = base.is_open | (base.closed < NOW - YEAR - 9 * DAY)
    long = base.until - base.created > 6 * DAY
    deals = np.flatnonzero(is_quiet & long & (base.main >= 0) & (base.created < NOW - 9 * DAY))
    deals = deals[base.n_links[base.main[deals]] == 1]
    n = base.sized(120), base.sized(180)
    who = base.pool.take(led(base, deals), sum(n), rng)
    deal = living(base, who, deals)
    until = np.minimum(base.until[deal], NOW) - 5 * DAY
    at = between(base.created[deal] + HOUR, until, rng)
    first = np.arange(len(who)) < n[0]
    parts = [
        on_contacts(base, who[first], "call_in", at[first], seconds=0),
        on_deals(base, deal[~first], "call_in", at[~first], seconds=0),
    ]
    return pl.concat(parts), {
        ("CAL202", "contact"): int(first.sum()),
        ("CAL202", "deal"): int((~first).sum()),
    }


def _noted_twice(base: Base, rng: Rng) -> Fault:
    """Let the telephony note one call on the deal and, some seconds later, on the contact."""
    who, deal, at = _in_life(base, base.sized(430), rng)
    call = pl.Series(np.arange(len(who)), dtype=pl.Int64)
    owner = base.contacts["owner_id"].gather(who)
    twice = rng.integers(0, 20, len(who))
    parts = [
        on_deals(base, deal, "call_out", at, call=call, author=owner),
        on_contacts(base, who, "call_out", at + twice, call=call),
        on_deals(base, deal, "call_out", at + 2 * HOUR, author=owner),  # another call, noted once
    ]
    return pl.concat(parts), {("NOT101", "note"): len(who)}


def _left_in_forms(base: Base, rng: Rng) -> Fault:
    """Let clients leave a number or an address in a form that their card lacks."""
    n_phones, n_mails = base.sized(260), base.sized(70)
    who, _, at = _in_life(base, n_phones + n_mails, rng)
    at_row = np.arange(len(who))
    number = pl.Series(at_row + 1_000_000).cast(pl.String)
    digits = [number.str.slice(*span) for span in ((0, 3), (3, 2), (5, 2))]
    phones = pl.select(pl.format("Заявка с сайта: +7 958 {}-{}-{}", *digits)).to_series()
    mails = pl.select(pl.format("Форма заявки: client{}@mail-demo58.ru", number)).to_series()
    is_phone = pl.Series(at_row < n_phones)
    text = pl.select(pl.when(is_phone).then(phones).otherwise(mails)).to_series()
    rows = on_contacts(base, who, "service_message", at, author=ROBOT, text=text, service=FORMS)
    return rows, {("ENR101", "contact"): len(who)}


def _answered_by_another(base: Base, rng: Rng) -> Fault:
    """Let a known client be answered by somebody else than the owner; heirs do it too."""
    who, _, at = _in_life(base, base.sized(85), rng)
    return on_contacts(base, who, "call_in", at, author=_others(base, who)), {}


def _returning_chats(base: Base, rng: Rng) -> Fault:
    """Let clients come back to the chat days later, and somebody else write to them."""
    who, _, at = _in_life(base, base.sized(40), rng)
    talk = (
        ("incoming_chat_message", 0, ROBOT), ("outgoing_chat_message", 300, None),
        ("incoming_chat_message", 2 * DAY, ROBOT),
        ("outgoing_chat_message", 2 * DAY + 300, _others(base, who)),
    )  # fmt: skip
    parts = [
        on_contacts(base, who, kind, at + after, **({"author": by} if by is not None else {}))
        for kind, after, by in talk
    ]
    return pl.concat(parts), {("CHT102", "contact"): len(who)}


def _others(base: Base, who: Ints) -> pl.Series:
    """Return for each contact the first of two active users who is not its owner."""
    active = base.tables["users"].filter(pl.col("is_active"))["id"].head(2)
    owner = base.contacts["owner_id"].gather(who)
    first, second = active[0], active[1]
    return pl.select(
        pl.when(owner == first).then(pl.lit(second)).otherwise(pl.lit(first))
    ).to_series()


def _in_life(base: Base, n: int, rng: Rng) -> tuple[Ints, Ints, Ints]:
    """Take `n` contacts with a deal of some days: contact, deal, a moment well inside its life."""
    is_long = (base.until - base.created > 6 * DAY) & (base.main >= 0)
    deals = np.flatnonzero(is_long & (base.created < NOW - 9 * DAY))
    who = base.pool.take(led(base, deals), n, rng)
    deal = living(base, who, deals)
    return who, deal, between(base.created[deal] + HOUR, base.until[deal] - 5 * DAY, rng)
