"""Where an account's data lie in a state folder, and which of its cards are a person's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from dedupe.apply.journal import account_of

from .files import entries
from .frames import Refs, cards_with, read_frame
from .person import Marks, Wanted, marks_in
from .prune import account_folders
from .scans import read_head, scan_folders

_HOLDERS = ("channels", "field_values")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One account: its folder (None for files that were scanned), and its scans."""

    name: str
    host: str
    folder: Path | None = None
    scans: tuple[Path, ...] = ()

    @property
    def snapshot(self) -> Path | None:
        """Return the folder of the account's copy, None where there is none."""
        place = self.folder / "snapshot" if self.folder else None
        is_there = place is not None and place.is_dir() and not place.is_symlink()
        return place if is_there else None

    def tables(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield the tables that hold numbers and addresses. Raises InputError."""
        places = [self.snapshot] if self.snapshot else []
        for folder in (*places, *self.scans):
            for name in _HOLDERS:
                path = folder / f"{name}.parquet"
                if path.is_file() and not path.is_symlink():
                    yield name, read_frame(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Whom one account is to forget: cards, what marks them, and their names."""

    room: Room
    refs: frozenset[tuple[str, str]] = frozenset()
    marks: Marks = field(default_factory=Marks)
    names: tuple[str, ...] = ()

    def are_in(self, text: str) -> bool:
        """Tell whether a text names the person: by a mark or by the whole name."""
        return self.marks.are_in(text) or any(name in text for name in self.names)


def rooms(state: Path, only: str | None = None) -> list[Room]:
    """Return the accounts of a state folder, or the one of the profile `only`."""
    by_host: dict[str, list[Path]] = {}
    named: dict[str, str] = {}
    for parent in (state, *account_folders(state)):
        for place in scan_folders(parent / "scans"):
            head = read_head(place)
            # A scan that says nothing of itself may be of anyone: it is looked through as well.
            key = head.account if head else ""
            host = head.host if head and head.host else key
            by_host.setdefault(host, []).append(place)
            named.setdefault(host, key)
    found = []
    for folder in account_folders(state):
        host = _host(folder)
        own = by_host.pop(host, []) if host else []
        found.append(Room(name=folder.name, host=host, folder=folder, scans=tuple(own)))
    found += [
        Room(name=named[host], host="", scans=tuple(places))
        for host, places in sorted(by_host.items())
    ]
    return [room for room in found if only is None or room.name == only]


def forgotten_in(room: Room, wanted: Wanted) -> Forgotten:
    """Return who is meant in one account: a number's contacts, and what is theirs alone."""
    tables = list(room.tables())
    refs = set(wanted.refs)
    for _, frame in tables:
        found = cards_with(frame, wanted.marks)
        refs |= {ref for ref in found if ref[0] == "contact"}
    theirs, others = _texts(tables, refs)
    own = marks_in(theirs)
    shared = _shared(own, others)
    return Forgotten(
        room=room,
        refs=frozenset(refs),
        marks=wanted.marks.union(own - shared),
        names=tuple(_names(room, refs)),
    )


def _texts(tables: list[tuple[str, pl.DataFrame]], refs: Refs) -> tuple[list[str], list[pl.Series]]:
    theirs: set[str] = set()
    others = []
    wanted = pl.DataFrame(
        sorted(refs), schema={"entity": pl.String, "record_id": pl.String}, orient="row"
    )
    for name, frame in tables:
        told = frame.select("entity", "record_id", "raw").drop_nulls("raw")
        own = told.join(wanted, on=["entity", "record_id"], how="semi")
        if name == "channels":
            theirs.update(own["raw"].to_list())
        others.append(told.join(wanted, on=["entity", "record_id"], how="anti")["raw"].unique())
    return sorted(theirs), others


def _shared(marks: Marks, others: list[pl.Series]) -> Marks:
    """Return those of `marks` that other cards hold too: they are not this person's alone."""
    if not marks:
        return marks
    found = [
        text
        for series in others
        for text in pl.DataFrame({"raw": series}).filter(marks.in_column("raw"))["raw"].to_list()
    ]
    told = marks_in(found)
    return Marks(marks.numbers & told.numbers, marks.emails & told.emails)


def _names(room: Room, refs: Refs) -> list[str]:
    """Return the names of the cards, where they are of two words: one word says nobody."""
    path = room.snapshot / "contacts.parquet" if room.snapshot else None
    ids = [id_ for entity, id_ in refs if entity == "contact"]
    if path is None or not path.is_file() or not ids:
        return []
    frame = read_frame(path).filter(pl.col("id").is_in(ids))
    return sorted({name.strip() for name in frame["name"].drop_nulls() if " " in name.strip()})


def _host(folder: Path) -> str:
    """Return the host of the account, as its copy or its journal says; "" where nobody does."""
    try:
        text = (folder / "snapshot" / "manifest.json").read_text(encoding="utf-8")
        told = json.loads(text).get("host")
        if told:
            return str(told)
    except (OSError, ValueError, AttributeError):
        pass
    account = account_of(folder)
    return account.split(" ")[1] if account and account.count(" ") == 2 else ""


def text_files(room: Room) -> Iterator[Path]:
    """Yield the account's own small files: what is in them is looked at as text."""
    if room.folder is None:
        return
    for name in ("policies", "logs"):
        yield from (Path(e.path) for e in entries(room.folder / name) if e.is_file())
    yield from (Path(e.path) for e in entries(room.folder) if e.name.endswith(".json"))
