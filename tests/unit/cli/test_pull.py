"""`crmclean pull` and `crmclean scan -p`: what is said, what is written, how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import run
from dedupe.config import load_config
from dedupe.sandbox import Limit, Sandbox
from dedupe.sandbox.demo import build_demo

TOKEN = "sandbox-token-never-shown"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    account = build_demo(scale=0.005).account
    with Sandbox(account, limit=Limit(n=0), tokens={TOKEN: None}) as served:
        yield served


@pytest.fixture(autouse=True)
def config(box, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.setenv("BOX_TOKEN", TOKEN)
    monkeypatch.setattr("cli.profiles.REQUESTS_PER_S", 10_000)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "crmclean.toml"
    path.write_text(
        f'[profiles.main]\ncrm = "amocrm"\nurl = "{box.url}"\ntoken = "env:BOX_TOKEN"\n',
        encoding="utf-8",
    )
    return path


def test_a_pull_says_what_was_read_and_what_to_do_next(capsys, tmp_path) -> None:
    assert run(["pull"]) == 0
    out, err = capsys.readouterr()
    assert "contacts" in out
    assert "Read whole: there is no snapshot yet" in out
    assert "requests in" in out
    assert out.splitlines()[-1] == "Next: crmclean scan -p main --no-pull"
    assert TOKEN not in out + err
    account = tmp_path / "state/accounts/main"
    assert (account / "snapshot/manifest.json").is_file()
    assert not (account / "pull").exists()
    assert run(["pull"]) == 0
    assert "Read: only what changed" in capsys.readouterr().out


def test_the_json_document_has_its_schema_and_its_rows(capsys, tmp_path) -> None:
    assert run(["pull", "--format", "json", "-o", str(tmp_path / "snap")]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmclean.pull/1"
    assert (document["mode"], document["limited"], document["quarantined"]) == ("full", 0, 0)
    assert document["rows"]["contacts"] > 100
    assert document["requests"] > 20
    assert document["snapshot"] == str(tmp_path / "snap")
    assert (tmp_path / "snap/manifest.json").is_file()


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["pull", "--full", "--incremental"], 2, "exclude"),
        (["pull", "--incremental"], 2, "there is no snapshot yet"),
        (["pull", "-p", "mian"], 2, "did you mean main"),
        (["scan", "-p", "main", "--no-pull"], 2, "no snapshot of this profile"),
        (["pull", "-o", "crmclean.toml"], 9, "file"),
    ],
)
def test_what_can_not_be_is_one_line(args, code, told, capsys) -> None:
    assert run(args) == code
    err = capsys.readouterr().err
    assert told in err
    assert len(err.strip().splitlines()) == 1


def test_a_refused_token_is_a_matter_of_signing_in(capsys, monkeypatch) -> None:
    monkeypatch.setenv("BOX_TOKEN", "another-token")
    assert run(["pull"]) == 7
    assert "another-token" not in capsys.readouterr().err


def test_a_crm_that_can_not_be_read_yet_is_named(config, capsys) -> None:
    config.write_text(
        '[profiles.main]\ncrm = "retailcrm"\nurl = "https://demo.retailcrm.ru"\n', encoding="utf-8"
    )
    assert run(["pull"]) == 2
    assert "retailcrm" in capsys.readouterr().err


def test_a_snapshot_of_another_account_stays(capsys, tmp_path) -> None:
    assert run(["pull"]) == 0
    manifest = tmp_path / "state/accounts/main/snapshot/manifest.json"
    text = manifest.read_text(encoding="utf-8").replace('"29500000"', '"77"')
    manifest.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert run(["pull"]) == 2
    assert "the last snapshot is of 77" in capsys.readouterr().err
    assert manifest.read_text(encoding="utf-8") == text


def test_a_damaged_snapshot_is_said_and_replaced(capsys, tmp_path) -> None:
    assert run(["pull"]) == 0
    (tmp_path / "state/accounts/main/snapshot/contacts.parquet").write_bytes(b"nothing")
    capsys.readouterr()
    assert run(["pull"]) == 0
    assert "damaged" in capsys.readouterr().err
    assert run(["pull", "--incremental"]) == 0


def test_what_a_killed_process_left_is_put_right(tmp_path) -> None:
    assert run(["pull"]) == 0
    account = tmp_path / "state/accounts/main"
    aside = account / ".snapshot.old.x"
    aside.mkdir()
    (account / "snapshot").rename(aside / "was")
    (account / ".snapshot.y").mkdir()
    assert run(["pull", "--incremental"]) == 0
    assert [p.name for p in account.glob(".snapshot*")] == []


def test_a_running_pull_locks_the_account(capsys, tmp_path) -> None:
    import os

    from dedupe.crm.pull import pull_lock

    (tmp_path / "state/accounts/main").mkdir(parents=True, mode=0o700)
    with pull_lock(tmp_path / "state/accounts/main"):
        assert run(["pull"]) == 11
    assert f"process {os.getpid()}" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_an_interrupt_says_that_the_next_pull_goes_on(error, code, capsys, monkeypatch) -> None:
    from dedupe.crm.http import Transport

    real, n = Transport.get, [0]

    def broken(self, path, params=()):
        n[0] += 1
        if n[0] == 30:
            raise error
        return real(self, path, params)

    monkeypatch.setattr(Transport, "get", broken)
    try:
        ended = run(["pull"])
    except SystemExit as stopped:
        ended = stopped.code
    assert ended == code
    err = capsys.readouterr().err
    assert "the next pull goes on" in err
    assert len(err.strip().splitlines()) == 1
    monkeypatch.setattr(Transport, "get", real)
    assert run(["pull"]) == 0


def test_a_scan_of_the_profile_pulls_first_and_then_only_what_changed(
    capsys, tmp_path, box
) -> None:
    assert run(["scan", "-p", "main", "--format", "json", "-o", "out"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["account"]["id"] == "29500000" if "account" in document else True
    assert (tmp_path / "out/report.html").is_file()
    before = box.requests["n"]
    assert run(["scan", "--format", "json", "-o", "out2"]) == 0
    assert 0 < box.requests["n"] - before < 30
    assert run(["scan", "--no-pull", "--format", "json", "-o", "out3"]) == 0
    first, *others = (
        json.loads((tmp_path / name / "summary.json").read_text(encoding="utf-8"))["checks"]
        for name in ("out", "out2", "out3")
    )
    # The later ones are compared with the scan before; nothing has changed.
    assert {check["new"] for checks in others for check in checks} == {0, None}
    for check in (check for checks in (first, *others) for check in checks):
        del check["new"], check["fixed"], check["left"]
    assert all(checks == first for checks in others)


def test_two_profiles_of_one_address_share_a_limiter(config, box) -> None:
    from cli.options import Session
    from cli.profiles import rate_file

    text = config.read_text(encoding="utf-8")
    config.write_text(text + text.replace("main", "again"), encoding="utf-8")
    state = config.parent / "state"
    session = Session(config_path=config, profile=None, state_option=state, is_json=False,
                      quiet=True, verbose=False, no_input=True)  # fmt: skip
    loaded = load_config(config)
    files = {rate_file(session, loaded, name) for name in ("main", "again")}
    assert files == {state / "accounts/again/rate"}


@pytest.mark.parametrize(
    ("lines", "country", "region"),
    [("", "KZ", "KZ"), ('[phone]\ndefault_region = "RU"\n', "KZ", "RU"), ("", "??", "RU")],
)
def test_numbers_are_read_as_the_accounts_country_unless_the_config_says(
    config, lines, country, region
) -> None:
    from cli.planning import with_country
    from dedupe.config import load_config
    from dedupe.contracts import Account
    from dedupe.normalize import PhoneSettings

    config.write_text(lines + config.read_text(encoding="utf-8"), encoding="utf-8")
    account = Account(tables={}, settings={"country": country})
    found = with_country(PhoneSettings(region="RU"), load_config(config), account)
    assert found.region == region
