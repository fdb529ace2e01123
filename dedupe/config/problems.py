"""Everything that is wrong with a config, key by key, in the reader's language.

A problem names the key and what is meant, never the value: it may be a secret.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dedupe.language import N_, tr

from .addresses import address_problem
from .places import is_secretive, read_place
from .reporting import Brand
from .values import ALLOWED, CRMS, EXTRAS, Checks, Config, Phone, Profile

_SECRET_KEYS = re.compile(r"(access|refresh|api|auth|bearer)?_?(token|key|secret|password|webhook)")
_OAUTH = ("client_id", "client_secret", "redirect_uri")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_NAME = re.compile(r"[\w][\w.-]{0,63}")
_MAX_NAME_BYTES = 120  # leaves room in a path of 255 bytes
_SHOWN = 40
_OWN = ("regulation", "manual", "policies", "notify", "retention")  # modules of their own


def config_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with `document`."""
    yield from _key_problems("", document, Config)
    for name, kind in (("phone", Phone), ("checks", Checks), ("report", Brand)):
        yield from _section_problems(name, document.get(name, {}), kind)
    profiles = document.get("profiles", {})
    if isinstance(profiles, dict):
        yield from _name_problems(profiles)
        for name, facts in profiles.items():
            where = f"profiles.{_shown(name)}"
            yield from _section_problems(where, facts, Profile)
            if isinstance(facts, dict):
                yield from _profile_problems(where, facts)
    zone = document.get("timezone")
    if isinstance(zone, str) and not _is_zone(zone):
        yield tr(N_("timezone: no such time zone: {zone}"), zone=_shown(zone))


def name_problem(name: str) -> str | None:
    """Tell why `name` can't be a profile's: it is also the name of the account's folder."""
    if (
        not _NAME.fullmatch(name)
        or name.endswith(".")
        or _RESERVED.fullmatch(name)
        or len(name.encode("utf-8", "replace")) > _MAX_NAME_BYTES
    ):
        return tr(
            N_("{name}: a profile's name is up to 64 letters, digits and - _ . in between"),
            name=_shown(name),
        )
    return None


def folded_name(name: str) -> str:
    """Return what a file system that ignores case and spelling takes `name` for."""
    return unicodedata.normalize("NFKC", name).casefold()


def _name_problems(profiles: Mapping[str, Any]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name in profiles:
        problem = name_problem(name)
        if problem is not None:
            yield f"profiles.{problem}"
        other = seen.setdefault(folded_name(name), name)
        if other != name:
            yield tr(
                N_("profiles.{name}: would share its folder with profiles.{other}; rename one"),
                name=_shown(name),
                other=_shown(other),
            )


def _section_problems(where: str, facts: object, kind: type) -> Iterator[str]:
    if isinstance(facts, dict):
        yield from _key_problems(f"{where}.", facts, kind)
    else:
        yield tr(N_("{where}: a section [{where}] is meant"), where=where)


def _key_problems(prefix: str, facts: Mapping[str, Any], kind: type) -> Iterator[str]:
    known = {("with" if f.name == "with_" else f.name): f for f in dataclasses.fields(kind)}
    for key, value in facts.items():
        where = prefix + _shown(key)
        if key not in known:
            yield _unknown_key(where, key, value, list(known))
        elif key in ALLOWED and value not in ALLOWED[key]:
            choices = ", ".join(ALLOWED[key])
            yield tr(N_("{key}: one of {choices} is meant"), key=where, choices=choices)
        elif key not in _OWN and not _fits(value, str(known[key].type)):
            meant = _meant(str(known[key].type))
            yield tr(N_("{key}: {meant} is meant"), key=where, meant=meant)
        elif _is_secret(key, value):
            yield tr(N_("{key}: this looks like a secret"), key=where)


def _unknown_key(where: str, key: str, value: object, known: list[str]) -> str:
    if _SECRET_KEYS.fullmatch(key.lower()) and isinstance(value, str):
        return tr(
            N_("{key}: secrets do not belong in the config; token names the place of one"),
            key=where,
        )
    near = get_close_matches(key[:_SHOWN], known, n=1)
    hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
    return tr(N_("{key}: unknown setting{hint}"), key=where, hint=hint)


def _is_secret(key: str, value: object) -> bool:
    texts = value if isinstance(value, list) else [value]
    places = ("token", "client_secret", "client_id")  # these have rules of their own
    return key not in places and any(isinstance(t, str) and is_secretive(t) for t in texts)


def _profile_problems(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
    crm = facts.get("crm")
    if crm is None:
        yield tr(N_("{key}: missing"), key=f"{where}.crm")
    if crm in CRMS:
        needed = "path" if crm == "files" else "url"
        if needed not in facts:
            yield tr(N_("{key}: missing"), key=f"{where}.{needed}")
    url = facts.get("url")
    problem = address_problem(str(crm), url) if isinstance(url, str) else None
    if problem is not None:
        yield f"{where}.url: {problem}"
    for key in ("token", "client_secret"):
        place = facts.get(key)
        if isinstance(place, str) and read_place(place) is None:
            yield tr(
                N_(
                    "{key}: env:NAME, file:PATH, credential:NAME or keyring is meant, the place of "
                    "the secret"
                ),
                key=f"{where}.{key}",
            )
    yield from _oauth_problems(where, facts)
    yield from _choice_problems(where, facts)


def _oauth_problems(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
    if not any(key in facts for key in _OAUTH):
        return
    for key in _OAUTH:
        if key not in facts:
            yield tr(N_("{key}: missing; OAuth needs it"), key=f"{where}.{key}")
    if "token" in facts:
        yield tr(
            N_("{key}: either a token or client_id with client_secret, not both"),
            key=f"{where}.token",
        )
    client_id = facts.get("client_id")
    if isinstance(client_id, str) and not (client_id.isascii() and client_id.isprintable()):
        yield tr(N_("{key}: the integration's id is meant"), key=f"{where}.client_id")


def _choice_problems(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
    extras = facts.get("with")
    for extra in extras if isinstance(extras, list) else ():
        if isinstance(extra, str) and extra not in EXTRAS:
            choices = ", ".join(EXTRAS)
            yield tr(N_("{key}: one of {choices} is meant"), key=f"{where}.with", choices=choices)
    zone = facts.get("timezone")
    if isinstance(zone, str) and not _is_zone(zone):
        yield tr(N_("{key}: no such time zone: {zone}"), key=f"{where}.timezone", zone=_shown(zone))


def _fits(value: object, annotation: str) -> bool:
    if annotation.startswith("tuple"):
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if annotation.startswith("str"):
        return isinstance(value, str)
    return isinstance(value, dict)


def _meant(annotation: str) -> str:
    if annotation.startswith("tuple"):
        return tr(N_("a list of texts in quotes"))
    if annotation.startswith("str"):
        return tr(N_("a text in quotes"))
    return tr(N_("a section"))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _shown(text: str) -> str:
    """Return `text` as a message may hold it: short, on one line, no secret."""
    line = "".join(c if c.isprintable() else "?" for c in text)
    if is_secretive(line):
        return "…"
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
