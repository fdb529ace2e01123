"""Webhooks and Telegram over a real HTTP session."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dedupe.config import ChatTarget, HookTarget
from dedupe.crm.http import redact
from dedupe.language import use
from dedupe.policy.notify.delivery import LONGEST_WAIT_S, DeliveryError, Envelope, Tools, deliver
from dedupe.policy.notify.letter import write_letter
from dedupe.policy.notify.notice import Kind
from dedupe.policy.notify.told import Told, build_notice
from dedupe.policy.notify.web import Chat, Hook, checked_url
from tests.unit.policy.notify.outcomes import outcome
from tests.unit.policy.notify.servers import Web, certificate, web_server

NOW = datetime(2026, 11, 2, 1, 10, tzinfo=UTC)
TOKEN = "123456:AAbb-ccDDeeFFggHH_iijj"
SECRET = "a-shared-secret-of-ours"
HOOK = HookTarget(url="env:URL", secret="env:SECRET")


def tools(web: Web, path: str = "/hooks/T0KEN-very-secret") -> Tools:
    environ = {"URL": web.url + path, "SECRET": SECRET, "TOKEN": TOKEN}
    return Tools(environ=environ, now=lambda: NOW)


def envelope() -> Envelope:
    use("en")
    notice = build_notice(Kind.RUN, "hook", outcome(), Told(), [])
    return Envelope(notice=notice, letter=write_letter(notice, "en", UTC))


def hook(web: Web) -> Hook:
    return Hook("hook", HOOK, tools(web))


def chat(web: Web) -> Chat:
    return Chat("chat", ChatTarget(token="env:TOKEN", chat_id="-100", api=web.url), tools(web))


def test_the_document_is_posted_signed_and_named() -> None:
    with web_server(Web()) as web:
        hook(web).send(envelope())
    ((path, headers, body),) = web.posts
    told = envelope().notice
    assert path == "/hooks/T0KEN-very-secret"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["idempotency-key"] == headers["x-crmclean-notice"] == told.id
    at = int(NOW.timestamp())
    proof = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-crmclean-signature"] == f"t={at},v1={proof}"
    assert web.bodies()[0]["schema"] == "crmclean.notice/1"


def test_without_a_secret_nothing_is_signed() -> None:
    with web_server(Web()) as web:
        Hook("hook", HookTarget(url="env:URL"), tools(web)).send(envelope())
    assert "x-crmclean-signature" not in web.posts[0][1]


def test_a_redirect_is_not_followed() -> None:
    with web_server(Web()) as other, web_server(Web()) as web:
        web.answers = [(307, {"Location": other.url + "/take"}, "")]
        with pytest.raises(DeliveryError, match="redirect") as caught:
            hook(web).send(envelope())
    assert caught.value.is_final
    assert other.posts == []


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(400, True), (401, True), (404, True), (413, True), (408, False), (429, False), (503, False)],
)
def test_a_status_tells_whether_another_try_may_help(status, is_final) -> None:
    with (
        web_server(Web(answers=[(status, {}, "ivan@mail.ru")])) as web,
        pytest.raises(DeliveryError, match=f"refused it \\({status}\\)") as caught,
    ):
        hook(web).send(envelope())
    assert caught.value.is_final is is_final
    assert "ivan" not in str(caught.value)


def test_the_wait_that_a_server_asks_for_is_kept_within_reason() -> None:
    naps: list[float] = []
    answers = [(429, {"Retry-After": "30"}, ""), (503, {"Retry-After": "86400"}, "")]
    with web_server(Web(answers=answers)) as web:
        deliver(hook(web), envelope(), naps.append)
    assert naps == [30.0, LONGEST_WAIT_S]
    ids = {headers["idempotency-key"] for _, headers, _ in web.posts}
    assert (len(web.posts), len(ids)) == (3, 1)


def test_an_answer_of_any_size_or_kind_does_no_harm() -> None:
    with web_server(Web(answers=[(200, {}, "x" * 1_000_000)])) as web:
        hook(web).send(envelope())


def test_nobody_there_is_a_line_without_the_address() -> None:
    with web_server(Web()) as web:
        pass
    with pytest.raises(DeliveryError, match="connection refused") as caught:
        hook(web).send(envelope())
    assert not caught.value.is_final
    assert "T0KEN" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/x",
        "http://10.0.0.7/x",
        "ftp://127.0.0.1/x",
        "https://user:pass@example.org/x",
        "https:///x",
        "notaurl",
        "https://[::1",
        "https://example.org:99999/",
    ],
)
def test_what_may_not_be_posted_to_is_refused_unseen(url) -> None:
    with pytest.raises(DeliveryError) as caught:
        checked_url(url)
    assert caught.value.is_final
    assert "example" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://10.0.0.7/x", "http://127.0.0.1:8/x", "https://a.b/c?d=e"])
def test_private_addresses_and_loopback_are_the_owners_choice(url) -> None:
    assert checked_url(url) == url


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
def test_a_certificate_of_nobody_is_never_trusted(tmp_path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with (
        web_server(Web(trust=context)) as web,
        pytest.raises(DeliveryError, match="self-signed certificate") as caught,
    ):
        hook(web).send(envelope())
    assert caught.value.is_final
    assert web.posts == []


def test_telegram_gets_escaped_html_and_its_token_is_in_the_path_alone() -> None:
    with web_server(Web()) as web:
        chat(web).send(envelope())
    ((path, _, body),) = web.posts
    assert path == f"/bot{TOKEN}/sendMessage"
    (told,) = web.bodies()
    assert (told["chat_id"], told["parse_mode"]) == ("-100", "HTML")
    assert told["text"].startswith("<b>crmclean main: ")
    assert told["link_preview_options"] == {"is_disabled": True}
    assert TOKEN.encode() not in body
    assert TOKEN not in redact(f"POST /bot{TOKEN}/sendMessage failed")


def test_telegrams_own_wait_is_kept() -> None:
    naps: list[float] = []
    busy = '{"ok":false,"error_code":429,"parameters":{"retry_after":17}}'
    with web_server(Web(answers=[(429, {}, busy)])) as web:
        deliver(chat(web), envelope(), naps.append)
    assert naps == [17.0]


def test_what_answers_like_no_telegram_has_not_taken_it() -> None:
    with (
        web_server(Web(answers=[(200, {}, "<html>login</html>")])) as web,
        pytest.raises(DeliveryError, match="not one of Telegram's"),
    ):
        chat(web).send(envelope())


def test_a_wrong_chat_is_final_and_shows_no_token() -> None:
    wrong = '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'
    with (
        web_server(Web(answers=[(400, {}, wrong)])) as web,
        pytest.raises(DeliveryError) as caught,
    ):
        chat(web).send(envelope())
    assert caught.value.is_final
    assert TOKEN not in str(caught.value)


def test_a_secret_that_is_not_there_is_told_by_its_place() -> None:
    bare = Tools(environ={}, now=lambda: NOW)
    with pytest.raises(DeliveryError, match="env:URL"):
        Hook("hook", HOOK, bare).send(envelope())
    gone = replace(HOOK, url="file:/nowhere/hook")
    with pytest.raises(DeliveryError, match="there is no secret at file:/nowhere/hook"):
        Hook("hook", gone, bare).send(envelope())
