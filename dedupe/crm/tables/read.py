"""Files of tables -> an `Account`: the one way in, which wires the parts together.

Every table of the result conforms to its contract and stands in memory. What the files do
not tell is named in `not_read` ("no_table", "no_column"), so that no check counts it as
zero. What was told badly is counted in `notes`: bad_date and bad_number (unreadable
cells), repeated_id and no_id (rows), joined_cells (of a CRM export, left whole),
ambiguous_links (several cards fit) and unresolved_links (none does), no_header (a file
passed over), repeated_header and totals_row (rows dropped).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from dedupe.contracts import CHANNELS, SNAPSHOT_TABLES, Account, Note
from dedupe.crm.tables.kinds import RECORDS
from dedupe.crm.tables.links import Links, build_links
from dedupe.crm.tables.options import TableOptions, check_options
from dedupe.crm.tables.records import Records, build_records
from dedupe.crm.tables.roles import header_key
from dedupe.crm.tables.settings import build_settings
from dedupe.crm.tables.sheets import Sheet
from dedupe.crm.tables.source import list_files, read_file
from dedupe.crm.tables.tables import Table, build_tables, id_notes
from dedupe.crm.tables.tasks import with_targets
from dedupe.crm.tables.values import (
    build_channels,
    build_field_values,
    build_tags,
    joined_notes,
    numbered,
)
from dedupe.errors import InputError
from dedupe.events import Listener, StageAdvanced, StageFinished, StageStarted, ignore
from dedupe.language import N_

NO_TABLE = "no_table"
NO_COLUMN = "no_column"
CARD_KINDS = ("contacts", "companies")
COLUMNS = "columns"  # the setting of an account of files that tells their headers, as a digest
CHANNEL_KINDS = ("phone", "email", "messenger", "site")
_DEFAULTS = TableOptions()


def read_tables(
    source: Path, options: TableOptions = _DEFAULTS, listen: Listener = ignore
) -> Account:
    """Read a file or a folder of tables as one account; bad input raises InputError."""
    started = time.perf_counter()
    check_options(options)
    sheets, notes = _sheets(source, options, listen)
    tables, settings_sheets = build_tables(sheets, options)
    settings, missing = build_settings(settings_sheets, options.timezone)
    records = {
        kind: build_records(kind, same, settings, options.timezone)
        for kind in RECORDS
        if (same := [table for table in tables if table.kind == kind])
    }
    frames, not_read, more = _frames(tables, records, settings, options)
    not_read = {**dict.fromkeys(sorted(missing), NO_COLUMN), **not_read}
    notes += [note for table in tables for note in id_notes(table)]
    notes += [note for kind in records.values() for note in kind.notes]
    rows = sum(frame.height for frame in frames.values())
    listen(StageFinished("read", rows, time.perf_counter() - started))
    return Account(
        tables={name: frame.lazy() for name, frame in frames.items()},
        account_id=source.resolve().stem,
        not_read=not_read,
        notes=_summed([*notes, *more]),
        settings={COLUMNS: _columns_digest(sheets)},
    )


def _columns_digest(sheets: Sequence[Sheet]) -> str:
    """Return what tells two lists of one name apart: their headers, in whatever order."""
    headers = sorted({header.strip() for sheet in sheets for header in sheet.header})
    text = "\x1f".join(headers)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sheets(
    source: Path, options: TableOptions, listen: Listener
) -> tuple[list[Sheet], list[Note]]:
    files = list_files(source)
    listen(StageStarted("read", len(files)))
    sheets: list[Sheet] = []
    notes = []
    for done, path in enumerate(files, 1):
        found = read_file(path, options, alone=not source.is_dir())
        sheets += found.sheets
        notes += [Note(code="no_header", where=name, n=1) for name in found.unknown]
        listen(StageAdvanced("read", done))
    if not sheets:
        raise _nothing_known(source)
    _check_mapped(sheets, options.roles, source)
    repeated = [sheet for sheet in sheets if sheet.n_repeated_headers]
    notes += [
        Note(code="repeated_header", where=sheet.name, n=sheet.n_repeated_headers)
        for sheet in repeated
    ]
    notes += [Note(code="totals_row", where=s.name, n=s.n_totals) for s in sheets if s.n_totals]
    return sheets, notes


def _frames(
    tables: Sequence[Table],
    records: Mapping[str, Records],
    settings: Mapping[str, pl.DataFrame],
    options: TableOptions,
) -> tuple[dict[str, pl.DataFrame], dict[str, str], list[Note]]:
    cards = [table for table in tables if table.kind in CARD_KINDS]
    made = {kind: one.frame for kind, one in records.items()}
    notes = joined_notes(cards, options.value_separator)
    channels = build_channels(cards, options.value_separator)
    channels = _with_given(channels, settings.get("channels"))
    # Whole tables: a deals file may have no column of names, and a link asks for one.
    whole = {kind: SNAPSHOT_TABLES[kind].conform(frame) for kind, frame in made.items()}
    links = build_links(tables, whole, channels)
    missing = {f"{kind}.{column}" for kind, one in records.items() for column in one.missing}
    if "tasks" in made:
        made["tasks"], is_told, more = with_targets(
            made["tasks"], [table for table in tables if table.kind == "tasks"], whole
        )
        notes += more
        missing -= {"tasks.entity", "tasks.record_id"} if is_told else set()
    frames = {kind: SNAPSHOT_TABLES[kind].conform(frame) for kind, frame in made.items()}
    frames |= settings
    frames |= _long_tables(tables, settings, channels, links)
    not_read = dict.fromkeys(sorted(missing), NO_COLUMN)
    not_read |= _missing_parts(tables, frames, links)
    return frames, not_read, [*notes, *links.notes]


def _long_tables(
    tables: Sequence[Table],
    settings: Mapping[str, pl.DataFrame],
    channels: pl.DataFrame,
    links: Links,
) -> dict[str, pl.DataFrame]:
    """Return the tables that hang on records, joined with those given as files of their own."""
    recorded = [table for table in tables if table.kind != "tasks"]
    long = {}
    if any(table.kind in CARD_KINDS for table in tables) or "channels" in settings:
        long["channels"] = channels
    if tables or "field_values" in settings:
        long["field_values"] = _joined("field_values", build_field_values(tables), settings)
    if any(table.of("tags") for table in recorded) or "record_tags" in settings:
        long["record_tags"] = _joined("record_tags", build_tags(recorded), settings)
    if links.told or "links" in settings:
        long["links"] = _joined("links", links.frame, settings)
    return long


def _joined(name: str, made: pl.DataFrame, settings: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    if name not in settings:
        return made
    both = pl.concat([settings[name], made])
    return both.unique(SNAPSHOT_TABLES[name].key, keep="first", maintain_order=True)


def _with_given(channels: pl.DataFrame, given: pl.DataFrame | None) -> pl.DataFrame:
    if given is None:
        return channels
    ordered = given.sort("position", nulls_last=True, maintain_order=True)
    return numbered(pl.concat([CHANNELS.conform(ordered), channels]))


def _missing_parts(
    tables: Sequence[Table], frames: Mapping[str, pl.DataFrame], links: Links
) -> dict[str, str]:
    """Name every part that the source does not tell, and why."""
    missing = {name: NO_TABLE for name in SNAPSHOT_TABLES if name not in frames}
    for kind in CARD_KINDS:
        same = [table for table in tables if table.kind == kind]
        for channel in CHANNEL_KINDS:
            part = f"{RECORDS[kind]}.{channel}"
            told = any(table.channels(channel) for table in same)
            missing |= _why(f"channels.{part}", told, {kind}, frames, part)
    for kind in (*CARD_KINDS, "deals"):
        told = any(table.of("tags") for table in tables if table.kind == kind)
        missing |= _why(f"record_tags.{RECORDS[kind]}", told, {kind}, frames, RECORDS[kind])
    for part, kinds in (
        ("contact.deal", {"contacts", "deals"}),
        ("company.deal", {"companies", "deals"}),
        ("contact.company", {"contacts", "companies"}),
    ):
        missing |= _why(f"links.{part}", part in links.told, kinds, frames, part)
    return missing


def _why(
    name: str, told: bool, kinds: Iterable[str], frames: Mapping[str, pl.DataFrame], part: str
) -> dict[str, str]:
    """Return why a part of a long table is missing; nothing when a column or a file tells it."""
    if told or _is_given(name.split(".")[0], part, frames):
        return {}
    return {name: NO_COLUMN if all(kind in frames for kind in kinds) else NO_TABLE}


def _is_given(table: str, part: str, frames: Mapping[str, pl.DataFrame]) -> bool:
    """Tell whether a file of the table itself (channels.csv, links.csv) has rows of the part."""
    columns = {
        "channels": ("entity", "kind"),
        "links": ("from_entity", "to_entity"),
        "record_tags": ("entity",),
    }[table]
    if table not in frames:
        return False
    values = dict(zip(columns, part.split("."), strict=True))
    return not frames[table].filter(**values).is_empty()


def _check_mapped(sheets: Sequence[Sheet], roles: Mapping[str, str], source: Path) -> None:
    headers = {header_key(header): header for sheet in sheets for header in sheet.header}
    missing = [header for header in roles if header_key(header) not in headers]
    if missing:
        raise InputError(
            N_("--map names {missing}, and no column is called that"),
            where=str(source),
            fix=N_("the columns are: {headers}"),
            missing=", ".join(missing),
            headers=", ".join(dict.fromkeys(headers.values())),
        )


def _nothing_known(source: Path) -> InputError:
    return InputError(
        N_("none of the files in the folder is a table that is known"),
        where=str(source),
        fix=N_("call them by what they hold, in English or Russian: {names}"),
        names="contacts, companies, deals, tasks, users, pipelines, statuses, ...",
    )


def _summed(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Add up the notes of one code about one place, in the order they came."""
    sums: dict[tuple[str, str], int] = {}
    for note in notes:
        sums[note.code, note.where] = sums.get((note.code, note.where), 0) + note.n
    return tuple(Note(code=code, where=where, n=n) for (code, where), n in sums.items())
