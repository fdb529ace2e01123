"""A token goes to an account of amoCRM's or to this machine, and to nothing that looks like it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dedupe.config import address_problem, complete_address, is_amocrm_host, is_loopback
from dedupe.config.addresses import normal_address

GOOD = (
    "https://demo.amocrm.ru",
    "https://demo.amocrm.ru/",
    " https://Demo.AmoCRM.ru ",
    "https://a.amocrm.com",
    "https://x-1.kommo.com",
    "http://127.0.0.1:8080",
    "http://localhost:1",
    "http://[::1]:8080/",
    "https://127.0.0.1:8443",
)


@pytest.mark.parametrize("url", GOOD)
def test_addresses_of_accounts(url) -> None:
    assert address_problem("amocrm", url) is None
    assert address_problem("amocrm", normal_address(url)) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://demo.amocrm.ru", "https is required"),
        ("ftp://demo.amocrm.ru", "https is required"),
        ("http://192.168.0.1:8080", "https is required"),
        ("http://127.0.0.1.evil.com:80", "https is required"),
        ("https://demo.amocrm.ru/leads", "without a path"),
        ("https://demo.amocrm.ru?a=1", "without a path"),
        ("https://demo.amocrm.ru/?", "without a path"),
        ("https://demo.amocrm.ru#x", "without a path"),
        ("https://ivan:secret@demo.amocrm.ru", "no user or password"),
        ("https://demo.amocrm.ru@evil.com", "no user or password"),
        ("https://demo.amocrm.ru:8443", "<subdomain>"),
        ("https://demo.amocrm.ru.evil.com", "<subdomain>"),
        ("https://amocrm.ru", "<subdomain>"),
        ("https://a.b.amocrm.ru", "<subdomain>"),
        ("https://demo.amocrm.su", "<subdomain>"),
        ("https://demo-amocrm.ru", "<subdomain>"),
        ("https://xn--dem-bda.amocrm.ru", "<subdomain>"),
        ("https://-demo.amocrm.ru", "<subdomain>"),
        ("https://demo.amocrm.ru.", "<subdomain>"),
        ("https://93.184.216.34", "<subdomain>"),
        ("https://[2001:db8::1]", "<subdomain>"),
        ("https://www.amocrm.ru", "common one"),
        ("https://api-a.amocrm.ru", "common one"),
        ("http://127.0.0.1", "needs a port"),
        ("http://localhost:0", "needs a port"),
        ("https://dеmo.amocrm.ru", "not an address"),  # a Cyrillic letter
        ("https://demo.amocrm.ru\\@evil.com", "not an address"),
        ("https://de mo.amocrm.ru", "not an address"),
        ("https://demo.amocrm.ru\nHost: x", "not an address"),
        ("https://[", "not an address"),
        ("https://demo.amocrm.ru:port", "not an address"),
        ("https://demo.amocrm.ru:99999", "not an address"),
        ("demo.amocrm.ru", "not an address"),
        ("", "not an address"),
        ("https://", "not an address"),
        ("https://" + "a" * 400, "not an address"),
    ],
)
def test_what_only_looks_like_one_is_refused_and_not_echoed(url, told) -> None:
    problem = address_problem("amocrm", url)
    assert problem is not None
    assert told in problem
    for part in ("evil", "ivan", "secret", "aaaa"):
        assert part not in problem


@given(text=st.text() | st.text(alphabet="htps:/@.[]\\?#%a1-_~ ").map("https://".__add__))
@example(text="https://demo.amocrm.ru%2eevil.com")
@example(text="https://demo.amocrm.ru;a")
def test_whatever_passes_is_an_account_or_this_machine(text) -> None:
    if address_problem("amocrm", text) is None:
        url = normal_address(text)
        assert is_loopback(url) or is_amocrm_host(url.removeprefix("https://"))


@given(text=st.text())
def test_completing_never_makes_a_bad_address_good(text) -> None:
    url = complete_address("amocrm", text)
    if address_problem("amocrm", url) is None and not is_loopback(url):
        assert is_amocrm_host(normal_address(url).removeprefix("https://"))
