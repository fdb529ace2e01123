"""plan.jsonl: written whole and private, read strictly or not at all.

A plan holds personal data and decides what is written to a CRM. So the file is the owner's alone
(mode 0600), a link in another user's hands is not followed, and every byte counts: what is not
exactly what this writer makes is refused in one line that says where and what to do.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dedupe.errors import InputError, StorageError
from dedupe.language import N_

from .canonical import bad, canonical_text, parse_line
from .lines import body_lines, footer_line, read_group, read_header, read_op
from .plan import FORMAT, Group, Header, Plan, PlanOp, sealed
from .rules_of_order import check_order

MAX_BYTES = 256 << 20  # a plan of every card of a million is half of it
MAX_LINE_BYTES = 4 << 20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SHORT = re.compile(r"p-[0-9a-f]{8}")
_FOOTER_BYTES = 200
_NAME, _, _MAJOR = FORMAT.partition("/")
_AGAIN = N_("make the plan again with: crmclean plan")


def write_plan(plan: Plan, path: Path) -> None:
    """Write `plan` to `path`, whole or not at all, for the owner's eyes. Raises StorageError."""
    plan = sealed(plan)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            _write(plan, handle)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            N_("can't write here ({reason})"),
            where=str(path),
            fix=N_("free space, change its rights, or name another file with -o"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error


def read_plan(path: Path) -> Plan:
    """Return the plan of the file `path`. Raises InputError that says what is wrong and where."""
    content = _content(path)
    body, footer = _split(content, path)
    _check_footer(body, footer, path)
    return _parsed(body, path)


def _write(plan: Plan, handle: int) -> None:
    digest, n_lines = hashlib.sha256(), 0
    with os.fdopen(handle, "wb") as file:  # mkstemp made it 0600
        for line in body_lines(plan):
            digest.update(line)
            file.write(line)
            n_lines += 1
        file.write(footer_line(n_lines, digest.hexdigest()))
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _content(path: Path) -> bytes:
    _check_link(path)
    try:
        # Without O_NONBLOCK a named pipe would hang us before we could tell what it is.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        _check_status(os.fstat(descriptor), path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:  # it grew while it was read
        raise _too_large(path)
    return content


def _check_link(path: Path) -> None:
    try:
        status = path.lstat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISLNK(status.st_mode) and status.st_uid not in (os.getuid(), 0):
        raise InputError(
            N_("this is another user's link to a plan"),
            where=str(path),
            fix=N_("name the plan's own file"),
        )


def _check_status(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            N_("not a regular file"), where=str(path), fix=N_("name the plan's own file")
        )
    if status.st_size > MAX_BYTES:
        raise _too_large(path)
    if status.st_mode & _OTHERS:
        raise InputError(
            N_("mode {mode}: others may read or change it, and it holds personal data"),
            where=str(path),
            fix=N_("run: chmod 600 {path}"),
            mode=f"{stat.S_IMODE(status.st_mode):04o}",
            path=path,
        )
    if status.st_size == 0:
        raise InputError(N_("the file is empty"), where=str(path), fix=_AGAIN)


def _too_large(path: Path) -> InputError:
    return InputError(
        N_("too large for a plan: over {limit} MB"),
        where=str(path),
        fix=N_("check the path, or plan a part with --only"),
        limit=MAX_BYTES >> 20,
    )


def _unreadable(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(
            N_("plan not found"), where=str(path), fix=N_("check the path, or run: crmclean plan")
        )
    reason = error.strerror if isinstance(error, OSError) else None
    return InputError(
        N_("can't be read ({reason})"),
        where=str(path),
        fix=N_("check the path and its rights"),
        reason=(reason or type(error).__name__).lower(),
    )


def _split(content: bytes, path: Path) -> tuple[bytes, dict[str, Any]]:
    """Return what stands before the footer, and the footer."""
    mark = b'{"kind":"footer",'
    at = 0 if content.startswith(mark) else content.find(b"\n" + mark) + 1
    if at == 0:
        n_lines = content.count(b"\n") + 1
        raise InputError(
            N_("the plan is cut off at line {n}"), where=str(path), fix=_AGAIN, n=n_lines
        )
    end = content.find(b"\n", at)
    if end < 0:
        n_lines = content.count(b"\n", 0, at) + 1
        raise InputError(
            N_("the plan is cut off at line {n}"), where=str(path), fix=_AGAIN, n=n_lines
        )
    if end + 1 < len(content):
        raise InputError(N_("unexpected data after the end"), where=str(path), fix=_AGAIN)
    number = content.count(b"\n", 0, at) + 1
    return content[:at], parse_line(content[at:end], f"{path}:{number}")


def _check_footer(body: bytes, footer: dict[str, Any], path: Path) -> None:
    known = set(footer) == {"kind", "lines", "sha256"}
    if not known or footer["sha256"] != hashlib.sha256(body).hexdigest():
        raise InputError(
            N_("the content's hash differs: plans are not to be edited"),
            where=str(path),
            fix=N_("leave groups out with: crmclean plan {path} --drop GROUP"),
            path=path,
        )
    n_lines = body.count(b"\n")
    if footer["lines"] != n_lines or isinstance(footer["lines"], bool):
        raise InputError(
            N_("the footer tells another number of lines"), where=str(path), fix=_AGAIN
        )


@dataclass(slots=True)
class _Parts:
    """What has been read so far."""

    header: Header | None = None
    groups: list[Group] = field(default_factory=list)
    ops: list[PlanOp] = field(default_factory=list)

    def add(self, value: dict[str, Any]) -> None:
        """Take one line. Raises InputError where it can't stand there."""
        kind = value.get("kind")
        if self.header is None:
            _check_format(value)
            self.header = read_header(value)
        elif kind == "group":
            self.groups.append(read_group(value))
        elif kind == "op":
            self.ops.append(read_op(value))
            if not self.groups or self.ops[-1].group_id != self.groups[-1].id:
                raise bad(N_("the operation is not below its group"), "op")
        else:
            raise bad(N_("no such kind of line"), "kind")


def _check_format(value: dict[str, Any]) -> None:
    name, _, major = str(value.get("format")).partition("/")
    if value.get("kind") != "header" or name != _NAME or not major.isdigit() or len(major) > 9:
        raise bad(N_("this is no plan: it does not begin with a plan's header"), "format")
    if int(major) > int(_MAJOR):
        tool = str(value.get("tool", ""))[:40]
        raise InputError(
            N_("made by a newer version: {tool}"),
            where="format",
            fix=N_("update crmclean"),
            tool=tool if tool.isprintable() else "",
        )
    if major != _MAJOR:
        raise bad(N_("no such format"), "format")


def _parsed(body: bytes, path: Path) -> Plan:
    parts = _Parts()
    for number, line in enumerate(_lines(body), 1):
        where = f"{path}:{number}"
        if len(line) > MAX_LINE_BYTES:
            raise bad(N_("the line is too long"), where)
        value = parse_line(line, where)
        try:
            parts.add(value)
            if canonical_text(value).encode() != line:
                raise bad(N_("the line is not in a plan's spelling"), "")
        except InputError as error:
            raise _placed(error, where) from None
    if parts.header is None:
        raise bad(N_("the plan has no header"), str(path))
    plan = Plan(header=parts.header, groups=tuple(parts.groups), ops=tuple(parts.ops))
    try:
        check_order(plan)
    except InputError as error:
        raise _placed(error, str(path)) from None
    return plan


def _lines(body: bytes) -> Iterator[bytes]:
    yield from body.split(b"\n")[:-1]


def _placed(error: InputError, where: str) -> InputError:
    """Return the error with the line in front of the place inside it."""
    place = f"{where}: {error.where}" if error.where else where
    return InputError(error.problem, where=place, fix=error.fix, **error.facts)


def find_plan(name: str, root: Path) -> Path | None:
    """Return the newest plan file below `root` whose short name is `name`, like p-7f3a9c12."""
    if not _SHORT.fullmatch(name):
        return None
    found = [path for path in root.rglob("*.jsonl") if _ends_with(path, name[2:])]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _ends_with(path: Path, digits: str) -> bool:
    """Tell whether the file's footer has a hash that begins with `digits`."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _FOOTER_BYTES, 0))
            return f'"sha256":"{digits}'.encode() in file.read(_FOOTER_BYTES)
    except OSError:
        return False
