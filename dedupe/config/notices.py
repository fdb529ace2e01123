"""The sections [notify.NAME]: the people and programs that a policy tells of its runs.

    [notify.mail]
    kind = "smtp"
    host = "smtp.example.org"
    security = "starttls"
    user = "crm"
    password = "file:/etc/crmclean/smtp"
    from = "crm@example.org"
    to = ["owner@example.org"]

    [notify.hook]
    kind = "webhook"
    url = "env:HOOK_URL"
    secret = "env:HOOK_SECRET"

    [notify.chat]
    kind = "telegram"
    token = "env:TELEGRAM_TOKEN"
    chat_id = "-1001234567890"

A secret is named by its place: `env:NAME`, `file:PATH`, `credential:NAME` or `keyring`. A webhook's
address is one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dedupe.language import LANGUAGES, N_, tr

from .addresses import is_loopback
from .places import absolute_place, is_secretive, read_place

SECURITY = {"starttls": 587, "tls": 465, "none": 25}  # and the port that goes with it
PERIODS = ("day", "week")
_SECRETS = ("password", "url", "secret", "token")
_SPELLED = {"from_": "from"}
_MAX_TEXT = 300
_MAX_ADDRESSES = 50
_NAME = re.compile(r"\w[\w-]{0,39}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]|::1")
_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z]\w{3,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTarget:
    """A mail server that takes our letters, and who gets them."""

    host: str
    from_: str
    to: tuple[str, ...]
    port: int | None = None  # the usual one of `security`
    security: str = "starttls"  # most providers ask for it on 587
    user: str | None = None
    password: str | None = None
    attach: bool = False  # the report is large, and a mailbox is a place more that holds it
    lang: str | None = None  # the run's
    digest: str = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookTarget:
    """An address that takes a JSON document by POST; with a secret, the document is signed."""

    url: str
    secret: str | None = None
    lang: str | None = None
    digest: str = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTarget:
    """A chat of Telegram that a bot writes to."""

    token: str
    chat_id: str
    api: str = "https://api.telegram.org"  # a Bot API server of one's own has another
    lang: str | None = None
    digest: str = "week"


Target = MailTarget | HookTarget | ChatTarget
KINDS: Mapping[str, type[MailTarget] | type[HookTarget] | type[ChatTarget]] = {
    "smtp": MailTarget,
    "webhook": HookTarget,
    "telegram": ChatTarget,
}


def notice_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with [notify.*], and where a policy names a target that is not there."""
    targets = document.get("notify", {})
    if not isinstance(targets, dict):
        yield tr(N_("{where}: a section [{where}] is meant"), where="notify")
        return
    for name, told in targets.items():
        where = f"notify.{_shown(name)}"
        if not _NAME.fullmatch(name):
            yield tr(N_("{where}: a target's name is up to 40 letters, digits, - _"), where=where)
        elif not isinstance(told, dict):
            yield tr(N_("{where}: a section [{where}] is meant"), where=where)
        else:
            yield from _target_problems(where, told)
    yield from _unknown_targets(document, targets)


def read_targets(document: Mapping[str, Any], folder: Path) -> dict[str, Target]:
    """Return the targets of a document without problems; paths of secrets start in `folder`."""
    return {name: _target(told, folder) for name, told in document.get("notify", {}).items()}


def secrets_of(target: Target) -> dict[str, str]:
    """Return where the secrets of a target are kept, by their settings."""
    told = {key: getattr(target, key, None) for key in _SECRETS}
    return {key: place for key, place in told.items() if place}


def is_mail_address(text: str) -> bool:
    r"""Tell whether `text` is one plain ASCII address, safe in a header and in an envelope.

    >>> is_mail_address("a.b@example.org"), is_mail_address("a@b.org\nBcc: x@y.org")
    (True, False)
    """
    return len(text) <= _MAX_TEXT and _MAIL.fullmatch(text) is not None


def _target(told: Mapping[str, Any], folder: Path) -> Target:
    kind = KINDS[told["kind"]]
    values: dict[str, Any] = {}
    for key, value in told.items():
        name = "from_" if key == "from" else key
        settled = absolute_place(value, folder) if key in _SECRETS else value
        values[name] = tuple(settled) if isinstance(settled, list) else settled
    del values["kind"]
    return kind(**values)


def _target_problems(where: str, told: Mapping[str, Any]) -> Iterator[str]:
    kind = KINDS.get(told["kind"]) if isinstance(told.get("kind"), str) else None
    if kind is None:
        choices = ", ".join(KINDS)
        yield tr(N_("{key}: one of {choices} is meant"), key=f"{where}.kind", choices=choices)
        return
    fields = {_SPELLED.get(each.name, each.name): each for each in dataclasses.fields(kind)}
    for key, value in told.items():
        if key != "kind":
            yield from _key_problems(where, key, value, list(fields))
    for key, each in fields.items():
        if each.default is dataclasses.MISSING and key not in told:
            yield tr(N_("{key}: missing"), key=f"{where}.{key}")
    if kind is MailTarget:
        yield from _sign_in_problems(where, told)


def _key_problems(where: str, key: str, value: object, known: list[str]) -> Iterator[str]:
    at = f"{where}.{_shown(key)}"
    if key not in known:
        near = get_close_matches(key[:40], known, n=1)
        hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
        yield tr(N_("{key}: unknown setting{hint}"), key=at, hint=hint)
    elif key in _SECRETS:
        if not isinstance(value, str) or read_place(value) is None:
            yield tr(
                N_(
                    "{key}: env:NAME, file:PATH, credential:NAME or keyring is meant, the place of "
                    "the secret"
                ),
                key=at,
            )
    elif not _is_fit(key, value):
        yield tr(N_("{key}: {meant} is meant"), key=at, meant=_meant(key))


def _is_fit(key: str, value: object) -> bool:
    if key == "port":
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65_536
    if key == "attach":
        return isinstance(value, bool)
    if key == "to":
        return (
            isinstance(value, list)
            and 0 < len(value) <= _MAX_ADDRESSES
            and all(isinstance(each, str) and is_mail_address(each) for each in value)
        )
    return isinstance(value, str) and _is_fit_text(key, value)


def _is_fit_text(key: str, text: str) -> bool:
    choices = {"security": tuple(SECURITY), "lang": LANGUAGES, "digest": PERIODS}
    if key in choices:
        return text in choices[key]
    if key == "from":
        return is_mail_address(text)
    if key == "host":
        return _HOST.fullmatch(text) is not None
    if key == "chat_id":
        return _CHAT.fullmatch(text) is not None
    if key == "api":
        return _is_api(text)
    return 0 < len(text) <= _MAX_TEXT and text.isprintable() and not is_secretive(text)


def _is_api(text: str) -> bool:
    is_plain = re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d{1,5})?/?", text) is not None
    return len(text) <= _MAX_TEXT and (is_plain or is_loopback(text))


def _meant(key: str) -> str:
    if key == "attach":
        return "true, false"
    if key == "port":
        return tr(N_("a port's number"))
    if key == "to":
        return tr(N_("a list of mail addresses in quotes"))
    if key == "from":
        return tr(N_("one mail address, without a name"))
    if key == "chat_id":
        return tr(N_('the chat\'s id in quotes, such as "-1001234567890" or "@channel"'))
    if key == "api":
        return tr(N_("an address with https"))
    return {
        "security": ", ".join(SECURITY),
        "lang": ", ".join(LANGUAGES),
        "digest": ", ".join(PERIODS),
    }.get(key, tr(N_("a text in quotes")))


def _sign_in_problems(where: str, told: Mapping[str, Any]) -> Iterator[str]:
    if ("user" in told) != ("password" in told):
        missing = "password" if "user" in told else "user"
        yield tr(N_("{key}: missing"), key=f"{where}.{missing}")
    host = told.get("host")
    is_local = isinstance(host, str) and host in ("127.0.0.1", "::1", "[::1]", "localhost")
    if told.get("security") == "none" and "password" in told and not is_local:
        yield tr(
            N_("{key}: a password is not sent without encryption; use starttls or tls"),
            key=f"{where}.security",
        )


def _unknown_targets(document: Mapping[str, Any], targets: Mapping[str, Any]) -> Iterator[str]:
    policies = document.get("policies", {})
    for name, told in policies.items() if isinstance(policies, dict) else ():
        rule = told.get("notify") if isinstance(told, dict) else None
        named = rule.get("to") if isinstance(rule, dict) else None
        for each in named if isinstance(named, list) else ():
            if isinstance(each, str) and each not in targets:
                near = get_close_matches(each[:40], list(targets), n=1)
                hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
                yield tr(
                    N_("{key}: there is no [notify.{name}]{hint}"),
                    key=f"policies.{_shown(name)}.notify.to",
                    name=_shown(each),
                    hint=hint,
                )


def _shown(text: str) -> str:
    line = "".join(c if c.isprintable() else "?" for c in text)
    if is_secretive(line):
        return "…"
    return line if len(line) <= 40 else line[:39] + "…"
