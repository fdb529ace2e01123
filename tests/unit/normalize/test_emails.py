"""read_emails on hand-made cases, generated lists, and any text at all."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.normalize.emails import email_match_key, read_emails

CASES = json.loads((Path(__file__).parents[2] / "cases" / "doubled_emails.json").read_text("utf-8"))
STATUSES = {"valid", "placeholder", "invalid"}


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: f"{case['id']}-{case['kind']}")
def test_doubled_emails_split_as_expected(case: dict) -> None:
    found = read_emails(case["raw"])
    assert [each.value for each in found if each.value] == case["expect"]
    said = set().union(*(each.flags for each in found)) | {each.status for each in found}
    assert set(case.get("flags", ())) <= said


@pytest.mark.parametrize(
    ("raw", "status", "reason"),
    [
        ("позвонить", "invalid", "text"),
        ("89161234567", "invalid", "phone"),
        ("ivanmail.ru", "invalid", "no_at"),
        ("ivan@mail", "invalid", "no_tld"),
        ("ivan@firma.zzzz", "invalid", "no_tld"),
        ("i***n@mail.ru", "invalid", "masked"),
        ("ivan..p@mail.ru", "invalid", "syntax"),
        ("иван@mail.ru", "invalid", "syntax"),
        ("79161234567@c.us", "invalid", "messenger"),
        ("@nick", "invalid", "syntax"),
        ("нет почты", "placeholder", "placeholder"),
        ("---", "placeholder", "placeholder"),
    ],
)
def test_unreadable_value_gives_one_row_with_the_reason(raw: str, status: str, reason: str) -> None:
    (found,) = read_emails(raw)
    assert (found.value, found.status, found.reason) == (None, status, reason)
    assert (found.n_repeats, found.match_key) == (0, None)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("i.v.a.n+spam@googlemail.com", "ivan@gmail.com"),
        ("ivan-petrov+1@ya.ru", "ivan.petrov@yandex.ru"),
        ("ivan.petrov@yandex.kz", "ivan.petrov@yandex.ru"),
        ("ivan@bk.ru", "ivan@bk.ru"),
        ("ivan@me.com", "ivan@icloud.com"),
        ("i_v-a.n@pm.me", "ivan@proton.me"),
        ("any@ivan.fastmail.com", "ivan@fastmail.com"),
        ("ivan+a@yahoo.com", "ivan+a@yahoo.com"),
        ("ivan+a@firma.ru", "ivan@firma.ru"),
        ("i.van@firma.ru", "i.van@firma.ru"),
        ("+@firma.ru", "+@firma.ru"),
    ],
)
def test_match_key_follows_the_provider(address: str, key: str) -> None:
    assert email_match_key(address) == key
    assert email_match_key(key) == key


def test_repeats_are_counted_per_address() -> None:
    found = read_emails("a.b@firma.ru, A.B@FIRMA.RU; c@d.ru")
    assert [(each.value, each.n_repeats) for each in found] == [("a.b@firma.ru", 2), ("c@d.ru", 1)]


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("info@romashka.ru", "role"),
        ("zakaz@romashka.ru", "role"),
        ("noreply@romashka.ru", "service"),
        ("a1b2@privaterelay.appleid.com", "relay"),
        ("ivan@mailinator.com", "disposable"),
        ("ivan@gmial.com", "suggest:gmail.com"),
        ("иван@почта.рф", "eai"),
    ],
)
def test_flags_tell_what_kind_of_mailbox_it_is(raw: str, flag: str) -> None:
    (found,) = read_emails(raw)
    assert found.status == "valid"
    assert flag in found.flags


@pytest.mark.parametrize(
    "raw", ["no@no.ru", "1@1.ru", "test@mail.ru", "qwerty@gmail.com", "aaa@bk.ru", "x@y.invalid"]
)
def test_fillers_keep_their_text_but_match_nothing(raw: str) -> None:
    (found,) = read_emails(raw)
    assert (found.value, found.status, found.match_key) == (raw, "placeholder", None)


@pytest.mark.parametrize("raw", ["romashka@romashka.ru", "mail@firma.ru", "ivan@list.ru"])
def test_company_mailboxes_are_no_fillers(raw: str) -> None:
    assert [each.status for each in read_emails(raw)] == ["valid"]


def test_typo_that_can_not_exist_matches_what_it_meant() -> None:
    assert read_emails("ivan@gmail.con")[0].match_key == "ivan@gmail.com"
    assert read_emails("ivan@gmial.com")[0].match_key == "ivan@gmial.com"  # a live domain


def test_generated_lists_are_split_right() -> None:
    rng = random.Random(71)
    domains = (
        "mail.ru",
        "gmail.com",
        "yandex.ru",
        "bk.ru",
        "firma.ru",
        "alfa-beta.com",
        "site.com.ua",
    )
    signs = (", ", ",", "; ", ";", " ", "\n", " / ", "/", "|", " и ", "", "> <", "), (")
    wrong = []
    for _ in range(3_000):
        numbers = rng.sample(range(10, 99), rng.choice((1, 2, 2, 3)))
        logins = (rng.choice(("ivan", "petrov.a", "o_lga", "serg-k")) + str(n) for n in numbers)
        expected = [f"{login}@{rng.choice(domains)}" for login in logins]
        raw = rng.choice(signs).join(
            rng.choice((str.upper, str.title, str.lower, str.lower))(each) for each in expected
        )
        if [each.value for each in read_emails(raw)] != expected:
            wrong.append(raw)
    assert len(wrong) <= 30, wrong[:10]


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="ab.@-_ ,;/<>\"'()*+mailru", max_size=50),
    st.text(alphabet="abйё@.ршrucom /,'&=+-_ıſß١", max_size=40),
    st.builds(
        lambda *parts: "".join(parts),
        st.sampled_from(["ivan", "и.ван", "a+b", "ivаn", "www.a", "o'neil", "сора", "_a_"]),
        st.sampled_from(["@", "@@", " @ ", "(at)", '"']),
        st.sampled_from(["mail.ru", "gmail.com", "пример.рф", "faß.de", "b.co.uk", "mаil.ru"]),
        st.sampled_from(["", ".", "/gmail.com", "тел", "a@b.ru", ",c@d.ru", "?subject=x"]),
    ),
    st.emails(),
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(TEXTS)
@example("\ud800@mail.ru")
@example("a@" * 2_000)
@example("@" * 3_000)
@example("a@b.ru" * 300)
@example("<a mailto:" * 300)
def test_any_text_gives_rows_that_keep_the_contract(raw: str) -> None:
    found = read_emails(raw)
    assert found
    for each in found:
        assert each.status in STATUSES
        assert each.value is not None or each.status != "valid"
        assert (each.match_key is None) == (each.status != "valid")
        assert (each.reason is None) == (each.status == "valid")
        assert (each.n_repeats > 0) == (each.value is not None)
    values = [each.value for each in found if each.value]
    assert len(values) == len(set(values))
    assert values or len(found) == 1


@settings(deadline=None, derandomize=True, max_examples=300)
@given(TEXTS)
def test_reading_a_returned_address_gives_itself(raw: str) -> None:
    for each in read_emails(raw):
        if each.value is not None:
            again = read_emails(each.value)
            assert [(one.value, one.status) for one in again] == [(each.value, each.status)]
            assert [one.match_key for one in again] == [each.match_key]
