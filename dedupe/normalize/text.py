"""Unicode as people type it: one spelling per sign, lookalike letters, slipped layouts.

`plain` is what every reader of this package does first. Lookalikes are letters of one
alphabet that pass for another's on paper (Cyrillic "а" in "ivаn"); a word is folded to
the alphabet that most of its letters belong to.

>>> fold_lookalikes("ивaн"), to_latin("ivаn"), from_layout("шмфт")
('иван', 'ivan', 'ivan')
"""

from __future__ import annotations

import html
import re
import unicodedata

from .scripts import TO_QWERTY, TWINS

# Of small letters only those that a Latin word may have; the Russian ones go both ways.
_RUSSIAN = "авекмнорстух"
_TO_LATIN = {ord(sign): TWINS[sign] for sign in _RUSSIAN + "іѕјԁһԛԝ"}
_TO_CYRILLIC = {ord(TWINS[sign]): sign for sign in _RUSSIAN}
_ORDINARY = re.compile(r"[\x00-\x7f\u0430-\u045f]*")  # signs that need no second look
_LATIN_LETTER = re.compile(r"[a-z]")
_CYRILLIC_LETTER = re.compile(r"[\u0400-\u04ff]")
_MINUS = "\u2212\u02d7\u2043"


def plain(raw: str) -> str:
    """Return `raw` in lower case, with ASCII digits, dashes and spaces, entities resolved."""
    if raw.isascii() and "&" not in raw:
        return raw.lower()
    text = unicodedata.normalize("NFKC", html.unescape(raw)).lower()
    if _ORDINARY.fullmatch(text):
        return text
    return unicodedata.normalize("NFKC", text.translate(_PLAIN_SIGNS))


def bounded(raw: str, limit: int) -> str:
    """Return the start of an overlong value, cut at a space where it has one.

    A value of thousands of signs is a note in the wrong column; what is read of it must
    not take time that grows with its square.
    """
    if len(raw) <= limit:
        return raw
    head = raw[:limit]
    at = max(head.rfind(" "), head.rfind("\n"))
    return head[:at] if at > 0 else head


def to_latin(word: str) -> str:
    """Replace every Cyrillic lookalike by its Latin twin; other letters stay."""
    return word.translate(_TO_LATIN)


def from_layout(word: str) -> str:
    """Return what the same keys give on the Latin layout."""
    return word.translate(TO_QWERTY)


def fold_lookalikes(word: str) -> str:
    """Fold a lower-case word that mixes both alphabets to the one it has more letters of."""
    if not is_mixed(word):
        return word
    is_latin = len(_LATIN_LETTER.findall(word)) > len(_CYRILLIC_LETTER.findall(word))
    return word.translate(_TO_LATIN if is_latin else _TO_CYRILLIC)


def is_mixed(word: str) -> bool:
    """Tell whether a lower-case word has letters of both alphabets."""
    return bool(_LATIN_LETTER.search(word) and _CYRILLIC_LETTER.search(word))


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    category = unicodedata.category(sign)
    if category == "Pd" or sign in _MINUS:
        return "-"
    if category == "Zs":
        return " "
    return "" if category in ("Cf", "Cs", "Mn") else sign


class _PlainSigns(dict[int, str]):
    """The plain spelling of each sign, found when it is first met."""

    def __missing__(self, code: int) -> str:
        """Return the plain spelling of a sign that was not met yet."""
        self[code] = _plain_sign(chr(code))
        return self[code]


_PLAIN_SIGNS = _PlainSigns()
