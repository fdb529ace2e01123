"""Faults of the demo account's team and connections: users, rights, owners who left, webhooks.

The users who left did so at the end of 2019: what was made later is theirs no more, what they
owned stayed with them. The idle ones work here still, but made nothing in the last weeks; who
writes the account's history must keep to that (`IDLE`, `IDLE_SINCE`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import polars as pl

from dedupe.contracts import TASKS

from .deals import READ_TO
from .planted import Counts, Planted
from .settings import N_ADMINS, N_INACTIVE, N_USERS, user_id

Tables = Mapping[str, pl.DataFrame]
Frames = dict[str, pl.DataFrame]

LEFT_AT = datetime(2020, 1, 1, tzinfo=UTC)
IDLE_SINCE = READ_TO - timedelta(days=45)
_IDLE_PLACES = (26, 28, 31)
_LEFT_PLACES = range(N_USERS - N_INACTIVE, N_USERS)
IDLE = tuple(user_id(place) for place in _IDLE_PLACES)  # active users who do nothing
LEFT = tuple(user_id(place) for place in _LEFT_PLACES)
WORKING = tuple(id_ for p in range(N_USERS) if (id_ := user_id(p)) not in {*IDLE, *LEFT})
# Whoever took over from the users who are idle or left: one person each, no administrator.
SUCCESSORS = dict(zip((*LEFT, *IDLE), WORKING[N_ADMINS + 2 :: 3], strict=False))

_NO_ROLE = (9, 17, 23)
_EXPORTERS = (7, 12, 20, 27)
_PRIVATE = {6: "mail.ru", 11: "yandex.ru", 15: "gmail.com", 22: "bk.ru", 30: "mail.ru"}
_TWINS = {25: 8, 24: 13}  # a second account of the same person, surname first
_HOOKS = (
    ("https://hooks.krovlya-demo58.ru/amo/", "add_lead,add_contact", False),  # repeats the first
    ("http://crm.krovlya-demo58.ru/lead", "update_lead", False),
)
_CARDS = ("contacts", "companies", "deals")


def plant_team(tables: Tables) -> Frames:
    """Return the tables that the team's faults change."""
    return {
        "users": _users(tables["users"]),
        "user_rights": _rights(tables["user_rights"]),
        "webhooks": _webhooks(tables["webhooks"]),
        **{name: _handed_over(tables[name]) for name in (*_CARDS, "tasks")},
    }


def with_daily_work(tasks: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Give each administrator an open task on a contact, so that none is there for programs."""
    n, last = N_ADMINS, max(map(int, tasks["id"]), default=0)
    live = contacts.filter(~pl.col("is_deleted"))["id"]
    rows = pl.DataFrame(
        {
            "id": [str(last + 3 * (at + 1)) for at in range(n)],
            "record_id": [live[at % len(live)] for at in range(n)],
            "owner_id": [user_id(at) for at in range(n)],
        }
    ).with_columns(
        entity=pl.lit("contact"),
        task_type_id=pl.lit(tasks["task_type_id"][0] if tasks.height else "1"),
        text=pl.lit("Проверить карточку"),
        created_by=pl.col("owner_id"),
        created_at=pl.lit(READ_TO - timedelta(hours=2)),
        updated_at=pl.lit(READ_TO - timedelta(hours=2)),
        due_at=pl.lit(READ_TO + timedelta(days=2)),
        is_completed=pl.lit(value=False),
    )
    return pl.concat([tasks, TASKS.conform(rows)])


def team_planted(tables: Tables) -> Counts:
    """Return what is planted in the team of a finished account."""
    active, n_hooks = N_USERS - N_INACTIVE, _n_faulty_hooks(tables["webhooks"])
    counts = {
        ("USR001", "user"): N_USERS,
        ("USR104", "user"): len(_NO_ROLE),
        ("USR105", "user"): len(_EXPORTERS),
        ("USR106", "user"): sum(p < N_ADMINS or p % 3 == 0 for p in range(active)),
        ("USR201", "user"): len(_PRIVATE),
        ("USR202", "user"): 2 * len(_TWINS),
        ("INT301", "webhook"): n_hooks,
        ("OWN101", "contact"): _n_left(tables["contacts"], ~pl.col("is_deleted")),
        ("OWN101", "company"): _n_left(tables["companies"], ~pl.col("is_deleted")),
        ("OWN101", "deal"): _n_left(tables["deals"], pl.col("state") == "open"),
        ("OWN101", "task"): _n_left(tables["tasks"], ~pl.col("is_completed")),
    }
    if "notes" in tables:
        counts["USR102", "account"] = 1
    return {key: Planted(found) for key, found in counts.items()}


def _users(users: pl.DataFrame) -> pl.DataFrame:
    rows = users.to_dicts()
    for place, domain in _PRIVATE.items():
        rows[place]["email"] = f"{rows[place]['email'].split('@')[0]}{50 + place}@{domain}"
    for place, person in _TWINS.items():
        rows[place]["name"] = " ".join(reversed(rows[person]["name"].split()))
        rows[place]["email"] = rows[person]["email"].replace("@", "2@")
    for place in _NO_ROLE:
        rows[place]["role_id"] = None
    return pl.DataFrame(rows, schema=users.schema)


def _rights(rights: pl.DataFrame) -> pl.DataFrame:
    exporters = [user_id(place) for place in _EXPORTERS]
    is_theirs = pl.col("user_id").is_in(exporters) & (pl.col("action") == "export")
    scope = pl.when(is_theirs & (pl.col("entity") == "deal")).then(pl.lit("all"))
    return rights.with_columns(scope=scope.otherwise("scope"))


def _webhooks(hooks: pl.DataFrame) -> pl.DataFrame:
    first = max(map(int, hooks["id"])) + 1
    more = [(str(first + at), *hook) for at, hook in enumerate(_HOOKS)]
    columns = ("id", "destination", "events", "is_disabled")
    told = hooks.select(columns)
    return pl.concat([told, pl.DataFrame(more, schema=told.schema, orient="row")])


def _n_faulty_hooks(hooks: pl.DataFrame) -> int:
    """Count those that the CRM switched off, the one in the open, and the two that repeat."""
    return int(hooks["is_disabled"].sum()) + 1 + 2


def _handed_over(records: pl.DataFrame) -> pl.DataFrame:
    """Give what was made after a user's last day of work to the one who took over."""
    since = dict.fromkeys(LEFT, LEFT_AT) | dict.fromkeys(IDLE, IDLE_SINCE)

    def heir(column: str, users: tuple[str, ...]) -> pl.Expr:
        whose: pl.Expr = pl.col(column)
        for user in users:
            is_gone = (pl.col(column) == user) & (pl.col("created_at") >= since[user])
            whose = pl.when(is_gone).then(pl.lit(SUCCESSORS[user])).otherwise(whose)
        return whose.alias(column)

    return records.with_columns(heir("created_by", (*LEFT, *IDLE)), heir("owner_id", LEFT))


def _n_left(records: pl.DataFrame, is_counted: pl.Expr) -> int:
    return records.filter(is_counted & pl.col("owner_id").is_in(LEFT)).height
