"""Files and folders appear in their place all together, and take nothing away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dedupe.errors import StorageError
from dedupe.snapshot import staged_folder


def test_a_folder_joins_the_one_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "out" / "csv").mkdir(parents=True)
    (tmp_path / "out" / "csv" / "mine.txt").write_text("kept")
    (tmp_path / "out" / "csv" / "a.csv").write_text("old")
    with staged_folder(tmp_path / "out") as staging:
        (staging / "csv" / "deep").mkdir(parents=True)
        (staging / "csv" / "a.csv").write_text("new")
        (staging / "csv" / "deep" / "b.csv").write_text("b")
    told = {str(p.relative_to(tmp_path)): p.read_text() for p in tmp_path.rglob("*") if p.is_file()}
    assert told == {"out/csv/mine.txt": "kept", "out/csv/a.csv": "new", "out/csv/deep/b.csv": "b"}


def test_a_file_in_the_place_of_a_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "csv").write_text("a file")
    with (
        pytest.raises(StorageError, match="can't write here"),
        staged_folder(tmp_path / "out") as staging,
    ):
        (staging / "csv").mkdir()
    assert (tmp_path / "out" / "csv").read_text() == "a file"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_is_published_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with staged_folder(tmp_path / "out") as staging:
            (staging / "inner").mkdir()
            (staging / "inner/findings.csv").write_text("1", encoding="utf-8")
    finally:
        os.umask(before)
    made = [tmp_path / "out", tmp_path / "out/inner", tmp_path / "out/inner/findings.csv"]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o700, 0o700, 0o600]
