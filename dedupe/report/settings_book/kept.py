"""The settings documents that were kept of an account, to compare the next one with.

One TOML file for each moment of the data, the last thirty; names and e-mails of employees are
in them, so the folder and the files are the user's alone.
"""

from __future__ import annotations

import os
import re
from datetime import UTC
from pathlib import Path

from dedupe.errors import StorageError
from dedupe.language import N_

from .document import read_document
from .toml_text import render_toml
from .values import Book

KEPT = 30
_NAME = re.compile(r"settings-(\d{8}T\d{6})Z\.toml")
_STAMP = "%Y%m%dT%H%M%S"


def keep_book(book: Book, state: Path, *, again: bool = True) -> Path | None:
    """Keep `book` in the state folder and return its file; None where it tells no time.

    One of the same moment is replaced, unless not `again`. Of more than thirty the oldest go.
    Raises StorageError.
    """
    if book.read_to is None:
        return None
    folder = _folder(state, book)
    path = folder / f"settings-{book.read_to.astimezone(UTC).strftime(_STAMP)}Z.toml"
    if path.exists() and not again:
        return path
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = path.with_suffix(".part")
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(render_toml(book))
        staged.replace(path)
        for old in _files(folder)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            N_("can't write here ({reason})"),
            where=str(folder),
            fix=N_("check its rights and the free space"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error
    return path


def kept_before(book: Book, state: Path) -> Book | None:
    """Return the last document that was kept of an earlier state of the account of `book`."""
    stamp = book.read_to.astimezone(UTC).strftime(_STAMP) if book.read_to else "9"
    files = [path for path in _files(_folder(state, book)) if _stamp(path) < stamp]
    return read_document(files[-1]) if files else None


def _folder(state: Path, book: Book) -> Path:
    key = re.sub(r"[^A-Za-z0-9.-]+", "_", f"{book.crm}-{book.host}-{book.account_id}")[:120]
    return state / "settings" / key


def _files(folder: Path) -> list[Path]:
    """Return the kept files, the oldest first."""
    found = folder.iterdir() if folder.is_dir() else iter(())
    return sorted((path for path in found if _NAME.fullmatch(path.name)), key=_stamp)


def _stamp(path: Path) -> str:
    found = _NAME.fullmatch(path.name)
    return found[1] if found else ""
