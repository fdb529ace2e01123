"""Words of ordinary names against regexes, compiled and as plain Python."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.words import MAX_BYTES, MAX_NAME_WORDS, MAX_WORDS, name_words, person_words

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

_PART = r"(?:[А-ЯЁA-Z]?[а-яёa-z]+|[А-ЯЁA-Z]+)"
_WORD = re.compile(rf"{_PART}(?:-{_PART})*")
_INITIAL = re.compile(r"[А-ЯЁA-Z]\.")
_PAIR = re.compile(r"[А-ЯЁA-Z]{2}")
_REMARK = re.compile(r"\([А-ЯЁа-яёA-Za-z -]*\)")
_LETTERS = re.compile("[A-Za-zА-ЯЁа-яё]+")
_NAME = re.compile('[A-Za-zА-ЯЁа-яё ().,;:!?"/«»“”„-]*')
_MARKS = re.compile('[.,;:!?"/«»“”„]')

PIECES = [
    *("Иван", "иван", "ИВАН", "ИВан", "иВан", "Ёжик", "ёж", "Ivan", "IVAN", "Ян", "ЯН", "И", "и"),
    *("I", "И.", "И.О.", "И.Иванов", "и.", "Ив.", "Анна-Мария", "-", "Анна-", "Анна--Мария"),
    *("АБ-Вгд", "аб-ВГ", "А-Б.", " ", "  ", "(", ")", "(мама)", "(и - о)", "(8)", "8", ",", "."),
    *("«", "»", "“", "„", "ї", "№", "é", "😀", "\u00a0", "–", "ѐ", "Џ", "Ivанов", '"', "'", "&"),
]
NAMES = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=7).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join),
    st.text(max_size=8),
)


def both(function, name):
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize(name, [function, plain], ids=["jit", "python"])


def cut_by(function, names: list[str], *more: object) -> list[list[str]]:
    encoded = [name.encode(errors="replace") for name in names]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    flat = np.frombuffer(b"".join(encoded) or b"\0", dtype=np.uint8)
    counts, begins, ends = function(flat, offsets, *more)
    data = flat.tobytes()
    words = [data[a:b].decode() for a, b in zip(begins, ends, strict=True)]
    stops = np.cumsum(counts).tolist()
    return [words[stop - count : stop] for stop, count in zip(stops, counts, strict=True)]


def naive_person(name: str) -> list[str]:
    words: list[str] = []
    at, may_begin = 0, True
    while at < len(name):
        if name[at] == " ":
            at, may_begin = at + 1, True
        elif remark := _REMARK.match(name, at):
            at, may_begin = remark.end(), True
        else:
            found = _INITIAL.match(name, at) or _WORD.match(name, at)
            if not found or not may_begin or _PAIR.fullmatch(found[0]):
                return []
            words.append(found[0])
            at, may_begin = found.end(), found[0].endswith(".")
    is_loose = "  " in name or name != name.strip(" ") or "(" in name
    is_typed = is_loose and any(word.endswith(".") for word in words)
    has_latin = re.search("[A-Za-z]", name) is not None
    return [] if len(words) > MAX_WORDS or (is_typed and has_latin) else words


def naive_name(name: str, *, may_mark: bool) -> list[str]:
    words = _LETTERS.findall(name)
    if not _NAME.fullmatch(name) or len(words) > MAX_NAME_WORDS:
        return []
    is_bare = may_mark or not (_MARKS.search(name) and re.search("[A-Za-z]", name))
    return words if is_bare else []


@both(person_words, "words_of")
@settings(max_examples=300)
@given(names=st.lists(NAMES, max_size=8))
def test_a_persons_words_are_those_of_the_grammar(words_of, names) -> None:
    names = [name.encode(errors="replace").decode() for name in names]
    assert cut_by(words_of, names) == [naive_person(name) for name in names]


@both(name_words, "words_of")
@settings(max_examples=300)
@given(names=st.lists(NAMES, max_size=8), may_mark=st.booleans())
def test_a_names_words_are_its_letters(words_of, names, may_mark) -> None:
    names = [name.encode(errors="replace").decode() for name in names]
    assert cut_by(words_of, names, may_mark) == [naive_name(n, may_mark=may_mark) for n in names]


@both(person_words, "words_of")
def test_a_person_of_many_words_or_bytes_is_left_to_others(words_of) -> None:
    six, long = " ".join(["Иван"] * MAX_WORDS), "и" * (MAX_BYTES // 2 + 1)
    assert cut_by(words_of, [six, f"{six} Иван", long, "Иван"]) == [
        ["Иван"] * MAX_WORDS,
        [],
        [],
        ["Иван"],
    ]


@both(name_words, "words_of")
def test_a_name_of_many_words_or_bytes_is_left_to_others(words_of) -> None:
    eight, long = " ".join(["Дом"] * MAX_NAME_WORDS), "и" * (MAX_BYTES // 2 + 1)
    assert cut_by(words_of, [eight, f"{eight} Дом", long, "Дом"], False) == [
        ["Дом"] * MAX_NAME_WORDS,
        [],
        [],
        ["Дом"],
    ]


@both(person_words, "words_of")
def test_a_cut_latin_name_with_a_dot_may_be_of_the_other_layout(words_of) -> None:
    names = ["Ivanov I.", "Ivanov  I.", "Ivanov I. (x)", "Иванов  И.", "Ivanov  Ivan"]
    assert cut_by(words_of, names) == [
        ["Ivanov", "I."],
        [],
        [],
        ["Иванов", "И."],
        ["Ivanov", "Ivan"],
    ]
