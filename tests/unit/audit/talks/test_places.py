"""ENR101, ENR201, SRC101, FUN501: what a number or a text tells, and when clients come."""

from __future__ import annotations

import polars as pl
import pytest

from dedupe.audit import run_checks
from dedupe.audit.talks.regions import places

from .account import at, call, chat, deal, facts, links, result, rows, table


def _values(*told: tuple[str, str], status: str = "valid") -> dict[str, list]:
    """Build phones (or addresses) of contacts, each (contact, value)."""
    return {
        "entity": ["contact"] * len(told),
        "record_id": [record for record, _ in told],
        "kind": ["email" if "@" in value else "phone" for _, value in told],
        "value": [value for _, value in told],
        "status": [status] * len(told),
        "position": list(range(len(told))),
        "part": [0] * len(told),
    }


def _proposed(text: str, values: dict[str, list] | None = None, **tables) -> list[str]:
    note = call("1", "deal:5", at(), "service_message", text=text)
    own = {"notes": rows(note), "deals": rows(deal("5", at())), "links": links(("1", "5"))}
    account = facts(values=values, **(own | tables))
    findings = run_checks(account, select=["ENR101"]).findings
    assert findings["confidence"].to_list() == [0.6] * findings.height
    assert set(findings["record_id"]) <= {"1"}
    return findings["proposal"].to_list()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Телефон: 8 (916) 123-45-67", ["+79161234567"]),
        ("tel +375 29 123 45 67, mail A.B@Example.org.", ["a.b@example.org", "+375291234567"]),
        ("89161234567 +7 916 123-45-67", ["+79161234567"]),
        ("two: 89161234567, 89161234568", ["+79161234567", "+79161234568"]),
        ("_ym_uid 1583156937123456789, ga 1234567890.1583156937", []),
        ("ИНН 7707083893, заказ 81234567890", []),  # no code begins with 1
        ("id=89161234567890", []),
        ("nothing", []),
    ],
)
def test_numbers_and_addresses_are_read_out_of_a_text(text, told) -> None:
    assert sorted(_proposed(text)) == sorted(told)


def test_what_the_card_has_in_any_spelling_is_not_proposed() -> None:
    text = "8 916 123-45-67 a@example.org"
    assert _proposed(text, _values(("1", "+79161234567"), ("1", "A@example.org"))) == []
    assert len(_proposed(text, _values(("2", "+79161234567")))) == 2


def test_the_companys_own_values_are_not_proposed() -> None:
    text = "8 916 123-45-67 a@example.org"
    assert _proposed(text, _values(("2", "+79161234567"), status="own")) == ["a@example.org"]
    assert _proposed(text, users={"id": ["9"], "email": ["A@example.org"]}) == ["+79161234567"]


@pytest.mark.parametrize(("n", "is_found"), [(3, True), (4, False)])
def test_what_many_cards_were_left_with_is_nobodys(n, is_found) -> None:
    ids = [str(i) for i in range(n)]
    notes = rows(*(call(i, f"contact:{i}", at(), "sms_in", text="+79161234567") for i in ids))
    account = facts(contacts={"id": ids}, notes=notes)
    assert bool(result(account, "ENR101", "contact").found) is is_found


def test_a_number_is_at_home_by_its_longest_known_beginning() -> None:
    numbers = ["+74951234567", "+79161234567", "+77271234567", "+78001234567", "+85212345678"]
    told = places(pl.DataFrame({"value": numbers})).select("region", "zone").rows()
    assert told == [
        ("Moscow", "Europe/Moscow"),
        ("Russia, mobile", None),
        ("Kazakhstan", "Asia/Almaty"),
        ("Russia, no region", None),
        ("other countries", None),
    ]


def test_contacts_are_counted_by_region_and_by_hours_ahead() -> None:
    values = _values(("1", "+79161234567"), ("1", "+73832223344"), ("2", "+79161234567"))
    account = facts(values=values)
    assert table(account, "ENR201", "contacts_by_region") == [
        ("Novosibirsk Oblast", 1, 0.5),
        ("Russia, mobile", 1, 0.5),
    ]
    assert table(account, "ENR201", "contacts_by_hours_ahead") == [(4.0, 1, 1.0)]
    (metric, _) = run_checks(account, select=["ENR201"]).metrics
    assert metric.quality is not None
    assert (metric.quality.usable, metric.quality.base) == (1, 2)


def test_deals_are_counted_by_source_and_region() -> None:
    values = _values(("1", "+74951234567"), ("2", "+73832223344"))
    account = facts(
        values=values,
        deals=rows(
            deal("5", at(), source_id="a"),
            deal("6", at(), source_id="b"),
            deal("7", at(), source_id="b"),
            deal("8", at(), source_id="c"),
        ),
        links=links(("1", "5"), ("1", "6"), ("2", "7")),
        sources={"id": ["b"], "name": ["Chat"]},
    )
    assert table(account, "SRC101", "sources_by_region") == [("Chat", 1, 1, 0), ("a", 1, 0, 0)]
    assert (result(account, "SRC101", "source").found, len(values)) == (3, 7)


def test_a_tenth_source_and_region_are_shown_and_an_eleventh_is_among_the_others() -> None:
    codes = ("301", "302", "341", "342", "343", "345", "346", "347", "349", "351", "352")
    ids = [str(n) for n in range(11)]
    account = facts(
        contacts={"id": ids},
        values=_values(*((n, f"+7{code}1234567") for n, code in zip(ids, codes, strict=True))),
        deals=rows(*(deal(n, at(), source_id=n) for n in ids)),
        links=links(*((n, n) for n in ids)),
    )
    told = table(account, "SRC101", "sources_by_region")
    assert (len(told), told[-1][0], sum(sum(row[1:]) for row in told)) == (11, "others", 11)
    assert {len(row) for row in told} == {12}


def test_inbound_enquiries_are_counted_by_hour_of_the_accounts_own_clock() -> None:
    account = facts(
        notes=rows(call("1", "contact:1", at(), duration=3), call("2", "deal:5", at(), "call_out")),
        messages=rows(chat("1", "contact:1", at(hours=13))),  # one at night, on Tuesday
    )
    by_channel = table(account, "FUN501", "inbound_by_channel_and_hour")
    assert [(row[0], sum(row[1:])) for row in by_channel] == [
        ("call", 1),
        ("mail", 0),
        ("chat", 1),
        ("sms", 0),
        ("form", 0),
    ]
    assert (by_channel[0][1 + 12], by_channel[2][1 + 1]) == (1, 1)
    by_day = table(account, "FUN501", "inbound_by_weekday_and_hour")
    assert (by_day[0][0], by_day[0][1 + 12], by_day[1][1 + 1]) == ("Monday", 1, 1)
    one = result(account, "FUN501", "account")
    assert (one.found, one.base) == (2, 2)
