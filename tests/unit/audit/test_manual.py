"""Lines that people tick off: their states, the readiness, and what the config may name."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dedupe.audit import run_checks
from dedupe.audit.manual import LINES, read_manual
from dedupe.errors import ConfigError

from .test_checks import make_facts


def ticked(**manual: str):
    audit = run_checks(replace(make_facts(), manual=manual), select=["MAN001"])
    return audit.results[0], audit.metrics[0].rows


def test_readiness_is_done_lines_among_those_that_apply() -> None:
    result, rows = ticked(MAN101="done", MAN102="failed", MAN103="not_applicable")
    assert (result.found, result.base) == (1, len(LINES) - 1)
    assert result.share == pytest.approx(1 / (len(LINES) - 1))
    states = dict(rows.select("code", "state").iter_rows())
    assert states["MAN101"] == "as it should be"
    assert states["MAN102"] == "not as it should be"
    assert states["MAN103"] == "does not apply"
    assert states["MAN104"] == "not looked at yet"


def test_nothing_ticked_is_nothing_done_and_nothing_that_applies_has_no_share() -> None:
    assert ticked()[0].found == 0
    nothing = ticked(**dict.fromkeys((line.code for line in LINES), "not_applicable"))[0]
    assert (nothing.base, nothing.share) == (0, None)


def test_lines_have_codes_of_their_own_and_every_text() -> None:
    codes = [line.code for line in LINES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"MAN1\d\d", code) for code in codes)
    assert all(line.title and line.how and line.advice for line in LINES)


def test_a_line_that_is_not_ours_is_an_error_with_a_suggestion() -> None:
    assert read_manual({"MAN101": "done"}) == {"MAN101": "done"}
    with pytest.raises(ConfigError, match=r"MAN10x.*did you mean MAN1\d\d.*; OTHER1"):
        read_manual({"MAN10x": "done", "OTHER1": "failed"})
