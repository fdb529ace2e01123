"""FLD501, FLD502: empty fields that a stage asks for, and who let the deal pass."""

from __future__ import annotations

from tests.unit.audit.structure.small import (
    STAGES,
    checked,
    deal,
    facts_of,
    found,
    metric,
    move,
    text_field,
    value,
)


def account(*deals: dict, gate: str = "s2", **more: object) -> object:
    return facts_of(
        deals=deals,
        statuses=STAGES,
        fields=[text_field("deal", "7", "Площадь")],
        field_statuses=[
            {"entity": "deal", "field_id": "7", "pipeline_id": "p", "status_id": gate},
            {"entity": "deal", "field_id": "gone", "pipeline_id": "p", "status_id": "s1"},
        ],
        field_values=[value("deal", "full", "7", "10")],
        **more,
    )


def test_deals_at_the_stage_and_beyond_it_must_have_the_field() -> None:
    deals = [deal(f"d{s}", s) for s in ("s1", "s2", "s3", "142", "143")]
    facts = account(*deals, deal("full", "s3"), deal("gone", "s3", is_deleted=True))
    assert found("FLD501", facts, "record_id", "field", "value") == [
        ("ds2", "7", "Площадь"),
        ("ds3", "7", "Площадь"),
        ("d142", "7", "Площадь"),
    ]
    assert checked("FLD501", facts)[0].base == 4


def test_the_lost_stage_may_ask_itself() -> None:
    facts = account(deal("a", "143"), deal("b", "142"), deal("c", "s3"), gate="143")
    assert found("FLD501", facts) == ["a"]


def test_without_an_order_only_the_stage_itself_asks() -> None:
    facts = account(deal("a", "s2"), deal("b", "s3"))
    unordered = [row | {"sort": None} for row in STAGES]
    tables = dict(facts.account.tables)
    bare = facts_of(
        deals=[deal("a", "s2"), deal("b", "s3")],
        statuses=unordered,
        fields=[text_field("deal", "7", "Площадь")],
        field_statuses=tables["field_statuses"].collect().to_dicts(),
        field_values=[],
    )
    assert found("FLD501", bare) == ["a"]


def test_owners_are_counted_with_their_deals() -> None:
    facts = account(
        deal("a", "s2", owner_id="1"),
        deal("full", "s2", owner_id="1"),
        deal("b", "s2"),
        users=[{"id": "1", "name": "Анна"}],
    )
    rows = metric("FLD501", facts, "required_by_owner", "owner_id", "n_deals", "n_empty", "share")
    assert rows == [("Анна", 2, 1, 0.5), (None, 1, 1, 1.0)]


def test_the_last_move_into_the_stage_tells_who_let_it_pass() -> None:
    facts = account(
        deal("robot", "s2"),
        deal("person", "s2"),
        deal("elsewhere", "s3"),
        deal("unknown", "s2"),
        status_history=[
            move("robot", "s1", "s2", 5, by="0"),
            move("person", "s1", "s3", 9, by="0"),
            move("person", "s3", "s2", 5, by="4"),
            move("elsewhere", "s1", "s2", 5, by="4"),  # not where it stands now
            move("unknown", "s1", "s2", 5, by=None),
        ],
    )
    assert found("FLD502", facts, "record_id", "group", "value") == [
        ("robot", "robot", "0"),
        ("person", "person", "4"),
    ]
    rows = metric("FLD502", facts, "bypasses_by_actor", "group", "n_deals")
    assert rows == [("not known", 2), ("a person", 1), ("a robot", 1)]
    assert checked("FLD502", facts)[0].base == 4
