"""The settings of an account in the API's shapes: users, roles, pipelines and the rest.

What a snapshot does not have is filled as a new account has it, so that records which
refer to it can be served: a pipeline with its stages, the default group, an administrator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from dedupe.contracts import Account

from .columns import whole_id
from .names import LOST, WON
from .table import Record

_SCOPES = {"all": "A", "group": "G", "own": "M", "denied": "D"}
_RIGHTS = {"contact": "contacts", "company": "companies", "deal": "leads", "task": "tasks"}
_ACTIONS = ("view", "edit", "add", "delete", "export")
_COLORS = ("#99ccff", "#ffff99", "#ffcc66", "#ffcccc", "#ccc8f9", "#deff81", "#87f2c0", "#f9deff")
_BUILT_IN = {1: "FOLLOW_UP", 2: "MEETING"}
_STARTED = 1_489_363_200  # moments that the tables do not tell


def read_users(account: Account) -> list[Record]:
    """Return the users with their rights; an administrator where the account tells none."""
    rights: dict[str, dict[str, dict[str, str]]] = {}
    for user, entity, action, scope in account.frame("user_rights").iter_rows():
        place = rights.setdefault(user, {}).setdefault(_RIGHTS.get(entity, entity), {})
        place[action] = _SCOPES.get(scope or "", "D")
    rows = account.frame("users").to_dicts()
    told = (_user(row, rights.get(row["id"], {})) for row in rows)
    users = list({user["id"]: user for user in told}.values())  # of equal ids one can be asked for
    if not any(user["rights"]["is_admin"] and user["rights"]["is_active"] for user in users):
        id_ = 1 + max((user["id"] for user in users), default=0)
        row = {"id": str(id_), "name": "Администратор", "is_admin": True, "is_active": True}
        users.append(_user(row, {}))
    return users


def _user(row: Mapping[str, Any], rights: Mapping[str, Mapping[str, str]]) -> Record:
    is_admin = bool(row.get("is_admin"))
    role = _id(row.get("role_id"), "users")
    return {
        "id": whole_id(row["id"], "users"),
        "name": row.get("name") or "",
        "email": row.get("email") or "",
        "phone_number": row.get("phone"),
        "lang": "ru",
        "rights": _rights(rights, is_admin=is_admin)
        | {
            "status_rights": None,
            "is_admin": is_admin,
            "is_free": False,
            "is_active": row.get("is_active") is not False,
            "group_id": _id(row.get("group_id"), "users"),
            "role_id": role,
        },
    }


def _rights(told: Mapping[str, Mapping[str, str]], *, is_admin: bool) -> Record:
    rest = "A" if is_admin else "D"
    rights: Record = {
        kind: {action: told.get(kind, {}).get(action, rest) for action in _ACTIONS}
        for kind in ("leads", "contacts", "companies")
    }
    tasks = told.get("tasks", {})
    rights["tasks"] = {action: tasks.get(action, rest) for action in ("edit", "delete")}
    mail = told.get("mail", {}).get("access", rest)
    return rights | {"mail_access": mail != _SCOPES["denied"], "catalog_access": is_admin}


def read_groups(account: Account, users: Iterable[Record]) -> list[Record]:
    """Return the groups of users, the default one first; groups that only users name too."""
    named = {
        whole_id(row["id"], "user_groups"): row["name"] for row in _rows(account, "user_groups")
    }
    used = {user["rights"]["group_id"] for user in users} - {None}
    names = {0: "Отдел продаж"} | {id_: f"Группа {id_}" for id_ in sorted(used)} | named
    return [{"id": id_, "name": name, "uuid": None} for id_, name in names.items()]


def read_roles(account: Account) -> list[Record]:
    """Return the roles; their rights are not in a snapshot."""
    rights = _rights({}, is_admin=False) | {"status_rights": []}
    return [
        {"id": whole_id(row["id"], "roles"), "name": row["name"] or "", "rights": rights}
        for row in _rows(account, "roles")
    ]


def read_pipelines(account: Account, account_id: int) -> list[Record]:
    """Return the pipelines with their stages; a pipeline of two stages where there is none."""
    stages: dict[str, list[Record]] = {}
    for row in _rows(account, "statuses"):
        stages.setdefault(row["pipeline_id"], []).append(row)
    rows = _rows(account, "pipelines") or [
        {"id": id_, "name": "Воронка", "sort": 1, "is_main": True, "is_archive": False}
        for id_ in (list(stages) or ["1"])[:1]
    ]
    return [_pipeline(row, stages.get(row["id"], []), account_id) for row in rows]


def _pipeline(row: Mapping[str, Any], stages: list[Record], account_id: int) -> Record:
    id_ = whole_id(row["id"], "pipelines")
    told: list[_Stage] = [
        (whole_id(s["id"], "statuses"), s["name"], s["state"], s["sort"]) for s in stages
    ]
    if not any(state == "open" for _, _, state, _ in told):
        told.insert(0, (id_ * 100 + 1, "Первичный контакт", "open", None))
    for stage, name, state in ((WON, _WON_NAME, "won"), (LOST, _LOST_NAME, "lost")):
        if not any(number == stage for number, _, _, _ in told):
            told.append((stage, name, state, None))
    statuses = [_status(at, stage, id_, account_id) for at, stage in enumerate(told)]
    return {
        "id": id_,
        "name": row["name"] or "",
        "sort": row["sort"] or 0,
        "is_main": bool(row["is_main"]),
        "is_unsorted_on": any(state == "unsorted" for _, _, state, _ in told),
        "is_archive": bool(row["is_archive"]),
        "account_id": account_id,
        "_embedded": {"statuses": statuses},
    }


_WON_NAME, _LOST_NAME = "Успешно реализовано", "Закрыто и не реализовано"


_Stage = tuple[int, str, str, int | None]  # id, name, state, sort


def _status(at: int, stage: _Stage, pipeline: int, account_id: int) -> Record:
    id_, name, state, told = stage
    is_end = id_ in (WON, LOST)
    end = {WON: ("#CCFF66", 10_000), LOST: ("#D5D8DB", 11_000)}
    color, usual = end.get(id_, (_COLORS[at % len(_COLORS)], 10 * (at + 1)))
    sort = usual if told is None else told
    return {
        "id": id_,
        "name": name or "",
        "sort": sort,
        "is_editable": not is_end and state != "unsorted",
        "pipeline_id": pipeline,
        "color": "#c1c1c1" if state == "unsorted" else color,
        "type": int(state == "unsorted"),
        "account_id": account_id,
    }


def read_loss_reasons(account: Account) -> list[Record]:
    """Return the loss reasons."""
    return [
        {
            "id": whole_id(row["id"], "loss_reasons"),
            "name": row["name"] or "",
            "sort": row["sort"] or 0,
            "created_at": _STARTED,
            "updated_at": _STARTED,
        }
        for row in _rows(account, "loss_reasons")
    ]


def read_task_types(account: Account) -> list[Record]:
    """Return the task types; the two that every account has, where the snapshot has none."""
    rows = _rows(account, "task_types") or [
        {"id": "1", "name": "Связаться", "code": "FOLLOW_UP"},
        {"id": "2", "name": "Встреча", "code": "MEETING"},
    ]
    return [
        {
            "id": (id_ := whole_id(row["id"], "task_types")),
            "name": row["name"] or "",
            "color": None,
            "icon_id": None,
            "code": row["code"] or _BUILT_IN.get(id_),
        }
        for row in rows
    ]


def read_sources(account: Account) -> list[Record]:
    """Return the sources."""
    return [
        {
            "id": (id_ := whole_id(row["id"], "sources")),
            "name": row["name"] or "",
            "pipeline_id": _id(row["pipeline_id"], "sources"),
            "external_id": f"source-{id_}",
            "default": False,
            "origin_code": None,
            "services": [],
        }
        for row in _rows(account, "sources")
    ]


def read_webhooks(account: Account, account_id: int, admin: int) -> list[Record]:
    """Return the webhooks; their events stand in one text, apart by spaces or commas."""
    return [
        {
            "id": whole_id(row["id"], "webhooks"),
            "destination": row["destination"] or "",
            "created_at": _STARTED,
            "updated_at": _STARTED,
            "account_id": account_id,
            "created_by": admin,
            "sort": at,
            "disabled": bool(row["is_disabled"]),
            "settings": (row["events"] or "").replace(",", " ").split(),
        }
        for at, row in enumerate(_rows(account, "webhooks"), 1)
    ]


def read_widgets(account: Account) -> list[Record]:
    """Return the widgets, known by a code."""
    return [
        {
            "id": (id_ := whole_id(row["id"], "widgets")),
            "code": row["name"] or f"widget_{id_}",
            "version": "1.0.0",
            "rating": "0",
            "settings_template": [],
            "is_lead_source": False,
            "is_work_with_dp": False,
            "is_crm_template": False,
            "client_uuid": None,
            "is_active_in_account": bool(row["is_active"]),
            "pipeline_id": None,
        }
        for row in _rows(account, "widgets")
    ]


def read_unsorted(account: Account, account_id: int) -> list[Record]:
    """Return the enquiries that nobody has taken; ids of their records are in `_embedded`."""
    rows = account.frame("unsorted").with_columns(pl.col("created_at").dt.epoch("s"))
    return [
        {
            "uid": row["id"],
            "source_uid": None,
            "source_name": row["source_name"],
            "category": row["category"] or "forms",
            "pipeline_id": _id(row["pipeline_id"], "unsorted"),
            "created_at": row["created_at"] or _STARTED,
            "metadata": {},
            "account_id": account_id,
            "_embedded": {
                kind: [{"id": whole_id(row[name], "unsorted")}] if row[name] else []
                for kind, name in _UNSORTED
            },
        }
        for row in rows.iter_rows(named=True)
    ]


_UNSORTED = (("contacts", "contact_id"), ("leads", "deal_id"), ("companies", "company_id"))


def _rows(account: Account, table: str) -> list[Record]:
    return account.frame(table).to_dicts()


def _id(text: str | None, table: str) -> int | None:
    return None if text is None else whole_id(text, table)
