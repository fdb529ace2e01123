"""What users get wrong around a pull and a sandbox: one line, exit code 2, no secret repeated."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cli.main import run
from dedupe.contracts import Account
from dedupe.errors import InputError
from dedupe.sandbox import Limit, Sandbox
from dedupe.sandbox.demo import build_demo
from dedupe.sandbox.server.faults import read_faults
from dedupe.snapshot import write_snapshot
from tests.integration.foreign_crm import TOKEN, ForeignCrm

SECRET = "hunter2-CANARY-0123456789"
GOOD = '[profiles.main]\ncrm = "amocrm"\nurl = "{url}"\ntoken = "env:FOREIGN_TOKEN"\n'
LONG = "x" * 300


@pytest.fixture(scope="module")
def crm():
    with ForeignCrm(n=6) as served:
        yield served


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.setenv("FOREIGN_TOKEN", TOKEN)
    monkeypatch.setattr("cli.profiles.REQUESTS_PER_S", 10_000)
    monkeypatch.chdir(tmp_path)


def configure(url: str, more: str = "") -> None:
    Path("crmclean.toml").write_text(GOOD.format(url=url) + more, encoding="utf-8")


def assert_one_line(err: str, *told: str) -> None:
    assert len(err.strip().splitlines()) == 1
    assert [word for word in told if word not in err] == []
    assert "internal error" not in err
    assert SECRET not in err
    assert TOKEN not in err


HERE = "http://127.0.0.1:9"
CONFIGS: dict[str, tuple[bytes, str]] = {
    "no TOML": (b'[profiles.main]\ncrm = "amocrm\n', "crmclean.toml:2:14"),
    "unknown key": ((GOOD.format(url=HERE) + "tokn = 1\n").encode(), "did you mean token"),
    "unknown section": ((GOOD.format(url=HERE) + "[fone]\nx = 1\n").encode(), "did you mean phone"),
    "wrong type": ((GOOD.format(url=HERE) + 'with = "notes"\n').encode(), "profiles.main.with"),
    "no such data": ((GOOD.format(url=HERE) + 'with = ["mail"]\n').encode(), "notes, events"),
    "a secret for a place": (
        GOOD.format(url=HERE).replace("env:FOREIGN_TOKEN", SECRET).encode(),
        "the place of the secret",
    ),
    "a secret of its own": (
        (GOOD.format(url=HERE) + f'password = "{SECRET}"\n').encode(),
        "secrets do not belong in the config",
    ),
    "plain http": (GOOD.format(url="http://demo.amocrm.ru").encode(), "https is required"),
    "a path": (GOOD.format(url="https://demo.amocrm.ru/leads").encode(), "without a path"),
    "a password": (
        GOOD.format(url=f"https://me:{SECRET}@demo.amocrm.ru").encode(),
        "no user or password",
    ),
    "a number": (GOOD.format(url="https://10.0.0.1").encode(), "amocrm.ru"),
    "a look-alike": (GOOD.format(url="https://demo.аmocrm.ru").encode(), "amocrm.ru"),
    "a stranger": (GOOD.format(url="https://amocrm.ru.example.com").encode(), "amocrm.ru"),
    "everybody's": (GOOD.format(url="https://www.amocrm.ru").encode(), "own address"),
    "UTF-16": (GOOD.format(url=HERE).encode("utf-16"), "UTF-8"),
    "cp1251": (f"{GOOD.format(url=HERE)}# привет\n".encode("cp1251"), "crmclean.toml:5"),
    "nothing": (b"", "crmclean init"),
    "nested without end": (b"a=" + b"[" * 5000 + b"]" * 5000, "nested"),
    "a way out": (b'[profiles."../x"]\ncrm = "amocrm"\nurl = "https://a.amocrm.ru"\n', "name"),
    "one folder for two": (
        (GOOD.format(url=HERE) + GOOD.format(url=HERE).replace("main", "MAIN")).encode(),
        "share its folder",
    ),
}


@pytest.mark.parametrize(("content", "told"), CONFIGS.values(), ids=CONFIGS)
def test_a_wrong_config_is_told_in_one_line(content, told, capsys) -> None:
    Path("crmclean.toml").write_bytes(content)
    assert run(["pull"]) == 2
    assert_one_line(capsys.readouterr().err, told)
    assert not Path("state").exists()


def test_a_byte_order_mark_and_a_slash_are_no_faults(crm) -> None:
    configure(f"{crm.url}/")
    Path("crmclean.toml").write_bytes(b"\xef\xbb\xbf" + Path("crmclean.toml").read_bytes())
    assert run(["pull"]) == 0


TOKENS = {
    "empty": ("", "set FOREIGN_TOKEN"),
    "a space": (" ", "set FOREIGN_TOKEN"),
    "a line end": ("\r\n", "set FOREIGN_TOKEN"),
    "a header behind it": (f"{SECRET}\r\nX-Evil: 1", "more than one line"),
    "another script": (f"{SECRET}ё", "characters"),
    "words": (f"Bearer {SECRET}", "spaces"),
    "endless": (SECRET * 10_000, "too large"),
}


@pytest.mark.parametrize(("token", "told"), TOKENS.values(), ids=TOKENS)
def test_a_wrong_token_is_not_sent_nor_repeated(token, told, crm, capsys, monkeypatch) -> None:
    monkeypatch.setenv("FOREIGN_TOKEN", token)
    configure(crm.url)
    n = len(crm.asked)
    assert run(["pull"]) == 2
    assert_one_line(capsys.readouterr().err, told)
    assert len(crm.asked) == n


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_token_that_others_may_read_is_not_used(mode, crm, capsys) -> None:
    configure(crm.url)
    Path("token").write_text(TOKEN, encoding="utf-8")
    Path("token").chmod(mode)
    text = Path("crmclean.toml").read_text(encoding="utf-8")
    place = f"file:{Path('token').absolute()}"
    Path("crmclean.toml").write_text(text.replace("env:FOREIGN_TOKEN", place), encoding="utf-8")
    assert run(["pull"]) == 2
    assert_one_line(capsys.readouterr().err, "chmod 600")
    Path("token").chmod(0o600)
    assert run(["pull"]) == 0


@pytest.mark.parametrize(
    ("command", "state", "code", "told"),
    [
        ("pull", "/", 2, "root"),
        ("pull", "crmclean.toml", 9, "a file"),
        ("pull", "/proc/none", 9, "can't be made"),
        ("pull", LONG, 9, "too long"),
        ("doctor", LONG, 9, "too long"),
        ("scan", LONG, 9, "too long"),
    ],
)
def test_a_state_folder_that_can_not_be(command, state, code, told, crm, capsys) -> None:
    configure(crm.url)
    assert run([command, "--state", state]) == code
    assert_one_line(capsys.readouterr().err, told)


@pytest.mark.parametrize(
    "proxy", ["::::", "socks5://127.0.0.1:1", f"http://me:{SECRET}@127.0.0.1:1"]
)
def test_a_proxy_that_is_none_is_told_without_its_password(proxy, capsys, monkeypatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setattr("dedupe.crm.http.transport.backoff", lambda n, rand: 0.0)
    configure("https://demo.amocrm.ru")
    assert run(["pull"]) == (10 if "@" in proxy else 2)
    assert_one_line(capsys.readouterr().err)


@pytest.mark.parametrize(("lang", "told"), [("en", "contacts"), ("ru", "контактов")])
def test_cron_needs_neither_a_home_nor_a_locale_nor_a_terminal(lang, told, crm) -> None:
    configure(crm.url)
    bare = {"LANG": "C", "FOREIGN_TOKEN": TOKEN, "CRMCLEAN_STATE": "state"}
    if cache := os.environ.get("NUMBA_CACHE_DIR"):
        bare["NUMBA_CACHE_DIR"] = cache
    main = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); "
    done = subprocess.run(
        [sys.executable, "-c", f"{main}from cli.main import main; main(sys.argv[1:])", "pull",
         "--lang", lang],
        env=bare, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert told in done.stdout.decode("utf-8")
    assert b"\x1b" not in done.stdout + done.stderr
    assert TOKEN.encode() not in done.stdout + done.stderr


FAULTS = {
    "cut": (b'[{"action":', "truncated"),
    "no list": (b'{"action": "status"}', "array"),
    "unknown action": (b'[{"action": "explode"}]', "explode"),
    "unknown key": (b'[{"action": "status", "satus": 503}]', "satus"),
    "no such status": (b'[{"action": "status", "status": 99999}]', "599"),
    "the request before the first": (b'[{"action": "status", "nth": [-3]}]', "nth"),
    "back in time": (b'[{"action": "delay", "seconds": -5}]', "seconds"),
    "more than always": (b'[{"action": "delay", "probability": 2}]', "probability"),
    "no expression": (b'[{"action": "status", "path": "("}]', "expression"),
    "cp1251": ('[{"action": "status", "path": "я"}]'.encode("cp1251"), "utf-8"),
}


@pytest.mark.parametrize(("content", "told"), FAULTS.values(), ids=FAULTS)
def test_faults_that_are_none_are_told(content, told, capsys) -> None:
    Path("faults.json").write_bytes(content)
    assert run(["sandbox", "--scale", "0.001", "--faults", "faults.json", "-q"]) == 2
    assert_one_line(capsys.readouterr().err, told)


def test_faults_may_have_a_byte_order_mark() -> None:
    (fault,) = read_faults(b'\xef\xbb\xbf[{"action": "status", "status": 503}]', "faults.json")
    assert fault.status == 503


@pytest.fixture(scope="module")
def demo() -> Account:
    return build_demo(scale=0.001).account


Mutation = Callable[[pl.DataFrame], pl.DataFrame]


def with_column(column: str, value: str | float | None) -> Mutation:
    return lambda frame: frame.with_columns(pl.lit(value, dtype=frame.schema[column]).alias(column))


def mutated(account: Account, table: str, mutation: Mutation) -> Account:
    changed = mutation(account.frame(table)).lazy()
    return replace(account, tables={**account.tables, table: changed})


NO_NUMBERS = [
    *[(table, "id") for table in ("contacts", "deals", "users", "roles", "pipelines", "statuses")],
    *[(table, "id") for table in ("loss_reasons", "task_types", "field_enums", "sources")],
    ("field_statuses", "pipeline_id"),
    ("field_statuses", "status_id"),
    ("tasks", "task_type_id"),
    ("channels", "record_id"),
]


@pytest.mark.parametrize("value", ["", "Иванов", "-5", "٣x", "9" * 30, "1.5"])
def test_ids_that_are_no_numbers_are_not_served(value, demo) -> None:
    for table, column in NO_NUMBERS:
        if demo.frame(table).height:
            odd = mutated(demo, table, with_column(column, value))
            with pytest.raises(InputError, match=f"^{table}: the ids in {column} are not"):
                Sandbox(odd)


def test_ids_that_are_not_there_are_not_served(demo) -> None:
    for table in ("contacts", "users", "roles", "statuses", "field_enums", "webhooks", "widgets"):
        if demo.frame(table).height:
            with pytest.raises(InputError, match=f"^{table}: "):
                Sandbox(mutated(demo, table, with_column("id", None)))


HOSTILE: dict[str, tuple[str, Mutation]] = {
    "one user twice": ("users", with_column("id", "7")),
    "names of 40 kB": ("contacts", with_column("name", "</script>\x00я" * 3000)),
    "no moments": ("contacts", with_column("updated_at", None)),
    "endless prices": ("deals", with_column("price", float("inf"))),
    "no stage": ("deals", with_column("status_id", None)),
    "links to nothing": ("links", with_column("to_id", None)),
    "links of Martians": ("links", with_column("from_entity", "martian")),
    "channels of no kind": ("channels", with_column("kind", "fax")),
    "fields of no type": ("fields", with_column("type", "holo")),
    "no users": ("users", lambda frame: frame.head(0)),
    "no stages": ("statuses", lambda frame: frame.head(0)),
}


@pytest.mark.parametrize(("table", "mutation"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_snapshot_is_served_and_pulled(table, mutation, demo, monkeypatch) -> None:
    monkeypatch.setenv("FOREIGN_TOKEN", "sandbox")
    with Sandbox(mutated(demo, table, mutation), limit=Limit(n=0)) as box:
        configure(box.url)
        assert run(["pull", "-q"]) == 0


def test_a_snapshot_that_can_not_be_served_is_one_line(demo, tmp_path, capsys) -> None:
    write_snapshot(mutated(demo, "contacts", with_column("owner_id", "Иван")), tmp_path / "odd")
    assert run(["sandbox", "odd", "-q"]) == 2
    assert_one_line(capsys.readouterr().err, "contacts", "owner_id")
    for name in ("nowhere", "crmclean.toml", "."):
        assert run(["sandbox", name, "-q"]) == 2
        assert_one_line(capsys.readouterr().err, "manifest.json")


def test_a_port_in_use_is_told(demo, tmp_path, capsys) -> None:
    write_snapshot(demo, tmp_path / "snap")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = run(["sandbox", "snap", "--port", str(port), "-q"])
    assert code in (2, 9)
    assert_one_line(capsys.readouterr().err, f"port {port}")


def test_the_token_of_the_sandbox_is_in_no_file(demo) -> None:
    with Sandbox(demo, limit=Limit(n=0), tokens={TOKEN: None}) as box:
        configure(box.url)
        assert run(["scan", "-p", "main", "-o", "out", "-q"]) == 0
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
    assert json.loads(Path("out/summary.json").read_text(encoding="utf-8"))["schema"]
