"""What becomes of each file of an account when a person is forgotten; nothing is written here.

Tables lose the person's rows, copies of cards the cards, plans that were applied the values. What
can be made again (reports, plans that were not applied, pages of a pull) goes as a whole.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dedupe.decisions.lines import MalformedError, parse_line
from dedupe.errors import CrmCleanError
from dedupe.plan import read_plan

from .files import entries, files_below
from .frames import has_marks, has_rows, read_frame, render_frame, without_person
from .kinds import Kind, known
from .person import MARK
from .rooms import Forgotten

_SCAN_TABLES = ("findings", "channels", "pairs", "clusters")
_MAX_TEXT = 512 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file: its new bytes, or None where it goes; `n` rows, lines or values are the person's.

    `remade` names the command that makes again what goes.
    """

    kind: Kind
    path: Path
    content: bytes | None
    n: int = 1
    remade: str = ""


def changes(who: Forgotten) -> Iterator[Change]:
    """Yield what is to be changed, but the journal and applied plans. Raises InputError."""
    if who.room.snapshot:
        yield from _snapshot(who.room.snapshot, who)
    for folder in who.room.scans:
        yield from _scan(folder, who)
    if who.room.folder:
        yield from _account(who.room.folder, who)


def _snapshot(folder: Path, who: Forgotten) -> Iterator[Change]:
    deals = _deals_of(folder, who)
    for path in sorted(folder.glob("*.parquet")):
        frame = read_frame(path)
        left = without_person(frame, path.stem, who.refs, who.marks)
        if path.stem == "deals" and who.names:
            is_named = pl.col("name").str.contains_any(list(who.names), ascii_case_insensitive=True)
            is_theirs = pl.col("id").is_in(deals) & is_named
            left = left.with_columns(name=pl.when(is_theirs).then(None).otherwise("name"))
        yield from _table(Kind.SNAPSHOT, path, frame, left)


def _deals_of(folder: Path, who: Forgotten) -> list[str]:
    """Return the deals that are linked to the person: their names are often the person's."""
    path = folder / "links.parquet"
    ids = [id_ for entity, id_ in who.refs if entity == "contact"]
    if not path.is_file() or not ids:
        return []
    frame = read_frame(path).filter(
        (pl.col("from_entity") == "deal")
        & (pl.col("to_entity") == "contact")
        & pl.col("to_id").is_in(ids)
    )
    return frame["from_id"].to_list()


def _table(kind: Kind, path: Path, frame: pl.DataFrame, left: pl.DataFrame) -> Iterator[Change]:
    if left.height == frame.height and left.equals(frame, null_equal=True):
        return
    n = frame.height - left.height
    if n == 0:
        n = frame.with_row_index("_n").join(left.with_row_index("_n"), on=left.columns, how="anti",
                                            nulls_equal=True).height  # fmt: skip
    yield Change(kind=kind, path=path, content=render_frame(left), n=n)


def _scan(folder: Path, who: Forgotten) -> Iterator[Change]:
    is_in = False
    for name in _SCAN_TABLES:
        path = folder / f"{name}.parquet"
        if not path.is_file() or path.is_symlink():
            continue
        frame = read_frame(path)
        is_in = is_in or has_rows(frame, name, who.refs) or has_marks(frame, who.marks)
        left = without_person(frame, name, who.refs, who.marks)
        yield from _table(Kind.SCAN, path, frame, left)
    for entry in entries(folder):
        path = Path(entry.path)
        if not entry.is_file(follow_symlinks=False) or path.suffix == ".parquet":
            continue
        if path.suffix == ".jsonl":
            yield from _open_plan(Kind.SCAN, path, who)
        elif path.name in ("summary.json", "metrics.json", "model.json"):
            yield from _json_file(Kind.SCAN, path, who)
        elif _is_ours(path) and (is_in or who.are_in(text_of(path))):
            yield Change(kind=Kind.SCAN, path=path, content=None, remade="crmclean report")


def _is_ours(path: Path) -> bool:
    return known(f"scans/s-00000000T000000-0000/{path.name}") is not None


def _account(folder: Path, who: Forgotten) -> Iterator[Change]:
    spool = folder / "pull" / "pages.spool"
    if spool.is_file() and not spool.is_symlink():
        yield Change(kind=Kind.PAGES, path=spool, content=None, remade="crmclean pull")
    for path in files_below(folder / "backup"):
        yield from _lines(Kind.BACKUP, path, who, _card_line)
    for name in ("approvals", "plans"):
        for path in files_below(folder / name):
            if path.suffix == ".jsonl" and not path.name.startswith("r-"):
                kind = Kind.APPROVAL if name == "approvals" else Kind.PLAN
                yield from _open_plan(kind, path, who)
    yield from decisions(folder / "decisions.jsonl", who)
    for each in entries(folder):
        if each.name.startswith(".snapshot.") and each.is_dir(follow_symlinks=False):
            for path in files_below(Path(each.path)):
                yield Change(kind=Kind.LEFTOVER, path=path, content=None)


def _open_plan(kind: Kind, path: Path, who: Forgotten) -> Iterator[Change]:
    """Yield a plan that was not applied, where it is about the person: it is made again."""
    try:
        plan = read_plan(path)
        is_in = any((ref.entity, ref.id) in who.refs for ref in plan.touched)
    except CrmCleanError:  # no plan, or none of this version: its text tells
        is_in = False
    if is_in or who.are_in(text_of(path)):
        yield Change(kind=kind, path=path, content=None, remade="crmclean plan")
        note = path.with_suffix(".json")
        if kind is Kind.APPROVAL and note.is_file():
            yield Change(kind=kind, path=note, content=None)


def _json_file(kind: Kind, path: Path, who: Forgotten) -> Iterator[Change]:
    text = text_of(path)
    if who.are_in(text):
        for name in who.names:
            text = text.replace(json.dumps(name, ensure_ascii=False)[1:-1], MARK)
        yield Change(kind=kind, path=path, content=who.marks.masked(text).encode())


def masked_file(kind: Kind, path: Path, who: Forgotten) -> Iterator[Change]:
    """Yield a text file with the person's marks masked, where it has any."""
    text = text_of(path)
    if who.marks.are_in(text):
        yield Change(kind=kind, path=path, content=who.marks.masked(text).encode())


def decisions(path: Path, who: Forgotten) -> Iterator[Change]:
    """Yield the decisions without the values that reviewers typed for the person."""
    if path.is_file() and not path.is_symlink():
        yield from _lines(Kind.DECISIONS, path, who, _decision_line)
    torn = path.with_name(f"{path.name}.torn")
    if torn.is_file() and who.marks.are_in(text_of(torn)):
        yield Change(kind=Kind.DECISIONS, path=torn, content=None)


def _lines(kind: Kind, path: Path, who: Forgotten, change: Any) -> Iterator[Change]:  # noqa: ANN401
    told = path.read_bytes().decode("utf-8", "surrogateescape").split("\n")
    made = [change(line, who) if line.strip() else line for line in told]
    n = sum(one != other for one, other in zip(told, made, strict=True))
    if n:
        content = "\n".join(made).encode("utf-8", "surrogateescape")
        yield Change(kind=kind, path=path, content=content, n=n)


def _card_line(line: str, who: Forgotten) -> str:
    try:
        told = json.loads(line)
        if (told["entity"], told["id"]) in who.refs:
            told["card"] = {"forgotten": True}
            return json.dumps(told, ensure_ascii=False, sort_keys=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass  # a line that was cut off: its text tells
    return who.marks.masked(line)


def _decision_line(line: str, who: Forgotten) -> str:
    """Return the decision, which says the same of the same ids, and no value of the person."""
    try:
        told = json.loads(line)
        own = {(told.get("entity", ""), id_) for id_ in _ids(told)} & who.refs
        is_marked = who.are_in(line)
        if not own and not is_marked:
            return line
        if told.get("verdict") == "edit":  # its text would be written to the card
            told |= {"verdict": "reject"}
            told.pop("edited", None)
            told.pop("chosen", None)
        told["values"] = {k: v for k, v in told.get("values", {}).items() if "text" not in v}
        for name in ("note", "edited"):
            if told.get(name):
                told[name] = MARK
        made = json.dumps({k: v for k, v in told.items() if v}, ensure_ascii=False,
                          separators=(",", ":"))  # fmt: skip
        parse_line(made)
    except (ValueError, TypeError, AttributeError, RecursionError, MalformedError):
        return who.marks.masked(line)
    return who.marks.masked(made)


def _ids(told: dict[str, Any]) -> set[str]:
    found = {told.get("record_id", ""), *told.get("ids", ()), *told.get("apart", ())}
    return found | {id_ for part in told.get("parts", ()) for id_ in part}


def text_of(path: Path) -> str:
    """Return what a file says as text: of a workbook, all of its parts."""
    try:
        if path.stat().st_size > _MAX_TEXT:
            return ""
        if path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(path) as archive:
                parts = [archive.read(name) for name in archive.namelist()]
            return "\n".join(part.decode("utf-8", "ignore") for part in parts)
        return path.read_bytes().decode("utf-8", "ignore")
    except (OSError, zipfile.BadZipFile):
        return ""
