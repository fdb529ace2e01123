"""Given names: the full names that may stand behind a form, and their gender.

A form is evidence for every full name it is short for (Саша: Александр or Александра);
two names are compared by the intersection of their sets, and nothing is ever replaced.
Spelling variants (Наталья, Наталия) and the names' Ukrainian, Belarusian and Latin forms
stand under one full name. A name of the shipped dictionary without known forms stands for
itself; a word that is no known name has an empty set.

>>> sorted(full_names("Саша")), sorted(full_names("Oleksandr")), full_names("стол")
(['Александр', 'Александра'], ['Александр'], frozenset())
>>> gender_of("Наташа"), gender_of("Саша")
('f', None)
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from .person_tables import DATA, fold_yo, likelihoods, read_table
from .scripts import fold_homoglyphs
from .skeleton import skeleton

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u02bc`\u00b4", "'"))
Names = frozenset[str]
_RARE, _FAR_RARER = -20, 7  # bits
_NO_NAMES: Names = frozenset()


@dataclass(frozen=True, slots=True)
class _Index:
    forms: Mapping[str, Names]  # a form as it is written
    by_skeleton: Mapping[str, Names]  # the same, blind to script and spelling
    genders: Mapping[str, str]  # m, f or u (either) of full names
    listed: Names  # the forms of our own list


def full_names(short: str) -> Names:
    """Return the full given names that `short` may stand for, itself among them."""
    return _full_names(_key(short))


def gender_of(name: str) -> str | None:
    """Return "m" or "f", or None where the name may be either or isn't known."""
    return gender_of_names(full_names(name))


def gender_of_names(names: Iterable[str]) -> str | None:
    """Return the gender that all of some full names share."""
    genders = _index().genders
    found = {genders.get(name, "u") for name in names}
    return found.pop() if found in ({"m"}, {"f"}) else None


def narrow(names: Names, gender: str | None) -> Names:
    """Keep the full names of a gender; all of them where that would leave none."""
    if gender is None or len(names) < 2:
        return names
    genders = _index().genders
    return frozenset(name for name in names if genders.get(name, "u") in (gender, "u")) or names


def likely(names: Names) -> Names:
    """Drop the full names that are rare beside another (Катя is seldom Катарина)."""
    if len(names) < 2:
        return names
    known = likelihoods("given_names")
    bits = {name: known.get(_key(name), _RARE) for name in names}
    return frozenset(name for name in names if bits[name] >= max(bits.values()) - _FAR_RARER)


def is_short(name: str) -> bool:
    """Tell whether a known form is not a full name itself."""
    key = _key(name)
    return all(_key(full) != key for full in _full_names(key))


def listed_forms() -> Names:
    """Return every form of our own list, in lower case with "е" for "ё"."""
    return _index().listed


def known_forms() -> Mapping[str, Names]:
    """Return every known form, in lower case with "е" for "ё", and what it may stand for."""
    return _index().forms


def known_skeletons() -> Mapping[str, Names]:
    """Return the skeletons of known forms, and what they may stand for."""
    return _index().by_skeleton


@lru_cache(maxsize=1 << 16)
def _full_names(key: str) -> Names:
    names = _of_parts(key) if "-" in key else _NO_NAMES
    names = names or _index().forms.get(key, _NO_NAMES)
    if names:
        return names
    found = skeleton(key)
    return _index().by_skeleton.get(found, _NO_NAMES) if len(found) > 1 else _NO_NAMES


def _of_parts(key: str) -> Names:
    """Return the sets of a double name's parts, and the whole; nothing if a part is unknown."""
    parts = [_full_names(part) for part in key.split("-")]
    if not all(parts):
        return _NO_NAMES
    # A part may be left out in speech, so that each is evidence.
    return frozenset().union(*parts, [_titled(key)])


def _key(name: str) -> str:
    low = fold_homoglyphs(name.strip()).lower().translate(_APOSTROPHES)
    return fold_yo(low)


def _titled(key: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in key.split("-"))


@cache
def _index() -> _Index:
    forms: dict[str, set[str]] = {}
    genders: dict[str, str] = {}
    for full, gender, *columns in _read_forms():
        genders[full] = gender
        for form in (full, *" ".join(columns).split()):
            forms.setdefault(_key(form), set()).add(full)
    _add_homonyms(forms)
    listed = frozenset(forms)
    for name, gender in read_table("given_names").select("name", "gender").iter_rows():
        if name not in forms:
            forms[name] = {_spellings().get(skeleton(name)) or _titled(name)}
            genders.setdefault(_titled(name), gender)
    by_skeleton: dict[str, set[str]] = {}
    # A full name's skeleton is read as that name, not as a short form's (Юлия, Юля).
    fulls = {skeleton(full): full for full in genders}
    for form, names in forms.items():
        short = skeleton(form)
        is_meant = short not in fulls or _key(fulls[short]) == form
        if is_meant and not form.isascii():
            by_skeleton.setdefault(short, set()).update(names)
    return _Index(_frozen(forms), _frozen(by_skeleton), genders, listed)


def _add_homonyms(forms: dict[str, set[str]]) -> None:
    """Let a Latin form that transliterates a Cyrillic one stand for all that it does (Vasya)."""
    for full, _, *columns in _read_forms():
        own = [_key(form) for form in (full, *" ".join(columns).split())]
        for latin in filter(str.isascii, own):
            same = [form for form in own if form != latin and skeleton(form) == skeleton(latin)]
            # The full name itself is meant before a short form with its skeleton (Юлия, Юля).
            for form in same[:1] if same[:1] == own[:1] else same:
                forms[latin] |= forms[form]


@cache
def _spellings() -> dict[str, str]:
    """Return the full names of the forms' table by skeleton, where it is one name's only."""
    found: dict[str, list[str]] = {}
    for full, *_ in _read_forms():
        found.setdefault(skeleton(full), []).append(full)
    return {key: names[0] for key, names in found.items() if len(names) == 1}


@cache
def _read_forms() -> list[list[str]]:
    with (DATA / "given_forms.tsv").open(encoding="utf-8", newline="") as lines:
        rows = (line for line in lines if not line.startswith("#"))
        return list(csv.reader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, Names]:
    return {key: frozenset(names) for key, names in sets.items()}
