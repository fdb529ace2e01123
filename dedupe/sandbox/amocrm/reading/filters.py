"""Filters over the columns of a Table: which rows a list shall have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..query import QueryError, Tree, branch, numbers, span, texts
from ..state import State
from ..table import Flags, Table, Words

_DIGITS = 19  # a longer number is no id, and Python reads none of thousands


def keep_numbers(table: Table, tree: Tree, names: Mapping[str, str], rows: Flags) -> Flags:
    """Keep the rows whose column is one of the numbers asked for; `names` are filter -> column."""
    for name, column in names.items():
        if name in tree:
            rows = rows & np.isin(table.column(column), numbers(tree[name], name))
    return rows


def keep_ranges(table: Table, tree: Tree, names: tuple[str, ...], rows: Flags) -> Flags:
    """Keep the rows whose column lies in the range asked for, both ends included."""
    for name in names:
        if name in tree:
            low, high = span(tree[name], name)
            values = table.column(name)
            rows = rows & (values >= max(low or 0, 0))
            rows = rows if high is None else rows & (values <= high)
    return rows


def keep_words(
    table: Table, tree: Tree, names: Mapping[str, str], words: Words, rows: Flags
) -> Flags:
    """Keep the rows whose text is one of those asked for."""
    for name, column in names.items():
        if name in tree:
            asked = [part for text in texts(tree[name]) for part in text.split(",")]
            rows = rows & np.isin(table.column(column), [words.number(text) for text in asked])
    return rows


CARD_NUMBERS = {
    "id": "id",
    "created_by": "created_by",
    "updated_by": "updated_by",
    "responsible_user_id": "responsible_user_id",
}


def keep_cards(state: State, kind: str, tree: Tree, rows: Flags) -> Flags:
    """Apply the alpha filters of cards."""
    table, asked = state.table(kind), branch(tree, "filter")
    names = CARD_NUMBERS | ({"pipeline_id": "pipeline_id"} if kind == "leads" else {})
    ranges = ("created_at", "updated_at") + (("closed_at", "price") if kind == "leads" else ())
    rows = keep_numbers(table, asked, names, rows)
    rows = keep_ranges(table, asked, ranges, rows)
    if "name" in asked:
        rows = rows & _any_of(table, texts(asked["name"]), is_name=True)
    if kind == "leads" and "statuses" in asked:
        rows = rows & _in_statuses(table, branch(asked, "statuses"))
    if "closest_task_at" in asked:
        rows = rows & _due(state, kind, asked["closest_task_at"])
    if "custom_fields_values" in asked:
        rows = _keep_fields(table, branch(asked, "custom_fields_values"), rows)
    return rows


def keep_query(table: Table, tree: Tree, rows: Flags) -> Flags:
    """Keep the rows that hold the text of `query` in a name or in a field."""
    asked = texts(tree.get("query"))
    return rows & table.search(asked[0]) if asked and asked[0] else rows


def _any_of(table: Table, names: list[str], *, is_name: bool) -> Flags:
    found = np.zeros(len(table.column("id")), dtype=np.bool_)
    for name in names:
        found |= table.search(name, is_name=is_name)
    return found


def _in_statuses(table: Table, asked: Tree) -> Flags:
    found = np.zeros(len(table.column("id")), dtype=np.bool_)
    for stage in asked.values():
        if not isinstance(stage, dict):
            raise QueryError("statuses")
        rows = np.ones(len(found), dtype=np.bool_)
        for name in ("pipeline_id", "status_id"):
            if name in stage:
                rows &= np.isin(table.column(name), numbers(stage[name], name))
        found |= rows
    return found


def _due(state: State, kind: str, asked: object) -> Flags:
    low, high = span(asked, "closest_task_at")
    at = [state.closest_task(kind, id_) for id_ in state.table(kind).column("id").tolist()]
    inside = [one is not None and (low or 0) <= one <= (high or one) for one in at]
    return np.array(inside, dtype=np.bool_)


def _keep_fields(table: Table, asked: Tree, rows: Flags) -> Flags:
    """Read the rows that are left: a field has no column, and this filter is rare."""
    places = np.flatnonzero(rows)
    kept = rows.copy()
    for place, record in zip(places, table.read(places), strict=True):
        values = {f["field_id"]: f["values"] for f in record["custom_fields_values"] or ()}
        kept[place] = all(
            _has_value(values.get(int(key), []), wanted)
            for key, wanted in asked.items()
            if key.isdecimal() and len(key) < _DIGITS
        )
    return kept


def _has_value(values: list[dict[str, Any]], wanted: object) -> bool:
    if isinstance(wanted, dict) and ("from" in wanted or "to" in wanted):
        low, high = span(wanted, "custom_fields_values")
        found = [float(v["value"]) for v in values if _is_number(v.get("value"))]
        return any((low is None or low <= n) and (high is None or n <= high) for n in found)
    asked = set(texts(wanted))
    return any(str(v.get("enum_id")) in asked or _plain(v.get("value")) in asked for v in values)


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
