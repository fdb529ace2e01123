"""FLD201 to FLD203: marks of advertising, and deals that lack them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.audit.structure.small import (
    ago,
    checked,
    facts_of,
    found,
    metric,
    text_field,
    value,
)


def marked(n_filled: int, n: int = 4, **options: object) -> object:
    return facts_of(
        options={"FLD201": options},
        deals=[
            *({"id": str(i), "created_at": ago(5)} for i in range(n)),
            {"id": "old", "created_at": ago(366)},
            {"id": "unknown"},
        ],
        fields=[text_field("deal", "7", "Roistat"), text_field("contact", "8", "utm_source")],
        field_values=[value("deal", str(i), "7", "123") for i in range(n_filled)],
    )


def test_a_mark_is_lacking_below_the_share_of_the_last_years_deals() -> None:
    assert found("FLD201", marked(2)) == []
    assert found("FLD201", marked(1), "record_id", "value") == [("deal/7", "Roistat")]
    assert found("FLD201", marked(2, share=0.6)) == ["deal/7"]
    assert found("FLD201", marked(0, fields=("utm_source",))) == []  # the contacts' is another one
    assert found("FLD201", marked(0, fields=("7",))) == ["deal/7"]
    rows = metric("FLD201", marked(1), "marks_by_month", "month", "n_deals", "n_filled", "share")
    assert rows == [(date(2020, 6, 1), 4, 1, 0.25)]


def test_the_matrix_tells_the_fill_of_each_source_and_of_none() -> None:
    facts = facts_of(
        deals=[{"id": "1", "source_id": "s"}, {"id": "2", "source_id": "s"}, {"id": "3"}],
        sources=[{"id": "s", "name": "Сайт"}],
        fields=[text_field("deal", "7", "Бренд"), text_field("deal", "8", "Пусто")],
        field_values=[value("deal", "1", "7", "x"), value("deal", "3", "7", "y")],
    )
    assert metric("FLD202", facts, "fields_by_source", "source", "n_deals", "field_7") == [
        ("Сайт", 2, 0.5),
        ("no source", 1, 1.0),
    ]


def whence(n_agree: int, n_other: int, source: str = "Форма") -> object:
    """Return an account where deal "0" of source "s" lacks the field, and others say it."""
    n = n_agree + n_other
    return facts_of(
        deals=[{"id": str(i), "source_id": "s"} for i in range(n + 1)] + [{"id": "none"}],
        sources=[{"id": "s", "name": source}],
        fields=[text_field("deal", "7", "Откуда контакт?", type="select")],
        field_enums=[{"entity": "deal", "field_id": "7", "id": "1", "value": "Выставка"}],
        field_values=[
            value("deal", str(i + 1), "7", "сайт" if i < n_agree else f"иное {i}") for i in range(n)
        ],
    )


@pytest.mark.parametrize(
    ("n_agree", "n_other", "source", "proposal"),
    [
        (8, 2, "Форма", "сайт"),
        (7, 3, "Форма", None),  # fewer than 80 %
        (9, 0, "Форма", None),  # fewer than ten
        (9, 0, "ВЫСТАВКА", "Выставка"),
        (10, 0, "Выставка", "сайт"),  # what people say goes before the name
    ],
)
def test_the_proposal_is_what_the_sources_deals_say_or_its_name(
    n_agree: int, n_other: int, source: str, proposal: str | None
) -> None:
    facts = whence(n_agree, n_other, source)
    confidence = None if proposal is None else 0.8
    assert found("FLD203", facts, "record_id", "field", "proposal", "confidence") == [
        ("0", "7", proposal, confidence)
    ]
    assert checked("FLD203", facts)[0].base == n_agree + n_other + 1


def test_without_the_field_nothing_is_found() -> None:
    facts = facts_of(deals=[{"id": "1", "source_id": "s"}], fields=[], field_values=[])
    assert found("FLD203", facts) == []
    text = facts_of(
        deals=[{"id": "1", "source_id": "s"}],
        fields=[text_field("deal", "7", "Откуда контакт")],  # a text, not a list
        field_values=[],
    )
    assert found("FLD203", text) == []
