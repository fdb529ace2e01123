"""Folded words against the same done sign by sign, compiled and as plain Python."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.kernels.folding import folded_words

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

PLAIN = getattr(folded_words, "py_func", folded_words)
KNOWN = "[\x00-\x7fА-Яа-яЁё]*"
TEXT = st.text(
    st.one_of(st.sampled_from("АЯрёЁaZ9 -'.\t()"), st.characters(codec="utf-8")), max_size=12
)


def naive(text: str, *, is_strict: bool) -> str:
    low = text.lower().replace("ё", "е")
    spaced = re.sub(r"[^a-zа-я0-9'-]+", " ", low)
    return spaced.strip(" -'" if is_strict else " ")


@pytest.mark.parametrize("folded_by", [folded_words, PLAIN], ids=["jit", "python"])
@example(texts=["Яркий  Ёж-2", "д'Арк", "АЯ"], is_strict=True)
@example(texts=["-ёж'", " -а- ", "--", "'a"], is_strict=True)
@example(texts=["-ёж'", " -а- ", "--", "'a"], is_strict=False)
@example(texts=["Ђорђе", "дѠ", "日本", "é"], is_strict=True)
@given(texts=st.lists(TEXT, max_size=10), is_strict=st.booleans())
def test_texts_of_known_letters_are_folded_and_no_others(folded_by, texts, is_strict) -> None:
    raws = [text.encode() for text in texts]
    offsets = np.cumsum([3, *map(len, raws)], dtype=np.int64)
    flat = np.frombuffer(b"xyz" + b"".join(raws), dtype=np.uint8)
    out, bounds, are_done = folded_by(flat, offsets, is_strict)
    told = [bytes(out[a:b]).decode() for a, b in pairwise(bounds)]
    is_known = [re.fullmatch(KNOWN, text) is not None for text in texts]
    assert are_done.tolist() == is_known
    assert told == [
        naive(text, is_strict=is_strict) if known else ""
        for text, known in zip(texts, is_known, strict=True)
    ]
