"""What is wrong in a config is told with its place and the way out, never with a value."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.config import Config, load_config, select_profile
from dedupe.config.problems import config_problems
from dedupe.errors import ConfigError

MAIN = '[profiles.main]\ncrm = "amocrm"\nurl = "https://demo.amocrm.ru"\n'
SECRET = "eyJhbGciOiJSUzI1NiJ9.eyJhY2NvdW50X2lkIjoxfQ.c2lnbmVk"


def load(folder: Path, content: str | bytes) -> Config:
    path = folder / "crmclean.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_config(path)


def told(folder: Path, content: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, content)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('lang = "ru"\nphone = = 1\n', "crmclean.toml:2:9"),
        ("[profiles.main\n", "crmclean.toml:1:15"),
        ('url = "no end', "not TOML"),
        ("a = " + "[" * 100_000, "nested too deep"),
        ("a = " + "9" * 5000, "not TOML"),
    ],
)
def test_a_syntax_error_has_its_line_and_column(tmp_path, text, part) -> None:
    message = told(tmp_path, text)
    assert part in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (MAIN.encode("utf-16"), "UTF-16"),
        (f'{MAIN}path = "Отчёт"'.encode("cp1251"), "crmclean.toml:4: the file is not UTF-8"),
        (b"#" * 2_000_000, "too large"),
    ],
)
def test_another_encoding_is_told_how_to_save(tmp_path, content, part) -> None:
    message = told(tmp_path, content)
    assert part in message
    assert "too large" in part or "save the file as UTF-8" in message


@pytest.mark.parametrize(
    "line",
    ['path = "amocrm_export_contacts_2026-11-21_final.csv"', 'path = "/srv/crm/2026/11/a1b2c3"'],
)
def test_an_ordinary_long_value_is_no_secret(tmp_path, line) -> None:
    assert load(tmp_path, MAIN + line).profiles["main"].path is not None


def test_a_byte_order_mark_is_no_fault(tmp_path) -> None:
    assert "main" in load(tmp_path, b"\xef\xbb\xbf" + MAIN.encode()).profiles


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (f'token = "{SECRET}"', "profiles.main.token: env:NAME, file:PATH, credential:NAME"),
        ('token = ""', "profiles.main.token"),
        ('token = "env:"', "profiles.main.token"),
        (f'token = "env:{SECRET}"', "profiles.main.token"),
        (f'access_token = "{SECRET}"', "secrets do not belong"),
        ('api_key = "0123456789abcdef"', "secrets do not belong"),
        ('password = "qwerty"', "secrets do not belong"),
        (f'path = "{SECRET}"', "profiles.main.path: this looks like a secret"),
        (f'path = "{"a1" * 16}"', "profiles.main.path: this looks like a secret"),
        (f'token = "env:{"A1" * 32}"', "profiles.main.token: env:NAME"),
        (f'"{SECRET}" = 1', "profiles.main.…: unknown setting"),
        ("tokne = 1", "did you mean token?"),
        ("token = 5", "profiles.main.token: a text in quotes"),
        ('with = "notes"', "profiles.main.with: a list of texts"),
        ('with = ["note"]', "profiles.main.with: one of notes, events, chats"),
        ('timezone = "Mars/Base"', "profiles.main.timezone: no such time zone"),
        ('client_id = "c1"', "profiles.main.client_secret: missing"),
        ('client_id = "c1"\ntoken = "keyring"', "not both"),
        ('client_secret = "s3cret"', "profiles.main.client_secret: env:NAME"),
    ],
)
def test_each_wrong_setting_is_named(tmp_path, line, part) -> None:
    message = told(tmp_path, MAIN + line)
    assert part in message
    for secret in (SECRET, "0123456789abcdef", "qwerty", "s3cret"):
        assert secret not in message


@pytest.mark.parametrize(
    ("profiles", "part"),
    [
        ('[profiles.a]\ncrm = "amocrm"', "profiles.a.url: missing"),
        ('[profiles.a]\ncrm = "files"', "profiles.a.path: missing"),
        ('[profiles.a]\ncrm = "amo"\nurl = "https://[" ', "profiles.a.crm: one of amocrm"),
        ('[profiles."../x"]\ncrm = "files"\npath = "p"', "a profile's name is"),
        ('[profiles.con]\ncrm = "files"\npath = "p"', "a profile's name is"),
        (MAIN + MAIN.replace("main", "Main"), "would share its folder with profiles.main"),
    ],
)
def test_each_wrong_profile_is_named(tmp_path, profiles, part) -> None:
    assert part in told(tmp_path, profiles)


def test_settings_mean_the_same_in_whatever_folder_a_command_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    text = MAIN.replace("demo.amocrm.ru", "Demo.amocrm.ru/")
    profile = load(tmp_path, text + 'token = "file:secrets/t"').profiles["main"]
    assert profile.url == "https://demo.amocrm.ru"
    assert profile.token == f"file:{tmp_path}/secrets/t"
    profile = load(tmp_path, text + 'token = "file:~/t"').profiles["main"]
    assert profile.token == f"file:{tmp_path}/home/t"


def test_the_only_profile_needs_no_name(tmp_path) -> None:
    config = load(tmp_path, MAIN)
    assert select_profile(config, None)[0] == select_profile(config, "main")[0] == "main"
    two = load(tmp_path, MAIN + MAIN.replace("main", "other"))
    for config_, name, part in (
        (Config(), None, "crmclean init"),
        (two, None, "main, other"),
        (two, "mian", "did you mean main?"),
    ):
        with pytest.raises(ConfigError, match=part.replace("?", r"\?")):
            select_profile(config_, name)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(["crm", "url", "token", "with", "client_id", "timezone", "path"]) | st.text()
PROFILE = st.dictionaries(KEYS, VALUES | st.sampled_from(["amocrm", "https://a.amocrm.ru"]))


@given(
    document=st.fixed_dictionaries(
        {}, optional={"profiles": st.dictionaries(st.text(), PROFILE | VALUES), "phone": VALUES}
    )
)
def test_any_document_gives_problems_and_never_raises(document) -> None:
    for problem in config_problems(document):
        assert "\n" not in problem


@given(content=st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_any_file_is_a_config_or_a_config_error(tmp_path_factory, content) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzzed"  # below, so that no other test finds it
    folder.mkdir(exist_ok=True)
    try:
        load(folder, content)
    except ConfigError:
        return
    assert isinstance(tomllib.loads(content.decode("utf-8-sig")), dict)
