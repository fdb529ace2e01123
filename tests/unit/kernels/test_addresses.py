"""Ordinary e-mail addresses against the regex that defines them, compiled and as plain Python."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.kernels.addresses import (
    DROPPED,
    ENDS,
    LOGIN_MAX,
    LOGIN_MIN,
    RAW_MAX,
    mailboxes,
    ordinary_addresses,
)

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_LOGIN = "[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9_])?"
ORDINARY = re.compile(rf"[ \t\r\n]*({_LOGIN})@({_LABEL}(?:\.{_LABEL})+)[ \t\r\n]*")

LOGINS = st.one_of(
    st.sampled_from(["ivan", "I.Van_", "i-v+a", "aaa", "aa", "iv..an", ".ivan", "ivan.", "www.a"]),
    st.sampled_from(["a" * 64, "ab" * 33, "ivan-", "_iv", "ivan_", "iv_.an", "", "mail", "1111"]),
    st.text("abAB1._+-", max_size=8),
)
DOMAINS = st.one_of(
    st.sampled_from(
        ["mail.ru", "Mail.RU", "a-b.co.uk", "www.mail.ru", "mail", "mail.ru.", "-a.ru"]
    ),
    st.sampled_from(
        ["a-.ru", "a..ru", "a_b.ru", "ivan.ru", "mail.ru ", "b@c.ru", "a--b.ru", ".ru"]
    ),
    st.text("abM1.-", max_size=8),
)
VALUES = st.builds(
    lambda before, login, at, domain, after: before + login + at + domain + after,
    st.sampled_from(["", "", "", " ", "\t\r", "<", "\u00a0"]),
    LOGINS,
    st.sampled_from(["@", "@", "@", "@@", " @", ""]),
    DOMAINS,
    st.sampled_from(["", "", "", "\n", " \t", ">", ",", "я"]),
)


def both(function, name):
    plain = getattr(function, "py_func", function)
    return pytest.mark.parametrize(name, [function, plain], ids=["jit", "python"])


def encoded(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    data = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, data)], dtype=np.int64)
    return np.frombuffer(b"".join(data) or b"\0", dtype=np.uint8), offsets


def naive(raw: str) -> tuple[str, int] | None:
    match = ORDINARY.fullmatch(raw)
    if not match or len(raw.encode()) > RAW_MAX:
        return None
    login, domain = match[1].lower(), match[2].lower()
    is_odd = not LOGIN_MIN <= len(login) <= LOGIN_MAX or ".." in login or len(set(login)) == 1
    if is_odd or "www." in f"{login}@{domain}" or domain.startswith(f"{login}."):
        return None
    return f"{login}@{domain}", len(login)


@both(ordinary_addresses, "addresses_of")
@settings(max_examples=400)
@given(raws=st.lists(VALUES, max_size=12))
def test_an_ordinary_address_is_what_the_regex_says(addresses_of, raws) -> None:
    is_ordinary, text, bounds, ats = addresses_of(*encoded(raws))
    data = text.tobytes()
    found = [data[a:b].decode() for a, b in pairwise(bounds)]
    logins = [int(at - begin) for at, begin in zip(ats, bounds[:-1], strict=True)]
    expected = [naive(raw) for raw in raws]
    assert is_ordinary.tolist() == [each is not None for each in expected]
    assert list(zip(found, logins, strict=True)) == [each for each in expected if each]


@both(ordinary_addresses, "addresses_of")
def test_a_long_value_is_left_to_others(addresses_of) -> None:
    raws = ["ivan@mail.ru" + " " * (RAW_MAX - 12), "ivan@mail.ru" + " " * (RAW_MAX - 11)]
    is_ordinary, *_ = addresses_of(*encoded(raws))
    assert is_ordinary.tolist() == [True, False]


@both(mailboxes, "mailboxes_of")
def test_a_login_is_read_by_the_map_of_its_host(mailboxes_of) -> None:
    texts = ["i.van+x@gmail.com", "i-van+x@ya.ru", "i.van+x@firma.ru", "i-.v@gmail.com"]
    text, offsets = encoded(texts)
    ats = np.array([int(a) + t.index("@") for a, t in zip(offsets, texts, strict=False)])
    maps = np.tile(np.arange(256, dtype=np.uint8), (3, 1))
    maps[0, ord(".")], maps[0, ord("+")] = DROPPED, ENDS
    maps[1, ord("-")], maps[1, ord("+")] = ord("."), ENDS
    hosts, kinds = np.array([0, 1, 2, 0]), np.array([0, 1, 2], dtype=np.uint8)
    names = encoded(["gmail.com", "yandex.ru", "firma.ru"])
    flat, bounds = mailboxes_of(text, offsets[:-1], ats, hosts, maps, kinds, *names)
    data = flat.tobytes()
    assert [data[a:b].decode() for a, b in pairwise(bounds)] == [
        "ivan@gmail.com",
        "i.van@yandex.ru",
        "i.van+x@firma.ru",
        "i-v@gmail.com",
    ]
