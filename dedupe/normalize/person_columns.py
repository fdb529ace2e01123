"""A column of persons' names as parts and keys: `build_persons`, on the distinct names.

The same reading as `parse_person`, arranged for columns: ordinary names are split by
polars, each distinct word is classified once, each distinct row of word classes is read
once, and the parts are gathered by position. What is left for a look at each name are
names with signs in them. The result depends on the names alone, not on `chunk_rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from .given_names import full_names, gender_of_names
from .person import given_key
from .person_roles import Reading, TokenClass, read_roles
from .person_text import LONGEST, NEEDS_LOOK, PLAIN, split_person
from .person_tokens import Token, classify, patronymic_gender
from .skeleton import skeleton
from .surnames import surname_gender, surname_key

SCHEMA = pl.Schema(
    {
        "raw": pl.String(),
        "given": pl.String(),
        "surname": pl.String(),
        "patronymic": pl.String(),
        "given_key": pl.String(),
        "surname_key": pl.String(),
        "gender": pl.String(),
        "confidence": pl.Float64(),
        "person_key": pl.String(),
    }
)
Ids = npt.NDArray[np.int64]
_GENDERS = ("", "m", "f")
_NONE = -1


@dataclass(slots=True)
class _Book:
    """Every word met so far with its number, and every row of classes with its reading."""

    texts: list[str] = field(default_factory=list)
    class_of: list[int] = field(default_factory=list)
    ids: dict[tuple[str, TokenClass], int] = field(default_factory=dict)
    classes: dict[TokenClass, int] = field(default_factory=dict)
    class_list: list[TokenClass] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)
    rows: dict[bytes, int] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)

    def id_of(self, token: Token) -> int:
        """Return the number of a token."""
        key = (token.text, token.word_class)
        known = self.ids.get(key)
        if known is None:
            known = self.ids[key] = len(self.texts)
            self.texts.append(token.text)
            self.class_of.append(self._class_id(token.word_class))
        return known

    def _class_id(self, word_class: TokenClass) -> int:
        known = self.classes.get(word_class)
        if known is None:
            known = self.classes[word_class] = len(self.class_list)
            self.class_list.append(word_class)
        return known

    def word_id(self, word: str) -> int:
        """Return the number of a word that stands as it was typed."""
        known = self.words.get(word)
        if known is None:
            known = self.words[word] = self.id_of(classify(word))
        return known

    def reading_id(self, row: bytes) -> int:
        """Return the number of the reading of a row of class numbers."""
        known = self.rows.get(row)
        if known is None:
            known = self.rows[row] = len(self.readings)
            numbers = np.frombuffer(row, dtype=np.uint16).tolist()
            self.readings.append(read_roles(tuple(self.class_list[at] for at in numbers)))
        return known


@dataclass(frozen=True, slots=True)
class _Parts:
    """The token numbers of each name's parts, -1 where there is none."""

    given: Ids
    surname: Ids
    patronymic: Ids
    given_initial: Ids
    confidence: npt.NDArray[np.float64]


def build_persons(names: pl.Series, *, chunk_rows: int = 50_000) -> pl.DataFrame:
    """Return the parts of every distinct name, in the order of first appearance.

    Null is no name. `chunk_rows` is how many names are read at a time; it bounds memory.
    """
    distinct = names.cast(pl.String).drop_nulls().unique(maintain_order=True)
    book = _Book()
    step = max(1, chunk_rows)
    chunks = [_read(distinct.slice(at, step), book) for at in range(0, len(distinct), step)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *chunks])


def _read(names: pl.Series, book: _Book) -> pl.DataFrame:
    is_plain = names.str.contains(f"^{PLAIN}$") & ~names.str.contains(NEEDS_LOOK)
    is_plain &= names.str.len_chars() <= LONGEST
    plain, rest = names.filter(is_plain), names.filter(~is_plain)
    counts, ids = _plain_ids(plain, book)
    more_counts, more_ids = _other_ids(rest, book)
    parts = _parts(np.concatenate([counts, more_counts]), np.concatenate([ids, more_ids]), book)
    read = _columns(pl.concat([plain, rest]).alias("raw"), parts, book)
    return names.to_frame("raw").join(read, on="raw", how="left", maintain_order="left")


def _plain_ids(names: pl.Series, book: _Book) -> tuple[Ids, Ids]:
    """Return the number of words in each name, and the words' numbers one after another."""
    words = names.str.replace_all(r"\. ?", ". ").str.strip_suffix(" ").str.split(" ")
    flat = words.explode().to_frame("word")
    distinct = flat["word"].unique()
    table = pl.DataFrame(
        {"word": distinct, "id": pl.Series(map(book.word_id, distinct), dtype=pl.Int64)}
    )
    ids = flat.join(table, on="word", how="left", maintain_order="left")["id"]
    return words.list.len().cast(pl.Int64).to_numpy(), ids.to_numpy()


def _other_ids(names: pl.Series, book: _Book) -> tuple[Ids, Ids]:
    rows = [[book.id_of(token) for token in split_person(name)[0]] for name in names.to_list()]
    flat = [number for row in rows for number in row]
    return np.array([len(row) for row in rows], dtype=np.int64), np.array(flat, dtype=np.int64)


def _parts(counts: Ids, ids: Ids, book: _Book) -> _Parts:
    ends = np.cumsum(counts)
    starts = ends - counts
    numbers = np.array(book.class_of, dtype=np.uint16)[ids].tobytes()
    bounds = zip((starts * 2).tolist(), (ends * 2).tolist(), strict=True)
    reading = np.array([book.reading_id(numbers[a:b]) for a, b in bounds], dtype=np.int64)
    confidence = np.array([each.confidence for each in book.readings])[reading]
    places = {
        role: np.array([each.roles.find(role) for each in book.readings], dtype=np.int64)[reading]
        for role in "GSPg"
    }
    padded = np.append(ids, _NONE)
    found = {
        role: np.where(at < 0, _NONE, padded[np.where(at < 0, len(ids), starts + at)])
        for role, at in places.items()
    }
    return _Parts(found["G"], found["S"], found["P"], found["g"], confidence)


def _columns(raw: pl.Series, parts: _Parts, book: _Book) -> pl.DataFrame:
    gender = _genders(parts, book)
    both = np.where(parts.given < 0, _NONE, parts.given * len(_GENDERS) + gender)
    frame = pl.DataFrame(
        {
            "raw": raw,
            "given": _mapped(parts.given, book.texts.__getitem__),
            "surname": _mapped(parts.surname, book.texts.__getitem__),
            "patronymic": _mapped(parts.patronymic, book.texts.__getitem__),
            "given_key": _mapped(both, lambda number: _given_key(number, book)),
            "surname_key": _mapped(parts.surname, lambda at: surname_key(book.texts[at])),
            "gender": _mapped(gender, lambda number: _GENDERS[number] or None),
            "confidence": parts.confidence,
            "own_name": _mapped(parts.patronymic, lambda at: skeleton(book.texts[at])),
            "initial": _mapped(parts.given_initial, lambda at: skeleton(book.texts[at]) + "."),
        }
    )
    return frame.select(*SCHEMA.names()[:-1], _person_key())


def _given_key(number: int, book: _Book) -> str:
    at, gender = divmod(number, len(_GENDERS))
    return given_key(book.texts[at], _GENDERS[gender] or None)


def _genders(parts: _Parts, book: _Book) -> Ids:
    """Return the number of each name's gender, as `gender_of_parts` tells it."""

    def coded(ids: Ids, gender_of: Callable[[str], str | None]) -> Ids:
        distinct, place = np.unique(ids, return_inverse=True)
        codes = [
            _GENDERS.index(gender_of(book.texts[at]) or "") if at >= 0 else 0
            for at in distinct.tolist()
        ]
        return np.array(codes, dtype=np.int64)[place]

    patronymic = coded(parts.patronymic, patronymic_gender)
    given = coded(parts.given, lambda text: gender_of_names(full_names(text)))
    surname = coded(parts.surname, surname_gender)
    own = np.where(given > 0, given, surname)
    return np.where(parts.patronymic >= 0, patronymic, own)


def _person_key() -> pl.Expr:
    """Put the keys together as `person.join_key` does."""
    first = pl.coalesce("given_key", "initial")
    named = pl.concat_str("surname_key", first, separator=" ", ignore_nulls=True)
    rest = pl.concat_str(first, "own_name", separator=" ", ignore_nulls=True)
    return (
        pl.when(pl.col("surname_key").fill_null("") != "")
        .then(named)
        .when(rest != "")
        .then(pl.concat_str(pl.lit("- "), rest))
        .otherwise(pl.lit(""))
        .alias("person_key")
    )


def _mapped(ids: Ids, text_of: Callable[[int], str | None]) -> pl.Series:
    """Return the text of each number, made once for each; null for -1."""
    distinct, place = np.unique(ids, return_inverse=True)
    texts: Iterable[str | None] = (text_of(at) if at >= 0 else None for at in distinct.tolist())
    return pl.Series(list(texts), dtype=pl.String).gather(place)
