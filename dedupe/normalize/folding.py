"""Columns of texts as words that compare: what typists leave out or write at will is gone.

Texts of Russian and Latin letters are folded by a kernel, the few others by polars, alike.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dedupe.kernels.folding import folded_words

from .buffers import arrow_buffers, from_buffers

_MARKS = r"[^\p{L}\p{N}\-' ]+"


def folded(texts: pl.Series, *, is_strict: bool = True) -> pl.Series:
    """Return texts in lower case, "ё" as "е", without marks, one space between words.

    Null where nothing is left. Spaces go from the ends, and with `is_strict` dashes and
    apostrophes too.
    """
    flat, offsets, are_done = folded_words(*arrow_buffers(texts.fill_null("")), is_strict)
    done = from_buffers(flat, offsets).alias(texts.name)
    rest = np.flatnonzero(~are_done)
    if len(rest):
        text = texts.gather(rest).to_frame("text").select(_folded(pl.col("text"), is_strict))
        done = done.scatter(rest, text.to_series())
    return done.to_frame("text").select(pl.when(pl.col("text") != "").then("text")).to_series()


def lowered(words: pl.Series) -> pl.Series:
    """Return words in lower case, "ё" as "е"."""
    return words.str.to_lowercase().str.replace_all("ё", "е", literal=True)


def _folded(text: pl.Expr, is_strict: bool) -> pl.Expr:
    low = text.str.to_lowercase().str.replace_all("ё", "е", literal=True)
    spaced = low.str.replace_all(_MARKS, " ").str.replace_all(r"\s+", " ")
    return spaced.str.strip_chars(" -'" if is_strict else " ")
