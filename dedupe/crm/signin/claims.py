"""What an access token says of itself: a JWT's claims, for display and checks, unproven.

The signature is the server's business. Nothing here decides what is allowed, and no
claim is shown that is not of the shape expected of it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dedupe.config import is_amocrm_host

_MAX_CHARS = 16_384
_MAX_ID = 2**53
_YEARS = (1_000_000_000, 5_000_000_000)  # 2001 to 2128: other numbers are no dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims worth a look; None where the token has none (it need not be a JWT)."""

    account_id: str | None = None
    user_id: str | None = None
    api_domain: str | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None


def read_claims(token: str) -> Claims:
    """Read the claims of `token` without proving its signature; never raises."""
    claims = _payload(token)
    domain = claims.get("api_domain")
    return Claims(
        account_id=_id(claims.get("account_id")),
        user_id=_id(claims.get("sub")),
        api_domain=domain if isinstance(domain, str) and is_amocrm_host(domain) else None,
        issued_at=_moment(claims.get("iat")),
        expires_at=_moment(claims.get("exp")),
    )


def _payload(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MAX_CHARS:
        return {}
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _id(value: object) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 18:
        return text if 0 < int(text) < _MAX_ID else None
    return None


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not _YEARS[0] <= value <= _YEARS[1]:  # False for NaN as well
        return None
    return datetime.fromtimestamp(int(value), UTC)
