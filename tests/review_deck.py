"""Small decks to review: cards by the row, their clusters and pairs; all people are fictional."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import httpx

from dedupe.decisions import DecisionLog
from dedupe.review.deck import About, Deck, Sample
from dedupe.review.queue import build_queue
from dedupe.review.server import ReviewServer
from dedupe.review.thresholds import Thresholds
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
    return Deck(queue, inputs.account, log, about, sample=sample)


@contextmanager
def served(deck: Deck, account: AccountOf):
    """Serve the deck; give the server and a browser that has used its token."""
    with ReviewServer(deck, Thresholds(account.inputs().pairs)) as server:
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
