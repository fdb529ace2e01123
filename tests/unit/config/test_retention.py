"""The section [retention]: its defaults, and what is wrong with one."""

from __future__ import annotations

import pytest

from dedupe.config import Retention, load_config
from dedupe.errors import ConfigError


def test_days_are_read_and_the_others_keep_their_defaults(tmp_path) -> None:
    path = tmp_path / "crmclean.toml"
    path.write_text("[retention]\nscans_days = 7\nkeep_last = 5\n")
    assert load_config(path).retention == Retention(scans_days=7, keep_last=5)
    assert load_config(None).retention == Retention()
    assert Retention().backups_days == 180


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("retention = 3", "section"),
        ("[retention]\nscan_days = 3", "did you mean scans_days"),
        ("[retention]\nscans_days = 0", "from 1 to 3650"),
        ("[retention]\nscans_days = true", "whole number"),
        ("[retention]\nkeep_last = 0", "from 1 to 1000"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, said) -> None:
    path = tmp_path / "crmclean.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert said in str(error.value)
