"""FLD001 to FLD103: what fields there are, which are hardly used, which are made twice."""

from __future__ import annotations

from tests.unit.audit.structure.small import (
    NOW,
    ago,
    checked,
    facts_of,
    found,
    ids,
    metric,
    text_field,
    value,
)


def test_the_inventory_counts_live_records_with_a_value_each_once() -> None:
    facts = facts_of(
        contacts=[*ids(3, updated_at=ago(5)), {"id": "4", "is_deleted": True}],
        fields=[text_field("contact", "7", "Город"), text_field("deal", "8", "Бренд")],
        field_values=[
            value("contact", "1", "7", "Пенза"),
            value("contact", "1", "7", "Омск"),
            value("contact", "2", "7", "  "),
            value("contact", "3", "7", None),
            value("contact", "4", "7", "Пенза"),
        ],
    )
    rows = metric("FLD001", facts, "fields", "name", "n_filled", "share", "n_distinct", "last_used")
    assert rows == [
        ("Город", 1, 1 / 3, 2, ago(5))
    ]  # deals were not read: nothing of theirs is known
    assert checked("FLD001", facts)[0].found == 1


def rare_facts(n_filled: int, **options: float) -> object:
    return facts_of(
        options={"FLD101": options},
        contacts=[*ids(100, created_at=ago(31)), {"id": "new", "created_at": NOW}],
        fields=[
            text_field("contact", "7", "Город"),
            text_field("contact", "PHONE", "Телефон", code="PHONE"),
            text_field("contact", "9", "Сумма", is_computed=True),
            text_field("company", "7", "Город"),
        ],
        field_values=[
            *(value("contact", str(i + 1), "7", "Пенза") for i in range(n_filled)),
            value("contact", "new", "7", "Пенза"),
        ],
    )


def test_a_field_is_rare_below_the_share_of_records_that_are_not_new() -> None:
    assert found("FLD101", rare_facts(1)) == []
    assert found("FLD101", rare_facts(0), "record_id", "group", "value") == [
        ("contact/7", "rare", "Город")  # the new record's value is one
    ]
    assert found("FLD101", rare_facts(4, share=0.05)) == ["contact/7"]
    assert checked("FLD101", rare_facts(0))[0].base == 1


def test_a_field_without_any_value_is_unused_and_an_unticked_box_is_no_value() -> None:
    facts = facts_of(
        contacts=ids(2),
        fields=[text_field("contact", "7", "Согласие", type="checkbox")],
        field_values=[value("contact", "1", "7", "false"), value("contact", "2", "7", "Нет")],
    )
    assert found("FLD101", facts, "group") == [("unused",)]


def test_a_field_whose_values_were_not_read_is_not_called_unused() -> None:
    fields = [text_field("contact", "7", "Сайт", type="url")]
    assert found("FLD101", facts_of(contacts=ids(2), fields=fields, field_values=[])) == []
    read = facts_of(contacts=ids(2), fields=fields, field_values=[], channels=[])
    assert found("FLD101", read) == ["contact/7"]
    sites = [
        {"entity": "contact", "record_id": "1", "kind": "site", "raw": "a.ru", "field_id": "7"}
    ]
    told = facts_of(contacts=ids(2), fields=fields, field_values=[], channels=sites)
    assert found("FLD101", told) == []


def test_many_fields_are_found_once_for_the_account() -> None:
    def with_fields(n: int) -> object:
        fields = [
            text_field(entity, str(i), f"Поле {entity} {i}")
            for entity in ("contact", "deal")
            for i in range(n)
        ]
        own = text_field("contact", "POSITION", "Должность", code="POSITION")
        return facts_of(contacts=[], deals=[], fields=[*fields, own], field_values=[])

    assert found("FLD102", with_fields(30)) == []
    assert found("FLD102", with_fields(31), "record_id", "field", "value") == [
        ("77", "contact", "31"),
        ("77", "deal", "31"),
    ]
    assert checked("FLD102", with_fields(31))[0].base == 1


def test_twins_are_grouped_within_one_kind_of_card() -> None:
    facts = facts_of(
        contacts=[],
        deals=[],
        fields=[
            text_field("contact", "12", "Телефон 2"),
            text_field("contact", "PHONE", "телефон", code="PHONE"),
            text_field("deal", "13", "Телефон"),
            text_field("contact", "14", None),
        ],
    )
    assert found("FLD103", facts, "record_id", "group") == [
        ("contact/12", "contact/12"),
        ("contact/PHONE", "contact/12"),
    ]
    result, _ = checked("FLD103", facts)
    assert (result.groups, result.extra, result.base) == (1, 1, 4)
