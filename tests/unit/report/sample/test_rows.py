"""The rows of a sample: what a reviewer sees, and what stays hidden."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl

from dedupe.contracts import FINDINGS, Account
from dedupe.report.sample import (
    Request,
    Sample,
    draw_sample,
    findings_population,
    pairs_population,
    sample_rows,
)
from dedupe.report.sample.facts import Told

from .conftest import AT, LATER, findings, pairs, table

NO_VALUES = pl.DataFrame(schema={"entity": pl.String, "record_id": pl.String, "value": pl.String})


def made(found: pl.DataFrame, account: Account | None, **told) -> Sample:
    code = found["code"][0]
    drawn = draw_sample(findings_population(found, account), Request(code=code, n=100, seed=1))
    return sample_rows(
        drawn,
        Told(**({"scan_id": "s-1", "crm": "amocrm", "host": "firm.amocrm.ru", "findings": found,
                 "values": NO_VALUES, "account": account} | told)),
    )  # fmt: skip


def cells(sample: Sample, id_: str) -> dict[str, object]:
    names = [column.name for column in sample.columns]
    rows = (dict(zip(names, row, strict=True)) for row in sample.rows)
    return next(row for row in rows if row["id"] == id_)


def test_a_deal_is_shown_with_its_owner_dates_price_and_link(account) -> None:
    row = cells(made(findings(3, value="no_calls, bulk_close"), account), "2")
    assert row["link"] == "https://firm.amocrm.ru/leads/detail/2"
    assert (row["owner"], row["created"], row["closed"]) == ("Anna", AT, LATER)
    assert (row["price"], row["signs"]) == (20.0, "no_calls, bulk_close")
    assert row["name"] == "Ив*** ***" or "Иванов" not in str(row["name"])
    assert (row["verdict"], row["comment"], row["reviewer"]) == (None, None, None)


def test_values_are_hidden_unless_asked_for(account) -> None:
    found = findings(1, value="+79161234567, Иванов", field="phone", group="too_long")
    row = cells(made(found, account), "1")
    assert "9161234567" not in row["signs"]
    assert "Иванов" not in str(row)
    assert str(row["signs"]).startswith("too long, phone: ")
    shown = cells(made(found, account, show_values=True), "1")
    assert (shown["name"], shown["signs"]) == ("Иванов 1", "too long, phone: +79161234567, Иванов")


def test_settings_are_named_in_full() -> None:
    found = findings(1, code="TAG101", entity="tag", field="name", value="опт")
    assert cells(made(found, Account(tables={})), "1")["signs"] == "name: опт"


def test_what_nothing_tells_has_no_column() -> None:
    names = [column.name for column in made(findings(2), None).columns]
    assert names == ["number", "link", "id", "entity", "verdict", "comment", "reviewer"]


def test_the_calls_of_a_deal_and_of_its_client_while_it_was_open_are_linked(account) -> None:
    def call(id_: str, entity: str, record_id: str, link: str, at=AT) -> dict[str, object]:
        return {"id": id_, "entity": entity, "record_id": record_id, "note_type": "call_in",
                "params": json.dumps({"link": link}), "created_at": at}  # fmt: skip

    notes = [
        call("n1", "deal", "1", "https://rec.example/1"),
        call("n2", "contact", "c1", "https://rec.example/2", LATER),
        call("n3", "contact", "c1", "https://rec.example/3", LATER.replace(year=2025)),
        call("n4", "deal", "1", "javascript:alert(1)"),
        call("n5", "deal", "2", "https://rec.example/5"),
    ]
    called = replace(account, tables={**account.tables, "notes": table("notes", notes)})
    sample = made(findings(3), called)
    assert cells(sample, "1")["recordings"] == "https://rec.example/2\nhttps://rec.example/1"
    assert cells(sample, "2")["recordings"] == "https://rec.example/5"
    assert cells(sample, "3")["recordings"] is None
    of_note = findings(1, code="CAL101", entity="note").with_columns(record_id=pl.lit("n5"))
    row = cells(made(FINDINGS.check(of_note), called), "n5")
    assert row["recordings"] == "https://rec.example/5"
    assert row["link"] == "https://firm.amocrm.ru/leads/detail/2"


def test_a_pair_shows_both_cards_and_no_probability(account) -> None:
    drawn = draw_sample(
        pairs_population(pairs(("c1", "c2", "auto")), "auto", account),
        Request(code="auto", n=5, seed=1),
    )
    values = pl.DataFrame(
        [("contact", "c1", "+79160001234"), ("contact", "c2", "+79160001234")],
        schema=NO_VALUES.schema, orient="row",
    )  # fmt: skip
    told = Told(scan_id="s", crm="amocrm", host="firm.amocrm.ru", findings=FINDINGS.empty(),
                values=values, account=account)  # fmt: skip
    row = cells(sample_rows(drawn, told), "c1")
    assert row["other_id"] == "c2"
    assert row["values"] == row["other_values"] == "+7 *** ***-12-34"
    assert not {"probability", "weight", "tier"} & set(row)
