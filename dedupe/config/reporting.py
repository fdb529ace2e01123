"""Whose reports they are: the auditor's own name, logo and footer.

[report]
name = "ИНГРУППА"
author = "Иванов М. С."
logo = "logo.png"
footer = "welcome@example.org"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dedupe.language import N_, tr

LOGO_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
LOGO_BYTES = 300_000  # it is inside every report
_TEXT_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The sender of a report; `logo` is the path of a PNG or JPEG, taken from the config's folder.

    Without a name reports are signed by the tool.
    """

    name: str | None = None
    author: str | None = None
    logo: str | None = None
    footer: str | None = None


def brand_problems(document: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Yield what is wrong with the values of `[report]`; its keys and types are told elsewhere."""
    told = document.get("report", {})
    if not isinstance(told, dict):
        return
    for key in ("name", "author", "footer"):
        text = told.get(key)
        if isinstance(text, str) and not (len(text) <= _TEXT_MAX and text.isprintable()):
            yield tr(
                N_("{key}: one line of at most {n} signs is meant"),
                key=f"report.{key}",
                n=_TEXT_MAX,
            )
    logo = told.get("logo")
    if isinstance(logo, str) and not is_logo(folder / logo):
        yield tr(
            N_("{key}: a PNG or JPEG file of at most {kilobytes} kB is meant"),
            key="report.logo",
            kilobytes=LOGO_BYTES // 1000,
        )


def is_logo(path: Path) -> bool:
    """Tell whether `path` is a picture that a report may hold, by its first bytes and its size."""
    starts = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
    kind = LOGO_KINDS.get(path.suffix.lower())
    try:
        if kind is None or path.stat().st_size > LOGO_BYTES:
            return False
        with path.open("rb") as file:
            return file.read(8).startswith(starts[kind])
    except (OSError, ValueError):
        return False


def read_brand(document: Mapping[str, Any], folder: Path) -> Brand:
    """Return the sender that a document without problems names."""
    told = dict(document.get("report", {}))
    if "logo" in told:
        told["logo"] = str(folder / told["logo"])
    return Brand(**told)
