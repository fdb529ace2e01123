"""The columnar ways to read phones and e-mails: row by row what the readers say."""

from __future__ import annotations

import random
from collections import defaultdict

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import CHANNELS
from dedupe.normalize import PhoneSettings, build_values
from dedupe.normalize import email_rules as rules
from dedupe.normalize.email_columns import read_email_column
from dedupe.normalize.emails import read_emails
from dedupe.normalize.phone_columns import read_phone_column
from dedupe.normalize.phone_plain import read_lists, read_plain
from dedupe.normalize.phones import read_phones
from dedupe.normalize.readings import numbered

Rows = dict[str, list[tuple[object, ...]]]


def by_raw(frame: pl.DataFrame, asked: pl.DataFrame) -> Rows:
    """Return the rows of each raw value, their number in `asked` replaced by the value."""
    raws = dict(asked.iter_rows())
    rows: Rows = defaultdict(list)
    for number, *row in frame.rows():
        rows[raws[number]].append((raws[number], *row))
    return rows


def phone_rows(raw: str, region: str, area_code: str | None = None) -> list[tuple[object, ...]]:
    return [
        (raw, part, e.value, e.extension, e.status, e.reason, e.rule, e.confidence, e.n_repeats,
         e.type, e.value if e.status == "valid" else None)
        for part, e in enumerate(read_phones(raw, region=region, area_code=area_code))
    ]  # fmt: skip


def email_rows(raw: str) -> list[tuple[object, ...]]:
    return [
        (raw, part, e.value, None, e.status, e.reason, e.rule, e.confidence, e.n_repeats,
         None, e.match_key)
        for part, e in enumerate(read_emails(raw))
    ]  # fmt: skip


def digits(low: int, high: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=low, max_size=high)


SIGN = st.sampled_from([".", ".", "-", " ", "", "..", ". ", " - ", "\u00a0", "–"])
HEAD = st.sampled_from(["", "8", "7", "+7", "+8", "8 ", "+7 (", "8.", "007"])
CODE = st.sampled_from(["916", "495", "4852", "800", "912", "2012", "701", "34783", "777"])
HOME = st.builds(
    lambda head, code, rest, signs: (
        head + code + "".join(map("".join, zip(signs, rest, strict=False)))
    ),
    HEAD,
    CODE,
    digits(5, 8),
    st.lists(SIGN, min_size=8, max_size=8),
)
COUNTRY = st.sampled_from(
    [
        "375 29",
        "49 171",
        "998(90)",
        "1 212",
        "44 7911",
        "971 50",
        "86 138",
        "39 06",
        "49 (0)30",
        "54 9 11",
        "20 10",
        "380",
        "374",
        "961 3",
        "993 6",
        "81 90",
        "55 11",
        "43 1",
        "4930",
        "496",
        "9982",
        "3",
        "12",
    ]
)
ABROAD = st.builds(
    lambda plus, code, rest, at, tail: f"{plus}{code}{rest[:at]}{tail}{rest[at:]}",
    st.sampled_from(["+", "+", "+ ", "", "00"]),
    COUNTRY,
    digits(5, 10),
    st.integers(1, 8),
    st.sampled_from(["", " ", "-", " - ", "2012-10-12", "  ", "."]),
)
LABEL = st.sampled_from(["", "", "", "моб. ", "раб.", "Тел: ", "тел ", "доб. ", "факс ", "моб"])
BETWEEN = st.sampled_from(
    [", ", ",", ";", "; ", " / ", "/", "\n", " и ", "|", ",,", "  ", " ", "; и ", ")/", " & "]
)
PHONE = st.one_of(HOME, HOME, ABROAD)
PHONES = st.one_of(
    PHONE,
    st.builds(
        lambda parts, between: between.join(label + phone for label, phone in parts),
        st.lists(st.tuples(LABEL, PHONE), min_size=2, max_size=4),
        BETWEEN,
    ),
)


@settings(deadline=None, derandomize=True, max_examples=80)
@given(
    st.lists(PHONES, min_size=1, max_size=40, unique=True),
    st.sampled_from(["RU", "KZ"]),
    st.sampled_from([None, "495"]),
)
def test_columns_of_phones_read_as_one_by_one(
    raws: list[str], region: str, area_code: str | None
) -> None:
    settings_ = PhoneSettings(region=region, area_code=area_code)
    asked = numbered(pl.Series(raws))
    got = by_raw(read_phone_column(asked, settings_), asked)
    for raw in raws:
        assert got[raw] == phone_rows(raw, region, area_code)


def written_home(rng: random.Random) -> str:
    d = rng.choice(("916", "903", "495", "812", "701")) + f"{rng.randrange(10**7):07}"
    form = rng.choice(("8{}", "+7{}", "{}", "dots", "brackets"))
    if form == "dots":
        return f"8.{d[:3]}.{d[3:6]}.{d[6:8]}.{d[8:]}"
    if form == "brackets":
        return f"+7 ({d[:3]}) {d[3:6]}-{d[6:8]}-{d[8:]}"
    return form.format(d)


def test_plain_shapes_and_their_lists_do_not_go_through_the_splitter() -> None:
    rng = random.Random(8)
    ones = {written_home(rng) for _ in range(2_000)}
    abroad = {f"+375 29 {rng.randrange(100, 999)}-{rng.randrange(10, 99)}-11" for _ in range(500)}
    lists = {
        rng.choice((", ", ";", " / ", " и ")).join(written_home(rng) for _ in range(2))
        for _ in range(1_000)
    }
    asked = numbered(pl.Series(sorted(ones | abroad)))
    read, rest = read_plain(asked)
    assert read["row"].n_unique() > 0.97 * len(ones | abroad)
    assert read.height + len(rest) == len(ones | abroad)
    asked_lists = numbered(pl.Series(sorted(lists)))
    listed, left = read_lists(asked_lists)
    assert listed["row"].n_unique() > 0.97 * len(lists)
    assert listed["row"].n_unique() + len(left) == len(lists)
    for raw, rows in (by_raw(read, asked) | by_raw(listed, asked_lists)).items():
        assert rows == phone_rows(raw, "RU")


LOGIN = st.one_of(
    st.sampled_from(
        [
            "ivan",
            "i.van",
            "I-Van_1",
            "ivan+shop",
            "test",
            "qwerty",
            "aaaa",
            "1",
            "12345",
            "www.ivan",
            "ivan..p",
            ".ivan",
            "ivan.",
            "ivan-",
            "_ivan",
            "ivan_",
            "no",
            "net",
            "mail",
            "firma",
            "info",
            "asdfg",
            "ivаn",
            "o'neil",
            "a/b",
            "x",
        ]
    ),
    st.from_regex(r"[A-Za-z0-9._+-]{1,12}", fullmatch=True),
    st.just("a" * 64),
    st.just("a1" * 33),
)
DOMAIN = st.one_of(
    st.sampled_from(sorted(rules.PROVIDERS)),
    st.sampled_from(sorted(rules.TYPOS)),
    st.sampled_from(sorted(rules.PLACEHOLDER_DOMAINS | rules.DISPOSABLE | rules.MESSENGERS)),
    st.sampled_from(
        [
            "Firma.RU",
            "a-b.com",
            "b.co.uk",
            "12345.ru",
            "www.firma.ru",
            "awww.ru",
            "firma.zzzz",
            "firma",
            "-a.ru",
            "a-.ru",
            "a..ru",
            "ivan.fastmail.com",
            "yahoo.de",
            "a.test",
            "xn--e1afmkfd.xn--p1ai",
            "почта.рф",
            "mаil.ru",
            "mail.ru.",
            "a_b.ru",
            "com.ru",
            "x.invalid",
            "mail.ruтел",
            "gmail.com1",
        ]
    ),
    st.from_regex(r"[a-z0-9.-]{1,10}\.(?:ru|com|co\.uk|su)", fullmatch=True),
)
EMAIL = st.builds(
    lambda before, login, at, domain, after: before + login + at + domain + after,
    st.sampled_from(["", "", "", " ", "\t", "mailto:", "<", "\u00a0", "\x1c"]),
    LOGIN,
    st.sampled_from(["@", "@", "@", "@", "@@", " @", "(at)", ""]),
    DOMAIN,
    st.sampled_from(["", "", "", " ", "\r\n", ".", ",", " c@d.ru", ">", "?", "\x00"]),
)


@settings(deadline=None, derandomize=True, max_examples=120)
@given(st.lists(st.one_of(EMAIL, EMAIL, st.text(max_size=20)), max_size=40, unique=True))
def test_columns_of_emails_read_as_one_by_one(raws: list[str]) -> None:
    raws = [raw for raw in raws if raw.isprintable() or raw.isascii()]
    asked = numbered(pl.Series(raws, dtype=pl.String))
    got = by_raw(read_email_column(asked), asked)
    for raw in raws:
        assert got[raw] == email_rows(raw)


@pytest.mark.parametrize(
    "login", sorted(each for each in rules.PLACEHOLDER_LOGINS if each.isascii())
)
def test_fillers_read_as_one_by_one(login: str) -> None:
    raws = sorted({f"{login}@{domain}" for domain in ("mail.ru", "firma.ru", f"{login}.ru")})
    asked = numbered(pl.Series(raws))
    got = by_raw(read_email_column(asked), asked)
    assert [got[raw] for raw in raws] == [email_rows(raw) for raw in raws]


def test_values_carry_the_confidence_of_the_readers() -> None:
    raws = [
        ("phone", "8 (495) 123-45-67, 123"),
        ("phone", "89161234567"),
        ("email", "a.b@c.ruc@d.ru"),
    ]
    columns = {
        "entity": ["contact"] * 3,
        "record_id": ["1", "2", "3"],
        "kind": [kind for kind, _ in raws],
        "raw": [raw for _, raw in raws],
        "position": [0, 0, 0],
    }
    schema = {name: CHANNELS.schema[name] for name in columns}
    values = build_values(CHANNELS.conform(pl.DataFrame(columns, schema=schema)), PhoneSettings())
    assert values["confidence"].to_list() == [0.6, 1.0, 0.6, 0.6]
