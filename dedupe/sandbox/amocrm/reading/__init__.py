"""The reading side: what every documented GET answers, as routes."""

from __future__ import annotations

from dedupe.sandbox.server.routes import Route

from . import account, activity, cards, settings

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *settings.ROUTES,
    *activity.ROUTES,
    *cards.ROUTES,
)

__all__ = ["ROUTES"]
