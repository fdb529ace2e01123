"""FLD401, FLD402: the checkbox instead of the right to delete, and its queue."""

from __future__ import annotations

from tests.unit.audit.structure.small import checked, facts_of, found, ids, text_field, value

BOX = {"type": "checkbox"}


def account(*boxes: str, is_admin: bool = True) -> object:
    return facts_of(
        contacts=ids(1),
        companies=[],
        users=[{"id": "1", "is_admin": is_admin}],
        user_rights=[],
        fields=[text_field(entity, "9", "Удалить", **BOX) for entity in boxes],
    )


def test_each_card_without_the_checkbox_is_told_while_people_may_delete() -> None:
    assert found("FLD401", account(), "record_id", "field", "value") == [
        ("77", "company", "1"),
        ("77", "contact", "1"),
    ]
    assert found("FLD401", account("contact"), "field") == [("company",)]
    assert found("FLD401", account("contact", "company")) == []
    assert found("FLD401", account(is_admin=False)) == []


def test_the_queue_holds_ticked_live_records_only() -> None:
    facts = facts_of(
        contacts=[*ids(4), {"id": "5", "is_deleted": True}],
        fields=[
            text_field("contact", "9", "На удаление", **BOX),
            text_field("contact", "8", "Удалить"),  # a text is no checkbox
        ],
        field_values=[
            value("contact", "1", "9", "true"),
            value("contact", "2", "9", "Да"),
            value("contact", "3", "9", "false"),
            value("contact", "4", "8", "true"),
            value("contact", "5", "9", "true"),
        ],
    )
    assert found("FLD402", facts) == ["1", "2"]
    assert checked("FLD402", facts)[0].base == 4
