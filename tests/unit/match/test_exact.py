"""Groups by shared keys: independent of order, of labels' spelling and of chains' direction."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import VALUES
from dedupe.match import build_groups


def values(*rows: tuple[str, str, str | None], **columns: str) -> pl.DataFrame:
    """Build VALUES from (kind, record_id, match_key), valid and in the standard field."""
    kinds, records, keys = zip(*rows, strict=True) if rows else ((), (), ())
    frame = pl.DataFrame(
        {"kind": kinds, "record_id": records, "match_key": keys, "value": keys},
        schema=dict.fromkeys(("kind", "record_id", "match_key", "value"), pl.String),
    ).with_columns(entity=pl.lit("contact"), status=pl.lit("valid"), field_id=pl.lit("PHONE"))
    return VALUES.conform(frame.with_columns(**{k: pl.lit(v) for k, v in columns.items()}))


def groups_of(frame: pl.DataFrame) -> dict[str, str]:
    return dict(build_groups(frame).select("record_id", "group").iter_rows())


def test_a_chain_of_shared_keys_is_one_group_named_by_its_smallest_id() -> None:
    frame = values(
        ("phone", "10", "a"), ("phone", "9", "a"), ("phone", "10", "b"), ("phone", "100", "b")
    )
    assert groups_of(frame) == {"9": "9", "10": "9", "100": "9"}


def test_a_key_on_one_record_twice_is_no_group() -> None:
    assert groups_of(values(("phone", "1", "a"), ("phone", "1", "a"), ("phone", "2", None))) == {}


def test_values_that_are_no_evidence_make_no_group() -> None:
    for status in ("shared", "own", "placeholder", "local", "invalid"):
        assert groups_of(values(("phone", "1", "a"), ("phone", "2", "a"), status=status)) == {}


def test_entities_and_kinds_are_never_mixed() -> None:
    contact = values(("phone", "1", "a"))
    company = values(("phone", "2", "a"), entity="company")
    email = values(("email", "3", "a"))
    assert build_groups(pl.concat([contact, company, email])).is_empty()


def test_a_shared_number_outside_the_phone_field_is_marked_on_its_holders_only() -> None:
    frame = pl.concat(
        [
            values(("phone", "1", "a"), ("phone", "2", "b"), ("phone", "3", "b")),
            values(("phone", "2", "a"), field_id="4711"),
        ]
    )
    marks = dict(build_groups(frame).select("record_id", "is_off_field").iter_rows())
    assert marks == {"1": True, "2": True, "3": False}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("pe"), st.integers(1, 12), st.integers(0, 9)), max_size=40),
    st.randoms(use_true_random=False),
)
def test_groups_do_not_depend_on_row_order(holdings, random) -> None:
    kinds = {"p": "phone", "e": "email"}
    rows = [(kinds[k], str(r), str(v)) for k, r, v in holdings]
    shuffled = random.sample(rows, len(rows))
    assert build_groups(values(*rows)).equals(build_groups(values(*shuffled)))
