"""What the user says about the tables beyond their path: `--entity`, `--map` and their like."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dedupe.contracts import Entity
from dedupe.crm.tables.roles import ROLE_NAMES, header_key
from dedupe.errors import InputError
from dedupe.language import N_

DELIMITER_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """How to read tables where their names and headers do not say it.

    `roles` maps a column's header to a role of `roles.py`; `entity` is what a single
    table holds; moments without an offset are in `timezone`; `value_separator` cuts the
    cells of phones and e-mails; `compare` names columns that are compared as they are.
    """

    entity: Entity | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    timezone: str = "Europe/Moscow"
    value_separator: str | None = None
    compare: tuple[str, ...] = ()


def check_options(options: TableOptions) -> None:
    """Raise for the first option that can't be meant."""
    for header, role in options.roles.items():
        _check_role(header, role)
    _check_compared(options)
    if options.encoding is not None:
        _check_encoding(options.encoding)
    if options.delimiter is not None and not _is_delimiter(delimiter_of(options.delimiter)):
        raise InputError(
            N_("the delimiter must be one ASCII character other than a quote"),
            where="--delimiter",
            fix=N_("give a comma, a semicolon or the word tab"),
        )
    _check_timezone(options.timezone)


def with_compared(options: TableOptions) -> TableOptions:
    """Return `options` in which compared columns are mapped to the role that keeps them as is."""
    kept = dict.fromkeys(options.compare, "field")
    return replace(options, roles={**options.roles, **kept}, compare=())


def delimiter_of(word: str) -> str:
    """Return the character that `--delimiter` means: itself, or the one that a word names.

    >>> delimiter_of("semicolon"), delimiter_of("|")
    (';', '|')
    """
    return DELIMITER_WORDS.get(word.lower(), word)


def _is_delimiter(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in '"\r\n\0'


def _check_role(header: str, role: str) -> None:
    if role in ROLE_NAMES:
        return
    close = get_close_matches(role, ROLE_NAMES, n=1, cutoff=0.5)
    facts = {"role": role, "header": header, "known": ", ".join(ROLE_NAMES)}
    if close:
        raise InputError(
            N_("{role} (for the column {header}) is not a role"),
            where="--map",
            fix=N_("did you mean {close}? the roles are {known}"),
            close=close[0],
            **facts,
        )
    raise InputError(
        N_("{role} (for the column {header}) is not a role"),
        where="--map",
        fix=N_("the roles are {known}"),
        **facts,
    )


def _check_compared(options: TableOptions) -> None:
    """Raise for a column that has a role and shall be compared as it is: it can't be both."""
    mapped = set(map(header_key, options.roles))
    both = [header for header in options.compare if header_key(header) in mapped]
    if both:
        raise InputError(
            N_("{columns}: named by --compare and by --map"),
            where="--compare",
            fix=N_("keep one of the two: a column with a role is compared by its role"),
            columns=", ".join(both),
        )


def _check_encoding(encoding: str) -> None:
    try:
        is_text = codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise InputError(
            N_("{encoding} is not an encoding that Python knows"),
            where="--encoding",
            fix=N_("try utf-8, cp1251, utf-16 or koi8-r"),
            encoding=encoding,
        )


def _check_timezone(timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            N_("{timezone} is not a known time zone"),
            where="--timezone",
            fix=N_("give a name such as Europe/Moscow or Asia/Yekaterinburg"),
            timezone=timezone,
        ) from None
