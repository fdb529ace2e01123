"""`crmclean plan`: from a scan's folder to a file, with the documented ends."""

from __future__ import annotations

import json
import shutil

import pytest

from cli.main import run
from dedupe.plan import read_plan
from dedupe.sandbox.demo import build_demo
from dedupe.scan import scan, write_scan
from dedupe.snapshot import open_snapshot, write_snapshot


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    write_snapshot(build_demo(scale=0.005).account, folder / "account")
    write_scan(scan(open_snapshot(folder / "account"), source="account"), folder / "scan")
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path / "made")
    return tmp_path / "made"


def planned(capsys, *args) -> dict:
    assert run(["plan", *map(str, args), "--format", "json"]) in (0, 5)
    return json.loads(capsys.readouterr().out)


def test_a_plan_stands_in_the_scans_folder_and_names_the_next_command(folder, capsys) -> None:
    assert run(["plan", str(folder / "scan")]) == 0
    shown = capsys.readouterr()
    path = folder / "scan" / "plan.jsonl"
    assert read_plan(path).short in shown.out
    assert f"crmclean apply {path} --dry-run" in shown.out


def test_the_document_tells_what_the_plan_holds(folder, capsys) -> None:
    document = planned(capsys, folder / "scan")
    plan = read_plan(folder / "scan" / "plan.jsonl")
    assert document["schema"] == "crmclean.plan/1"
    assert document["plan"] == str(folder / "scan" / "plan.jsonl")
    assert document["plan_hash"] == plan.hash
    assert document["operations"] == len(plan.ops) > 0
    assert document["merges"] == sum(group.kind == "merge" for group in plan.groups)
    assert (document["calls"], document["seconds"]) == (plan.cost.calls, plan.cost.seconds)
    assert planned(capsys, folder / "scan")["plan_hash"] == plan.hash


def test_the_exit_code_may_tell_that_changes_wait(folder) -> None:
    assert run(["plan", str(folder / "scan"), "--detailed-exitcode"]) == 5
    nothing = ["plan", str(folder / "scan"), "--target", "contacts/999999", "--detailed-exitcode"]
    assert run(nothing) == 0


def test_the_last_scan_of_the_state_folder_is_the_default(folder, tmp_path, capsys) -> None:
    for name in ("s-20200101T000000-aaaa", "s-20260101T000000-bbbb"):
        shutil.copytree(folder / "scan", tmp_path / "state" / "scans" / name)
    document = planned(capsys, "--snapshot", folder / "account")
    assert "s-20260101T000000-bbbb" in document["plan"]


def test_only_target_and_limits(folder, capsys) -> None:
    assert set(planned(capsys, folder / "scan", "--only", "split")["groups"]) == {"split"}
    assert set(planned(capsys, folder / "scan", "--only", "PHN202,EML202")["groups"]) <= {
        "drop_repeat"
    }
    assert set(planned(capsys, folder / "scan", "--only", "DUP101")["groups"]) <= {"merge"}
    one = read_plan(folder / "scan" / "plan.jsonl")
    n = planned(capsys, folder / "scan")["records_touched"]
    assert run(["plan", str(folder / "scan"), "--max-changes", str(n - 1)]) == 6
    assert f"--max-changes {n}" in capsys.readouterr().err
    assert one is not None


def test_a_limit_leaves_no_file(folder) -> None:
    assert run(["plan", str(folder / "scan"), "--max-changes", "0"]) == 6
    assert not (folder / "scan" / "plan.jsonl").exists()


def test_a_group_is_dropped_into_a_new_plan(folder, capsys) -> None:
    planned(capsys, folder / "scan")
    path = folder / "scan" / "plan.jsonl"
    before = read_plan(path)
    document = planned(capsys, path, "--drop", before.groups[0].id, "-o", folder / "less.jsonl")
    assert document["parent_hash"] == before.hash
    assert len(read_plan(folder / "less.jsonl").groups) == len(before.groups) - 1
    assert read_plan(path) == before


def test_a_decision_brings_a_review_group_in(folder, capsys) -> None:
    import polars as pl

    pairs = pl.read_parquet(folder / "scan" / "pairs.parquet").filter(pl.col("tier") == "review")
    row = pairs.sort("probability").tail(1).select("entity", "left_id", "right_id")
    row.with_columns(verdict=pl.lit("accept")).write_csv(folder / "decisions.csv")
    without = planned(capsys, folder / "scan", "--only", "merge")["merges"]
    told = ["--only", "merge", "--decisions", folder / "decisions.csv"]
    assert planned(capsys, folder / "scan", *told)["merges"] == without + 1


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere"], "no scan"),
        (["made/account"], "no scan"),
        ([], "there is no scan yet"),
        (["made/scan", "--only", "nonsense"], "nonsense"),
        (["made/scan", "--target", "contacts/x"], "contacts/123"),
        (["made/scan", "--target", "users/1"], "contacts/123"),
        (["made/scan", "--snapshot", "nowhere"], "nowhere"),
        (["made/scan", "--decisions", "nowhere.csv"], "decisions"),
        (["made/scan", "--max-fraction", "3"], "--max-fraction"),
        (["--drop", "g-000001"], "plan file"),
        (["made/none.jsonl", "--drop", "g-000001"], "not found"),
    ],
)
def test_bad_input_is_one_line(folder, args, told, capsys) -> None:
    assert run(["plan", *args]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


@pytest.mark.parametrize("name", ["findings", "clusters", "pairs", "channels"])
def test_a_missing_or_damaged_file_of_the_scan_is_named(folder, name, capsys) -> None:
    path = folder / "scan" / f"{name}.parquet"
    content = path.read_bytes()
    for wrong in (b"", content[:-200], b"x" * 100):
        path.write_bytes(wrong)
        assert run(["plan", str(folder / "scan")]) == 2
        assert f"{name}.parquet" in capsys.readouterr().err
    path.unlink()
    assert run(["plan", str(folder / "scan")]) == 2
    assert "missing" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema":"crmclean.scan/9"}', "[" * 100_000])
def test_a_damaged_summary_is_told(folder, text, capsys) -> None:
    (folder / "scan" / "summary.json").write_text(text, encoding="utf-8")
    assert run(["plan", str(folder / "scan")]) == 2
    assert "summary.json" in capsys.readouterr().err


def test_the_snapshot_of_another_account_or_another_day_is_refused(folder, capsys) -> None:
    from dataclasses import replace
    from datetime import timedelta

    account = build_demo(scale=0.002).account
    write_snapshot(replace(account, host="shop.amocrm.ru"), folder / "other")
    write_snapshot(replace(account, read_to=account.read_to + timedelta(1)), folder / "later")
    for name, told in (("other", "shop.amocrm.ru"), ("later", "made anew")):
        assert run(["plan", str(folder / "scan"), "--snapshot", str(folder / name)]) == 2
        assert told in capsys.readouterr().err


def test_a_place_that_can_not_be_written_is_told(folder, capsys) -> None:
    (folder / "file").write_text("x")
    assert run(["plan", str(folder / "scan"), "-o", str(folder / "file" / "plan.jsonl")]) == 9
    assert "-o" in capsys.readouterr().err


def test_the_config_rules_the_plan(folder, capsys) -> None:
    config = folder / "crmclean.toml"
    config.write_text('[plan]\nrepairs = ["merge"]\n[survivorship]\nsurvivor = ["newest"]\n')
    made = planned(capsys, folder / "scan", "--config", config)
    assert set(made["groups"]) <= {"merge"}
    config.write_text('[plan]\nrepairs = ["mrege"]\n[survivorship]\nsurvivors = ["newest"]\n')
    assert run(["plan", str(folder / "scan"), "--config", str(config)]) == 2
    error = capsys.readouterr().err
    assert "plan.repairs" in error
    assert "did you mean survivor" in error


def test_a_scan_writes_its_plan_and_a_link_of_two_tables_none(tmp_path, monkeypatch) -> None:
    from cli.main import run
    from dedupe.sandbox.demo import build_demo
    from dedupe.snapshot import write_snapshot

    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    account = tmp_path / "account"
    write_snapshot(build_demo(scale=0.002).account, account)
    rows = "name,phone\nIvan Example,+79160000001\nPetr Sample,+79160000002\n"
    (tmp_path / "list.csv").write_text(rows, encoding="utf-8")
    assert run(["scan", str(account), "-o", str(tmp_path / "own"), "-q"]) == 0
    assert (tmp_path / "own/plan.jsonl").stat().st_mode & 0o077 == 0
    other = ["--against", str(tmp_path / "list.csv"), "--entity", "contact"]
    assert run(["scan", str(account), *other, "-o", str(tmp_path / "linked"), "-q"]) == 0
    assert not (tmp_path / "linked/plan.jsonl").exists()
