"""Distinct names as a column: ordinary persons by polars, the rest one by one.

Most contacts are two to four Cyrillic words of which one is a known given name or a
patronymic. Those need no look at each: the status is ok and the key is the sorted words.
Both ways give equal rows: `names.judge` is the definition.
"""

from __future__ import annotations

import polars as pl

from . import name_words as words
from .names import judge

_PERSON = r"^[А-Яа-яЁё]{2,40}(?: [А-Яа-яЁё]{2,40}){1,3}$"
_SCHEMA = pl.Schema(
    {"name": pl.String(), "status": pl.String(), "reason": pl.String(), "match_key": pl.String()}
)


def judge_names(names: pl.Series, *, is_company: bool) -> pl.DataFrame:
    """Return name, status, reason and match_key of distinct `names`, in no order."""
    if is_company:
        return _judge_each(names, is_company=True)
    shaped = pl.DataFrame({"name": names}).with_columns(
        tokens=pl.when(pl.col("name").str.contains(_PERSON)).then(
            pl.col("name").str.to_lowercase().str.replace_all("ё", "е").str.split(" ")
        )
    )
    is_plain = pl.col("tokens").is_not_null() & _has_known_word() & ~_has_template_word()
    marked = shaped.with_columns(is_plain=is_plain.fill_null(value=False))
    plain = marked.filter("is_plain").select(
        "name",
        status=pl.lit("ok"),
        reason=pl.lit(None, pl.String),
        match_key=pl.col("tokens").list.sort().list.join(" "),
    )
    rest = marked.filter(~pl.col("is_plain"))["name"]
    return pl.concat([plain.cast(_SCHEMA), _judge_each(rest, is_company=False)])


def _has_known_word() -> pl.Expr:
    is_known = pl.element().is_in(sorted(words.GIVEN_NAMES))
    for ending in words.PATRONYMICS:
        is_known |= pl.element().str.ends_with(ending)
    return pl.col("tokens").list.eval(is_known).list.any()


def _has_template_word() -> pl.Expr:
    listed = sorted(words.TEMPLATE_WORDS | words.PERSON_FORMS)
    return pl.col("tokens").list.eval(pl.element().is_in(listed)).list.any()


def _judge_each(names: pl.Series, *, is_company: bool) -> pl.DataFrame:
    texts = names.to_list()
    judged = [judge(name, is_company=is_company) for name in texts]
    columns = {
        "name": texts,
        "status": [status.status for status, _ in judged],
        "reason": [status.reason for status, _ in judged],
        "match_key": [key for _, key in judged],
    }
    return pl.DataFrame(columns, schema=_SCHEMA)
