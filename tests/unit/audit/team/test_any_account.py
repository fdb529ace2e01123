"""Any account, however odd its rows: no crash, and the same outcome in any order of rows."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dedupe.audit import CHECKS, Facts
from dedupe.contracts import FLAG, MOMENT, NUMBER, SNAPSHOT_TABLES, TEXT
from tests.unit.audit.team.accounts import ago, facts_of

CODES = sorted(
    code
    for code, check in CHECKS.items()
    if check.run is not None and check.run.__module__.startswith("dedupe.audit.team.")
)
IDS = ["1", "2", "3", "0", "", " ", None]
TEXTS = {
    "entity": ["contact", "company", "deal", "task", "mail", "customer", None],
    "state": ["open", "won", "lost", "unsorted", "?", None],
    "note_type": ["common", "call_in", "call_out", "service_message", "amomail_message", "x", None],
    "params": ['{"source":"A"}', '{"source":"a ","call_responsible":"1"}', '{"service":["x"]}',
               '{"service":7}', "{junk", "[]", "", "null", "\\", None],
    "type": ["incoming_mail", "lead_added", "tracking_data", None],
    "action": ["export", "view", "access", "delete", None],
    "scope": ["all", "own", "denied", "", "X", None],
    "destination": ["http://a.ru", "https://A.ru/", "", "//", "a", None],
    "events": ["x,y", "x", "", None],
    "email": ["a@mail.ru", "A@MAIL.ru", "", "@", None],
    "tag": ["импорт", "A", None],
    "name": ["roistat", "Анна А", "анна  а", "", "?", None],
}  # fmt: skip


def value(name: str, dtype: pl.DataType, dice: random.Random) -> Any:
    if dtype == FLAG:
        return dice.choice([True, False, None])
    if dtype == MOMENT:
        return dice.choice([ago(1), ago(20), ago(100), ago(-3), datetime(1971, 1, 1), None])
    if dtype == NUMBER:
        return dice.choice([0.0, -5.0, 100.0, None])
    return dice.choice(TEXTS.get(name, IDS)) if dtype == TEXT else dice.choice([0, -1, None])


def odd_rows(table: str, n: int, dice: random.Random) -> list[dict[str, Any]]:
    schema = SNAPSHOT_TABLES[table].schema
    rows = [{name: value(name, dtype, dice) for name, dtype in schema.items()} for _ in range(n)]
    if "id" in schema and table != "users":  # users may be told twice, and without an id
        for number, row in enumerate(rows):
            row["id"] = str(number)
    return rows


OPTIONS = {"INT201": {"least": 1}, "INT202": {"costs": {"a": 5.0, "roistat": 1.0}}}


def outcomes(facts: Facts) -> dict[str, list[pl.DataFrame]]:
    made: dict[str, list[pl.DataFrame]] = {}
    for code in CODES:
        run = CHECKS[code].run
        assert run is not None
        for entity in CHECKS[code].entities:
            result = run(facts, entity)
            sizes = pl.DataFrame({"found": [result.found], "base": [result.base]})
            tables = [metric.rows for metric in result.metrics]
            made[f"{code} {entity}"] = [sizes, result.findings, *tables]
            assert all(rows.height <= 200 for rows in tables)
    return made


def test_this_room_has_its_checks() -> None:
    assert len(CODES) == 18


@pytest.mark.parametrize("seed", range(6))
def test_odd_rows_break_nothing_and_their_order_means_nothing(seed) -> None:
    dice = random.Random(seed)
    tables = {name: odd_rows(name, 30, dice) for name in SNAPSHOT_TABLES}
    shuffled = {name: dice.sample(rows, len(rows)) for name, rows in tables.items()}
    once, again = (outcomes(facts_of(options=OPTIONS, **rows)) for rows in (tables, shuffled))
    for name, frames in once.items():
        for left, right in zip(frames, again[name], strict=True):
            assert_frame_equal(left, right)


def test_empty_tables_have_no_findings() -> None:
    empty = facts_of(**{name: [] for name in SNAPSHOT_TABLES})
    for name, (sizes, findings, *_) in outcomes(empty).items():
        is_counted = name.startswith("ACC001")
        assert (findings.height, sizes["found"].item()) == (0, int(is_counted)), name
