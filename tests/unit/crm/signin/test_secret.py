"""A long-lived token comes from where the config says, clean and private, or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from dedupe.config import Profile, read_place
from dedupe.crm.signin import (
    check_place,
    clean_secret,
    forget,
    keep_token,
    token_facts,
    token_source,
)
from dedupe.crm.signin.secret import clean_password
from dedupe.errors import ConfigError, CrmCleanError, SignInError, StorageError
from tests.unit.crm.signin.fake_crm import jwt

GOOD = jwt(account_id=31337, exp=1_900_000_000)


def profile(token: str | None) -> Profile:
    return Profile(crm="amocrm", url="https://demo.amocrm.ru", token=token)


def read(token: str | None, state, environ=None) -> str:
    return token_source("main", profile(token), state, environ or {}).token()


@pytest.mark.parametrize("text", [f"{GOOD}\n", f"  {GOOD}\r\n\n", f"\ufeff{GOOD}"])
def test_white_space_around_a_token_is_no_part_of_it(text) -> None:
    assert clean_secret(text, "here") == GOOD


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        (" \r\n\t", "empty"),
        ("abc\ndef", "one line"),
        ("abc\r\nX-Evil: 1", "one line"),
        ("abc def", "spaces"),
        ("Bearer abc", "spaces"),
        ('"abc"', "quotes"),
        ("абв", "characters"),
        ("abc\x00def", "characters"),
        ("abc\x7f", "characters"),
        ("a\u2028b", "characters"),
        ("a" * 70_000, "large"),
    ],
)
def test_what_can_not_be_a_token_is_refused_and_not_shown(text, told) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        clean_secret(text, "env:T")
    message = str(caught.value)
    assert message.startswith("env:T: ")
    assert len(message) < 200
    for part in ("abc", "Evil", "абв"):
        assert part not in message


def test_a_variable_holds_a_token(tmp_path) -> None:
    assert read("env:T", tmp_path, {"T": GOOD}) == GOOD
    for environ in ({}, {"T": " "}):
        with pytest.raises(ConfigError, match="env:T"):
            read("env:T", tmp_path, environ)


def test_a_kept_file_is_ours_alone_and_read_back(tmp_path) -> None:
    place = tmp_path / "secrets" / "t"
    keep_token("main", profile(f"file:{place}"), tmp_path, GOOD)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert read(f"file:{place}", tmp_path) == GOOD
    assert place.read_text() == f"{GOOD}\n"
    assert [p.name for p in place.parent.iterdir()] == ["t"]


def test_a_token_without_a_place_is_kept_in_the_accounts_folder(tmp_path) -> None:
    keep_token("main", profile(None), tmp_path, GOOD)
    assert read(None, tmp_path) == GOOD
    assert stat.S_IMODE((tmp_path / "accounts/main/tokens.json").stat().st_mode) == 0o600
    facts = token_facts("main", profile(None), tmp_path, {})
    assert facts.kind == "long_lived"
    assert facts.expires_at is not None
    assert facts.expires_at.year == 2030
    assert GOOD not in repr(facts)


@pytest.mark.parametrize("place", ["file", None])
def test_before_a_login_there_is_no_token_and_the_error_says_what_to_run(tmp_path, place) -> None:
    token = f"file:{tmp_path / 't'}" if place else None
    with pytest.raises(SignInError, match="crmclean auth login"):
        read(token, tmp_path)
    assert token_facts("main", profile(token), tmp_path, {}).expires_at is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_may_read_is_refused(tmp_path, mode) -> None:
    place = tmp_path / "t"
    place.write_text(GOOD)
    place.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod 600.*{place.name}"):
        read(f"file:{place}", tmp_path)


def test_a_file_of_another_user_is_refused(tmp_path, monkeypatch) -> None:
    place = tmp_path / "t"
    place.write_text(GOOD)
    place.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ConfigError, match="another user"):
        read(f"file:{place}", tmp_path)


def test_a_link_of_ours_is_followed_and_one_of_another_user_is_not(tmp_path, monkeypatch) -> None:
    place, link = tmp_path / "t", tmp_path / "link"
    place.write_text(GOOD)
    place.chmod(0o600)
    link.symlink_to(place)
    assert read(f"file:{link}", tmp_path) == GOOD
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ConfigError, match="link belongs to another user"):
        read(f"file:{link}", tmp_path)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "large").write_bytes(b"a" * 100_000)
    (tmp_path / "large").chmod(0o600)
    (tmp_path / "many").write_text(f"{GOOD}\n{GOOD}\n")
    (tmp_path / "many").chmod(0o600)
    for name in ("pipe", "loop", "large", "many", "."):
        with pytest.raises(ConfigError) as caught:
            read(f"file:{tmp_path / name}", tmp_path)
        assert caught.value.exit_code == 2
        assert GOOD not in str(caught.value)


def test_a_variable_can_not_be_logged_in_or_out_of(tmp_path) -> None:
    for act in (
        lambda: check_place(profile("env:T")),
        lambda: keep_token("main", profile("env:T"), tmp_path, GOOD),
        lambda: forget("main", profile("env:T"), tmp_path),
    ):
        with pytest.raises(ConfigError, match="set T where you start crmclean"):
            act()


def test_logging_out_forgets_what_was_kept_and_nothing_else(tmp_path) -> None:
    place = tmp_path / "t"
    for token in (f"file:{place}", None):
        assert forget("main", profile(token), tmp_path) is False
        keep_token("main", profile(token), tmp_path, GOOD)
        assert forget("main", profile(token), tmp_path) is True
        with pytest.raises(SignInError):
            read(token, tmp_path)
    place.write_text("notes of mine")
    place.chmod(0o644)
    with pytest.raises(ConfigError):
        forget("main", profile(f"file:{place}"), tmp_path)
    assert place.read_text() == "notes of mine"


def test_a_replaced_token_is_taken_and_the_same_one_is_refused(tmp_path) -> None:
    place = tmp_path / "t"
    keep_token("main", profile(f"file:{place}"), tmp_path, "first-token")
    source = token_source("main", profile(f"file:{place}"), tmp_path, {})
    assert source.token() == "first-token"
    with pytest.raises(SignInError, match="new long-lived token") as caught:
        source.renew("first-token")
    assert "first-token" not in str(caught.value)
    keep_token("main", profile(f"file:{place}"), tmp_path, "second-token")
    assert source.renew("first-token") == source.token() == "second-token"


def test_a_place_that_can_not_be_written_is_a_storage_error(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        keep_token("main", profile(f"file:{tmp_path / 'file' / 't'}"), tmp_path, GOOD)
    if os.geteuid() != 0:
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(StorageError):
            keep_token("main", profile(f"file:{tmp_path / 'closed' / 't'}"), tmp_path, GOOD)


def test_a_profile_of_files_has_no_sign_in(tmp_path) -> None:
    with pytest.raises(ConfigError, match="no account to sign in to"):
        token_source("old", Profile(crm="files", path="export"), tmp_path, {})


class Vault:
    """A keyring in memory."""

    name = "vault"

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.held.get((service, user))

    def set_password(self, service: str, user: str, secret: str) -> None:
        self.held[service, user] = secret

    def delete_password(self, service: str, user: str) -> None:
        del self.held[service, user]


def test_the_keyring_keeps_a_token_by_profile_and_host(tmp_path, monkeypatch) -> None:
    vault = Vault()
    monkeypatch.setattr("keyring.get_keyring", lambda: vault)
    keep_token("main", profile("keyring"), tmp_path, GOOD)
    assert vault.held == {("crmclean", "main@demo.amocrm.ru"): GOOD}
    assert read("keyring", tmp_path) == GOOD
    assert forget("main", profile("keyring"), tmp_path) is True
    assert forget("main", profile("keyring"), tmp_path) is False
    with pytest.raises(SignInError, match="auth login"):
        read("keyring", tmp_path)


class Forgetful(Vault):
    def set_password(self, service: str, user: str, secret: str) -> None:
        pass


def test_a_keyring_that_keeps_nothing_is_found_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("keyring.get_keyring", Forgetful)
    with pytest.raises(StorageError, match="did not keep"):
        keep_token("main", profile("keyring"), tmp_path, GOOD)


def test_a_keyring_in_plain_text_is_not_taken_silently(tmp_path, monkeypatch) -> None:
    plain = type("PlaintextKeyring", (Vault,), {"__module__": "keyrings.alt.file"})
    chain = type("Chain", (Vault,), {"backends": [plain()]})
    for kind in (plain, chain):
        monkeypatch.setattr("keyring.get_keyring", kind)
        with pytest.raises(ConfigError, match="no keyring that encrypts"):
            keep_token("main", profile("keyring"), tmp_path, GOOD)
    vault = Vault()
    monkeypatch.setattr(
        "keyring.get_keyring", lambda: type("C", (), {"backends": [plain(), vault]})
    )
    keep_token("main", profile("keyring"), tmp_path, GOOD)
    assert vault.held


def test_a_locked_keyring_and_a_missing_one_are_told(tmp_path, monkeypatch) -> None:
    from keyring.errors import KeyringLocked

    class Locked(Vault):
        def get_password(self, service: str, user: str) -> str | None:
            raise KeyringLocked("of Иван")

    monkeypatch.setattr("keyring.get_keyring", Locked)
    with pytest.raises(StorageError, match="unlock it") as caught:
        read("keyring", tmp_path)
    assert "Иван" not in str(caught.value)
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(CrmCleanError, match="not installed"):
        read("keyring", tmp_path)


@pytest.mark.parametrize("text", ["s3:x", "env:", "env:1A", "file:", "token", GOOD, f"env:{GOOD}"])
def test_a_place_is_never_the_secret(text) -> None:
    assert read_place(text) is None


@pytest.mark.parametrize("text", ["abcd efgh ijkl mnop", "'it''s'", ' "x" ', "p@ss;#%"])
def test_a_password_may_have_spaces_and_quotes(text) -> None:
    assert clean_password(f"\ufeff{text}\r\n", "env:SMTP_PASSWORD") == text


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "пароль", "a\x00b", "x" * 100_000])
def test_what_smtp_can_not_carry_is_no_password(text) -> None:
    with pytest.raises(ConfigError, match=r"env:SMTP_PASSWORD: the password") as refused:
        clean_password(text, "env:SMTP_PASSWORD")
    assert not text.strip() or text not in str(refused.value)
