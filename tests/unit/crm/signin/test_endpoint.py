"""The token endpoint: the documented exchange, the code's checks, the account that moved."""

from __future__ import annotations

import json
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.config import Profile
from dedupe.crm.signin import (
    consent_address,
    keep_tokens,
    moved_error,
    read_claims,
    read_code,
    spend_code,
    token_endpoint,
    token_source,
)
from dedupe.crm.signin.clock import now
from dedupe.crm.signin.endpoint import LostAnswerError
from dedupe.crm.signin.store import Tokens
from dedupe.errors import CrmCleanError, InputError, RemoteError, SignInError
from tests.unit.crm.signin.fake_crm import CLIENT, jwt

ENVIRON = {"AMO_SECRET": CLIENT["client_secret"]}
PROFILE = Profile(
    crm="amocrm",
    url="https://demo.amocrm.ru",
    client_id=CLIENT["client_id"],
    client_secret="env:AMO_SECRET",
    redirect_uri=CLIENT["redirect_uri"],
)
PAIR = {"token_type": "Bearer", "expires_in": 86400, "access_token": "aaa", "refresh_token": "rrr"}


def endpoint(answer):
    transport = httpx.MockTransport(answer)
    return token_endpoint("main", PROFILE, ENVIRON, transport=transport)


def test_the_exchange_is_the_documented_one() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=PAIR)

    tokens = spend_code(endpoint(answer), "def50200")
    (request,) = seen
    assert (request.method, str(request.url)) == (
        "POST",
        "https://demo.amocrm.ru/oauth2/access_token",
    )
    assert json.loads(request.content) == CLIENT | {
        "grant_type": "authorization_code",
        "code": "def50200",
    }
    assert (tokens.access, tokens.refresh, tokens.expires_in_s) == ("aaa", "rrr", 86400.0)
    assert tokens.host == "demo.amocrm.ru"


def test_redirects_are_not_followed_with_secrets() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://evil.example.com/"})

    with pytest.raises(SignInError, match="no such account"):
        endpoint(answer).refresh("rrr")
    assert seen == ["demo.amocrm.ru"]


def test_a_wrong_secret_of_the_integration_is_told_apart() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"hint": "Client authentication failed", "x": "s3cret"})

    with pytest.raises(SignInError, match="client_id") as caught:
        endpoint(answer).refresh("rrr")
    assert "s3cret" not in str(caught.value)


def test_a_certificate_that_can_not_be_trusted_is_no_try_at_all() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("failed") from ssl.SSLCertVerificationError("self-signed")

    with pytest.raises(RemoteError, match="certificate"):
        endpoint(answer).refresh("rrr")


def test_a_code_is_not_sent_twice() -> None:
    seen: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(1)
        raise httpx.ReadTimeout("late")

    with pytest.raises(RemoteError, match="open the address once more"):
        spend_code(endpoint(answer), "def50200")
    assert seen == [1]
    with pytest.raises(SignInError, match="20 minutes"):
        spend_code(endpoint(lambda r: httpx.Response(400, json={"hint": "expired"})), "def50200")


@pytest.mark.parametrize("key", PAIR)
@given(value=st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary())
def test_a_mutated_answer_is_a_lost_answer_or_whole_tokens(key, value) -> None:
    changed = PAIR | {key: value.decode("latin1") if isinstance(value, bytes) else value}
    body = json.dumps(changed).encode()
    try:
        tokens = endpoint(lambda r: httpx.Response(200, content=body)).refresh("rrr")
    except LostAnswerError:
        return
    assert tokens.access.isascii()
    assert tokens.access.isprintable()
    assert 0 < (tokens.expires_in_s or 0) < 4e8


@given(body=st.binary(max_size=200), status=st.integers(200, 599))
def test_any_answer_is_an_error_of_the_tree_or_a_lost_answer(body, status) -> None:
    place = endpoint(lambda r: httpx.Response(status, content=body))
    with pytest.raises((CrmCleanError, LostAnswerError)) as caught:
        place.refresh("rrr")
    assert "rrr" not in str(caught.value)


def test_an_endless_answer_is_cut() -> None:
    def endless():
        while True:
            yield b" " * 65536

    with pytest.raises(LostAnswerError):
        endpoint(lambda r: httpx.Response(200, content=endless())).refresh("rrr")


def moved(domain: str, account_answer: httpx.Response, asked: list[httpx.Request]):
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404) if request.method == "POST" else account_answer

    return endpoint(answer), Tokens(
        host="demo.amocrm.ru", received=now(), access=jwt(api_domain=domain), refresh="rrr"
    )


def test_a_renamed_account_is_found_through_its_api_domain(tmp_path) -> None:
    asked: list[httpx.Request] = []
    new = httpx.Response(200, json={"id": 1, "subdomain": "new", "domain": "new.amocrm.ru"})
    place, tokens = moved("api-a.amocrm.ru", new, asked)
    assert place.current_host(tokens) == "new.amocrm.ru"
    assert str(asked[0].url) == "https://api-a.amocrm.ru/oauth2/account/current/subdomain"
    assert asked[0].headers["X-Refresh-Token"] == "rrr"
    keep_tokens("main", tmp_path, replace(tokens, expires_in_s=1e-6))
    source = token_source("main", PROFILE, tmp_path, ENVIRON, transport=place._transport)
    with pytest.raises(SignInError, match=r'url = "https://new\.amocrm\.ru"'):
        source.token()


@pytest.mark.parametrize("domain", ["evil.example.com", "demo.amocrm.ru.evil.com", "amocrm.ru", ""])
def test_the_refresh_token_goes_to_no_other_domain(domain) -> None:
    asked: list[httpx.Request] = []
    place, tokens = moved(domain, httpx.Response(200, json={"domain": "x.amocrm.ru"}), asked)
    assert place.current_host(tokens) is None
    assert asked == []


def test_a_local_imitation_never_leads_to_the_real_crm() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"domain": "x.amocrm.ru"})

    local = replace(PROFILE, url="http://127.0.0.1:8080")
    place = token_endpoint("main", local, ENVIRON, transport=httpx.MockTransport(answer))
    tokens = Tokens(
        host=place.host, received=now(), access=jwt(api_domain="api-b.amocrm.ru"), refresh="rrr"
    )
    assert place.current_host(tokens) is None
    assert asked == []


@pytest.mark.parametrize(
    "told", [{}, {"domain": "evil.com"}, {"domain": 5}, {"domain": "a.b.amocrm.ru"}]
)
def test_an_odd_new_address_is_not_told(told) -> None:
    place, tokens = moved("api-a.amocrm.ru", httpx.Response(200, json=told), [])
    assert place.current_host(tokens) is None


def test_no_new_address_is_looked_for_without_a_sign_in(tmp_path) -> None:
    assert moved_error("main", PROFILE, tmp_path, ENVIRON) is None


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://demo.amocrm.ru", "https://www.amocrm.ru/oauth?"),
        ("https://demo.kommo.com", "https://www.kommo.com/oauth?"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/oauth?"),
    ],
)
def test_the_page_to_open_is_the_crms_own(url, page) -> None:
    address = consent_address(url, "a&b", "s1")
    assert address.startswith(page)
    assert "client_id=a%26b" in address
    assert "state=s1" in address


BACK = "https://example.com/back?code=def50200&state=s1&referer=demo.amocrm.ru"


@pytest.mark.parametrize(
    "text", ["def50200", " def50200\n", BACK, BACK + "&platform=1", "?code=def50200&state=s1"]
)
def test_the_code_is_read_from_what_is_pasted(text) -> None:
    assert read_code(text, state="s1", host="demo.amocrm.ru") == "def50200"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", InputError),
        ("two words", InputError),
        ("https://example.com/back", InputError),
        ("https://[", InputError),
        ("код", InputError),
        ("https://example.com/?" + "a=1&" * 100, InputError),
        (BACK.replace("state=s1", "state=s2"), SignInError),
        (BACK.replace("referer=demo", "referer=other"), SignInError),
        ("https://example.com/back?error=access_denied", SignInError),
    ],
)
def test_what_holds_no_code_of_ours_is_refused(text, kind) -> None:
    with pytest.raises(kind) as caught:
        read_code(text, state="s1", host="demo.amocrm.ru")
    assert "def50200" not in str(caught.value)


def test_claims_are_read_for_display() -> None:
    claims = read_claims(
        jwt(account_id=31337, sub="77", exp=1_900_000_000, api_domain="api-b.amocrm.ru")
    )
    assert (claims.account_id, claims.user_id) == ("31337", "77")
    assert claims.expires_at == datetime.fromtimestamp(1_900_000_000, UTC)
    assert claims.api_domain == "api-b.amocrm.ru"


@given(token=st.text() | st.binary().map(lambda b: f"a.{b.hex()}.c"))
def test_claims_of_anything_never_raise(token) -> None:
    read_claims(token)


@given(
    claims=st.dictionaries(
        st.sampled_from(["account_id", "sub", "exp", "iat", "api_domain"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_odd_claims_are_not_shown(claims) -> None:
    read = read_claims(jwt(**claims))
    for text in (read.account_id, read.user_id, read.api_domain):
        assert text is None or (text.isascii() and text.isprintable() and len(text) < 80)
