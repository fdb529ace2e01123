"""The section [match]: probabilities inside safe bounds, told one by one where they are not."""

from __future__ import annotations

import pytest

from cli.planning import options_of
from dedupe.config import Config, Matching, load_config
from dedupe.errors import ConfigError
from dedupe.match.tiers import AUTO_PROBABILITY


def loaded(tmp_path, text: str) -> Config:
    path = tmp_path / "crmclean.toml"
    path.write_text(f"[match]\n{text}", encoding="utf-8")
    return load_config(path)


def test_the_thresholds_reach_the_scan(tmp_path) -> None:
    config = loaded(tmp_path, "review = 0.8\nauto = 0.995")
    assert config.match == Matching(review=0.8, auto=0.995)
    asked = options_of(config).match
    assert (asked.threshold, asked.auto) == (pytest.approx(2.0), 0.995)


def test_the_defaults_are_those_of_the_match() -> None:
    asked = options_of(Config()).match
    assert (asked.threshold, asked.auto) == (0.0, AUTO_PROBABILITY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("auto = 0.9", "match.auto: a probability from 0.95 to 0.9999 is meant"),
        ("auto = 1", "match.auto: a probability"),
        ("review = 0", "match.review: a probability from 0.05 to 0.99 is meant"),
        ("review = 'half'", "match.review: a probability"),
        ("review = true", "match.review: a probability"),
        ("review = nan", "match.review: a probability"),
        ("review = 0.99\nauto = 0.96", "match.review: it can't be above match.auto"),
        ("rewiev = 0.4", "match.rewiev: unknown setting (did you mean review?)"),
    ],
)
def test_what_is_no_safe_threshold_is_refused(tmp_path, text, words) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert words in str(caught.value)


def test_match_is_a_section(tmp_path) -> None:
    path = tmp_path / "crmclean.toml"
    path.write_text("match = 0.5", encoding="utf-8")
    with pytest.raises(ConfigError, match="match: a section is meant"):
        load_config(path)
