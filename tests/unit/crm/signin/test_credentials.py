"""Secrets that systemd hands to a service, in $CREDENTIALS_DIRECTORY."""

from __future__ import annotations

import os

import pytest

from dedupe.config import Place, PlaceKind, read_place
from dedupe.crm.signin.secret import delete_secret, read_secret, write_secret
from dedupe.errors import ConfigError

PLACE = Place(PlaceKind.CREDENTIAL, "amo-token")


def test_a_credential_is_a_place_of_the_config() -> None:
    assert read_place("credential:amo-token") == PLACE
    assert read_place("credential:../etc/passwd") is None
    assert read_place("credential:") is None


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_the_token_is_read_as_the_manager_leaves_it(tmp_path, mode) -> None:
    path = tmp_path / "amo-token"
    path.write_text("t0ken\n")
    path.chmod(mode)
    assert read_secret(PLACE, "", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "t0ken"


def test_what_the_manager_did_not_make_is_refused(tmp_path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    for broken in ({}, {"CREDENTIALS_DIRECTORY": "here"}, environ):
        with pytest.raises(ConfigError, match="LoadCredential=amo-token"):
            read_secret(PLACE, "", broken)
    path = tmp_path / "amo-token"
    path.write_text("t0ken")
    path.chmod(0o644)
    with pytest.raises(ConfigError):
        read_secret(PLACE, "", environ)
    path.unlink()
    (tmp_path / "real").write_text("t0ken")
    path.symlink_to(tmp_path / "real")
    with pytest.raises(ConfigError):
        read_secret(PLACE, "", environ)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(ConfigError):
        read_secret(PLACE, "", environ)


def test_nothing_can_be_stored_there() -> None:
    for act in (lambda: write_secret(PLACE, "", "x"), lambda: delete_secret(PLACE, "")):
        with pytest.raises(ConfigError, match="service manager"):
            act()
