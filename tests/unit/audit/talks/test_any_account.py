"""Any account, however odd its rows: no crash, and the same outcome in any order of rows."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dedupe.audit import CHECKS, Facts
from dedupe.contracts import FLAG, MOMENT, NUMBER, SNAPSHOT_TABLES, VALUES, WHOLE

from .account import NOW, facts

CODES = sorted(
    code
    for code, check in CHECKS.items()
    if check.run is not None and check.run.__module__.startswith("dedupe.audit.talks.")
)
IDS = ["1", "1", "2", "2", "3", "4", "5", "6", "0", "", " ", None]
CALL = '{{"duration":{},"phone":"+7916123456{}","source":"{}","link":"{}"}}'
TEXTS = {
    "entity": ["contact", "contact", "deal", "deal", "company", "customer", None],
    "from_entity": ["contact", "company", None],
    "to_entity": ["deal", None],
    "kind": ["phone", "email", None],
    "status": ["valid", "own", "shared", "invalid", None],
    "state": ["open", "won", "lost", "lost", "unsorted", "?", None],
    "note_type": ["call_in", "call_in", "call_out", "service_message", "sms_in", "sms_out",
                  "amomail_message", "common", None],
    "params": [CALL.format(0, 1, "a", ""), CALL.format(9, 1, "a", "x"),
               CALL.format('"5"', 2, "", ""), '{"income":true}', '{"income":"false"}',
               '{"income":[1]}', '{"call_responsible":"2"}',
               "{junk", "[]", "7", "", "null", "\\", None],
    "type": ["incoming_chat_message", "outgoing_chat_message", "lead_added", None],
    "direction": ["in", "out", "?", None],
    "value": ["+79161234561", "+74951234567", "+37517", "a@x.org", "A@x.org", "", "?", None],
    "text": ["+7 916 123-45-61 a@x.org", "заявка 8(495)1234567", "\\", "", None],
    "email": ["a@x.org", "", None],
    "name": ["roistat", "Анна", "", None],
}  # fmt: skip


def _value(name: str, dtype: pl.DataType, dice: random.Random) -> Any:
    if dtype == FLAG:
        return dice.choice([True, False, False, None])
    if dtype == MOMENT:
        ago = dice.choice([0, 1 / 24, 0.5, 1, 2, 4, 20, 100, 400, 20_000, -3, None])
        return None if ago is None else NOW - timedelta(days=ago, seconds=dice.choice([0, 30]))
    if dtype == NUMBER:
        return dice.choice([0.0, -5.0, 100.0, None])
    if dtype == WHOLE:
        return dice.choice([0, 1, -1, None])
    return dice.choice(TEXTS.get(name, IDS))


def _odd_rows(schema: pl.Schema, n: int, dice: random.Random) -> list[dict[str, Any]]:
    rows = [{name: _value(name, dtype, dice) for name, dtype in schema.items()} for _ in range(n)]
    for number, row in enumerate(rows):
        if "id" in row:
            row["id"] = str(number)
    return rows


def _account(tables: dict[str, list[dict[str, Any]]]) -> Facts:
    frames = {
        name: pl.DataFrame(rows, schema=SNAPSHOT_TABLES[name].schema)
        for name, rows in tables.items()
        if name != "values"
    }
    values = pl.DataFrame(tables["values"], schema=VALUES.schema).to_dict(as_series=False)
    return facts(values=values, options=OPTIONS, **frames)


OPTIONS = {"CAL102": {"least": 1}, "DUP301": {"same_pipeline": False}}
SIZES = {"notes": 250, "links": 60, "messages": 60, "deals": 8, "tasks": 10}


def _outcomes(account: Facts) -> dict[str, list[pl.DataFrame]]:
    made: dict[str, list[pl.DataFrame]] = {}
    for code in CODES:
        run = CHECKS[code].run
        assert run is not None
        for entity in CHECKS[code].entities:
            outcome = run(account, entity)
            sizes = pl.DataFrame({"found": [outcome.found], "base": [outcome.base]})
            assert outcome.found <= outcome.base, code
            tables = [metric.rows for metric in outcome.metrics]
            assert all(rows.height <= 200 for rows in tables)
            made[f"{code} {entity}"] = [sizes, outcome.findings, *tables]
    return made


def test_this_room_has_its_checks() -> None:
    assert len(CODES) == 17


@pytest.mark.parametrize("seed", range(8))
def test_odd_rows_break_nothing_and_their_order_means_nothing(seed) -> None:
    dice = random.Random(seed)
    tables = {
        name: _odd_rows(contract.schema, SIZES.get(name, 30), dice)
        for name, contract in (SNAPSHOT_TABLES | {"values": VALUES}).items()
        if not (name == "messages" and seed % 2)
    }
    shuffled = {name: dice.sample(rows, len(rows)) for name, rows in tables.items()}
    once, again = _outcomes(_account(tables)), _outcomes(_account(shuffled))
    for name, frames in once.items():
        for left, right in zip(frames, again[name], strict=True):
            assert_frame_equal(left, right)


def test_empty_tables_have_no_findings() -> None:
    empty = _account({name: [] for name in (*SNAPSHOT_TABLES, "values")})
    for name, (sizes, findings, *_) in _outcomes(empty).items():
        assert (findings.height, *sizes.row(0)) == (0, 0, 0), name


def test_tables_that_were_not_read_are_as_good_as_empty_in_the_shared_frames() -> None:
    bare = facts()
    some = {name: bare.account.tables[name] for name in ("contacts", "notes")}
    object.__setattr__(bare.account, "tables", some)
    for code in ("CAL101", "CAL102", "CAL104", "NOT101", "FUN501"):
        run = CHECKS[code].run
        assert run is not None
        assert run(bare, CHECKS[code].entities[0]).found == 0
