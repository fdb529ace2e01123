"""A snapshot on disk: one Parquet file per table, and a manifest that vouches for them.

The manifest (`manifest.json`, schema "crmclean.snapshot/1") holds the CRM, the account,
when it was read, what was not read and why, and of each table its rows, bytes
and SHA-256. A folder is a snapshot if it has one. Tables are read lazily; their
bytes are checked when the snapshot is opened, so that no stage meets a damaged one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from dedupe.contracts import SNAPSHOT_TABLES, Account, Note
from dedupe.errors import SnapshotError
from dedupe.language import N_

from .folder import staged_folder

MANIFEST = "manifest.json"
SCHEMA_NAME = "crmclean.snapshot"
SCHEMA_VERSION = 1

_PULL_AGAIN = N_("make the snapshot again, or restore the folder from a copy")


def is_snapshot(folder: Path) -> bool:
    """Tell whether `folder` holds a snapshot's manifest, readable or not."""
    return (folder / MANIFEST).is_file()


def snapshot_id(folder: Path) -> str:
    """Return what tells this state of an account from every other: SHA-256 of its manifest."""
    return _digest(folder / MANIFEST)


def write_snapshot(account: Account, folder: Path) -> None:
    """Write `account` as the snapshot `folder`, whole or not at all.

    Replaces a snapshot that stands there. Raises StorageError when the place can't be written,
    SnapshotError when a folder of something else stands there.
    """
    if folder.is_dir() and any(folder.iterdir()) and not is_snapshot(folder):
        raise SnapshotError(
            N_("the folder is not empty and holds no snapshot"),
            where=str(folder),
            fix=N_("name a new or empty folder"),
        )
    with staged_folder(folder, whole=True) as staging:
        tables = {
            name: _write_table(account, name, staging)
            for name in SNAPSHOT_TABLES
            if name in account.tables
        }
        text = json.dumps(_manifest(account, tables), ensure_ascii=False, indent=1)
        (staging / MANIFEST).write_text(text + "\n", encoding="utf-8")


def open_snapshot(folder: Path) -> Account:
    """Return the account of the snapshot `folder`, its tables lazy and their bytes checked.

    Raises SnapshotError when the manifest is unreadable or of a newer schema, or
    when a table is missing, damaged or not as its contract says.
    """
    manifest = _read_manifest(folder / MANIFEST)
    try:
        tables = {
            name: _open_table(folder, name, facts)
            for name, facts in manifest["tables"].items()
            if name in SNAPSHOT_TABLES
        }
        return Account(
            tables=tables,
            crm=str(manifest["crm"]),
            account_id=str(manifest["account_id"]),
            host=str(manifest["host"]),
            read_from=_moment(manifest["read_from"]),
            read_to=_moment(manifest["read_to"]),
            not_read={str(part): str(why) for part, why in manifest["not_read"].items()},
            notes=tuple(Note(**note) for note in manifest["notes"]),
            settings={str(k): str(v) for k, v in manifest.get("settings", {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder / MANIFEST) from error


def table_facts(path: Path) -> dict[str, object]:
    """Return what the manifest says of a table's file."""
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    return {"rows": rows, "bytes": path.stat().st_size, "sha256": _digest(path)}


def _write_table(account: Account, name: str, folder: Path) -> dict[str, object]:
    path = folder / f"{name}.parquet"
    frame = SNAPSHOT_TABLES[name].check(account.tables[name].collect())
    frame.write_parquet(path, compression="zstd", compression_level=1)
    return table_facts(path)


def _manifest(account: Account, tables: Mapping[str, object]) -> dict[str, object]:
    return {
        "schema": f"{SCHEMA_NAME}/{SCHEMA_VERSION}",
        "crm": account.crm,
        "account_id": account.account_id,
        "host": account.host,
        "read_from": account.read_from.isoformat() if account.read_from else None,
        "read_to": account.read_to.isoformat() if account.read_to else None,
        "tables": dict(tables),
        "not_read": dict(account.not_read),
        "notes": [{"code": n.code, "where": n.where, "n": n.n} for n in account.notes],
        "settings": dict(account.settings),
    }


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        name, _, version = str(manifest["schema"]).partition("/")
        number = int(version)
    except OSError as error:
        raise SnapshotError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    if name != SCHEMA_NAME:
        raise _damaged(path)
    if number > SCHEMA_VERSION:
        raise SnapshotError(
            N_("this snapshot is of schema {found}, this crmclean reads up to {known}"),
            where=str(path),
            fix=N_("update crmclean"),
            found=number,
            known=SCHEMA_VERSION,
        )
    assert isinstance(manifest, dict)  # it has been indexed by "schema"
    return manifest


def _open_table(folder: Path, name: str, facts: Mapping[str, Any]) -> pl.LazyFrame:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise SnapshotError(N_("the table's file is missing"), where=str(path), fix=_PULL_AGAIN)
    try:
        if path.stat().st_size != int(facts["bytes"]) or _digest(path) != facts["sha256"]:
            raise _damaged(path)
        frame = pl.scan_parquet(path)
        schema = frame.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(path) from error
    wanted = SNAPSHOT_TABLES[name].schema
    if any(schema.get(column, dtype) != dtype for column, dtype in wanted.items()):
        raise _damaged(path)
    # Versions add columns: ones that we do not know are left alone, ones that an older
    # version did not write are null, which is what "the source did not say" means.
    return frame.select(
        pl.col(column) if column in schema else pl.lit(None, dtype).alias(column)
        for column, dtype in wanted.items()
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(path: Path) -> SnapshotError:
    return SnapshotError(
        N_("damaged: it is not what the snapshot was written with"),
        where=str(path),
        fix=_PULL_AGAIN,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
