"""Single values of custom fields as texts: what a FieldChange compares and writes.

One plain value is its text. A value that names a choice of a list, or several of them, is
canonical JSON, so that the choice's id is not lost: `[{"enum_id":"7","raw":"Сайт"}]`. The snapshot
and a fresh read of a card make the same text of the same value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from .canonical import canonical_text

Part = tuple[str | None, str | None]  # raw, enum_id


def field_text(parts: Iterable[Part]) -> str | None:
    """Return the values of one field of a card as one text; None where there are none.

    >>> field_text([("Пенза", None)]), field_text([("Сайт", "7")])
    ('Пенза', '[{"enum_id":"7","raw":"Сайт"}]')
    """
    told = [part for part in dict.fromkeys(parts) if part != (None, None)]
    if not told:
        return None
    if len(told) == 1 and told[0][1] is None:
        return told[0][0]
    return canonical_text([{"enum_id": enum_id, "raw": raw} for raw, enum_id in told])


def field_parts(text: str | None) -> tuple[Part, ...]:
    """Return the values that `field_text` made `text` of."""
    if text is None:
        return ()
    if text.startswith('[{"enum_id":'):
        try:
            return tuple((part["raw"], part["enum_id"]) for part in json.loads(text))
        except (ValueError, KeyError, TypeError):
            pass  # a person's own text that looks like ours
    return ((text, None),)


def shown_text(text: str | None) -> str:
    """Return a field's value as people read it."""
    return ", ".join(raw or enum_id or "" for raw, enum_id in field_parts(text))
