"""Small decks to review: cards by the row, their clusters and pairs; all people are fictional."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import httpx

from dedupe.decisions import DecisionLog
from dedupe.review.deck import About, Deck, Sample
from dedupe.review.ledger import Ledger
from dedupe.review.queue import build_queue
from dedupe.review.server import ReviewServer
from dedupe.review.thresholds import Thresholds
from dedupe.review.values_deck import ValuesDeck
from dedupe.review.values_queue import build_values_queue
from tests.unit.plan.conftest import AccountOf


class Clock:
    """Moments a second apart, so that the order of decisions is that of their making."""

    def __init__(self) -> None:
        self._ticks = count()

    def __call__(self) -> datetime:
        return datetime(2026, 11, 22, 9, 0, tzinfo=UTC) + timedelta(seconds=next(self._ticks))


def family(account: AccountOf, *, names=("Иван Петров",), first: int = 101, tier="review") -> None:
    """Add one cluster, a card a name, whose ids begin at `first`."""
    ids = range(first, first + len(names))
    for id_, name in zip(ids, names, strict=True):
        account.card(id_, name, phones=[f"+7916000{id_:04d}"], fields={"701": f"Город {id_}"})
    account.cluster(*ids, tier=tier, pairs=False)
    for left, right in pairwise(ids):
        account.pair(left, right, tier=tier, probability=0.5 + (first % 50) / 100, g_surname=6)


def pairs_of_cards(account: AccountOf, n: int, *, first: int = 101, tier="review") -> None:
    """Add `n` clusters of two cards each."""
    for at in range(n):
        family(
            account, names=(f"Анна {at}", f"Анна {at} Ивановна"), first=first + 2 * at, tier=tier
        )


def deck_of(
    account: AccountOf, folder: Path, *, who: str = "anna", sample: Sample | None = None
) -> Deck:
    inputs = account.inputs()
    queue = build_queue(inputs.account, inputs.clusters, inputs.pairs, inputs.findings)
    about = About(scan_id="s-1", name="example.amocrm.ru", crm="amocrm", host="example.amocrm.ru")
    log = DecisionLog(folder / "decisions.jsonl", who, now=Clock())
    return Deck(queue, inputs.account, Ledger(log), about, sample=sample)


def values_of(account: AccountOf, deck: Deck) -> ValuesDeck:
    """Return the values of the account that wait for the reviewer of `deck`."""
    inputs = account.inputs()
    queue = build_values_queue(inputs.account, inputs.findings, inputs.values, mark_tag="merged")
    return ValuesDeck(queue, deck.ledger, deck.about.scan_id)


def doubled(account: AccountOf, id_: int = 101, *, code: str = "PHN201", **told: object) -> str:
    """Add a card with a doubled number that the scan is not sure of; return its text."""
    raw = f"+7 916 000-{id_ % 10_000 // 100:02d}-{id_ % 100:02d} 8 903 555-00-{id_ % 100:02d}"
    account.card(id_, f"Карта {id_}", phones=[raw], **told)
    first, second = raw.split(" 8 ")
    parts = [
        sign + "".join(filter(str.isdigit, part)) for sign, part in (("+", first), ("+7", second))
    ]
    account.finding(code, id_, field="phone", value=raw, proposal="; ".join(parts), confidence=0.8)
    return raw


@contextmanager
def served(deck: Deck, account: AccountOf, values: ValuesDeck | None = None):
    """Serve the deck; give the server and a browser that has used its token."""
    with ReviewServer(deck, Thresholds(account.inputs().pairs), values=values) as server:
        base = server.url.partition("/?")[0]
        with httpx.Client(base_url=base, trust_env=False) as client:
            assert client.get(server.url).status_code == 303
            client.headers["origin"] = base
            client.headers["x-csrf"] = server.gate.csrf
            yield server, client


def sent(deck: Deck, g: int, verdict: str, **told: object) -> dict[str, object]:
    """Return a group's form as the page would send it."""
    ids = deck.parts(g)[0]
    return {"ids": ",".join(ids), "in": list(ids), "verdict": verdict} | told
