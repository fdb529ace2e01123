"""TAG102, TAG103: tags that mean the same, and tags that hardly anything has."""

from __future__ import annotations

from tests.unit.audit.structure.small import checked, facts_of, found, ids

TAGS = [
    {"id": "1", "entity": "deal", "name": "Сайт"},
    {"id": "2", "entity": "deal", "name": "сайт 2"},
    {"id": "3", "entity": "deal", "name": "опт"},
    {"id": "4", "entity": "contact", "name": "сайт"},
    {"id": "5", "entity": "deal", "name": " "},
]


def on(tag: str, *deals: str) -> list[dict]:
    return [{"entity": "deal", "record_id": d, "tag": tag} for d in deals]


def test_twins_are_of_one_kind_of_record() -> None:
    facts = facts_of(tags=TAGS)
    assert found("TAG102", facts, "record_id", "group") == [("1", "1"), ("2", "1")]
    result, _ = checked("TAG102", facts)
    assert (result.groups, result.base) == (1, 4)


def test_a_tag_is_rare_on_one_or_two_live_records_and_unused_on_none() -> None:
    facts = facts_of(
        tags=TAGS,
        deals=[*ids(3), {"id": "4", "is_deleted": True}],
        record_tags=[*on("Сайт", "1", "2", "4"), *on("опт", "1", "2", "3"), *on("сайт 2", "4")],
    )
    assert found("TAG103", facts) == ["1"]
    wide = facts_of(
        options={"TAG103": {"most": 3}},
        tags=TAGS,
        deals=ids(3),
        record_tags=on("опт", "1", "2", "3"),
    )
    assert found("TAG103", wide) == ["3"]
    assert checked("TAG103", wide)[0].base == 3  # contacts were not read
