"""The sender of reports, as the config names them."""

from __future__ import annotations

import pytest

from dedupe.config import load_config
from dedupe.config.reporting import LOGO_BYTES
from dedupe.errors import ConfigError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


@pytest.fixture
def told(tmp_path):
    def write(text: str):
        file = tmp_path / "crmclean.toml"
        file.write_text(f"[report]\n{text}\n", encoding="utf-8")
        return load_config(file).report

    return write


def test_a_logo_is_taken_from_the_configs_folder(told, tmp_path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    brand = told('name = "Бюро"\nlogo = "logo.png"')
    assert (brand.name, brand.logo) == ("Бюро", str(tmp_path / "logo.png"))


def test_without_a_section_nobody_signs(tmp_path) -> None:
    assert load_config(None).report.name is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('logo = "gone.png"', "report.logo: a PNG or JPEG file"),
        ('logo = "logo.svg"', "report.logo: a PNG or JPEG file"),
        ('logo = "fake.png"', "report.logo: a PNG or JPEG file"),
        ('logo = "huge.png"', "report.logo: a PNG or JPEG file"),
        ('name = "a\\nb"', "report.name: one line"),
        (f'footer = "{"x" * 301}"', "report.footer: one line"),
        ('nmae = "a"', "did you mean name?"),
        ("name = 5", "report.name: a text in quotes"),
    ],
)
def test_what_is_wrong_is_told_by_its_key(told, tmp_path, text, words) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "fake.png").write_bytes(b"GIF89a")
    (tmp_path / "huge.png").write_bytes(PNG + bytes(LOGO_BYTES))
    with pytest.raises(ConfigError) as raised:
        told(text)
    assert words in str(raised.value)
