"""The settings as values. Each field's default has its reason beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dedupe.language import LANGUAGES

from .auditing import Regulation
from .matching import Matching
from .notices import Target
from .planning import Planning, Survivorship
from .policies import Policy
from .reporting import Brand
from .retention import Retention

REQUESTS_PER_S = 7  # amoCRM's limit for one integration, the strictest in use
CRMS = ("amocrm", "retailcrm", "bitrix24", "files")
EXTRAS = ("notes", "events", "chats")  # heavy data: minutes more, so only on request


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """How numbers without a country or area code are read."""

    default_region: str | None = None  # the account's own, where the CRM tells it
    area_code: str | None = None  # a guess would make strangers share a number

    @property
    def region(self) -> str:
        """Return the country of numbers where nobody tells one: the first users' own."""
        return self.default_region or "RU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Which checks run (codes or their beginnings), and what they need to know."""

    select: tuple[str, ...] = ()  # all
    ignore: tuple[str, ...] = ()
    loss_reason_field: str | None = None  # the CRM's built-in reason
    options: Mapping[str, Any] = field(default_factory=dict)  # by code and name; audit checks them


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One account: where it is and how to sign in.

    `token` names the place of a long-lived token, never the token: `env:NAME`,
    `file:PATH`, `credential:NAME` or `keyring`; without one (and without OAuth's three
    settings) it is kept in the account's folder.
    """

    crm: str
    url: str | None = None
    path: str | None = None
    token: str | None = None
    client_id: str | None = None  # of an OAuth integration; a long-lived token needs none
    client_secret: str | None = None  # where it is kept, as `token`
    redirect_uri: str | None = None
    with_: tuple[str, ...] = ()  # some of EXTRAS
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a command may be told by its config file."""

    lang: str | None = None
    timezone: str = "Europe/Moscow"  # exports carry the account's own time, without a zone
    phone: Phone = Phone()
    checks: Checks = Checks()
    survivorship: Survivorship = field(default_factory=Survivorship)
    plan: Planning = field(default_factory=Planning)
    match: Matching = field(default_factory=Matching)
    regulation: tuple[Regulation, ...] = ()
    manual: Mapping[str, str] = field(default_factory=dict)  # by code: one of MANUAL
    report: Brand = field(default_factory=Brand)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    notify: Mapping[str, Target] = field(default_factory=dict)  # by the names policies use
    retention: Retention = field(default_factory=Retention)
    profiles: dict[str, Profile] = field(default_factory=dict)


ALLOWED = {"lang": LANGUAGES, "crm": CRMS}
