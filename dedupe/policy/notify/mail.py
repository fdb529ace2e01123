"""Notices as letters, by SMTP.

The session is encrypted and the server's certificate is verified, unless the config says that it
needs none. Subject and addresses can't make a header of their own: addresses were proven when the
config was read, and `EmailMessage` refuses a line end. The Message-ID is the notice's id, so a
mail program shows a letter that came twice once.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from dedupe.config.notices import SECURITY, MailTarget, is_mail_address
from dedupe.errors import StorageError
from dedupe.language import N_, tr

from .delivery import TIMEOUT_S, WHOLE_S, DeliveryError, Envelope, Tools, secret_at
from .forms import long_text, mail_html

ATTACHED = {
    ".html": ("text", "html"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
ATTACHED_BYTES = 10_000_000  # many mail servers take no more
_LOCAL_NAME = "[127.0.0.1]"  # this machine's own name is nobody's business
_LATER = range(400, 500)


class Mailer:
    """Sends to the addresses of one target. `trust` makes the context that verifies servers."""

    def __init__(
        self,
        name: str,
        target: MailTarget,
        tools: Tools,
        *,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._name, self._target, self._tools, self._trust = name, target, tools, trust

    def send(self, envelope: Envelope) -> str:
        """Send one letter to all addresses. Raises DeliveryError where nobody can be reached."""
        message = build_message(self._target, envelope)
        with _told_errors(), self._session() as session:
            refused = session.send_message(
                message, from_addr=self._target.from_, to_addrs=list(self._target.to)
            )
        if not refused:
            return ""
        # The others have it, and must not get it once more: this is no failure.
        n_all = len(self._target.to)
        told = N_("{n} of {all} addresses were refused, the others have it")
        return tr(told, n=len(refused), all=n_all)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        target = self._target
        port = target.port or SECURITY[target.security]
        host = target.host.strip("[]")
        password = self._password()  # before anybody is called
        session: smtplib.SMTP
        if target.security == "tls":
            session = smtplib.SMTP_SSL(
                host, port, _LOCAL_NAME, timeout=TIMEOUT_S, context=self._trust()
            )
        else:
            session = smtplib.SMTP(host, port, _LOCAL_NAME, timeout=TIMEOUT_S)
        with session, _limited(session):
            if target.security == "starttls":
                session.starttls(context=self._trust())
            if target.user is not None and password is not None:
                session.login(target.user, password)
            yield session

    def _password(self) -> str | None:
        told = self._target.password
        return None if told is None else secret_at(told, self._name, "password", self._tools)


def build_message(target: MailTarget, envelope: Envelope) -> EmailMessage:
    """Return the letter as a message: text, HTML, and the files where the target takes them."""
    if not all(is_mail_address(each) for each in (target.from_, *target.to)):
        raise DeliveryError(N_("an address is no mail address"), is_final=True)
    notice, letter = envelope.notice, envelope.letter
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "".join(c if c.isprintable() else " " for c in letter.subject)
    message["From"] = target.from_
    message["To"] = ", ".join(target.to)
    message["Date"] = format_datetime(notice.made)
    message["Message-ID"] = f"<{notice.id}@{target.from_.rpartition('@')[2]}>"
    message["X-Crmclean-Notice"] = notice.id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(long_text(letter))
    message.add_alternative(mail_html(letter), subtype="html")
    if target.attach:
        _attach(message, envelope.paths)
    return message


def _attach(message: EmailMessage, paths: tuple[str, ...]) -> None:
    """Attach the reports that are still there and fit; reports of a policy are always masked."""
    left = ATTACHED_BYTES
    for path in map(Path, paths):
        kind = ATTACHED.get(path.suffix.lower())
        with suppress(OSError):
            if kind is None or path.stat().st_size > left:
                continue
            content = path.read_bytes()
            left -= len(content)
            message.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=path.name)


@contextmanager
def _limited(session: smtplib.SMTP) -> Iterator[None]:
    """Cut a session that takes too long as a whole: each of its reads has a limit of its own."""
    timer = threading.Timer(WHOLE_S, _cut, [session])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(session: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        session.sock.shutdown(2)  # type: ignore[union-attr]  # closed meanwhile: suppressed


@contextmanager
def _told_errors() -> Iterator[None]:
    """Turn what SMTP and the network raise into DeliveryError, without the server's words."""
    try:
        yield
    except (DeliveryError, StorageError):
        raise
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        is_final = not any(code in _LATER for code in codes)
        raise _refused(min(codes, default=0), is_final=is_final) from None
    except smtplib.SMTPAuthenticationError as error:
        problem = N_("the mail server does not accept the user or the password ({code})")
        is_final = error.smtp_code not in _LATER
        raise DeliveryError(problem, is_final=is_final, code=error.smtp_code) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, is_final=error.smtp_code not in _LATER) from None
    except smtplib.SMTPNotSupportedError:
        problem = N_("the mail server does not offer what is needed (STARTTLS or sign-in)")
        raise DeliveryError(problem, is_final=True) from None
    except ssl.SSLCertVerificationError as error:
        problem = N_("the certificate of the mail server can't be trusted ({reason})")
        reason = str(error.verify_message).lower()
        raise DeliveryError(problem, is_final=True, reason=reason) from None
    except (smtplib.SMTPException, OSError) as error:
        problem = N_("the mail server can't be reached ({reason})")
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DeliveryError(problem, reason=str(reason).lower()) from None


def _refused(code: int, *, is_final: bool) -> DeliveryError:
    return DeliveryError(
        N_("the mail server refused the letter ({code})"), is_final=is_final, code=code
    )
