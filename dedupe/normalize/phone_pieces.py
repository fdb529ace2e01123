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

from .numbering import HOME_DIGITS, MAX_DIGITS, Reader, Reading, is_card
from .phone_text import Gap, Group, Run

_GLUED_MIN = 19  # fewer digits can't be two numbers with their area codes
_GLUED_MAX = 66
_GLUED_GROUPS_MAX = 40  # three numbers written digit by digit are 33
_GLUED_COST_MAX = 2.0  # a foreign number without a plus only of the neighbours'
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
    """Consecutive groups of a run taken together, and the valid numbers in them."""

    kind: Kind
    groups: tuple[Group, ...]
    readings: tuple[Reading, ...] = ()

    @property
    def digits(self) -> str:
        """Return all digits of the piece."""
        return "".join(group.digits for group in self.groups)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Return how many digits each group has."""
        return tuple(len(group.digits) for group in self.groups)

    @property
    def gap(self) -> str:
        """Return the text before the piece."""
        return self.groups[0].gap


def cut(run: Run, reader: Reader, area_code: str | None) -> tuple[Piece, ...]:
    """Return the pieces of `run`, in order, all digits covered."""
    plain = _cheapest(run, reader, area_code, is_glued=False)
    is_long = len(run.digits) >= _GLUED_MIN
    is_read = all(
        piece.kind == Kind.FULL or (piece.kind != Kind.UNREAD and not is_long) for piece in plain
    )
    if is_read or len(run.groups) > _GLUED_GROUPS_MAX:
        return plain
    return _cheapest(run, reader, area_code, is_glued=True)


def _cheapest(
    run: Run, reader: Reader, area_code: str | None, *, is_glued: bool
) -> tuple[Piece, ...]:
    # Paths are kept as links to the piece before, so a long run costs no copies.
    best: list[tuple[float, int, Piece | None]] = [(0.0, -1, None)]
    limit = _GLUED_MAX if is_glued else MAX_DIGITS
    for end in range(1, len(run.groups) + 1):
        options = []
        n_digits = joined = 0.0
        for start in range(end - 1, -1, -1):
            n_digits += len(run.groups[start].digits)
            if start < end - 1:
                if n_digits > limit:
                    break
                joined += _join_cost(run.groups[start + 1].gap)
            groups = run.groups[start:end]
            plus = run.gap == Gap.PLUS and start == 0
            cost, piece = _piece(groups, plus, reader, area_code, is_glued)
            before = best[start][0] + _cut_cost(run.groups, start)
            options.append((before + cost + joined, start, piece))
        best.append(min(options, key=lambda option: option[0]))
    return _walk_back(best)


def _walk_back(best: Sequence[tuple[float, int, Piece | None]]) -> tuple[Piece, ...]:
    pieces, at = [], len(best) - 1
    while at > 0:
        _, before, piece = best[at]
        if piece is not None:
            pieces.append(piece)
        at = before
    return tuple(reversed(pieces))


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


def _piece(
    groups: tuple[Group, ...], plus: bool, reader: Reader, area_code: str | None, is_glued: bool
) -> tuple[float, Piece]:
    """Return the cheapest explanation of `groups` as one piece, and its cost."""
    digits = "".join(group.digits for group in groups)
    lengths = tuple(len(group.digits) for group in groups)
    n = len(digits)
    if not is_card(digits, lengths):
        if found := reader.read(digits, plus=plus, lengths=lengths):
            return found.cost, Piece(kind=Kind.FULL, groups=groups, readings=(found,))
        if is_glued and (parts := _glued(digits, reader, area_code)):
            cost = 3.0 + sum(part.cost for part in parts)
            return cost, Piece(kind=Kind.GLUED, groups=groups, readings=parts)
    if n in _LOCAL and not plus:
        return _local_cost(groups), Piece(kind=Kind.LOCAL, groups=groups)
    if n in _SHORT and not (plus and n > 1):
        return 8.0 + n, Piece(kind=Kind.SHORT, groups=groups)
    # Dear enough that "916 123 45 6" stays one short number, cheap enough that
    # "1) 8916... 2) 8903..." is two numbers and two list marks.
    return 6.0 + 1.2 * n, Piece(kind=Kind.UNREAD, groups=groups)


def _local_cost(groups: tuple[Group, ...]) -> float:
    n_spaces = sum(1 for group in groups[1:] if " " in group.gap)
    return 8.0 + 2.0 * n_spaces


def _glued(digits: str, reader: Reader, area_code: str | None) -> tuple[Reading, ...]:
    """Split digits that were typed without any sign between the numbers."""
    if len(digits) > _GLUED_MAX:
        return ()
    if area_code and (parts := _glued_local(digits, reader, area_code)):
        return parts
    if len(digits) < _GLUED_MIN and reader.is_home:
        return ()
    lengths = (11, 10) if reader.is_home else tuple(range(13, 7, -1))
    return _split(digits, reader, lengths) or (
        _split(digits, reader, (11, 10, 12, 13)) if reader.is_home else ()
    )


def _glued_local(digits: str, reader: Reader, area_code: str) -> tuple[Reading, ...]:
    """Split "223161223162" where the account's area code makes both halves valid."""
    n = HOME_DIGITS - len(area_code)
    if not reader.is_home or n not in _LOCAL or len(digits) not in (2 * n, 3 * n):
        return ()
    found = [
        reader.read_national(area_code + digits[at : at + n]) for at in range(0, len(digits), n)
    ]
    return tuple(part for part in found if part) if all(found) else ()


def _split(digits: str, reader: Reader, lengths: tuple[int, ...]) -> tuple[Reading, ...]:
    """Cut all of `digits` into valid numbers of the given lengths, the cheapest way."""
    best: list[tuple[float, tuple[Reading, ...]] | None] = [(0.0, ())]
    for end in range(1, len(digits) + 1):
        options = []
        for n in lengths:
            before = best[end - n] if n <= end else None
            if before is None:
                continue
            found = reader.read(digits[end - n : end], plus=False, lengths=(n,))
            # A part of a glued value must stand on its own: no repaired prefixes in it.
            is_own = found and found.rule in ("whole", "no_plus")
            if found and is_own and found.cost <= _GLUED_COST_MAX:
                cost = before[0] + found.cost + _doubt(found, n)
                options.append((cost, (*before[1], found)))
        best.append(min(options, key=lambda option: option[0]) if options else None)
    last = best[-1]
    return last[1] if last and len(last[1]) > 1 else ()


def _doubt(found: Reading, n: int) -> float:
    """Decide the few glued values that can be cut in two ways.

    Mobiles are likelier than land lines, and a 7 or 8 in front is likelier a prefix.
    """
    is_odd = n == HOME_DIGITS and found.national[0] in "78"
    return (0.0 if found.type == "mobile" else 0.05) + (0.1 if is_odd else 0.0)
