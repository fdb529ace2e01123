"""`crmclean init` writes a config that loads, never a secret, never over another file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.commands.init import config_text
from cli.main import run
from dedupe.config import load_config
from dedupe.language import use
from tests.unit.crm.signin.fake_crm import jwt

TOLD = ("--url", "demo.amocrm.ru", "--token", "env:AMO_TOKEN")


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return tmp_path


def init(capsys, *args: str, lang: str = "en") -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["init", *args, "--lang", lang])
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return code, told.out, told.err


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_config_loads_and_the_next_command_is_named(place, capsys, lang) -> None:
    try:
        code, out, _ = init(capsys, *TOLD, lang=lang)
    finally:
        use("en")
    assert code == 0
    assert "crmclean auth status" in out
    profile = load_config(place / "crmclean.toml").profiles["main"]
    assert (profile.crm, profile.url, profile.token) == (
        "amocrm",
        "https://demo.amocrm.ru",
        "env:AMO_TOKEN",
    )
    assert [p.name for p in place.iterdir()] == ["crmclean.toml"]


def test_a_config_that_is_there_stays_unless_force_is_named(place, capsys) -> None:
    path = place / "crmclean.toml"
    path.write_text("# mine\n")
    code, _, err = init(capsys, *TOLD)
    assert code == 2
    assert "--force" in err
    assert path.read_text() == "# mine\n"
    assert init(capsys, *TOLD, "--force")[0] == 0
    assert "main" in load_config(path).profiles


def test_other_places_and_names(place, capsys) -> None:
    code, out, _ = init(
        capsys, "--url", "shop.kommo.com", "--token", "file:t", "--config", "a/shop.toml",
        *("-p", "Магазин", "--format", "json"),
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert document["schema"] == "crmclean.init/1"
    assert document["next"] == "crmclean auth login -p Магазин --config a/shop.toml"
    profile = load_config(place / "a/shop.toml").profiles["Магазин"]
    assert profile.token == f"file:{place}/a/t"


@pytest.mark.parametrize(
    ("args", "part"),
    [
        ((), "--url, --token"),
        (("--url", "demo"), "--token"),
        (("--url", "http://demo.amocrm.ru", "--token", "keyring"), "https is required"),
        (("--url", "demo.example.com", "--token", "keyring"), "<subdomain>"),
        (("--url", "demo", "--token", jwt(a=1)), "the place of the secret"),
        (("--url", "demo", "--token", "keyring", "-p", "../x"), "a profile's name"),
        (("--url", "demo", "--token", "keyring", "--config", "."), "a folder"),
    ],
)
def test_a_wrong_answer_writes_nothing(place, capsys, args, part) -> None:
    code, out, err = init(capsys, *args)
    assert code == 2
    assert part in err
    assert jwt(a=1) not in out + err
    assert list(place.iterdir()) == []


def test_at_a_terminal_it_asks_until_the_answer_is_good(place, capsys, monkeypatch) -> None:
    answers = iter(["http://demo.amocrm.ru", "demo", jwt(a=1), "env:AMO_TOKEN"])
    monkeypatch.setattr(click, "prompt", lambda text, **options: next(answers))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, err = init(capsys)
    assert code == 0
    assert "https is required" in err
    assert jwt(a=1) not in out + err
    assert load_config(place / "crmclean.toml").profiles["main"].url == "https://demo.amocrm.ru"


def test_the_default_place_is_no_environment_variable(place, capsys, monkeypatch) -> None:
    answers: list[str] = []

    def prompt(text: str, **options: str) -> str:
        answers.append(options.get("default", "demo"))
        return answers[-1]

    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, _ = init(capsys)
    assert code == 0
    assert answers[1] == "keyring" or answers[1].startswith("file:")
    assert "crmclean auth login" in out


@given(name=st.text(min_size=1), url=st.text(), token=st.text())
def test_the_text_is_toml_whatever_is_in_it(name, url, token) -> None:
    import tomllib

    if any(0xD800 <= ord(c) <= 0xDFFF for c in name + url + token):
        return
    profile = tomllib.loads(config_text(name, "amocrm", url, token))["profiles"][name]
    assert (profile["url"], profile["token"]) == (url, token)
