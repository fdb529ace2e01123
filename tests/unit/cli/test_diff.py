"""Scans that know each other: baselines, `crmclean diff`, and evidence of what was found."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile

import pytest

from cli.main import main

SOURCE = "people.csv"
BEFORE = [("1", "79160000001"), ("2", "79160000001"), ("3", ""), ("4", "79160000004")]
AFTER = [("1", "79160000001"), ("2", "79160000002"), ("3", ""), ("5", "")]
FEW = ("--select", "PHN101,DUP101,CNT001")


class Shell:
    """Runs commands in a folder of its own and keeps what they said."""

    def __init__(self, folder, capsys) -> None:
        self.folder, self._capsys = folder, capsys
        self.out = self.err = ""

    def put(self, rows, name: str = SOURCE) -> None:
        lines = ["ID;Имя;Мобильный телефон", *(f"{i};Имя {i};{phone}" for i, phone in rows)]
        (self.folder / name).write_text("\n".join(lines), encoding="utf-8")

    def run(self, *args: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main([*args])
        self.out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.err
        code = ended.value.code
        return code if isinstance(code, int) else 0

    def told(self, *args: str) -> dict:
        code = self.run(*args, "--format", "json", "-q")
        assert code == 0, self.err
        return json.loads(self.out)

    def scan(self, rows, *args: str) -> dict:
        self.put(rows)
        return self.told("scan", SOURCE, "--entity", "contact", *FEW, *args)


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys) -> Shell:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


def change(document: dict, code: str) -> dict:
    return next(each for each in document["checks"] if each["code"] == code)


def parts(document: dict, code: str) -> tuple:
    told = change(document, code)
    return told["new"], told["fixed"], told["left"]


def test_a_scan_is_compared_with_the_one_before_it_and_says_with_which(shell) -> None:
    first = shell.scan(BEFORE)
    assert (first["baseline"], parts(first, "PHN101")) == (None, (None, None, None))
    second = shell.scan(AFTER)
    assert second["baseline"] == first["scan_id"]
    assert parts(second, "PHN101") == (1, 0, 1)
    assert parts(second, "DUP101") == (0, 2, 0)
    assert parts(second, "CNT001") == (None, None, None)
    assert shell.scan(AFTER, "--no-baseline")["baseline"] is None
    assert shell.scan(AFTER, "--baseline", first["scan_id"])["baseline"] == first["scan_id"]


def test_a_scan_that_was_written_elsewhere_is_remembered_too(shell) -> None:
    first = shell.scan(BEFORE, "-o", "out")
    assert shell.scan(AFTER, "-o", "out")["baseline"] == first["scan_id"]
    shutil.rmtree(shell.folder / "out")
    assert shell.scan(AFTER, "-o", "out")["baseline"] is None


def test_only_an_explicit_baseline_changes_what_fails(shell) -> None:
    failing = ("--fail-on", "warning", "--entity", "contact", *FEW)
    shell.put(AFTER)
    assert shell.run("scan", SOURCE, *failing, "--write-baseline", "base") == 4
    assert shell.run("scan", SOURCE, *failing) == 4
    assert shell.run("scan", SOURCE, *failing, "--baseline", "base") == 0
    shell.put([*AFTER, ("6", "")])
    assert shell.run("scan", SOURCE, *failing, "--baseline", "base") == 4


def test_a_history_that_can_not_be_written_spoils_no_scan(shell) -> None:
    shell.put(BEFORE)
    (shell.folder / "state").mkdir()
    (shell.folder / "state" / "scans").write_text("a file", encoding="utf-8")
    assert shell.run("scan", SOURCE, "--entity", "contact", *FEW, "-o", "out") == 0
    assert "can't be written" in shell.err
    assert (shell.folder / "out" / "summary.json").is_file()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--baseline", "nowhere"), "there is no scan in this folder"),
        (("--baseline", SOURCE), "neither a scan's folder nor a baseline"),
        (("--baseline", "x", "--no-baseline"), "it contradicts --baseline"),
        (("--write-baseline", SOURCE), "is not overwritten"),
    ],
)
def test_a_wrong_baseline_is_one_line_before_any_work(shell, args, told) -> None:
    shell.put(BEFORE)
    assert shell.run("scan", SOURCE, "--entity", "contact", *args) == 2
    assert told in shell.err
    assert not (shell.folder / "state" / "scans" / "index.jsonl").exists()


def test_the_last_two_scans_are_compared(shell) -> None:
    first, second = shell.scan(BEFORE), shell.scan(AFTER)
    document = shell.told("diff")
    assert document["schema"] == "crmclean.diff/1"
    assert [document[key]["scan_id"] for key in ("old", "new")] == [
        first["scan_id"],
        second["scan_id"],
    ]
    assert parts(document, "PHN101") == (1, 0, 1)
    assert shell.run("diff", "--detailed-exitcode") == 5
    assert "PHN101" in shell.out
    assert "Next: crmclean diff --records PHN101" in shell.out


def test_scans_are_named_by_id_or_by_folder_in_either_order(shell) -> None:
    first, second = shell.scan(BEFORE), shell.scan(AFTER, "-o", "out")
    assert parts(shell.told("diff", second["scan_id"]), "PHN101") == (1, 0, 1)
    assert parts(shell.told("diff", first["scan_id"], "out"), "PHN101") == (1, 0, 1)
    assert parts(shell.told("diff", "out", first["scan_id"]), "PHN101") == (0, 1, 1)
    assert shell.run("diff", "out", first["output"], "--detailed-exitcode") == 5  # DUP101


def test_ids_behind_the_numbers_are_listed(shell) -> None:
    shell.scan(BEFORE)
    shell.scan(AFTER)
    assert shell.run("diff", "--records", "dup101") == 0
    assert shell.out.splitlines() == ["- contact 1", "- contact 2"]
    assert shell.told("diff", "--records", "PHN101")["records"] == [
        {"entity": "contact", "record_id": "5", "state": "new"},
    ]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((), "there is no earlier scan of this account"),
        (("nothing",), "there is no scan in this folder"),
        (("--records", "NOPE"), "there is no earlier scan"),
    ],
)
def test_what_can_not_be_compared_is_one_line(shell, args, told) -> None:
    shell.scan(BEFORE)
    assert shell.run("diff", *args) == 2
    assert told in shell.err


def test_wrong_codes_are_one_line(shell) -> None:
    shell.scan(BEFORE)
    shell.scan(AFTER)
    for code, told in (("NOPE", "neither scan has this check"), ("CNT001", "can't be compared")):
        assert shell.run("diff", "--records", code) == 2
        assert told in shell.err


def test_without_any_scan_it_says_so(shell) -> None:
    assert shell.run("diff") == 2
    assert "there is no scan yet" in shell.err


def test_a_check_is_explained_with_what_the_newest_scan_found(shell) -> None:
    assert shell.run("explain", "PHN101") == 0
    assert "In the scan" not in shell.out
    found = shell.scan(BEFORE)
    assert shell.run("explain", "PHN101") == 0
    assert f"In the scan {found['scan_id']}" in shell.out
    assert "contacts: 1 of 4 (25.0%)" in shell.out
    assert shell.run("explain", "PHN101", "--scan", "nowhere") == 2


def test_evidence_is_a_private_zip_that_overwrites_nothing(shell) -> None:
    found = shell.scan(BEFORE)
    assert shell.run("explain", "DUP101", "--evidence", "--scan", found["output"]) == 0
    path = shell.folder / f"evidence-DUP101-{found['scan_id']}.zip"
    assert str(path.name) in shell.out
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as packed:
        rows = list(csv.reader(io.StringIO(packed.read("findings.csv").decode("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == ["1", "2"]
    assert "79160000001" not in str(rows)
    before = path.read_bytes()
    assert shell.run("explain", "DUP101", "--evidence") == 2
    assert "there is such a file already" in shell.err
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--evidence",), "evidence is of one check"),
        (("--evidence", "NOPE1"), "no check has this code"),
        (("--evidence", "TSK101"), "there is no evidence"),
        (("--evidence", "DUP101", "--source-name", "x"), "the snapshot of this scan"),
        (("--evidence", "DUP101", "-o", "crmclean.toml/x.zip"), "can't be written"),
    ],
)
def test_evidence_that_can_not_be_had_is_one_line(shell, args, told) -> None:
    shell.scan(BEFORE)
    (shell.folder / "crmclean.toml").touch()
    assert shell.run("explain", *args) in (2, 9)
    assert told in shell.err


def test_a_manual_line_is_ticked_in_the_config(shell) -> None:
    shell.put(BEFORE)
    (shell.folder / "crmclean.toml").write_text('[manual]\nMAN101 = "done"\n', encoding="utf-8")
    document = shell.told("scan", SOURCE, "--entity", "contact", "--select", "MAN")
    assert change(document, "MAN001")["found"] == 1
    (shell.folder / "crmclean.toml").write_text('[manual]\nMAN1O1 = "done"\n', encoding="utf-8")
    assert shell.run("scan", SOURCE, "--entity", "contact") == 2
    assert "did you mean MAN1" in shell.err


def test_a_check_with_other_options_is_told_and_not_compared(shell) -> None:
    first = shell.scan(BEFORE)
    shell.put(AFTER)
    command = ("scan", SOURCE, "--entity", "contact", *FEW, "--region", "KZ")
    assert shell.run(*command) == 0
    assert "as their options changed: DUP101, PHN101" in shell.err
    assert shell.run("diff", "--format", "json") == 0
    told = json.loads(shell.out)
    assert told["old"]["scan_id"] == first["scan_id"]
    assert change(told, "PHN101")["gap"] == "options_changed"
    assert parts(told, "PHN101") == (None, None, None)
    assert change(told, "CNT001")["gap"] == "not_listed"
    assert shell.run("diff") == 0
    assert "the options changed between the scans" in shell.out


def test_all_findings_of_a_check_with_other_options_count_as_new(shell) -> None:
    shell.put(BEFORE)
    failing = ("scan", SOURCE, "--entity", "contact", *FEW, "--fail-on", "warning")
    shell.run(*failing, "--write-baseline", "base")
    assert shell.run(*failing, "--baseline", "base") == 0
    assert shell.run(*failing, "--baseline", "base", "--region", "KZ") == 4


def test_an_unrelated_list_of_the_same_name_is_no_predecessor(shell) -> None:
    first = shell.scan(BEFORE)
    other = shell.folder / "other"
    other.mkdir()
    shell.put(AFTER)
    (shell.folder / SOURCE).rename(other / SOURCE)
    command = ("scan", str(other / SOURCE), "--entity", "contact", *FEW)
    assert shell.run(*command) == 0
    assert "Compared with no earlier scan" in shell.err
    assert f"--baseline {first['scan_id']}" in shell.err
    assert shell.told(*command, "--baseline", first["scan_id"])["baseline"] == first["scan_id"]
    assert shell.run(*command, "--no-baseline") == 0
    assert "Compared with no earlier scan" not in shell.err
