"""Surnames: the masculine form behind a feminine one, and the key that both share.

A couple is Иванов and Иванова: to compare people the feminine ending is dropped, by rule,
in Cyrillic and in Latin. Adjectives (Белая, Толстая) have several masculine forms, so the
key drops the difference of -ой, -ый and -ий too. Surnames that only look feminine
(Щербина) are a short list.

>>> masculine("Иванова"), masculine("Достоевская"), masculine("Толстая"), masculine("Щербина")
('Иванов', 'Достоевский', 'Толстой', 'Щербина')
>>> surname_key("Ivanova"), surname_key("Донская"), surname_key("Донской")
('иванов', 'донски', 'донски')
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from .person_tables import fold_yo, surname_counts
from .skeleton import skeleton, skeleton_column

# The same for men and women: the source has them far more often than a masculine form.
_EPICENE = """
    былина година дубина дуброва калина кислица кручина лучина пузына рева скорина скотина сова
    судьбина тычина хмарина щербина яцына щетина бузина корова
"""
EPICENE = frozenset(_EPICENE.split())
_EPICENE_KEYS = frozenset(map(skeleton, EPICENE))
# The feminine ending, and what stands there in the masculine; the first that fits is taken.
_ENDINGS = (
    (r"(?<=..)(ов|ев|ёв|єв|ин|їн|ын)а$", r"\1"),
    (r"(?<=.)(ськ|цьк|зьк)а$", r"\1ий"),
    (r"(?<=.)(ск|цк)ая$", r"\1ий"),
    (r"(?<=...)(?:ая)$", "ый"),
    (r"(?<=...)(?:яя)$", "ий"),
    (r"(?<=..)(ov|ev|in|yn)a$", r"\1"),
    (r"(?<=.)(s[ck]|[tc][sz]?k|ck)(?:a[jiy]a|aâ)$", r"\1iy"),
    (r"(?<=..)(sk|ck)a$", r"\1i"),
    (r"(?<=...)(?:a[jiy]a|aâ)$", "yy"),
)
_RULES = tuple((re.compile(ending), male) for ending, male in _ENDINGS)
# The ordinary ones of them in words of Russian and of Latin letters.
_RUSSIAN_NOUN, _RUSSIAN_ADJECTIVE = "..(?:ов|ев|ёв|ин|ын)а$", ".[сц]кая$"
_LATIN_NOUN, _LATIN_ADJECTIVE = "..(?:ov|ev|in|yn)a$", "..[sc]ka$"
_KEEPS_O = 4  # letters of a key that is too short to be an adjective
_LAST_LETTERS = ("а", "я", "a", "â")
# How words end to which a rule may apply: most have no such end, and a rule costs a search.
_ENDS = (
    *("ова", "ева", "ёва", "єва", "ина", "їна", "ына", "ька", "ая", "яя"),
    *("ova", "eva", "ina", "yna", "ska", "cka", "aja", "aia", "aya", "aâ"),
)
_ADJECTIVE = re.compile(r"(?<=...)ая$")
_MALE = re.compile(
    r"..(?:ов|ев|ёв|єв|аў|еў|ин|їн|ын|ський|цький|[сц]кий|[сц]кой|[^аеёиоуыэюя][ыо]й|ний)$"
    r"|..(?:[oe]v|off|eff|in|yn|s[k]i[yij]?|[tc]s?k[iy][yij]?|s[k]y)$"
)


def masculine(surname: str) -> str:
    """Return the masculine form of a surname; of a double one, of both parts.

    The case is kept. A surname without a feminine ending comes back as it is.
    """
    return "-".join(map(_masculine, surname.split("-")))


@lru_cache(maxsize=1 << 17)
def surname_key(surname: str) -> str:
    """Return the key that a surname shares with its other gender and its transliterations."""
    parts = (skeleton(masculine(part)) for part in surname.split("-"))
    return "-".join(_without_o(part) for part in parts if part)


def surname_keys(surnames: pl.Series) -> pl.Series:
    """Return the `surname_key` of each word of a column in lower case; null stays null."""
    frame = surnames.cast(pl.String).to_frame("word").with_row_index("row")
    word = pl.col("word")
    is_plain = _is_plain(word)
    looked = frame.filter(~is_plain)
    plain = _plainly_masculine(frame.filter(is_plain))
    keys = skeleton_column(plain["word"]).alias("key")
    has_o = keys.str.ends_with("ои") & (keys.str.len_chars() > _KEEPS_O)
    without_o = (keys.str.head(-2) + "и").zip_with(has_o, keys)
    ordered = pl.concat(
        [
            plain.select("row", key=without_o),
            looked.select(
                "row", key=pl.Series(map(surname_key, looked["word"].to_list()), dtype=pl.String)
            ),
            frame.filter(word.is_null()).select("row", key=word),
        ]
    )
    return ordered.sort("row")["key"].alias(surnames.name)


def _is_plain(word: pl.Expr) -> pl.Expr:
    """Tell which words need no look at each: no feminine ending, or an ordinary one."""
    is_even = ~word.str.contains("-", literal=True)
    for letter in _LAST_LETTERS:
        is_even &= ~(word.str.ends_with(letter) | word.str.ends_with(letter.upper()))
    is_russian = word.str.contains("^[а-яё]+$") & ~word.str.contains("яя$|[сцз]ька$")
    # Of Белая and Толстая the surnames that there are tell which they were.
    is_russian &= ~word.str.ends_with("ая") | word.str.contains(_RUSSIAN_ADJECTIVE)
    is_latin = word.str.contains("^[a-z]+$") & ~word.str.contains("a[jiy]a$")
    return is_even | is_russian | is_latin


def _plainly_masculine(frame: pl.DataFrame) -> pl.DataFrame:
    """Do what `masculine` does to the column `word` of plain words."""
    word = pl.col("word")
    latin = frame.filter(word.str.contains(f"{_LATIN_NOUN}|{_LATIN_ADJECTIVE}"))["word"]
    epicene = latin.filter(skeleton_column(latin).is_in(sorted(_EPICENE_KEYS)))
    is_epicene = word.str.replace_all("ё", "е", literal=True).is_in(sorted(EPICENE))
    is_epicene |= word.is_in(epicene.implode())
    male = (
        pl.when(is_epicene)
        .then("word")
        .when(word.str.contains(f"{_RUSSIAN_NOUN}|{_LATIN_NOUN}"))
        .then(word.str.head(-1))
        .when(word.str.contains(_RUSSIAN_ADJECTIVE))
        .then(word.str.head(-2) + "ий")
        .when(word.str.contains(_LATIN_ADJECTIVE))
        .then(word.str.head(-1) + "i")
        .otherwise("word")
    )
    return frame.with_columns(word=male)


@lru_cache(maxsize=1 << 17)
def surname_gender(surname: str) -> str | None:
    """Tell the gender that a surname's ending shows: "m", "f", or None for both."""
    last = surname.lower().rsplit("-", 1)[-1]
    if masculine(last) != last:
        return "f"
    is_male = bool(_MALE.search(last)) and len(last) > 4
    return "m" if is_male else None


@lru_cache(maxsize=1 << 17)
def _masculine(surname: str) -> str:
    low = surname.lower()
    if not low.endswith(_ENDS):
        return surname
    if len(low) != len(surname) or fold_yo(low) in EPICENE:
        return surname
    if low.isascii() and skeleton(low) in _EPICENE_KEYS:
        return surname
    for ending, male in _RULES:
        made, n = ending.subn(_adjective(low) or male, low)
        if n:
            # What the rule left alone keeps its case; what it wrote follows the last letter's.
            kept = next((i for i, (a, b) in enumerate(zip(low, made)) if a != b), len(made))  # noqa: B905
            tail = made[kept:]
            return surname[:kept] + (tail.upper() if surname.isupper() else tail)
    return surname


def _adjective(low: str) -> str | None:
    """Pick the ending of a masculine adjective by what surnames there are (Толстой, Белый)."""
    if not _ADJECTIVE.search(low) or low.endswith(("ская", "цкая")):
        return None
    stem = fold_yo(low[:-2])
    counts = surname_counts()
    return max(("ый", "ой", "ий"), key=lambda ending: counts.get(stem + ending, 0))


def _without_o(key: str) -> str:
    """Write -ой as -ий: the skeletons of Донской and Донская (Донский) meet."""
    return key[:-2] + "и" if len(key) > _KEEPS_O and key.endswith("ои") else key
