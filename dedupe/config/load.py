"""Find crmclean.toml and read it into a Config.

Searched in this order: the path given, $CRMCLEAN_CONFIG, the working directory and its
parents, the user's config folder. Unknown keys are errors with a suggestion, and all
that is wrong in a file is said at once.
"""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from dedupe.errors import ConfigError
from dedupe.language import N_, tr

from .addresses import normal_address
from .auditing import audit_problems, read_regulations
from .matching import matching_problems, read_matching
from .notices import notice_problems, read_targets
from .places import absolute_place
from .planning import Planning, Survivorship, planning_problems
from .policies import policy_problems, read_policies
from .problems import config_problems
from .reporting import brand_problems, read_brand
from .retention import read_retention, retention_problems
from .values import Checks, Config, Phone, Profile

FILE_NAME = "crmclean.toml"
MAX_BYTES = 1_000_000  # a config is a page; what is larger was named by mistake
V = TypeVar("V", Phone, Checks, Survivorship, Planning, Profile)
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


def find_config(path: Path | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """Return the config file in force, None when there is none.

    Raises ConfigError when the file that was named is not there.
    """
    named = path or (Path(environ["CRMCLEAN_CONFIG"]) if environ.get("CRMCLEAN_CONFIG") else None)
    if named is not None:
        if _is_file(named):
            return named
        raise ConfigError(
            N_("there is no such config file"),
            where=str(named),
            fix=N_("check --config and $CRMCLEAN_CONFIG"),
        )
    places = [folder, *folder.parents, *_user_folder()]
    found = next((p / FILE_NAME for p in places if _is_file(p / FILE_NAME)), None)
    if found is not None and _is_planted(found):
        raise ConfigError(
            N_("this config belongs to another user"),
            where=str(found),
            fix=N_("name it with --config if you trust it, or work in another folder"),
        )
    return found


def load_config(path: Path | None) -> Config:
    """Read the config file at `path`; without one, all defaults. Raises ConfigError."""
    if path is None:
        return Config()
    document = _document(path, _text(path))
    found = (
        *config_problems(document),
        *planning_problems(document),
        *matching_problems(document),
        *audit_problems(document),
        *policy_problems(document),
        *notice_problems(document),
        *retention_problems(document),
        *brand_problems(document, path.absolute().parent),
    )
    problems = list(dict.fromkeys(found))
    if problems:
        raise ConfigError(
            N_("{problems}"),
            where=str(path),
            fix=N_("mend the file; README shows an example"),
            problems="; ".join(problems),
        )
    return _config(document, path.absolute().parent)


def _user_folder() -> list[Path]:
    try:
        return [Path(platformdirs.user_config_dir("crmclean"))]
    except RuntimeError:  # a user without a home, as some services have
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a folder that we may not look into, a name with NUL
        return False


def _is_planted(path: Path) -> bool:
    """Tell whether a stranger put the file there: it says where a token is sent to.

    Whoever owns the folder may have a config in it; /tmp and its like are root's.
    """
    geteuid = getattr(os, "geteuid", None)
    if geteuid is None:
        return False
    trusted = (geteuid(), 0, path.parent.stat().st_uid)
    return path.stat().st_uid not in trusted


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    if len(content) > MAX_BYTES:
        raise ConfigError(
            N_("too large for a config"),
            where=str(path),
            fix=N_("check --config and $CRMCLEAN_CONFIG"),
        )
    return _decoded(path, content)


def _decoded(path: Path, content: bytes) -> str:
    fix = N_("save the file as UTF-8 in your editor")
    if content.startswith(_UTF16_BOMS):
        raise ConfigError(N_("the file is UTF-16"), where=str(path), fix=fix)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(N_("the file is not UTF-8"), where=f"{path}:{line}", fix=fix) from error


def _document(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        at = _AT.search(str(error))
        reason = _AT.sub("", str(error)).strip().rstrip(".")
        if isinstance(error, RecursionError):
            reason = tr(N_("nested too deep"))
        raise ConfigError(
            N_("this is not TOML ({reason})"),
            where=f"{path}:{at[1]}:{at[2]}" if at else str(path),
            fix=N_("mend the file; README shows an example"),
            reason=reason if len(reason) <= 80 else reason[:79] + "…",
        ) from error


def _config(document: Mapping[str, Any], folder: Path) -> Config:
    plain = {k: document[k] for k in ("lang", "timezone") if k in document}
    return Config(
        **plain,
        phone=_section(Phone, document.get("phone", {})),
        checks=_section(Checks, document.get("checks", {})),
        survivorship=_section(Survivorship, document.get("survivorship", {})),
        plan=_section(Planning, document.get("plan", {})),
        match=read_matching(document),
        regulation=read_regulations(document),
        manual=dict(document.get("manual", {})),
        report=read_brand(document, folder),
        policies=read_policies(document, folder),
        notify=read_targets(document, folder),
        retention=read_retention(document),
        profiles={
            name: _section(Profile, _settled(facts, folder))
            for name, facts in document.get("profiles", {}).items()
        },
    )


def _settled(facts: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a profile's settings in one spelling, whatever folder the command runs in."""
    settled = dict(facts)
    if "url" in settled:
        settled["url"] = normal_address(settled["url"])
    for key in ("token", "client_secret"):
        if key in settled:
            settled[key] = absolute_place(settled[key], folder)
    return settled


def _section(kind: type[V], facts: Mapping[str, Any]) -> V:
    # The file was checked key by key: what is left are the fields of `kind`.
    values: dict[str, Any] = {("with_" if k == "with" else k): v for k, v in facts.items()}
    for key, value in values.items():
        values[key] = tuple(value) if isinstance(value, list) else value
    return kind(**values)
