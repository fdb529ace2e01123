"""Find crmclean.toml and read it into a Config.

Searched in this order: the path given, $CRMCLEAN_CONFIG, the working directory and its
parents, the user's config folder. Unknown keys are errors with a suggestion, and all
that is wrong in a file is said at once.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs

from dedupe.errors import ConfigError
from dedupe.language import N_, tr

from .values import ALLOWED, Checks, Config, Phone, Profile

FILE_NAME = "crmclean.toml"
V = TypeVar("V", Phone, Checks, Profile)


def find_config(path: Path | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """Return the config file in force, None when there is none.

    Raises ConfigError when the file that was named is not there.
    """
    named = path or (Path(environ["CRMCLEAN_CONFIG"]) if environ.get("CRMCLEAN_CONFIG") else None)
    if named is not None:
        if named.is_file():
            return named
        raise ConfigError(
            N_("there is no such config file"),
            where=str(named),
            fix=N_("check --config and $CRMCLEAN_CONFIG"),
        )
    places = [folder, *folder.parents, Path(platformdirs.user_config_dir("crmclean"))]
    return next((p / FILE_NAME for p in places if (p / FILE_NAME).is_file()), None)


def load_config(path: Path | None) -> Config:
    """Read the config file at `path`; without one, all defaults. Raises ConfigError."""
    if path is None:
        return Config()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            N_("this is not TOML ({reason})"),
            where=str(path),
            fix=N_("mend the file; README shows an example"),
            reason=str(error).rstrip("."),
        ) from error
    except OSError as error:
        raise ConfigError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=N_("check the path and its rights"),
            reason=(error.strerror or "").lower(),
        ) from error
    problems = list(_problems(document))
    if problems:
        raise ConfigError(
            N_("{problems}"),
            where=str(path),
            fix=N_("mend the file; README shows an example"),
            problems="; ".join(problems),
        )
    return _config(document)


def _config(document: Mapping[str, Any]) -> Config:
    plain = {k: document[k] for k in ("lang", "timezone") if k in document}
    return Config(
        **plain,
        phone=_section(Phone, document.get("phone", {})),
        checks=_section(Checks, document.get("checks", {})),
        profiles={
            name: _section(Profile, facts) for name, facts in document.get("profiles", {}).items()
        },
    )


def _section(kind: type[V], facts: Mapping[str, Any]) -> V:
    # The file was checked key by key: what is left are the fields of `kind`.
    values: dict[str, Any] = {("with_" if k == "with" else k): v for k, v in facts.items()}
    for key, value in values.items():
        values[key] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield, in the reader's language, everything that is wrong with `document`."""
    yield from _key_problems("", document, Config)
    for name, kind in (("phone", Phone), ("checks", Checks)):
        yield from _section_problems(name, document.get(name, {}), kind)
    profiles = document.get("profiles", {})
    for name, facts in profiles.items() if isinstance(profiles, dict) else ():
        yield from _section_problems(f"profiles.{name}", facts, Profile)
        if isinstance(facts, dict):
            yield from _profile_problems(f"profiles.{name}", facts)
    zone = document.get("timezone")
    if isinstance(zone, str) and not _is_zone(zone):
        yield tr(N_("timezone: no such time zone: {zone}"), zone=zone)


def _section_problems(where: str, facts: object, kind: type) -> Iterator[str]:
    if isinstance(facts, dict):
        yield from _key_problems(f"{where}.", facts, kind)
    else:
        yield tr(N_("{where}: a section [{where}] is meant"), where=where)


def _key_problems(prefix: str, facts: Mapping[str, Any], kind: type) -> Iterator[str]:
    known = {("with" if f.name == "with_" else f.name): f for f in dataclasses.fields(kind)}
    for key, value in facts.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
            yield tr(N_("{key}: unknown setting{hint}"), key=prefix + key, hint=hint)
        elif key in ALLOWED and value not in ALLOWED[key]:
            choices = ", ".join(ALLOWED[key])
            yield tr(N_("{key}: one of {choices} is meant"), key=prefix + key, choices=choices)
        elif not _fits(value, str(known[key].type)):
            yield tr(N_("{key}: a value of another type is meant"), key=prefix + key)


def _profile_problems(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
    if "crm" not in facts:
        yield tr(N_("{key}: missing"), key=f"{where}.crm")
    url = facts.get("url")
    if isinstance(url, str) and not _is_safe(url):
        yield tr(N_("{key}: https is required except for loopback"), key=f"{where}.url")
    for key in ("token", "client_secret"):
        place = facts.get(key)
        if isinstance(place, str) and not _is_place(place):
            yield tr(N_("{key}: env:NAME, file:PATH or keyring is meant"), key=f"{where}.{key}")


def _is_place(text: str) -> bool:
    kind, colon, name = text.partition(":")
    return text == "keyring" or (bool(colon and name.strip()) and kind in ("env", "file"))


def _fits(value: object, annotation: str) -> bool:
    if annotation.startswith("tuple"):
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if annotation.startswith("str"):
        return isinstance(value, str)
    return isinstance(value, dict)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    is_loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback)
