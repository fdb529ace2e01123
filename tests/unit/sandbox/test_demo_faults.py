"""The faults of the demo's team, structure, fields and tasks: a scan finds each to the record."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from dedupe.sandbox.demo import DemoAccount, build_demo
from dedupe.sandbox.demo.team import IDLE, IDLE_SINCE, LEFT, LEFT_AT
from dedupe.scan import Scan, ScanOptions, scan

TEAM = {
    *((code, "user") for code in ("USR001", "USR104", "USR105", "USR106", "USR201", "USR202")),
    *(("OWN101", entity) for entity in ("contact", "company", "deal", "task")),
    ("INT301", "webhook"), ("INT203", "integration"),
}  # fmt: skip
STRUCTURE = {
    *((code, "pipeline") for code in ("PIP001", "PIP101", "PIP201")), ("PIP202", "status"),
    *((code, "field") for code in ("FLD001", "FLD101", "FLD103", "FLD201", "FLD301")),
    *((code, "account") for code in ("FLD102", "FLD401")),
    *((code, "deal") for code in ("FLD203", "FLD501", "NAM301", "TSK202")), ("TSK201", "task"),
    *((code, "tag") for code in ("TAG102", "TAG103")), ("LOS202", "loss_reason"),
    *((code, "source") for code in ("SRC201", "SRC202")), ("PHN401", "company"),
    *((code, "contact") for code in ("FLD402", "PHN102", "PHN401", "EML401", "EML402")),
    *((code, "company") for code in ("LNK103", "ENR301")),
}  # fmt: skip
OF_HISTORY = {("USR102", "account"), ("STG101", "status")}
CASES = [(0.002, 1), (0.002, 7), (0.01, 1), (0.01, 7), (0.05, 1)]
LARGER = pytest.param(0.05, 20200607, marks=pytest.mark.slow)


def _sibling(name: str) -> ModuleType:
    """Import a helper that stands beside this file, which is in no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECOUNT = _sibling("recount_faults")


@cache
def made(scale: float, seed: int) -> DemoAccount:
    return build_demo(scale=scale, seed=seed, extras=("notes", "events"))


@cache
def scanned(scale: float, seed: int) -> Scan:
    codes = sorted({code for code, _ in TEAM | STRUCTURE | OF_HISTORY})
    return scan(made(scale, seed).account, ScanOptions(select=tuple(codes)))


def rows_of(result: Scan, name: str) -> list[dict]:
    return next(metric.rows for metric in result.metrics if metric.name == name).to_dicts()


@pytest.mark.parametrize(("scale", "seed"), [*CASES, LARGER])
def test_a_scan_finds_every_planted_count(scale: float, seed: int) -> None:
    planted = made(scale, seed).planted
    checks = {(c.code, c.entity): c for c in scanned(scale, seed).summary.checks}
    wanted = {key: planted[key].found for key in TEAM | STRUCTURE | OF_HISTORY}
    assert {key: checks[key].found for key in wanted} == wanted
    grouped = {key: planted[key].groups for key in wanted if planted[key].groups is not None}
    assert {key: checks[key].groups for key in grouped} == grouped
    assert {code for code, _ in grouped} == {"TAG102", "FLD103", "EML401"}


@pytest.mark.parametrize(("scale", "seed"), [(0.0005, 1), (0.002, 2), (0.01, 3), (0.03, 4)])
def test_a_naive_recount_finds_the_same(scale: float, seed: int) -> None:
    demo = build_demo(scale=scale, seed=seed)
    counted = RECOUNT.recount(demo.account)
    assert counted == {key: demo.planted[key].found for key in counted}
    assert {code for code, _ in counted} > {"OWN101", "FLD203", "FLD501", "TSK202", "TAG103"}


def test_each_fault_shows_and_none_is_everywhere() -> None:
    checks = {(c.code, c.entity): c for c in scanned(0.05, 1).summary.checks}
    inventories = {"USR001", "PIP001", "FLD001", "FLD102", "FLD401", "FLD201", "USR102"}
    hidden = {("OWN101", "task"), ("OWN101", "deal")}  # few records: none may be a former owner's
    for key in TEAM | STRUCTURE | OF_HISTORY:
        assert checks[key].found or key in hidden, key
        assert key[0] in inventories or checks[key].share <= 0.8, key


def test_what_needs_history_is_planted_with_it_alone() -> None:
    without = build_demo(scale=0.002, seed=1).planted
    assert without.keys() & OF_HISTORY == set()
    assert made(0.002, 1).planted.keys() >= OF_HISTORY


def test_the_settings_do_not_scale() -> None:
    constant = ("USR104", "USR105", "USR106", "USR201", "USR202", "INT301", "PIP201", "PIP202",
                "FLD001", "FLD102", "FLD103", "FLD401", "TAG102")  # fmt: skip
    small, large = (
        {code: n.found for (code, _), n in made(*case).planted.items() if code in constant}
        for case in (CASES[0], CASES[-1])
    )
    assert small == large
    assert set(small) == set(constant)


def test_users_make_nothing_when_they_are_idle_or_have_left() -> None:
    account = made(0.05, 1).account
    for name in ("contacts", "companies", "deals", "tasks"):
        frame = account.frame(name)
        late = frame.filter(pl.col("created_at") >= LEFT_AT)
        assert not set(late["created_by"]) & set(LEFT), name
        assert not set(late["owner_id"]) & set(LEFT), name
        weeks = frame.filter(pl.col("created_at") >= IDLE_SINCE)
        assert not set(weeks["created_by"]) & set(IDLE), name
    users = {user["id"]: user for user in account.frame("users").to_dicts()}
    assert {users[id_]["is_active"] for id_ in IDLE} == {True}
    assert {users[id_]["is_active"] for id_ in LEFT} == {False}
    assert timedelta(days=30) < account.read_to - IDLE_SINCE  # beyond the check's month


def test_the_source_proposes_what_the_empty_field_should_say() -> None:
    found = scanned(0.05, 1).findings.filter(pl.col("code") == "FLD203")
    assert found["proposal"].null_count() == 0
    assert set(found["proposal"]) <= {"сайт", "звонок", "повторный", "выставка"}


def test_metrics_tell_the_planted_figures() -> None:
    result, planted = scanned(0.05, 1), made(0.05, 1).planted
    late = sum(row["n_late"] for row in rows_of(result, "overdue_by_owner"))
    assert late == planted["TSK201", "task"].found
    owners = rows_of(result, "former_owners")
    assert sum(row["contacts"] for row in owners) == planted["OWN101", "contact"].found
    assert {row["owner_id"] for row in owners} <= set(LEFT)
    empty = sum(row["n_empty"] for row in rows_of(result, "required_by_owner"))
    assert empty == planted["FLD501", "deal"].found
    cards = {row["n_fields"]: row["n_empty"] for row in rows_of(result, "fields_by_card")}
    assert cards[33] == 28  # of deals: 27 that nobody ever filled, and the copy of another
