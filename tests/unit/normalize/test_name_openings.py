"""Only names that begin or end with a listed word are held against the patterns of names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize import name_words as words
from dedupe.normalize.names import may_be_template

NAMES = "PLACEHOLDER TELEPHONY CHAT FORM AUTO MARKER TEST TEST_OF_PERSON ROLE"
PATTERNS = {name: getattr(words, name) for name in NAMES.split()}
SIGNS = st.characters(max_codepoint=0x45F)  # digits of other scripts are rewritten before


@pytest.mark.parametrize("name", PATTERNS)
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_whatever_a_pattern_matches_may_be_a_template(name: str, data: st.DataObject) -> None:
    made = data.draw(st.from_regex(PATTERNS[name], fullmatch=True, alphabet=SIGNS))
    text = " ".join(made.split())
    assert may_be_template(text) or not PATTERNS[name].fullmatch(text)


@pytest.mark.parametrize("name", ["иванов иван", "ромашка", "тамара", "north star", "8 марта"])
def test_ordinary_names_are_not_held_against_the_patterns(name: str) -> None:
    assert not may_be_template(name)
