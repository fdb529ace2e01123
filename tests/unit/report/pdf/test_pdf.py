"""report.pdf: what it says, what it hides, that texts are texts, that the same is the same."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import util

import polars as pl
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe import language
from dedupe.audit.registry import CHECKS
from dedupe.config.reporting import Brand
from dedupe.contracts import FINDINGS, CheckResult, Column, Health, Metric
from dedupe.errors import InputError
from dedupe.report import letter
from dedupe.report.content import Content, ReportOptions
from dedupe.report.formats import choose_formats, write_reports
from dedupe.report.page import build_page
from dedupe.report.pdf import render_pdf
from dedupe.report.pdf.document import build_document
from dedupe.report.pdf.render import TEMPLATE

from ..conftest import AT, SECRETS
from ..hostile import HOSTILE, poisoned
from ..logos import PNG


def read(content: Content) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(render_pdf(content)))


def text_of(reader: pypdf.PdfReader) -> str:
    return " ".join("\n".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture
def signed(content: Content) -> Content:
    return replace(content, brand=Brand(name="ИНГРУППА", author="Иванов М. С.", footer="a@b.org"))


def test_it_says_what_the_page_says(signed) -> None:
    text = text_of(read(signed))
    for words in (
        "demo.amocrm.ru",
        "For the owner",
        "Shared phone",
        "Work plan",
        "Not checked",
        "Definitions",
        "The risk of TSK101.",
        "What PHN301 counts.",
        "60.0%",
    ):
        assert words in text


def test_it_is_signed_by_the_auditor(signed, tmp_path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    reader = read(replace(signed, brand=replace(signed.brand, logo=str(logo))))
    cover = reader.pages[0].extract_text()
    assert "ИНГРУППА" in cover
    assert "Иванов М. С." in cover
    assert "a@b.org" in reader.pages[2].extract_text()
    assert len(reader.pages[0].images) == 1
    assert reader.metadata.author == "Иванов М. С."


def test_contents_lead_to_sections_and_pages_have_numbers(signed) -> None:
    reader = read(signed)
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert any("Definitions" in title for title in titles)
    assert f"3 / {len(reader.pages)}" in text_of(reader)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_personal_data_is_in_it(content, lang) -> None:
    language.use(lang)
    text = text_of(read(content))
    assert not [secret for secret in SECRETS if secret in text]


def test_values_are_shown_when_they_are_asked_for(content) -> None:
    text = text_of(read(replace(content, options=ReportOptions(show_values=True))))
    assert SECRETS[0] in text
    assert "personal data" in text


def test_the_same_scan_is_the_same_bytes(signed) -> None:
    assert render_pdf(signed) == render_pdf(signed)
    turned = replace(signed, findings=signed.findings.collect().reverse().lazy())
    assert render_pdf(turned) == render_pdf(signed)


def test_the_date_of_the_file_is_the_scans(signed) -> None:
    assert read(signed).metadata.creation_date.date() == AT.date()


@pytest.mark.parametrize("bad", HOSTILE, ids=["typst", "xml", "marks", "unseen", "scripts", "long"])
def test_texts_of_an_account_are_inert(content, bad) -> None:
    reader = read(poisoned(content, bad))
    text = text_of(reader)
    start = " ".join(letter.breakable(bad[:20]).split())[:14]
    if start.isascii():
        assert start in text
    links = [
        annotation.get_object().get("/A", {}).get("/URI")
        for page in reader.pages
        for annotation in page.get("/Annots", [])
    ]
    assert not [link for link in links if link]


def test_a_file_of_the_machine_is_never_read(content) -> None:
    bad = f'#read("{TEMPLATE}") #include "{TEMPLATE}"'
    assert "#let d = json" not in text_of(read(poisoned(content, bad)))


@settings(max_examples=5, deadline=None)
@given(bad=st.text(max_size=40))
def test_any_text_is_laid_out(bad) -> None:
    # Fixtures of a function are made once for all examples: a content of its own.
    from ..conftest import checks, findings, summary

    made = {name: each.__wrapped__ for name, each in
            (("checks", checks), ("summary", summary), ("findings", findings))}  # fmt: skip
    content = Content(
        summary=made["summary"](), findings=made["findings"]().lazy(), registry=made["checks"]()
    )
    assert render_pdf(poisoned(content, bad)).startswith(b"%PDF")


def test_long_tables_repeat_their_header(content) -> None:
    results = tuple(
        CheckResult(code=f"X{n}", entity="contact", status="not_checked", reason="no data: tasks")
        for n in range(150)
    )
    summary = replace(content.summary, checks=results)
    pages = [page.extract_text() for page in read(replace(content, summary=summary)).pages]
    told = [page for page in pages if "Code" in page and "Why" in page]
    assert len(told) >= 3


def test_a_chart_and_its_table_are_drawn(content) -> None:
    metric = Metric(
        name="by_stage",
        title="Deals by stage",
        columns=(Column("stage", "Stage", "text"), Column("n", "Deals", "count"),
                 Column("share", "Share", "share")),
        rows=pl.DataFrame({"stage": [f"Этап {n}" for n in range(30)], "n": range(30),
                           "share": [n / 30 for n in range(30)]}),
        chart="bars",
        values=("n",),
        code="TSK101",
        entity="deal",
    )  # fmt: skip
    text = text_of(read(replace(content, metrics=(metric,))))
    assert "Deals by stage" in text
    assert "Этап 14" in text
    assert "and 15 more rows in metrics.json" in text


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_scan_that_read_nothing_is_still_a_document(content, lang) -> None:
    language.use(lang)
    empty = replace(
        content,
        summary=replace(content.summary, checks=(), counts={}, notes=(), timings={}, versions={}),
        findings=FINDINGS.empty().lazy(),
    )
    assert len(read(empty).pages) >= 4


def test_every_check_of_the_registry_has_a_place(content) -> None:
    results = tuple(
        CheckResult(code=code, entity=entity, status="checked", found=1, base=2, share=0.5)
        for code, check in CHECKS.items()
        for entity in check.needs
    )
    summary = replace(content.summary, checks=results)
    shown = replace(content, summary=summary, findings=FINDINGS.empty().lazy(), registry=CHECKS)
    text = text_of(read(shown))
    assert not [code for code in CHECKS if code not in text]


def test_scans_are_listed_with_comparable_health_only(signed) -> None:
    from dedupe.report.trend import TrendPoint

    grave = frozenset((c.code, c.entity) for c in signed.summary.checks
                      if c.found is not None and c.severity != "info")  # fmt: skip
    point = TrendPoint(
        scan_id="s-0",
        account="a",
        scanned_at=AT.replace(day=1),
        data_to=None,
        folder=TEMPLATE,
        health=Health(cards=4, clean=1, by_entity={}),
        grave=grave,
    )
    other = replace(point, scan_id="s-00", grave=frozenset())
    later = replace(point, scan_id="s-2", scanned_at=AT.replace(day=28))
    lines = letter.list_versions(replace(signed, trend=(other, point, later)))
    assert [line.number for line in lines] == ["1.0", "2.0", "3.0"]
    assert [("25.0%" in line.words) for line in lines] == [False, True, False]
    assert [line.author for line in lines] == ["", "", "Иванов М. С."]


def test_all_words_of_the_template_are_given(content) -> None:
    import re

    source = TEMPLATE.read_text(encoding="utf-8")
    document = build_document(content, build_page(content))
    assert set(re.findall(r"\bw\.([a-z_]+)", source)) <= set(letter.WORDS)
    given_later = {"date", "font", "logo"}
    assert set(re.findall(r"\bd\.([a-z_]+)", source)) <= set(document) | given_later


@pytest.mark.parametrize(("name", "package"), [("pdf", "typst"), ("docx", "docx")])
def test_a_missing_package_is_told_with_how_to_install_it(
    content, monkeypatch, tmp_path, name, package
) -> None:
    real = util.find_spec

    def found(asked: str, *more: str | None) -> object:
        return None if asked == package else real(asked, *more)

    for module in ("formats", "pdf.render", "docx"):
        monkeypatch.setattr(f"dedupe.report.{module}.find_spec", found)
    with pytest.raises(InputError, match=name) as told:
        choose_formats([name])
    assert f"pip install 'crmclean[{name}]'" in str(told.value)
    with pytest.raises(InputError):
        write_reports(content, [name], tmp_path, replaces=False)
    assert not list(tmp_path.glob(f"*.{name}"))
