"""docs/cli.md says what --help says."""

from __future__ import annotations

from pathlib import Path

from dedupe.language import use
from tests.cli_reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def test_the_reference_is_current() -> None:
    try:
        assert PAGE.read_text(encoding="utf-8") == reference(), "run `make reference`"
    finally:
        use("en")
