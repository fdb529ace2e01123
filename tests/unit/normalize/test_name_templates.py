"""Machine-made names are found by their number, and real ones are left alone."""

from __future__ import annotations

import polars as pl
import pytest

from dedupe.contracts import NAMES, VALUES
from dedupe.normalize import build_names, mark_templates
from dedupe.normalize.name_templates import CARDS_MIN, is_machine_made


def marked(names: list[str], *, entity: str = "contact", phones: int | None = None) -> list[str]:
    """Return the statuses of cards with these names; the first `phones` have a phone each."""
    n = len(names)
    ids = [str(i) for i in range(n)]
    cards = pl.DataFrame({"entity": [entity] * n, "record_id": ids, "name": names})
    with_phone = ids[: n if phones is None else phones]
    values = VALUES.conform(
        pl.DataFrame(
            {"record_id": with_phone, "value": [f"+7916{i:0>7}" for i in with_phone]},
            schema={"record_id": pl.String, "value": pl.String},
        ).with_columns(entity=pl.lit(entity), kind=pl.lit("phone"))
    )
    frame = mark_templates(build_names(cards), cards, values)
    assert frame.schema == NAMES.schema
    return frame.sort(pl.col("record_id").cast(pl.Int64))["status"].to_list()


def test_a_numbered_template_of_many_cards_is_junk() -> None:
    names = [f"Квиз №{i}" for i in range(CARDS_MIN)]
    assert set(marked(names)) == {"junk"}
    assert set(marked(names[1:])) == {"ok"}


def test_a_text_of_many_cards_is_junk_when_it_stands_beside_many_phones() -> None:
    names = ["Шиномонтаж"] * CARDS_MIN
    assert set(marked(names)) == {"junk"}
    assert set(marked(names, phones=9)) == {"ok"}


@pytest.mark.parametrize(
    "name", ["Александр", "Иванова", "Нурлан", "Сергей Петрович", "Саша {}", "Kerala Varma"]
)
def test_a_name_of_many_people_is_no_template(name) -> None:
    names = [name.format(i) for i in range(40)]
    assert set(marked(names)) == {"ok"}


def test_companies_may_be_numbered() -> None:
    assert set(marked([f"Магазин №{i}" for i in range(40)], entity="company")) == {"ok"}


def test_the_reason_is_told_and_the_key_is_no_evidence() -> None:
    names = [f"Квиз №{i}" for i in range(CARDS_MIN)]
    cards = pl.DataFrame({"record_id": [str(i) for i in range(CARDS_MIN)], "name": names})
    cards = cards.with_columns(entity=pl.lit("contact"))
    frame = mark_templates(build_names(cards), cards, VALUES.empty())
    assert frame["reason"].unique().to_list() == ["template"]
    assert frame["match_key"].unique().to_list() == [""]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("заявка #", True),
        ("доставка цветов", False),
        ("иванов #", False),
        ("#", True),
        ("ок", True),
    ],
)
def test_written_templates(template, expected) -> None:
    assert is_machine_made(template, n_phones=50) is expected
