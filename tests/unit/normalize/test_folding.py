"""A column of folded texts: of any script, as polars alone folds it."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.folding import folded

TEXT = st.text(st.one_of(st.sampled_from("АяёЁ -'."), st.characters(codec="utf-8")), max_size=8)


def by_polars(texts: pl.Series, *, is_strict: bool) -> list[str | None]:
    text = pl.col("text").str.to_lowercase().str.replace_all("ё", "е")
    spaced = text.str.replace_all(r"[^\p{L}\p{N}\-' ]+", " ").str.replace_all(r"\s+", " ")
    bare = spaced.str.strip_chars(" -'" if is_strict else " ")
    return texts.to_frame("text").select(pl.when(bare != "").then(bare)).to_series().to_list()


def test_spellings_of_one_text_are_one() -> None:
    texts = pl.Series("x", [" Пётр  ИВАНОВ-", "петр иванов", "«Петр», Иванов", None, "- ", "Ґ 1"])
    assert folded(texts).to_list() == [*["петр иванов"] * 3, None, None, "ґ 1"]
    assert folded(pl.Series(["-д'Арк "]), is_strict=False).to_list() == ["-д'арк"]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), TEXT), max_size=8), st.booleans())
def test_no_script_makes_a_difference(raws, is_strict) -> None:
    texts = pl.Series(raws, dtype=pl.String)
    assert folded(texts, is_strict=is_strict).to_list() == by_polars(texts, is_strict=is_strict)
