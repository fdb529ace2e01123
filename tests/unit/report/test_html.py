"""The HTML report: what it says, what it never says, and that its markup is sound."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import polars as pl
import pytest

from dedupe import language
from dedupe.audit.registry import CHECKS
from dedupe.config.reporting import Brand
from dedupe.contracts import FINDINGS, Column, Health, Metric
from dedupe.report.content import Content, ReportOptions
from dedupe.report.examples import LIMIT
from dedupe.report.html import render_html
from dedupe.report.links import card_url

from .conftest import SECRETS, cards, finding, frame, missed, result

VOID = {"meta", "rect", "br", "link", "img", "hr", "input", "circle", "line", "polyline", "path"}


class Markup(HTMLParser):
    """Collects what the tests ask about, and fails on tags that do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def page(content: Content) -> str:
    return render_html(content)


def test_the_cover_names_account_moment_scan_and_version(page) -> None:
    text = Markup(page).text
    for words in ("demo.amocrm.ru", "2026-11-21 16:20 UTC", "s-1", "crmclean 0.1.0", "export"):
        assert words in text
    assert "/home/someone" not in page


def test_a_finding_has_number_base_share_words_and_groups(page) -> None:
    text = Markup(page).text
    assert "DUP101 Shared phone error" in text
    assert "contacts 5 cards in 2 groups, 3 extra 5 0.4% of 1,200" in text
    for words in ("What DUP101 counts.", "The risk of DUP101.", "The advice of DUP101."):
        assert words in text
    assert "text 2 · too short 1" in text


def test_examples_have_link_hidden_name_owner_and_value(page) -> None:
    text = Markup(page).text
    assert "10 Ив*** Пр*** · Анна Ли — +7 *** ***-00-01 Ив*** Пр*** → i***@***.org" in text
    assert "0 Сд*** д*** Ив*** Пр*** · 77" in text  # the owner as the frame names them


def test_values_are_shown_when_they_are_asked_for(content) -> None:
    text = Markup(render_html(replace(content, options=ReportOptions(show_values=True)))).text
    assert [secret for secret in SECRETS if secret not in text] == []
    assert "it is personal data" in text


def test_clean_cards_are_those_of_the_scan(content) -> None:
    health = Health(cards=1230, clean=1221, by_entity={})
    page = render_html(replace(content, summary=replace(content.summary, health=health)))
    assert "1,221 of 1,230" in Markup(page).text
    assert "99.3%" in page


def test_what_was_not_checked_is_listed_with_its_reason(page) -> None:
    text = Markup(page).text
    assert "TSK301 Idle task types task types no data: tasks, task types" in text
    assert "USR103 May delete users no data: rights of users" in text


def test_remarks_are_in_words_and_unknown_ones_by_their_code(page) -> None:
    text = Markup(page).text
    assert "deals: created_at 3 dates could not be read" in text
    assert "people.csv unheard_of: 2" in text


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_personal_data_is_in_the_page(content, lang) -> None:
    language.use(lang)
    page = render_html(content)
    assert [secret for secret in SECRETS if secret in page] == []


def test_ids_link_to_their_cards_on_amocrm_only(content, page) -> None:
    links = [str(a["href"]) for a in Markup(page).all("a")]
    assert "https://demo.amocrm.ru/contacts/detail/9" in links
    assert "https://demo.amocrm.ru/companies/detail/3" in links
    assert "https://demo.amocrm.ru/leads/detail/0" in links
    for change in ({"host": ""}, {"crm": "tables"}):
        other = replace(content, summary=replace(content.summary, **change))
        links = [str(a["href"]) for a in Markup(render_html(other)).all("a")]
        assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize(
    ("crm", "host", "entity", "record_id", "url"),
    [
        ("amocrm", "demo.amocrm.ru", "contact", "1", "https://demo.amocrm.ru/contacts/detail/1"),
        ("amocrm", "https://a.b/", "company", "2", "https://a.b/companies/detail/2"),
        ("amocrm", "demo.amocrm.ru", "user", "1", ""),
        ("amocrm", "demo.amocrm.ru", "contact", "1/../2", ""),
        ("amocrm", "javascript:alert(1)", "contact", "1", ""),
        ("amocrm", 'x"y.ru', "contact", "1", ""),
        ("retailcrm", "demo.retailcrm.ru", "contact", "1", ""),
    ],
)
def test_only_a_sound_host_and_id_make_a_link(crm, host, entity, record_id, url) -> None:
    assert card_url(crm, host, entity, record_id) == url


def test_the_page_asks_the_network_for_nothing(page) -> None:
    markup = Markup(page)
    assert not [tag for tag, _ in markup.tags if tag in ("script", "link", "img", "iframe")]
    assert not [attrs for _, attrs in markup.tags if "style" in attrs]  # the policy forbids them
    assert not [attrs for _, attrs in markup.tags if "src" in attrs or "onclick" in attrs]
    assert "url(" not in page
    assert "@import" not in page


def test_the_policy_allows_the_page_its_own_style_and_nothing_else(page) -> None:
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;" in page


HOSTILE = (
    "<script>alert(1)</script>",
    "</title></style><svg onload=alert(1)>",
    "\u202eразворот\u202c",
    "👩‍👩‍👧 имя",
    "й" * 5000,
    "{{ 7 * 7 }}{% raw %}",
)


@pytest.mark.parametrize("bad", HOSTILE, ids=["tag", "close", "bidi", "emoji", "long", "jinja"])
def test_texts_of_an_account_are_inert(content, bad) -> None:
    rows = frame([finding("TSK101", "deal", bad), finding("TSK301", "task_type", "1")])
    rows = rows.with_columns(value=pl.lit(bad), proposal=pl.lit(bad))
    metric = Metric(
        name="m",
        title="Rows",
        columns=(Column("name", "Name", "text"), Column("n", "N", "count")),
        rows=pl.DataFrame({"name": [bad, None], "n": [3, None]}),
        chart="bars",
        values=("n",),
        code="TSK101",
        entity="deal",
    )
    hostile = replace(
        content,
        summary=replace(content.summary, host=bad, source=bad, account_id=bad),
        findings=rows.lazy(),
        metrics=(metric,),
        cards=cards(("deal", bad, bad, bad)),
        brand=Brand(name=bad, author=bad, footer=bad),
        options=ReportOptions(show_values=True),
    )
    page = render_html(hostile)
    markup = Markup(page)
    assert not [tag for tag, _ in markup.tags if tag == "script"]
    assert not [attrs for _, attrs in markup.tags if "onload" in attrs]
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", page)[0]
    assert "\u202e" not in page.split("</header>")[1].split("<footer>")[0]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_page_is_accessible(content, lang) -> None:
    language.use(lang)
    markup = Markup(render_html(content))
    assert markup.all("html") == [{"lang": lang}]
    levels = [int(tag[1]) for tag, _ in markup.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in markup.all("svg"))
    assert all("scope" in th for th in markup.all("th"))
    tables = len(markup.all("table"))
    assert len(markup.all("thead")) == len(markup.all("caption")) == tables
    ids = [str(attrs["id"]) for _, attrs in markup.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    anchors = {str(a["href"])[1:] for a in markup.all("a") if str(a["href"]).startswith("#")}
    assert anchors <= set(ids)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_check_of_the_registry_can_be_shown(content, lang) -> None:
    language.use(lang)
    pairs = [(code, entity) for code, check in CHECKS.items() for entity in check.entities]
    checks = tuple(result(code, e, 3, 10, groups=1) for code, e in pairs)
    summary = replace(content.summary, checks=checks)
    shown = replace(content, summary=summary, findings=FINDINGS.empty().lazy(), registry=CHECKS)
    text = Markup(render_html(shown)).text
    assert [code for code in CHECKS if code not in text] == []


def test_a_code_the_registry_does_not_know_is_shown_by_its_code(content) -> None:
    results = (result("NEW900", "gadget", 3, 4), missed("NEW901", "x", "y"))
    summary = replace(content.summary, checks=results)
    rows = frame([finding("NEW900", "gadget", "5")])
    text = Markup(render_html(replace(content, summary=summary, findings=rows.lazy()))).text
    assert "NEW900 Records" in text
    assert "gadget 3 75.0% of 4" in text


def test_a_scan_that_read_nothing_is_still_a_page(content) -> None:
    nothing = replace(
        content.summary,
        host="",
        data_to=None,
        counts=dict.fromkeys(content.summary.counts),
        checks=(),
        notes=(),
        timings={},
    )
    empty = Content(summary=nothing, findings=FINDINGS.empty().lazy(), registry=content.registry)
    text = Markup(render_html(empty)).text
    assert "The checks that were carried out found nothing." in text
    assert "Clean cards" not in text


def test_the_order_of_findings_changes_nothing(content) -> None:
    shuffled = content.findings.collect().sample(fraction=1.0, shuffle=True, seed=7)
    assert render_html(replace(content, findings=shuffled.lazy())) == render_html(content)


def test_what_changed_is_on_the_owners_page(content) -> None:
    changed = tuple(
        replace(r, new=4, fixed=1, left=1) if r.code == "DUP101" and r.entity == "contact" else r
        for r in content.summary.checks
    )
    summary = replace(content.summary, checks=changed, baseline="s-0")
    text = Markup(render_html(replace(content, summary=summary))).text
    assert "Since the last scan ▲ +3 Shared phone: contacts" in text
    assert "+4 / \u22121" in text
    assert "Compared with s-0" in text


def test_the_brand_is_on_the_cover_and_its_logo_inside(content, tmp_path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    brand = Brand(name="Бюро", author="М. С.", logo=str(logo), footer="Печать")
    page = render_html(replace(content, brand=brand))
    assert [img["alt"] for img in Markup(page).all("img")] == ["Бюро"]
    assert str(tmp_path) not in page
    text = Markup(render_html(replace(content, brand=replace(brand, logo="gone.png")))).text
    for words in ("Бюро", "М. С.", "Печать"):
        assert words in text


def test_a_large_account_stays_under_three_megabytes(content) -> None:
    n = 5_000
    ids = [f"{'long' * 20}{i:09d}" for i in range(n)]
    pairs = [(code, entity) for code, check in CHECKS.items() for entity in check.entities]
    parts = [
        pl.DataFrame({"record_id": ids}).with_columns(
            code=pl.lit(code),
            entity=pl.lit(entity),
            field=pl.lit("phone"),
            value=pl.lit("x"),
            severity=pl.lit("error"),
        )
        for code, entity in pairs
    ]
    findings = FINDINGS.conform(pl.concat(parts))
    checks = tuple(result(code, e, n, 10 * n) for code, e in pairs)
    summary = replace(content.summary, checks=checks)
    big = replace(content, summary=summary, findings=findings.lazy(), registry=CHECKS)
    page = render_html(big)
    assert len(page.encode()) < 3_000_000
    left = f"{n - LIMIT:,} more records are not listed here; all are in findings.parquet."
    assert left in Markup(page).text


def _luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(2 * c for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_can_be_read_on_their_ground(page, theme) -> None:
    """WCAG AA: 4.5 for words, 3 for marks."""
    colors = dict(re.findall(r"--([a-z]+): (#[0-9a-f]+)", page.split(":root {")[theme + 1]))
    for ground in ("paper", "pale"):
        for name, least in (
            *((word, 4.5) for word in ("ink", "soft", "accent", "error", "warning", "good")),
            *((mark, 3.0) for mark in ("bar", "other", "violet")),
        ):
            low, high = sorted((_luminance(colors[name]), _luminance(colors[ground])))
            assert (high + 0.05) / (low + 0.05) >= least, (name, ground)
