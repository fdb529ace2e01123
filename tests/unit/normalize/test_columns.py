"""build_values and build_names: equal to reading one by one, whatever the order and chunks."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import CHANNELS, NAMES, VALUES
from dedupe.events import Event, StageAdvanced
from dedupe.normalize import PhoneSettings, build_names, build_values, own_keys
from dedupe.normalize.emails import read_emails
from dedupe.normalize.names import judge
from dedupe.normalize.phone_columns import read_phone_column
from dedupe.normalize.phones import read_phones
from dedupe.normalize.readings import numbered

ROWS = (
    ("phone", "8 916 123-45-67, 8 903 765-43-21"),
    ("phone", "+7 (916) 123-45-67"),
    ("phone", "89161234567"),
    ("phone", "22-31-61"),
    ("phone", "нет"),
    ("phone", " \t"),
    ("phone", None),
    ("phone", "84951234567 доб. 12"),
    ("email", "A@B-firma.ru; no@no.ru"),
    ("email", "i.van+x@googlemail.com"),
    ("email", ""),
    ("email", "89161234567"),
    ("messenger", "89161234567"),
    ("site", "romashka.ru"),
)


def channels(rows: list[tuple[str, str | None]]) -> pl.DataFrame:
    columns = {
        "entity": ["contact" if at % 3 else "company" for at in range(len(rows))],
        "record_id": [str(at // 2) for at in range(len(rows))],
        "kind": [kind for kind, _ in rows],
        "raw": [raw for _, raw in rows],
        "field_id": ["PHONE"] * len(rows),
        "position": list(range(len(rows))),
    }
    schema = {name: CHANNELS.schema[name] for name in columns}
    return CHANNELS.conform(pl.DataFrame(columns, schema=schema))


def test_values_are_what_the_readers_say() -> None:
    frame = channels(list(ROWS))
    settings_ = PhoneSettings(area_code="4852")
    values = build_values(frame, settings_)
    assert values.schema == VALUES.schema
    assert values.equals(values.sort("entity", "record_id", "kind", "position", "part"))
    for kind, raw in ROWS:
        got = values.filter(pl.col("raw").eq_missing(pl.lit(raw)), kind=kind).sort("part")
        if kind not in ("phone", "email") or not (raw or "").strip():
            assert got.is_empty()
            continue
        phones = read_phones(raw, area_code="4852") if kind == "phone" else read_emails(raw)
        assert got["value"].to_list() == [each.value for each in phones]
        assert got["part"].to_list() == list(range(len(phones)))
        assert got["status"].to_list() == [each.status for each in phones]


def test_match_key_is_set_only_where_the_value_is_evidence() -> None:
    values = build_values(channels(list(ROWS)), PhoneSettings())
    assert (
        values.filter(pl.col("status") != "valid")["match_key"].null_count()
        == values.filter(pl.col("status") != "valid").height
    )
    valid = values.filter(pl.col("status") == "valid")
    assert valid["match_key"].null_count() == 0
    phones = valid.filter(pl.col("kind") == "phone")
    assert phones["match_key"].to_list() == phones["value"].to_list()
    assert "ivan@gmail.com" in valid["match_key"].to_list()
    assert valid.filter(pl.col("extension") == "12")["match_key"].to_list() == ["+74951234567"]


@pytest.mark.parametrize("region", ["RU", "kz", "BY"])
def test_no_channels_give_no_values(region: str) -> None:
    empty = build_values(CHANNELS.empty(), PhoneSettings(region=region))
    assert empty.is_empty()
    assert empty.schema == VALUES.schema


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.permutations(ROWS * 2), st.integers(1, 30), st.randoms(use_true_random=False))
def test_result_depends_on_neither_order_nor_chunks(
    rows: list[tuple[str, str | None]], chunk_rows: int, rng: random.Random
) -> None:
    frame = channels(list(rows))
    order = list(range(frame.height))
    rng.shuffle(order)
    once = build_values(frame, PhoneSettings())
    assert build_values(frame[order], PhoneSettings(), chunk_rows=chunk_rows).equals(once)


def home_like() -> st.SearchStrategy[str]:
    sign = st.sampled_from(["", "", " ", "-", "(", ")", "\u00a0", "–", ".", "+"])
    digit = st.sampled_from("0123456789")
    head = st.sampled_from(["", "+7", "8", "7", "+8", "8 9", "79", "+7 (495) ", "8800", "999999"])
    tail = st.lists(st.tuples(digit, sign), min_size=4, max_size=11)
    return st.builds(lambda a, b: a + "".join(d + s for d, s in b), head, tail)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.one_of(home_like(), st.text(max_size=20)), unique=True, max_size=60),
    st.sampled_from(["RU", "KZ", "UA"]),
)
def test_columnar_way_equals_reading_one_by_one(raws: list[str], region: str) -> None:
    raws = [raw for raw in raws if raw.isprintable() or raw.isascii()]
    asked = numbered(pl.Series(raws, dtype=pl.String))
    frame = read_phone_column(asked, PhoneSettings(region=region)).join(asked, on="row")
    got = frame.select("raw", "value", "extension", "status", "reason", "rule", "n_repeats", "type")
    expected = [
        (raw, e.value, e.extension, e.status, e.reason, e.rule, e.n_repeats, e.type)
        for raw in sorted(raws)
        for e in read_phones(raw, region=region)
    ]
    assert sorted(got.rows(), key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize("region", ["RU", "KZ"])
def test_columnar_way_equals_reading_one_by_one_on_ordinary_numbers(region: str) -> None:
    rng = random.Random(5)
    forms = ("8{}", "+7 {}", "{}", "7{}", "8 (91{}", "800{}", "8 800 {}")
    raws = {rng.choice(forms).format(rng.randrange(10**6, 10**10)) for _ in range(4_000)}
    raws |= {f"8{digit * 10}" for digit in "0123456789"} | {"8 800 555-55-55", "8 800 000 00 00"}
    asked = numbered(pl.Series(sorted(raws)))
    frame = read_phone_column(asked, PhoneSettings(region=region)).join(asked, on="row")
    got = {row[0]: row[1:] for row in frame.filter(part=0).select(
        "raw", "value", "status", "reason", "rule", "type", "match_key").rows()}  # fmt: skip
    for raw in raws:
        first = read_phones(raw, region=region)[0]
        key = first.value if first.status == "valid" else None
        assert got[raw] == (first.value, first.status, first.reason, first.rule, first.type, key)


def test_progress_tells_counts_of_distinct_values() -> None:
    events: list[Event] = []
    build_values(channels(list(ROWS)), PhoneSettings(), chunk_rows=2, listen=events.append)
    assert all(isinstance(event, StageAdvanced) for event in events)
    done = [event.done for event in events]
    assert done == sorted(done)
    assert done[-1] == events[-1].total == 9


def test_names_are_judged_by_kind_of_card() -> None:
    cards = pl.DataFrame(
        {
            "entity": ["contact", "contact", "company", "company", "contact"],
            "record_id": ["2", "1", "1", "2", "3"],
            "name": ["Архив", "Пётр Иванов", "Архив", 'ООО "Ромашка"', None],
        }
    )
    names = build_names(cards)
    assert names.schema == NAMES.schema
    assert names.select("entity", "record_id").rows() == [
        ("company", "1"), ("company", "2"), ("contact", "1"), ("contact", "2"), ("contact", "3"),
    ]  # fmt: skip
    assert names["match_key"].to_list() == ["архив", "ромашка", "иванов петр", "", ""]
    assert names["status"].to_list() == ["ok", "ok", "ok", "junk", "empty"]
    for row in cards.iter_rows(named=True):
        status, key = judge(row["name"], is_company=row["entity"] == "company")
        got = names.row(by_predicate=(pl.col("entity") == row["entity"])
                        & (pl.col("record_id") == row["record_id"]), named=True)  # fmt: skip
        assert (got["status"], got["reason"], got["match_key"]) == (
            status.status,
            status.reason,
            key,
        )


def test_no_cards_give_no_names() -> None:
    cards = pl.DataFrame(schema={"entity": pl.String, "record_id": pl.String, "name": pl.String})
    assert build_names(cards).schema == NAMES.schema


def test_own_keys_are_match_keys() -> None:
    keys = own_keys(["8 916 123-45-67", None, "нет"], ["I.van@gmail.com", None], PhoneSettings())
    assert keys == {"+79161234567", "ivan@gmail.com"}
