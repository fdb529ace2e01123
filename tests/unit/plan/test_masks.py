"""What a reader sees of values by default: their kind and their end, never the person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.plan.masks import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Fictional@example.com", "F***@example.com"),
        ("one.login@a.example, SECOND.LOGIN@B.EXAMPLE", "o***@a.example, S***@B.EXAMPLE"),
        ("one@a.example, SECOND.LOGIN; third@b.example", "o***@a.example, S***; t***@b.example"),
        ("one@a.example two words", "o***@a.example t*** w***"),
        ("+70000001234", "+7******1234"),
        ("one@a.example/+70000001234", "o***@a.example/+7******1234"),
        ("@nickname", "@n***"),
        ("Иванов Пётр", "И*** П***"),
    ],
)
def test_a_value_is_hidden_but_for_its_kind_and_end(text: str, shown: str) -> None:
    assert masked(text) == shown


LOGIN = st.text("abcdefghij.", min_size=4, max_size=12).filter(lambda login: login[0] != ".")


@given(
    logins=st.lists(LOGIN, min_size=1, max_size=4),
    between=st.sampled_from([", ", ";", " ", "/", ""]),
)
def test_no_login_of_any_address_is_shown(logins: list[str], between: str) -> None:
    shown = masked(between.join(f"{login}@x.test" for login in logins))
    for login in logins:
        assert login not in shown
