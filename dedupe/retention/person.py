"""A person to be forgotten: their cards, and the numbers and addresses that say who they are.

A number is told by its last ten digits, whatever stands between them and whatever country code
or trunk prefix before them; an address by its letters in any case. Names are no such mark: other
people have them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from dedupe.errors import InputError
from dedupe.language import N_

MARK = "[forgotten]"
DIGITS = 10  # with the area code: fewer would be found in any long number
_GAP = r"[^0-9A-Za-zА-Яа-яЁё@\[\]{}]{0,3}"
_BETWEEN = r"[^0-9A-Za-zА-Яа-яЁё@\[\]{}]"
_EMAIL = re.compile(r"[^\s@,;<>\"'()\[\]{}]+@[^\s@,;<>\"'()\[\]{}]+\.[^\s@,;<>\"'()\[\]{}.]+")
_NUMBER = re.compile(r"\+?\d(?:[^0-9A-Za-zА-Яа-яЁё@\[\]{}]{0,3}\d){9,14}")


@dataclass(frozen=True)
class Marks:
    """What to search for: cores of numbers (ten digits) and addresses in small letters."""

    numbers: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Tell whether there is anything to search for."""
        return bool(self.numbers or self.emails)

    def union(self, *others: Marks) -> Marks:
        """Return all of them."""
        return Marks(
            self.numbers.union(*(each.numbers for each in others)),
            self.emails.union(*(each.emails for each in others)),
        )

    def __sub__(self, other: Marks) -> Marks:
        """Return what the other does not have."""
        return Marks(self.numbers - other.numbers, self.emails - other.emails)

    def in_column(self, name: str) -> pl.Expr:
        """Return whether each text of a column holds one of them; null where it is null.

        Numbers are searched for in what is left without the marks between digits: a regular
        expression of a hundred spellings would be larger than polars takes.
        """
        held = [pl.lit(value=False)]
        if self.numbers:
            digits = pl.col(name).str.replace_all(_BETWEEN, "")
            held.append(digits.str.contains_any(sorted(self.numbers)))
        held += [pl.col(name).str.contains(address) for address in self._addresses()]
        return pl.any_horizontal(held)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the marks as a regular expression of Python's."""
        return re.compile("|".join([*self._parts(), *self._addresses()]))

    def are_in(self, text: str) -> bool:
        """Tell whether a text holds one of them."""
        return bool(self) and self.pattern.search(text) is not None

    def masked(self, text: str) -> str:
        """Return the text with each of them replaced by a mark."""
        return self.pattern.sub(MARK, text) if self else text

    def _parts(self) -> Iterator[str]:
        for core in sorted(self.numbers):
            yield rf"(?:\+?[0-9]{{1,3}}{_GAP})?" + _GAP.join(core)

    def _addresses(self) -> Iterator[str]:
        for address in sorted(self.emails):
            yield rf"(?i:\b{re.escape(address)}\b)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who is to be forgotten, as the user says it: by a number, an address or a card's id."""

    marks: Marks
    refs: frozenset[tuple[str, str]] = frozenset()


def read_wanted(phone: str | None, email: str | None, card: str | None) -> Wanted:
    """Return who is meant. Raises InputError; no message repeats the number or the address."""
    numbers, emails = frozenset[str](), frozenset[str]()
    if phone is not None:
        core = number_core(phone)
        if core is None:
            raise InputError(
                N_("a whole number is meant, with its area code"),
                where="--phone",
                fix=N_("write at least ten digits, such as +79001234567"),
            )
        numbers = frozenset({core})
    if email is not None:
        if _EMAIL.fullmatch(email.strip()) is None:
            raise InputError(
                N_("an e-mail address is meant"), where="--email", fix=N_("write it whole")
            )
        emails = frozenset({email.strip().lower()})
    refs = frozenset({_ref(card)} if card is not None else ())
    return Wanted(marks=Marks(numbers, emails), refs=refs)


def number_core(text: str) -> str | None:
    """Return the ten digits that tell a number; None where it has fewer.

    >>> number_core("8 (900) 123-45-67"), number_core("+7 900 1234567"), number_core("123-45-67")
    ('9001234567', '9001234567', None)
    """
    digits = "".join(c for c in text if c.isdecimal() and c.isascii())
    return digits[-DIGITS:] if DIGITS <= len(digits) <= 15 else None


def marks_in(texts: Iterable[str]) -> Marks:
    """Return all numbers and addresses that stand in some texts.

    >>> sorted(marks_in(["8 900 123-45-67, 8 900 765 43 21", "A@b.ru"]).numbers)
    ['9001234567', '9007654321']
    """
    numbers: set[str] = set()
    emails: set[str] = set()
    for text in texts:
        emails |= {found.lower() for found in _EMAIL.findall(text)}
        for part in re.split(r"[,;/\n]", text):
            for found in _NUMBER.findall(part):
                core = number_core(found)
                if core is not None:
                    numbers.add(core)
    return Marks(frozenset(numbers), frozenset(emails))


def _ref(text: str) -> tuple[str, str]:
    entity, slash, id_ = text.strip().partition("/")
    if entity not in ("contact", "company") or not slash or not id_.isalnum():
        raise InputError(
            N_("a card is meant, such as contact/12345"),
            where="--id",
            fix=N_("write contact or company, a slash and the id"),
        )
    return entity, id_
