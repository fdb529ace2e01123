"""The log of a run: a file of JSON lines, one for each event, kept for the last runs.

    state/logs/<run>.jsonl   {"at", "level", "run", "profile", "policy", "event", "facts"}

A line is one write to a file that is only appended to, so a kill costs at most a torn last line.
It holds counts, names of stages and ids; texts pass the redactor. What libraries say comes through
`logging`: warnings of all, and what our own modules note. A log that can't be written never ends
a run.
"""

from __future__ import annotations

import json
import logging
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from dedupe.crm.http import Redactor, clean, redact
from dedupe.errors import InputError, StorageError
from dedupe.events import Event, Listener, StageAdvanced, StageFinished, StageStarted, Waiting
from dedupe.language import N_

from .outcome import RunOutcome, outcome_document

LEVELS = ("debug", "info", "warning", "error")
KEEP = 60  # files: two months of nights
FILE_BYTES = 5_000_000  # of one run; an apply of 50,000 groups has some 2
ALL_BYTES = 200_000_000
ADVANCED_S = 30.0  # between two lines of how far a stage is
_TRAIL = 12  # calls: from our own code into that of a library
_SUFFIX = ".jsonl"
_RUN = re.compile(r"\w[\w.-]{0,79}")
_ADDRESS = re.compile(r"[^\s@<>\"',;:()]+@[^\s@<>\"',;:()]+")
_PHONE = re.compile(r"\+\d(?:[\s().-]{0,2}\d){9,13}")
_OURS = ("dedupe", "cli")
_EVENTS: Mapping[type, str] = {
    StageStarted: "stage.started",
    StageAdvanced: "stage.advanced",
    StageFinished: "stage.finished",
    Waiting: "waiting",
}

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log as it was written."""

    at: datetime
    level: str
    run: str
    profile: str
    policy: str
    event: str
    facts: Mapping[str, Any]


class RunLog:
    """The log of one run. A context manager: while it is open, `logging` writes into it too.

    Without a folder it keeps nothing: where the state folder can't be used, say.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        run_id: str,
        profile: str,
        policy: str = "",
        keep: int = KEEP,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._is_kept = folder is not None
        self.path = (folder or Path()) / f"{run_id}{_SUFFIX}"
        self._said = {"run": run_id, "profile": profile, "policy": policy}
        self._now, self._keep = now, keep
        self._descriptor = -1
        self._n_bytes = 0
        self._advanced: dict[str, datetime] = {}
        self._handler = _Handler(self)
        self._levels: dict[str, int] = {}  # of our loggers, as they were

    def __enter__(self) -> RunLog:
        """Open the file, make room for it, and listen to `logging`."""
        if self._is_kept:
            with suppress(OSError):
                self._open()
        self._hear_logging()
        self.note("info", "run.started")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Note what ended the run early, and close the file."""
        if kind is not None:
            self.note("error", "run.broken", kind=kind.__name__)
        logging.getLogger().removeHandler(self._handler)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        if self._descriptor >= 0:
            with suppress(OSError):
                os.fsync(self._descriptor)
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1

    def heard(self, listener: Listener) -> Listener:
        """Return a listener that notes each event and passes it on."""

        def hear(event: Event) -> None:
            self.listen(event)
            listener(event)

        return hear

    def listen(self, event: Event) -> None:
        """Note an event; of how far a stage is, a line now and then."""
        if isinstance(event, StageAdvanced) and not self._is_due(event.stage):
            return
        self.note("info", _EVENTS[type(event)], **asdict(event))

    def note(self, level: str, event: str, **facts: Fact) -> None:
        """Write one line; texts lose secrets and what looks like an address or a phone."""
        safe = {k: _scrubbed(v) if isinstance(v, str) else v for k, v in facts.items()}
        self._write(level, event, safe)

    def outcome(self, outcome: RunOutcome) -> None:
        """Write how the run ended; its level says whether a person should look."""
        told = outcome_document(outcome) | {"files": [Path(each).name for each in outcome.files]}
        told["error"] = _scrubbed(outcome.error)
        is_bad = outcome.state == "failed" or outcome.exit_code != 0
        self._write("error" if is_bad else "info", "outcome", told)

    def _open(self) -> None:
        for folder in (self.path.parent.parent, self.path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _rotate(self.path.parent, self._keep - 1, spared=self.path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(self.path, flags, 0o600)
        self._n_bytes = os.fstat(self._descriptor).st_size
        if self._n_bytes:  # a run that goes on: its last line may be torn
            os.write(self._descriptor, b"\n")

    def _hear_logging(self) -> None:
        """Listen; our own modules' notes pass from now on, which no other handler asked for."""
        for name in _OURS:
            logger = logging.getLogger(name)
            self._levels[name] = logger.level
            if not logger.isEnabledFor(logging.INFO):
                logger.setLevel(logging.INFO)
        logging.getLogger().addHandler(self._handler)

    def _is_due(self, stage: str) -> bool:
        now, last = self._now(), self._advanced.get(stage)
        if last is not None and 0 <= (now - last).total_seconds() < ADVANCED_S:
            return False
        self._advanced[stage] = now
        return True

    def _write(self, level: str, event: str, facts: Mapping[str, Any]) -> None:
        is_full = self._n_bytes > FILE_BYTES
        if self._descriptor < 0 or (is_full and event != "outcome"):
            return
        line = {
            "at": self._now().astimezone(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            **self._said,
            "event": event,
            "facts": facts,
        }
        content = json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n"
        with suppress(OSError):  # a full disk: the run itself says so, where it matters
            self._n_bytes += os.write(self._descriptor, content)
            if not is_full and self._n_bytes > FILE_BYTES:
                cut = {"level": "warning", "event": "log.cut", "facts": {}}
                os.write(self._descriptor, json.dumps(line | cut).encode() + b"\n")


class _Handler(logging.Handler):
    """Writes what `logging` hears into the log: warnings of all, notes of ours."""

    def __init__(self, log: RunLog) -> None:
        super().__init__(logging.INFO)
        self._log = log
        self.addFilter(Redactor())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a stranger's text may hold anything, so its numbers are masked too."""
        is_ours = record.name.split(".")[0] in _OURS
        if record.levelno < logging.WARNING and not is_ours:
            return
        level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
        with suppress(Exception):  # logging must not end what it watches
            self._log.note(
                level if level in LEVELS else "info",
                "log",
                logger=record.name,
                message=clean(record.getMessage()),
            )


def trail(error: BaseException) -> str:
    """Return where an error arose, the innermost call last; no word of it, which may hold values.

    >>> try:
    ...     {}["a client"]
    ... except KeyError as error:
    ...     "a client" in trail(error), trail(error).startswith("KeyError: ")
    (False, True)
    """
    frames = traceback.extract_tb(error.__traceback__)[-_TRAIL:]
    places = [f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames]
    return f"{type(error).__name__}: {' > '.join(places)}"


def log_runs(folder: Path, profile: str | None = None) -> list[Line]:
    """Return the first line of each log, the newest run first; of one profile where it is named."""
    found = [first for path in folder.glob(f"*{_SUFFIX}") if (first := _first(path))]
    mine = [line for line in found if profile is None or line.profile == profile]
    return sorted(mine, key=lambda line: (line.at, line.run), reverse=True)


def read_log(folder: Path, run_id: str) -> list[Line]:
    """Return the lines of a run; torn ones are passed over. Raises InputError, StorageError."""
    path = folder / f"{run_id}{_SUFFIX}"
    unknown = InputError(
        N_("there is no log of this run"),
        where=run_id[:80],
        fix=N_("see the list: crmclean runs; the last {keep} logs are kept"),
        keep=KEEP,
    )
    if not _RUN.fullmatch(run_id):
        raise unknown
    try:
        return list(_lines(path))
    except FileNotFoundError:
        raise unknown from None
    except OSError as error:
        raise StorageError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error


def _lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        for content in file:
            line = _line(content)
            if line is not None:
                yield line


def _first(path: Path) -> Line | None:
    try:
        return next(_lines(path), None)
    except OSError:
        return None


def _line(content: bytes) -> Line | None:
    try:
        told = json.loads(content)
        at = datetime.fromisoformat(told["at"])
        texts = {key: str(told[key]) for key in ("level", "run", "profile", "policy", "event")}
        return Line(at=at.astimezone(UTC), facts=dict(told["facts"]), **texts)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _rotate(folder: Path, keep: int, *, spared: Path) -> None:
    """Delete the oldest logs over the number and the size that are kept."""
    paths = [path for path in folder.glob(f"*{_SUFFIX}") if path != spared]
    files = [(path.stat(), path) for path in paths]
    left = ALL_BYTES
    newest = sorted(files, key=lambda file: (file[0].st_mtime_ns, file[1].name), reverse=True)
    for at, (found, path) in enumerate(newest):
        left -= found.st_size
        if at >= keep or left < 0:
            path.unlink(missing_ok=True)


def _scrubbed(text: str) -> str:
    return _PHONE.sub("***", _ADDRESS.sub("***", redact(text)))
