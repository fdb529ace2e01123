"""The account's folder is ours alone, and a slip of the state folder is refused before a write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dedupe.crm.signin import account_folder, account_place, check_state
from dedupe.errors import ConfigError, StorageError


def test_the_folder_is_made_closed_to_others_whatever_the_umask(tmp_path) -> None:
    old = os.umask(0)
    try:
        folder = account_folder(tmp_path / "a" / "state", "main")
    finally:
        os.umask(old)
    assert folder == tmp_path / "a" / "state" / "accounts" / "main"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert account_folder(tmp_path / "a" / "state", "main") == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["main", "shop-2", "Магазин", "a.b_c", "x" * 64])
def test_names_that_are_folders_on_every_system(tmp_path, name) -> None:
    assert account_folder(tmp_path, name).name == name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/b", "a\\b", "/etc", ".hidden", "-rf", "con", "NUL.txt"),
        *("a\0b", "a b", "a\n", "end.", "x" * 65, "ы" * 64, "a:b", "\ud800"),
    ],
)
def test_names_that_are_not(tmp_path, name) -> None:
    with pytest.raises(ConfigError, match="profile's name"):
        account_place(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_two_names_never_share_a_folder(tmp_path) -> None:
    account_folder(tmp_path, "Shop")
    with pytest.raises(ConfigError, match="spelling"):
        account_folder(tmp_path, "shop")


def test_slips_of_the_state_folder_are_config_errors(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "root").symlink_to("/")
    for state in (Path("/"), tmp_path, tmp_path / "repo", tmp_path / "root", Path("~/state")):
        with pytest.raises(ConfigError) as caught:
            account_folder(state, "main")
        assert caught.value.exit_code == 2
    check_state(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_the_disk_refuses_is_a_storage_error(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    for state in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError) as caught:
            account_folder(state, "main")
        assert caught.value.exit_code == 9
    monkeypatch.setattr(os, "access", lambda *args: False)
    with pytest.raises(StorageError, match="can't be written"):
        account_folder(tmp_path / "closed", "main")


def test_the_folder_of_another_user_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(StorageError, match="another user"):
        account_folder(tmp_path, "main")
