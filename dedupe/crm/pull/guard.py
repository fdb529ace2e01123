"""When a read may not be taken for the account: another account, a part of it, less than before."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from dedupe.contracts import Account, Note
from dedupe.crm.amocrm import AccountFacts
from dedupe.errors import InputError, SafetyError
from dedupe.language import N_

SHRUNK = 0.9  # of the last snapshot's rows; people do not delete a tenth of an account in a day
QUARANTINED = 0.001  # of all items; fewer are slips of single records
# Settings come and go; of these a tenth less is a read that went wrong, or a loss to look at.
_GUARDED = ("contacts", "companies", "deals", "tasks", "notes", "events", "channels", "links")

Tables = Mapping[str, pl.DataFrame]


def check_account(facts: AccountFacts, last: Account | None, where: str) -> None:
    """Raise InputError where the last snapshot is of another account than the one that answers."""
    if last is None or (last.crm, last.account_id) in (("amocrm", facts.id), ("amocrm", "")):
        return
    raise InputError(
        N_("the address answers for account {found}, the last snapshot is of {known}"),
        where=where,
        fix=N_("check the profile's url and token; for another account make another profile"),
        found=facts.id,
        known=last.account_id or last.crm,
    )


def shrunk_tables(tables: Tables, last: Account | None, not_asked: Collection[str]) -> list[str]:
    """Return the tables that have less than nine tenths of the rows they had."""
    found = []
    for name in _GUARDED:
        if last is None or name not in last.tables or name in not_asked:
            continue
        before = int(last.tables[name].select(pl.len()).collect().item())
        after = tables[name].height if name in tables else 0
        if after < SHRUNK * before:
            found.append(name)
    return found


def shrunk_error(tables: Tables, last: Account, names: Collection[str], where: str) -> SafetyError:
    """Return the error that names the tables and their rows before and now."""
    rows = [
        (name, int(last.tables[name].select(pl.len()).collect().item()), tables.get(name))
        for name in names
    ]
    told = ", ".join(f"{n} {was} -> {0 if now is None else now.height}" for n, was, now in rows)
    return SafetyError(
        N_("much less was read than last time ({told}); the last snapshot stays"),
        where=where,
        fix=N_("look into the account; if it is right, pull again with --accept-shrunk"),
        told=told,
    )


def sight(facts: AccountFacts, tables: Tables) -> str:
    """Tell whether the token's user sees a part only: "false", "true", or "unknown"."""
    users, rights = tables.get("users"), tables.get("user_rights")
    if users is None or rights is None or not facts.current_user_id:
        return "unknown"
    me = users.filter(pl.col("id") == facts.current_user_id)
    if me.height == 0:
        return "unknown"
    if me["is_admin"].item(0):
        return "false"
    views = rights.filter(
        (pl.col("user_id") == facts.current_user_id) & (pl.col("action") == "view")
    )
    seen = set(views.filter(pl.col("scope") == "all")["entity"])
    return "false" if {"contact", "company", "deal"} <= seen else "true"


def sight_notes(is_partial: str, n: int, n_quarantined: int) -> tuple[Note, ...]:
    """Return the remarks on a read that is not the whole account as it is."""
    notes = []
    if is_partial == "true":
        notes.append(Note(code="partial_sight", where="account", n=1))
    if is_partial == "unknown":
        notes.append(Note(code="unknown_sight", where="account", n=1))
    if n_quarantined:
        is_many = n_quarantined > QUARANTINED * n
        code = "many_unreadable" if is_many else "unreadable"
        notes.append(Note(code=code, where="account", n=n_quarantined))
    return tuple(notes)
