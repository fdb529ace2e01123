"""One word of a person's name: its class, and how it is written.

Words repeat far more than names do, so each is classified once. A word that no table and
no ending knows is tried as typed with the wrong keyboard layout.

>>> classify("Bdfyjd").text, classify("ИВАНОВА-ПЕТРОВА").text, classify("о'нил").text
('Иванов', 'Иванова-Петрова', "О'Нил")
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from . import person_words as words
from .given_names import gender_of
from .person_lookup import is_in_tables, look_up
from .person_roles import TokenClass
from .person_tables import fold_yo, likelihoods
from .scripts import fold_homoglyphs, swap_layout
from .skeleton import skeleton

_TWO_LETTERS = ("дж", "дз", "хр")  # digraphs that stand for one initial
_ELISION = re.compile(r"[ОоДдOoDdLl]'(?=..)")
_INNER_CAPITAL = re.compile(r"[^\W\d_a-zа-яё][a-zа-яё]+[A-ZА-ЯЁ][a-zа-яё]+")
_FREQUENT = -14  # bits of a given name whose genitive is worth a thought
_SHORTEST_SWAP = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its canonical spelling, its class, and what was done to read it."""

    raw: str
    text: str
    word_class: TokenClass
    flags: frozenset[str] = frozenset()

    @property
    def is_known(self) -> bool:
        """Tell whether a table or an ending knows the word."""
        _, given, surname, patronymic, *_ = self.word_class
        return bool(given or surname or patronymic)


@lru_cache(maxsize=1 << 16)
def classify(raw: str) -> Token:
    """Classify one word as it was typed."""
    text = " ".join(map(fold_homoglyphs, raw.split(" ")))
    flags = frozenset({"homoglyph"} if text != raw else ())
    letters = text.rstrip(".")
    if _is_initial(letters):
        return _initial(text, flags)
    kind = _kind(fold_yo(letters.lower()))
    if kind != "W":
        return Token(raw, text, TokenClass(kind), flags)
    token = _word(letters, flags)
    if not token.is_known:
        token = _retyped(letters) or token
    return token


def canonical(text: str) -> str:
    """Write a name with capitals where they belong: Иванова-Петрова, Вагиф оглы, фон Берг."""
    if text.isalpha() and text[0].isupper() and text[1:].islower():
        return text
    phrase = text.split(" ")
    is_after = fold_yo(phrase[-1].lower()) in words.AFTER
    bearer = 0 if is_after else len(phrase) - 1
    return " ".join(
        _hyphenated(word) if i == bearer else word.lower() for i, word in enumerate(phrase)
    )


def patronymic_gender(patronymic: str) -> str:
    """Tell the gender that a patronymic shows."""
    low = patronymic.lower().replace("-", " ")
    is_daughter = low.rsplit(" ", 1)[-1] in words.DAUGHTERS
    is_female = is_daughter or skeleton(low).endswith(("на", "кизи", "гизи"))
    return "f" if is_female else "m"


def _is_initial(letters: str) -> bool:
    is_letter = len(letters) == 1 and letters.isalpha()
    return is_letter or letters.lower() in _TWO_LETTERS


def _initial(text: str, flags: frozenset[str]) -> Token:
    kind = "A" if text in ("и", "И") else "I"  # with a dot it can't be "and"
    letters = text.rstrip(".")
    return Token(text, letters, TokenClass(kind, is_lower=letters.islower()), flags)


def _kind(low: str) -> str:
    if low in words.KIN:
        return words.KIN[low].upper()
    if low in words.FORMS:
        return "C"
    if low in words.CONJUNCTIONS:
        return "&"
    return "N" if low in words.NOISE else "W"


def _word(text: str, flags: frozenset[str]) -> Token:
    low = fold_yo(text.lower())
    found = look_up(low)
    if text.isascii() and any(found):
        flags |= {"transliterated"}
    gender = gender_of(low) if found.given else None
    if found.patronymic and not gender:
        gender = patronymic_gender(low)
    is_genitive = bool(found.given) and _is_genitive(low)
    word_class = TokenClass("W", *found, text.islower(), (gender or "").upper(), is_genitive)
    return Token(text, canonical(text), word_class, flags)


def _retyped(text: str) -> Token | None:
    """Read a word as typed with the other layout on, if that makes it a name."""
    swapped = swap_layout(text)
    if len(text) < _SHORTEST_SWAP or not swapped.isalpha() or swapped == text:
        return None
    low = fold_yo(swapped.lower())
    is_latin = low.isascii()  # seldom meant, so that more is asked of it
    is_name = (len(low) > 3 and any(look_up(low)[:2])) if is_latin else is_in_tables(low)
    return _word(swapped, frozenset({"layout"})) if is_name else None


def _is_genitive(low: str) -> bool:
    """Tell whether a given name is also the genitive of a frequent one (Александра)."""
    base = likelihoods("given_names")
    male = (low[:-1], low[:-1] + "й", low[:-1] + "ь")
    return low.endswith(("а", "я")) and any(base.get(name, -99) >= _FREQUENT for name in male)


def _hyphenated(word: str) -> str:
    parts = word.split("-")
    is_particle = [i > 0 and fold_yo(part.lower()) in words.AFTER for i, part in enumerate(parts)]
    named = [
        part.lower() if is_low else _capitalized(part)
        for part, is_low in zip(parts, is_particle, strict=True)
    ]
    return "-".join(named)


def _capitalized(part: str) -> str:
    if _INNER_CAPITAL.fullmatch(part):
        return part
    start = _ELISION.match(part)
    head = start[0].upper() if start else ""
    rest = part[len(head) :]
    return head + rest[:1].title() + rest[1:].lower()
