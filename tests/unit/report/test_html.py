"""The HTML report: what it says, what it never says, and that its markup is sound."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import polars as pl
import pytest

from dedupe import language
from dedupe.audit.registry import CHECKS, Check
from dedupe.contracts import FINDINGS, Summary
from dedupe.report.examples import LIMIT
from dedupe.report.html import render_html
from dedupe.report.page import card_url

from .conftest import SECRETS, finding, frame, missed, result

VOID = {"meta", "rect", "br", "link", "img", "hr", "input"}


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
def page(summary: Summary, findings: pl.DataFrame, checks: dict[str, Check]) -> str:
    return render_html(summary, findings, checks=checks)


def test_the_cover_names_account_moment_scan_and_version(page) -> None:
    text = Markup(page).text
    for words in ("demo.amocrm.ru", "2026-11-21 16:20 UTC", "s-1", "crmclean 0.1.0", "export"):
        assert words in text
    assert "/home/someone" not in page


def test_a_finding_has_number_base_share_words_and_groups(page) -> None:
    text = Markup(page).text
    assert "DUP101 Shared phone error" in text
    assert "contacts 5 cards in 2 groups, 3 extra 5 1,200 0.4%" in text
    for words in ("What DUP101 counts.", "The risk of DUP101.", "The advice of DUP101."):
        assert words in text
    assert "9 = 10 = 11" in text
    assert "text: 2 · too short: 1" in text


def test_clean_cards_are_cards_without_an_error_or_a_warning(page) -> None:
    # 5 contacts in groups and 2 more with a bad phone, 2 companies; 1,230 cards in all.
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
def test_no_personal_data_is_in_the_page(summary, findings, checks, lang) -> None:
    language.use(lang)
    page = render_html(summary, findings, checks=checks)
    assert [secret for secret in SECRETS if secret in page] == []


def test_ids_link_to_their_cards_on_amocrm_only(summary, findings, checks, page) -> None:
    links = [str(a["href"]) for a in Markup(page).all("a")]
    assert "https://demo.amocrm.ru/contacts/detail/9" in links
    assert "https://demo.amocrm.ru/companies/detail/3" in links
    assert "https://demo.amocrm.ru/leads/detail/0" in links
    for other in (replace(summary, host=""), replace(summary, crm="tables")):
        links = [
            str(a["href"]) for a in Markup(render_html(other, findings, checks=checks)).all("a")
        ]
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
    assert not [attrs for _, attrs in markup.tags if "src" in attrs or "onclick" in attrs]
    assert "url(" not in page
    assert "@import" not in page


def test_markup_of_an_account_is_text(summary, checks) -> None:
    bad = "<script>alert(1)</script>"
    rows = frame([finding("TSK101", "deal", bad)])
    page = render_html(replace(summary, host=bad, source=bad), rows, checks=checks)
    assert bad not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_page_is_accessible(summary, findings, lang, checks) -> None:
    language.use(lang)
    markup = Markup(render_html(summary, findings, checks=checks))
    assert markup.all("html") == [{"lang": lang}]
    levels = [int(tag[1]) for tag, _ in markup.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in markup.all("svg"))
    assert all("scope" in th for th in markup.all("th"))
    assert len(markup.all("thead")) == len(markup.all("table"))
    ids = [str(attrs["id"]) for _, attrs in markup.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    anchors = {str(a["href"])[1:] for a in markup.all("a") if str(a["href"]).startswith("#")}
    assert anchors <= set(ids)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_check_of_the_registry_can_be_shown(summary, lang) -> None:
    language.use(lang)
    pairs = [(code, entity) for code, check in CHECKS.items() for entity in check.entities]
    many = replace(summary, checks=tuple(result(code, e, 3, 10, groups=1) for code, e in pairs))
    text = Markup(render_html(many, FINDINGS.empty())).text
    assert [code for code in CHECKS if code not in text] == []


def test_a_code_the_registry_does_not_know_is_shown_by_its_code(summary, checks) -> None:
    odd = replace(summary, checks=(result("NEW900", "widget", 3, 4), missed("NEW901", "x", "y")))
    text = Markup(render_html(odd, frame([finding("NEW900", "widget", "5")]), checks=checks)).text
    assert "NEW900 Records" in text
    assert "widget 3 4 75.0%" in text


def test_a_scan_that_read_nothing_is_still_a_page(summary, checks) -> None:
    nothing = replace(
        summary,
        host="",
        data_to=None,
        counts=dict.fromkeys(summary.counts),
        checks=(),
        notes=(),
        timings={},
    )
    text = Markup(render_html(nothing, FINDINGS.empty(), checks=checks)).text
    assert "The checks that were carried out found nothing." in text
    assert "Clean cards" not in text


def test_a_large_account_stays_under_three_megabytes(summary) -> None:
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
    big = replace(summary, checks=tuple(result(code, e, n, 10 * n) for code, e in pairs))
    page = render_html(big, findings)
    assert len(page.encode()) < 3_000_000
    left = f"{n - LIMIT:,} more records are not listed here; all are in findings.parquet."
    assert left in Markup(page).text
