"""The checks of the machine: versions, a clash of packages, sqlite, the terminal."""

from __future__ import annotations

import locale
import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from cli.options import is_ascii, width
from dedupe.language import N_, tr

from .check import ERROR, OK, WARNING, Check

LIBRARIES = ("polars", "numba", "numpy", "pyarrow", "httpx", "msgspec", "phonenumbers", "click")
SQLITE = (3, 35, 0)  # from here RETURNING and a journal that survives a full disk are sound
OTHER = "dedupe"  # the PyPI package that installs into the same folder as we do


def machine_checks() -> Iterator[Check]:
    """Yield what can be said without a config."""
    yield _version()
    yield _libraries()
    yield clash(metadata.distributions())
    yield _sqlite()
    yield _terminal()


def clash(installed: Iterable[metadata.Distribution]) -> Check:
    """Tell whether PyPI's `dedupe` is installed over, or under, our import package."""
    others = [d for d in installed if (d.metadata["Name"] or "").lower() == OTHER]
    if others:
        return Check(
            code="packages",
            status=ERROR,
            text=tr(
                N_("the PyPI package dedupe {version} shares our import name"),
                version=others[0].version,
            ),
            fix=tr(N_("install apart from it: pipx install crmclean, or uv tool install crmclean")),
            exit_code=2,
        )
    return Check(
        code="packages", status=OK, text=tr(N_("no other package has the import name dedupe"))
    )


def _version() -> Check:
    import dedupe

    place = str(Path(dedupe.__file__ or "").parent.parent)
    facts = {"crmclean": _installed("crmclean"), "python": platform.python_version()}
    return Check(
        code="version",
        status=OK,
        text=tr(
            N_("crmclean {crmclean}, Python {python}, {system}; installed in {place}"),
            system=f"{platform.system()} {platform.machine()}",
            place=place,
            **facts,
        ),
        facts=facts | {"system": platform.platform(), "place": place},
    )


def _libraries() -> Check:
    versions = {name: _installed(name) for name in LIBRARIES}
    missing = [name for name, version in versions.items() if version == "?"]
    if missing:
        return Check(
            code="libraries",
            status=ERROR,
            text=tr(N_("not installed: {names}"), names=", ".join(missing)),
            fix=tr(N_("install again: pipx reinstall crmclean")),
            exit_code=2,
            facts=versions,
        )
    names = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Check(code="libraries", status=OK, text=names, facts=versions)


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"


def _sqlite() -> Check:
    facts = {"sqlite": sqlite3.sqlite_version}
    if sqlite3.sqlite_version_info < SQLITE:
        return Check(
            code="sqlite",
            status=WARNING,
            text=tr(N_("SQLite {version} is old"), version=sqlite3.sqlite_version),
            fix=tr(N_("use a newer Python")),
            facts=facts,
        )
    return Check(code="sqlite", status=OK, text=f"SQLite {sqlite3.sqlite_version}", facts=facts)


def _terminal() -> Check:
    encoding = (sys.stdout.encoding or "?").lower()
    facts = {
        "encoding": encoding,
        "is_terminal": sys.stdout.isatty(),
        "width": width(),
        "locale": locale.setlocale(locale.LC_CTYPE, None) or "?",
        "lang": os.environ.get("LANG"),
    }
    if is_ascii():
        return Check(
            code="terminal",
            status=WARNING,
            text=tr(
                N_("the output's encoding is {encoding}; it can't show Russian"), encoding=encoding
            ),
            fix=tr(N_("set LANG to a UTF-8 locale, or PYTHONIOENCODING=utf-8")),
            facts=facts,
        )
    text = tr(
        N_("output in {encoding}, locale {locale}"), encoding=encoding, locale=facts["locale"]
    )
    return Check(code="terminal", status=OK, text=text, facts=facts)
