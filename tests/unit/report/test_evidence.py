"""The evidence pack: what is counted, in what order, what is hidden, and the same bytes again."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from dedupe import language
from dedupe.contracts import FINDINGS, SNAPSHOT_TABLES, Account, Column, Metric
from dedupe.errors import InputError
from dedupe.report.evidence import Evidence, EvidenceOptions, render_evidence

from .conftest import SECRETS, finding, frame


def at(day: int, hour: int, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, 0, second, tzinfo=UTC)


@pytest.fixture
def account() -> Account:
    told = {
        "contacts": {
            "id": ["9", "10", "11", "20", "21", "31"],
            "created_by": ["1", "0", "0", "7", None, "1"],
            "created_at": [at(1, 9), at(1, 9, 30), at(2, 9), at(20, 22), at(20, 23), None],
        },
        "deals": {
            "id": ["1", "2", "3"],
            "source_id": ["s1", "s2", None],
            "created_at": [at(1, 9), at(3, 9), at(4, 9)],
            "created_by": ["1", "0", "0"],
        },
        "links": {
            "from_entity": ["contact", "deal", "contact"],
            "from_id": ["9", "2", "9"],
            "to_entity": ["deal", "contact", "deal"],
            "to_id": ["1", "10", "2"],
        },
        "sources": {"id": ["s1", "s2"], "name": ["Site", "=HYPERLINK(1)"]},
        "users": {"id": ["1"], "name": ["Anna"]},
    }
    tables = {n: SNAPSHOT_TABLES[n].conform(pl.DataFrame(t)).lazy() for n, t in told.items()}
    return Account(tables=tables)


@pytest.fixture
def evidence(summary, findings, checks, account) -> Evidence:
    return Evidence(
        check=checks["DUP101"],
        summary=replace(summary, timezone="Europe/Moscow"),
        findings=findings.filter((pl.col("code") == "DUP101") & (pl.col("entity") == "contact")),
        account=account,
    )


def unpacked(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name).decode("utf-8-sig") for name in packed.namelist()}


def table(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))[1:]


def test_the_newest_groups_come_first_whole_with_seconds_since_their_first_card(evidence) -> None:
    rows = table(unpacked(render_evidence(evidence))["findings.csv"])
    assert [(row[0], row[2], row[7]) for row in rows] == [
        ("20", "20", "0"),
        ("20", "21", "3600"),
        ("9", "9", "0"),
        ("9", "10", "30"),
        ("9", "11", "86400"),
    ]
    assert rows[0][3] == "https://demo.amocrm.ru/contacts/detail/20"
    assert rows[0][4] == "2026-11-21 01:00:00+03:00"
    assert [row[5] for row in rows] == ["7", "", "Anna", *["a robot or an integration"] * 2]


def test_a_card_has_the_source_of_its_first_deal_and_no_cell_is_a_formula(evidence) -> None:
    files = unpacked(render_evidence(evidence))
    assert [row[6] for row in table(files["findings.csv"])][2:] == ["Site", "'=HYPERLINK(1)", ""]
    assert table(files["by_source.csv"]) == [
        ["not known", "3", "0.600000"],
        ["'=HYPERLINK(1)", "1", "0.200000"],
        ["Site", "1", "0.200000"],
    ]


def test_hours_and_weeks_are_the_accounts_own(evidence) -> None:
    files = unpacked(render_evidence(evidence))
    assert [row[:2] for row in table(files["by_hour.csv"])] == [
        ["01:00", "1"],
        ["02:00", "1"],
        ["12:00", "3"],
    ]
    assert [row[:2] for row in table(files["by_week.csv"])] == [
        ["2026-10-26", "2"],
        ["2026-11-02", "1"],
        ["2026-11-16", "2"],
    ]
    assert sum(int(row[1]) for row in table(files["by_creator.csv"])) == 5


def test_the_order_of_findings_does_not_change_a_byte(evidence) -> None:
    shuffled = evidence.findings.sample(fraction=1, shuffle=True, seed=3)
    again = replace(evidence, findings=shuffled)
    assert render_evidence(again) == render_evidence(evidence)


def test_counts_are_of_all_and_examples_of_some(evidence) -> None:
    few = replace(evidence, options=EvidenceOptions(n=2))
    files = unpacked(render_evidence(few))
    assert len(table(files["findings.csv"])) == 2
    assert sum(int(row[1]) for row in table(files["by_hour.csv"])) == 5
    assert "the 2 newest of 5 records" in files["README.txt"]


def test_values_are_masked_unless_they_are_asked_for(evidence) -> None:
    text = "".join(unpacked(render_evidence(evidence)).values())
    assert not any(secret in text for secret in SECRETS)
    shown = replace(evidence, options=EvidenceOptions(show_values=True))
    text = "".join(unpacked(render_evidence(shown)).values())
    assert f"'{SECRETS[0]} {SECRETS[2]}" in text
    assert SECRETS[1] in text


def test_a_group_that_is_a_value_of_the_account_is_not_told(evidence) -> None:
    odd = frame([finding("DUP101", "contact", "9", SECRETS[0]),
                 finding("DUP101", "contact", "10", "too_short")])  # fmt: skip
    rows = table(unpacked(render_evidence(replace(evidence, findings=odd)))["findings.csv"])
    assert sorted((row[0], row[8]) for row in rows) == [("", ""), ("", "too short")]


def test_one_source_keeps_its_groups_whole(evidence) -> None:
    one = replace(evidence, options=EvidenceOptions(source="site"))
    files = unpacked(render_evidence(one))
    assert [row[2] for row in table(files["findings.csv"])] == ["9", "10", "11"]
    assert "of the source site: 3" in files["README.txt"]


def test_a_source_that_is_not_there_is_told_with_a_suggestion(evidence) -> None:
    with pytest.raises(InputError, match=r"no finding is from this source \(did you mean Site"):
        render_evidence(replace(evidence, options=EvidenceOptions(source="Sitee")))
    with pytest.raises(InputError, match="the snapshot of this scan is not at hand"):
        render_evidence(replace(evidence, account=None, options=EvidenceOptions(source="Site")))


def test_without_the_snapshot_the_ids_are_told_alone(evidence) -> None:
    files = unpacked(render_evidence(replace(evidence, account=None)))
    assert set(files) == {"README.txt", "findings.csv"}
    assert len(table(files["findings.csv"])) == 5
    assert "The snapshot that was scanned is not at hand" in files["README.txt"]


def test_the_readme_says_what_how_many_of_what_and_when(evidence) -> None:
    text = unpacked(render_evidence(evidence))["README.txt"]
    for words in ("DUP101  Shared phone", "What DUP101 counts.", "The risk of DUP101.",
                  "contacts: 5 of 1,200 (0.4%), 5 cards in 2 groups, 3 extra",
                  "2026-11-21 16:20 UTC", "s-1", "demo.amocrm.ru", "Europe/Moscow"):  # fmt: skip
        assert words in text


def test_a_russian_pack_opens_in_excel_as_it_is(evidence) -> None:
    language.use("ru")
    content = render_evidence(evidence)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.read("findings.csv").startswith(b"\xef\xbb\xbf")
    assert len(table(unpacked(content)["findings.csv"], ";")[0]) == 12


def test_causes_of_duplicates_are_put_in_where_the_scan_has_them(evidence, checks) -> None:
    metric = Metric(
        name="by_gap",
        title="By gap",
        columns=(Column("gap", "Gap", "word"), Column("n", "N", "count")),
        rows=pl.DataFrame({"gap": ["a minute", None], "n": [3, 4]}),
        code="DUP901",
        entity="contact",
    )
    files = unpacked(render_evidence(replace(evidence, metrics=(metric,))))
    assert table(files["DUP901_by_gap_contact.csv"]) == [["a minute", "3"], ["", "4"]]
    other = replace(evidence, check=checks["PHN301"], metrics=(metric,))
    assert "DUP901_by_gap_contact.csv" not in unpacked(render_evidence(other))


@pytest.mark.parametrize("zone", ["", "Nowhere/Land"])
def test_empty_tables_and_odd_zones_do_no_harm(evidence, zone) -> None:
    empty = replace(
        evidence,
        account=Account(tables={}),
        summary=replace(evidence.summary, timezone=zone),
        findings=FINDINGS.empty(),
    )
    assert "findings.csv" in unpacked(render_evidence(empty))
