r"""The regular expressions of libphonenumber's metadata, read as finite languages.

They use digits, `\d`, classes, groups, alternation, `?` and bounded repeats, and nothing else;
whatever does (an anchor, a look-ahead) is Unsupported and stays with the library.

>>> enumerate_strings(parse_pattern("0|80?"), 8)
['0', '80', '8']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

ALL_DIGITS = 0b11_1111_1111


class Unsupported(ValueError):  # noqa: N818  a fact about a pattern, not a fault
    """The pattern says something that a finite automaton over digits can't."""


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit out of a set: bit d is set where digit d matches."""

    mask: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the parts, the first preferred."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`part` at least `low` and at most `high` times, more preferred."""

    part: Pattern
    low: int
    high: int


Pattern = Digit | Sequence | Choice | Repeat


def parse_pattern(text: str) -> Pattern:
    """Parse a pattern of the metadata. Raises Unsupported."""
    parser = _Parser(text)
    pattern = parser.choice()
    if parser.at < len(text):
        raise Unsupported(text)
    return pattern


def enumerate_strings(pattern: Pattern, limit: int) -> list[str]:
    """Return all strings of `pattern` in order of preference. Raises Unsupported over `limit`."""
    strings = list(islice(_strings(pattern), limit + 1))
    if len(strings) > limit:
        raise Unsupported("too many strings")
    return strings


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def choice(self) -> Pattern:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Pattern:
        parts: list[Pattern] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._quantified(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _atom(self) -> Pattern:
        if self._take("(?:") or (self._peek() == "(" and self._ahead() != "?" and self._take("(")):
            inner = self.choice()
            if not self._take(")"):
                raise Unsupported(self.text)
            return inner
        if self._take("\\d"):
            return Digit(ALL_DIGITS)
        if self._take("["):
            return Digit(self._class())
        digit = self._peek()
        if digit.isascii() and digit.isdigit():
            self.at += 1
            return Digit(1 << int(digit))
        raise Unsupported(self.text)

    def _class(self) -> int:
        mask = 0
        while not self._take("]"):
            if self._take("\\d"):
                mask |= ALL_DIGITS
                continue
            low = self._digit()
            high = self._digit() if self._take("-") else low
            for digit in range(low, high + 1):
                mask |= 1 << digit
        return mask

    def _quantified(self, part: Pattern) -> Pattern:
        if self._take("?"):
            return Repeat(part, 0, 1)
        if self._take("{"):
            low = self._number()
            high = self._number() if self._take(",") else low
            if not self._take("}"):
                raise Unsupported(self.text)
            return Repeat(part, low, high)
        return part

    def _number(self) -> int:
        start = self.at
        while self._peek().isdigit():
            self.at += 1
        if start == self.at:
            raise Unsupported(self.text)
        return int(self.text[start : self.at])

    def _digit(self) -> int:
        digit = self._peek()
        if not (digit.isascii() and digit.isdigit()):
            raise Unsupported(self.text)
        self.at += 1
        return int(digit)

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _ahead(self) -> str:
        return self.text[self.at + 1 : self.at + 2]

    def _take(self, mark: str) -> bool:
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False


def _strings(pattern: Pattern) -> Iterator[str]:
    match pattern:
        case Digit(mask):
            yield from (str(d) for d in range(10) if mask >> d & 1)
        case Choice(parts):
            for part in parts:
                yield from _strings(part)
        case Sequence(parts):
            if not parts:
                yield ""
            else:
                for head in _strings(parts[0]):
                    for tail in _strings(Sequence(parts[1:])):
                        yield head + tail
        case Repeat(part, low, high):
            for n in range(high, low - 1, -1):
                yield from _strings(Sequence((part,) * n))


class Positions:
    """The digit positions of several patterns, as one nondeterministic automaton.

    Each pattern added gets a label; `matching`, `follow_of` and `labels_of` take a
    set of positions one digit further.
    """

    def __init__(self) -> None:
        self.first: frozenset[int] = frozenset()
        self._masks: list[int] = []
        self._follow: list[set[int]] = []
        self._labels: dict[int, int] = {}
        self._n_patterns = 0

    def add(self, pattern: Pattern) -> int:
        """Add `pattern` and return its label."""
        label = self._n_patterns
        self._n_patterns += 1
        _, first, last = self._place(pattern)
        self.first |= first
        for position in last:
            self._labels[position] = label
        return label

    def matching(self, ahead: frozenset[int], digit: int) -> frozenset[int]:
        """Return the positions of `ahead` that `digit` matches."""
        return frozenset(p for p in ahead if self._masks[p] >> digit & 1)

    def follow_of(self, hit: frozenset[int]) -> frozenset[int]:
        """Return the positions that may come after those just matched."""
        return frozenset().union(*(self._follow[p] for p in hit))

    def labels_of(self, hit: frozenset[int]) -> frozenset[int]:
        """Return the patterns that may end at the positions just matched."""
        return frozenset(self._labels[p] for p in hit if p in self._labels)

    def _place(self, pattern: Pattern) -> tuple[bool, frozenset[int], frozenset[int]]:
        """Lay `pattern` out; return whether it may be empty, and its first and last positions."""
        match pattern:
            case Digit(mask):
                self._masks.append(mask)
                self._follow.append(set())
                here = frozenset({len(self._masks) - 1})
                return False, here, here
            case Choice(parts):
                laid = [self._place(part) for part in parts]
                first = frozenset().union(*(f for _, f, _ in laid))
                return any(n for n, _, _ in laid), first, frozenset().union(*(x for *_, x in laid))
            case Repeat(part, low, high):
                optional = (part,) * (high - low)
                nullable, first, last = self._place(Sequence((part,) * low))
                return self._chain(nullable, first, last, optional, are_optional=True)
            case Sequence(parts):
                return self._chain(True, frozenset(), frozenset(), parts, are_optional=False)

    def _chain(
        self,
        nullable: bool,
        first: frozenset[int],
        last: frozenset[int],
        parts: tuple[Pattern, ...],
        *,
        are_optional: bool,
    ) -> tuple[bool, frozenset[int], frozenset[int]]:
        for part in parts:
            may_skip, heads, tails = self._place(part)
            may_skip = may_skip or are_optional
            for position in last:
                self._follow[position] |= heads
            first = first | heads if nullable else first
            last = last | tails if may_skip else tails
            nullable = nullable and may_skip
        return nullable, first, last
