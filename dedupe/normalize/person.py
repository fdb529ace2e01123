"""A person's name in any order and spelling, as parts: `parse_person`.

The patronymic is the anchor, dictionaries tell given names from surnames, and what is no
name (a role, a phone, a remark in brackets) is cut off and kept in `extra`. A name that
nobody knows keeps its words, with little confidence. Spelling is made canonical (capitals,
one alphabet); "ё", short forms and transliterations stay as they were typed.

>>> parse_person("ИВАНОВА мария П. (бухгалтер)")  # doctest: +ELLIPSIS
PersonName(given='Мария', surname='Иванова', patronymic=None, given_initial='М', ...)
>>> person_key(parse_person("Саша Петрова")) == person_key(parse_person("PETROVA ALEXANDRA"))
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .given_names import full_names, gender_of_names, likely, narrow
from .person_roles import read_roles
from .person_text import split_person
from .person_tokens import Token, patronymic_gender
from .skeleton import skeleton
from .surnames import surname_gender, surname_key


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """The parts of a person's name, in canonical case.

    An initial is there whenever its part is known, as a word or as the initial alone.
    `given_names` are the full names that the given one may stand for, `extra` is what was
    cut off, `order` the roles as they stood (G S P words, g s p initials), `confidence`
    runs from 0 to 1. Flags: layout, homoglyph, transliterated, swapped (an unusual order).
    """

    given: str | None = None
    surname: str | None = None
    patronymic: str | None = None
    given_initial: str | None = None
    surname_initial: str | None = None
    patronymic_initial: str | None = None
    given_names: frozenset[str] = frozenset()
    gender: str | None = None
    extra: tuple[str, ...] = ()
    order: str = ""
    confidence: float = 0.0
    flags: frozenset[str] = frozenset()

    @property
    def surname_key(self) -> str:
        """Return the key of the surname: blind to gender, script and spelling; "" without one."""
        return surname_key(self.surname) if self.surname else ""

    @property
    def given_key(self) -> str:
        """Return the key of the given name's possible full names; "" without one."""
        return given_key(self.given, self.gender) if self.given else ""


def parse_person(text: str) -> PersonName:
    """Read the parts of a person's name out of what was typed."""
    tokens, extra = split_person(text)
    reading = read_roles(tuple(token.word_class for token in tokens))
    at = {role: i for i, role in enumerate(reading.roles) if role != "x"}
    given, surname, patronymic = (tokens[at[role]].text if role in at else None for role in "GSP")
    initials = [_initial(tokens, at, role) for role in "GSP"]
    gender = gender_of_parts(given, surname, patronymic)
    return PersonName(
        given=given,
        surname=surname,
        patronymic=patronymic,
        given_initial=initials[0],
        surname_initial=initials[1],
        patronymic_initial=initials[2],
        given_names=possible_names(given, gender) if given else frozenset(),
        gender=gender,
        extra=(*extra, *_remarks(tokens, reading.roles)),
        order="".join(at),
        confidence=reading.confidence,
        flags=_flags(tokens, at),
    )


def render_person(name: PersonName) -> str:
    """Write a name's parts in canonical spelling, in the order they were typed in."""
    texts = {
        "G": name.given,
        "S": name.surname,
        "P": name.patronymic,
        "g": f"{name.given_initial}.",
        "s": f"{name.surname_initial}.",
        "p": f"{name.patronymic_initial}.",
    }
    return " ".join(texts[role] or "" for role in name.order)


def person_key(name: PersonName) -> str:
    """Return a key that groups the spellings of one name, for candidates and counts.

    It is made of the surname's key and the given name's: blind to order, case, script,
    gendered endings and short forms (a form of several names stands for all of them, so
    that Саша Петренко and Александр Петренко differ: compare `given_names` for that). The
    patronymic counts only where there is no surname, since most cards leave it out. "" is
    a name of which nothing was read.
    """
    patronymic = skeleton(name.patronymic) if name.patronymic else ""
    return join_key(name.surname_key, name.given_key, patronymic, name.given_initial or "")


def join_key(surname: str, given: str, patronymic: str, initial: str) -> str:
    """Put a person's key together from its parts' keys; "" is a part that isn't known."""
    first = given or (f"{skeleton(initial)}." if initial else "")
    if surname:
        return f"{surname} {first}".rstrip()
    rest = " ".join(part for part in (first, patronymic) if part)
    return f"- {rest}" if rest else ""


def given_key(given: str, gender: str | None) -> str:
    """Return a key of a given name: the skeletons of the full names it is likely to stand for.

    A full name stands for itself, though it may be a form of another (Вера, Алёна).
    """
    own = skeleton(given)
    keys = {skeleton(full) for full in likely(possible_names(given, gender))}
    return own if "-" in given or own in keys else "|".join(sorted(keys))


def possible_names(given: str, gender: str | None) -> frozenset[str]:
    """Return the full names behind a given one; an unknown one stands for itself."""
    return narrow(full_names(given), gender) or frozenset({given})


def gender_of_parts(given: str | None, surname: str | None, patronymic: str | None) -> str | None:
    """Tell the gender: the patronymic knows best, then a given name of one gender."""
    if patronymic:
        return patronymic_gender(patronymic)
    own = gender_of_names(full_names(given)) if given else None
    return own or (surname_gender(surname) if surname else None)


def _initial(tokens: Sequence[Token], at: dict[str, int], role: str) -> str | None:
    if role.lower() in at:
        return tokens[at[role.lower()]].text.title()
    return tokens[at[role]].text[:1].title() if role in at else None


def _remarks(tokens: Sequence[Token], roles: str) -> list[str]:
    """Return the words that are no part of the name, neighbors together."""
    remarks: list[str] = []
    for i, (token, role) in enumerate(zip(tokens, roles, strict=True)):
        if role == "x":
            is_next = remarks and i and roles[i - 1] == "x"
            remarks[-1:] = [f"{remarks[-1]} {token.raw}"] if is_next else [*remarks[-1:], token.raw]
    return remarks


def _flags(tokens: Sequence[Token], at: dict[str, int]) -> frozenset[str]:
    flags = frozenset[str]().union(*(tokens[i].flags for i in at.values()))
    words = "".join(role for role in at if role.isupper())
    return flags | {"swapped"} if words in ("PG", "GSP", "PSG", "PGS", "SPG") else flags
