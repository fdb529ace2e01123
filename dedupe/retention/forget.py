"""Forget a person: look, change, and search again. What can't be reached from here is said.

All changes of an account are made out before the first is carried out, under its locks. Each file
is replaced whole; a kill leaves some files changed and some not, and the same command again does
the rest.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dedupe.errors import InputError, SafetyError, StorageError
from dedupe.language import N_
from dedupe.snapshot import staged_folder

from .files import entries, files_below, refused, replace_file, take_away
from .frames import has_marks, read_frame
from .journals import RunChange, forget_runs, note_backups, run_changes
from .kinds import Kind
from .person import Marks, Wanted
from .prune import both_locks
from .rooms import Forgotten, Room, forgotten_in, rooms
from .scrub import Change, changes, decisions, masked_file, text_of

SCHEMA = "crmclean.forgotten/1"
LOG_NAME = "forgotten.jsonl"
RUN = "data forget"
MANY = 10  # contacts on one number: a switchboard's, or a family's with all its friends


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done in one account."""

    who: Forgotten
    files: tuple[Change, ...]
    runs: tuple[RunChange, ...]

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.files or self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """A file in which the person still stands, or that can't be searched; `is_broken` says which.

    `path` is below the state folder.
    """

    path: Path
    is_broken: bool = False


def find(state: Path, wanted: Wanted, only: str | None = None) -> list[Work]:
    """Return what a person's forgetting means, by account. Changes nothing.

    Raises InputError for damaged tables, and where an id says no one account.
    """
    found = rooms(state, only)
    if wanted.refs and len(found) > 1:
        raise InputError(
            N_("several accounts are kept here, and each has ids of its own"),
            where="--id",
            fix=N_("name the account with -p: {names}"),
            names=", ".join(sorted(room.name for room in found if room.folder)),
        )
    works = [_work(room, wanted) for room in found]
    shared = [each for each in _shared_files(state, works, wanted) if only is None]
    if shared:
        who = Forgotten(room=Room(name="", host=""), marks=_all_marks(works, wanted))
        works.append(Work(who=who, files=tuple(shared), runs=()))
    return [work for work in works if work or work.who.refs]


def forget(state: Path, works: Sequence[Work], wanted: Wanted, now: datetime) -> None:
    """Carry out what `find` has returned. Raises LockedError, UnresolvedError, StorageError."""
    for work in works:
        folder = work.who.room.folder
        with both_locks(folder, RUN) if folder else nullcontext():
            # Looked at anew: a run may have gone on between the look and the lock.
            fresh = _work(work.who.room, wanted) if work.who.room.name else work
            _carry_out(fresh)
            check_snapshot(fresh.who.room)
            if folder is not None:
                _remember(folder, fresh, now)


def remaining(state: Path, works: Sequence[Work], only: str | None = None) -> list[Remaining]:
    """Search all that is kept, decoded, and return the files in which somebody still stands."""
    marks = Marks().union(*(work.who.marks for work in works))
    who = Forgotten(room=Room(name="", host=""), marks=marks)
    found: dict[Path, Remaining] = {}
    for path in _searched(state, [work.who.room for work in works], only):
        left = _left(path, who)
        if left is not None:
            found[path] = left
    return [found[path] for path in sorted(found)]


def _work(room: Room, wanted: Wanted) -> Work:
    who = forgotten_in(room, wanted)
    if not who.refs and not who.marks:
        return Work(who=who, files=(), runs=())
    if len(who.refs) > MANY:
        raise SafetyError(
            N_("{n} cards have it: this is no one person's"),
            where="crmclean data forget",
            fix=N_("name the card with --id"),
            n=len(who.refs),
        )
    return Work(who=who, files=tuple(changes(who)), runs=tuple(run_changes(who)))


def _all_marks(works: Sequence[Work], wanted: Wanted) -> Marks:
    return wanted.marks.union(*(work.who.marks for work in works))


def _shared_files(state: Path, works: Sequence[Work], wanted: Wanted) -> Iterator[Change]:
    """Yield what is of no one account: decisions on files, settings, logs, the list of scans."""
    who = Forgotten(room=Room(name="", host=""), marks=_all_marks(works, wanted))
    for entry in entries(state / "decisions"):
        yield from decisions(Path(entry.path) / "decisions.jsonl", who)
    for path in files_below(state / "settings"):
        yield from masked_file(Kind.SETTINGS, path, who)
    for path in files_below(state / "logs"):
        yield from masked_file(Kind.LOG, path, who)
    index = state / "scans" / "index.jsonl"
    if index.is_file() and not index.is_symlink():
        yield from masked_file(Kind.SCAN, index, who)


def _carry_out(work: Work) -> None:
    snapshot = work.who.room.snapshot
    inside = [each for each in work.files if snapshot and each.path.parent == snapshot]
    # What tells which cards are the person's goes last: after a kill the same command finds them.
    forget_runs(work.who, work.runs)
    for each in sorted(work.files, key=lambda each: each.path.name == "channels.parquet"):
        if each in inside:
            continue
        if each.content is None:
            take_away(each.path)
        else:
            replace_file(each.path, each.content)
            if each.kind is Kind.BACKUP:
                lines = [line + b"\n" for line in each.content.split(b"\n") if line]
                note_backups(each.path.parent.parent, each.path.stem, lines)
    if snapshot and inside:
        _rewrite_snapshot(snapshot, inside)


def _rewrite_snapshot(folder: Path, changed: Sequence[Change]) -> None:
    """Put the copy of the account anew in its place: its tables, and a manifest that fits them."""
    from dedupe.snapshot.store import MANIFEST, table_facts

    others = [each for each in folder.iterdir() if each.is_symlink() or not each.is_file()]
    if others:
        raise InputError(
            N_("something in the snapshot's folder is not ours"),
            where=str(others[0]),
            fix=N_("move it elsewhere, then run this again"),
        )
    new = {each.path.name: each.content for each in changed}
    with staged_folder(folder, whole=True) as staging:
        for path in folder.iterdir():
            if path.name not in new:
                shutil.copy2(path, staging / path.name)
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for name, content in new.items():
            (staging / name).write_bytes(content or b"")
            manifest["tables"][name.removesuffix(".parquet")] = table_facts(staging / name)
        # Where the card is still in the CRM, a pull of what changed may bring it back without
        # its deals: so the next one reads all.
        manifest.get("settings", {}).pop("full_at", None)
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (staging / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _remember(folder: Path, work: Work, now: datetime) -> None:
    """Note that the cards were forgotten: ids and the moment, for whoever asks."""
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    lines = [
        json.dumps({"schema": SCHEMA, "at": moment, "entity": entity, "id": id_})
        for entity, id_ in sorted(work.who.refs)
    ]
    path = folder / LOG_NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise refused(path, error) from error


def _searched(state: Path, own: Sequence[Room], only: str | None) -> Iterator[Path]:
    """Yield all files; of one account alone its own: others may know the person, too."""
    if only is None:
        yield from files_below(state)
        return
    for room in own:
        for folder in (*([room.folder] if room.folder else []), *room.scans):
            yield from files_below(folder)


def _left(path: Path, who: Forgotten) -> Remaining | None:
    if path.suffix == ".parquet":
        try:
            return Remaining(path=path) if has_marks(read_frame(path), who.marks) else None
        except InputError:
            return Remaining(path=path, is_broken=True)
    if path.name in ("tokens.json", "review.key"):  # secrets, and no person's data
        return None
    return Remaining(path=path) if who.marks.are_in(text_of(path)) else None


def check_snapshot(room: Room) -> None:
    """Raise StorageError where the copy of the account does not open after the change."""
    from dedupe.errors import SnapshotError
    from dedupe.snapshot import open_snapshot

    if room.snapshot:
        try:
            open_snapshot(room.snapshot)
        except SnapshotError as error:
            raise StorageError(
                N_("the snapshot can't be read after the change"),
                where=str(room.snapshot),
                fix=N_("read the account anew: crmclean pull --full"),
            ) from error
