"""Names judged as a column and one by one are judged alike."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize import name_words as words
from dedupe.normalize.name_columns import judge_names
from dedupe.normalize.names import judge

WORDS = st.sampled_from(
    [
        "Иван",
        "иванов",
        "Пётр",
        "Петровна",
        "тест",
        "Новый",
        "ип",
        "ИП",
        "клиент",
        "Ёлкин",
        "Cаша",
        "ivan",
        "а",
        "8",
        "И.И.",
        "ООО",
        "ltd",
        "общество",
        "с",
        "ответственностью",
        "и",
        "п",
        "«Ромашка»",
        '"Вектор"',
        "Vector",
        "фыва",
        "ааа",
        "(дом)",
        *sorted(words.TEMPLATE_WORDS)[:8],
        *sorted(words.PERSON_FORMS)[:4],
        *sorted(words.GIVEN_NAMES)[:8],
    ]
)
NAMES = st.one_of(
    st.lists(WORDS, max_size=6).map(" ".join),
    st.lists(WORDS, max_size=4).map("  ".join),
    st.text(max_size=20),
    st.none(),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(NAMES, max_size=12, unique=True), st.booleans())
def test_the_column_is_judged_as_each_name_is(names, is_company) -> None:
    frame = judge_names(pl.Series(names, dtype=pl.String), is_company=is_company)
    found = {name: tuple(rest) for name, *rest in frame.iter_rows()}
    assert set(found) == set(names)
    for name in names:
        status, key = judge(name, is_company=is_company)
        assert found[name] == (status.status, status.reason, key), name
