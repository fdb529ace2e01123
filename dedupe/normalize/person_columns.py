"""A column of persons' names as parts and keys: `build_persons`, on the distinct names.

The same reading as `parse_person`, arranged for columns: a kernel cuts ordinary names into
words, each distinct word is classified once, each distinct row of word classes is read
once, and the parts are gathered by number. What is left for a look at each name are
names with signs in them. The result depends on the names alone, not on `chunk_rows`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.slices import distinct_slices
from dedupe.kernels.words import person_words

from .buffers import Index, arrow_buffers, slice_texts
from .given_names import full_names, gender_of_names
from .person import given_key
from .person_roles import Reading, TokenClass, read_roles
from .person_tables import fold_yo
from .person_text import PARTICLES, split_person
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
Floats = npt.NDArray[np.float64]
_GENDERS = ("", "m", "f")
_NONE = -1
_ROLES = "GSPg"
_PARTICLES = frozenset(PARTICLES)
Number = TypeVar("Number", np.int64, np.float64)


@dataclass(slots=True)
class _Book:
    """Every word met so far with its number, and every row of classes with its reading."""

    texts: list[str] = field(default_factory=list)
    class_of: list[int] = field(default_factory=list)
    ids: dict[tuple[str, TokenClass], int] = field(default_factory=dict)
    classes: dict[TokenClass, int] = field(default_factory=dict)
    class_list: list[TokenClass] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)

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
        """Return the number of a word as it was typed, -1 for one that joins its neighbor."""
        known = self.words.get(word)
        if known is None:
            joins = fold_yo(word.lower()) in _PARTICLES
            known = self.words[word] = _NONE if joins else self.id_of(classify(word))
        return known

    def reading(self, row: list[int]) -> Reading:
        """Return the reading of a row of class numbers."""
        return read_roles(tuple(self.class_list[at] for at in row))


@dataclass(frozen=True, slots=True)
class _Parts:
    """The token numbers of each name's parts, -1 where there is none."""

    given: Index
    surname: Index
    patronymic: Index
    given_initial: Index
    confidence: Floats


def build_persons(names: pl.Series, *, chunk_rows: int = 200_000) -> pl.DataFrame:
    """Return the parts of every distinct name, in the order of first appearance.

    Null is no name. `chunk_rows` is how many names are read at a time; it bounds memory.
    """
    distinct = names.cast(pl.String).drop_nulls().unique(maintain_order=True).alias("raw")
    book = _Book()
    step = max(1, chunk_rows)
    stretches = [distinct.slice(at, step) for at in range(0, len(distinct), step)]
    chunks = [_columns(part, _read(part, book), book) for part in stretches]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *chunks])


def build_parts(names: pl.Series) -> pl.DataFrame:
    """Return given, surname and patronymic as `build_persons` reads them, a row per name."""
    book = _Book()
    parts = _read(names.cast(pl.String), book)
    text = book.texts.__getitem__
    return pl.DataFrame(
        {
            "given": _mapped(parts.given, text),
            "surname": _mapped(parts.surname, text),
            "patronymic": _mapped(parts.patronymic, text),
        }
    )


def _read(names: pl.Series, book: _Book) -> _Parts:
    is_plain, counts, ids = _plain_ids(names, book)
    rest = np.flatnonzero(~is_plain)
    more_counts, more_ids = _other_ids(names.gather(rest), book)
    rows = np.concatenate([np.flatnonzero(is_plain), rest])
    counts, ids = np.concatenate([counts, more_counts]), np.concatenate([ids, more_ids])
    return _parts(counts, ids, rows, book)


def _plain_ids(names: pl.Series, book: _Book) -> tuple[npt.NDArray[np.bool_], Index, Index]:
    """Tell which names are ordinary; return the number of words of each of these, and the words."""
    flat, offsets = arrow_buffers(names)
    counts, begins, ends = person_words(flat, offsets)
    labels, firsts = distinct_slices(flat, begins, ends)
    words = slice_texts(flat, begins[firsts], ends[firsts])
    ids = np.array([book.word_id(word) for word in words], dtype=np.int64)[labels]
    joining = np.flatnonzero(ids == _NONE)
    if len(joining):
        n_words = counts.copy()
        counts[np.searchsorted(np.cumsum(n_words), joining, side="right")] = 0
        ids = ids[np.repeat(counts > 0, n_words)]
    is_plain = counts > 0
    return is_plain, counts[is_plain], ids


def _other_ids(names: pl.Series, book: _Book) -> tuple[Index, Index]:
    rows = [[book.id_of(token) for token in split_person(name)[0]] for name in names.to_list()]
    flat = [number for row in rows for number in row]
    return np.array([len(row) for row in rows], dtype=np.int64), np.array(flat, dtype=np.int64)


def _parts(counts: Index, ids: Index, rows: Index, book: _Book) -> _Parts:
    """Read rows of words, and put the parts of each where `rows` says that its name stands."""
    ends = np.cumsum(counts)
    begins = ends - counts
    classes = np.array(book.class_of, dtype=np.uint16)[ids]
    labels, firsts = distinct_slices(classes, begins, ends)
    bounds = zip(begins[firsts].tolist(), ends[firsts].tolist(), strict=True)
    readings = [book.reading(classes[begin:end].tolist()) for begin, end in bounds]
    padded = np.append(ids, _NONE)

    def words_of(role: str) -> Index:
        places = np.array([each.roles.find(role) for each in readings], dtype=np.int64)[labels]
        return _placed(padded[np.where(places < 0, len(ids), begins + places)], rows)

    given, surname, patronymic, initial = map(words_of, _ROLES)
    confidence = np.array([each.confidence for each in readings])[labels]
    return _Parts(given, surname, patronymic, initial, _placed(confidence, rows))


def _placed(values: npt.NDArray[Number], rows: Index) -> npt.NDArray[Number]:
    placed = np.empty_like(values)
    placed[rows] = values
    return placed


def _columns(raw: pl.Series, parts: _Parts, book: _Book) -> pl.DataFrame:
    gender = _genders(parts, book)
    both = np.where(parts.given < 0, _NONE, parts.given * len(_GENDERS) + gender)
    text = book.texts.__getitem__
    frame = pl.DataFrame(
        {
            "raw": raw,
            "given": _mapped(parts.given, text),
            "surname": _mapped(parts.surname, text),
            "patronymic": _mapped(parts.patronymic, text),
            "given_key": _mapped(both, lambda number: _given_key(number, book)),
            "surname_key": _mapped(parts.surname, lambda at: surname_key(text(at))),
            "gender": _mapped(gender, lambda number: _GENDERS[number] or None),
            "confidence": parts.confidence,
            "own_name": _mapped(parts.patronymic, lambda at: skeleton(text(at))),
            "initial": _mapped(parts.given_initial, lambda at: skeleton(text(at)) + "."),
        }
    )
    return frame.select(*SCHEMA.names()[:-1], person_key=_person_keys(frame))


def _given_key(number: int, book: _Book) -> str:
    at, gender = divmod(number, len(_GENDERS))
    return given_key(book.texts[at], _GENDERS[gender] or None)


def _genders(parts: _Parts, book: _Book) -> Index:
    """Return the number of each name's gender, as `gender_of_parts` tells it."""

    def coded(ids: Index, gender_of: Callable[[str], str | None]) -> Index:
        used, at = _used(ids)
        codes = [_GENDERS.index(gender_of(book.texts[number]) or "") for number in used]
        return np.array([*codes, 0], dtype=np.int64)[at]

    patronymic = coded(parts.patronymic, patronymic_gender)
    given = coded(parts.given, lambda text: gender_of_names(full_names(text)))
    surname = coded(parts.surname, surname_gender)
    own = np.where(given > 0, given, surname)
    return np.where(parts.patronymic >= 0, patronymic, own)


def _person_keys(frame: pl.DataFrame) -> pl.Series:
    """Put the keys together as `person.join_key` does; most names have both parts."""
    first = pl.coalesce("given_key", "initial")
    is_whole = frame.select((pl.col("surname_key") != "") & first.is_not_null()).to_series()
    is_whole = is_whole.fill_null(value=False)
    whole = frame.filter(is_whole).select(pl.concat_str("surname_key", first, separator=" "))
    others = frame.filter(~is_whole).select(_odd_key(first))
    rows = np.concatenate([is_whole.arg_true().to_numpy(), (~is_whole).arg_true().to_numpy()])
    keys = pl.concat([whole.to_series(), others.to_series()])
    return keys.gather(_placed(np.arange(len(rows)), rows))


def _odd_key(first: pl.Expr) -> pl.Expr:
    rest = pl.concat_str(first, "own_name", separator=" ", ignore_nulls=True)
    return (
        pl.when(pl.col("surname_key").fill_null("") != "")
        .then(pl.col("surname_key"))
        .when(rest != "")
        .then(pl.concat_str(pl.lit("- "), rest))
        .otherwise(pl.lit(""))
        .alias("surname_key")
    )


def _mapped(ids: Index, text_of: Callable[[int], str | None]) -> pl.Series:
    """Return the text of each number, made once for each; null for -1."""
    used, at = _used(ids)
    texts = [text_of(number) for number in used]
    return pl.Series([*texts, None], dtype=pl.String).gather(at)


def _used(ids: Index) -> tuple[list[int], Index]:
    """Return the distinct numbers without -1, and each number's place among them; -1 is last."""
    is_used = np.zeros(int(ids.max(initial=0)) + 2, dtype=np.bool_)
    is_used[ids] = True  # -1 is the last place
    is_used[-1] = False
    used = np.flatnonzero(is_used)
    places = np.full(len(is_used), len(used), dtype=np.int64)
    places[used] = np.arange(len(used))
    return used.tolist(), places[ids]
