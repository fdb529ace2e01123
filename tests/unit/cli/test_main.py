"""The command line's promises: a light import, one line for an error, the right exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from cli.main import COMMANDS, main

HEAVY = ("polars", "numba", "numpy", "pyarrow", "httpx", "rich", "jinja2", "phonenumbers")


def python(code: str, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environ,
    )


def crmclean(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return python("import sys; from cli.main import main; main(sys.argv[1:])", *args, **environ)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")


def test_help_imports_no_engine() -> None:
    code = (
        "import sys\n"
        "from cli.main import run\n"
        "assert run(['--help']) == 0\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\n"
    )
    done = python(code)
    assert done.stderr.strip() == "[]"
    for command in COMMANDS:
        assert command in done.stdout


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)])
def test_every_help_page_has_examples_in_both_languages(command, capsys) -> None:
    pages = []
    for language, heading in (("en", "Examples:"), ("ru", "Примеры:")):
        with pytest.raises(SystemExit) as ended:
            main([*command, "--help", "--lang", language])
        assert ended.value.code == 0
        page = capsys.readouterr().out
        assert heading in page
        pages.append(page)
    assert "Usage:" in pages[0]
    assert "Usage:" not in pages[1]


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["--version"], 0, ""),
        (["nonsense"], 2, "nonsense"),
        (["scan", "--nonsense"], 2, "--nonsense"),
        (["scan", "no-such-place"], 2, "no-such-place"),
        (["scan"], 2, "SOURCE"),
        (["scan", ".", "--map", "phone"], 2, "COLUMN=ROLE"),
        (["scan", ".", "--timezone", "Mars/Base"], 2, "Mars/Base"),
        (["scan", ".", "--region", "XX"], 2, "XX"),
        (["scan", ".", "--select", "NOPE"], 2, "NOPE"),
        (["explain", "PHN2O1"], 2, "did you mean PHN201"),
        (["scann"], 2, "'scan'"),
        (["scan", ".", "--config", "none.toml"], 2, "none.toml"),
    ],
)
def test_exit_codes_and_one_line_errors(args, code, told, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code == code
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_explain_speaks_to_programs_in_english_keys(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["explain", "DUP101", "--format", "json", "--lang", "ru"])
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmclean.checks/1"
    (check,) = document["checks"]
    assert check["code"] == "DUP101"
    assert check["needs"]["contact"] == ["contacts", "channels.contact.phone"]
    assert "телефон" in check["title"].lower()


def test_shared_options_may_stand_before_the_command(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--format", "json", "explain", "DUP101"])
    assert json.loads(capsys.readouterr().out)["schema"] == "crmclean.checks/1"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_shell_script(shell, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["completion", shell])
    assert ended.value.code == 0
    assert "_CRMCLEAN_COMPLETE" in capsys.readouterr().out


def test_an_internal_error_is_one_line_without_its_text(monkeypatch, capsys) -> None:
    def burst(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret +7 916 123-45-67")

    monkeypatch.setattr("dedupe.scan.open_account", burst)
    with pytest.raises(SystemExit) as ended:
        main(["scan", "."])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert "RuntimeError" in error
    assert "secret" not in error


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_with_its_code_and_leaves_no_output(tmp_path, number, code) -> None:
    program = (
        "import os, sys, dedupe.scan.files\n"
        "from cli.main import main\n"
        "def strike(*args, **kwargs):\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        "dedupe.scan.files.write_summary = strike\n"
        "main(sys.argv[1:])\n"
    )
    source = tmp_path / "people.csv"
    source.write_text("name;phone\nИван;+79161234567\n", encoding="utf-8")
    done = python(program, "scan", str(source), "-o", str(tmp_path / "out"))
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["people.csv"]


def test_an_english_and_a_russian_locale_choose_the_language() -> None:
    assert "Usage:" in crmclean("--help", CRMCLEAN_LANG="", LC_ALL="C").stdout
    assert "Usage:" not in crmclean("--help", CRMCLEAN_LANG="", LC_ALL="ru_RU.UTF-8").stdout


def test_the_config_chooses_the_language_unless_the_command_or_the_environment_does(
    tmp_path,
) -> None:
    config = tmp_path / "crmclean.toml"
    config.write_text('lang = "ru"\n', encoding="utf-8")
    command = ["scan", str(tmp_path / "none"), "--config", str(config)]
    plain = {"CRMCLEAN_LANG": "", "LC_ALL": "C.UTF-8"}
    assert "нет такого файла" in crmclean(*command, **plain).stderr
    assert "no such file" in crmclean(*command, "--lang", "en", **plain).stderr
    assert "no such file" in crmclean(*command, **(plain | {"CRMCLEAN_LANG": "en"})).stderr


def test_the_output_stays_readable_where_the_console_is_not_unicode() -> None:
    done = crmclean("--help", "--lang", "ru", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
