"""Copies of cards as the CRM gave them, durable before the first write to one of them.

One JSON Lines file per run: a card a line. The journal keeps its path and the line's SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from dedupe.errors import StorageError
from dedupe.language import N_
from dedupe.plan.sink import Card

from .journal import Journal


class Backup:
    """The backup file of one run."""

    def __init__(
        self, folder: Path, run_id: str, journal: Journal, *, is_durable: bool = True
    ) -> None:
        self._path = folder / "backup" / f"{run_id}.jsonl"
        self._run_id, self._journal, self._is_durable = run_id, journal, is_durable

    def keep(self, cards: Iterable[Card]) -> None:
        """Append cards and sync them. Raises StorageError; then nothing may be sent."""
        lines = [(card, _line(card)) for card in cards]
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(self._line_end() + b"".join(line for _, line in lines))
                if self._is_durable:
                    file.flush()
                    os.fsync(file.fileno())
            if self._is_durable:
                _sync_folder(self._path.parent)
        except OSError as error:
            raise StorageError(
                N_("the backup can't be written ({reason}), so nothing was sent"),
                where=str(self._path),
                fix=N_("free space or mend its rights, then run crmclean resume"),
                reason=(error.strerror or type(error).__name__).lower(),
            ) from error
        copies = [(c.ref.entity, c.ref.id, hashlib.sha256(line).hexdigest()) for c, line in lines]
        self._journal.keep_backup(self._run_id, copies, str(self._path))

    def _line_end(self) -> bytes:
        """Return what ends a line that was cut off, so that the next one is whole."""
        with self._path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return b""
            file.seek(-1, os.SEEK_END)
            return b"" if file.read(1) == b"\n" else b"\n"


def _line(card: Card) -> bytes:
    facts = {"entity": card.ref.entity, "id": card.ref.id, "card": dict(card.raw)}
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str).encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
