"""`crmclean review`: where decisions are kept, and that scan and plan hold to them."""

from __future__ import annotations

import json

import polars as pl
import pytest

from cli.main import run
from dedupe.decisions import read_log
from dedupe.sandbox.demo import build_demo
from dedupe.snapshot import write_snapshot


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    write_snapshot(build_demo(scale=0.02).account, folder / "account")
    words = ["--state", str(folder / "first"), "-q", "--lang", "en"]
    assert run(["scan", str(folder / "account"), "-o", str(folder / "scan"), *words]) == 0
    return folder


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


def told(capsys, *words):
    capsys.readouterr()
    assert run([*map(str, words), "--format", "json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)


def merges(capsys, scanned, *more):
    return told(capsys, "plan", scanned / "scan", "--only", "merge", "-o", "p.jsonl", *more)[
        "merges"
    ]


def decide(state, scanned, verdict: str, *tiers: str):
    """Decide every cluster of these tiers through the deck that the command makes."""
    from cli.commands.review import _account, _decisions_place, _deck
    from cli.options import Session
    from dedupe.plan.scan_folder import read_scan

    session = Session(config_path=None, profile=None, state_option=state, is_json=False,
                      quiet=True, verbose=False, no_input=True)  # fmt: skip
    found = read_scan(scanned / "scan")
    config = session.config()
    place = _decisions_place(session, config, found)
    deck = _deck(found, _account(session, found, None, None), config, "anna", place, (None, 7))
    own = [g for g in range(len(deck)) if deck.head(g).tier in tiers]
    deck.decide(
        [deck.log.made(verdict, entity=deck.head(g).entity, ids=deck.cards_of(g)) for g in own]
    )
    return len(own), place


def test_rejected_groups_never_merge_and_accepted_ones_do(state, scanned, capsys) -> None:
    before = merges(capsys, scanned)
    assert before > 0
    n, place = decide(state, scanned, "different", "auto", "review")
    assert n >= before
    assert place.is_relative_to(state)
    assert merges(capsys, scanned) == 0
    accepted, _ = decide(state, scanned, "same", "review")
    assert 0 < merges(capsys, scanned) <= accepted


def test_the_next_scan_holds_to_the_decisions(state, scanned, capsys, tmp_path) -> None:
    n, place = decide(state, scanned, "different", "auto", "review")
    out = tmp_path / "again"
    assert run(["scan", str(scanned / "account"), "-o", str(out), "-q"]) == 0
    clusters = pl.read_parquet(out / "clusters.parquet")
    by_card = {
        (e, i): c for e, c, i in clusters.select("entity", "cluster_id", "record_id").iter_rows()
    }
    apart = [(d.entity, *pair) for d in read_log(place) for pair in d.different_pairs()]
    assert len(apart) >= n
    for entity, one, other in apart:
        left, right = by_card.get((entity, one)), by_card.get((entity, other))
        assert left is None or left != right


def test_a_scan_says_which_decisions_it_holds_to(state, scanned, capsys, tmp_path) -> None:
    decide(state, scanned, "different", "auto", "review")
    capsys.readouterr()
    assert run(["scan", str(scanned / "account"), "-o", str(tmp_path / "again")]) == 0
    assert "Decisions of reviewers" in capsys.readouterr().err


def test_a_shared_file_of_decisions_is_taken_too(state, scanned, capsys, tmp_path) -> None:
    before = merges(capsys, scanned)
    _, place = decide(state, scanned, "different", "auto", "review")
    shared = tmp_path / "shared.jsonl"
    place.rename(shared)
    assert merges(capsys, scanned) == before
    assert merges(capsys, scanned, "--decisions", shared) == 0


def test_the_workbook_goes_out_and_comes_back(state, scanned, capsys) -> None:
    out = told(capsys, "review", scanned / "scan", "--export", "groups.xlsx", "--limit", "3")
    assert (out["schema"], out["groups"]) == ("crmclean.review_export/1", 3)
    assert out["left"] > 0
    back = told(capsys, "review", scanned / "scan", "--import", "groups.xlsx")
    assert (back["decisions"], back["without_decision"], back["ignored"]) == (0, 3, [])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere"], 2, "no scan"),
        (["SCAN", "--export", "a.xlsx", "--import", "a.xlsx"], 2, "name one of them"),
        (["SCAN", "--as", ""], 2, "--as"),
        (["SCAN", "--as", "x" * 100], 2, "--as"),
        (["SCAN", "--import", "none.xlsx"], 2, "none.xlsx"),
        (["SCAN", "--snapshot", "nowhere"], 2, "nowhere"),
        (["SCAN", "--decisions", "bad.jsonl", "--export", "b.xlsx"], 2, "bad.jsonl:1"),
    ],
)
def test_bad_input_is_one_line(state, scanned, capsys, words, code, said, tmp_path) -> None:
    (tmp_path / "bad.jsonl").write_text("nonsense\n", encoding="utf-8")
    asked = [str(scanned / "scan") if word == "SCAN" else word for word in words]
    assert run(["review", *asked]) == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_damaged_decisions_stop_a_plan(state, scanned, capsys) -> None:
    _, place = decide(state, scanned, "different", "auto", "review")
    place.write_text("<<<<<<< HEAD\n" + place.read_text("utf-8"), encoding="utf-8")
    assert run(["plan", str(scanned / "scan")]) == 2
    assert "decisions.jsonl:1" in capsys.readouterr().err


def test_a_scan_of_files_can_be_reviewed(state, tmp_path, capsys) -> None:
    rows = "".join(f"{i},Иван Петров {i},+7916000000{i // 2}\n" for i in range(6))
    (tmp_path / "people.csv").write_text(f"id,name,phone\n{rows}", encoding="utf-8")
    assert run(["scan", "people.csv", "-o", "scan", "-q"]) == 0
    out = told(capsys, "review", "scan", "--export", "plain.xlsx")
    assert out["groups"] > 0
    named = told(capsys, "review", "scan", "--source", "people.csv", "--export", "named.xlsx")
    assert named["groups"] == out["groups"]
    assert run(["review", "scan", "--source", "bad.csv"]) == 2
