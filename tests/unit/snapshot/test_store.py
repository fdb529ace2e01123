"""A snapshot round-trips whole, and says which file is wrong when one is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import polars as pl
import pytest

from dedupe.contracts import CONTACTS, DEALS, Account, Note
from dedupe.errors import SnapshotError, StorageError
from dedupe.snapshot import is_snapshot, open_snapshot, write_snapshot
from dedupe.snapshot.store import MANIFEST

MOMENT = datetime(2026, 11, 21, 16, 20, tzinfo=UTC)


def make_account() -> Account:
    contacts = CONTACTS.conform(
        pl.DataFrame({"id": ["1", "2"], "name": ["Пётр", None], "created_at": [MOMENT, None]})
    )
    return Account(
        tables={"contacts": contacts.lazy(), "deals": DEALS.empty().lazy()},
        crm="amocrm",
        account_id="7",
        host="example.amocrm.ru",
        read_to=MOMENT,
        not_read={"events": "not_asked"},
        notes=(Note(code="bad_date", where="contacts.created_at", n=3),),
    )


def test_what_is_written_is_read_back(tmp_path) -> None:
    account = make_account()
    write_snapshot(account, tmp_path / "snap")
    again = open_snapshot(tmp_path / "snap")
    assert again.frame("contacts").equals(account.frame("contacts"))
    assert again.frame("deals").height == 0
    assert set(again.tables) == {"contacts", "deals"}
    for name in ("crm", "account_id", "host", "read_from", "read_to", "not_read", "notes"):
        assert getattr(again, name) == getattr(account, name)


def test_nothing_else_is_left_beside_the_snapshot(tmp_path) -> None:
    for _ in range(2):  # the second time it replaces the first
        write_snapshot(make_account(), tmp_path / "snap")
    assert [p.name for p in tmp_path.iterdir()] == ["snap"]
    assert is_snapshot(tmp_path / "snap")


def test_a_failed_write_leaves_the_old_snapshot(tmp_path) -> None:
    write_snapshot(make_account(), tmp_path / "snap")
    broken = Account(tables={"contacts": pl.LazyFrame({"id": ["1"]})})
    with pytest.raises(Exception, match="contacts"):
        write_snapshot(broken, tmp_path / "snap")
    assert open_snapshot(tmp_path / "snap").frame("contacts").height == 2
    assert [p.name for p in tmp_path.iterdir()] == ["snap"]


def test_a_folder_of_something_else_is_not_replaced(tmp_path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(SnapshotError, match="not empty"):
        write_snapshot(make_account(), tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"


def spoil_manifest(folder, **changes) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: spoil_manifest(f, schema="crmclean.snapshot/2"), "schema 2.*update crmclean"),
        (lambda f: spoil_manifest(f, schema="other/1"), "manifest.json: damaged"),
        (lambda f: spoil_manifest(f, tables=None), "manifest.json: damaged"),
        (lambda f: spoil_manifest(f, notes=[{"colour": 1}]), "manifest.json: damaged"),
        (lambda f: (f / MANIFEST).write_text("{"), "manifest.json: damaged"),
        (lambda f: (f / MANIFEST).write_bytes(b"\xff\xfe\xff"), "manifest.json: damaged"),
        (lambda f: (f / "deals.parquet").unlink(), "deals.parquet: the table's file is missing"),
        (lambda f: (f / "deals.parquet").write_bytes(b""), "deals.parquet: damaged"),
    ],
)
def test_a_wrong_snapshot_names_the_file(tmp_path, spoil, message) -> None:
    write_snapshot(make_account(), tmp_path / "snap")
    spoil(tmp_path / "snap")
    with pytest.raises(SnapshotError) as caught:
        open_snapshot(tmp_path / "snap")
    assert caught.value.exit_code == 2
    assert re.search(message, str(caught.value))


@pytest.mark.parametrize("at", [0, 40, 200, -9, -1])
def test_one_changed_byte_of_a_table_is_noticed(tmp_path, at) -> None:
    write_snapshot(make_account(), tmp_path / "snap")
    path = tmp_path / "snap" / "contacts.parquet"
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=r"contacts.parquet: damaged"):
        open_snapshot(tmp_path / "snap")


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(28, "Full")])
def test_an_unwritable_place_is_a_storage_error(tmp_path, monkeypatch, error) -> None:
    def refuse(*args: object, **kwargs: object) -> str:
        raise error  # root, which CI may be, is never refused by a folder's rights

    monkeypatch.setattr("dedupe.snapshot.folder.tempfile.mkdtemp", refuse)
    with pytest.raises(StorageError, match=r"can't write here .*name another folder") as caught:
        write_snapshot(make_account(), tmp_path / "snap")
    assert caught.value.exit_code == 9
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_a_storage_error(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError) as caught:
            write_snapshot(make_account(), target)
        assert caught.value.exit_code == 9
