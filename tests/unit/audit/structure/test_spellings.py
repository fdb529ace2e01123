"""FLD301: text fields that behave like lists."""

from __future__ import annotations

from tests.unit.audit.structure.small import (
    checked,
    facts_of,
    found,
    ids,
    metric,
    text_field,
    value,
)


def towns(*spellings: tuple[str, int], kind: str = "text", **options: int) -> object:
    raws = [raw for raw, n in spellings for _ in range(n)]
    return facts_of(
        options={"FLD301": options},
        contacts=ids(len(raws)),
        fields=[text_field("contact", "7", "Город", type=kind)],
        field_values=[value("contact", str(i + 1), "7", raw) for i, raw in enumerate(raws)],
    )


def test_few_different_values_make_a_list_from_the_least_number_on() -> None:
    assert found("FLD301", towns(("Пенза", 49))) == []
    assert found("FLD301", towns(("Пенза", 50)), "record_id", "value") == [("contact/7", None)]
    assert found("FLD301", towns(("Пенза", 3), least=3)) == []  # one of three is over 20 %
    assert found("FLD301", towns(("Пенза", 5), least=3)) == ["contact/7"]
    assert found("FLD301", towns(("Пенза", 50), kind="numeric")) == []
    many = towns(*((f"улица {i}", 1) for i in range(60)))
    assert found("FLD301", many) == []


def test_spellings_are_mapped_to_the_commonest_of_their_kind() -> None:
    facts = towns(("Саратов", 40), ("г. Саратов", 5), ("САРАТОВ", 3), ("Саратв", 2), ("Энгельс", 9))
    assert found("FLD301", facts, "value", "proposal") == [
        ("САРАТОВ", "Саратов"),
        ("Саратв", "Саратов"),
        ("г. Саратов", "Саратов"),
    ]
    assert metric("FLD301", facts, "texts_like_lists", "n", "n_spellings", "n_values") == [
        (59, 5, 2)
    ]
    assert metric("FLD301", facts, "spellings", "raw", "n") == [
        ("г. Саратов", 5),
        ("САРАТОВ", 3),
        ("Саратв", 2),
    ]
    assert checked("FLD301", facts)[0].found == 1


def test_a_spelling_that_may_be_a_phone_is_not_shown() -> None:
    facts = towns(("8 916 123-45-67", 40), ("8 (916) 123 45 67", 2), ("a@b.ru", 20), ("A@b.ru", 1))
    assert len(found("FLD301", facts, "value")) == 2
    assert metric("FLD301", facts, "spellings", "raw") == []
