"""Where files lie and what they hold, as a digest: what tells two lists of one name apart.

A list of today and the same list of tomorrow lie in one place and have the same columns; two
unrelated people.csv do not. The digest names no path in clear.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from dedupe.contracts import Account

DIGITS = 16


def place_of(path: Path, account: Account) -> str:
    """Return the digest of files: their whole path, their tables and the headers of these."""
    columns = account.settings.get("columns", "")  # see crm.tables.read
    told = [str(path.resolve()), sorted(account.tables), columns]
    text = json.dumps(told, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def is_of_name(key: str, name: str) -> bool:
    """Tell whether a source's key is of files of this name: the name, with a digest or without.

    >>> is_of_name("people.csv", "people.csv"), is_of_name("people.csv:0", "people.csv")
    (True, False)
    """
    rest = key.removeprefix(name)
    return key.startswith(name) and (not rest or re.fullmatch(r":[0-9a-f]{16}", rest) is not None)
