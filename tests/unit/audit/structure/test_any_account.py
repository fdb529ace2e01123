"""Every check of this room on any account: nulls, junk, empty tables, rows in another order."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from dedupe.audit import CHECKS, Facts, run_checks
from dedupe.config import Regulation
from dedupe.contracts import MOMENT, NAMES, SNAPSHOT_TABLES, TRAITS, VALUES, Account, Contract
from tests.unit.audit.structure.small import NOW, frame

ROOMS = ("dedupe.audit.structure", "dedupe.audit.cards_more")
MINE = sorted(
    code for code, check in CHECKS.items()
    if check.run is not None and check.run.__module__.startswith(ROOMS)
)  # fmt: skip
RULES = (
    Regulation(name="all", task_required=True, max_age_hours=24),
    Regulation(name="first", pipeline="p", stage="1", require=("7",)),
)
WORDS = {
    "entity": ("contact", "company", "deal", "deal", "robot"),
    "from_entity": ("contact", "company"),
    "to_entity": ("deal", "contact"),
    "kind": ("phone", "email", "messenger"),
    "state": ("open", "open", "won", "lost", "unsorted", "?"),
    "type": ("text", "checkbox", "select", "multitext", "lead_status_changed"),
    "name": ("Сайт", "сайт 2", "Удалить", "Другое", "Откуда контакт", "roistat", "Отправить КП",
             "Сделка #1", "", " ", "Причина отказа"),
    "code": ("PHONE", "utm_source"),
    "raw": ("true", "Пенза", "пенза", "г. Пенза", " ", "12345"),
    "tag": ("Сайт", "сайт 2"),
    "status": ("valid", "ok", "junk"),
    "value": ("+79161234567", "info@a.ru"),
    "changed_by": ("0", "1", "2"),
    "created_by": ("0", "1", "2"),
    "action": ("delete",),
    "scope": ("all", "denied"),
    "before": ('[{"lead_status":{"id":1,"pipeline_id":"p"}}]', "[]", "{", "null"),
    "after": ('[{"lead_status":{"id":2,"pipeline_id":"p"}}]', "[]", "no JSON", '[{"a":[]}]'),
}  # fmt: skip


def cell(name: str, dtype: pl.DataType, rng: random.Random) -> Any:
    if rng.random() < 0.2 and name != "id":
        return None
    if name in WORDS:
        return rng.choice(WORDS[name])
    if dtype == MOMENT:
        return NOW - timedelta(days=rng.randint(-5, 400), seconds=rng.randint(0, 9))
    if dtype == pl.Boolean:
        return rng.random() < 0.5
    if dtype == pl.Float64:
        return rng.choice([-1.5, 0.0, 0.1, 0.2, 99.9])
    if dtype == pl.Int32:
        return rng.randint(0, 5)
    if "pipeline" in name:
        return rng.choice(["p", "q"])
    return str(rng.randint(1, 9))


def rows_of(contract: Contract, n: int, rng: random.Random) -> pl.DataFrame:
    rows = [{c: cell(c, t, rng) for c, t in contract.schema.items()} for _ in range(n)]
    told = frame(contract, rows)
    if "id" in contract.schema and contract.name not in ("statuses", "fields"):
        told = told.with_columns(id=pl.int_range(1, n + 1).cast(pl.String)).head(n)
    is_ours = contract.name not in SNAPSHOT_TABLES  # then its key has no nulls
    known = told.drop_nulls(contract.key) if is_ours else told
    return known.unique(contract.key, keep="first", maintain_order=True)


def any_facts(seed: int, n: int = 40) -> Facts:
    rng = random.Random(seed)
    tables = {name: rows_of(contract, n, rng) for name, contract in SNAPSHOT_TABLES.items()}
    if seed % 2:
        del tables["status_history"]  # the moves are those of the events then
    known = pl.DataFrame({"id": ["p", "q"], "name": ["p", "q"]})
    tables["pipelines"] = SNAPSHOT_TABLES["pipelines"].conform(known)
    first = {"pipeline_id": ["p"], "id": ["1"], "name": ["1"], "sort": [1], "state": ["open"]}
    stage = SNAPSHOT_TABLES["statuses"].conform(pl.DataFrame(first))
    others = tables["statuses"].filter(~((pl.col("id") == "1") & (pl.col("pipeline_id") == "p")))
    tables["statuses"] = pl.concat([stage, others])
    own = {"entity": ["deal"], "id": ["7"], "name": ["Город"], "type": ["text"]}
    field = SNAPSHOT_TABLES["fields"].conform(pl.DataFrame(own))
    others = tables["fields"].filter(~((pl.col("id") == "7") & (pl.col("entity") == "deal")))
    tables["fields"] = pl.concat([field, others])
    return Facts(
        account=Account(tables={k: t.lazy() for k, t in tables.items()}, read_to=NOW),
        values=rows_of(VALUES, n, rng),
        names=rows_of(NAMES, n, rng),
        traits=rows_of(TRAITS, n, rng),
        groups=pl.DataFrame(),
        regulations=RULES,
        options={"FLD301": {"least": 2}, "PIP201": {"most": 1}, "FLD102": {"most": 1}},
    )


def shuffled(facts: Facts, seed: int) -> Facts:
    account = facts.account
    tables = {
        name: table.collect().sample(fraction=1, shuffle=True, seed=seed).lazy()
        for name, table in account.tables.items()
    }
    mixed = {
        name: getattr(facts, name).sample(fraction=1, shuffle=True, seed=seed)
        for name in ("values", "names", "traits")
    }
    return replace(facts, account=replace(account, tables=tables), **mixed)


def told(facts: Facts) -> tuple[Any, ...]:
    audit = run_checks(facts, select=MINE)
    assert audit.findings.columns[-1] == "money"  # a sum of the audit, not of a check
    order = ["code", "entity", "record_id", "field", "value", "group"]
    findings = audit.findings.sort(order, nulls_last=True).rows()
    metrics = [(m.code, m.name, repr(m.rows.rows()), m.quality) for m in audit.metrics]
    results = [replace(r, money=None) for r in audit.results]
    return results, [row[:-1] for row in findings], metrics


@pytest.mark.parametrize("seed", range(8))
def test_no_order_of_rows_changes_a_number_and_nothing_crashes(seed: int) -> None:
    facts = any_facts(seed)
    results, findings, metrics = told(facts)
    assert {r.status for r in results} == {"checked"}
    again = told(shuffled(facts, seed + 100))
    assert again[0] == results
    assert repr(again[1]) == repr(findings)
    assert again[2] == metrics


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_found_over_base_and_findings_are_single(seed: int) -> None:
    audit = run_checks(any_facts(seed), select=MINE)
    for result in audit.results:
        assert result.found is not None
        assert result.base is not None
        assert 0 <= result.found <= result.base or result.code == "SRC301", result.code
    key = ["code", "entity", "record_id", "field", "value"]
    assert audit.findings.select(key).is_duplicated().sum() == 0
    assert audit.findings["record_id"].null_count() == 0


def test_empty_tables_find_nothing() -> None:
    tables = {name: contract.empty().lazy() for name, contract in SNAPSHOT_TABLES.items()}
    facts = replace(
        any_facts(0),
        account=Account(tables=tables, read_to=NOW),
        values=VALUES.empty(), names=NAMES.empty(), traits=TRAITS.empty(),
        regulations=(Regulation(name="all", task_required=True, max_age_hours=24),),
    )  # fmt: skip
    audit = run_checks(facts, select=MINE)
    known = [r for r in audit.results if r.status == "checked"]
    assert {r.found for r in known} == {0}
    assert {r.code for r in audit.results if r.status != "checked"} == {"ENR301", "REG101"}
    assert audit.findings.is_empty()


def test_what_was_not_read_is_not_checked() -> None:
    facts = replace(any_facts(0), account=Account(tables={}, read_to=NOW), traits=TRAITS.empty())
    assert {r.status for r in run_checks(facts, select=MINE).results} == {"not_checked"}


@pytest.mark.parametrize("seed", range(6))
def test_any_choice_of_tables_is_enough_or_said_to_be_missing(seed: int) -> None:
    facts, rng = any_facts(seed), random.Random(seed)
    account = facts.account
    for _ in range(4):
        kept = {name: t for name, t in account.tables.items() if rng.random() < 0.75}
        some = replace(facts, account=replace(account, tables=kept))
        for result in run_checks(some, select=MINE).results:
            assert result.status == "checked" or result.reason.startswith("no data: ")
