"""The life of the demo account: what is planted in its notes and events is what a scan finds."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.sandbox.demo import ON_REQUEST, DemoAccount, build_demo
from dedupe.scan import Scan, ScanOptions, scan

Row = dict[str, Any]
OF_LIFE = (
    "DEAL201", "CAL101", "CAL102", "CAL103", "CAL104", "CAL202", "NOT101", "ENR101", "CHT101",
    "CHT102", "MAIL101", "MAIL102", "DUP301", "INT101", "INT201", "USR002", "EVT101", "EVT102",
    "FUN201", "FUN901", "KPI101", "KPI102", "KPI103", "LST001", "LST101", "LST102", "LST103",
    "LST104", "LST301",
)  # fmt: skip
ACCOUNTS = [(0.002, 1), (0.002, 2), (0.01, 3), (0.01, 4), (0.05, 5)]
LARGER = pytest.param(0.05, 6, marks=pytest.mark.slow)


def built(scale: float, seed: int) -> DemoAccount:
    return build_demo(scale=scale, seed=seed, extras=ON_REQUEST)


@pytest.fixture(scope="module")
def demo() -> DemoAccount:
    return built(0.02, 7)


@pytest.fixture(scope="module")
def found(demo: DemoAccount) -> Scan:
    return scan(demo.account, ScanOptions(select=(*OF_LIFE, "INT002")))


def rows_of(account: Account, name: str) -> list[Row]:
    return account.frame(name).to_dicts()


def told(row: Row) -> Row:
    value: Row = json.loads(row["params"])
    return value


@pytest.mark.parametrize(("scale", "seed"), [*ACCOUNTS, LARGER])
def test_a_scan_finds_what_is_planted(scale: float, seed: int) -> None:
    made = built(scale, seed)
    checks = scan(made.account, ScanOptions(select=OF_LIFE)).summary.checks
    compared = {
        (c.code, c.entity): (c.found, c.groups if made.planted[c.code, c.entity].groups else None)
        for c in checks
        if (c.code, c.entity) in made.planted
    }
    of_life = {k: (p.found, p.groups or None) for k, p in made.planted.items() if k[0] in OF_LIFE}
    assert compared == of_life


def test_every_fault_of_life_is_planted_where_the_account_is_large_enough() -> None:
    planted = built(0.05, 1).planted
    codes = {code for code, _ in planted}
    assert set(OF_LIFE) <= codes
    rare = {"CAL102", "LST102", "LST103", "LST104", "MAIL101"}
    assert {c for (c, _), made in planted.items() if c in OF_LIFE and not made.found} <= rare


def test_a_history_read_in_part_tells_of_nothing_planted() -> None:
    whole, none, part = (
        build_demo(scale=0.002, extras=e) for e in (ON_REQUEST, (), ("notes",))
    )  # fmt: skip
    assert ("DEAL201", "deal") in whole.planted
    assert ("DEAL201", "deal") not in none.planted
    assert ("DEAL201", "deal") not in part.planted
    assert "events" not in part.account.tables
    assert part.account.frame("notes").equals(whole.account.frame("notes"))
    assert none.account.frame("contacts").equals(whole.account.frame("contacts"))


def test_the_tables_conform_and_lie_in_the_time_of_the_data(demo: DemoAccount) -> None:
    for name in ON_REQUEST:
        frame = demo.account.frame(name)
        assert SNAPSHOT_TABLES[name].check(frame).height == frame["id"].n_unique()
        assert frame["created_at"].max() <= demo.account.read_to  # type: ignore[operator]  # a moment
        assert frame["record_id"].null_count() == 0
    again = built(0.02, 7).account
    assert all(again.frame(n).equals(demo.account.frame(n)) for n in ON_REQUEST)


def test_moves_follow_one_another_to_where_the_deal_stands(demo: DemoAccount) -> None:
    deals = {row["id"]: row for row in rows_of(demo.account, "deals")}
    moves: dict[str, list[Row]] = defaultdict(list)
    for event in sorted(rows_of(demo.account, "events"), key=lambda row: row["created_at"]):
        if event["type"] == "lead_status_changed":
            moves[event["record_id"]].append(event)
    assert moves
    for deal, steps in moves.items():
        assert all(a["after"] == b["before"] for a, b in pairwise(steps))
        last = json.loads(steps[-1]["after"])[0]["lead_status"]
        stands = deals[deal]
        assert (str(last["pipeline_id"]), str(last["id"])) == (
            stands["pipeline_id"],
            stands["status_id"],
        )
        assert steps[0]["created_at"] > stands["created_at"]


def clients_of(account: Account) -> tuple[dict[str, str], dict[str, list[Row]]]:
    """Return the main contact of each deal, and the deals of each contact, whoever is main."""
    deals = {row["id"]: row for row in rows_of(account, "deals")}
    live = {row["id"] for row in rows_of(account, "contacts") if not row["is_deleted"]}
    main: dict[str, str] = {}
    held: dict[str, list[Row]] = defaultdict(list)
    for link in rows_of(account, "links"):
        if (link["from_entity"], link["to_entity"]) != ("contact", "deal"):
            continue
        if link["from_id"] in live:
            held[link["from_id"]].append(deals[link["to_id"]])
            if link["is_main"]:
                main[link["to_id"]] = link["from_id"]
    return main, held


def inbound_and_answers(account: Account) -> tuple[list[Row], dict[str, list[datetime]]]:
    """Return what came in from contacts and nobody took, and when each contact was answered."""
    main, _ = clients_of(account)
    came, answered = [], defaultdict(list)
    for row in rows_of(account, "notes") + rows_of(account, "events"):
        client = row["record_id"] if row["entity"] == "contact" else main.get(row["record_id"])
        kind = row.get("note_type") or row.get("type")
        talked = kind in ("call_in", "call_out") and told(row)["duration"] > 0
        is_letter = kind == "amomail_message"
        is_in = kind in ("sms_in", "incoming_chat_message") or (
            (kind == "call_in" and not talked)
            or (is_letter and told(row)["income"])
            or (kind == "service_message" and told(row)["service"] != "demo_bot")
        )
        if is_in and client:
            came.append({**row, "client": client})
        is_out = kind in ("call_out", "outgoing_chat_message", "sms_out") or talked
        if client and (is_out or (is_letter and not is_in)):
            answered[client].append(row["created_at"])
    for task in rows_of(account, "tasks"):
        client = task["record_id"] if task["entity"] == "contact" else main.get(task["record_id"])
        answered[client or ""].append(task["created_at"])
    return came, answered


def test_lost_enquiries_are_those_that_a_naive_recount_finds(
    demo: DemoAccount, found: Scan
) -> None:
    main, held = clients_of(demo.account)
    came, answered = inbound_and_answers(demo.account)
    lost = set()
    for row in came:
        at, client = row["created_at"], row["client"]
        deals = held[client]
        is_past = bool(deals) and all(deal["closed_at"] for deal in deals)
        if not is_past or at <= max(d["closed_at"] for d in deals) + timedelta(hours=1):
            continue
        if any(at <= done <= at + timedelta(days=3) for done in answered[client]):
            continue
        own = [deal for deal in deals if main.get(deal["id"]) == client]
        last = max(own, key=lambda deal: deal["closed_at"])["id"]
        lost.add(row["record_id"] if row["entity"] == "deal" else last)
    flagged = found.findings.filter(pl.col("code") == "DEAL201")["record_id"]
    assert lost == set(flagged)
    assert len(lost) == demo.planted["DEAL201", "deal"].found


def test_chats_and_callers_without_a_deal_are_recounted(demo: DemoAccount) -> None:
    _, held = clients_of(demo.account)
    live = {row["id"] for row in rows_of(demo.account, "contacts") if not row["is_deleted"]}
    chats, callers = set(), set()
    for row in rows_of(demo.account, "events"):
        if row["type"] == "incoming_chat_message" and row["record_id"] in live - held.keys():
            chats.add(row["record_id"])
    for row in rows_of(demo.account, "notes"):
        if row["note_type"] == "call_in" and row["record_id"] in live - held.keys():
            callers.add(row["record_id"])
    assert len(chats) == demo.planted["CHT101", "contact"].found > 0
    assert len(callers) == demo.planted["CAL103", "contact"].found > 0


def test_a_call_noted_twice_has_one_length_and_two_cards(demo: DemoAccount) -> None:
    main, _ = clients_of(demo.account)
    seen: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows_of(demo.account, "notes"):
        if row["note_type"] in ("call_in", "call_out"):
            client = main.get(row["record_id"], row["record_id"])
            seen[client, row["note_type"], told(row)["duration"]].append(row)
    twice = [rows for rows in seen.values() if len({row["record_id"] for row in rows}) > 1]
    near = [r for r in twice if r[1]["created_at"] - r[0]["created_at"] < timedelta(minutes=1)]
    assert len(near) == demo.planted["NOT101", "note"].found > 0


def test_traces_of_services_are_counted_in_the_metric(demo: DemoAccount, found: Scan) -> None:
    rows = next(m for m in found.metrics if m.name == "integration_traces").rows
    counts = dict(rows.select("service", "n").iter_rows())
    notes = [row for row in rows_of(demo.account, "notes") if row["params"]]
    own: dict[str, int] = defaultdict(int)
    for row in notes:
        own[told(row).get("source") or told(row).get("service") or ""] += 1
    del own[""]
    assert own == {name: counts[name] for name in own}
    assert {"demo_telephony", "demo_pbx", "demo_forms", "demo_quiz", "demo_bot"} == set(own)


def test_a_stream_of_second_cards_is_seen_in_a_large_account(demo: DemoAccount) -> None:
    large = built(0.2, 9)
    [check] = scan(large.account, ScanOptions(select=("DUP902",))).summary.checks
    assert check.found == large.planted["DUP902", "week"].found == 1
    assert ("DUP902", "week") not in demo.planted
