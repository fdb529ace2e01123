"""The skeleton of a word: one key for a name in Cyrillic and in any of its transliterations.

There is no single way back from Latin (щ is shch, sch, shh, šč), so both alphabets are
folded to one reduced Cyrillic: every letter that some scheme confuses with another is
one letter here. й = и = ы, ё = э = е, щ = ш, х = кс (x is either), ц = тс; "и" before a vowel
melts into it (Мария, Marija, Mariia: маря), ь ъ and apostrophes are dropped, doubled
letters count once. Letters of Ukrainian, Belarusian, Kazakh and their neighbors are
taken to the nearest Russian one, as their bearers' Russian papers do. Other scripts are
kept as they are, in lower case.

A skeleton is a key, not a name: it is compared, never shown.

>>> skeleton("Щербакова"), skeleton("Shcherbakova"), skeleton("Scherbakova")
('шербакова', 'шербакова', 'шербакова')
>>> skeleton("Юлия") == skeleton("Iuliia") == skeleton("Julija") == skeleton("Юлія")
True
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import polars as pl

# Latin runs that stand for one Cyrillic sound, then single letters; the longest is tried first.
_RUNS = {
    "tshch": "тш", "tsch": "ч", "shch": "ш", "shh": "ш", "sch": "ш", "šč": "ш", "tch": "ч",
    "tsh": "тш", "tzh": "тж", "kh": "х", "zh": "ж", "ch": "ч", "sh": "ш", "ts": "ц", "tz": "ц",
    "cz": "ц", "ph": "ф", "th": "т", "gh": "г", "dj": "дж",
}  # fmt: skip
_ABC, _ITS_SOUNDS = "abcdefghijklmnopqrstuvwxyz", "абцдефгхииклмнопкрстуввхиз"
_LATIN = dict(zip(_ABC, _ITS_SOUNDS, strict=True))
_MARKED = {
    **dict.fromkeys("şŝšș", "ш"), **dict.fromkeys("çčć", "ч"), "ž": "ж", "ź": "ж", "ż": "ж",
    "ə": "а", "ı": "и", "ł": "л", "đ": "дж", "ø": "о", "ß": "с", "æ": "е", "þ": "т", "â": "я",
    "û": "ю",
}  # fmt: skip
_CYRILLIC = {
    **{sign: sign for sign in "абвгдежзиклмнопрстуфхцчшюя"},
    **dict.fromkeys("йыіїј", "и"), **dict.fromkeys("ёэє", "е"), **dict.fromkeys("ъь", ""),
    "щ": "ш", "ґ": "г", "ў": "в", "ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у",
    "ү": "у", "һ": "х", "ҳ": "х", "җ": "ж", "ҷ": "дж", "ӣ": "и", "ӯ": "у", "ѕ": "з", "љ": "л",
    "њ": "н", "ћ": "ч", "ђ": "дж", "џ": "дж", "ѝ": "и", "ѓ": "г", "ќ": "к", "ҫ": "с", "ҙ": "з",
    "ҡ": "к", "ӧ": "о", "ӱ": "у", "ӓ": "а", "ӑ": "а", "ӗ": "е", "ҥ": "н", "ҕ": "г", "ӈ": "н",
}  # fmt: skip
_SILENT = dict.fromkeys("'`\u2019\u2018\u02bc\u02b9\u02ba\u00b4\u2032\u2033\"-. ", "")
_LETTERS = {**_LATIN, **_MARKED, **_CYRILLIC, **_SILENT}
_TABLE = {**_RUNS, **_LETTERS}
# What one scheme or another makes of two letters meets here; the second pass sees the first.
_FOLDS = (
    {"кс": "х", "тс": "ц", "тз": "ц", "тч": "ч", "тх": "т"},
    {"шч": "ш", "сч": "ш", "сх": "ш"},
)
_VOWELS = ((r"и+[ая]", "я"), (r"и+[ую]", "ю"), (r"и+[ео]", "е"))
_DOUBLES = {sign * 2: sign for sign in sorted({*"".join(_LETTERS.values())})}
_FINAL_FF = r"ff$"

_KNOWN_TEXT = "^[" + "".join(re.escape(sign) for sign in _LETTERS) + "]*$"


def _pattern(signs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, signs)))


_KNOWN = re.compile(_KNOWN_TEXT)
_LETTER_TABLE = str.maketrans(_LETTERS)
_RUN_PATTERN = _pattern(_RUNS)
_HAS_LATIN = re.compile("[a-zšč]")
_VOWEL_PATTERNS = tuple((re.compile(pattern), sign) for pattern, sign in _VOWELS)
_FOLD_PATTERNS = tuple((_pattern(fold), fold) for fold in _FOLDS)
_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=1 << 16)
def skeleton(token: str) -> str:
    """Return the key that a word shares with its transliterations and variants."""
    text = token.lower()
    return _fold(text if _KNOWN.match(text) else _plain(text))


def skeleton_column(series: pl.Series) -> pl.Series:
    """Return the skeletons of a column of words; null stays null, the order is kept."""
    token = pl.col("token")
    frame = series.cast(pl.String).to_frame("token").with_row_index("row")
    frame = frame.with_columns(token.str.to_lowercase().alias("token"))
    frame = frame.with_columns(_folded(token).alias("skeleton"))
    # Other scripts and runs of a letter need a look at each; there are few.
    is_rest = ~token.str.contains(_KNOWN_TEXT)
    is_rest |= pl.col("skeleton").str.contains_any(list(_DOUBLES))
    rest = frame.filter(is_rest)["row"]
    done = frame["skeleton"].alias(series.name)
    if rest.is_empty():
        return done
    raws = series.cast(pl.String).gather(rest).to_list()
    return done.scatter(rest, [skeleton(raw) for raw in raws])


def _fold(text: str) -> str:
    if _HAS_LATIN.search(text):
        text = re.sub(_FINAL_FF, "v", text) if text.endswith("ff") else text
        text = _RUN_PATTERN.sub(lambda found: _RUNS[found[0]], text)
    text = text.translate(_LETTER_TABLE)
    for pattern, sign in _VOWEL_PATTERNS:
        text = pattern.sub(sign, text)
    for pattern, fold in _FOLD_PATTERNS:
        text = pattern.sub(lambda found, fold=fold: fold[found[0]], text)  # type: ignore[misc]
    return _REPEATED.sub(r"\1", text)


def _plain(text: str) -> str:
    """Strip the marks of letters that have no place in the tables; drop what is no letter."""
    kept = "".join(sign if sign in _LETTERS else _stripped(sign) for sign in text)
    return kept.lower()


def _stripped(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", sign)
    return "".join(part for part in parts if part.isalnum())


def _folded(text: pl.Expr) -> pl.Expr:
    """Do what `_fold` does to words of known letters without long runs."""
    text = text.str.replace(_FINAL_FF, "v")
    text = text.str.replace_many(list(_TABLE), list(_TABLE.values()), leftmost=True)
    for pattern, sign in _VOWELS:
        text = text.str.replace_all(pattern, sign)
    for fold in _FOLDS:
        text = text.str.replace_many(list(fold), list(fold.values()), leftmost=True)
    return text.str.replace_many(list(_DOUBLES), list(_DOUBLES.values()))
