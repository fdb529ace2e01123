"""What each check was told, as a digest: two scans compare where it is the same.

A check's records depend on its own options (the config's, else the defaults of this version), and
some on settings of the whole scan: the time zone of days and hours, the country and area code of
numbers, the field of loss reasons, the regulation, the manual lines, how cards are matched and how
merged ones are known. `SETTINGS` says which. A severity moves no record and is left out, as are the
reviewers' decisions, which are data. Digests hold no value in clear.

A test carries out every check and compares what it reads of the facts with this table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

from dedupe.config import Regulation

from .options import Options
from .registry import CHECKS, Check

_DIGITS = 12


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Beginnings of codes, by the setting that their records depend on beside their own options.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "zone": _words(
        "ACC001 CAL10 CAL202 CHT101 DEAL201 DUP90 ENR201 FLD201 FUN INT201 INT203 KPI LOS301 LST "
        "MAIL MGR001 UNS101 USR002 WHATIF101"
    ),
    "loss_reason_field": _words("KPI104 LOS101 LOS201 LOS301 LST105 MGR001"),
    "regulation": _words("REG"),
    "manual": _words("MAN001"),
    "numbers": _words("DUP1 DUP9 ENR NAM PHN SRC101 SRC301"),
    "matching": _words("DUP108 DUP109 DUP110 DUP901 DUP902"),
    "marks": _words("DUP1 DUP9"),
}
# Options of another check that a check reads, too.
BORROWED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("LST101", "LST102", "LST103", "LST104"), ("LST001",)),
    "LST105": ("LST001", "KPI104"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a scan was told: `options` by code, the rest by the names of SETTINGS.

    `numbers`, `matching` and `marks` are settings of other rooms, of plain values or dataclasses.
    """

    options: Options = field(default_factory=dict)
    zone: str = ""
    loss_reason_field: str | None = None
    regulation: tuple[Regulation, ...] = ()
    manual: Mapping[str, str] = field(default_factory=dict)
    numbers: object = None
    matching: object = None
    marks: object = None


def told_digests(codes: Iterable[str], told: Told) -> dict[str, str]:
    """Return the digest of all that each check of `codes` was told; unknown codes have none."""
    return {code: _digest(_of(CHECKS[code], told)) for code in codes if code in CHECKS}


def _of(check: Check, told: Told) -> dict[str, object]:
    read = (check.code, *BORROWED.get(check.code, ()))
    options = {code: _options(CHECKS[code], told.options) for code in read if code in CHECKS}
    return {"options": options, **{name: getattr(told, name) for name in settings_of(check.code)}}


def _options(check: Check, options: Options) -> dict[str, object]:
    """Return all options of a check, told or not; its severity is none that moves a record."""
    own = options.get(check.code, {})
    return {each.name: own.get(each.name, each.default) for each in check.options}


def settings_of(code: str) -> list[str]:
    """Return the settings of the whole scan that the records of a check depend on."""
    return [name for name, codes in SETTINGS.items() if code.startswith(codes)]


def _digest(value: dict[str, object]) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _plain(value: Any) -> object:  # noqa: ANN401  what json can't write by itself
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return str(value)
