"""Each check on the smallest account that shows what it counts, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from dedupe.audit import CHECKS, Facts, run_checks
from dedupe.contracts import GROUPS, NAMES, PROPOSALS, SNAPSHOT_TABLES, VALUES, Account

CONTACTS = {"id": ["1", "2", "3"], "is_deleted": [False, None, True]}
COMPANIES = {"id": ["7"], "is_deleted": [False]}


def make_facts(
    *,
    values: dict[str, list] | None = None,
    names: dict[str, list] | None = None,
    groups: dict[str, list] | None = None,
    not_read: dict[str, str] | None = None,
    loss_reason_field: str | None = None,
    **tables: dict[str, list],
) -> Facts:
    # The channels are read, though the checks take them from `values`.
    tables = {"contacts": CONTACTS, "companies": COMPANIES, "channels": {"entity": []}} | tables
    frames = {n: SNAPSHOT_TABLES[n].conform(pl.DataFrame(t)).lazy() for n, t in tables.items()}
    return Facts(
        account=Account(tables=frames, not_read=not_read or {}),
        values=VALUES.conform(pl.DataFrame(values or {"entity": []})),
        names=NAMES.conform(pl.DataFrame(names or {"entity": []})),
        groups=GROUPS.conform(pl.DataFrame(groups or {"entity": []})),
        loss_reason_field=loss_reason_field,
    )


def found(facts: Facts, code: str, entity: str) -> list[str]:
    """Return the record ids that `code` finds, having checked the result agrees with them."""
    audit = run_checks(facts, select=[code])
    results, findings = audit.results, audit.findings
    (result,) = [r for r in results if r.entity == entity]
    assert result.status == "checked", result.reason
    rows = findings.filter(pl.col("entity") == entity)
    assert result.found == rows["record_id"].n_unique()
    return rows["record_id"].unique().sort().to_list()


def phones(*rows: tuple[str, int, str | None, str, int], kind: str = "phone") -> dict[str, list]:
    """Build values of contacts from (record, position, value, status, repeats)."""
    records, positions, values, statuses, repeats = (list(c) for c in zip(*rows, strict=True))
    return {
        "entity": ["contact"] * len(rows),
        "kind": [kind] * len(rows),
        "record_id": records,
        "position": positions,
        "part": list(range(len(rows))),
        "value": values,
        "raw": [f"raw {r} {p}" for r, p in zip(records, positions, strict=True)],
        "status": statuses,
        "reason": [None if s == "valid" else "text" for s in statuses],
        "n_repeats": repeats,
    }


def test_counts_are_of_records_that_are_not_deleted() -> None:
    audit = run_checks(make_facts(), select=["CNT001"])
    results, findings = audit.results, audit.findings
    assert [(r.found, r.base) for r in results] == [(2, 2)]
    assert findings.is_empty()


def test_groups_are_counted_with_their_extra_cards() -> None:
    facts = make_facts(
        groups={
            "kind": ["phone", "phone", "email"],
            "entity": ["contact"] * 3,
            "record_id": ["1", "2", "1"],
            "group": ["1", "1", "1"],
            "is_off_field": [True, False, False],
        }
    )
    results = run_checks(facts, select=["DUP101"]).results
    contact, company = results
    assert (contact.found, contact.groups, contact.extra, contact.base) == (2, 1, 1, 2)
    assert contact.share == 1.0
    assert (company.found, company.groups, company.extra) == (0, 0, 0)
    assert found(facts, "DUP102", "contact") == ["1"]
    assert found(facts, "DUP103", "contact") == ["1"]


def test_a_placeholder_is_listed_as_no_evidence_when_two_cards_hold_it() -> None:
    rows = phones(
        ("1", 0, "+70000000000", "placeholder", 1),
        ("2", 0, "+70000000000", "placeholder", 1),
        ("1", 1, "+79999999999", "placeholder", 1),
        ("2", 1, "+74951234567", "own", 1),
    )
    audit = run_checks(make_facts(values=rows), select=["DUP105"])
    results, findings = audit.results, audit.findings
    assert (results[0].found, results[0].groups) == (2, 2)
    assert "+79999999999" not in findings["value"].to_list()


def test_missing_is_no_value_at_all() -> None:
    assert found(make_facts(values=phones(("1", 0, None, "invalid", 0))), "PHN101", "contact") == [
        "2"
    ]


def test_doubled_is_two_different_numbers_in_one_value() -> None:
    rows = phones(
        ("1", 0, "+79161234567", "valid", 1),
        ("1", 0, "+79037654321", "valid", 1),
        ("2", 0, "+79161234567", "valid", 2),  # the same one twice
        ("2", 1, "+79037654321", "valid", 1),  # another value of the card
    )
    assert found(make_facts(values=rows), "PHN201", "contact") == ["1"]


@pytest.mark.parametrize(("is_automatic", "confidence"), [(True, 0.95), (False, 0.8)])
def test_a_finding_has_its_proposal_and_only_a_certain_one_may_be_written(
    is_automatic, confidence
) -> None:
    rows = phones(
        ("1", 0, "+79161234567", "valid", 1),
        ("1", 0, "+79037654321", "valid", 1),
    )
    proposals = {
        "entity": ["contact"],
        "record_id": ["1"],
        "kind": ["phone"],
        "position": [0],
        "proposal": ["+79161234567; +79037654321"],
        "confidence": [0.95],
        "is_automatic": [is_automatic],
    }
    facts = replace(make_facts(values=rows), proposals=PROPOSALS.conform(pl.DataFrame(proposals)))
    findings = run_checks(facts, select=["PHN201"]).findings
    assert findings["proposal"].to_list() == ["+79161234567; +79037654321"]
    assert findings["confidence"].to_list() == [pytest.approx(confidence)]


def test_repeated_is_one_number_in_one_value_or_in_two() -> None:
    rows = phones(
        ("1", 0, "+79161234567", "valid", 2),
        ("2", 0, "+79161234567", "valid", 1),
        ("2", 1, "+79161234567", "shared", 1),
    )
    assert found(make_facts(values=rows), "PHN202", "contact") == ["1", "2"]


def test_unreadable_is_a_value_without_any_valid_number() -> None:
    rows = phones(
        ("1", 0, None, "invalid", 0),
        ("1", 1, "+79161234567", "valid", 1),
        ("2", 0, "223161", "local", 1),
        ("2", 1, "+79161234567", "shared", 1),
    )
    assert found(make_facts(values=rows), "PHN301", "contact") == ["1", "2"]
    only_good = phones(("1", 0, "+79161234567", "own", 1), ("1", 0, None, "invalid", 0))
    assert found(make_facts(values=only_good), "PHN301", "contact") == []


def test_emails_have_the_same_checks() -> None:
    rows = phones(
        ("1", 0, "a@example.org", "valid", 1),
        ("1", 0, "b@example.org", "valid", 1),
        ("2", 0, None, "invalid", 0),
        ("2", 1, "c@example.org", "valid", 2),
        kind="email",
    )
    facts = make_facts(values=rows)
    assert found(facts, "EML201", "contact") == ["1"]
    assert found(facts, "EML202", "contact") == ["2"]
    assert found(facts, "EML301", "contact") == ["2"]


def test_names_are_empty_or_junk() -> None:
    facts = make_facts(
        names={
            "entity": ["contact", "contact", "company"],
            "record_id": ["1", "2", "7"],
            "status": ["placeholder", "junk", "empty"],
            "reason": [None, "phone", None],
        }
    )
    assert found(facts, "NAM101", "contact") == ["1"]
    assert found(facts, "NAM201", "contact") == ["2"]
    assert found(facts, "NAM102", "company") == ["7"]


LINKS = {
    "from_entity": ["contact", "deal"],
    "from_id": ["1", "9"],
    "to_entity": ["deal", "company"],
}


def test_a_link_counts_in_either_direction_even_to_a_deal_not_told() -> None:
    facts = make_facts(links=LINKS | {"to_id": [None, "7"]})
    assert found(facts, "LNK101", "contact") == ["2"]
    assert found(facts, "LNK102", "company") == []


DEALS = {
    "id": ["1", "2", "3", "4", "5"],
    "state": ["open", "open", "lost", "lost", "won"],
    "loss_reason_id": [None, None, " ", "8", None],
}


def test_an_open_deal_needs_an_open_task_of_its_own() -> None:
    tasks = {
        "id": ["1", "2", "3"],
        "entity": ["deal", "deal", "contact"],
        "record_id": ["1", "2", "2"],
        "is_completed": [None, True, False],
    }
    facts = make_facts(deals=DEALS, tasks=tasks)
    assert found(facts, "TSK101", "deal") == ["2"]
    results = run_checks(facts, select=["TSK101"]).results
    assert (results[0].base, results[0].share) == (2, 0.5)


def test_a_loss_reason_may_stand_in_the_field_of_the_config() -> None:
    field = {"entity": ["deal"], "record_id": ["3"], "field_id": ["Why"], "raw": ["price"]}
    facts = make_facts(deals=DEALS, field_values=field)
    assert found(facts, "LOS101", "deal") == ["3"]
    facts = make_facts(deals=DEALS, field_values=field, loss_reason_field="Why")
    assert found(facts, "LOS101", "deal") == []


def test_unused_settings_are_found() -> None:
    facts = make_facts(
        deals=DEALS,
        tasks={"id": ["1"], "task_type_id": ["a"]},
        task_types={"id": ["a", "b"], "name": ["Call", "Meet"]},
        tags={
            "id": ["1", "2", "3"],
            "entity": ["deal", "deal", "contact"],
            "name": ["x", "y", "y"],
        },
        record_tags={"entity": ["deal", "contact"], "record_id": ["1", "1"], "tag": ["x", "y"]},
    )
    assert found(facts, "TSK301", "task_type") == ["b"]
    assert found(facts, "TAG101", "tag") == ["2"]


def test_rights_to_delete_are_administrators_and_those_who_have_them() -> None:
    facts = make_facts(
        users={
            "id": ["1", "2", "3", "4"],
            "is_admin": [True, False, None, True],
            "is_active": [True, True, None, False],
        },
        user_rights={
            "user_id": ["2", "3", "3", "4"],
            "entity": ["deal", "contact", "task", "deal"],
            "action": ["delete", "view", "delete", "delete"],
            "scope": ["own", "all", "all", "all"],
        },
    )
    assert found(facts, "USR101", "user") == ["1"]
    assert found(facts, "USR103", "user") == ["1", "2"]


@pytest.mark.parametrize(
    ("code", "tables", "not_read", "reason"),
    [
        ("TSK101", {"deals": DEALS}, {}, "no data: tasks"),
        ("LNK101", {}, {}, "no data: links.contact.deal"),
        ("PHN101", {}, {"channels.contact.phone": "no_column"}, "no data: channels.contact.phone"),
        ("LOS101", {"deals": DEALS}, {"deals.state": "no_column"}, "no data: deals.state"),
    ],
)
def test_what_was_not_read_is_not_checked_and_never_zero(code, tables, not_read, reason) -> None:
    audit = run_checks(make_facts(**tables, not_read=not_read), select=[code])
    results, findings = audit.results, audit.findings
    assert [(r.status, r.reason, r.found, r.share) for r in results] == [
        ("not_checked", reason, None, None)
    ]
    assert findings.is_empty()


def test_every_check_of_an_empty_account_says_it_was_not_checked() -> None:
    account = Account(tables={})
    facts = Facts(
        account=account, values=VALUES.empty(), names=NAMES.empty(), groups=GROUPS.empty()
    )
    results = run_checks(facts).results
    assert {r.code for r in results} == set(CHECKS)
    # What a person ticks off needs no data.
    assert {r.status for r in results if r.code != "MAN001"} == {"not_checked"}


def test_select_and_ignore_take_beginnings_of_codes() -> None:
    results = run_checks(make_facts(), select=["DUP1", "CNT"], ignore=["DUP10", "CNT003"]).results
    assert {r.code for r in results} == {"DUP110", "DUP111", "DUP112", "CNT001", "CNT002"}


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda c: c.code)
def test_every_check_has_its_texts_and_a_known_repair(check) -> None:
    assert all((check.title, check.definition, check.risk, check.advice))
    assert check.severity in ("error", "warning", "info")
    assert check.repair in ("auto", "review", "list", "none")
    assert not check.title.endswith(".")
    assert check.definition.endswith(".")


def test_a_date_that_is_still_to_come_does_not_move_the_ages_of_files() -> None:
    slip, last = datetime(2205, 3, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)
    contacts = {"id": ["1", "2"], "created_at": [slip, last], "updated_at": [last, None]}
    assert make_facts(contacts=contacts).now == last
