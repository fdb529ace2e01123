"""mark_shared: which values stop being evidence, and which never do."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.contracts import NAMES, VALUES
from dedupe.normalize.shared import mark_shared

MOBILE, LINE, BOX, ROLE = "+79161234567", "+74951234567", "ivan@firma.ru", "info@firma.ru"


def values(key: str, n: int, *, first: int = 0, entity: str = "contact") -> pl.DataFrame:
    is_email = "@" in key
    kind = "email" if is_email else "phone"
    type_ = None if is_email else "mobile" if key.startswith("+79") else "fixed_line"
    rows = {
        "entity": [entity] * n,
        "record_id": [str(at) for at in range(first, first + n)],
        "kind": [kind] * n,
        "value": [key] * n,
        "status": ["valid"] * n,
        "type": [type_] * n,
        "match_key": [key] * n,
        "position": [0] * n,
        "part": [0] * n,
    }
    schema = {name: VALUES.schema[name] for name in rows}
    return VALUES.conform(pl.DataFrame(rows, schema=schema))


def names(keys: list[str], entity: str = "contact") -> pl.DataFrame:
    rows = {
        "entity": [entity] * len(keys),
        "record_id": [str(at) for at in range(len(keys))],
        "status": ["ok" if key else "empty" for key in keys],
        "match_key": keys,
    }
    return NAMES.conform(pl.DataFrame(rows))


def unlike(n: int) -> list[str]:
    return [f"name {at}" for at in range(n)]


def statuses(frame: pl.DataFrame) -> set[str]:
    return set(frame["status"].to_list())


def test_switchboard_is_shared_and_loses_its_key() -> None:
    marked = mark_shared(values(MOBILE, 10), names(unlike(10)))
    assert statuses(marked) == {"shared"}
    assert set(marked["reason"].to_list()) == {"shared"}
    assert marked["match_key"].null_count() == 10
    assert marked["value"].to_list() == [MOBILE] * 10


def test_nine_cards_of_a_mobile_are_not_enough() -> None:
    assert statuses(mark_shared(values(MOBILE, 9), names(unlike(9)))) == {"valid"}


def test_land_line_is_shared_from_five_cards() -> None:
    assert statuses(mark_shared(values(LINE, 5), names(unlike(5)))) == {"shared"}
    assert statuses(mark_shared(values(LINE, 4), names(unlike(4)))) == {"valid"}


def test_role_mailbox_is_shared_from_three_cards() -> None:
    assert statuses(mark_shared(values(ROLE, 3), names(unlike(3)))) == {"shared"}
    assert statuses(mark_shared(values(ROLE, 2), names(unlike(2)))) == {"valid"}
    assert statuses(mark_shared(values(BOX, 3), names(unlike(3)))) == {"valid"}


def test_one_person_on_many_cards_is_not_shared() -> None:
    assert statuses(mark_shared(values(MOBILE, 19), names(["иван петров"] * 19))) == {"valid"}
    crowd = ["иван петров"] * 15 + unlike(10)
    assert statuses(mark_shared(values(MOBILE, 25), names(crowd))) == {"valid"}


def test_few_names_among_many_cards_do_not_disagree() -> None:
    keys = ["a"] * 5 + ["b"] * 3 + ["c"] * 1 + ["d"] * 1  # four names on ten cards: under a half
    assert statuses(mark_shared(values(MOBILE, 10), names(keys))) == {"valid"}
    keys = ["a", "b", "c", "d", "", "", "", "", "", ""]  # the nameless do not vote
    assert statuses(mark_shared(values(MOBILE, 10), names(keys))) == {"shared"}


def test_crowd_without_a_majority_name_is_shared() -> None:
    assert statuses(mark_shared(values(MOBILE, 20), names([""] * 20))) == {"shared"}
    assert statuses(mark_shared(values(MOBILE, 20), names(["a"] * 9 + [""] * 11))) == {"shared"}
    assert statuses(mark_shared(values(MOBILE, 20), names(["a"] * 10 + [""] * 10))) == {"valid"}
    assert statuses(mark_shared(values(MOBILE, 19), names([""] * 19))) == {"valid"}


def test_crowd_is_measured_by_the_size_of_the_account() -> None:
    assert statuses(mark_shared(values(MOBILE, 20), names([""] * 20_001))) == {"valid"}


def test_number_twice_on_a_card_counts_once() -> None:
    twice = pl.concat([values(MOBILE, 5), values(MOBILE, 5).with_columns(part=pl.lit(1, pl.Int32))])
    assert statuses(mark_shared(twice, names(unlike(5)))) == {"valid"}


def test_entities_are_judged_apart() -> None:
    both = pl.concat([values(MOBILE, 6), values(MOBILE, 6, entity="company")])
    cards = pl.concat([names(unlike(6)), names(unlike(6), "company")])
    assert statuses(mark_shared(both, cards)) == {"valid"}


def test_own_values_win_over_shared() -> None:
    frame = pl.concat([values(MOBILE, 10), values(BOX, 1)])
    marked = mark_shared(frame, names(unlike(10)), own=[MOBILE, "+70000000000"])
    assert marked["status"].to_list() == ["own"] * 10 + ["valid"]
    assert marked["reason"].to_list() == ["own"] * 10 + [None]
    assert marked["match_key"].to_list() == [None] * 10 + [BOX]


def test_values_without_a_key_stay_as_they_are() -> None:
    frame = values(MOBILE, 12).with_columns(
        match_key=pl.lit(None, pl.String), status=pl.lit("placeholder"), reason=pl.lit("mask")
    )
    assert mark_shared(frame, names(unlike(12)), own=["x"]).equals(frame)


def test_empty_frames_pass() -> None:
    assert mark_shared(VALUES.empty(), NAMES.empty(), own=["x"]).schema == VALUES.schema


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.sampled_from(["", "a", "b", "c", "d", "e"]), min_size=1, max_size=30),
    st.sampled_from([MOBILE, LINE, BOX, ROLE]),
    st.randoms(use_true_random=False),
)
def test_marks_follow_the_rule_whatever_the_order(keys, key, rng) -> None:
    frame, cards = values(key, len(keys)), names(keys)
    n, named = len(keys), [name for name in keys if name]
    kinds = len(set(named))
    is_role, is_line = key == ROLE, key == LINE
    enough = n >= (3 if is_role else 5 if is_line else 10)
    disagree = kinds >= (3 if is_role else 4) and kinds >= 0.5 * len(named)
    top = max((named.count(name) for name in set(named)), default=0)
    crowd = n >= 20 and top < 0.5 * n
    expected = {"shared"} if (enough and disagree) or crowd else {"valid"}
    order = list(range(n))
    rng.shuffle(order)
    assert statuses(mark_shared(frame, cards)) == expected
    assert statuses(mark_shared(frame[order], cards[order[::-1]])) == expected
    assert mark_shared(frame[order], cards)["record_id"].equals(frame[order]["record_id"])
