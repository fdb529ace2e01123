"""`crmclean sandbox` as a process: it serves, says how to be used, and ends cleanly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from cli.main import run
from dedupe.sandbox.demo import build_demo
from dedupe.snapshot import write_snapshot

# A job in the background of a script is born deaf to SIGINT; a terminal's is not.
MAIN = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from cli.main import main; main()"
)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", MAIN, "sandbox", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_serves_until_it_is_ended(tmp_path, number, code) -> None:
    folder = tmp_path / "snapshot"
    write_snapshot(build_demo(scale=0.001).account, folder)
    faults = tmp_path / "faults.json"
    faults.write_text('[{"action": "status", "status": 502, "nth": [3]}]', encoding="utf-8")
    options = ("--token", "secret", "--faults", str(faults), "--limit", "0")
    with started(str(folder), "--format", "json", *options) as process:
        _ask_and_end(process, number, code)


def _ask_and_end(process: subprocess.Popen[str], number: int, code: int) -> None:
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert (told["schema"], told["token"]) == ("crmclean.sandbox/1", "secret")
    headers = {"Authorization": "Bearer secret"}
    statuses = [httpx.get(f"{told['url']}/api/v4/account", headers=headers).status_code
                for _ in range(4)]  # fmt: skip
    assert statuses == [200, 200, 502, 200]
    assert httpx.get(f"{told['url']}/api/v4/account").status_code == 401
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
    if code == 0:
        assert "Requests: 5; over the limit: 0; changes of the account: 0." in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [(["missing"], 2, "missing"), (["--faults", "missing.json"], 2, "can't be read"),
     (["--token", "два слова"], 2, "a token is made of"), (["--port", "70000"], 2, "70000"),
     (["--scale", "0"], 2, "0"), (["--effects", "missing/effects.jsonl"], 9, "can't be written"),
     (["--seed", "-1"], 2, "negative"), (["--token", ""], 2, "a token is made of")],
)  # fmt: skip
def test_bad_input_is_one_clear_line(tmp_path, monkeypatch, capsys, arguments, code, said) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["sandbox", "--scale", "0.001", *arguments]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "два слова" not in err
    assert "Traceback" not in err


def test_the_demo_account_is_said_to_be_fictional() -> None:
    with started("--scale", "0.001", "--history") as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("url = ").strip()
        assert process.stdout.readline() == "token = sandbox\n"
        assert httpx.get(f"{url}/_sandbox/state").json()["notes"] > 0
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert "all its people are fictional" in err
    assert f'url = "{url}"' in err
