"""Which word of a person's name is what: the likeliest reading of a row of words.

A word comes as a `TokenClass`: its kind and its likelihood as a given name, a surname and a
patronymic, in bits. A reading gives every word a role, and weighs the likelihoods plus a
prior for the shape of the whole. The patronymic is the anchor: the given name stands
before it. Equal readings go to the one with the given name first. As classes are few,
the readings of a million names are the readings of some thousand rows of classes.

Roles, one sign per word: G S P given name, surname, patronymic; g s p their initials; x
cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from operator import itemgetter
from typing import NamedTuple

MAX_WORDS = 5
_ROLES = "GSPx"


class TokenClass(NamedTuple):
    """What the reading of a name may know of a word.

    `kind`: W word, I initial, N noise, M and F a relative, A "и", & "and", C a company's form.
    Likelihoods are in bits; 0 is unknown, an odd one comes from the ending alone.
    """

    kind: str
    given: int = 0
    surname: int = 0
    patronymic: int = 0
    is_lower: bool = False
    gender: str = ""  # M or F, of a given name or a patronymic
    is_genitive: bool = False  # "Петра", "Александра": perhaps another name's genitive


@dataclass(frozen=True, slots=True)
class Reading:
    """The roles of a name's words, and how sure they are, 0 to 1."""

    roles: str
    confidence: float


# Bits of a word that no table knows, by role; "x" of a word that might have been left out.
_UNKNOWN = {"G": -26, "S": -24, "P": -44}
_CUT, _CUT_LOWER, _CUT_AFTER_NOISE = -28.0, -20.0, -12.0
_AFTER_NOISE = -8.0
_LOWER_NAME = -5  # a small letter among capitals is seldom a name's, if nobody knows it
# The shape of a name: the roles of its words and the number of initials -> prior bits, trust.
_SHAPES = {
    ("GSP", 0): (0.0, 1.0),
    ("GS", 0): (0.0, 1.0),
    ("GS", 1): (-2.0, 0.95),
    ("GP", 0): (-1.0, 0.95),
    ("GP", 1): (-2.0, 0.9),
    ("SP", 0): (-9.0, 0.5),
    ("SP", 1): (-6.0, 0.7),
    ("G", 0): (-2.0, 0.8),
    ("G", 1): (-3.0, 0.8),
    ("S", 0): (-4.0, 0.6),
    ("S", 1): (-1.0, 0.85),
    ("S", 2): (0.0, 0.9),
    ("P", 0): (-6.0, 0.6),
    ("P", 1): (-8.0, 0.5),
    ("", 0): (-14.0, 0.0),
    ("", 1): (-14.0, 0.1),
    ("", 2): (-12.0, 0.3),
    ("", 3): (-12.0, 0.3),
}
# What initials stand for, in the order they are written, by the roles of the words; one that
# is left over costs bits.
_INITIALS = {"S": "gp", "G": "s", "GS": "p", "GP": "s", "SP": "g", "": "gps", "P": "g", "GSP": ""}
_LEFT_OVER = -3.0
_G_BEFORE_S = 0.5
_CLASH = -12.0
_P_AFTER_G, _P_ELSEWHERE = 4.0, -2.0


class _Pick(NamedTuple):
    """One way to give roles to so many words."""

    roles: str  # of each word, x where it is left out
    shape: str  # the roles given, G before S before P
    bonus: float  # bits of the order
    take: Callable[[list[float]], Iterable[float]]  # its bits out of those of all words and roles


@lru_cache(maxsize=1 << 16)
def read_roles(classes: tuple[TokenClass, ...]) -> Reading:
    """Return the likeliest reading of a row of words."""
    cut = _cut_off(classes)
    words = [i for i, each in enumerate(classes) if each.kind == "W" and not cut[i]][:MAX_WORDS]
    initials = [i for i, each in enumerate(classes) if each.kind in "IA" and not cut[i]]
    picks = _picks(len(words))
    costs = _costs(classes, words)
    # All bits are halves, so that sums are exact in any order.
    biases = _biases(len(words), len(initials))
    scores = [bias + sum(pick.take(costs)) for bias, pick in zip(biases, picks, strict=True)]
    named = [classes[at] for at in words]
    if {"M", "F"} <= {each.gender for each in named}:
        pairs = zip(scores, picks, strict=True)
        scores = [score + _clash(pick, named) for score, pick in pairs]
    best = max(scores)
    pick = picks[scores.index(best)]
    roles = ["x"] * len(classes)
    for at, role in zip(words, pick.roles, strict=True):
        roles[at] = role
    for at, role in zip(initials, _INITIALS[pick.shape], strict=False):
        roles[at] = role
    trust = _trust(named, pick, len(initials))
    rivals = sum([2.0 ** (score - best) for score in scores])
    return Reading("".join(roles), round(trust / rivals, 3))


def _cut_off(classes: tuple[TokenClass, ...]) -> list[bool]:
    """Mark what a relative, "and" or a company's form takes away from the name."""
    cut = [each.kind in "NMFC&" for each in classes]
    for i, each in enumerate(classes):
        is_remark = each.kind in "MF" and not (i == 0 and _is_own_name(classes))
        if is_remark or (each.kind == "&" and i) or _is_and(classes[i - 1 : i + 2]):
            cut[i:] = [True] * (len(classes) - i)
            break
        if each.kind == "C" and i + 1 < len(classes):
            _cut_company(classes, cut, i + 1)
    return cut


def _is_and(around: tuple[TokenClass, ...]) -> bool:
    """Tell "Иван и Ольга" from "Иванов И"; a capital И stands between two given names only."""
    if len(around) < 3 or around[1].kind != "A" or around[2].kind != "W":
        return False
    return around[1].is_lower or bool(around[0].given and around[2].given)


def _is_own_name(classes: tuple[TokenClass, ...]) -> bool:
    """Tell "Мама Ольга" from "Мама Ольги"."""
    if len(classes) < 2 or classes[1].is_genitive:
        return False
    return bool(classes[1].given) and classes[1].gender == classes[0].kind


def _cut_company(classes: tuple[TokenClass, ...], cut: list[bool], start: int) -> None:
    """Cut a company's name: the word after its form, and on to the next word of a person."""
    cut[start] = True
    for i in range(start + 1, len(classes)):
        each = classes[i]
        if each.kind == "I" or each.given or each.surname or each.patronymic:
            return
        cut[i] = True


def _costs(classes: tuple[TokenClass, ...], words: list[int]) -> list[float]:
    """Return the bits of each word in each role, word after word, and a nought."""
    is_mixed = any(not classes[i].is_lower for i in words)
    costs: list[float] = []
    for i in words:
        is_small = classes[i].is_lower and is_mixed
        costs += _cost(classes[i], is_small=is_small, before=classes[i - 1 : i])
    return [*costs, 0.0]


def _cost(each: TokenClass, *, is_small: bool, before: tuple[TokenClass, ...]) -> tuple[float, ...]:
    """Return the bits of a word in the roles G, S, P and x."""
    given, surname = float(each.given or _UNKNOWN["G"]), float(each.surname or _UNKNOWN["S"])
    cut = _CUT
    if is_small and not (each.given or each.surname or each.patronymic):
        cut = _CUT_LOWER
        given += _LOWER_NAME
        surname += _LOWER_NAME
    if is_small and before and before[0].kind == "N":  # "отдел кадров"
        cut = _CUT_AFTER_NOISE
        surname += _AFTER_NOISE
    return given, surname, float(each.patronymic or _UNKNOWN["P"]), cut


@cache
def _picks(n: int) -> tuple[_Pick, ...]:
    """Return every way to give the roles G, S and P to `n` words, each at most once."""
    rows = (row for row in product(_ROLES, repeat=n) if all(row.count(role) < 2 for role in "GSP"))
    return tuple(
        _Pick(
            "".join(row),
            "".join(role for role in "GSP" if role in row),
            _order_bonus(row),
            _taker(row),
        )
        for row in rows
    )


def _taker(row: tuple[str, ...]) -> Callable[[list[float]], Iterable[float]]:
    """Return what takes the bits of a row of roles; the noughts keep it a row in any case."""
    places = [len(_ROLES) * i + _ROLES.index(role) for i, role in enumerate(row)]
    return itemgetter(*places, -1, -1)


def _order_bonus(row: tuple[str, ...]) -> float:
    """Weigh an order: the given name before the patronymic, and first of all in a tie."""
    order = "".join(row).replace("x", "")  # what is left out never stands between
    bonus = 0.0
    if "G" in order and "S" in order and order.index("G") < order.index("S"):
        bonus += _G_BEFORE_S
    if "G" in order and "P" in order:
        bonus += _P_AFTER_G if "GP" in order else _P_ELSEWHERE
    return bonus


@cache
def _biases(n: int, n_initials: int) -> tuple[float, ...]:
    """Return the bits of each pick's shape and order."""
    return tuple(_prior(pick.shape, n_initials)[0] + pick.bonus for pick in _picks(n))


def _clash(pick: _Pick, words: list[TokenClass]) -> float:
    """Weigh a woman's given name with a man's patronymic: "Анна Семенович" has a surname."""
    if pick.shape != "GP":
        return 0.0
    genders = {words[pick.roles.index(role)].gender for role in "GP"}
    return _CLASH if genders == {"M", "F"} else 0.0


def _prior(shape: str, n_initials: int) -> tuple[float, float]:
    """Return the bits of a shape, and how far it may be trusted."""
    n = min(n_initials, len(_INITIALS[shape]))
    bits, trust = _SHAPES[shape, n]
    surplus = n_initials - n
    return (bits + _LEFT_OVER * surplus, trust * 0.95) if surplus else (bits, trust)


def _trust(words: list[TokenClass], pick: _Pick, n_initials: int) -> float:
    """Return how far a reading may be trusted, whatever its rivals."""
    trust = _prior(pick.shape, n_initials)[1]
    known = [
        _known(each, role) for each, role in zip(words, pick.roles, strict=True) if role != "x"
    ]
    if known:
        trust *= sum(known) / len(known)
    return trust * (0.9 if len(words) > len(known) else 1.0)


def _known(each: TokenClass, role: str) -> float:
    bits = {"G": each.given, "S": each.surname, "P": each.patronymic}[role]
    if bits == 0:
        return 0.35
    return 0.85 if bits % 2 else 1.0
