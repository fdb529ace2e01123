"""A policy in the config: careful defaults, and everything wrong with it told at once."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from dedupe.config import Policy, load_config
from dedupe.config.policies import STEPS, read_span, read_window
from dedupe.errors import ConfigError


def load(folder, text: str) -> Policy:
    path = folder / "crmclean.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path).policies["nightly"]


def told(folder, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, f"[policies.nightly]\n{text}\n")
    return str(caught.value)


def test_defaults_are_the_careful_ones(tmp_path) -> None:
    policy = load(tmp_path, "[policies.nightly]\n")
    assert (policy.max_changes, policy.max_percent, policy.max_group) == (100, 1, 3)
    assert policy.repairs == ("split", "drop_repeat")
    assert policy.plan_age == timedelta(hours=2)
    assert policy.stop_after_failed == 3
    assert not policy.allow_irreversible
    assert not policy.partial
    assert policy.steps == STEPS


def test_every_setting_is_read(tmp_path) -> None:
    policy = load(
        tmp_path,
        '[policies.nightly]\nsteps = ["pull", "scan", "report"]\nwindow = "22:30-05:00"\n'
        'deadline = "90m"\nnotify = { when = "always", to = [] }\nselect = ["DUP"]\n'
        'repairs = ["merge"]\nmax_percent = 0.5\napproval = "hash"\nallow_irreversible = true\n',
    )
    assert policy.window is not None
    assert (policy.window.start, policy.window.end) == (time(22, 30), time(5))
    assert policy.deadline == timedelta(minutes=90)
    assert policy.notify.when == "always"
    assert policy.does("report")
    assert not policy.does("apply")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("max_chnages = 5", "did you mean max_changes"),
        ("max_changes = -1", "from 0 to"),
        ("max_changes = 1.5", "a whole number"),
        ("max_percent = 101", "a number from 0 to 100"),
        ("partial = 1", "true, false"),
        ('window = "1-5"', "01:00-05:00"),
        ('window = "05:00-05:00"', "01:00-05:00"),
        ('deadline = "soon"', "90m"),
        ('approval = "always"', "automatic, hash, none"),
        ('repairs = ["delete"]', "merge, split"),
        ('steps = ["scan", "pull"]', "the order is"),
        ('steps = ["pull", "plan"]', "plan needs scan"),
        ('steps = ["pull", "scan", "apply"]', "apply needs plan"),
        ('steps = ["scan"]', "begins with pull"),
        ('steps = ["pull", "dance"]', "one of pull"),
        ('select = ["dup 1"]', "DUP"),
        ('notify = { wen = "change" }', "did you mean when"),
        ('notify = { when = "hourly" }', "change, error"),
        ('notify = ["mail"]', "when ="),
    ],
)
def test_what_is_wrong_is_told(tmp_path, text, part) -> None:
    assert part in told(tmp_path, text)


def test_all_that_is_wrong_is_told_at_once(tmp_path) -> None:
    message = told(tmp_path, 'max_changes = "a"\ncanary = -1')
    assert "max_changes" in message
    assert "canary" in message


@pytest.mark.parametrize("text", ["policies = 1", "[policies]\nnightly = 1", '[policies."a/b"]'])
def test_a_policy_is_a_section_with_a_plain_name(tmp_path, text) -> None:
    with pytest.raises(ConfigError):
        load(tmp_path, text)


@pytest.mark.parametrize("text", ["", "h", "1.5h", "-2h", 5, None])
def test_what_is_no_span_is_none(text) -> None:
    assert read_span(text) is None
    assert read_window(text) is None
