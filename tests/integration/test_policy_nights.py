"""A bounded share of the nights of `bench/nights.py`: nothing is lost, and none is stuck."""

from __future__ import annotations

import pytest

from tests.soak.nights import Season, Weather

WEATHER = [
    Weather(n_copies=0),
    Weather(kill=6, n_copies=4),
    Weather(outage="lost answers"),
    Weather(clock_h=-30, n_copies=0),
    Weather(n_copies=1),
]


@pytest.mark.xdist_group("policy")
@pytest.mark.slow
def test_five_nights_lose_nothing_and_none_is_stuck(tmp_path) -> None:
    with Season(tmp_path / "season", n_persons=20, seed=3) as season:
        nights = []
        for at, weather in enumerate(WEATHER):
            season.day(weather)
            nights.append(season.night(at, weather))
    assert [problem for night in nights for problem in night.problems] == []
    codes = [night.code for night in nights]
    assert codes[0] == codes[-1] == 0
    assert codes[1] == -9, "it was not killed"
    assert codes[2] in (0, 3)
    assert nights[2].told["resumed_runs"], "the night after a kill did not go on"
    assert [odd["code"] for odd in nights[3].told["oddities"]] == ["clock_backwards"]
    assert nights[0].n_done > 0
    assert [len(night.mails) for night in nights[:2]] == [1, 0], "a killed night tells nobody"
    assert all("main" in mail for night in nights for mail in night.mails)
