"""Alphabets of a word: which it has, lookalike letters put right, the keyboard's other layout.

A person's name is written in one alphabet. A word with letters of both Cyrillic and
Latin is folded to one of them through the letters that look alike; a word typed with
the wrong layout on is turned by the keys of ЙЦУКЕН and QWERTY. Case is kept, and every
function takes any text.

>>> fold_homoglyphs("Ивaнoв"), swap_layout("Bdfyjd"), swap_layout("Иванов")
('Иванов', 'Иванов', 'Bdfyjd')
"""

from __future__ import annotations

import re
from enum import StrEnum

# Pairs that look alike in print, capital and small; then small letters whose capitals do
# (в/B, н/H, к/K, м/M, т/T): a CRM may have lowered the capital before we see it.
_CYRILLIC_TWINS = "АВЕКМНОРСТУХІЇЈЅЁҮԚԜаеорсухіїјѕёһԁԛԝвкмнт"
_LATIN_TWINS = "ABEKMHOPCTYXIÏJSËYQWaeopcyxiïjsëhdqwbkmht"
TWINS = dict(zip(_CYRILLIC_TWINS, _LATIN_TWINS, strict=True))
_TO_LATIN = {ord(cyrillic): latin for cyrillic, latin in TWINS.items()}
# A Russian letter wins: "Y" stands for "У" far more often than for "Ү", "h" for "н".
_RUSSIAN_LAST = sorted(TWINS.items(), key=lambda pair: "А" <= pair[0] <= "я" or pair[0] in "Ёё")
_TO_CYRILLIC = {ord(latin): cyrillic for cyrillic, latin in _RUSSIAN_LAST}
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")

_QWERTY = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~'
_JCUKEN = "йцукенгшщзхъфывапролджэячсмитьбюё" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ"
_TO_JCUKEN = str.maketrans(_QWERTY, _JCUKEN)
TO_QWERTY = str.maketrans(_JCUKEN, _QWERTY)


class Script(StrEnum):
    """The alphabet of a word; `NONE` has no letters, `OTHER` only those of another alphabet."""

    CYRILLIC = "cyrillic"
    LATIN = "latin"
    MIXED = "mixed"
    OTHER = "other"
    NONE = "none"


def script_of(token: str) -> Script:
    """Tell the alphabet of a word."""
    is_cyrillic, is_latin = bool(_CYRILLIC.search(token)), bool(_LATIN.search(token))
    if is_cyrillic or is_latin:
        one = Script.CYRILLIC if is_cyrillic else Script.LATIN
        return Script.MIXED if is_cyrillic and is_latin else one
    return Script.OTHER if any(map(str.isalpha, token)) else Script.NONE


def fold_homoglyphs(token: str) -> str:
    """Fold a word that mixes Cyrillic and Latin to the one it has more letters of.

    A tie is Cyrillic. Where only the other direction leaves no stranger ("Bopиc": "и" has
    no Latin twin), that one is taken. Other words stay as they are.
    """
    if not (_LATIN.search(token) and _CYRILLIC.search(token)):
        return token
    cyrillic, latin = _CYRILLIC.findall(token), _LATIN.findall(token)
    can_be_latin = all(ord(sign) in _TO_LATIN for sign in cyrillic)
    can_be_cyrillic = all(ord(sign) in _TO_CYRILLIC for sign in latin)
    is_latin = len(latin) > len(cyrillic)
    if can_be_latin != can_be_cyrillic:
        is_latin = can_be_latin
    return token.translate(_TO_LATIN if is_latin else _TO_CYRILLIC)


def swap_layout(text: str) -> str:
    """Return what the same keys give on the other layout.

    The layout is told by the letters: Latin, unless there are more Cyrillic ones.
    """
    is_cyrillic = len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))
    return text.translate(TO_QWERTY if is_cyrillic else _TO_JCUKEN)
