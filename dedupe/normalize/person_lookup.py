"""How likely a word is as a given name, a surname and a patronymic: tables, then endings.

Bits are even where a table knows the word (or its skeleton) and odd where only the ending
speaks; 0 is unknown.

>>> look_up("иванов").surname, look_up("иванов").given
(-8, 0)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from . import person_words as words
from .given_names import full_names, is_short, listed_forms
from .person_tables import fold_yo, likelihoods, likelihoods_by_skeleton
from .skeleton import skeleton
from .surnames import masculine, surname_key


class Likelihoods(NamedTuple):
    """The bits of a word in the three roles."""

    given: int = 0
    surname: int = 0
    patronymic: int = 0


NOTHING = Likelihoods()
_LISTED_NAME, _LISTED_FORM = -12, -14  # the least that our own list of names is worth
_SURNAME_BITS, _PATRONYMIC_BITS, _FATHERS_BITS, _UNLIKELY_BITS = -21, -19, -13, -25
_MISSPELT = -4  # what a way by the skeleton costs a word that should have been known
_SLIP = 12
_SHORTEST_SKELETON = 4

_PATRONYMIC = re.compile(
    r"..(?:[оеё]вич|йович|[аеэ]віч|[іїоеё]вна|[аея]ўна|инична)$|...(?:ична|ьич|[аеи]ич)$|..[нлрмт]ыч$"
)
_FATHERS = re.compile(r"...(?:ұлы|қызы|улы|уулу|кызы|кизи|гызы|оглы|оглу|угли|огли)$")
_PATRONYMIC_KEY = re.compile(r"..(?:ович|евич|овна|евна|ивна|инична)$")
_FATHERS_KEY = re.compile(r"...(?:кизи|гизи|оглу|огли|угли)$")
_SURNAME = re.compile(
    r"^[оo]'...|..(?:[оеё]ва?|[аеоя]ў|[иы]на?|[сц]к(?:ий|ая|ой|і)|[сцз]ьк(?:ий|а)|[иы]х|енко|[ая]нка|чук|юк|"
    r"ян|янц|швили|дзе|заде|иани|ава|[ео]вич|[еэ]віч|инич|ейко|берг|штейн|[иыо]й|ая|[чщн]ик|ец)$"
)
_SURNAME_KEY = re.compile(r"..(?:[ое]ва?|ина?|[сц]ки|[сц]кая|енко|чук|юк|ян|швили|дзе|заде|ович)$")


def look_up(low: str) -> Likelihoods:
    """Return the likelihoods of a lower-case word with "е" for "ё", in any script."""
    if " " in low:
        return _of_phrase(low)
    found = _without_slips(_of_key(low, 0) if low.isascii() else _exact(low))
    if not any(found) and "-" in low:
        found = _of_parts(low)
    if not any(found) and not low.isascii():
        found = _of_key(low, _MISSPELT)
    return found if any(found) else _by_ending(low)


def is_in_tables(low: str) -> bool:
    """Tell whether a table has the word just as it is spelled."""
    return any(_exact(low)) or (low.isascii() and low in listed_forms())


def _of_phrase(low: str) -> Likelihoods:
    """Judge a word with its particle: Вагиф оглы, фон Берг."""
    *_, last = low.split(" ")
    if last in words.AFTER:
        return Likelihoods(patronymic=_FATHERS_BITS)
    return Likelihoods(surname=look_up(last).surname or _SURNAME_BITS)


def _exact(low: str) -> Likelihoods:
    own = likelihoods("given_names").get(low, 0)
    surname = likelihoods("surnames").get(fold_yo(masculine(low)), 0)
    patronymic = likelihoods("patronymics").get(low, 0)
    if surname and not patronymic and _PATRONYMIC.search(low):
        patronymic = _UNLIKELY_BITS  # Григорович is a surname, and Ukrainian for Григорьевич
    return Likelihoods(_listed(low, own), surname, patronymic)


def _without_slips(found: Likelihoods) -> Likelihoods:
    """Forget the few who wrote a frequent given name into the source's column of surnames."""
    is_slip = found.given and found.surname and found.given - found.surname >= _SLIP
    return found._replace(surname=0) if is_slip else found


def _listed(low: str, own: int) -> int:
    if low not in listed_forms():
        return own
    floor = _LISTED_FORM if is_short(low) else _LISTED_NAME
    return max(own, floor) if own else floor


def _of_key(low: str, cost: int) -> Likelihoods:
    key = skeleton(low)
    if len(key) < (_SHORTEST_SKELETON if cost else 2):
        return NOTHING
    given = likelihoods_by_skeleton("given_names").get(key, 0)
    given = given or (_LISTED_FORM if full_names(low) else 0)
    surname = likelihoods_by_skeleton("surnames").get(surname_key(low), 0)
    patronymic = likelihoods_by_skeleton("patronymics").get(key, 0)
    bits = (_listed(low, given), surname, patronymic)
    return Likelihoods(*(each + cost if each else 0 for each in bits))


def _of_parts(low: str) -> Likelihoods:
    """Judge a double name by its parts: given if all are, a surname if one is."""
    parts = [part for part in low.split("-") if part]
    if parts[-1:] and parts[-1] in words.AFTER:
        return Likelihoods(patronymic=_FATHERS_BITS)
    found = [look_up(part) for part in parts]
    givens = [each.given for each in found]
    given = min(givens) if givens and all(givens) else 0
    surnames = [each.surname for each in found if each.surname]
    return Likelihoods(given, max(surnames, default=0))


def _by_ending(low: str) -> Likelihoods:
    key = skeleton(low)
    is_fathers = _FATHERS.search(low) or _FATHERS_KEY.search(key)
    is_patronymic = _PATRONYMIC.search(low) or _PATRONYMIC_KEY.search(key)
    is_surname = _SURNAME.search(low) or _SURNAME_KEY.search(key)
    return Likelihoods(
        surname=_SURNAME_BITS if is_surname else 0,
        patronymic=_FATHERS_BITS if is_fathers else _PATRONYMIC_BITS if is_patronymic else 0,
    )
