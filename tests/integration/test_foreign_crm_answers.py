"""Answers that are no pages: one clear line, the documented exit code, nothing secret in it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cli.main import run
from tests.integration.foreign_crm import (
    KINDS,
    TOKEN,
    ForeignCrm,
    Query,
    Raw,
    company,
    contact,
    ok,
    problem,
    user,
)

HTML = {"Content-Type": "text/html"}
PRIVATE = ("+79121234567", "8 (912) 123-45-67", "9121234567", "ivan@example.com", TOKEN, "\x1b")
WORDS = f"Контакт +79121234567, 8 (912) 123-45-67, ivan@example.com \x1b[31m {TOKEN} " + "я" * 2000
PAGE = {"_page": 1, "_links": {}, "_embedded": {"companies": [company(i) for i in range(3)]}}
BODY = json.dumps(PAGE, ensure_ascii=False).encode()


@pytest.fixture
def crm(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.setenv("FOREIGN_TOKEN", TOKEN)
    monkeypatch.setattr("cli.profiles.REQUESTS_PER_S", 10_000)
    monkeypatch.setattr("dedupe.crm.http.transport.backoff", lambda n, rand: 0.0)
    monkeypatch.chdir(tmp_path)
    with ForeignCrm(n=15) as served:
        Path("crmclean.toml").write_text(
            f'[profiles.main]\ncrm = "amocrm"\nurl = "{served.url}"\ntoken = "env:FOREIGN_TOKEN"\n',
            encoding="utf-8",
        )
        yield served


def always(crm: ForeignCrm, name: str, raw: Raw) -> None:
    crm.before = lambda path, query: raw if path == f"/api/v4/{name}" else None


def problem_in(words: str, kind: str = "application/problem+json") -> Raw:
    if "json" in kind:
        return Raw(status=400, body=json.dumps({"title": "Bad", "detail": words}).encode())
    return Raw(status=400, body=words.encode(), headers={"Content-Type": kind})


REFUSED = {
    "a web page": ("companies", Raw(body=b"<html>log in</html>", headers=HTML), 10, "web page"),
    "no JSON": ("companies", Raw(body=BODY + b"<!-- -->"), 10, "no JSON"),
    "half of it": ("companies", Raw(body=BODY[:-20]), 10, "cut off"),
    "cp1251": ("companies", Raw(body=BODY.decode().encode("cp1251")), 10, "UTF-8"),
    "UTF-16": ("companies", Raw(body=BODY.decode().encode("utf-16")), 10, "UTF-8"),
    "NaN": ("companies", Raw(body=b'{"_embedded":{"companies":[{"id":NaN}]}}'), 10, "no JSON"),
    "too deep": ("companies", Raw(body=b"[" * 100_000 + b"]" * 100_000), 10, "nested"),
    "a bomb": (
        "companies",
        Raw(body=gzip.compress(b" " * 80_000_000, 1), headers={"Content-Encoding": "gzip"}),
        10,
        "64 MB",
    ),
    "another list": ("companies", ok({"_embedded": {"contacts": [contact(1)]}}), 10, "companies"),
    "a bare list": ("companies", ok([company(1)]), 10, "no object"),
    "no success": ("companies", ok({"success": False, "errorMsg": WORDS}), 10, "an error"),
    "an error of 200": ("companies", ok({"title": "x", "status": 400}), 10, "an error"),
    "part of it": ("companies", Raw(status=206, body=BODY), 10, "206"),
    "a redirect away": (
        "companies",
        Raw(status=302, headers={"Location": "https://login.example/?next=x"}),
        10,
        "nothing was sent there",
    ),
    "another host's page": (
        "companies",
        ok(PAGE | {"_links": {"self": {"href": "http://a/x"}, "next": {"href": "http://b/x"}}}),
        10,
        "another host",
    ),
    "the same page": (
        "companies",
        ok(PAGE | {"_links": {"self": {"href": "/x?page=1"}, "next": {"href": "/x?page=1"}}}),
        10,
        "same page",
    ),
    "no rights": ("contacts", problem(403, "Forbidden"), 10, "rights"),
    "unpaid": ("account", problem(402, "Payment required"), 7, "not paid"),
    "an address list": ("account", problem(403, "IP", 113), 7, "address"),
    "a blocked address": ("account", Raw(status=403, body=b"<html>", headers=HTML), 10, "blocks"),
    "no API": ("account", problem(404, "Not Found"), 10, "url"),
    "an old token": ("account", problem(401, "Unauthorized"), 7, "does not accept the token"),
    "no account": ("account", ok({"_embedded": {}}), 10, "/api/v4/account"),
    "an absent account": ("account", Raw(status=204), 10, "/api/v4/account"),
    "a page for an account": ("account", Raw(body=b"<html>", headers=HTML), 10, "web page"),
    "words of the CRM": ("companies", problem_in(WORDS), 10, "400"),
    "plain words": ("companies", problem_in(WORDS, "text/plain"), 10, "400"),
    "a page of words": ("companies", problem_in(f"<title>{WORDS}</title>", "text/html"), 10, "400"),
}


@pytest.mark.parametrize(("name", "raw", "code", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_page_is_one_line(name, raw, code, told, crm, capsys) -> None:
    always(crm, name, raw)
    assert run(["pull"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert told in err
    assert len(err) < 700
    assert [secret for secret in PRIVATE if secret in err] == []
    assert not list(Path("state").rglob("manifest.json"))


ACCEPTED = {
    "a byte order mark": Raw(body=b"\xef\xbb\xbf" + BODY),
    "plain text": Raw(body=BODY, headers={"Content-Type": "text/plain"}),
    "packed": Raw(body=gzip.compress(BODY), headers={"Content-Encoding": "gzip"}),
    "PHP's numbered list": ok({"_embedded": {"companies": {"0": company(0), "2": company(2)}}}),
    "half a character": Raw(body=b'{"_embedded":{"companies":[{"id":5,"name":"a \\ud83d"}]}}'),
    "an id twice": ok({"_embedded": {"companies": [company(1), company(1) | {"name": "x"}]}}),
}


@pytest.mark.parametrize("raw", ACCEPTED.values(), ids=ACCEPTED)
def test_what_can_be_read_is_read(raw, crm, capsys) -> None:
    always(crm, "companies", raw)
    assert run(["pull", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["rows"]["companies"] in (1, 2, 3)
    assert document["quarantined"] == 0


def repeated(path: str, query: Query) -> Raw | None:
    page = dict(query).get("page")
    if path != "/api/v4/contacts" or page is None:
        return None
    links = {"next": {"href": f"/api/v4/contacts?page={int(page) + 1}"}}
    return ok({"_links": links, "_embedded": {"contacts": [contact(i) for i in range(250)]}})


def test_pages_that_repeat_for_ever_end(crm, capsys) -> None:
    crm.before = repeated
    assert run(["pull"]) == 10
    assert "do not advance" in capsys.readouterr().err
    assert len(crm.asked) < 60


def test_users_that_repeat_for_ever_end(crm, capsys) -> None:
    def before(path: str, query: Query) -> Raw | None:
        if path != "/api/v4/users":
            return None
        page = int(dict(query)["page"])
        links = {"next": {"href": f"/api/v4/users?page={page + 1}"}}
        return ok({"_links": links, "_embedded": {"users": [user()]}})

    crm.before = before
    assert run(["pull"]) == 10
    assert "do not advance" in capsys.readouterr().err


@pytest.mark.parametrize("raw", [Raw(status=500), Raw(body=b"<html>", headers=HTML)])
def test_one_bad_answer_is_asked_again(raw, crm, capsys) -> None:
    left = [raw]
    crm.before = lambda path, query: left.pop() if path.endswith("/leads") and left else None
    assert run(["pull", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["rows"]["deals"], document["retries"]) == (15, 1)


def test_nothing_secret_is_left_in_the_state_folder(crm, capsys, monkeypatch) -> None:
    always(crm, "sources", problem_in(WORDS))
    assert run(["pull", "-v"]) == 0
    out, err = capsys.readouterr()
    assert [secret for secret in PRIVATE if secret in out + err] == []
    for path in Path("state").rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
    manifest = next(Path("state").rglob("manifest.json")).read_text(encoding="utf-8")
    assert "CANARY" not in manifest
    assert "+7912" not in manifest


def test_an_interrupted_read_of_bad_answers_leaves_the_last_snapshot(crm, capsys) -> None:
    assert run(["pull"]) == 0
    manifest = next(Path("state").rglob("manifest.json"))
    before = manifest.read_bytes()
    for kind in KINDS:
        always(crm, kind, Raw(body=b"<html>", headers=HTML))
        assert run(["pull", "--full"]) == 10
        assert manifest.read_bytes() == before
    crm.before = lambda path, query: None
    assert run(["pull"]) == 0
