"""Small tables on disk, and the account that they are read as."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dedupe.contracts import Account
from dedupe.crm.tables import TableOptions, read_tables
from dedupe.errors import InputError

Read = Callable[..., Account]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write files (name -> text or bytes) and read them: one alone, several as a folder."""

    def read_files(files: dict[str, str | bytes], **options: object) -> Account:
        folder = tmp_path / "source"
        folder.mkdir()
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(raw)
        source = folder if len(files) > 1 else folder / next(iter(files))
        return read_tables(source, TableOptions(**options))  # type: ignore[arg-type]

    return read_files


@pytest.fixture
def refuse(read: Read) -> Callable[..., str]:
    """Read what can't be read, and return the one line of the error."""

    def message(files: dict[str, str | bytes], **options: object) -> str:
        with pytest.raises(InputError) as caught:
            read(files, **options)
        assert caught.value.exit_code == 2
        line = str(caught.value)
        assert "\n" not in line
        assert caught.value.where
        assert caught.value.fix
        return line

    return message


def rows(account: Account, table: str, *columns: str) -> list[tuple[object, ...]]:
    """Return the columns of a table as tuples."""
    frame = account.frame(table)
    return frame.select(columns or pl.all()).rows()
