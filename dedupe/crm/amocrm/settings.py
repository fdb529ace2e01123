"""The account's settings as rows of the snapshot: users, pipelines, fields, tags and so on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from .cards import STATES
from .fields import KIND_OF_CODE, field_key
from .frames import Columns, frame, frame_of_rows
from .shapes import FieldDefinition, Named, Pipeline, Rights, Status, User, Webhook, Widget
from .texts import Moments, id_text, id_texts

Tables = dict[str, pl.DataFrame]
_SCOPES = {"A": "all", "G": "group", "M": "own", "D": "denied"}
_RIGHTS_ON = (("contacts", "contact"), ("companies", "company"), ("leads", "deal"),
              ("tasks", "task"))  # fmt: skip
_UNSORTED_TYPE = 1


def user_tables(entity: str, items: Sequence[User], moments: Moments) -> Tables:
    """Build the users and what each may do."""
    told = [item.rights or Rights() for item in items]
    columns: Columns = {
        "id": [str(item.id) for item in items],
        "name": [item.name for item in items],
        "email": [item.email or None for item in items],
        "phone": [item.phone_number or None for item in items],
        "role_id": [_role(item) for item in items],
        "group_id": [_group(item) for item in items],
        "is_admin": [rights.is_admin for rights in told],
        "is_active": [rights.is_active for rights in told],
    }
    rows = [row for item, rights in zip(items, told, strict=True) for row in _rights(item, rights)]
    names = ("user_id", "entity", "action", "scope")
    return {
        "users": frame("users", columns),
        "user_rights": frame_of_rows("user_rights", names, rows),
    }


def named_tables(table: str, entity: str, items: Sequence[Named]) -> Tables:
    """Build a table of named settings, which has some of the columns below."""
    columns: Columns = {
        "id": [str(item.id) for item in items],
        "name": [item.name for item in items],
        "sort": [item.sort for item in items],
        "code": [item.code or None for item in items],
        "pipeline_id": id_texts(item.pipeline_id for item in items),
        "entity": [entity] * len(items),
    }
    return {table: frame(table, columns)}


def pipeline_tables(entity: str, items: Sequence[Pipeline], moments: Moments) -> Tables:
    """Build the pipelines and their stages."""
    columns: Columns = {
        "id": [str(item.id) for item in items],
        "name": [item.name for item in items],
        "sort": [item.sort for item in items],
        "is_main": [item.is_main for item in items],
        "is_archive": [item.is_archive for item in items],
    }
    stages = [
        (str(item.id), str(stage.id), stage.name, stage.sort, _stage_state(stage))
        for item in items
        if item.embedded is not None
        for stage in item.embedded.statuses or ()
    ]
    names = ("pipeline_id", "id", "name", "sort", "state")
    return {
        "pipelines": frame("pipelines", columns),
        "statuses": frame_of_rows("statuses", names, stages),
    }


def field_tables(entity: str, items: Sequence[FieldDefinition], moments: Moments) -> Tables:
    """Build the custom fields, their choices, and the stages that ask for them.

    That a field is computed the CRM says of leads only: of others it never is.
    """
    keys = [field_key(item.id, item.code) for item in items]
    columns: Columns = {
        "id": keys,
        "entity": [entity] * len(items),
        "name": [item.name for item in items],
        "code": [item.code or None for item in items],
        "type": [item.type for item in items],
        "sort": [item.sort for item in items],
        "is_api_only": [item.is_api_only for item in items],
        "is_computed": [bool(item.is_computed) for item in items],
    }
    enums = [
        (entity, key, str(one.id), one.value, _enum_code(item, one.value, one.code), one.sort)
        for key, item in zip(keys, items, strict=True)
        for one in item.enums or ()
    ]
    stages = [
        (entity, key, id_text(one.pipeline_id), str(one.status_id))
        for key, item in zip(keys, items, strict=True)
        for one in item.required_statuses or ()
    ]
    return {
        "fields": frame("fields", columns),
        "field_enums": frame_of_rows(
            "field_enums", ("entity", "field_id", "id", "value", "code", "sort"), enums
        ),
        "field_statuses": frame_of_rows(
            "field_statuses", ("entity", "field_id", "pipeline_id", "status_id"), stages
        ),
    }


def webhook_tables(entity: str, items: Sequence[Webhook], moments: Moments) -> Tables:
    """Build the webhooks; `events` are their names joined by a comma."""
    columns: Columns = {
        "id": [str(item.id) for item in items],
        "destination": [item.destination for item in items],
        "events": [",".join(item.settings or ()) for item in items],
        "is_disabled": [item.disabled for item in items],
    }
    return {"webhooks": frame("webhooks", columns)}


def widget_tables(entity: str, items: Sequence[Widget], moments: Moments) -> Tables:
    """Build the widgets; the API knows most of them by their code only."""
    columns: Columns = {
        "id": [str(item.id) for item in items],
        "name": [item.name or item.code for item in items],
        "is_active": [item.is_active_in_account for item in items],
    }
    return {"widgets": frame("widgets", columns)}


def _rights(user: User, rights: Rights) -> list[tuple[str, str, str, str]]:
    rows = [
        (str(user.id), entity, action, _scope(letter))
        for name, entity in _RIGHTS_ON
        for action, letter in (getattr(rights, name) or {}).items()
    ]
    if rights.mail_access is not None:
        rows.append((str(user.id), "mail", "access", _scope(rights.mail_access)))
    return rows


def _scope(letter: Any) -> str:  # noqa: ANN401  a letter, as a rule
    """Name the scope of a right; one that nobody documents is not taken for a refusal."""
    if isinstance(letter, bool) or letter is None:
        return "all" if letter else "denied"
    return _SCOPES.get(str(letter), str(letter))


def _role(user: User) -> str | None:
    told = id_text(user.rights.role_id) if user.rights is not None else None
    held = user.embedded.roles if user.embedded is not None else None
    return told or (id_text(held[0].id) if held else None)


def _group(user: User) -> str | None:
    """Return the user's group; 0 is the group that every account has."""
    if user.rights is not None and user.rights.group_id is not None:
        return str(user.rights.group_id)
    held = user.embedded.groups if user.embedded is not None else None
    return str(held[0].id) if held else None


def _stage_state(stage: Status) -> str:
    unsorted = "unsorted" if stage.type == _UNSORTED_TYPE else "open"
    return STATES.get(stage.id, unsorted)


def _enum_code(field: FieldDefinition, value: str | None, code: str | None) -> str | None:
    """Return a choice's code: for the CRM's own fields it stands in the value."""
    return code or (value if field.code in KIND_OF_CODE else None)
