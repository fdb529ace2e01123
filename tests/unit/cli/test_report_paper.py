"""`crmclean report --to pdf,docx`: the files, the letterhead, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest

from cli.main import run
from dedupe.sandbox.demo import build_demo
from dedupe.snapshot import write_snapshot


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("paper")
    write_snapshot(build_demo(scale=0.002).account, folder / "account")
    out = folder / "out"
    told = ["scan", str(folder / "account"), "-o", str(out), "-q", "--state", str(folder / "state")]
    assert run(told) == 0
    return out


def test_both_are_written_on_the_letterhead(scan, tmp_path, capsys) -> None:
    assert run(["report", "--make-template", "ours.docx"]) == 0
    template = docx.Document("ours.docx")
    template.add_paragraph("Our last word")
    template.save("ours.docx")
    told = ["report", str(scan), "--to", "pdf,docx", "-o", "made", "--template", "ours.docx"]
    capsys.readouterr()
    assert run([*told, "--format", "json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert Path(files["pdf"]).read_bytes().startswith(b"%PDF")
    assert docx.Document(files["docx"]).paragraphs[-1].text == "Our last word"
    assert run(told) == 2  # people write into the document


def test_a_letterhead_needs_a_docx(scan, capsys) -> None:
    assert run(["report", str(scan), "--template", "ours.docx"]) == 2
    assert "--to docx" in capsys.readouterr().err


def test_a_letterhead_is_never_replaced_unasked(tmp_path, capsys) -> None:
    (tmp_path / "ours.docx").write_text("mine")
    assert run(["report", "--make-template", "ours.docx"]) == 2
    assert (tmp_path / "ours.docx").read_text() == "mine"
    assert run(["report", "--make-template", "ours.docx", "--overwrite"]) == 0


def test_a_missing_letterhead_is_one_line(scan, tmp_path, capsys) -> None:
    told = ["report", str(scan), "--to", "docx", "-o", "made", "--template", "none.docx"]
    assert run(told) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not list(tmp_path.glob("made/*"))
