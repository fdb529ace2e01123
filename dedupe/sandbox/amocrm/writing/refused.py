"""Calls that amoCRM does not have, answered as it was seen to answer them.

Nothing is deleted through the public API but settings: cards, notes and list elements are
405 without a body, tasks are out of the token's scope, calls are not found at all.
"""

from __future__ import annotations

from .call import Answer, Call
from .problems import refuse


def not_allowed(call: Call) -> Answer:
    """DELETE of a card, a note or a list element: 405 without a body."""
    return 405, None


def out_of_scope(call: Call) -> Answer:
    """DELETE of a task, writing users and roles: 403."""
    raise refuse(403, "Invalid scope")


def unknown_call(call: Call) -> Answer:
    """DELETE /calls/{id}: 404, with the address as amoCRM's router sees it."""
    raise refuse(404, f"Cannot DELETE {call.request.base_url}/calls/{call.values['id']}!")
