"""What each type of custom field takes, and how it is kept."""

from __future__ import annotations

import pytest

NUMBERS = {"text": 501, "numeric": 502, "checkbox": 503, "select": 504, "multiselect": 505,
           "date": 506, "url": 507, "textarea": 508, "radiobutton": 509, "streetaddress": 510,
           "smart_address": 511, "birthday": 512, "legal_entity": 513, "tracking_data": 514,
           "monetary": 515}  # fmt: skip


def send(crm, kind: str, *values: dict) -> dict:
    entry = {"field_id": NUMBERS[kind], "values": list(values)}
    return {"custom_fields_values": [entry]}


def kept(crm, kind: str, *values: dict) -> list[dict]:
    crm.ok("PATCH", "leads/31", send(crm, kind, *values))
    entries = crm.state.get("leads", 31)["custom_fields_values"] or []
    return next((e["values"] for e in entries if e["field_id"] == NUMBERS[kind]), [])


def wrong(crm, kind: str, *values: dict) -> list[tuple[str, str]]:
    found = crm.problems("PATCH", "leads/31", send(crm, kind, *values))
    return [(code, path.removeprefix("custom_fields_values.0.")) for code, path in found]


RED = {"value": "Красный", "enum_id": 901, "enum_code": "red"}
BLUE = {"value": "Синий", "enum_id": 902, "enum_code": "blue"}


@pytest.mark.parametrize(
    ("kind", "sent", "expected"),
    [
        ("text", [{"value": "а"}], [{"value": "а"}]),
        ("textarea", [{"value": "а\nб"}], [{"value": "а\nб"}]),
        ("url", [{"value": "https://example.com"}], [{"value": "https://example.com"}]),
        ("tracking_data", [{"value": "utm"}], [{"value": "utm"}]),
        ("streetaddress", [{"value": "Невский, 1"}], [{"value": "Невский, 1"}]),
        ("numeric", [{"value": "1.5"}], [{"value": "1.5"}]),
        ("numeric", [{"value": 7}], [{"value": "7"}]),
        ("monetary", [{"value": "100"}], [{"value": "100"}]),
        ("checkbox", [{"value": True}], [{"value": True}]),
        ("checkbox", [{"value": False}], [{"value": False}]),
        ("date", [{"value": 1_577_836_800}], [{"value": 1_577_836_800}]),
        ("date", [{"value": "2020-01-01T03:00:00+03:00"}], [{"value": 1_577_836_800}]),
        ("birthday", [{"value": "2020-01-01T00:00:00Z"}], [{"value": 1_577_836_800}]),
        ("select", [{"value": "Красный"}], [RED]),
        ("select", [{"enum_id": 901}], [RED]),
        ("select", [{"enum_code": "red"}], [RED]),
        ("select", [{"enum_id": 902, "value": "Красный"}], [BLUE]),
        ("radiobutton", [{"value": "Синий"}], [BLUE]),
        ("multiselect", [{"enum_id": 901}, {"value": "Синий"}], [RED, BLUE]),
        (
            "smart_address",
            [{"value": "Москва", "enum_code": "city"}, {"value": "109004", "enum_id": 5}],
            [
                {"value": "Москва", "enum_id": 3, "enum_code": "city"},
                {"value": "109004", "enum_id": 5, "enum_code": "zip"},
            ],
        ),
        (
            "legal_entity",
            [{"value": {"name": "ООО", "entity_type": 2, "vat_id": "1"}}],
            [{"value": {"name": "ООО", "entity_type": 2, "vat_id": "1"}}],
        ),
    ],
)
def test_values_are_kept_as_they_are_read(crm, kind, sent, expected) -> None:
    assert kept(crm, kind, *sent) == expected


@pytest.mark.parametrize(
    ("kind", "sent", "expected"),
    [
        ("text", [{"value": 5}], ("InvalidType", "values.0.value")),
        ("text", [{"value": "а"}, {"value": "б"}], ("TooMany", "values")),
        ("text", [5], ("InvalidType", "values.0")),
        ("text", [{"value": "а", "x": 1}], ("FieldNotExpected", "values.0.x")),
        ("text", [], ("NotBlank", "values")),
        ("numeric", [{"value": "много"}], ("InvalidType", "values.0.value")),
        ("numeric", [{"value": "inf"}], ("InvalidType", "values.0.value")),
        ("numeric", [{"value": True}], ("InvalidType", "values.0.value")),
        ("checkbox", [{"value": "1"}], ("InvalidType", "values.0.value")),
        ("date", [{"value": "01.02.2020"}], ("InvalidDateTimeFormat", "values.0.value")),
        ("date", [{"value": "2020-01-01"}], ("InvalidDateTimeFormat", "values.0.value")),
        ("date", [{"value": 1.5}], ("InvalidType", "values.0.value")),
        ("select", [{"value": "Чёрный"}], ("NotSupportedChoice", "values.0.value")),
        ("select", [{"enum_id": 404}], ("NotSupportedChoice", "values.0.enum_id")),
        ("select", [{"enum_code": "black"}], ("NotSupportedChoice", "values.0.enum_code")),
        ("select", [{"value": 5}], ("InvalidType", "values.0.value")),
        ("smart_address", [{"value": "а"}], ("FieldMissing", "values.0.enum_id")),
        (
            "smart_address",
            [{"value": "а", "enum_id": 7}],
            ("NotSupportedChoice", "values.0.enum_id"),
        ),
        ("legal_entity", [{"value": {}}], ("FieldMissing", "values.0.value.name")),
        ("legal_entity", [{"value": "ООО"}], ("InvalidType", "values.0.value")),
        (
            "legal_entity",
            [{"value": {"name": "а", "entity_type": 3}}],
            ("NotSupportedChoice", "values.0.value.entity_type"),
        ),
        (
            "legal_entity",
            [{"value": {"name": "а", "inn": "1"}}],
            ("FieldNotExpected", "values.0.value.inn"),
        ),
    ],
)
def test_what_a_type_does_not_take_is_refused(crm, kind, sent, expected) -> None:
    assert wrong(crm, kind, *sent) == [expected]


def test_channels_take_labels_by_code_or_id_and_a_default(crm) -> None:
    field = crm.state.field("contacts", "PHONE")
    home = next(e["id"] for e in field["enums"] if e["value"] == "HOME")
    values = [{"value": "1", "enum_code": "MOB"}, {"value": "2", "enum_id": home}, {"value": "3"}]
    entry = {"field_code": "PHONE", "values": values}
    crm.ok("PATCH", "contacts/3", {"custom_fields_values": [entry]})
    entries = crm.state.get("contacts", 3)["custom_fields_values"]
    phones = next(e for e in entries if e["field_code"] == "PHONE")["values"]
    assert [(v["value"], v["enum_code"]) for v in phones] == [
        ("1", "MOB"),
        ("2", "HOME"),
        ("3", "WORK"),
    ]
    entry = {"field_code": "PHONE", "values": [{"value": "1", "enum_code": "CAR"}]}
    found = crm.problems("PATCH", "contacts/3", {"custom_fields_values": [entry]})
    assert found == [("NotSupportedChoice", "custom_fields_values.0.values.0.enum_code")]


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"field_id": 404, "values": None}, "field_id"),
        ({"field_code": "NONE", "values": None}, "field_code"),
        ({"field_id": 520, "values": [{"value": "1"}]}, "field_id"),  # computed
        ({"field_id": 521, "values": None}, "field_id"),  # of contacts
    ],
)
def test_a_field_that_can_not_be_filled_is_refused(crm, entry, path) -> None:
    found = crm.problems("PATCH", "leads/31", {"custom_fields_values": [entry]})
    assert found == [("NotSupportedChoice", f"custom_fields_values.0.{path}")]


def test_an_entry_needs_a_field_and_values(crm) -> None:
    found = crm.problems("PATCH", "leads/31", {"custom_fields_values": [{"values": None}]})
    assert found == [("FieldMissing", "custom_fields_values.0.field_id")]
    found = crm.problems("PATCH", "leads/31", {"custom_fields_values": [{"field_id": 501}]})
    assert found == [("FieldMissing", "custom_fields_values.0.values")]
    assert crm.problems("PATCH", "leads/31", {"custom_fields_values": [7]})


def test_what_was_read_can_be_sent_back(crm) -> None:
    before = crm.state.get("contacts", 1)["custom_fields_values"]
    crm.ok("PATCH", "contacts/1", {"custom_fields_values": before})
    assert crm.state.get("contacts", 1)["custom_fields_values"] == before
    [effect] = crm.effects
    assert set(effect.after) == {"updated_at"}


def test_a_field_is_found_by_its_own_code(crm) -> None:
    entry = {"field_code": "COLOR_2", "values": [{"value": "да"}]}
    crm.ok("PATCH", "contacts/2", {"custom_fields_values": [entry]})
    assert crm.values("contacts", 2)[521] == ["да"]
