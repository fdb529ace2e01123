"""Whether a pull reads the whole account or what changed, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dedupe.contracts import Account
from dedupe.crm.amocrm import AccountFacts
from dedupe.errors import InputError
from dedupe.language import N_, tr

from .lists import record_lists, shape

FULL_EVERY = timedelta(days=7)  # what no answer tells of (a purged bin, a lost event) ends here


class Mode(StrEnum):
    """What the user asks for, and what is done."""

    AUTO = "auto"
    FULL = "full"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True)
class Choice:
    """FULL or INCREMENTAL, and the reason as a marked text with its facts."""

    mode: Mode
    reason: str
    facts: tuple[tuple[str, object], ...] = ()

    @property
    def told(self) -> str:
        """Return the reason in the reader's language."""
        return tr(self.reason, **dict(self.facts))


def choose(
    asked: Mode,
    last: Account | None,
    facts: AccountFacts,
    *,
    options: Collection[str],
    is_partial: str,
    now: datetime | None,
) -> Choice:
    """Choose. Raises InputError where an incremental pull is asked for and can't be."""
    if asked is Mode.FULL:
        return Choice(Mode.FULL, N_("as asked for"))
    hindrance = _hindrance(last, facts, options, is_partial, now)
    if hindrance is None:
        return Choice(Mode.INCREMENTAL, N_("only what changed since the last pull"))
    if asked is Mode.INCREMENTAL:
        raise InputError(
            N_("an incremental pull can't be: {why}"),
            where="--incremental",
            fix=N_("leave it out"),
            why=tr(hindrance),
        )
    return Choice(Mode.FULL, hindrance)


def _hindrance(
    last: Account | None,
    facts: AccountFacts,
    options: Collection[str],
    is_partial: str,
    now: datetime | None,
) -> str | None:
    """Return why what changed can't be told, None where it can."""
    if last is None:
        return N_("there is no snapshot yet")
    if last.read_from is None or now is None or last.read_from > now:
        return N_("the CRM's time is not known")
    settings = last.settings
    if settings.get("shape") != shape(options):
        return N_("the last snapshot is of other options or of another version")
    missing = [one.name for one in record_lists(options) if one.record_table not in last.tables]
    if missing:
        return N_("the last snapshot lacks a list")
    if settings.get("user_id", "") != facts.current_user_id:
        return N_("the last snapshot was read as another user")
    if is_partial == "true" or settings.get("is_partial") != is_partial:
        return N_("cards may come into the user's sight, and leave it, without a change")
    full_at = moment(settings.get("full_at", ""))
    if full_at is None or now - full_at >= FULL_EVERY:
        return N_("the last whole read is a week old")
    return None


def moment(text: str) -> datetime | None:
    """Read a moment of the settings; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
