"""`crmclean explain CODE --evidence`: where the pack is written."""

from __future__ import annotations

from pathlib import Path

from cli.main import run


def test_the_pack_makes_the_folder_that_it_is_to_be_in(tmp_path: Path) -> None:
    table, out, pack = (
        tmp_path / "people.csv",
        tmp_path / "out",
        tmp_path / "new" / "deep" / "e.zip",
    )
    table.write_text("ID;Имя;Телефон\n1;Иван;\n2;Пётр;+79161234567\n", encoding="utf-8")
    state = ["--state", str(tmp_path / "state")]
    assert run(["scan", str(table), "-o", str(out), *state, "-q"]) == 0
    told = ["explain", "PHN101", "--scan", str(out), "--evidence", "-o", str(pack), *state]
    assert run(told) == 0
    assert pack.is_file()
    assert run(told) == 2  # what stands there is left alone
