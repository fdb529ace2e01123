"""Columns that are compared as they are (`--compare`), and two sources that are read alike.

`read_sources` reads one source or two with the same options; `take_fields` finds the compared
columns in an account, of files or of a CRM. A header is meant as `--map` means it: as it is
written, else whatever its case, spaces and signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from dedupe.contracts import CARDS, FIELD_VALUES, Account, Note
from dedupe.crm.tables.options import TableOptions, check_options, with_compared
from dedupe.crm.tables.read import read_tables
from dedupe.crm.tables.roles import header_key
from dedupe.crm.tables.source import list_files, read_file
from dedupe.errors import InputError
from dedupe.events import Listener, ignore
from dedupe.language import N_

_MOST_NAMED = 60  # of the fields of an account, in one line
_FIELD = pl.Schema({"name": pl.String(), "entity": pl.String(), "field_id": pl.String()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The cells of the compared columns, and the account without them.

    `values` is FIELD_VALUES with the column's name, as it was asked for, in place of the field's
    id; `rest` has no roles in these columns any more. `empty` are the names without a cell.
    """

    values: pl.DataFrame
    rest: Account
    empty: tuple[str, ...] = ()


def read_sources(
    sources: Sequence[Path], options: TableOptions, listen: Listener = ignore
) -> list[Account]:
    """Read each file or folder as an account.

    A column of `--map` must be in one of the sources, one of `--compare` in every one.
    Raises InputError.
    """
    check_options(options)
    read = [_read(source, options, listen) for source in sources]
    absent = [header for header in options.roles if all(header in one.absent for one in read)]
    if read and absent:
        raise _not_there("--map", absent, sources, [h for one in read for h in one.headers])
    return [one.account for one in read if one.account is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """An account, or none where a named column is not there; then the headers that are."""

    account: Account | None
    absent: frozenset[str] = frozenset()
    headers: tuple[str, ...] = ()


def _read(source: Path, options: TableOptions, listen: Listener) -> _Read:
    try:
        return _Read(account=read_tables(source, with_compared(options), listen))
    except InputError as error:
        if "missing" not in error.facts:  # it is not about a named column
            raise
    headers = _headers(source, with_compared(options))
    keys = set(map(header_key, headers))
    lost = [header for header in options.compare if header_key(header) not in keys]
    if lost:
        raise _not_there("--compare", lost, [source], headers)
    kept = {header: role for header, role in options.roles.items() if header_key(header) in keys}
    account = read_tables(source, with_compared(replace(options, roles=kept)), listen)
    return _Read(account=account, absent=frozenset(options.roles.keys() - kept), headers=headers)


def _headers(source: Path, options: TableOptions) -> tuple[str, ...]:
    """Return the headers of a source's tables, each once."""
    found = [read_file(path, options, alone=not source.is_dir()) for path in list_files(source)]
    headers = (header for one in found for sheet in one.sheets for header in sheet.header)
    return tuple({header_key(header): header for header in headers}.values())


def _not_there(
    option: str, missing: Iterable[str], sources: Iterable[Path], headers: Iterable[str]
) -> InputError:
    problem = {
        "--map": N_("--map names {missing}, and no column is called that"),
        "--compare": N_("--compare names {missing}, and no column is called that"),
    }[option]
    return InputError(
        problem,
        where=", ".join(map(str, sources)),
        fix=N_("the columns are: {headers}"),
        missing=", ".join(missing),
        headers=", ".join(dict.fromkeys(headers)),
    )


def check_fields(account: Account, compare: Sequence[str], where: str) -> None:
    """Raise InputError where a CRM's account has no field of an asked id or name."""
    fields = _known_fields(account)
    lost = [name for name in compare if not _fields_of(name, fields)]
    if not lost:
        return
    named = list(dict.fromkeys(name or field_id for _, field_id, name in fields))
    shown = [*named[:_MOST_NAMED], *(["..."] if len(named) > _MOST_NAMED else [])]
    raise InputError(
        N_("--compare names {missing}, and no field of a card is called that"),
        where=where,
        fix=N_("the fields are: {headers}"),
        missing=", ".join(lost),
        headers=", ".join(shown),
    )


def take_fields(account: Account, compare: Sequence[str]) -> Taken:
    """Take the columns named by `compare` out of the cards' field values; see `Taken`."""
    if not compare:
        return Taken(values=FIELD_VALUES.empty(), rest=account)
    fields = _known_fields(account)
    rows = [(name, *place) for name in compare for place in _fields_of(name, fields)]
    asked = pl.DataFrame(rows, schema=_FIELD, orient="row")
    held = account.frame("field_values")
    values = asked.join(held, on=["entity", "field_id"], maintain_order="left_right")
    values = FIELD_VALUES.conform(values.drop("field_id").rename({"name": "field_id"}))
    rest = held.join(asked, on=["entity", "field_id"], how="anti")
    empty = set(compare) - set(values["field_id"].unique())
    return Taken(
        values=values,
        rest=replace(account, tables={**account.tables, "field_values": rest.lazy()}),
        empty=tuple(name for name in compare if name in empty),
    )


def empty_notes(taken: Sequence[Taken], compare: Sequence[str]) -> tuple[Note, ...]:
    """Note each compared column that no source holds a value of."""
    empty = [name for name in compare if all(name in one.empty for one in taken)]
    return tuple(Note(code="nothing_to_compare", where=name, n=1) for name in empty)


def distinct_columns(compare: Sequence[str]) -> tuple[str, ...]:
    """Return the names without those that mean a column which was named before."""
    first: dict[str, str] = {}
    for name in compare:
        first.setdefault(header_key(name) or name, name)
    return tuple(first.values())


def _known_fields(account: Account) -> list[tuple[str, str, str | None]]:
    """Return entity, id and name of the cards' fields: those of the settings, and those in use."""
    entities = [str(entity) for entity in CARDS]
    listed = account.frame("fields").select("entity", "id", "name")
    used = account.frame("field_values").select("entity", id="field_id").unique()
    both = pl.concat([listed, used], how="diagonal").filter(
        pl.col("entity").is_in(entities) & pl.col("id").is_not_null()
    )
    named = both.sort("entity", "id", "name", nulls_last=True)
    return list(named.unique(["entity", "id"], keep="first", maintain_order=True).iter_rows())


def _fields_of(asked: str, fields: Sequence[tuple[str, str, str | None]]) -> list[tuple[str, str]]:
    """Return entity and id of the fields that are meant; the written id or name goes first."""
    exact = [(entity, key) for entity, key, name in fields if asked in (key, name)]
    if exact:
        return exact
    meant = header_key(asked)
    return [
        (entity, key)
        for entity, key, name in fields
        if meant and meant in (header_key(key), header_key(name or ""))
    ]
