"""Nothing is ever sent to another host: bases, links, redirects, proxies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.crm.http import proxy_for
from dedupe.crm.http.address import Address
from dedupe.errors import ConfigError, RemoteError


@pytest.mark.parametrize(
    "base",
    [
        "",
        "demo.crm.example",
        "http://demo.crm.example",
        "ftp://demo.crm.example",
        "https://",
        "https://me:word@demo.crm.example",
        "https://demo.crm.example?x=1",
        "https://demo crm.example",
        "https://demo.crm.example\\@evil.example",
        "https://[bad",
        "https://demo.crm.example:99999",
        "http://127.0.0.1.evil.example",
    ],
)
def test_a_base_that_is_none_is_refused_without_echo(base: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Address(base)
    assert "word" not in str(caught.value).split(";")[0]


@pytest.mark.parametrize(
    "base",
    ["https://demo.crm.example/", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"],
)
def test_a_base_may_be_https_or_loopback(base: str) -> None:
    assert Address(base).join("/a") == base.rstrip("/") + "/a"


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/api/v4/contacts?page=2&limit=250", "/api/v4/contacts?page=2&limit=250"),
        ("https://demo.crm.example/api?page=2", "/api?page=2"),
        ("HTTPS://DEMO.CRM.EXAMPLE/api", "/api"),
        ("https://demo.crm.example:443/api", "/api"),
        ("http://demo.crm.example/api", "/api"),
        ("//demo.crm.example/api", "/api"),
        ("https://demo.crm.example", "/"),
        ("https://demo.crm.example./api", "/api"),
        ("?page=2", "/?page=2"),
        ("/a?filter[id][]=1#part", "/a?filter[id][]=1"),
    ],
)
def test_a_link_to_our_host_is_taken_for_its_path(link: str, path: str) -> None:
    assert Address("https://demo.crm.example").same_host(link) == path


def test_a_host_in_letters_of_its_own_is_the_same_as_on_the_wire() -> None:
    address = Address("https://срм.пример")
    link = f"https://{'срм.пример'.encode('idna').decode()}/api?page=2"
    assert address.same_host(link) == "/api?page=2"
    with pytest.raises(RemoteError):
        address.same_host("https://другая.пример/api")


ELSEWHERE = [
    "https://evil.example/api",
    "//evil.example/api",
    "https://demo.crm.example.evil.example/",
    "https://evil.example/demo.crm.example",
    "https://demo.crm.example@evil.example/",
    "https://me@demo.crm.example/",
    "https://demo.crm.example:8443/",
    "javascript:alert(1)",
    "ftp://demo.crm.example/",
    "/\\evil.example/",
    "https://demo.crm.example\\.evil.example/",
    "/a b",
    "/a\nHost: evil.example",
    "https://[bad",
    "https://demo.crm.example:99999/",
]


@pytest.mark.parametrize("link", ELSEWHERE)
def test_a_link_to_elsewhere_is_refused(link: str) -> None:
    address = Address("https://demo.crm.example")
    with pytest.raises(RemoteError, match="another address"):
        address.same_host(link)
    with pytest.raises(RemoteError, match="another address"):
        address.join(link)


def test_a_base_with_a_path_keeps_it_once() -> None:
    address = Address("http://127.0.0.1:8080/tenant/")
    assert address.join("/api") == "http://127.0.0.1:8080/tenant/api"
    assert address.same_host("http://127.0.0.1:8080/tenant/api?page=2") == "/api?page=2"
    with pytest.raises(RemoteError):
        address.same_host("http://127.0.0.1:8081/tenant/api")


@given(st.text(max_size=60))
def test_whatever_a_link_is_a_request_goes_to_our_host(link: str) -> None:
    address = Address("https://demo.crm.example")
    try:
        url = address.join(link)
    except RemoteError:
        return
    assert url.startswith("https://demo.crm.example/")


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTP_PROXY": "http://proxy.example"}, None),
        ({"ALL_PROXY": "http://proxy.example"}, "http://proxy.example"),
        ({"HTTPS_PROXY": " "}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "other.example, .crm.example"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "crm.example:443"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "*.crm.example"}, None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "m.example"}, "http://p.example"),
    ],
)
def test_the_environment_names_the_proxy(environ, proxy) -> None:
    assert proxy_for("https://demo.crm.example/a", environ) == proxy


def test_loopback_needs_no_proxy() -> None:
    assert proxy_for("http://127.0.0.1:8080", {"HTTP_PROXY": "http://p.example"}) is None


@pytest.mark.parametrize(
    "value", ["socks5://p.example", "http://", "http://me:word@", "http://a b", "http://p:99999"]
)
def test_an_odd_proxy_is_named_without_its_password(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^HTTPS_PROXY: ") as caught:
        proxy_for("https://demo.crm.example", {"HTTPS_PROXY": value})
    assert "word" not in str(caught.value)
