"""Any account, however odd its rows: no crash, and the same outcome in any order of rows."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dedupe.audit import CHECKS, Facts
from dedupe.audit.frames.moves import moves
from dedupe.contracts import (
    CLUSTERS,
    FLAG,
    GROUPS,
    MOMENT,
    NAMES,
    NUMBER,
    SNAPSHOT_TABLES,
    TEXT,
    VALUES,
    Account,
)

from .accounts import NOW, ago

CODES = sorted(
    code
    for code, check in CHECKS.items()
    if check.run is not None and check.run.__module__.startswith("dedupe.audit.sales.")
)
IDS = ["1", "2", "3", "4", "5", "0", "", None]
MOVE = '[{"lead_status":{"id":%s,"pipeline_id":"1"}}]'
JSON = [MOVE % "2", MOVE % '"3"', "{junk", "[]", "", "null", '[{"lead_status":[]}]', None]
TEXTS = {
    "entity": ["contact", "company", "deal", None],
    "from_entity": ["contact", "company", "deal", None],
    "to_entity": ["contact", "company", "deal", None],
    "state": ["open", "won", "lost", "unsorted", "?", None],
    "note_type": ["common", "call_in", "call_out", "service_message", "attachment", None],
    "params": ['{"duration":3}', '{"duration":"90"}', "{junk", "[]", "", "null", None],
    "type": ["lead_status_changed", "incoming_call", "lead_added", None],
    "before": JSON,
    "after": JSON,
    "tag": ["list", "A", "", None],
    "name": ["Некачественный", "Анна", "", " ", None],
    "text": ["told", " ", None],
    "kind": ["phone", "email"],
    "group": ["1", "2"],
}
MOMENTS = [ago(0.01), ago(3), ago(3, minutes=2), ago(20), ago(400), ago(-3), None]
OPTIONS: dict[str, dict[str, Any]] = {
    "FUN901": {"least": 3, "times": 1.0, "points": 0.05},
    "LST001": {"least": 2, "share": 0.5},
    "LST301": {"signs": 1, "bulk": 2, "least": 1, "usual": 0.1},
    "DUP901": {"least": 2},
    "DUP902": {"least": 1, "times": 1.0},
    "KPI105": {"least": 1},
}


def value(name: str, dtype: pl.DataType, dice: random.Random) -> Any:
    if dtype == FLAG:
        return dice.choice([True, False, False, None])
    if dtype == MOMENT:
        return dice.choice([*MOMENTS, datetime(1971, 1, 1, tzinfo=UTC)])
    if dtype == NUMBER:
        return dice.choice([0.0, -5.0, 100.25, 33.3, 1e15, float("nan"), None])
    return dice.choice(TEXTS.get(name, IDS)) if dtype == TEXT else dice.choice([0, 1, -1, None])


def odd(schema: pl.Schema, n: int, dice: random.Random) -> list[dict[str, Any]]:
    told = [{name: value(name, dtype, dice) for name, dtype in schema.items()} for _ in range(n)]
    # Only settings may be told twice, or without an id.
    for number, row in enumerate(told if {"id", "created_at"} <= set(schema) else []):
        row["id"] = str(number)
    return told


def facts_of(
    tables: dict[str, list[dict[str, Any]]], options: dict[str, Any] | None = None
) -> Facts:
    frames = {
        name: pl.DataFrame(told, schema=SNAPSHOT_TABLES[name].schema)
        for name, told in tables.items()
        if name in SNAPSHOT_TABLES
    }
    groups = pl.DataFrame(tables.get("groups", []), schema=GROUPS.schema)
    clusters = pl.DataFrame(tables.get("clusters", []), schema=CLUSTERS.schema)
    return Facts(
        account=Account(tables={k: v.lazy() for k, v in frames.items()}, read_to=NOW),
        values=VALUES.empty(),
        names=NAMES.empty(),
        groups=groups,
        clusters=clusters,
        loss_reason_field="1",
        options=options or {},
    )


def outcomes(facts: Facts) -> dict[str, list[pl.DataFrame]]:
    made: dict[str, list[pl.DataFrame]] = {"moves": [moves(facts)]}
    for code in CODES:
        run = CHECKS[code].run
        assert run is not None
        for entity in CHECKS[code].entities:
            result = run(facts, entity)
            sizes = pl.DataFrame({"found": [result.found], "base": [result.base]})
            assert all(each.quality is not None and each.note for each in result.metrics)
            tables = [metric.rows for metric in result.metrics]
            assert all(rows.height <= 200 for rows in tables)
            made[f"{code} {entity}"] = [sizes, result.findings, *tables]
    return made


def test_this_room_has_its_checks() -> None:
    assert CODES == [
        "DUP901", "DUP902", "FUN101", "FUN201", "FUN901", "KPI101", "KPI102", "KPI103", "KPI104",
        "KPI105", "LOS301", "LST001", "LST101", "LST102", "LST103", "LST104", "LST105", "LST301",
        "MGR001", "WHATIF101",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("history", [True, False])
def test_odd_rows_break_nothing_and_their_order_means_nothing(seed, history) -> None:
    dice = random.Random(seed)
    schemas = {name: each.schema for name, each in SNAPSHOT_TABLES.items()}
    schemas |= {"groups": GROUPS.schema, "clusters": CLUSTERS.schema}
    tables = {name: odd(schema, 40, dice) for name, schema in schemas.items()}
    if not history:
        del tables["status_history"]
    shuffled = {name: dice.sample(told, len(told)) for name, told in tables.items()}
    once, again = (outcomes(facts_of(each, OPTIONS)) for each in (tables, shuffled))
    for name, frames in once.items():
        for left, right in zip(frames, again[name], strict=True):
            assert_frame_equal(left, right, check_exact=True)


def test_empty_tables_have_no_findings() -> None:
    empty = facts_of({name: [] for name in SNAPSHOT_TABLES})
    for name, (sizes, *rest) in outcomes(empty).items():
        if name != "moves":
            assert (rest[0].height, sizes["found"].item()) == (0, 0), name
