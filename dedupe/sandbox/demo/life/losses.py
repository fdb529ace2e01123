"""Lost deals that nobody worked on: no call and no word, or a call of seconds and no word."""

from __future__ import annotations

import numpy as np
import polars as pl

from dedupe.sandbox.demo.numbers import Ints

from .base import DAY, HOUR, NOW, YEAR, Base, Flags, Rng, is_silent
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
    """Count those that stand out: calls are usual, and their owners are heard elsewhere."""
    year = base.closed > NOW - YEAR
    if not (_is(base, "won") & year).any():
        return 0
    judged = _is(base, "lost") & year & (base.closed <= NOW - DAY)
    judged[np.setdiff1d(quiet, quiet[::3])] = False
    heard = np.flatnonzero(judged | (_is(base, "won") & year))
    owners = base.deals["owner_id"]
    known = owners.gather(heard).unique()
    silent = np.setdiff1d(quiet, quiet[::3])
    return len(quiet[::3]) + int(owners.gather(silent).is_in(known.implode()).sum())


def _is(base: Base, state: str) -> Flags:
    return (base.deals["state"] == state).to_numpy()
