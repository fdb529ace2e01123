"""DUP104 to DUP109: what makes a group, and what keeps cards apart."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from dedupe.audit import Facts, run_checks
from dedupe.audit.sites import domains
from dedupe.contracts import CLUSTERS, SNAPSHOT_TABLES, TRAITS, VALUES, Account
from dedupe.match import build_groups

TABLES = {"contact": "contacts", "company": "companies"}
SHARES = {
    "column": ["surname", "surname", "given", "given", "patronymic"],
    "value": ["иванов", "редкий", "иван", "анна", "иванович"],
    "share": [0.003, 0.000001, 0.03, 0.02, 0.03],
}


def facts(
    entity: str,
    cards: dict[str, dict[str, Any]],
    *,
    clusters: list[tuple[str, str]] | None = None,
    fields: list[tuple[str, str, str]] = (),  # type: ignore[assignment]
    n: int = 0,
) -> Facts:
    """Build facts of cards (id -> traits, phone, email, site); `n` more say nothing."""
    ids = [*cards, *(f"x{i}" for i in range(n))]
    traits = pl.DataFrame(
        [{"entity": entity, "record_id": i} | cards.get(i, {}) for i in ids],
        infer_schema_length=None,
    )
    rows = [
        {"entity": entity, "record_id": i, "kind": kind, "value": card[kind]}
        for i, card in cards.items()
        for kind in ("phone", "email", "site")
        if kind in card
    ]
    told = pl.DataFrame(rows, schema=dict.fromkeys(("entity", "record_id", "kind", "value"), str))
    values = VALUES.conform(
        told.filter(pl.col("kind") != "site").with_columns(
            status=pl.lit("valid"), match_key="value", field_id=pl.lit("PHONE")
        )
    )
    tables = {
        TABLES[entity]: pl.DataFrame({"id": ids, "name": [f"name {i}" for i in ids]}),
        "channels": told.rename({"value": "raw"}),
        "field_values": pl.DataFrame(
            [(entity, *row) for row in fields],
            schema=dict.fromkeys(("entity", "record_id", "field_id", "raw"), str),
            orient="row",
        ),
        "fields": pl.DataFrame({"entity": [entity], "id": ["77"], "name": ["КПП филиала"]}),
    }
    found = [(entity, *row) for row in clusters or []]
    names = ("entity", "cluster_id", "record_id")
    return Facts(
        account=Account(
            tables={k: SNAPSHOT_TABLES[k].conform(t).lazy() for k, t in tables.items()}
        ),
        values=values,
        names=pl.DataFrame(),
        groups=build_groups(values),
        clusters=CLUSTERS.conform(
            pl.DataFrame(found, schema=dict.fromkeys(names, str), orient="row")
        ),
        traits=TRAITS.conform(traits),
        name_shares=pl.DataFrame(SHARES),
    )


def grouped(of: Facts, code: str, entity: str) -> list[list[str]]:
    """Return the groups of record ids that a check finds, by their labels."""
    audit = run_checks(of, select=[code])
    results, findings = audit.results, audit.findings
    (result,) = [r for r in results if r.entity == entity]
    assert result.status == "checked", result.reason
    by_group = findings.sort("group", "record_id").group_by("group", maintain_order=True)
    groups = [sorted(part["record_id"].unique()) for _, part in by_group]
    assert result.groups == len(groups)
    assert result.found == findings["record_id"].n_unique()
    return groups


def taxed(number: str, *, is_right: bool = True) -> dict[str, Any]:
    return {"tax_id": number, "tax_ok": is_right}


def test_a_tax_number_groups_companies_and_kpp_parts_the_branches() -> None:
    cards = {
        "1": taxed("7707083893"),
        "2": taxed("7707083893"),
        "3": taxed("7707083893"),
        "4": taxed("7707083893"),
        "5": taxed("5001007322"),
        "6": taxed("5001007322"),
        "7": taxed("1111111111", is_right=False),
        "8": taxed("1111111111", is_right=False),
    }
    kpp = [("1", "КПП", "773601001"), ("2", "77", "7736 01001"), ("3", "kpp", "540502001")]
    of = facts("company", cards, fields=kpp)
    # 4 does not tell its branch: it can't be said which of the two firms it repeats.
    assert grouped(of, "DUP104", "company") == [["1", "2"], ["5", "6"]]
    same = facts("company", cards, fields=kpp[:2])
    assert grouped(same, "DUP104", "company") == [["1", "2", "3", "4"], ["5", "6"]]


def test_a_contact_with_the_employers_tax_number_is_no_duplicate() -> None:
    cards = {
        "1": taxed("7707083893"),
        "2": taxed("7707083893"),
        "3": taxed("500100732259"),
        "4": taxed("500100732259"),
    }
    assert grouped(facts("contact", cards), "DUP104", "contact") == [["3", "4"]]


def test_without_a_tax_number_it_is_not_checked() -> None:
    results = run_checks(
        facts("contact", {"1": {"given": "анна"}}), select=["DUP104", "DUP109"]
    ).results
    reasons = {(r.code, r.entity): r.reason for r in results}
    assert reasons["DUP104", "contact"] == "no data: traits.contact.tax_id"
    assert reasons["DUP109", "contact"] == "no data: traits.contact.tax_id|birth_date"


def person(surname: str, given: str, patronymic: str | None = None, **more: Any) -> dict[str, Any]:
    told = {"surname": surname, "given": given, "patronymic": patronymic}
    keys = {f"{name}_key": value for name, value in told.items()}
    return told | keys | more


def test_namesakes_count_where_chance_hardly_makes_them() -> None:
    cards = {
        "1": person("иванов", "иван"),
        "2": person("иванов", "иван"),
        "3": person("редкий", "иван"),
        "4": person("редкий", "иван"),
        "5": person("иванов", "анна", "иванович"),
        "6": person("иванов", "анна", "иванович"),
    }
    few = facts("contact", cards)
    assert grouped(few, "DUP106", "contact") == [["1", "2"], ["3", "4"], ["5", "6"]]
    many = facts("contact", cards, n=2_000)
    assert grouped(many, "DUP106", "contact") == [["3", "4"], ["5", "6"]]


def test_names_are_the_same_where_one_may_stand_for_the_other() -> None:
    cards = {
        "1": person("редкий", "саша", given_key="александр|александра"),
        "2": person("редкий", "александр"),
        "3": person("редкий", "анна"),
    }
    assert grouped(facts("contact", cards), "DUP106", "contact") == [["1", "2"]]


def test_a_name_too_common_to_count_takes_no_card_from_a_rare_one() -> None:
    # "саша" may stand for a common name, which says nothing without a patronymic, and a rare one.
    cards = {
        "1": person("иванов", "саша", given_key="иван|юран"),
        "2": person("иванов", "юран"),
    } | {str(i): person("иванов", "иван") for i in range(3, 7)}
    assert grouped(facts("contact", cards, n=2_000), "DUP106", "contact") == [["1", "2"]]


def test_patronymics_birth_dates_and_known_groups_part_namesakes() -> None:
    cards = {
        "1": person("редкий", "иван", "петрович"),
        "2": person("редкий", "иван", "ильич"),
        "3": person("редкий", "анна", birth_date=19800101),
        "4": person("редкий", "анна", birth_date=19900305),
        "5": person("новый", "иван", phone="+79161234567"),
        "6": person("новый", "иван", phone="+79161234567"),
        "7": person("другой", "иван", phone="+79161234568"),
        "8": person("другой", "иван", phone="+79161234568"),
        "9": person("другой", "иван"),
    }
    assert grouped(facts("contact", cards), "DUP106", "contact") == [["7", "8", "9"]]


def firm(name: str, city: str | None = None, **more: Any) -> dict[str, Any]:
    return {"company": name, "company_key": name, "city": city, "city_key": city} | more


def test_companies_of_one_name_are_parted_by_city_and_tax_number() -> None:
    cards = {
        "1": firm("ромашка", "пенза"),
        "2": firm("ромашка", "пенза"),
        "3": firm("ромашка", "тула"),
        "4": firm("лютик"),
        "5": firm("лютик", "тула"),
        "6": firm("мак") | taxed("7707083893"),
        "7": firm("мак") | taxed("5001007322"),
    }
    assert grouped(facts("company", cards), "DUP106", "company") == [["1", "2"], ["4", "5"]]


def test_where_names_are_not_telling_the_city_must_be_the_same() -> None:
    common = {f"a{i}": firm("вектор", f"город {i}") for i in range(6)}
    cards = common | {
        "1": firm("ромашка", "пенза"),
        "2": firm("ромашка", "пенза"),
        "3": firm("лютик"),
        "4": firm("лютик"),
    }
    assert grouped(facts("company", cards), "DUP106", "company") == [["1", "2"]]


@pytest.mark.parametrize(
    ("raw", "domain"),
    [
        ("https://www.Romashka.ru/about?x=1", "romashka.ru"),
        ("romashka.ru", "romashka.ru"),
        ("http://m.romashka.ru:8080/", "romashka.ru"),
        ("//ромашка.рф", "ромашка.рф"),
        ("info@romashka.ru", "romashka.ru"),
        ("firm.narod.ru", "firm.narod.ru"),
        ("narod.ru", None),
        ("https://vk.com/romashka", None),
        ("https://romashka.vk.com", None),
        ("нет сайта", None),
        ("сайт romashka.ru, vk.com/rom", "romashka.ru"),
        ("", None),
    ],
)
def test_a_domain_is_read_out_of_what_people_write(raw, domain) -> None:
    of = facts("company", {"1": {"site": raw}})
    assert domains(of).collect()["key"].to_list() == ([domain] if domain else [])


def test_companies_of_one_site_are_a_group_unless_it_is_everybodys() -> None:
    cards = {
        "1": {"site": "romashka.ru"},
        "2": {"site": "http://romashka.ru/kontakty"},
        "3": {"site": "vk.com/romashka"},
        "4": {"site": "vk.com/romashka"},
        **{f"a{i}": {"site": "market.example.net"} for i in range(11)},
        "5": {"site": "holding.net"} | taxed("7707083893"),
        "6": {"site": "holding.net"} | taxed("5001007322"),
    }
    assert grouped(facts("company", cards), "DUP107", "company") == [["1", "2"]]


def test_unlike_names_at_one_number_are_listed_unless_they_match() -> None:
    phone = {"phone": "+79161234567"}
    cards = {
        "1": person("иванов", "иван", **phone),
        "2": person("иванов", "анна", **phone),
        "3": person("петров", "саша", phone="+79161234568", given_key="александр|александра"),
        "4": person("петров", "александр", phone="+79161234568"),
        "5": person("петров", "алексадр", phone="+79161234568"),
        "6": person("сидоров", "анна", phone="+79161234569"),
        "7": person("сидоров", None, phone="+79161234569"),  # type: ignore[arg-type]
    }
    of = facts("contact", cards, clusters=[("3", "3"), ("3", "4"), ("3", "5")])
    assert grouped(of, "DUP108", "contact") == [["1", "2"]]


def test_a_number_of_a_crowd_makes_no_pairs() -> None:
    cards = {str(i): firm(f"фирма {i}", phone="+74951234567") for i in range(40)}
    assert grouped(facts("company", cards), "DUP108", "company") == []
    few = dict(list(cards.items())[:5])
    assert grouped(facts("company", few), "DUP108", "company") == [["0", "1", "2", "3", "4"]]


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (19800101, 19900305, True),
        (19800101, 19800305, True),  # one year is no sign
        (19800103, 19800301, False),  # day and month swapped
        (19800101, 19800102, False),
        (19800101, 19810101, False),
        (19800000, 19900305, False),  # a day that is not told
        (None, 19900305, False),
    ],
)
def test_birth_dates_hold_cards_apart_unless_one_is_a_slip(one, other, differ) -> None:
    shared = {"email": "ivan@example.org"}
    cards = {"1": shared | {"birth_date": one}, "2": shared | {"birth_date": other}}
    found = grouped(facts("contact", cards), "DUP109", "contact")
    assert found == ([["1", "2"]] if differ else [])


def test_tax_numbers_hold_companies_apart() -> None:
    shared = {"phone": "+74951234567"}
    cards = {
        "1": shared | taxed("7707083893"),
        "2": shared | taxed("5001007322"),
        "3": shared | taxed("7707083894", is_right=False),
    }
    assert grouped(facts("company", cards), "DUP109", "company") == [["1", "2"]]


def test_no_cards_are_no_findings() -> None:
    for entity in TABLES:
        empty = facts(entity, {})
        audit = run_checks(empty, select=["DUP1"])
        results, findings = audit.results, audit.findings
        assert findings.is_empty()
        assert not [r for r in results if r.found]
