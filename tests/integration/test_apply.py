"""Scan, plan, rehearse, apply, plan again, undo: over HTTP, from the command line, on the demo."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import polars as pl
import pytest

from dedupe.crm.http.network import NetworkTransport
from dedupe.plan import read_plan
from tests.acted import ALLOW, World, acted, read_account

__all__ = ["acted"]
RESTORED = ("contacts", "companies", "deals", "channels", "field_values", "record_tags", "links",
            "tasks")  # fmt: skip


@pytest.fixture
def wire(monkeypatch) -> list[tuple[str, str, str, str]]:
    """Listen on the wire: host, method, path and fingerprint of all that goes out."""
    heard: list[tuple[str, str, str, str]] = []
    handle: Callable[..., httpx.Response] = NetworkTransport.handle_request

    def hear(self: NetworkTransport, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        line = b"\0".join((request.method.encode(), path.encode(), request.read()))
        own = hashlib.sha256(line).hexdigest()
        heard.append((request.url.netloc.decode(), request.method, path, own))
        return handle(self, request)

    monkeypatch.setattr(NetworkTransport, "handle_request", hear)
    return heard


def written(
    wire: list[tuple[str, str, str, str]], host: str, since: int
) -> list[tuple[str, str, str]]:
    return [
        (method, path, own)
        for netloc, method, path, own in wire[since:]
        if netloc == host and method != "GET"
    ]


def state_of(acted: World) -> dict[str, list[tuple[object, ...]]]:
    account = read_account(acted.box)
    frames = {name: account.frame(name) for name in RESTORED}
    return {
        name: sorted(frame.select(c for c in frame.columns if c != "updated_at").rows(), key=repr)
        for name, frame in frames.items()
    }


def marked_and_duplicate(acted: World) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the cards that stand merged, and those of them that still count as duplicates."""
    scans = sorted((acted.folder / "state/scans").glob("s-*"))
    findings = pl.read_parquet(scans[-1] / "findings.parquet")
    merged = findings.filter(pl.col("code") == "DUP111").select("entity", "record_id")
    counted = findings.filter(pl.col("code").str.starts_with("DUP") & (pl.col("code") != "DUP111"))
    still = counted.join(merged, on=["entity", "record_id"], how="semi")
    return set(merged.rows()), set(still.select("entity", "record_id").rows())


def scanned_and_planned(acted: World) -> Path:
    assert acted.crmclean("scan", "-q") == 0
    return Path(acted.told("plan")["plan"])


def test_a_plan_is_proved_on_a_copy_applied_once_and_taken_back(acted, wire) -> None:
    before = state_of(acted)
    path = scanned_and_planned(acted)
    plan = read_plan(path)
    assert {"merge", "split", "drop_repeat"} <= set(plan.kinds)

    mark = len(wire)
    dry = acted.told("apply", "--dry-run")
    assert {netloc for netloc, *_ in wire[mark:]}.isdisjoint({acted.host}), "the CRM is not asked"
    assert dry["problems"] == []

    mark = len(wire)
    done = acted.told("apply", *ALLOW)
    assert acted.code == 0
    sent = written(wire, acted.host, mark)
    assert sent == [tuple(each.values()) for each in dry["requests"]]
    assert (done["sent"], done["groups"]) == (len(sent), dry["groups"])
    assert acted.box.requests["n_429"] == 0

    mark = len(wire)
    assert acted.told("apply", path, *ALLOW)["sent"] == 0
    assert written(wire, acted.host, mark) == []

    again = read_plan(scanned_and_planned(acted))
    losers = {(r.entity, r.id) for group in plan.groups for r in group.losers}
    assert marked_and_duplicate(acted) == (losers, set())
    repaired = {(group.kind, group.members) for group in plan.groups}
    assert not repaired & {(group.kind, group.members) for group in again.groups}

    undone = acted.told("undo", done["run_id"], "--yes")
    assert acted.code == 0
    assert undone["failed"] == undone["ambiguous"] == 0
    assert state_of(acted) == before


def test_a_colleague_who_writes_meanwhile_keeps_what_they_wrote(acted) -> None:
    path = scanned_and_planned(acted)
    plan = read_plan(path)
    merges = [group for group in plan.groups if group.kind == "merge"]
    survivor = merges[0].survivor
    assert survivor is not None
    kind = {"contact": "contacts", "company": "companies"}[survivor.entity]
    card = acted.box.state.get(kind, int(survivor.id))
    for field in card["custom_fields_values"]:
        if field["field_code"] in ("PHONE", "EMAIL"):
            field["values"] = [{**field["values"][0], "value": "+7 000 000-00-01"}]
    acted.box.change(do="put", kind=kind, record=card)
    done = acted.told("apply", path, *ALLOW)
    assert acted.code == 3
    assert done["groups"] == {"done": len(plan.groups) - 1, "stale": 1}
    now = acted.box.state.get(kind, int(survivor.id))
    assert now["custom_fields_values"] == card["custom_fields_values"]
    assert [each["group"] for each in acted.told("runs", done["run_id"])["groups"]] == [
        merges[0].id
    ]


def test_what_is_applied_in_parts_is_taken_back_in_any_order(acted) -> None:
    before = state_of(acted)
    path = scanned_and_planned(acted)
    first = acted.told("apply", path, "--only", "merge", *ALLOW)["run_id"]
    second = acted.told("apply", path, "--only", "split,drop_repeat", *ALLOW)["run_id"]
    listed = acted.told("runs")["runs"]
    assert [each["run_id"] for each in listed] == [second, first]
    for run_id in (first, second):
        assert acted.told("undo", run_id, "--yes")["failed"] == 0
    assert state_of(acted) == before
