"""The words and the looks of a notice, in both languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from dedupe.language import use
from dedupe.policy.notify.delivery import Envelope
from dedupe.policy.notify.forms import (
    SHORT_MAX,
    TELEGRAM_MAX,
    long_text,
    mail_html,
    short_text,
    telegram_text,
)
from dedupe.policy.notify.letter import Letter, Section, write_letter
from dedupe.policy.notify.notice import Kind
from dedupe.policy.notify.told import Told, build_notice, past_of, told_after
from dedupe.policy.notify.web import hook_body
from dedupe.policy.outcome import Changes, Found
from tests.unit.policy.notify.outcomes import failed, odd, outcome, quiet

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture(autouse=True)
def english():
    use("en")
    yield
    use("en")


def notice_of(run, kind=Kind.RUN):
    first = outcome(0)
    told = told_after(build_notice(Kind.RUN, "mail", first, Told(), []), first, Told())
    return build_notice(kind, "mail", run, told, [past_of(run)])


def letter_of(run, kind=Kind.RUN, language="en"):
    use(language)
    return write_letter(notice_of(run, kind), language, MOSCOW)


CHANGED = outcome(
    1,
    checks=(
        Found(code="DUP101", entity="contact", found=131, severity="error"),
        Found(code="PHN201", entity="contact", found=4, severity="warning"),
    ),
)


def test_a_letter_tells_what_changed_what_was_done_and_what_comes_next() -> None:
    letter = letter_of(CHANGED)
    assert letter.subject == "crmclean main: 11 more findings, 3 fewer, 3 repairs done"
    text = long_text(letter)
    for part in (
        "Findings since the last notice, 2026-11-02 04:10:",
        ": 120 → 131 (+11)",
        ": 7 → 4 (−3)",
        "84.1% of 1,000 cards are without a fault",
        "- 1 merge",
        "- 1 group failed",
        "- 1 group waits for the next run",
        "  crmclean runs",
        "- report.html",
        "run p-0001, 2026-11-03 04:10",
    ):
        assert part in text, part
    assert "/srv" not in text


def test_fewer_findings_alone_say_of_what() -> None:
    mended = replace(CHANGED, checks=CHANGED.checks[1:], changes=Changes())
    assert letter_of(mended).subject == "crmclean main: 3 findings fewer"


def test_a_stop_says_why_and_what_was_odd() -> None:
    letter = letter_of(odd(1))
    assert letter.subject == "crmclean main: run stopped: something is odd, so nothing was sent"
    text = long_text(letter)
    assert "contacts: 50 records, 100 in the last good scan" in text
    assert "crmclean run nightly -p main --accept-odd" in text
    assert "crmclean run nightly --accept-odd" in text


def test_a_failure_is_told_with_its_error_and_exit_code() -> None:
    letter = letter_of(failed(1))
    assert letter.subject.startswith("crmclean main: run failed: demo.amocrm.ru: no answer")
    assert "Exit code 10" in long_text(letter)


def test_recovery_and_digest_have_subjects_of_their_own() -> None:
    assert letter_of(quiet(1), Kind.RECOVERED).subject == "crmclean main: works again"
    letter = letter_of(outcome(7), Kind.DIGEST)
    assert letter.subject == "crmclean main: summary up to 2026-11-09"
    assert letter.lead == "1 run of the policy nightly since 2026-11-02 04:10."


def test_a_quiet_night_is_a_short_letter() -> None:
    letter = letter_of(quiet(1))
    assert letter.lead == "Nothing new."
    assert [s.title for s in letter.sections] == [
        "Health",
        "What to do next",
        "Files of the report",
    ]


def test_the_letter_is_in_the_language_of_its_reader() -> None:
    text = long_text(letter_of(CHANGED, language="ru"))
    assert "84,1\u00a0%" in text
    assert "03.11.2026 04:10" in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


HOSTILE = Letter(
    language="en",
    subject='<script>alert("1")</script> & "quotes"',
    lead="a < b & c",
    sections=(
        Section("<b>title</b>", ("<i>line", "& more")),
        Section("next", ("crmclean <x>",), True),
    ),
    footer="</body>",
)


def test_html_is_escaped_and_loads_nothing() -> None:
    page = mail_html(HOSTILE)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert "<script" not in page
    assert "<i>" not in page
    assert {name for name, _ in tags.attributes} <= {"style", "lang", "charset"}
    assert "url(" not in page
    assert "http" not in page


def test_telegram_gets_only_its_own_tags_and_never_too_much() -> None:
    text = telegram_text(HOSTILE)
    assert set(re.findall(r"</?(\w+)", text)) == {"b", "i", "code"}
    assert "&lt;i&gt;line" in text
    lines = tuple(f"𝕏 & <{n}> " + "я" * 90 for n in range(200))
    long = Letter(language="ru", subject="s", lead="l", sections=(Section("t", lines),), footer="f")
    text = telegram_text(long)
    assert len(text.encode("utf-16-le")) // 2 <= TELEGRAM_MAX
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "\n…\n" in text
    assert text.endswith("<i>f</i>")


def test_the_short_text_is_one_short_line_with_the_next_command() -> None:
    text = short_text(letter_of(odd(1)))
    assert text.endswith("· crmclean run nightly --accept-odd")
    long = Letter(language="en", subject="x" * 1000, lead="", sections=(), footer="")
    assert len(short_text(long)) == SHORT_MAX


def test_the_hooks_document_has_a_schema_numbers_and_a_text() -> None:
    notice = notice_of(CHANGED)
    envelope = Envelope(notice=notice, letter=letter_of(CHANGED))
    told = json.loads(hook_body(envelope))
    assert told["schema"] == "crmclean.notice/1"
    assert told["id"] == notice.id
    assert told["moves"][0] == {
        "code": "DUP101",
        "entity": "contact",
        "before": 120,
        "now": 131,
        "severity": "error",
    }
    assert told["health_now"] == {"clean": 841, "cards": 1000}
    assert told["text"].startswith("crmclean main: ")
    assert told["files"] == ["report.html"]


def test_many_changes_are_cut_and_counted() -> None:
    checks = tuple(Found(code=f"XXX{n:03}", entity="deal", found=n + 1) for n in range(40))
    letter = letter_of(outcome(1, checks=checks, changes=Changes()))
    lines = next(s.lines for s in letter.sections if s.title.startswith("Findings"))
    assert len(lines) == 16
    assert lines[-1] == "… and 25 more checks"
