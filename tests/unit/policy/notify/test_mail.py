"""Letters through a real SMTP session: encryption, sign-in, refusals, headers, attachments."""

from __future__ import annotations

import shutil
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dedupe.config import MailTarget
from dedupe.language import use
from dedupe.policy.notify.delivery import DeliveryError, Envelope, Tools, deliver
from dedupe.policy.notify.letter import write_letter
from dedupe.policy.notify.mail import Mailer, build_message
from dedupe.policy.notify.notice import Kind
from dedupe.policy.notify.told import Told, build_notice
from tests.unit.policy.notify.outcomes import outcome
from tests.unit.policy.notify.servers import Mailbox, certificate, mail_server

PASSWORD = "correct-horse-battery"
TOOLS = Tools(environ={"SMTP": PASSWORD}, now=lambda: datetime(2026, 11, 2, tzinfo=UTC))
HAS_OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")


def envelope(**changes) -> Envelope:
    use("en")
    notice = build_notice(Kind.RUN, "mail", outcome(), Told(), [])
    return Envelope(notice=notice, letter=write_letter(notice, "en", UTC), **changes)


def target(box: Mailbox, **changes) -> MailTarget:
    plain = MailTarget(
        host="127.0.0.1",
        port=box.port,
        security="none",
        from_="crm@example.org",
        to=("a@example.org", "b@example.org"),
    )
    return replace(plain, **changes)


def sent(box: Mailbox, **changes) -> str:
    return Mailer("mail", target(box, **changes), TOOLS).send(envelope())


def test_a_letter_arrives_with_text_and_html() -> None:
    with mail_server(Mailbox()) as box:
        assert sent(box) == ""
    (message,) = box.messages
    notice = envelope().notice
    assert message["Subject"] == "crmclean main: 3 repairs done"
    assert message["To"] == "a@example.org, b@example.org"
    assert message["Message-ID"] == f"<{notice.id}@example.org>"
    assert message["X-Crmclean-Notice"] == notice.id
    assert message["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert "DUP101" in message.get_body(("plain",)).get_content()
    assert len(box.recipients) == 2
    assert not any("AUTH" in command for command in box.commands)


def test_our_machines_name_is_not_told() -> None:
    with mail_server(Mailbox()) as box:
        sent(box)
    assert box.commands[0].lower() == "ehlo [127.0.0.1]"


@HAS_OPENSSL
def test_the_password_goes_over_an_encrypted_session_alone(tmp_path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with mail_server(Mailbox(trust=context)) as box:
        safe = target(box, host="localhost", security="starttls", user="crm", password="env:SMTP")
        mailer = Mailer(
            "mail", safe, TOOLS, trust=lambda: ssl.create_default_context(cafile=str(cert))
        )
        mailer.send(envelope())
    assert box.encrypted == [True]
    verbs = [command.split(" ")[0].upper() for command in box.commands]
    assert verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


@HAS_OPENSSL
def test_a_certificate_of_nobody_is_never_trusted(tmp_path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with mail_server(Mailbox(trust=context)) as box:
        safe = target(box, host="localhost", security="starttls", user="crm", password="env:SMTP")
        with pytest.raises(DeliveryError, match="can't be trusted") as caught:
            Mailer("mail", safe, TOOLS).send(envelope())
    assert caught.value.is_final
    assert box.messages == []
    assert not any("AUTH" in command for command in box.commands)


def test_a_server_without_starttls_gets_nothing() -> None:
    with mail_server(Mailbox()) as box, pytest.raises(DeliveryError, match="does not offer"):
        sent(box, security="starttls", user="crm", password="env:SMTP")
    assert box.messages == []
    assert not any("AUTH" in command for command in box.commands)


@pytest.mark.parametrize(
    ("says", "is_final", "told"),
    [
        ({"": ["421 busy"]}, False, "refused the letter (421)"),
        ({"MAIL": ["451 later"]}, False, "(451)"),
        ({"MAIL": ["550 no"]}, True, "(550)"),
        ({"RCPT": ["550 no", "550 no"]}, True, "(550)"),
        ({"RCPT": ["450 later", "550 no"]}, False, "(450)"),
        ({"END": ["554 spam"]}, True, "(554)"),
        ({"AUTH": ["535 wrong"]}, True, "does not accept the user or the password (535)"),
        ({"AUTH": ["454 later"]}, False, "(454)"),
    ],
)
def test_refusals_tell_whether_another_try_may_help(says, is_final, told) -> None:
    with (
        mail_server(Mailbox(says={k: [*v] for k, v in says.items()})) as box,
        pytest.raises(DeliveryError) as caught,
    ):
        sent(box, user="crm", password="env:SMTP")
    assert caught.value.is_final is is_final
    assert told in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_the_servers_words_and_our_addresses_are_in_no_message() -> None:
    with (
        mail_server(Mailbox(says={"RCPT": ["550 a@example.org unknown"] * 2})) as box,
        pytest.raises(DeliveryError) as caught,
    ):
        sent(box)
    assert "example.org" not in str(caught.value)


def test_who_was_refused_alone_does_not_make_the_others_get_it_twice() -> None:
    with mail_server(Mailbox(says={"RCPT": ["550 no"]})) as box:
        assert "1 of 2 addresses were refused" in sent(box)
    assert len(box.messages) == 1


def test_three_tries_with_growing_waits() -> None:
    naps: list[float] = []
    with mail_server(Mailbox(says={"MAIL": ["451 x", "451 x"]})) as box:
        deliver(Mailer("mail", target(box), TOOLS), envelope(), naps.append)
    assert (box.n_sessions, naps, len(box.messages)) == (3, [2.0, 8.0], 1)
    naps.clear()
    with (
        mail_server(Mailbox(says={"MAIL": ["451 x"] * 5})) as box,
        pytest.raises(DeliveryError),
    ):
        deliver(Mailer("mail", target(box), TOOLS), envelope(), naps.append)
    assert (box.n_sessions, naps) == (3, [2.0, 8.0])


def test_what_is_final_is_tried_once() -> None:
    with (
        mail_server(Mailbox(says={"MAIL": ["550 x"] * 5})) as box,
        pytest.raises(DeliveryError),
    ):
        deliver(Mailer("mail", target(box), TOOLS), envelope(), pytest.fail)
    assert box.n_sessions == 1


def test_nobody_there_is_a_line_not_a_traceback() -> None:
    with mail_server(Mailbox()) as box:
        pass
    with pytest.raises(DeliveryError, match=r"can't be reached \(connection refused\)") as caught:
        sent(box)
    assert not caught.value.is_final


def test_a_missing_secret_is_told_by_its_place() -> None:
    with mail_server(Mailbox()) as box, pytest.raises(DeliveryError, match="env:OTHER"):
        sent(box, user="crm", password="env:OTHER")
    assert box.n_sessions == 0


def test_a_subject_can_not_make_a_header() -> None:
    told = envelope()
    letter = replace(told.letter, subject="x\r\nBcc: evil@example.org\r\n\r\nbody")
    message = build_message(target(Mailbox()), replace(told, letter=letter))
    assert message["Bcc"] is None
    assert message["Subject"] == "x  Bcc: evil@example.org    body"
    bad = target(Mailbox(), to=("a@example.org\r\nBcc: evil@example.org",))
    with pytest.raises(DeliveryError):
        build_message(bad, told)


def test_a_russian_letter_survives_the_way() -> None:
    told = envelope()
    letter = replace(told.letter, subject="Учёт: +12 находок", lead="84,1\u00a0% — Ёлка")
    with mail_server(Mailbox()) as box:
        Mailer("mail", target(box), TOOLS).send(replace(told, letter=letter))
    (message,) = box.messages
    assert message["Subject"] == "Учёт: +12 находок"
    assert "84,1\u00a0% — Ёлка" in message.get_body(("plain",)).get_content()


def test_reports_are_attached_only_where_asked_for(tmp_path) -> None:
    page, book = tmp_path / "report.html", tmp_path / "work.xlsx"
    page.write_text("<p>Ы</p>", encoding="utf-8")
    book.write_bytes(b"PK\x03\x04")
    (tmp_path / "summary.json").write_text("{}")
    paths = (str(page), str(book), str(tmp_path / "summary.json"), str(tmp_path / "gone.html"))
    told = envelope(paths=paths)
    without = build_message(target(Mailbox()), told)
    assert [part.get_filename() for part in without.iter_attachments()] == []
    message = build_message(target(Mailbox(), attach=True), told)
    assert [part.get_filename() for part in message.iter_attachments()] == [
        "report.html",
        "work.xlsx",
    ]
    assert str(tmp_path) not in message.as_string()


def test_what_is_too_large_to_send_stays(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("dedupe.policy.notify.mail.ATTACHED_BYTES", 5)
    small, large = tmp_path / "small.html", tmp_path / "large.html"
    small.write_text("1234")
    large.write_text("123456")
    told = envelope(paths=(str(large), str(small)))
    message = build_message(target(Mailbox(), attach=True), told)
    assert [part.get_filename() for part in message.iter_attachments()] == ["small.html"]
