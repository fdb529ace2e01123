"""LOS201, LOS202: where loss reasons are told, and reasons that tell nothing."""

from __future__ import annotations

import pytest

from tests.unit.audit.structure.small import facts_of, found, metric, text_field, value


def lost(id_: str, reason: str | None) -> dict:
    return {"id": id_, "state": "lost", "loss_reason_id": reason}


def account(*told: str, field: str = "Причина отказа", **more: object) -> object:
    return facts_of(
        deals=[lost("1", "8"), lost("2", None), lost("3", " "), {"id": "4", "state": "open"}],
        fields=[text_field("deal", "7", field, type="select")],
        field_values=[value("deal", each, "7", "Дорого") for each in told],
        **more,
    )


@pytest.mark.parametrize(
    ("told", "expected"), [((), []), (("2",), ["77"]), (("1",), ["77"]), (("4",), [])]
)
def test_reasons_are_in_two_places_when_lost_deals_have_both(
    told: tuple[str, ...], expected: list[str]
) -> None:
    assert found("LOS201", account(*told)) == expected


def test_the_field_is_the_configs_else_the_one_so_named() -> None:
    assert found("LOS201", account("2", field="Почему")) == []
    assert found("LOS201", account("2", field="Почему", loss_reason_field="7")) == ["77"]
    rows = metric("LOS201", account("1", "2"), "loss_reason_ways", "n", "share")
    assert rows == [(0, 0.0), (1, 1 / 3), (1, 1 / 3), (1, 1 / 3)]


def reasons(*rows: tuple[str, str | None, int], share: float = 0.1) -> object:
    return facts_of(
        options={"LOS202": {"share": share}},
        deals=[lost(f"{id_}-{i}", id_) for id_, _, n in rows for i in range(n)],
        loss_reasons=[{"id": id_, "name": name} for id_, name, _ in rows],
    )


def test_reasons_are_alike_unused_or_too_vague() -> None:
    facts = reasons(("1", "Дорого", 4), ("2", "дорого!", 6), ("3", "Другое", 3), ("4", "Срок", 0))
    assert found("LOS202", facts, "record_id", "group", "proposal") == [
        ("1", "near_duplicate", "дорого!"),
        ("2", "near_duplicate", None),
        ("3", "other", None),
        ("4", "unused", None),
    ]


def test_other_is_too_much_only_above_the_share() -> None:
    assert found("LOS202", reasons(("1", "Дорого", 9), ("2", "Прочее", 1))) == []
    assert found("LOS202", reasons(("1", "Дорого", 9), ("2", "Other reasons", 2))) == ["2"]
    assert found("LOS202", reasons(("1", "Другой поставщик", 9), ("2", None, 2))) == []
