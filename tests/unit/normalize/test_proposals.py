"""propose_values: what becomes of a raw value, and that automatic ones lose nothing."""

from __future__ import annotations

import random
import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import CERTAIN, CHANNELS, VALUES
from dedupe.normalize import PhoneSettings, build_values, proposals
from dedupe.normalize.emails import read_emails
from dedupe.normalize.phones import read_phones
from dedupe.normalize.proposals import PROPOSALS, propose_values


def values_of(raws: list[tuple[str, str]]) -> pl.DataFrame:
    columns = {
        "entity": ["contact"] * len(raws),
        "record_id": [f"{at:04}" for at in range(len(raws))],
        "kind": [kind for kind, _ in raws],
        "raw": [raw for _, raw in raws],
        "position": [0] * len(raws),
    }
    schema = {name: CHANNELS.schema[name] for name in columns}
    channels = CHANNELS.conform(pl.DataFrame(columns, schema=schema))
    return build_values(channels, PhoneSettings())


def proposed(raw: str, kind: str = "phone") -> tuple[str, str | None, bool]:
    (row,) = propose_values(values_of([(kind, raw)])).rows(named=True)
    return row["action"], row["proposal"], row["is_automatic"]


@pytest.mark.parametrize(
    ("raw", "action", "proposal"),
    [
        ("8 (916) 123-45-67", "normalize", "+79161234567"),
        ("8.916.123.45.67", "normalize", "+79161234567"),
        ("тел. 89161234567", "normalize", "+79161234567"),
        ("79161234567.0", "normalize", "+79161234567"),
        ("'+79161234567", "normalize", "+79161234567"),
        ("375291234567", "normalize", "+375291234567"),
        ("8-10-375-29-123-45-67", "normalize", "+375291234567"),
        ("84951234567 доб. 12", "normalize", "+74951234567 ext. 12"),
        ("+7 (916) 123-45-67, 89161234567", "drop_repeat", "+79161234567"),
        ("8 916 123-45-67 и 8 903 765-43-21", "split", "+79161234567; +79037654321"),
        ("89161234567 89037654321", "split", "+79161234567; +79037654321"),
        ("8916123456789037654321", "split", "+79161234567; +79037654321"),
        ("(8442) 27-15-18/19", "split", "+78442271518; +78442271519"),
        ("84951234567 доб. 12; 89161234567", "split", "+74951234567 ext. 12; +79161234567"),
        ("+375 29 123-45-67/89161234567", "split", "+375291234567; +79161234567"),
    ],
)
def test_certain_phones_are_rewritten_without_a_look(raw: str, action: str, proposal: str) -> None:
    assert proposed(raw) == (action, proposal, True)


@pytest.mark.parametrize(
    ("raw", "action"),
    [
        ("89161234567 Иван", "normalize"),
        ("89161234567 (вечером)", "normalize"),
        ("89161234567 с 9 до 18", "normalize"),
        ("89161234567 15.03.2024", "normalize"),
        ("8 916 123-45-67 5", "normalize"),
        ("9161234567 5", "normalize"),
        ("89161234567 кв 12", "normalize"),
        ("моб. 89161234567, раб. 84951234567", "split"),
        ("8 916 123-45-67, 8916123456", "normalize"),
        ("84951234567, 123", "normalize"),
        ("84951234567, 68", "split"),
        ("84951234567 доб. 101, 102", "split"),
        ("8(495)123-45-67, 123-45-68", "split"),
        ("(495) 123-45-61...63", "split"),
        ("8-9О3-765-43-21", "normalize"),
        ("050 123-45-68", "normalize"),
        ("+8 (495) 123-45-67", "normalize"),
        ("777712345689161234567", "split"),
        ("22-31-61, 8 916 123-45-67", "split"),
    ],
)
def test_what_would_lose_text_or_is_a_guess_waits_for_a_person(raw: str, action: str) -> None:
    said, proposal, is_automatic = proposed(raw)
    assert (said, is_automatic) == (action, False)
    assert proposal


@pytest.mark.parametrize("raw", ["+79161234567", "нет", "22-31-61", "112", "+7 999 999-99-99"])
def test_nothing_is_proposed_where_nothing_is_to_do(raw: str) -> None:
    assert proposed(raw) == ("none", None, False)


def test_foreign_number_keeps_the_gap_that_its_reading_hangs_on() -> None:
    action, proposal, is_automatic = proposed("+49 (30) 901820")
    assert (action, proposal, is_automatic) == ("normalize", "+49 30901820", False)
    assert [each.value for each in read_phones(str(proposal))] == ["+4930901820"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ivan.P@Mail.ru", ("none", None, False)),
        (" ivan.p@mail.ru", ("normalize", "ivan.p@mail.ru", True)),
        ("ivan.p @ mail.ru", ("normalize", "ivan.p@mail.ru", True)),
        ("a.b@mail.ru, c.d@firma.ru", ("split", "a.b@mail.ru; c.d@firma.ru", True)),
        ("a.b@mail.ruc.d@firma.ru", ("split", "a.b@mail.ru; c.d@firma.ru", True)),
        ("a.b@firma.ruc.d@mail.ru", ("split", "a.b@firma.ru; c.d@mail.ru", False)),
        ("a.b@mail.ru; A.B@mail.ru", ("drop_repeat", "a.b@mail.ru", True)),
        ("Иван <ivan.p@mail.ru>", ("normalize", "ivan.p@mail.ru", False)),
        ("ivan/petr@mail.ru", ("split", "ivan@mail.ru; petr@mail.ru", False)),
        ("ivаn.p@mail.ru", ("normalize", "ivan.p@mail.ru", False)),
        ("ivan.p@gmial.com", ("correct", "ivan.p@gmail.com", False)),
        ("a.b@mail.ru; c.d@gmail.con", ("correct", "a.b@mail.ru; c.d@gmail.com", False)),
        ("no@no.ru; a.b@mail.ru", ("split", "no@no.ru; a.b@mail.ru", False)),
        ("no@no.ru", ("none", None, False)),
    ],
)
def test_addresses_are_proposed_likewise(raw: str, expected: tuple[str, str | None, bool]) -> None:
    assert proposed(raw, "email") == expected


def test_suggestions_by_frequency_are_taken_and_never_automatic() -> None:
    more = pl.DataFrame({"domain": ["maqil.ru"], "suggestion": ["mail.ru"]})
    (row,) = propose_values(values_of([("email", "a.b@maqil.ru")]), suggestions=more).rows(
        named=True
    )
    assert (row["action"], row["proposal"]) == ("correct", "a.b@mail.ru")
    assert not row["is_automatic"]


def test_every_raw_value_of_a_card_has_one_row() -> None:
    raws = [("phone", "8 916 123-45-67, 8 903 765-43-21"), ("email", "a.b@c.ru"), ("phone", "нет")]
    values = values_of([*raws, *raws])
    table = propose_values(values)
    assert table.schema == PROPOSALS.schema
    assert table.select("record_id", "kind", "raw").rows() == [
        (f"{at:04}", kind, raw) for at, (kind, raw) in enumerate([*raws, *raws])
    ]
    assert propose_values(VALUES.empty()).schema == PROPOSALS.schema
    marked = values.with_columns(status=pl.lit("shared"), match_key=None)
    assert propose_values(marked)["is_automatic"][0]


WORDS = ("Иван", "доб. 12", "кв 5", "2019", "вечером", "тел.", "7", "8", "моб.", "+7", "и", "№ 3")


def test_automatic_phones_hold_the_same_numbers_and_no_words() -> None:
    rng = random.Random(17)
    raws = set()
    for _ in range(4_000):
        parts = []
        for _ in range(rng.choice((1, 1, 2, 2, 3))):
            d = rng.choice(("916", "903", "495", "4852", "701")) + f"{rng.randrange(10**7):07}"
            form = rng.choice(("8{}", "+7{}", "7{}", "{}", "+375 29 {}", "+49 30 {}"))
            parts.append(form.format(d[: 7 if "+375" in form else 6 if "+49" in form else 10]))
        if rng.random() < 0.4:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(WORDS))
        raws.add(rng.choice((", ", ";", " ", "/", "", " и ")).join(parts))
    table = propose_values(values_of([("phone", raw) for raw in sorted(raws)]))
    written = table.filter("is_automatic")
    assert written.height > 500
    for raw, proposal, confidence in written.select("raw", "proposal", "confidence").rows():
        again = read_phones(proposal)
        assert (
            "; ".join(
                f"{e.value} ext. {e.extension}" if e.extension else str(e.value) for e in again
            )
            == proposal
        ), raw
        assert confidence >= CERTAIN
        assert not re.search(r"Иван|вечером|моб|кв|№", raw)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["phone", "email"]),
            st.one_of(
                st.text(max_size=25),
                st.text("0123456789+-() .,;/доби", max_size=30),
                st.text("ab.@-_ ,;/<>mailru", max_size=30),
            ),
        ),
        max_size=20,
    )
)
def test_any_text_gives_a_proposal_that_reads_the_same(raws: list[tuple[str, str]]) -> None:
    raws = [(kind, raw) for kind, raw in raws if raw.isprintable()]
    values = values_of(raws)
    for row in propose_values(values).filter("is_automatic").rows(named=True):
        read = read_phones if row["kind"] == "phone" else read_emails
        first = [each.value for each in read(row["raw"])]
        assert [each.value for each in read(row["proposal"])] == first


SPELT = st.builds(
    lambda prefix, code, gap, rest, dash, tail: (
        f"{prefix}{code}{gap}{rest[:3]}{dash}{rest[3:]}{tail}"
    ),
    st.sampled_from(["+7", "8", "7", "", "8 ", "+7 (", "(", "+375", "00", "+ 7"]),
    st.sampled_from(["916", "495", "29", "000", "777", "800"]),
    st.sampled_from([" ", ") ", "-", "", ".", "\u00a0"]),
    st.text("0123456789", min_size=7, max_size=7),
    st.sampled_from(["-", "", " ", "\u2013"]),
    st.sampled_from(["", " ", ".0", " доб. 5", " Иван", ", 89161234567", "\n", "-"]),
)
MAIL = st.sampled_from(
    ["a.b@mail.ru", "A.B@Mail.ru", "a.b@mial.ru", " a.b@mail.ru", "a.b@mail.ru;c@d.ru", "нет", "a@"]
)


@settings(deadline=None)
@given(phones=st.lists(SPELT, max_size=12), mails=st.lists(MAIL, max_size=4))
def test_a_glance_and_a_close_look_propose_the_same(phones, mails) -> None:
    values = values_of([*(("phone", raw) for raw in phones), *(("email", raw) for raw in mails)])
    glanced = propose_values(values)
    with pytest.MonkeyPatch.context() as patched:
        settled = proposals._settled
        patched.setattr(
            proposals,
            "_settled",
            lambda *told: settled(*told).with_columns(is_settled=pl.lit(value=False)),
        )
        looked = propose_values(values)
    assert glanced.equals(looked)


def test_a_value_told_twice_of_one_place_is_proposed_once() -> None:
    values = values_of([("phone", "8 916 123-45-67")])
    assert propose_values(pl.concat([values, values])).height == 1
