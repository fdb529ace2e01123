"""The whole plan: the same whatever the order of rows, empty once done, within its limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dedupe.config.planning import Planning
from dedupe.contracts import SNAPSHOT_TABLES
from dedupe.errors import InputError, SafetyError, StalePlanError
from dedupe.plan import (
    Limits,
    Ref,
    check_account,
    check_age,
    check_limits,
    drop_groups,
    read_plan,
    write_plan,
)
from dedupe.plan.build import build_plan
from dedupe.plan.inputs import PlanInputs, PlanOptions, read_decisions
from dedupe.plan.lines import body_lines
from dedupe.plan.ops import PatchCard, ValuesChange
from dedupe.plan.render import Look, render_plan
from dedupe.plan.rules_of_order import check_order
from dedupe.plan.values_change import applied
from dedupe.sandbox.demo import build_demo
from dedupe.scan import scan

MADE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OPTIONS = PlanOptions(made_at=MADE, only=("merge", "split", "drop_repeat", "task"))


@pytest.fixture(scope="module")
def demo() -> PlanInputs:
    account = build_demo(scale=0.01).account
    account = replace(account, tables={n: f.collect().lazy() for n, f in account.tables.items()})
    found = scan(account)
    return PlanInputs(
        account=account,
        findings=found.findings,
        clusters=found.clusters,
        pairs=found.pairs,
        values=found.values,
    )


@pytest.fixture(scope="module")
def plan(demo):
    return build_plan(demo, OPTIONS)


def shuffled(inputs: PlanInputs, seed: int) -> PlanInputs:
    def mix(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.sample(fraction=1, shuffle=True, seed=seed)

    tables = {name: mix(f.collect()).lazy() for name, f in inputs.account.tables.items()}
    return PlanInputs(
        account=replace(inputs.account, tables=tables),
        findings=mix(inputs.findings),
        clusters=mix(inputs.clusters),
        pairs=mix(inputs.pairs),
        values=mix(inputs.values),
    )


def test_the_demo_account_has_something_of_each_kind(plan) -> None:
    assert set(plan.kinds) == {"merge", "split", "drop_repeat", "task"}
    check_order(plan)
    assert plan.header.totals == plan.totals


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_no_byte(demo, plan, seed) -> None:
    again = build_plan(shuffled(demo, seed), OPTIONS)
    assert b"".join(body_lines(again)) == b"".join(body_lines(plan))


def test_a_file_of_the_plan_is_the_plan(plan, tmp_path) -> None:
    write_plan(plan, tmp_path / "plan.jsonl")
    assert read_plan(tmp_path / "plan.jsonl") == plan


def test_the_columns_that_a_scans_file_leaves_out_are_not_missed(demo, plan) -> None:
    left = demo.values.drop("confidence", "n_repeats", "type")
    assert build_plan(replace(demo, values=left), OPTIONS).hash == plan.hash


def test_no_card_is_in_two_groups_and_every_survivor_only_survives(plan) -> None:
    members = [ref for group in plan.groups for ref in group.members]
    assert len(members) == len(set(members))


def done(inputs: PlanInputs, plan) -> PlanInputs:
    """Return the account after the plan's splits, repeats and tasks, scanned again."""
    channels = inputs.account.frame("channels")
    patches = {op.op.record: op.op for op in plan.ops if isinstance(op.op, PatchCard)}
    rows: dict[tuple[Ref, str], list] = {}
    for row in channels.iter_rows(named=True):
        rows.setdefault((Ref(row["entity"], row["record_id"]), row["field_id"]), []).append(row)
    out = []
    for (ref, field), own in rows.items():
        patch = patches.get(ref)
        changes = [c for c in patch.changes if c.field == field] if patch else []
        if not all(isinstance(c, ValuesChange) for c in changes):
            changes = []
        from dedupe.plan.ops import Item

        items = tuple(Item(r["raw"], r["label"]) for r in sorted(own, key=lambda r: r["position"]))
        for change in changes:
            items = applied(items, change)
        first = own[0]["position"]
        out += [
            own[0] | {"raw": i.raw, "label": i.label, "position": first * 50 + n}
            for n, i in enumerate(items)
        ]
    frame = SNAPSHOT_TABLES["channels"].conform(pl.DataFrame(out, infer_schema_length=None))
    account = replace(inputs.account, tables=inputs.account.tables | {"channels": frame.lazy()})
    found = scan(account)
    return PlanInputs(
        account=account,
        findings=found.findings,
        clusters=found.clusters,
        pairs=found.pairs,
        values=found.values,
    )


def test_what_is_repaired_is_not_planned_again(demo) -> None:
    options = PlanOptions(made_at=MADE, only=("split", "drop_repeat"))
    first = build_plan(demo, options)
    assert first.groups
    assert build_plan(done(demo, first), options).groups == ()


def test_a_plan_without_some_groups_names_its_parent(plan) -> None:
    gone = plan.groups[0].id
    smaller = drop_groups(plan, [gone])
    assert smaller.header.parent_hash == plan.hash
    assert len(smaller.groups) == len(plan.groups) - 1
    assert smaller.header.totals == smaller.totals
    assert smaller.hash != plan.hash
    check_order(smaller)
    with pytest.raises(InputError, match="g-999999"):
        drop_groups(plan, ["g-999999"])


def test_limits_name_the_limit_the_value_and_the_flag(plan) -> None:
    n = len(plan.touched)
    check_limits(plan, Limits(max_changes=n, max_fraction=1))
    with pytest.raises(SafetyError, match=f"--max-changes {n}"):
        check_limits(plan, Limits(max_changes=n - 1, max_fraction=1))
    with pytest.raises(SafetyError, match="--max-fraction"):
        check_limits(plan, Limits(max_changes=n, max_fraction=0.001))
    with pytest.raises(SafetyError):
        check_limits(plan, Limits(max_changes=n, max_fraction=0.05), {"contacts": 50})


def test_a_lower_limit_never_allows_more(plan) -> None:
    def allows(n: int) -> bool:
        try:
            check_limits(plan, Limits(max_changes=n, max_fraction=1))
        except SafetyError:
            return False
        return True

    told = [allows(n) for n in range(0, 2 * len(plan.touched), 7)]
    assert told == sorted(told)


def test_twenty_records_are_never_too_large_a_share(account) -> None:
    for id_ in range(101, 121):
        account.card(id_, phones=["+79161234567, +79035550011"])
        account.finding("PHN201", id_, field="phone", value="+79161234567, +79035550011",
                        proposal="+79161234567; +79035550011", confidence=1.0)  # fmt: skip
    made = build_plan(account.inputs())
    assert len(made.touched) == 20
    check_limits(made, Limits(max_fraction=0.01))


def test_a_plan_is_for_one_account_and_three_days(plan) -> None:
    header = plan.header
    check_account(plan, crm="amocrm", account_id=header.account_id, host=header.account_host)
    for crm, id_, host in (("bitrix24", "1", "x"), ("amocrm", "1", header.account_host),
                           ("amocrm", header.account_id, "other.amocrm.ru")):  # fmt: skip
        with pytest.raises(InputError) as caught:
            check_account(plan, crm=crm, account_id=id_, host=host)
        assert (header.account_host in str(caught.value)) is (crm == "amocrm")
    check_age(plan, MADE + timedelta(hours=72))
    with pytest.raises(StalePlanError) as stale:
        check_age(plan, MADE + timedelta(hours=72, seconds=1))
    assert stale.value.exit_code == 12


def test_files_are_no_account_to_change(demo) -> None:
    with pytest.raises(InputError, match="tables"):
        build_plan(replace(demo, account=replace(demo.account, crm="tables")))


def test_other_rules_are_another_plan(demo, plan) -> None:
    other = build_plan(demo, replace(OPTIONS, planning=Planning(max_group=2)))
    assert other.header.config_sha256 != plan.header.config_sha256
    assert other.header.rules_sha256 == plan.header.rules_sha256


def test_an_account_without_faults_needs_nothing(account) -> None:
    account.card(101)
    made = build_plan(account.inputs())
    assert (made.groups, made.cost.calls) == ((), 0)
    assert "nothing to do" in render_plan(made)


@pytest.mark.parametrize(
    "row",
    [
        {"entity": "contact", "left_id": "1", "right_id": "2", "verdict": "maybe"},
        {"entity": "contact", "left_id": "1", "right_id": "1", "verdict": "accept"},
        {"entity": "contact", "verdict": "accept"},
    ],
)
def test_a_decision_that_says_nothing_is_told_by_its_row(row) -> None:
    with pytest.raises(InputError, match="decisions:1"):
        read_decisions(pl.DataFrame([row]))


def test_two_decisions_that_contradict_each_other_are_told() -> None:
    rows = [
        {"entity": "contact", "left_id": "2", "right_id": "10", "verdict": "accept"},
        {"entity": "contact", "left_id": "10", "right_id": "2", "verdict": "reject"},
    ]
    with pytest.raises(InputError, match="decisions:2"):
        read_decisions(pl.DataFrame(rows))


def test_a_reader_sees_no_person_unless_asked(demo, plan) -> None:
    masked = render_plan(plan, Look(records=True))
    shown = render_plan(plan, Look(records=True, show_values=True))
    raws = [
        item.raw
        for op in plan.ops
        if isinstance(op.op, PatchCard)
        for change in op.op.changes
        if isinstance(change, ValuesChange)
        for item in change.old
    ]
    assert raws
    assert not [raw for raw in raws if raw in masked]
    assert all(" ".join(raw.split())[:60] in shown for raw in raws)
    for group in plan.groups:
        assert group.id in masked
