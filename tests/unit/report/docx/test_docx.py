"""report.docx: what it says, the letterhead, that texts are texts, that the same is the same."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import polars as pl
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe import language
from dedupe.config.reporting import Brand
from dedupe.contracts import FINDINGS, Column, Metric
from dedupe.errors import InputError
from dedupe.report.content import Content, ReportOptions
from dedupe.report.docx import charts, write_docx, write_template
from dedupe.report.docx.placeholders import fill_texts
from dedupe.report.docx.write import render_docx
from dedupe.report.letter import missing_package
from dedupe.report.words import plain

from ..conftest import AT, SECRETS
from ..hostile import HOSTILE, poisoned
from ..logos import PNG

OURS = r"https://demo\.amocrm\.ru/(contacts|companies|leads)/detail/\d+"


def opened(made: bytes) -> Document:
    return docx.Document(io.BytesIO(made))


def read(content: Content) -> Document:
    return opened(render_docx(content))


def text_of(document: Document) -> str:
    return "\n".join(
        "".join(t.text or "" for t in p.iter(qn("w:t"))) for p in document.element.iter(qn("w:p"))
    )


def codes_of(document: Document) -> list[str]:
    return [each.text.split()[0] for each in document.element.iter(qn("w:instrText"))]


def links_of(document: Document) -> list[str]:
    return [rel.target_ref for rel in document.part.rels.values() if rel.is_external]


@pytest.fixture
def signed(content: Content) -> Content:
    return replace(content, brand=Brand(name="ИНГРУППА", author="Иванов М. С.", footer="a@b.org"))


@pytest.fixture
def letterhead(tmp_path: Path) -> Path:
    return tmp_path / "ours.docx"


def on(content: Content, letterhead: Path, *paragraphs: str) -> Document:
    """Write the report on a letterhead of these paragraphs."""
    document = docx.Document()
    for words in paragraphs:
        document.add_paragraph(words)
    document.save(str(letterhead))
    return read(replace(content, options=ReportOptions(template=letterhead)))


def test_it_says_what_the_page_says(signed) -> None:
    text = text_of(read(signed))
    for words in (
        "demo.amocrm.ru",
        "For the owner",
        "DUP101 Shared phone",
        "Work plan",
        "Not checked",
        "The risk of TSK101.",
        "What PHN301 counts.",
        "60.0%",
    ):
        assert words in text
    assert "{{" not in text


def test_it_is_signed_by_the_auditor(signed, tmp_path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    document = read(replace(signed, brand=replace(signed.brand, logo=str(logo))))
    assert "ИНГРУППА" in text_of(document)
    assert "a@b.org" in document.sections[0].footer.paragraphs[0].text
    assert document.core_properties.author == "Иванов М. С."
    assert any(rel.target_part.blob == PNG for rel in document.part.rels.values()
               if not rel.is_external and rel.reltype.endswith("/image"))  # fmt: skip


def test_headings_have_styles_and_the_contents_lead_to_them(signed) -> None:
    document = read(signed)
    firsts = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert "Work plan" in firsts
    assert any(p.style.name == "Heading 2" for p in document.paragraphs)
    marks = {each.get(qn("w:name")) for each in document.element.iter(qn("w:bookmarkStart"))}
    jumps = {each.get(qn("w:anchor")) for each in document.element.iter(qn("w:hyperlink"))}
    assert jumps - {None} == marks
    assert codes_of(document) == ["TOC"]


def test_the_report_begins_a_page_without_an_empty_one_before(signed) -> None:
    document = read(signed)
    headings = [p for p in document.paragraphs if p.style.name == "Heading 1"]
    first = next(p for p in headings if p.text == "For the owner: one page")
    assert first.paragraph_format.page_break_before
    breaks = list(document.element.iter(qn("w:br")))
    assert len(breaks) == 1  # after the cover


def test_pages_have_their_number_and_how_many_there_are(signed) -> None:
    footer = read(signed).sections[0].footer._element
    codes = [(each.text or "").strip() for each in footer.iter(qn("w:instrText"))]
    assert codes == ["PAGE", "NUMPAGES"]
    assert [t.text for t in footer.iter(qn("w:t"))][-2:] == ["page ", " of "]


def test_a_table_of_many_columns_is_told_in_several(signed) -> None:
    columns = tuple(Column(f"c{n}", f"Column {n}", "count") for n in range(15))
    rows = pl.DataFrame({column.name: [1_000_000 + n] for n, column in enumerate(columns)})
    wide = Metric(name="m", title="Wide", columns=columns, rows=rows, code="MGR001", entity="user")
    tables = [
        [cell.text for cell in table.rows[0].cells]
        for table in read(replace(signed, metrics=(wide,))).tables
    ]
    parts = [titles for titles in tables if titles[0] == "Column 0"]
    assert [len(titles) for titles in parts] == [8, 8]
    assert parts[0][1:] + parts[1][1:] == [f"Column {n}" for n in range(1, 15)]


def test_headers_of_tables_are_repeated(signed) -> None:
    tables = read(signed).tables
    told = [t for t in tables if t.rows[0].cells[0].text in ("Priority", "Code", "Records")]
    assert told
    for table in told:
        assert table.rows[0]._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None


def test_links_lead_to_cards_alone(signed) -> None:
    links = links_of(read(signed))
    assert links
    assert not [link for link in links if not re.fullmatch(OURS, link)]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_personal_data_is_in_it(content, lang) -> None:
    language.use(lang)
    made = render_docx(content)
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        whole = "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    assert not [secret for secret in SECRETS if secret in whole]


def test_values_are_shown_when_they_are_asked_for(content) -> None:
    text = text_of(read(replace(content, options=ReportOptions(show_values=True))))
    assert SECRETS[0] in text
    assert "personal data" in text


def test_the_same_scan_is_the_same_bytes(signed) -> None:
    first = render_docx(signed)
    turned = replace(signed, findings=signed.findings.collect().reverse().lazy())
    assert render_docx(turned) == first
    assert opened(first).core_properties.created == AT


@pytest.mark.parametrize("bad", HOSTILE, ids=["typst", "xml", "marks", "unseen", "scripts", "long"])
def test_texts_of_an_account_are_inert(content, bad) -> None:
    document = read(poisoned(content, bad))
    kept = bad.encode("utf-8", errors="replace").decode("utf-8")
    assert plain(kept[:100]) in text_of(document)
    assert links_of(document) == []
    assert codes_of(document) == ["TOC"]
    assert len(list(document.element.iter(qn("w:body")))) == 1


@settings(max_examples=10, deadline=None)
@given(bad=st.text(max_size=40))
def test_any_text_is_kept(bad) -> None:
    from ..conftest import checks, findings, summary

    content = Content(
        summary=summary.__wrapped__(),
        findings=findings.__wrapped__().lazy(),
        registry=checks.__wrapped__(),
    )
    hostile = replace(poisoned(content, bad), metrics=())
    document = read(hostile)
    assert plain(bad) in text_of(document)
    assert codes_of(document) == ["TOC"]


def test_a_chart_is_a_picture_and_the_table_stays_without_it(content, monkeypatch) -> None:
    metric = Metric(
        name="m",
        title="Deals by stage",
        columns=(Column("stage", "Stage", "text"), Column("n", "Deals", "count")),
        rows=pl.DataFrame({"stage": ["Новая", "В работе"], "n": [3, 4]}),
        chart="bars",
        values=("n",),
        code="TSK101",
        entity="deal",
    )
    charted = replace(content, metrics=(metric,))
    drawn = read(charted)
    assert len(drawn.inline_shapes) == 2  # with that of the employees
    ids = [each.get("id") for each in drawn.element.iter(qn("wp:docPr"))]
    assert len(set(ids)) == 2
    assert "В работе" not in text_of(drawn)

    def none() -> None:
        raise missing_package("pdf")

    monkeypatch.setattr(charts, "load_typst", none)
    told = read(charted)
    assert len(told.inline_shapes) == 0
    assert "В работе" in text_of(told)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_scan_that_read_nothing_is_still_a_document(content, lang) -> None:
    language.use(lang)
    empty = replace(
        content,
        summary=replace(content.summary, checks=(), counts={}, notes=(), timings={}, versions={}),
        findings=FINDINGS.empty().lazy(),
    )
    assert text_of(read(empty))


def test_a_letterhead_is_filled_in_place(signed, letterhead) -> None:
    document = on(signed, letterhead, "Клиент: {{ account }}!", "{{work_plan}}", "С уважением")
    words = [paragraph.text for paragraph in document.paragraphs]
    assert words[0] == "Клиент: demo.amocrm.ru!"
    assert words[-1] == "С уважением"
    assert "Work plan" in words
    assert "Definitions" not in words


def test_a_letterhead_without_parts_gets_the_whole_report(signed, letterhead) -> None:
    words = [p.text for p in on(signed, letterhead, "ООО «Ромашка»").paragraphs]
    assert words[0] == "ООО «Ромашка»"
    assert {"Work plan", "Definitions"} <= set(words)


def test_a_placeholder_may_be_in_pieces_and_in_headers(signed, letterhead) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for piece in ("Для {", "{acc", "ount}} и {{", "crm}}."):
        paragraph.add_run(piece).bold = piece.startswith("{")
    document.sections[0].header.paragraphs[0].text = "{{brand}}, {{scan}}"
    document.add_table(1, 1).cell(0, 0).text = "{{clean_cards}}|{{title}}"
    document.save(str(letterhead))
    made = read(replace(signed, options=ReportOptions(template=letterhead)))
    assert made.paragraphs[0].text == "Для demo.amocrm.ru и amoCRM."
    assert made.sections[0].header.paragraphs[0].text == "ИНГРУППА, s-1"
    assert made.tables[0].cell(0, 0).text.endswith("|CRM audit: demo.amocrm.ru")


def test_a_text_that_looks_like_a_placeholder_is_a_text(signed, letterhead) -> None:
    brand = Brand(name="{{author}} {{report}}", author="тайна")
    document = on(replace(signed, brand=brand), letterhead, "{{brand}}", "{{changes}}")
    assert document.paragraphs[0].text == "{{author}} {{report}}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("{{acount}}", "not known"),
        ("см. {{findings}}", "a paragraph of its own"),
        ("{{logo}} {{brand}}", "a paragraph of its own"),
    ],
)
def test_a_wrong_placeholder_is_told(signed, letterhead, words, told) -> None:
    with pytest.raises(InputError, match=told):
        on(signed, letterhead, words)


def test_a_part_in_a_table_is_told(signed) -> None:
    document = docx.Document()
    document.add_table(1, 1).cell(0, 0).text = "{{findings}}"
    with pytest.raises(InputError, match="outside tables"):
        fill_texts(document, {}, ("findings",))


@pytest.mark.parametrize("made", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18, None])
def test_what_is_no_template_is_told(signed, tmp_path, made) -> None:
    path = tmp_path / "bad.docx"
    if made is not None:
        path.write_bytes(made)
    with pytest.raises(InputError, match="this is no template"):
        read(replace(signed, options=ReportOptions(template=path)))


def test_a_damaged_template_is_told(signed, letterhead, tmp_path) -> None:
    write_template(letterhead)
    damaged = tmp_path / "damaged.docx"
    with zipfile.ZipFile(letterhead) as good, zipfile.ZipFile(damaged, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, b"<w:" if name == "word/document.xml" else good.read(name))
    with pytest.raises(InputError, match="this is no template"):
        read(replace(signed, options=ReportOptions(template=damaged)))


def test_a_template_without_styles_is_written_in_plain_paragraphs(signed, letterhead) -> None:
    document = docx.Document()
    for style in [s for s in document.styles if s.name.startswith("Heading")]:
        style.delete()
    document.save(str(letterhead))
    made = read(replace(signed, options=ReportOptions(template=letterhead)))
    found = next(p for p in made.paragraphs if p.text == "Work plan")
    assert found.runs[0].bold


def test_our_letterhead_is_what_a_report_is_written_on(signed, letterhead) -> None:
    write_template(letterhead)
    own = replace(signed, options=ReportOptions(template=letterhead))
    assert text_of(read(own)) == text_of(read(signed))


def test_a_letterhead_is_never_replaced_unasked(letterhead) -> None:
    letterhead.write_text("mine")
    with pytest.raises(InputError, match="already"):
        write_template(letterhead)
    assert letterhead.read_text() == "mine"
    write_template(letterhead, overwrites=True)
    first = letterhead.read_bytes()
    write_template(letterhead, overwrites=True)
    assert letterhead.read_bytes() == first
    with pytest.raises(InputError, match="DOCX"):
        write_template(letterhead.with_suffix(".txt"))


def test_a_file_is_written(signed, tmp_path) -> None:
    write_docx(signed, tmp_path / "report.docx")
    assert docx.Document(str(tmp_path / "report.docx")).paragraphs


def test_tables_are_as_wide_as_the_letterheads_text(signed, letterhead) -> None:
    document = docx.Document()
    section = document.sections[0]
    section.left_margin = section.right_margin = section.page_width // 4
    document.save(str(letterhead))
    made = read(replace(signed, options=ReportOptions(template=letterhead)))
    room = (section.page_width / 2) / 635  # twips
    for table in made.tables:
        widths = [int(each.get(qn("w:w"))) for each in table._tbl.iter(qn("w:gridCol"))]
        assert abs(sum(widths) - room) < 20
        assert min(widths) > 100


def test_every_placeholder_is_documented(signed, letterhead) -> None:
    page = Path(__file__).parents[4] / "docs" / "letterhead.md"
    named = set(re.findall(r"\{\{([a-z_]+)\}\}", page.read_text(encoding="utf-8")))
    with pytest.raises(InputError) as told:
        on(signed, letterhead, "{{nothing}}")
    assert set(str(told.value.facts["known"]).split(", ")) | {"contents"} == named


def test_what_a_letterhead_asks_twice_is_written_twice(signed, letterhead) -> None:
    document = on(signed, letterhead, "{{owners}}", "{{summary}}", "{{making}}", "{{passport}}",
                  "{{not_checked}}", "{{definitions}}", "{{work_plan}}", "{{cover}}",
                  "{{findings}}", "{{work_plan}}", "{{changes}}", "{{contents}}")  # fmt: skip
    assert [p.text for p in document.paragraphs].count("Work plan") == 2 + 2  # and in the contents
