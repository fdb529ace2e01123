"""What differs between amoCRM accounts, and what its documentation leaves open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the account behaves; the defaults are a paid account with the filters add-on."""

    has_filters: bool = True  # is_api_filter_enabled: the alpha filters of cards are a paid add-on
    refuses_filters: bool = False  # without the add-on: a filter is ignored, or answered with 400
    is_paid: bool = True  # else every call is answered with 402
    token_lives_s: int = 86_400  # an access token of OAuth; a long-lived one does not end
