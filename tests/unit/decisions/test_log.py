"""decisions.jsonl: only ever added to, whole after a kill, strict about what it does not know."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime

import pytest
from filelock import FileLock

from dedupe.decisions import DecisionLog, Evidence, read_log
from dedupe.decisions.lines import MalformedError, parse_line, render_line
from dedupe.decisions.values import Golden
from dedupe.errors import InputError, LockedError, StorageError
from tests.review_deck import Clock


@pytest.fixture
def log(tmp_path) -> DecisionLog:
    return DecisionLog(tmp_path / "account/decisions.jsonl", "anna", now=Clock())


def same(log, *ids, **told):
    return log.made("same", entity="contact", ids=ids, **told)


def test_a_file_that_is_not_there_has_no_decisions(log) -> None:
    assert log.read() == ()


def test_what_is_added_is_read_back_as_it_was(log) -> None:
    made = [
        same(
            log,
            "1",
            "2",
            apart=("3",),
            survivor="2",
            values={"name": Golden(from_id="1"), "701": Golden(text="Пенза\n«Ё»")},
            evidence=Evidence(scan_id="s-1", tier="review", probability=0.75, code="DUP110"),
            note="мама и дочь",
        ),
        log.made("different", entity="company", pairs=(("4", "5"),), batch="b-1"),
        log.made("split", entity="contact", parts=(("1", "2"), ("3",))),
        log.made("skip", entity="contact", ids=("7", "8")),
        log.made("value", entity="contact", code="PHN201", record_id="7", verdict="edit",
                 edited="+79160000000"),
    ]  # fmt: skip
    made.append(log.made("undo", of=made[1].id))
    assert log.append(made) == log.path.stat().st_size
    assert log.read() == tuple(made)
    assert {json.loads(line)["schema"] for line in log.path.read_text().splitlines()} == {
        "crmclean.decisions/1"
    }


def test_nobody_else_can_read_the_file(log) -> None:
    log.append([same(log, "1", "2")])
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_every_batch_is_synced_before_it_is_told(log, monkeypatch) -> None:
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_size), real(fd))[1])
    n = log.append([same(log, "1", "2")])
    assert n in synced


@pytest.mark.parametrize("kept", [1, 20, 80])
def test_a_torn_last_line_is_passed_over_and_moved_aside(log, kept) -> None:
    first, second = same(log, "1", "2"), same(log, "3", "4")
    log.append([first])
    torn = render_line(second).encode()[:kept]
    with log.path.open("ab") as file:
        file.write(torn)
    assert log.read() == (first,)
    log.append([second])
    assert log.read() == (first, second)
    assert log.path.with_name("decisions.jsonl.torn").read_bytes() == torn + b"\n"


def test_a_whole_last_line_without_its_end_is_a_decision(log) -> None:
    first, second = same(log, "1", "2"), same(log, "3", "4")
    log.append([first])
    log.path.write_bytes(log.path.read_bytes().rstrip(b"\n"))
    assert log.read() == (first,)
    log.append([second])
    assert log.read() == (first, second)


@pytest.mark.parametrize(
    "line",
    [
        b"<<<<<<< HEAD",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"schema":"crmclean.decisions/2","id":"d-1","at":"2026-01-01T00:00:00Z","who":"a"}',
    ],
)
def test_a_line_in_the_middle_that_is_no_decision_is_named(log, line) -> None:
    log.append([same(log, "1", "2")])
    rest = log.path.read_bytes()
    log.path.write_bytes(rest + line + b"\n" + rest)
    with pytest.raises(InputError, match=r"decisions\.jsonl:2"):
        log.read()


def test_a_line_that_two_files_had_counts_once(log) -> None:
    log.append([same(log, "1", "2")])
    log.path.write_bytes(log.path.read_bytes() * 2)
    assert len(log.read()) == 1


def test_two_writers_wait_for_each_other(log, monkeypatch) -> None:
    monkeypatch.setattr("dedupe.decisions.log._WAIT_S", 0.01)
    log.append([same(log, "1", "2")])
    with FileLock(log.path.with_name(".decisions.jsonl.lock")), pytest.raises(LockedError):
        log.append([same(log, "3", "4")])
    assert len(log.read()) == 1


def test_a_place_that_can_not_be_written_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    log = DecisionLog(tmp_path / "file/decisions.jsonl", "anna")
    with pytest.raises(StorageError):
        log.append([same(log, "1", "2")])


@pytest.mark.parametrize(
    "told",
    [
        {"ids": ("1",)},
        {"ids": ("1", "1")},
        {"ids": ("1", "2"), "survivor": "3"},
        {"ids": ("1", "2"), "apart": ("2",)},
        {"ids": ("1", "2"), "entity": "person"},
        {"ids": tuple(map(str, range(2_000)))},
        {"ids": ("1", "2"), "evidence": Evidence(probability=2.0)},
    ],
)
def test_what_could_not_be_read_again_is_never_written(log, told) -> None:
    with pytest.raises(MalformedError):
        log.append([log.made("same", **({"entity": "contact"} | told))])
    assert not log.path.exists()


def test_a_moment_needs_its_zone() -> None:
    line = render_line(DecisionLog(None, "a", now=lambda: datetime(2026, 1, 1, tzinfo=UTC)).made(
        "undo", of="d-1"))  # fmt: skip
    assert parse_line(line).of == "d-1"
    with pytest.raises(MalformedError, match="at"):
        parse_line(line.replace("+00:00", ""))


def test_an_unknown_part_is_not_passed_over(tmp_path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"schema":"crmclean.decisions/1","id":"d-1","at":"2026-01-01T00:00:00+00:00",'
                    '"who":"a","kind":"undo","of":"d-0","unless":"x"}\n')  # fmt: skip
    with pytest.raises(InputError, match="unless"):
        read_log(path)
