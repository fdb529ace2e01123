"""Digits judged one string at a time by the automaton: the kernel's decisions in plain Python.

A call of the kernel costs more than the walk of one number, so whoever has a single
string of digits (the splitter, which tries every cut) walks the nodes here. The order of
decisions is that of `dedupe.kernels.phones._judge`; what the tables leave out is asked of
the library. `national_type` answers for ten digits behind country code 7, `judged` for any
digits.

>>> judged("375291234567", None)
Judged(country_code=375, national='291234567', type=1)
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import phonenumbers

from dedupe.kernels.phones import (
    BIT,
    CODE,
    IDD,
    IDD_END,
    LENGTHS,
    LOCAL_LENGTHS,
    MAX_NSN,
    NATIONAL,
    NATIONAL_END,
    NODE_GENERAL,
    NODE_REGION,
    NODE_TYPE,
    ROOT,
    UNKNOWN_TYPE,
)

from .automaton import ROW, phone_tables

_HOME_REGION = "RU"


class Judged(NamedTuple):
    """A valid number: its parts, and its `PhoneNumberType` as a number."""

    country_code: int
    national: str
    type: int


class _Region(NamedTuple):
    """The facts of one region; prefixes are None where only the library can tell them."""

    code: int
    root: int
    bit: int
    lengths: int
    local_lengths: int
    national: tuple[str, ...] | None
    idd: tuple[str, ...] | None


def national_type(national: str) -> int | None:
    """Return the `PhoneNumberType` of digits behind country code 7, None when not valid."""
    nodes, at = _nodes(), _home_root()
    for digit in national:
        at = nodes[at * ROW + ord(digit) - 48]
        if at == 0:
            return None
    return nodes[at * ROW + NODE_TYPE] if nodes[at * ROW + NODE_REGION] else None


def judged(digits: str, region: str | None) -> Judged | None:
    """Judge ASCII `digits` as libphonenumber does; None when they are no valid number.

    Without a `region` they are read as if a plus stood before them.
    """
    if region is None:
        own, rest = _by_calling_code(digits)
    else:
        if region not in _regions():
            return None
        own, rest = _default_start(digits, _regions()[region])
        if own is None and rest:
            return _ask_library(digits, region)
    if own is None or len(rest) < 2:
        return None
    if own.national is None:
        return _ask_library(digits, region)
    stripped = _without_national_prefix(rest, own, own.national)
    if _is_usable(len(stripped), own):
        rest = stripped
    if not 2 <= len(rest) <= MAX_NSN:
        return None
    node = _walk(own.root, rest) * ROW
    if not _nodes()[node + NODE_REGION]:
        return None
    return Judged(own.code, rest, _nodes()[node + NODE_TYPE])


def code_digits(digits: str) -> int:
    """Return how many of E.164 `digits` are the calling code, 0 where no known one stands."""
    _, rest = _by_calling_code(digits)
    return len(digits) - len(rest)


def _default_start(digits: str, home: _Region) -> tuple[_Region | None, str]:
    """Return whose number `digits` are and where it starts; (None, digits): ask the library."""
    if home.idd is None or home.national is None:
        return None, digits
    idd = next((each for each in home.idd if digits.startswith(each)), "")
    # No calling code begins with 0, so what stands before it was no prefix.
    if idd and digits[len(idd) : len(idd) + 1] != "0":
        rest = digits[len(idd) :]
        own, rest = _by_calling_code(rest)
        return own, rest if own else ""
    code_text = str(home.code)
    if not digits.startswith(code_text):
        return home, digits
    rest = _without_national_prefix(digits[len(code_text) :], home, home.national)
    is_too_long = not home.local_lengths >> len(digits) & 1 and not home.lengths >> len(digits)
    if is_too_long or (not _is_general(digits, home) and _is_general(rest, home)):
        return _main_regions()[code_text], rest
    return home, digits


def _by_calling_code(digits: str) -> tuple[_Region | None, str]:
    """Return whose calling code `digits` begin with, None where it is no known one's."""
    main = _main_regions()
    if len(digits) > 2 and digits[0] != "0":
        for n in (1, 2, 3):
            if own := main.get(digits[:n]):
                return own, digits[n:]
    return None, digits


def _without_national_prefix(digits: str, own: _Region, prefixes: tuple[str, ...]) -> str:
    prefix = next((each for each in prefixes if digits.startswith(each)), None)
    if prefix is None:
        return digits
    rest = digits[len(prefix) :]
    return digits if _is_general(digits, own) and not _is_general(rest, own) else rest


def _is_general(digits: str, own: _Region) -> bool:
    return bool(_nodes()[_walk(own.root, digits) * ROW + NODE_GENERAL] & own.bit)


def _is_usable(n: int, own: _Region) -> bool:
    """Tell whether a number of `n` digits is of a possible length, or too long."""
    if own.local_lengths >> n & 1:
        return False
    return bool(own.lengths >> n & 1) or own.lengths >> n == 0


def _walk(root: int, digits: str) -> int:
    """Return the node of `digits` below `root`, 0 if no pattern goes on."""
    nodes, at = _nodes(), root
    for digit in digits:
        at = nodes[at * ROW + ord(digit) - 48]
        if at == 0:
            return 0
    return at


def _ask_library(digits: str, region: str | None) -> Judged | None:
    try:
        number = phonenumbers.parse(digits if region else f"+{digits}", region)
    except phonenumbers.NumberParseException:
        return None
    kind = int(phonenumbers.number_type(number))
    if kind == UNKNOWN_TYPE:
        return None
    national = phonenumbers.national_significant_number(number)
    return Judged(number.country_code or 0, national, kind)


@cache
def _nodes() -> list[int]:
    nodes: list[int] = phone_tables().arrays.nodes.tolist()
    return nodes


@cache
def _home_root() -> int:
    return _regions()[_HOME_REGION].root


@cache
def _regions() -> dict[str, _Region]:
    """Return the facts of every region by its name; "001:800" for a code that is no country's."""
    names, arrays = phone_tables().names, phone_tables().arrays
    texts = ["".join(map(str, row[1 : 1 + row[0]])) for row in arrays.literals.tolist()]

    def prefixes(first: int, stop: int) -> tuple[str, ...] | None:
        return None if first < 0 else tuple(texts[first:stop])

    return {
        name: _Region(
            code=facts[CODE],
            root=facts[ROOT],
            bit=facts[BIT],
            lengths=facts[LENGTHS],
            local_lengths=facts[LOCAL_LENGTHS],
            national=prefixes(facts[NATIONAL], facts[NATIONAL_END]),
            idd=prefixes(facts[IDD], facts[IDD_END]),
        )
        for name, facts in zip(names, arrays.facts.tolist(), strict=True)
    }


@cache
def _main_regions() -> dict[str, _Region]:
    """Return the region whose rules a calling code has."""
    regions = tuple(_regions().values())
    main = phone_tables().arrays.main_region.tolist()
    return {str(code): regions[at] for code, at in enumerate(main) if at >= 0}
