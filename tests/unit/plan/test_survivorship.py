"""Which card stays, and which value: tables of cases, each with the rule that decides."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from dedupe.config.planning import Survivorship
from dedupe.plan.cards import Card, Field, Fields
from dedupe.plan.ops import Item, Ref
from dedupe.plan.survivorship import chosen_values, deciding_rule, ranked

ACTIVE = frozenset({"1", "2"})
RULES = Survivorship()
FIELDS = Fields(
    {
        ("contact", id_): Field(id=id_, name=name, type=kind)
        for id_, name, kind in (
            ("701", "Город", "text"),
            ("704", "Не писать", "checkbox"),
            ("705", "Согласие", "checkbox"),
            ("706", "Интересы", "multiselect"),
            ("708", "Файл", "file"),
        )
    }
)


def card(id_: str, **facts) -> Card:
    facts.setdefault("owner_id", "1")
    facts.setdefault("created_at", datetime(2020, 1, 1, tzinfo=UTC))
    facts.setdefault("name", "Иван Петров")
    return Card(ref=Ref("contact", id_), **facts)


def choose(name: str, *cards: Card, rules: Survivorship = RULES):
    (found,) = [each for each in chosen_values(cards, FIELDS, rules) if each.field == name]
    return found


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        (card("20", n_won=2, owner_id="9"), card("3", n_won=1, fields={"701": "x"}),
         "most_won_deals"),
        (card("20"), card("3", owner_id="9", fields={"701": "x"}), "active_owner"),
        (card("20", fields={"701": "x"}), card("3", created_at=datetime(2019, 1, 1, tzinfo=UTC)),
         "most_complete"),
        (card("20", items={"PHONE": (Item("1"), Item("2"))}), card("3", fields={"701": "x"}),
         "most_complete"),
        (card("20"), card("3", created_at=datetime(2021, 1, 1, tzinfo=UTC)), "oldest"),
        (card("20"), card("3", created_at=None), "oldest"),
        (card("3"), card("20"), "smallest_id"),
        (card("9"), card("10"), "smallest_id"),
    ],
)  # fmt: skip
def test_the_survivor_is_chosen_rule_by_rule(first, second, rule) -> None:
    for cards in ([first, second], [second, first]):
        order = ranked(cards, RULES, ACTIVE)
        assert order[0].ref == first.ref
        assert deciding_rule(order, RULES, ACTIVE) == rule


def test_the_rules_of_the_config_replace_the_default_ones() -> None:
    old = card("5", created_at=datetime(2010, 1, 1, tzinfo=UTC))
    rich = card("6", n_won=9)
    assert ranked([rich, old], Survivorship(survivor=("oldest",)), ACTIVE)[0] is old
    assert ranked([old, rich], Survivorship(survivor=("newest",)), ACTIVE)[0] is rich


@pytest.mark.parametrize(
    ("values", "rule", "value", "chosen_rule", "lost"),
    [
        (("Пенза", "Самара"), None, "Пенза", "keep", ["Самара"]),
        ((None, "Самара"), None, "Самара", "fill_blank", []),
        ((None, "Самара", "Уфа"), None, "Самара", "fill_blank", ["Уфа"]),
        (("Пенза", "Пенза "), None, "Пенза", "keep", []),
        (("Пенза", "Самара"), "newest", "Самара", "newest", ["Пенза"]),
        (("Пенза", "Самара"), "oldest", "Пенза", "oldest", ["Самара"]),
        (("Уфа", "Самара"), "longest", "Самара", "longest", ["Уфа"]),
    ],
)
def test_a_single_value_follows_its_rule(values, rule, value, chosen_rule, lost) -> None:
    cards = [
        card(str(at), fields={"701": text} if text else {},
             created_at=datetime(2020 + at, 1, 1, tzinfo=UTC),
             updated_at=datetime(2020 + at, 6, 1, tzinfo=UTC))
        for at, text in enumerate(values, 1)
    ]  # fmt: skip
    rules = Survivorship(fields={"город": rule} if rule else {})
    found = choose("701", *cards, rules=rules)
    assert (found.value, found.rule) == (value, chosen_rule)
    assert [each.value for each in found.lost] == lost


@pytest.mark.parametrize(
    ("kind", "values", "value"),
    [
        ("refusal", ("false", "true"), "true"),
        ("refusal", ("true", "false"), "true"),
        ("refusal", (None, "Да"), "Да"),
        ("refusal", ("нет", None), "нет"),
        ("consent", ("true", "false"), "false"),
        ("consent", ("true", None), "true"),
        ("consent", (None, "true"), None),  # that a card does not say is no permission
        ("consent", (None, "false"), "false"),
        ("consent", ("true", "true"), "true"),
    ],
)
def test_a_consent_takes_the_stricter_value(kind, values, value) -> None:
    field_id, name = ("704", "Не писать") if kind == "refusal" else ("705", "705")
    cards = [
        card(str(at), fields={field_id: text} if text else {}) for at, text in enumerate(values, 1)
    ]
    rules = Survivorship(refusal=(name,)) if kind == "refusal" else Survivorship(consent=(name,))
    assert choose(field_id, *cards, rules=rules).value == value


def test_choices_of_a_multi_select_are_joined() -> None:
    one = card("1", fields={"706": '[{"enum_id":"2","raw":"опт"}]'})
    two = card("2", fields={"706": '[{"enum_id":"1","raw":"розница"},{"enum_id":"2","raw":"опт"}]'})
    found = choose("706", one, two)
    assert found.rule == "union"
    assert [part["enum_id"] for part in json.loads(found.value)] == ["1", "2"]


def test_a_field_that_we_can_not_write_is_told_and_left_alone() -> None:
    found = choose("708", card("1"), card("2", fields={"708": "договор.pdf"}))
    assert found.value is None
    assert [each.value for each in found.lost] == ["договор.pdf"]


@pytest.mark.parametrize(
    ("names", "value", "rule"),
    [
        (("Иван Петров", "Пётр"), "Иван Петров", "keep"),
        (("Имя не указано", "Пётр Ильин"), "Пётр Ильин", "usable_name"),
        ((None, "Пётр Ильин"), "Пётр Ильин", "usable_name"),
        ((None, None), None, "keep"),
        (("+79161234567", "Пётр Ильин"), "Пётр Ильин", "usable_name"),
    ],
)
def test_a_name_that_is_none_gives_way_to_one_that_is(names, value, rule) -> None:
    found = choose("name", *(card(str(at), name=name) for at, name in enumerate(names, 1)))
    assert (found.value, found.rule) == (value, rule)


def test_the_parts_of_a_name_are_never_of_two_people() -> None:
    one = card("1", name="Иван", first_name="Иван")
    two = card("2", name="Пётр Ильин", first_name="Пётр", last_name="Ильин")
    assert choose("last_name", one, two).value is None
    assert [each.value for each in choose("last_name", one, two).lost] == ["Ильин"]
