"""The sections [survivorship] and [plan] of the config: read as they are, or told what is wrong."""

from __future__ import annotations

import pytest

from dedupe.config import load_config
from dedupe.errors import ConfigError


def load(tmp_path, text: str):
    path = tmp_path / "crmclean.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_the_sections_are_read(tmp_path) -> None:
    config = load(
        tmp_path,
        """
        [survivorship]
        survivor = ["oldest", "most_deals"]
        consent = ["Согласие"]
        refusal = ["Не писать"]
        fields = { "Город" = "newest" }
        [plan]
        repairs = ["split"]
        max_group = 3
        task_text = "Связаться"
        tags = { LNK101 = "без сделок" }
        """,
    )
    assert config.survivorship.survivor == ("oldest", "most_deals")
    assert dict(config.survivorship.fields) == {"Город": "newest"}
    assert config.survivorship.refusal == ("Не писать",)
    assert (config.plan.repairs, config.plan.max_group) == (("split",), 3)
    assert dict(config.plan.tags) == {"LNK101": "без сделок"}
    assert config.plan.max_changes == 500


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[survivorship]\nsurvivor = "oldest"', "survivorship.survivor"),
        ('[survivorship]\nsurvivor = ["olddest"]', "most_won_deals"),
        ('[survivorship]\nsurvivour = ["oldest"]', "did you mean survivor"),
        ('[survivorship]\nfields = { "Город" = "best" }', "survivorship.fields.Город"),
        ("[survivorship]\nfields = 1", "survivorship.fields"),
        ("[survivorship]\nconsent = [1]", "survivorship.consent"),
        ('[survivorship]\nconsent = [""]', "survivorship.consent"),
        ("survivorship = 1", "survivorship"),
        ("[plan]\nmax_group = 1", "from 2 to 50"),
        ("[plan]\nmax_group = true", "plan.max_group"),
        ("[plan]\nmax_changes = -1", "plan.max_changes"),
        ('[plan]\nmax_changes = "many"', "whole number"),
        ("[plan]\nmax_percent = 300", "from 0 to 100"),
        ('[plan]\nrepairs = ["undo"]', "plan.repairs"),
        ("[plan]\ntags = { LNK101 = 1 }", "plan.tags.LNK101"),
        ('[plan]\nmark_tag = " "', "plan.mark_tag"),
        ("[plan]\nmark_tag = 5", "plan.mark_tag"),
        ("plan = []", "plan"),
    ],
)
def test_what_is_wrong_is_told_by_its_key(tmp_path, text, told) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
