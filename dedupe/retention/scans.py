"""Scans' folders that are past their days: ours alone, and never an account's newest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .files import ASIDE, entries, files_below, seen
from .kinds import SCAN_FILE, SCAN_ID, Kind
from .terms import NOT_OURS, UNREADABLE, Found, Past, Stays, Terms

SCHEMA = "crmclean.scan/1"
_MAX_BYTES = 64 << 20  # of a summary, which is a page


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanHead:
    """What a scan's folder says of itself; `account` is what scans of one account share."""

    folder: Path
    host: str
    account: str
    scanned_at: datetime


def past_scans(folder: Path, terms: Terms) -> Found:
    """Look through a folder of scans."""
    heads: dict[str, list[ScanHead]] = {}
    stays = []
    for place in scan_folders(folder):
        head = read_head(place)
        if head is not None:
            heads.setdefault(head.account, []).append(head)
        elif terms.is_past(Kind.SCAN, _mtime(place)):
            stays.append(Stays(kind=Kind.SCAN, path=place, account="", why=UNREADABLE))
    found = Found(stays=tuple(stays))
    for own in heads.values():
        found += _past_of_account(own, terms)
    return found + _leftovers(folder, terms)


def scan_folders(folder: Path) -> list[Path]:
    """Return the folders that are named as scans are, whatever is in them."""
    return [
        Path(each.path)
        for each in entries(folder)
        if each.is_dir(follow_symlinks=False) and SCAN_ID.fullmatch(each.name)
    ]


def read_head(folder: Path) -> ScanHead | None:
    """Return what the scan says of itself; None where it says nothing, or of another folder."""
    path = folder / "summary.json"
    try:
        if path.is_symlink():
            return None
        with path.open("rb") as file:
            told: Any = json.loads(file.read(_MAX_BYTES))
        if told["schema"] != SCHEMA or told["scan_id"] != folder.name:
            return None
        account = told["account"]
        host, id_ = str(account["host"] or ""), str(account["id"] or "")
        return ScanHead(
            folder=folder,
            host=host,
            account=f"{host} {id_}" if host else f"files {account['source']}",
            scanned_at=datetime.fromisoformat(told["scanned_at"]).astimezone(UTC),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _past_of_account(heads: list[ScanHead], terms: Terms) -> Found:
    ordered = sorted(heads, key=lambda head: (head.scanned_at, head.folder.name), reverse=True)
    past, stays = [], []
    for head in ordered[terms.retention.keep_last :]:
        if not terms.is_past(Kind.SCAN, head.scanned_at):
            continue
        if is_foreign(head.folder):
            why = Stays(kind=Kind.SCAN, path=head.folder, account=head.host, why=NOT_OURS)
            stays.append(why)
        else:
            past.append(_folder(Kind.SCAN, head.folder, head.host, head.scanned_at))
    return Found(past=tuple(past), stays=tuple(stays))


def is_foreign(folder: Path) -> bool:
    """Tell whether anything in a scan's folder is not a file that a scan or a report makes."""
    with_links = list(folder.iterdir())
    return any(
        path.is_symlink() or not path.is_file() or not SCAN_FILE.fullmatch(path.name)
        for path in with_links
    )


def _leftovers(folder: Path, terms: Terms) -> Found:
    """Return what killed processes left: half-written scans, half-removed folders."""
    past = []
    for entry in entries(folder):
        rest = entry.name[1:].rpartition(".")[0]
        is_staged = entry.name.startswith(".") and SCAN_ID.fullmatch(rest)
        if not entry.is_dir(follow_symlinks=False):
            continue
        if is_staged or entry.name.startswith(ASIDE):
            since = _mtime(Path(entry.path))
            if terms.is_past(Kind.LEFTOVER, since):
                past.append(_folder(Kind.LEFTOVER, Path(entry.path), "", since))
    return Found(past=tuple(past))


def _folder(kind: Kind, folder: Path, account: str, since: datetime) -> Past:
    files = list(files_below(folder))
    return Past(
        kind=kind,
        path=folder,
        account=account,
        n_bytes=sum(file.lstat().st_size for file in files),
        n_files=len(files),
        since=since,
        marks=seen(folder),
    )


def _mtime(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def single_files(kind: Kind, paths: list[Path], account: str, terms: Terms) -> Iterator[Past]:
    """Yield the files of one kind that have not changed for longer than they are kept."""
    for path in paths:
        since = _mtime(path)
        if terms.is_past(kind, since):
            yield Past(
                kind=kind,
                path=path,
                account=account,
                n_bytes=path.lstat().st_size,
                since=since,
                marks=seen(path),
            )


def one_folder(kind: Kind, folder: Path, account: str, terms: Terms) -> Iterator[Past]:
    """Yield the folder where nothing in it has been changed for longer than it is kept."""
    if terms.is_past(kind, _mtime(folder)):
        yield _folder(kind, folder, account, _mtime(folder))
