"""The key of this machine's state folder, and what it says of a workbook that comes back."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from dedupe.errors import StorageError
from dedupe.language import N_

KEY_NAME = "review.key"
_BYTES = 32
Groups = Sequence[tuple[str, str, Sequence[str]]]  # number, entity, ids


def signing_key(state: Path) -> bytes:
    """Return the key, made when it is asked for first. Raises StorageError."""
    path = state / KEY_NAME
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_BYTES))
                file.flush()
                os.fsync(file.fileno())
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(
            N_("the key of this state folder can't be read or written ({reason})"),
            where=str(path),
            fix=N_("check the rights and the free space"),
            reason=(error.strerror or type(error).__name__).lower(),
        ) from error
    if len(key) != _BYTES:
        raise StorageError(
            N_("the key of this state folder is damaged"),
            where=str(path),
            fix=N_("move the file aside; workbooks that it has signed must be exported again"),
        )
    return key


def sign(key: bytes, scan_id: str, groups: Groups) -> str:
    """Return the signature of a workbook's scan and groups, as hexadecimal digits."""
    told = json.dumps([scan_id, [list(each) for each in groups]], separators=(",", ":"))
    return hmac.new(key, told.encode("utf-8"), hashlib.sha256).hexdigest()
