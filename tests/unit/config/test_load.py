"""The config file: found in its places, and everything wrong with it said at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dedupe.config import Config, find_config, load_config
from dedupe.errors import ConfigError

GOOD = """
lang = "ru"
timezone = "Asia/Almaty"
[phone]
default_region = "KZ"
[checks]
ignore = ["TSK301"]
[profiles.main]
crm = "amocrm"
url = "https://demo.amocrm.ru"
token = "env:AMO_TOKEN"
with = ["notes", "events"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "crmclean.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_becomes_values(tmp_path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.phone.default_region == "KZ"
    assert config.checks.ignore == ("TSK301",)
    assert config.profiles["main"].with_ == ("notes", "events")
    assert config.timezone == "Asia/Almaty"


def test_no_file_means_the_defaults() -> None:
    assert load_config(None) == Config()


def test_all_problems_are_named_in_one_line(tmp_path) -> None:
    text = """
    lang = "de"
    fone = 1
    timezone = "Mars/Base"
    [phone]
    default_regoin = "RU"
    area_code = 8412
    [profiles.main]
    url = "http://crm.example.com"
    token = "abc123"
    """
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        "lang: one of ru, en",
        "fone: unknown setting",
        "Mars/Base",
        "phone.default_regoin: unknown setting (did you mean default_region?)",
        "phone.area_code",
        "profiles.main.crm: missing",
        "profiles.main.url: https",
        "profiles.main.token: env:NAME",
    ):
        assert part in message
    assert "abc123" not in message


@pytest.mark.parametrize("text", ["= 1", "phone = 3", "profiles = 1", "profiles.main = 2", "\x00"])
def test_a_wrong_file_is_one_config_error(tmp_path, text) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    assert caught.value.exit_code == 2


def test_loopback_may_speak_plain_http(tmp_path) -> None:
    text = '[profiles.a]\ncrm = "amocrm"\nurl = "http://127.0.0.1:8080"'
    assert load_config(write(tmp_path, text)).profiles["a"].url == "http://127.0.0.1:8080"


def test_the_file_is_found_from_the_nearest_place(tmp_path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    path = write(tmp_path, "")
    assert find_config(None, {}, below) == path
    nearer = write(tmp_path / "a", "")
    assert find_config(None, {}, below) == nearer
    assert find_config(None, {"CRMCLEAN_CONFIG": str(path)}, below) == path
    with pytest.raises(ConfigError, match="no such config file"):
        find_config(tmp_path / "none.toml", {}, below)


def test_a_config_that_a_stranger_planted_is_not_taken_unasked(tmp_path, monkeypatch) -> None:
    path = write(tmp_path, "")
    below = tmp_path / "below"
    below.mkdir()
    stat = Path.stat

    def planted(self: Path, **options: bool) -> os.stat_result:
        found = list(stat(self, **options))
        if self == path:
            found[4] = os.geteuid() + 1  # the owner
        return os.stat_result(found)

    monkeypatch.setattr(Path, "stat", planted)
    with pytest.raises(ConfigError, match="another user"):
        find_config(None, {}, below)
    assert find_config(path, {}, below) == path


def test_a_user_without_a_home_has_no_folder_to_look_in(tmp_path, monkeypatch) -> None:
    def homeless(*args: object) -> str:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_config_dir", homeless)
    assert find_config(None, {}, tmp_path) is None


def test_the_monitorings_file_starts_in_the_configs_folder(tmp_path) -> None:
    text = '[policies.a]\nprometheus = "metrics/crm.prom"\n[policies.b]\nprometheus = "/var/m.prom"'
    policies = load_config(write(tmp_path, text)).policies
    assert policies["a"].prometheus == str(tmp_path / "metrics/crm.prom")
    assert policies["b"].prometheus == "/var/m.prom"
