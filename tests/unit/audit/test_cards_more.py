"""LNK103, PHN102, PHN401, NAM301, EML401, EML402, ENR301, CUS001: more about single cards."""

from __future__ import annotations

import pytest

from dedupe.audit import run_checks
from tests.unit.audit.structure.small import checked, facts_of, found, ids, metric

NO_LINK = {"is_main": None}


def link(a: str, a_id: str, b: str, b_id: str) -> dict:
    return {"from_entity": a, "from_id": a_id, "to_entity": b, "to_id": b_id}


def number(card: str, field: str, value: str | None, kind: str = "phone", **more: object) -> dict:
    return {
        "entity": "contact", "record_id": card, "kind": kind, "field_id": field, "value": value,
        "status": "valid", "position": 0, "part": 0,
    } | more  # fmt: skip


def test_a_company_is_alone_without_deals_and_contacts() -> None:
    facts = facts_of(
        companies=ids(4),
        links=[link("company", "1", "deal", "9"), link("contact", "5", "company", "2"),
               link("company", "3", "company", "4")],
    )  # fmt: skip
    assert found("LNK103", facts) == ["3", "4"]
    assert checked("LNK103", facts)[0].base == 4


def channel(card: str, kind: str, raw: str | None) -> dict:
    return {"entity": "contact", "record_id": card, "kind": kind, "raw": raw, "field_id": "PHONE"}


def chat(entity: str, record: str, type_: str = "incoming_chat_message") -> dict:
    return {"id": record, "type": type_, "entity": entity, "record_id": record}


def test_a_contact_is_out_of_reach_without_any_channel_or_chat() -> None:
    tables = {
        "contacts": [*ids(8), {"id": "9", "is_deleted": True}],
        "channels": [
            channel("1", "phone", "call me"), channel("2", "email", "a@b.ru"),
            channel("3", "messenger", "tg"), channel("4", "site", "a.ru"),
            channel("5", "phone", " "),
            channel("6", "email", None),
        ],
    }  # fmt: skip
    assert found("PHN102", facts_of(**tables)) == ["4", "5", "6", "7", "8"]
    talked = facts_of(
        **tables,
        deals=[{"id": "d"}],
        links=[link("deal", "d", "contact", "8")],
        events=[chat("contact", "4"), chat("deal", "d"), chat("contact", "5", "lead_added")],
    )
    assert found("PHN102", talked) == ["5", "6", "7"]


def test_a_number_is_off_field_unless_the_phone_field_has_it_too() -> None:
    facts = facts_of(
        contacts=ids(5),
        channels=[],
        values=[
            number("1", "700", "+79160000001"),
            number("2", "700", "+79160000002"), number("2", "PHONE", "+79160000002", part=1),
            number("3", "700", None), number("4", "PHONE", "+79160000004"),
            number("5", "700", "+70000000000", status="placeholder"),
        ],
    )  # fmt: skip
    assert found("PHN401", facts, "record_id", "field", "value") == [("1", "700", "+79160000001")]


@pytest.mark.parametrize(
    ("name", "group"),
    [
        (None, "empty"),
        (" ", "empty"),
        ("12 345", "digits"),
        ("+7 (916) 123-45-67", "digits"),
        ("---", "digits"),
        ("Сделка #123", "numbered"),
        ("ЗАЯВКА №5", "numbered"),
        ("Lead 77", "numbered"),
        ("Автосделка: форма", "automatic"),
        ("Новая сделка", "automatic"),
        ("new deal", "automatic"),
        ("Заявка", "automatic"),
        ("онлайн-чат", "source"),
    ],
)
def test_a_deal_name_that_says_nothing_has_its_class(name: str | None, group: str) -> None:
    facts = facts_of(
        deals=[{"id": "1", "name": name, "source_id": "s"}, {"id": "2", "name": "Кровля, Пенза"}],
        sources=[{"id": "s", "name": "Онлайн-чат"}],
    )
    assert found("NAM301", facts, "record_id", "group") == [("1", group)]
    assert metric("NAM301", facts, "deal_names", "n", "share") == [(1, 0.5)]


@pytest.mark.parametrize(
    "name",
    ["Заявка на кровлю", "Сделка с Ивановым", "Заказ 5 окон", "3 окна", "Автосделки и другое"],
)
def test_a_deal_name_that_says_something_is_no_finding(name: str) -> None:
    assert found("NAM301", facts_of(deals=[{"id": "1", "name": name}])) == []


def mail(card: str, value: str | None, key: str | None = None) -> dict:
    return number(card, "EMAIL", value, kind="email", match_key=key)


def test_an_address_crowds_from_the_least_number_of_contacts() -> None:
    values = [
        mail("10", "a.b@mail.ru", "ab@mail.ru"), mail("9", "ab@mail.ru", "ab@mail.ru"),
        mail("8", "A.B@mail.ru", "ab@mail.ru"), mail("8", "ab@mail.ru", "ab@mail.ru"),
        mail("1", "Info@firm.ru"), mail("2", "info@firm.ru"), mail("3", None),
    ]  # fmt: skip
    tables = {"contacts": ids(10), "channels": [], "values": values}
    assert found("EML401", facts_of(**tables), "record_id", "group", "value") == [
        ("8", "8", "A.B@mail.ru"),
        ("9", "8", "ab@mail.ru"),
        ("10", "8", "a.b@mail.ru"),
    ]
    result, _ = checked("EML401", facts_of(options={"EML401": {"least": 2}}, **tables))
    assert (result.found, result.groups, result.extra) == (5, 2, None)


@pytest.mark.parametrize("address", ["info@a.ru", "Sales2@a.ru", "zakaz-1@a.ru", "no-reply@a.ru"])
def test_a_role_address_is_told_by_its_name(address: str) -> None:
    facts = facts_of(
        contacts=ids(3), channels=[], values=[mail("1", address), mail("2", "anna@a.ru")]
    )
    assert found("EML402", facts) == ["1"]
    assert checked("EML402", facts)[0].base == 2


@pytest.mark.parametrize(
    "address", ["informer@a.ru", "ivan.info@a.ru", "helper@a.ru", "pavel@info.ru"]
)
def test_a_persons_address_is_none(address: str) -> None:
    assert (
        found("EML402", facts_of(contacts=ids(1), channels=[], values=[mail("1", address)])) == []
    )


def test_a_tax_number_is_wrong_by_its_check_digit() -> None:
    def trait(id_: str, tax: str | None, *, ok: bool | None) -> dict:
        return {"entity": "company", "record_id": id_, "tax_id": tax, "tax_ok": ok}

    facts = facts_of(
        companies=ids(4),
        traits=[trait("1", "5835101706", ok=True), trait("2", "5835101707", ok=False),
                trait("3", None, ok=None), trait("4", "77", ok=None)],
    )  # fmt: skip
    assert found("ENR301", facts, "record_id", "value") == [("2", "5835101707")]
    assert checked("ENR301", facts)[0].base == 3


def test_customers_are_not_checked_in_this_version() -> None:
    (result,) = run_checks(facts_of(contacts=ids(1)), select=["CUS001"]).results
    assert (result.status, result.reason) == ("not_checked", "no data: customers")
