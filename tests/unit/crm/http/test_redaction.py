"""No secret in a log, in whatever spelling, nor in what is shown of an answer."""

from __future__ import annotations

import io
import json
import logging
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.crm.http import clean, hide, install, redact, told
from dedupe.crm.http.redaction import FAILED, MARK, Redactor

SECRET = "s3cr3t/ключ+of=a&token"


@pytest.fixture
def log():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    install([handler])
    logger = logging.getLogger("test-of-redaction")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "spell", [str, quote, quote_plus, json.dumps, repr, lambda s: quote(s, "")]
)
def test_a_known_secret_is_hidden_in_every_spelling(spell) -> None:
    hide(SECRET)
    shown = redact(f"before {spell(SECRET)} after")
    assert MARK in shown
    assert "s3cr3t" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


def test_a_short_text_is_no_secret() -> None:
    hide("a")
    hide("")
    assert redact("a banana") == "a banana"


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("{'Authorization': 'bearer abcdef123'}", "abcdef123"),
        (f"token is {JWT}.", "dBjftJeZ4CVP"),
        ("https://x.example/rest/12/q7w8e9r0t/crm.lead.list", "q7w8e9r0t"),
        ("https://x.example/api?apiKey=q7w8e9&page=1", "q7w8e9"),
        ('{"client_secret": "q7w8e9", "a": 1}', "q7w8e9"),
        ("client_secret=q7w8e9&grant_type=x", "q7w8e9"),
        ('{\\"refresh_token\\": \\"q7w8e9\\"}', "q7w8e9"),
        ("X-Refresh-Token: q7w8e9", "q7w8e9"),
        ("http://me:q7w8e9@proxy.example:3128", "q7w8e9"),
        ("https://x.example/?code=q7w8e9&state=1", "q7w8e9"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert MARK in redact(text)


@pytest.mark.parametrize("text", ["status 403 of /api/v4/contacts?page=2", "3 tokens left", ""])
def test_an_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=200))
def test_redaction_ends_and_repeats_itself(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_a_log_shows_no_secret_in_message_arguments_or_traceback(log) -> None:
    logger, stream = log
    secret = "q7w8e9-long-secret"
    hide(secret)
    logger.warning("sent %s to %r", secret, {"k": secret})
    try:
        raise ValueError(f"bad {secret}")
    except ValueError:
        logger.exception("failed with %s", secret)
        logger.warning("again", exc_info=True, stack_info=True)
    text = stream.getvalue()
    assert secret not in text
    assert "ValueError: bad [REDACTED]" in text
    assert text.count(MARK) >= 5


def test_a_record_that_can_not_be_cleaned_loses_its_text(log) -> None:
    logger, stream = log
    logger.warning("one %d and %s", "q7w8e9", "another")
    assert stream.getvalue() == f"{FAILED}\n"


def test_the_filter_is_installed_once() -> None:
    handler = logging.NullHandler()
    install([handler])
    install([handler])
    assert len([f for f in handler.filters if isinstance(f, Redactor)]) == 1
    assert logging.getLogger("httpx").level == logging.WARNING
    assert logging.getLogger("httpcore").level == logging.WARNING


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b'{"title": "No", "detail": "Invalid scope"}', "Invalid scope"),
        (b'{"error": "insufficient_scope"}', "insufficient_scope"),
        (b'{"response": {"error": "x", "error_code": 1}}', ""),
        (b'{"errorMsg": "Wrong key"}', "Wrong key"),
        (b'\xef\xbb\xbf{"detail": "BOM"}', "BOM"),
        (b"<html><title>403</title><script>alert(1)</script><p>Blocked</html>", "403 Blocked"),
        ("Доступ закрыт".encode(), "Доступ закрыт"),
        (b"\xff\xfe\x00", "\ufffd\ufffd"),
        (b'{"detail": 5}', ""),
        (b"[1, 2]", ""),
        (b'{"validation-errors": {}, "detail": "d"}', "d"),
        (b'{"validation-errors": [5], "detail": "d"}', "d"),
    ],
)
def test_what_an_error_says_is_read_from_any_shape(body: bytes, words: str) -> None:
    assert told(body) == words


@given(st.text(max_size=600))
def test_what_is_shown_is_one_short_line(text: str) -> None:
    shown = clean(text)
    assert len(shown) <= 300
    assert shown == " ".join(shown.split())
    assert all(ch.isprintable() for ch in shown)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_told(body: bytes) -> None:
    assert len(told(body)) <= 300


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("phone +7 (999) 123-45-67 is taken", "phone *** is taken"),
        ("contact 1234567 of ivan@mail.example", "contact *** of ***"),
        ("field 123456 status 400", "field 123456 status 400"),
        ("a\x1b[2Jb\u202ec\u2028d", "a [2Jb c d"),
    ],
)
def test_personal_values_and_escapes_are_masked(text: str, shown: str) -> None:
    assert clean(text) == shown
