"""Accounts to scan: a snapshot, or tables of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dedupe import events
from dedupe.contracts import Account
from dedupe.crm.tables import TableOptions
from dedupe.crm.tables.compared import check_fields, read_sources
from dedupe.errors import InputError
from dedupe.events import Listener
from dedupe.language import N_
from dedupe.snapshot import is_snapshot, open_snapshot


def open_account(
    source: Path, tables: TableOptions | None = None, listen: Listener = events.ignore
) -> Account:
    """Open SOURCE: a snapshot folder, or a file or folder of CSV, XLSX or Parquet tables."""
    (account,) = open_accounts([source], tables, listen)
    return account


def open_accounts(
    sources: Sequence[Path], tables: TableOptions | None = None, listen: Listener = events.ignore
) -> list[Account]:
    """Open sources to be linked: mapped columns must be in one of them, compared ones in each."""
    tables = tables or TableOptions()
    for source in sources:
        if not source.exists():
            raise InputError(
                N_("there is no such file or folder"), where=str(source), fix=N_("check the path")
            )
    kept = {source: open_snapshot(source) for source in sources if is_snapshot(source)}
    for source, account in kept.items():
        check_fields(account, tables.compare, str(source))
    read = iter(read_sources([s for s in sources if s not in kept], tables, listen))
    return [kept[source] if source in kept else next(read) for source in sources]
