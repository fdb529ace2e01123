"""A run of digit groups as pieces: the cheapest way to explain every digit.

"8 916 123 45 67 8 903 765 43 21" has ten groups and no separator. All ways to
cut between groups are weighed at once (shortest path): a piece that reads as a valid
number is cheap, a number without its area code dearer, stray digits dearer still, and
a cut costs less at a space than at a dash. Only a run that leaves unreadable digits is
tried again with cuts inside a group, for numbers that were glued together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from .numbering import HOME_DIGITS, MAX_DIGITS, Reader, Reading, is_card
from .phone_text import Gap, Group, Run

_GLUED_MIN = 19  # fewer digits can't be two numbers with their area codes
_GLUED_MAX = 66
_GLUED_ABROAD = range(13, 7, -1)  # digits of a number of a country that has no rules here
_GLUED_GROUPS_MAX = 40  # three numbers written digit by digit are 33
_GLUED_COST_MAX = 2.0  # a foreign number without a plus only of the neighbours'
_AMBIGUOUS = 0.55  # a value that can be cut in two ways
_FULL_MIN = 7  # no valid number is shorter
_LOCAL = range(5, 8)
_SHORT = range(1, 5)


class Kind(Enum):
    """What the digits of a piece are."""

    FULL = "full"  # one valid number
    GLUED = "glued"  # several, written as one
    LOCAL = "local"  # 5 to 7 digits: a number without its area code
    SHORT = "short"  # 1 to 4 digits: a tail, an extension or noise
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Consecutive groups of a run taken together, and the valid numbers in them.

    `others` are the numbers of a second way to cut a glued piece, where there is one.
    """

    kind: Kind
    groups: tuple[Group, ...]
    readings: tuple[Reading, ...] = ()
    others: tuple[Reading, ...] = ()
    trust: float = 1.0

    @property
    def digits(self) -> str:
        """Return all digits of the piece."""
        return "".join([group.digits for group in self.groups])

    @property
    def lengths(self) -> tuple[int, ...]:
        """Return how many digits each group has."""
        return tuple([len(group.digits) for group in self.groups])

    @property
    def gap(self) -> str:
        """Return the text before the piece."""
        return self.groups[0].gap


# Whoever writes a plus begins a whole number: "+7 926 777 68 93 2019" is not one of Kazakhstan.
_BROKEN_PLUS = 2.0


class _Cut(NamedTuple):
    """Glued digits cut into numbers, the next best way, and how sure the first is."""

    readings: tuple[Reading, ...]
    others: tuple[Reading, ...]
    trust: float


class _Path(NamedTuple):
    """Numbers that glued digits begin with, and their cost."""

    cost: float
    parts: tuple[Reading, ...]


class _Guess(NamedTuple):
    """What the digits between two cuts are taken for, and its cost."""

    cost: float
    kind: Kind
    readings: tuple[Reading, ...] = ()
    others: tuple[Reading, ...] = ()
    trust: float = 1.0


class _Step(NamedTuple):
    """The cheapest way to explain a run up to a cut: its cost, and its last piece."""

    cost: float
    start: int
    guess: _Guess | None


def cut(run: Run, reader: Reader, area_code: str | None) -> tuple[Piece, ...]:
    """Return the pieces of `run`, in order, all digits covered."""
    plain = _cheapest(run, reader, area_code, is_glued=False)
    n = len(run.digits)
    is_long = n >= _GLUED_MIN
    is_read = all(
        piece.kind == Kind.FULL or (piece.kind != Kind.UNREAD and not is_long) for piece in plain
    )
    if is_read or len(run.groups) > _GLUED_GROUPS_MAX or n < _least_glued(reader, area_code):
        return plain
    return _cheapest(run, reader, area_code, is_glued=True)


def _least_glued(reader: Reader, area_code: str | None) -> int:
    """Return how many digits two numbers have at the least: with fewer there is no second look."""
    if area_code:
        return 2 * _LOCAL.start
    return _GLUED_MIN if reader.is_home else 2 * min(_GLUED_ABROAD)


def _cheapest(
    run: Run, reader: Reader, area_code: str | None, *, is_glued: bool
) -> tuple[Piece, ...]:
    # Paths are kept as links to the piece before, so a long run costs no copies.
    groups, limit = run.groups, _GLUED_MAX if is_glued else MAX_DIGITS
    guesser = _Guesser(groups, reader, area_code, is_glued)
    if len(groups) == 1:
        return (_as_piece(guesser.guess(0, 1, plus=run.gap == Gap.PLUS), groups),)
    joins = [_join_cost(group.gap) for group in groups]
    cuts = [_cut_cost(groups, at) for at in range(len(groups))]
    if whole := _whole(run, guesser, sum(joins[1:]), min(cuts[1:])):
        return (whole,)
    best = [_Step(0.0, -1, None)]
    for end in range(1, len(groups) + 1):
        step: _Step | None = None
        joined, n_digits = 0.0, 0
        for start in range(end - 1, -1, -1):
            n_digits += len(groups[start].digits)
            if start < end - 1:
                if n_digits > limit:
                    break
                joined += joins[start + 1]
            before = best[start].cost + cuts[start]
            if step is not None and before + joined >= step.cost:
                continue  # a piece costs nothing at best
            is_plus = run.gap == Gap.PLUS and start == 0
            guess = guesser.guess(start, end, plus=is_plus)
            cost = before + guess.cost + joined
            if is_plus and guess.kind not in (Kind.FULL, Kind.GLUED):
                cost += _BROKEN_PLUS
            if step is None or cost < step.cost:
                step = _Step(cost, start, guess)
        assert step is not None  # one group is always tried
        best.append(step)
    return _walk_back(groups, best)


def _walk_back(groups: tuple[Group, ...], best: Sequence[_Step]) -> tuple[Piece, ...]:
    pieces, at = [], len(best) - 1
    while at > 0:
        _, before, guess = best[at]
        if guess is not None:
            pieces.append(_as_piece(guess, groups[before:at]))
        at = before
    return tuple(reversed(pieces))


def _whole(run: Run, guesser: _Guesser, joined: float, cut_cost: float) -> Piece | None:
    """Return the run as one number where that is cheaper than any cut could be."""
    if len(run.digits) > MAX_DIGITS:
        return None
    guess = guesser.guess(0, len(run.groups), plus=run.gap == Gap.PLUS)
    is_plain = guess.kind == Kind.FULL and guess.cost + joined < cut_cost
    return _as_piece(guess, run.groups) if is_plain else None


def _as_piece(guess: _Guess, groups: tuple[Group, ...]) -> Piece:
    return Piece(
        kind=guess.kind,
        groups=groups,
        readings=guess.readings,
        others=guess.others,
        trust=guess.trust,
    )


def _join_cost(gap: str) -> float:
    if " - " in gap or "  " in gap:
        return 0.6
    return 0.1 if gap.isspace() else 0.0


def _cut_cost(groups: tuple[Group, ...], at: int) -> float:
    gap = groups[at].gap
    if at == 0:
        return 0.0
    if " - " in gap or "  " in gap or gap.startswith(". "):
        return 0.6
    if "(" in gap:
        return 0.9
    if ")" in gap:
        # A bracket that nobody opened closes the mark of a list: "1) 8916...".
        return 4.0 if "(" in groups[at - 1].gap else 0.6
    return 1.0 if " " in gap else 3.0


class _Guesser:
    """Explains stretches of one run's groups as one piece each."""

    def __init__(
        self, groups: tuple[Group, ...], reader: Reader, area_code: str | None, is_glued: bool
    ) -> None:
        self._groups, self._reader = groups, reader
        self._area_code, self._is_glued = area_code, is_glued
        self._digits = [group.digits for group in groups]
        self._lengths = [len(digits) for digits in self._digits]

    def guess(self, start: int, end: int, *, plus: bool) -> _Guess:
        """Return the cheapest explanation of the groups from `start` to `end`."""
        lengths = self._lengths[start:end]
        n = sum(lengths)
        if n >= _FULL_MIN and (found := self._numbers(start, end, plus)):
            return found
        if n in _LOCAL and not plus:
            n_spaces = sum(" " in group.gap for group in self._groups[start + 1 : end])
            return _Guess(8.0 + 2.0 * n_spaces, Kind.LOCAL)
        if n in _SHORT and not (plus and n > 1):
            return _Guess(8.0 + n, Kind.SHORT)
        # Dear enough that "916 123 45 6" stays one short number, cheap enough that
        # "1) 8916... 2) 8903..." is two numbers and two list marks.
        return _Guess(6.0 + 1.2 * n, Kind.UNREAD)

    def _numbers(self, start: int, end: int, plus: bool) -> _Guess | None:
        digits = "".join(self._digits[start:end])
        lengths = tuple(self._lengths[start:end])
        if is_card(digits, lengths):
            return None
        if found := self._reader.read(digits, plus=plus, lengths=lengths):
            return _Guess(found.cost, Kind.FULL, (found,))
        if self._is_glued and (parts := _glued(digits, self._reader, self._area_code)):
            cost = 3.0 + sum(part.cost for part in parts.readings)
            return _Guess(cost, Kind.GLUED, *parts)
        return None


def _glued(digits: str, reader: Reader, area_code: str | None) -> _Cut | None:
    """Split digits that were typed without any sign between the numbers."""
    if len(digits) > _GLUED_MAX:
        return None
    if area_code and (parts := _glued_local(digits, reader, area_code)):
        return _Cut(parts, (), 0.7)
    if len(digits) < _GLUED_MIN and reader.is_home:
        return None
    if not reader.is_home:
        return _split(digits, reader, tuple(_GLUED_ABROAD), 0.6)
    return _split(digits, reader, (11, 10), 0.9) or _split(digits, reader, (11, 10, 12, 13), 0.6)


def _glued_local(digits: str, reader: Reader, area_code: str) -> tuple[Reading, ...]:
    """Split "223161223162" where the account's area code makes both halves valid."""
    n = HOME_DIGITS - len(area_code)
    if not reader.is_home or n not in _LOCAL or len(digits) not in (2 * n, 3 * n):
        return ()
    found = [
        reader.read_national(area_code + digits[at : at + n]) for at in range(0, len(digits), n)
    ]
    return tuple(part for part in found if part) if all(found) else ()


def _split(digits: str, reader: Reader, lengths: tuple[int, ...], trust: float) -> _Cut | None:
    """Cut all of `digits` into valid numbers of the given lengths, the cheapest way.

    Where a second way gives other numbers, the digits don't say which was meant.
    """
    best: list[list[_Path]] = [[_Path(0.0, ())]]
    for end in range(1, len(digits) + 1):
        options = []
        for n in lengths:
            before = best[end - n] if n <= end else []
            found = _part(digits[end - n : end], reader) if before else None
            if found:
                cost = found.cost + _doubt(found, n)
                options += [_Path(path.cost + cost, (*path.parts, found)) for path in before]
        best.append(sorted(options, key=lambda path: path.cost)[:2])
    paths = [path.parts for path in best[-1] if len(path.parts) > 1]
    if not paths:
        return None
    known = {part.e164 for part in paths[0]}
    others = tuple(part for parts in paths[1:] for part in parts if part.e164 not in known)
    return _Cut(paths[0], others, _AMBIGUOUS if others else trust)


def _part(digits: str, reader: Reader) -> Reading | None:
    """Read a part of a glued value: it must stand on its own, no repaired prefix in it."""
    found = reader.read(digits, plus=False, lengths=(len(digits),))
    is_own = found and found.rule in ("whole", "no_plus") and found.cost <= _GLUED_COST_MAX
    return found if is_own else None


def _doubt(found: Reading, n: int) -> float:
    """Decide the few glued values that can be cut in two ways.

    Mobiles are likelier than land lines, and a 7 or 8 in front is likelier a prefix.
    """
    is_odd = n == HOME_DIGITS and found.national[0] in "78"
    return (0.0 if found.type == "mobile" else 0.05) + (0.1 if is_odd else 0.0)
