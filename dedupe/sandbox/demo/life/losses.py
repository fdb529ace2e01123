"""Lost deals that nobody worked on: no call and no word, or a call of seconds and no word."""

from __future__ import annotations

import numpy as np
import polars as pl

from dedupe.sandbox.demo.numbers import Ints

from .base import DAY, HOUR, NOW, YEAR, Base, Flags, Rng, doers, is_silent
from .rows import on_deals
from .talks import Found

_SECONDS = 6


def quiet_losses(base: Base, rng: Rng) -> tuple[Ints, pl.DataFrame, Found]:
    """Plant the suspicious losses; return their rows of deals, the short calls, what is found."""
    own = (base.second < 0) & (base.main >= 0) & ~base.tasked_deals
    is_late = (base.closed > NOW - YEAR + DAY) & (base.closed < NOW - 2 * DAY)
    calm = base.closed - base.created > DAY
    deals = np.flatnonzero(_is(base, "lost") & own & is_late & calm)
    deals = deals[~base.tasked_clients[base.main[deals]]]
    who = base.pool.take(base.main[deals], base.sized(390), rng)
    at = np.full(base.n_contacts, -1, dtype=np.int64)
    at[base.main[deals]] = deals
    quiet = np.sort(at[who])
    short = quiet[::3]
    called = base.created[short] + HOUR
    called += np.where(is_silent(called), 2 * DAY, 0)
    calls = on_deals(base, short, "call_out", called, seconds=_SECONDS)
    return quiet, calls, {("LST301", "deal"): _n_seen(base, quiet)}


def _n_seen(base: Base, quiet: Ints) -> int:
    """Count those that stand out: calls are usual, and who closed them is heard elsewhere."""
    year, won = base.closed > NOW - YEAR, _is(base, "won")
    if not (won & year).any():
        return 0
    silent = np.setdiff1d(quiet, quiet[::3])
    judged = _is(base, "lost") & year & (base.closed <= NOW - DAY)
    judged[silent] = False
    owners = base.deals["owner_id"]
    # The owner closed a deal, or the heir; deals of minutes have no moves, and no closer but them.
    closers = doers(owners, base.closed)
    is_brief = pl.Series(base.closed - base.created <= 2 * HOUR)
    closers = pl.select(pl.when(is_brief).then(owners).otherwise(closers)).to_series()
    heard = pl.concat([closers.filter(pl.Series(judged)), owners.filter(pl.Series(won & year))])
    return len(quiet[::3]) + int(closers.gather(silent).is_in(heard.unique().implode()).sum())


def _is(base: Base, state: str) -> Flags:
    return (base.deals["state"] == state).to_numpy()
