"""[notify.*]: places of secrets, addresses that can't forge a header, names that policies use."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.config import ChatTarget, HookTarget, MailTarget, load_config
from dedupe.config.notices import is_mail_address, notice_problems, read_targets
from dedupe.errors import ConfigError

MAIL = {"kind": "smtp", "host": "smtp.example.org", "from": "crm@example.org", "to": ["a@b.org"]}
HOOK = {"kind": "webhook", "url": "env:HOOK_URL"}
CHAT = {"kind": "telegram", "token": "env:TG_TOKEN", "chat_id": "-1001"}


def problems(**target: object) -> list[str]:
    return list(notice_problems({"notify": {"x": target}}))


def test_each_kind_is_read_with_its_defaults() -> None:
    document = {"notify": {"mail": MAIL, "hook": HOOK, "chat": CHAT}}
    assert list(notice_problems(document)) == []
    assert read_targets(document, Path("/etc")) == {
        "mail": MailTarget(host="smtp.example.org", from_="crm@example.org", to=("a@b.org",)),
        "hook": HookTarget(url="env:HOOK_URL"),
        "chat": ChatTarget(token="env:TG_TOKEN", chat_id="-1001"),
    }


def test_paths_of_secrets_start_at_the_config(tmp_path) -> None:
    told = MAIL | {"user": "crm", "password": "file:secrets/smtp"}
    (target,) = read_targets({"notify": {"m": told}}, tmp_path).values()
    assert isinstance(target, MailTarget)
    assert target.password == f"file:{tmp_path / 'secrets/smtp'}"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "fax"}, "notify.x.kind: one of smtp, webhook, telegram"),
        ({"hots": "h"}, "did you mean host?"),
        ({"from": "Ivan <a@b.org>"}, "notify.x.from: one mail address"),
        ({"from": "a@b.org\nBcc: c@d.org"}, "notify.x.from"),
        ({"to": []}, "notify.x.to: a list of mail addresses"),
        ({"to": ["a@b.org", "c@d.org\r\nX: y"]}, "notify.x.to"),
        ({"port": 0}, "notify.x.port"),
        ({"port": True}, "notify.x.port"),
        ({"attach": "yes"}, "notify.x.attach: true, false"),
        ({"security": "ssl"}, "starttls, tls, none"),
        ({"lang": "de"}, "ru, en"),
        ({"digest": "hour"}, "day, week"),
        ({"host": "a b"}, "notify.x.host"),
        ({"user": "crm"}, "notify.x.password: missing"),
        ({"password": "env:P"}, "notify.x.user: missing"),
        ({"user": "crm", "password": "hunter2"}, "the place of the secret"),
        ({"user": "u", "password": "env:P", "security": "none"}, "without encryption"),
    ],
)
def test_what_is_wrong_is_told(change, told) -> None:
    found = problems(**(MAIL | change))
    assert found
    assert any(told in each for each in found), found
    assert not any("hunter2" in each for each in found)


def test_a_local_relay_may_do_without_encryption() -> None:
    local = MAIL | {"host": "127.0.0.1", "user": "u", "password": "env:P", "security": "none"}
    assert problems(**local) == []


def test_a_hooks_address_is_a_secret_and_not_written_down() -> None:
    found = problems(**(HOOK | {"url": "https://hooks.example.org/T000/B000/XXXX"}))
    assert len(found) == 1
    assert "hooks.example.org" not in found[0]
    assert problems(kind="telegram", chat_id="1", token="123:ABC") != []
    assert problems(**(CHAT | {"chat_id": "my chat"})) != []
    assert problems(**(CHAT | {"api": "http://api.telegram.org"})) != []
    assert problems(**(CHAT | {"api": "http://127.0.0.1:8081"})) == []


def test_what_is_missing_is_named() -> None:
    assert problems(kind="smtp") == [
        "notify.x.host: missing",
        "notify.x.from: missing",
        "notify.x.to: missing",
    ]
    assert list(notice_problems({"notify": [1]})) == ["notify: a section [notify] is meant"]
    assert list(notice_problems({"notify": {"x": 1}})) != []
    assert list(notice_problems({"notify": {"a b": MAIL}})) != []


def test_a_policy_names_only_targets_that_are_there(tmp_path) -> None:
    path = tmp_path / "crmclean.toml"
    path.write_text(
        '[policies.nightly]\nnotify = { to = ["mial"] }\n'
        '[notify.mail]\nkind = "webhook"\nurl = "env:URL"\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"no \[notify.mial\] \(did you mean mail\?\)"):
        load_config(path)
    path.write_text(path.read_text(encoding="utf-8").replace("mial", "mail"), encoding="utf-8")
    assert load_config(path).notify == {"mail": HookTarget(url="env:URL")}


@pytest.mark.parametrize("text", ["a@b", "a.b+c@d-e.org", "x@xn--e1afmkfd.xn--p1ai"])
def test_plain_addresses_are_taken(text) -> None:
    assert is_mail_address(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a@", "@b", "a@b c", "a@b,c@d", "a@b\n", "é@b.org", "a@-b.org", "<a@b>"]
)
def test_what_is_no_plain_address_is_not(text) -> None:
    assert not is_mail_address(text)
