"""Ordinary talk: whoever turns up is answered, and whoever calls in vain is called back.

All of it lies in the life of the client's deal, so that no check takes it for a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import polars as pl

from dedupe.sandbox.demo.numbers import Ints

from .base import DAY, HOUR, MSK, NOW, YEAR, Base, Flags, Rng, at_work, is_silent
from .rows import BOT, OLD_FORMS, OLD_PHONES, ROBOT, on_contacts, on_deals
from .talks import enquiry, led, living

_TEXTS = ("Просил перезвонить после обеда", "Отправили расчёт на почту", "Ждёт решения супруги",
          "Нужен замер на следующей неделе", "Интересует рассрочка", "Сравнивает цены")  # fmt: skip
_TALKS = 22_000
_OLD = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
OLD_PBX_UNTIL = int(datetime(2019, 6, 3, tzinfo=UTC).timestamp())
_QUIZ_UNTIL = int(datetime(2019, 11, 18, tzinfo=UTC).timestamp())
_NO_MAIL = tuple(
    int(datetime(2019, *day, tzinfo=UTC).timestamp()) // DAY for day in ((7, 8), (7, 28))
)
RECENT = NOW - YEAR - DAY  # the losses that LST301 judges, and a day more
_SHORT = 15 * 60


def ordinary(base: Base, quiet: Ints, mute: Ints, rng: Rng) -> Iterator[pl.DataFrame]:
    """Make the ordinary talk; deals that are `quiet` have no part in it, `mute` ones no texts."""
    yield _work_on_closed(base, quiet, mute, rng)
    yield from _talks(base, rng)
    yield _before_the_deal(base, rng)
    yield _written(base, np.union1d(quiet, mute), rng)
    yield _bots(base, rng)


def _work_on_closed(base: Base, quiet: Ints, mute: Ints, rng: Rng) -> pl.DataFrame:
    """Note a call on every deal closed within a year, and a text on most of those won."""
    is_ours = (base.closed > RECENT) & ~base.is_open
    is_ours[quiet] = False
    deals = np.flatnonzero(is_ours)
    life = base.until[deals] - base.created[deals]
    at = base.created[deals] + (rng.random(len(deals)) * life).astype(np.int64)
    at = at_work(at, base.created[deals], base.until[deals], rng)
    at = np.where(is_silent(at), at - 4 * DAY, at)
    calls = on_deals(base, deals, "call_out", at)
    is_won = (base.deals["state"] == "won").to_numpy()[deals]
    # Who closes a deal within minutes has a word on it: two signs are planted ones only.
    told = is_won | (life < _SHORT) | (rng.random(len(deals)) < 0.2)
    told &= ~np.isin(deals, mute)
    return pl.concat([calls, _texts(base, deals[told], at[told] + 60, rng)])


def _talks(base: Base, rng: Rng) -> Iterator[pl.DataFrame]:
    """Give many clients one talk of two steps each."""
    is_long = (base.until - base.created > 4 * DAY) & (base.main >= 0)
    deals = np.flatnonzero(is_long & (base.created < NOW - 5 * DAY))
    # Deals of the years before are an import: few of them have a history.
    deals = deals[(base.created[deals] > _OLD) | (rng.random(len(deals)) < 0.15)]
    who = base.pool.take(led(base, deals), base.sized(_TALKS), rng)
    deal = living(base, who, deals)
    since, until = base.created[deal] + HOUR, base.until[deal] - 2 * DAY
    at = since + (rng.random(len(who)) * (until - since)).astype(np.int64)
    at = at_work(at, since, until, rng)
    way, on_deal = rng.integers(0, 8, len(who)), rng.random(len(who)) < 0.6
    fits = ~is_silent(at) & ~is_silent(at + DAY) & ~((way == 4) & _in_gap(at))
    for kind in range(8):
        for entity, mine in (("deal", on_deal), ("contact", ~on_deal)):
            rows = np.flatnonzero(fits & mine & (way == kind))
            records = deal[rows] if entity == "deal" else who[rows]
            yield _talk(base, kind, records, at[rows], entity)


def _talk(base: Base, kind: int, rows: Ints, at: Ints, entity: str) -> pl.DataFrame:
    on = on_deals if entity == "deal" else on_contacts
    phones = pl.Series(np.where(at < OLD_PBX_UNTIL, OLD_PHONES, "demo_telephony").astype(str))
    first = {
        0: lambda: on(base, rows, "call_in", at, seconds=0, service=phones),
        1: lambda: on(base, rows, "call_in", at, service=phones),
        2: lambda: on(base, rows, "call_out", at, service=phones),
        3: lambda: _form(base, rows, at, entity),
        4: lambda: on(base, rows, "letter_in", at, author=ROBOT),
        5: lambda: on(base, rows, "incoming_chat_message", at, author=ROBOT),
        6: lambda: on(base, rows, "sms_out", at, text="Ваш менеджер перезвонит сегодня"),
        7: lambda: on(base, rows, "call_out", at, service=phones),
    }[kind]()
    then, after = {4: ("letter_out", 5 * HOUR), 5: ("outgoing_chat_message", 240)}.get(
        kind, ("call_out", (20 + kind * 90) * 60)
    )
    more = {"service": phones} if then == "call_out" else {}
    return pl.concat([first, on(base, rows, then, at + after, **more)])


def administrator(base: Base) -> str:
    """Return the administrator under whose name the forms of the site write."""
    users = base.tables["users"].filter(pl.col("is_admin") & pl.col("is_active"))
    return str(users["id"][0])


def _form(base: Base, rows: Ints, at: Ints, entity: str) -> pl.DataFrame:
    is_quiz = (pl.col("at") < _QUIZ_UNTIL) & (pl.col("client") % 2 == 0)
    # The forms were connected by an administrator, and write under that name.
    forms = enquiry(base, rows, at, entity=entity, author=administrator(base))
    return forms.with_columns(service=pl.when(is_quiz).then(pl.lit(OLD_FORMS)).otherwise("service"))


def _before_the_deal(base: Base, rng: Rng) -> pl.DataFrame:
    """Let new clients call, and the deal be made within minutes of the call."""
    made = base.contact_made[: base.n_contacts]
    soon = (base.first_deal - made <= 600) & (base.first_deal >= made)
    rows = np.flatnonzero(soon & (base.first_deal > _OLD) & ~is_silent(made))
    who = base.pool.take(rows, base.sized(1_500), rng)
    return on_contacts(base, who, "call_in", made[who])


def _written(base: Base, quiet: Ints, rng: Rng) -> pl.DataFrame:
    """Note texts on a few deals of all years, and on contacts without another part."""
    rows = np.setdiff1d(np.flatnonzero(rng.random(len(base.main)) < 0.09), quiet)
    rows = rows[(base.closed[rows] < RECENT) | base.is_open[rows]]
    at = at_work(base.created[rows] + DAY, base.created[rows], base.until[rows], rng)
    deals = _texts(base, rows, np.minimum(at, base.until[rows]), rng)
    free = np.flatnonzero(base.pool.free)
    who = free[rng.random(len(free)) < 0.08]
    made = base.contact_made[who]
    at = np.minimum(at_work(made + 90, made, np.full(len(who), NOW), rng), NOW - 60)
    on = on_contacts(base, who, "common", at, text=_some(who, rng))
    return pl.concat([deals, on])


def _bots(base: Base, rng: Rng) -> pl.DataFrame:
    """Let a robot note on open deals that a letter was opened: that is no enquiry."""
    rows = np.flatnonzero(base.is_open & (rng.random(len(base.main)) < 0.4))
    at = np.minimum(base.created[rows] + 2 * DAY, NOW - 60)
    return on_deals(base, rows, "service_message", at, author=ROBOT, service=BOT,
                    text="Клиент открыл предложение")  # fmt: skip


def _texts(base: Base, deals: Ints, at: Ints, rng: Rng) -> pl.DataFrame:
    return on_deals(base, deals, "common", np.minimum(at, NOW - 60), text=_some(deals, rng))


def _some(rows: Ints, rng: Rng) -> pl.Series:
    return pl.Series(_TEXTS).gather(rng.integers(0, len(_TEXTS), len(rows)))


def _in_gap(at: Ints) -> Flags:
    day = (at + MSK) // DAY
    return (day >= _NO_MAIL[0] - 1) & (day <= _NO_MAIL[1])
