"""SRC: the inventory of sources, silent and unused ones, what their deals have."""

from __future__ import annotations

from tests.unit.audit.structure.small import (
    ago,
    checked,
    facts_of,
    found,
    ids,
    metric,
    text_field,
    value,
)


def of(source: str | None, n: int, days: float | None = 100, **more: object) -> list[dict]:
    when = None if days is None else ago(days)
    return [
        {"id": f"{source}-{days}-{i}", "source_id": source, "created_at": when, **more}
        for i in range(n)
    ]


def test_the_inventory_holds_listed_and_used_sources_and_none() -> None:
    facts = facts_of(
        deals=[*of("s", 1, 9, state="won", price=50.5), *of("s", 1, 3, state="lost", price=7.0),
               *of("x", 1), *of(None, 3)],
        sources=[{"id": "s", "name": "Сайт"}, {"id": "idle", "name": "Чат"}],
    )  # fmt: skip
    columns = ("source", "n_deals", "n_won", "money", "share", "first", "last")
    assert metric("SRC001", facts, "sources", *columns) == [
        ("no source", 3, 0, 0.0, 0.0, ago(100), ago(100)),
        ("Сайт", 2, 1, 50.5, 0.5, ago(9), ago(3)),
        ("x", 1, 0, 0.0, 0.0, ago(100), ago(100)),
        ("Чат", 0, 0, None, None, None, None),
    ]
    assert checked("SRC001", facts)[0].found == 3


def test_marks_and_tags_have_tables_of_their_own() -> None:
    facts = facts_of(
        deals=ids(4, state="won", source_id="s"),
        fields=[text_field("deal", "7", "utm_source"), text_field("deal", "8", "roistat")],
        field_values=[
            *(value("deal", str(i), "7", "yandex") for i in (1, 2)),
            *(value("deal", str(i), "8", f"visit {i}") for i in (1, 2, 3)),  # all different
        ],
        record_tags=[{"entity": "deal", "record_id": "1", "tag": "vip"}],
    )
    assert metric("SRC001", facts, "deals_by_mark", "name", "value", "n_deals") == [
        ("utm_source", "yandex", 2)
    ]
    assert metric("SRC001", facts, "deals_by_tag", "tag", "n_deals") == [("vip", 1)]


def test_a_source_is_silent_after_five_deals_and_sixty_days() -> None:
    deals = [*of("still", 5, 60), *of("few", 4, 90), *of("alive", 5, 90), *of("alive", 1, 59),
             *of("unknown", 5, None)]  # fmt: skip
    facts = facts_of(deals=deals, sources=[{"id": "still", "name": "Форма"}])
    assert found("SRC201", facts, "record_id", "value") == [("still", "Форма")]
    assert checked("SRC201", facts)[0].base == 3
    late = facts_of(options={"SRC201": {"days": 61}}, deals=deals)
    assert found("SRC201", late) == []


def test_a_listed_source_without_a_live_deal_is_unused() -> None:
    facts = facts_of(
        deals=[*of("s", 1), {"id": "gone", "source_id": "t", "is_deleted": True}],
        sources=[{"id": "s"}, {"id": "t"}],
    )
    assert found("SRC202", facts) == ["t"]


def test_completeness_is_of_the_main_contact() -> None:
    def link(contact: str, deal: str, *, is_main: bool) -> dict:
        return {"from_entity": "contact", "from_id": contact, "to_entity": "deal", "to_id": deal,
                "is_main": is_main}  # fmt: skip

    phone = {"entity": "contact", "kind": "phone", "raw": "1", "field_id": "PHONE"}
    facts = facts_of(
        deals=[{"id": "1", "source_id": "s", "price": 5.0}, {"id": "2", "source_id": "s"}],
        contacts=ids(3),
        channels=[phone | {"record_id": "1"}, phone | {"record_id": "3", "raw": " "}],
        names=[{"entity": "contact", "record_id": "1", "status": "ok"},
               {"entity": "contact", "record_id": "3", "status": "junk"}],
        links=[link("1", "1", is_main=True), link("3", "1", is_main=False),
               link("3", "2", is_main=True)],
    )  # fmt: skip
    columns = ("source", "n_deals", "contact", "phone", "email", "name", "price")
    assert metric("SRC301", facts, "completeness_by_source", *columns) == [
        ("s", 2, 1.0, 0.5, 0.0, 0.5, 0.5)
    ]
