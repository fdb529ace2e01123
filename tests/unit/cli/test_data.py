"""`crmclean data`: what is kept, and a person who is gone from all of it."""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import polars as pl

from dedupe.apply.journal import Journal, account_of
from dedupe.decisions import DecisionLog
from dedupe.decisions.values import Golden
from dedupe.plan import read_plan
from dedupe.plan.ops import PatchCard
from dedupe.report.trend import remember_scan
from dedupe.retention.forget import find, remaining
from dedupe.retention.person import Marks, read_wanted
from dedupe.scan import content_of, write_scan
from dedupe.snapshot import open_snapshot, snapshot_id
from tests.acted import ALLOW, acted, planned, pulled, scanned

__all__ = ["acted"]


def put_scan(acted, name: str = "s-20261101T000000-abcd") -> Path:
    """Write the scan of the account as `crmclean scan` does, with names in its report."""
    from dataclasses import replace

    told = replace(scanned().summary, scan_id=name, host=acted.host, source="main")
    found = replace(scanned(), summary=told)
    folder = acted.folder / "state/scans" / name
    write_scan(found, folder, plan=planned(), content=content_of(found, pulled()))
    remember_scan(acted.folder / "state", told, folder)
    return folder


def merged_person(acted) -> tuple[str, str]:
    """Return a contact of a merge, and one of its numbers."""
    channels = (
        pulled()
        .frame("channels")
        .filter((pl.col("entity") == "contact") & (pl.col("kind") == "phone"))
    )
    group = next(g for g in planned(("merge",)).groups if g.entity == "contact")
    for ref in group.members:
        own = channels.filter(pl.col("record_id") == ref.id)["raw"].to_list()
        for raw in own:
            digits = re.sub(r"\D", "", raw)
            if len(digits) == 11:
                return ref.id, raw
    raise AssertionError


def everything(folder: Path) -> bytes:
    """Return all bytes below a folder, of tables their texts."""
    parts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            if path.suffix == ".parquet":
                parts.append(pl.read_parquet(path).write_ndjson().encode())
            else:
                parts.append(path.read_bytes())
    return b"\n".join(parts)


def decided(acted, card: str, core: str) -> DecisionLog:
    """Return a log of decisions that name the person's number and name."""
    log = DecisionLog(acted.place / "decisions.jsonl", who="anna")
    log.append([
        log.made("value", entity="contact", code="PHN301", record_id=card, verdict="edit",
                 edited="+7" + core, note="звонил +7" + core),
        log.made("same", entity="contact", ids=(card, "999999"), survivor=card,
                 values={"name": Golden(text="Пётр")}),
        log.made("proposal", entity="contact", record_id=card, code="PHN201", field="phone",
                 raw="00000", shown="00", verdict="edit", chosen=(0,)),
    ])  # fmt: skip
    return log


def test_a_person_is_gone_from_every_file_and_undo_says_so(acted) -> None:
    run_id = acted.told("apply", acted.put_plan(), *ALLOW)["run_id"]
    shutil.rmtree(acted.folder / "state/scans")
    scan = put_scan(acted)
    card, raw = merged_person(acted)
    core = re.sub(r"\D", "", raw)[-10:]
    log = decided(acted, card, core)
    marks = Marks(frozenset({core}))
    state = acted.folder / "state"
    assert marks.are_in(everything(state).decode("utf-8", "ignore"))
    former = snapshot_id(acted.place / "snapshot")

    assert acted.crmclean("data", "forget", "--phone", raw, "--dry-run") == 0
    assert "Nothing was removed" in acted.out
    assert "delete it there" in acted.out
    assert acted.crmclean("data", "forget", "--phone", raw) == 6
    assert snapshot_id(acted.place / "snapshot") == former

    told = acted.told("data", "forget", "--phone", f"8 ({core[:3]}) {core[3:]}", "--yes")
    assert (acted.code, told["remaining"], told["left"]) == (0, 0, [])
    assert ["contact", card] in told["accounts"][0]["cards"]
    assert not marks.are_in(everything(state).decode("utf-8", "ignore"))

    account = open_snapshot(acted.place / "snapshot")
    # The next pull reads all: the card's links, too, where it is still in the CRM.
    assert not {card, "full_at"} & {*account.frame("contacts")["id"], *account.settings}
    assert account.frame("contacts").height >= pulled().frame("contacts").height - 10
    for name in ("channels", "pairs", "clusters", "findings"):
        assert (scan / f"{name}.parquet").is_file()
    assert not (scan / "plan.jsonl").exists()
    assert not (scan / "report.html").exists()
    value, same, proposal = log.read()
    assert (value.verdict, value.edited, proposal.verdict) == ("reject", "", "reject")
    assert (same.ids, dict(same.values)) == ((card, "999999"), {})
    kept = (acted.place / "forgotten.jsonl").read_text()
    assert card in kept
    assert core not in kept

    with Journal(acted.place, account_of(acted.place)) as journal:
        gone = [op for op in journal.ops(run_id) if op.is_forgotten]
        assert gone
        assert all(op.body is None for op in journal.ops(run_id))
    plan = read_plan(acted.place / f"plans/{run_id}.jsonl")
    patches = [op.op for op in plan.ops if isinstance(op.op, PatchCard)]
    own = [change for op in patches if op.record.id == card for change in op.changes]
    assert {change.field for change in own} == {"[forgotten]"}
    undone = acted.told("undo", run_id, "--dry-run")
    assert undone["forgotten"] > 0
    assert acted.crmclean("undo", run_id, "--dry-run") == 0
    assert "forgotten with a person's data" in acted.out
    assert acted.crmclean("verify", run_id) == 0
    n_before = len(acted.writes())
    assert acted.crmclean("undo", run_id, "--yes") in (0, 3)
    bodies = json.dumps(acted.box.requests, ensure_ascii=False)
    assert len(acted.writes()) > n_before
    assert "[forgotten]" not in bodies

    assert acted.told("data", "forget", "--phone", raw, "--yes")["remaining"] == 0


def test_an_unfinished_run_is_settled_first_and_nothing_changes(acted) -> None:
    run_id = acted.told("apply", acted.put_plan(), *ALLOW)["run_id"]
    card, _ = merged_person(acted)
    with closing(sqlite3.connect(acted.place / "journal.sqlite")) as db:
        db.execute("update run set state='stopped' where run_id=?", (run_id,))
        db.commit()
    former = everything(acted.place)
    assert acted.crmclean("data", "forget", "--id", f"contact/{card}", "--yes") == 8
    assert "crmclean resume" in acted.err
    assert everything(acted.place) == former


def test_what_a_card_shares_with_others_stays_theirs(acted) -> None:
    card, raw = merged_person(acted)
    core = re.sub(r"\D", "", raw)[-10:]
    channels = pulled().frame("channels").filter(pl.col("kind") == "phone")
    others = channels.filter(
        pl.col("raw").str.replace_all(r"\D", "").str.ends_with(core) & (pl.col("record_id") != card)
    )
    told = acted.told("data", "forget", "--id", f"contact/{card}", "-p", "main", "--yes")
    assert (acted.code, told["remaining"]) == (0, 0)
    assert told["accounts"][0]["cards"] == [["contact", card]]
    left = open_snapshot(acted.place / "snapshot").frame("channels")
    assert card not in left.filter(pl.col("entity") == "contact")["record_id"]
    assert left.join(others, on=["entity", "record_id", "raw"], how="semi").height >= others.height


def test_a_switchboard_is_no_person(acted) -> None:
    number = "+74951112233"
    path = acted.place / "snapshot"
    account = open_snapshot(path)
    contacts = account.frame("contacts")["id"].head(12)
    rows = (
        account.frame("channels")
        .head(12)
        .with_columns(
            entity=pl.lit("contact"), record_id=contacts, kind=pl.lit("phone"), raw=pl.lit(number)
        )
    )
    from dataclasses import replace

    from dedupe.snapshot import write_snapshot

    held = {name: account.frame(name).lazy() for name in account.tables}
    held["channels"] = pl.concat([account.frame("channels"), rows]).lazy()
    write_snapshot(replace(account, tables=held), path)
    assert acted.crmclean("data", "forget", "--phone", number, "--yes") == 6
    assert "--id" in acted.err


def test_a_damaged_table_is_named_and_nothing_is_removed(acted) -> None:
    scan = put_scan(acted)
    _, raw = merged_person(acted)
    (scan / "channels.parquet").write_bytes(b"PAR1 broken")
    former = everything(acted.place)
    assert acted.crmclean("data", "forget", "--phone", raw, "--yes") == 2
    assert "channels.parquet" in acted.err
    assert raw not in acted.err
    assert everything(acted.place) == former


def test_a_file_that_is_not_ours_is_reported_and_left(acted) -> None:
    _, raw = merged_person(acted)
    own = acted.folder / "state/notes.txt"
    own.write_text(f"call {raw}")
    told = acted.told("data", "forget", "--phone", raw, "--yes")
    assert acted.code == 9
    assert told["left"] == ["notes.txt"]
    assert own.read_text() == f"call {raw}"


def test_links_are_neither_followed_nor_removed(acted, tmp_path) -> None:
    _, raw = merged_person(acted)
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "r-0123456789ab.jsonl").write_text(f'{{"x":"{raw}"}}\n')
    (acted.place / "backup").symlink_to(outside)
    told = acted.told("data", "forget", "--phone", raw, "--yes")
    assert (acted.code, told["remaining"]) == (0, 0)
    assert raw in (outside / "r-0123456789ab.jsonl").read_text()
    assert (acted.place / "backup").is_symlink()


def test_who_is_meant_must_be_said_once_and_whole(acted, monkeypatch) -> None:
    assert acted.crmclean("data", "forget") == 2
    assert acted.crmclean("data", "forget", "--phone", "1", "--email", "a@b.ru") == 2
    assert acted.crmclean("data", "forget", "--phone", "123-45-67") == 2
    assert "123-45-67" not in acted.err
    assert acted.crmclean("data", "forget", "--email", "a b") == 2
    assert acted.crmclean("data", "forget", "--id", "deal/1") == 2
    assert acted.crmclean("data", "forget", "--email", "nobody@nowhere.example") == 0
    assert "Nobody" in acted.out
    assert acted.told("data", "forget", "--email", "nobody@nowhere.example")["accounts"] == []
    _, raw = merged_person(acted)
    monkeypatch.setattr("cli.approval._is_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert acted.crmclean("data", "forget", "--phone", raw) == 6
    state = acted.folder / "state"
    wanted = read_wanted(raw, None, None)
    assert remaining(state, find(state, wanted))


def test_the_list_names_every_kind_once(acted) -> None:
    acted.crmclean("apply", acted.put_plan(), *ALLOW)
    put_scan(acted)
    (acted.folder / "state/mine.txt").write_text("x")
    told = acted.told("data", "list")
    kinds = {each["kind"] for each in told["files"]}
    assert {"snapshot", "scan", "backup", "journal", "plan"} <= kinds
    paths = [each["path"] for each in told["files"]]
    assert len(paths) == len(set(paths))
    assert "mine.txt" not in paths
    assert {e["account"] for e in told["files"] if e["kind"] == "backup"} == {"main"}
    assert all(each["until"] for each in told["files"] if each["kind"] == "backup")
    assert acted.crmclean("data", "list") == 0
    assert "copies of cards" in acted.out
    assert acted.crmclean("data", "list", "-p", "main") == 0
