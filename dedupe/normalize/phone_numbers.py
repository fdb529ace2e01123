"""Pieces of digits read in the light of the number before them.

A piece that is a valid number stands for itself. Shorter ones lean on the last
number: an extension, the tail of a neighbouring line ("123-45-67/68"), the end of a
range ("61...65"), a number of the same town ("123-45-67, 123-45-68") - or they are a
year, a flat, an hour, and say nothing. Each number carries the confidence of its cut;
what else a piece may well mean is kept beside, in `others`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .numbering import Reader, Reading, is_filler, is_placeholder, read_in, why_not
from .phone_pieces import Kind, Piece
from .phone_text import Gap, Group, Run

_RANGE_CAP = 20
_EXTENSION_DIGITS = 7
_LISTED_DIGITS = 5  # a longer piece after "доб. 101," is a number, not one more extension
_YEARS = range(1950, 2036)
_LISTS = (Gap.COMMA, Gap.SLASH, Gap.AND, Gap.SEMICOLON)
_LINE_TYPES = ("fixed_line", "fixed_or_mobile")
_LEANING = ("tail", "range", "town")  # rules that borrow digits of the number before

# How sure a cut is, where the piece does not stand for itself (see contracts.CERTAIN).
_SPACED = 0.95  # of several numbers with nothing but spaces between them
_NAMED_EXTENSION, _LISTED_EXTENSION = 0.95, 0.8
_GUESSED_EXTENSION = {Gap.SEMICOLON: 0.7}  # 0.6 behind a comma
_IN_TOWN = 0.8  # the area code is the neighbour's, or the account's
_SLASH_TAIL, _LISTED_TAIL = 0.9, 0.65
_RANGE = {Gap.ELLIPSIS: 0.8}  # 0.7 behind a dash
_LOCAL_NUMBER = 0.5
_OTHER = 0.5  # of what the other reading is trusted, less than 0.6 at the most


@dataclass(slots=True, kw_only=True)
class Hit:
    """What is known of one number found; `type` is None for a local one."""

    type: str | None
    rule: str
    confidence: float
    is_apart: bool
    n_repeats: int = 1


@dataclass(frozen=True, slots=True)
class Unread:
    """Digits that are no number: how many, and why."""

    n: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """The number that a short piece may lean on; country code None for a local one."""

    country_code: int | None
    national: str
    type: str | None = None
    area_digits: int | None = None  # known where the writer set the area code in brackets
    trust: float = 1.0


@dataclass(slots=True, kw_only=True)
class Numbers:
    """Collects the numbers of one raw value, piece by piece, in the order they stand."""

    reader: Reader
    area_code: str | None
    hits: dict[tuple[str, str | None], Hit] = field(default_factory=dict)
    others: dict[tuple[str, str | None], Hit] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    country_codes: set[int] = field(default_factory=set)
    n_pieces: int = 0
    last: _Last | None = None
    last_key: tuple[str, str | None] | None = None
    is_after_extension: bool = False
    sure: float = 1.0  # the confidence of the number that extensions belong to

    def take_extension(self, run: Run, pieces: Sequence[Piece]) -> Run | None:
        """Use the head of `run` as an extension of the last number; return what is left."""
        is_listed = self.is_after_extension and run.gap in _LISTS
        fits = len(run.digits) <= _LISTED_DIGITS
        if self.last_key is None or not (run.gap == Gap.EXTENSION or (is_listed and fits)):
            return run
        if pieces[0].kind in (Kind.FULL, Kind.GLUED):
            return run  # "доп. 8 916 ..." is one more number
        head = _extension_groups(run)
        if not head:
            return run
        is_single = run.gap == Gap.EXTENSION and len(head) == 1
        for extension in _extensions(head):
            trust = _NAMED_EXTENSION if is_single else _LISTED_EXTENSION
            self._add_extension(extension, "extension", trust)
        rest = run.groups[len(head) :]
        return Run(gap=Gap.WORD, groups=rest) if rest else None

    def take(self, piece: Piece, gap: Gap, run: Run) -> None:
        """Read one piece; `gap` is what stands before it."""
        self.is_after_extension = False
        if run.label and (piece.kind != Kind.FULL or _is_labelled_tax(piece, run)):
            self.unread.append(Unread(len(piece.digits), run.label))
        elif piece.kind in (Kind.FULL, Kind.GLUED):
            self._take_readings(piece, gap, run)
        elif piece.kind == Kind.LOCAL:
            self._take_local(piece, gap)
        elif piece.kind == Kind.SHORT:
            self._take_short(piece, gap)
        else:
            self._take_unread(piece, gap)

    def _take_readings(self, piece: Piece, gap: Gap, run: Run) -> None:
        is_apart = piece.groups == run.groups
        glued = len(piece.readings) > 1
        trust = piece.trust * (1.0 if is_apart or glued else _SPACED)
        for reading in piece.readings:
            found = replace(reading, rule="glued") if glued else reading
            self._add(found, trust, is_apart, _area_digits(piece))
        for other in piece.others:
            self._add_other(replace(other, rule="glued"), 1.0)
        if not glued:
            self._take_other(piece, gap)

    def _take_other(self, piece: Piece, gap: Gap) -> None:
        """Keep the second meaning of a number behind a plus or a foreign trunk prefix."""
        found = piece.readings[0]
        plus = gap == Gap.PLUS
        if plus or found.rule == "trunk":
            other = self.reader.other(piece.digits, plus=plus, lengths=piece.lengths)
            if other is not None:
                self._add_other(other, 1.0)

    def _add(
        self, found: Reading, trust: float, is_apart: bool = True, area_digits: int | None = None
    ) -> None:
        if is_filler(found.national, found.type):
            self.unread.append(Unread(len(found.national), "placeholder"))
            return
        sure = trust * found.trust
        leaned = self.last.trust if self.last and found.rule in _LEANING else None
        self._hit(
            found.e164,
            Hit(
                type=found.type,
                rule=found.rule,
                confidence=sure * (leaned or 1.0),
                is_apart=is_apart,
            ),
        )
        self.country_codes.add(found.country_code)
        self.last = _Last(
            country_code=found.country_code,
            national=found.national,
            type=found.type,
            area_digits=area_digits,
            trust=leaned or sure,
        )

    def _add_other(self, found: Reading, trust: float) -> None:
        if not is_filler(found.national, found.type):
            self._keep_other((found.e164, None), found.type, found.rule, trust * found.trust)

    def _keep_other(
        self, key: tuple[str, str | None], kind: str | None, rule: str, trust: float
    ) -> None:
        hit = Hit(type=kind, rule=rule, confidence=_OTHER * trust, is_apart=True)
        self.others.setdefault(key, hit)

    def _add_local(self, digits: str, rule: str, trust: float = _LOCAL_NUMBER) -> None:
        self._hit(digits, Hit(type=None, rule=rule, confidence=trust, is_apart=True))
        self.last = _Last(country_code=None, national=digits, trust=_LOCAL_NUMBER)

    def _hit(self, value: str, hit: Hit) -> None:
        self.n_pieces += 1
        key = (value, None)
        self.last_key = key
        if key in self.hits:
            self.hits[key].n_repeats += 1
        else:
            self.hits[key] = hit

    def _add_extension(self, extension: str, rule: str, trust: float) -> None:
        """Move the last number's latest mention to its extension, or add one more."""
        if self.last_key is None:
            return
        value, known = self.last_key
        source = self.hits[self.last_key]
        if known is None:
            self.sure = source.confidence
        hit = replace(source, n_repeats=1, confidence=self.sure * trust)
        if known is None:
            source.n_repeats -= 1
            if source.n_repeats == 0:
                del self.hits[self.last_key]
        if known is not None or rule != "extension":
            hit.rule = rule
        key = (value, extension)
        if key in self.hits:
            self.hits[key].n_repeats += 1
        else:
            self.hits[key] = hit
        self.last_key = key
        self.is_after_extension = True

    def _take_local(self, piece: Piece, gap: Gap) -> None:
        digits = piece.digits
        if self._is_dialled_extension(piece, gap):
            if neighbour := self._same_town(digits):
                self._add_other(neighbour, _IN_TOWN)
            self._add_extension(digits, "extension_guess", _GUESSED_EXTENSION.get(gap, 0.6))
        elif found := self._same_town(digits) or self._in_area(digits):
            used = self.last.area_digits if self.last and found.rule == "town" else None
            area = used or (len(self.area_code) if self.area_code else None)
            self._add(found, _IN_TOWN, area_digits=area)
        elif len(set(digits)) == 1 or (len(digits) < 7 and is_placeholder(digits)):
            self.unread.append(Unread(len(digits), "placeholder"))
        elif gap == Gap.WORD and len(piece.groups) == 1 and self.hits:
            return  # "89161234567 кв 12345": nothing says that it is a number
        else:
            self._add_local(digits, "whole")

    def _is_dialled_extension(self, piece: Piece, gap: Gap) -> bool:
        """Tell whether ";12345" or ", 12345" after a whole number is what to dial next."""
        last, n = self.last, len(piece.digits)
        if not last or last.country_code is None or len(piece.groups) > 1 or n > 6:
            return False
        if last.area_digits is not None and n == len(last.national) - last.area_digits:
            return False
        return gap == Gap.SEMICOLON or (gap == Gap.COMMA and n == 5)

    def _same_town(self, digits: str) -> Reading | None:
        last = self.last
        if not last or last.country_code is None or last.type not in _LINE_TYPES:
            return None
        area_digits = len(last.national) - len(digits)
        if last.area_digits not in (None, area_digits) or area_digits < 1:
            return None
        return read_in(last.country_code, last.national[:area_digits] + digits, "town", 1.0)

    def _in_area(self, digits: str) -> Reading | None:
        return self.reader.read_national(self.area_code + digits) if self.area_code else None

    def _take_short(self, piece: Piece, gap: Gap) -> None:
        last, digits = self.last, piece.digits
        if not last:
            return
        is_year = len(piece.groups) == 1 and int(digits) in _YEARS
        if gap == Gap.ELLIPSIS or (gap == Gap.SOFT and _is_range(piece, last)):
            self._add_range(last, digits, _RANGE.get(gap, 0.7))
        elif is_year:
            return
        elif self._is_likelier_extension(piece, last, gap):
            self._guess_extension(last, digits, gap)
        elif gap == Gap.SLASH or (gap in _LISTS and len(digits) > 1):
            self._add_tail(last, digits, "tail", _SLASH_TAIL if gap == Gap.SLASH else _LISTED_TAIL)
            if gap == Gap.COMMA and last.country_code is not None:
                key = (f"+{last.country_code}{last.national}", digits)
                self._keep_other(key, last.type, "extension_guess", _LISTED_TAIL)

    def _guess_extension(self, last: _Last, digits: str, gap: Gap) -> None:
        """Take ", 123" for an extension, and keep the neighbouring line that it may be."""
        national = last.national[: -len(digits)] + digits
        if last.country_code and (other := read_in(last.country_code, national, "tail", 1.0)):
            self._add_other(other, _LISTED_TAIL)
        self._add_extension(digits, "extension_guess", _GUESSED_EXTENSION.get(gap, 0.6))

    def _is_likelier_extension(self, piece: Piece, last: _Last, gap: Gap) -> bool:
        digits = piece.digits
        if last.country_code is None or gap not in (Gap.SEMICOLON, Gap.COMMA):
            return False
        if gap == Gap.SEMICOLON:
            return True
        if len(piece.groups) > 1 or len(digits) < 3:
            return False
        # A neighbouring line repeats the digits before the last ones: 4567, 4568.
        return digits[:2] != last.national[-len(digits) :][:2]

    def _add_tail(self, last: _Last, tail: str, rule: str, trust: float) -> None:
        national = last.national[: -len(tail)] + tail
        if last.country_code is None:
            self._add_local(national, rule, trust * _LOCAL_NUMBER)
        elif found := read_in(last.country_code, national, rule, 1.0):
            self._add(found, trust, area_digits=last.area_digits)

    def _add_range(self, last: _Last, tail: str, trust: float) -> None:
        first, end = int(last.national[-len(tail) :]), int(tail)
        if first < end <= first + _RANGE_CAP:
            for each in range(first + 1, end + 1):
                self._add_tail(last, str(each).zfill(len(tail)), "range", trust)

    def _take_unread(self, piece: Piece, gap: Gap) -> None:
        reason = why_not(
            piece.digits,
            plus=gap == Gap.PLUS,
            lengths=piece.lengths,
            region=self.reader.region,
        )
        self.unread.append(Unread(len(piece.digits), reason))


def clean_area_code(area_code: str | None) -> str | None:
    """Return the digits of an account's area code, None when there are none."""
    digits = "".join(sign for sign in area_code or "" if sign in "0123456789")
    return digits or None


def _is_labelled_tax(piece: Piece, run: Run) -> bool:
    return run.label == "tax_number" and len(piece.digits) in (9, 10, 12)


def _is_range(piece: Piece, last: _Last) -> bool:
    """Tell whether a dash and two digits after a land line end a range of lines."""
    is_line = last.country_code is None or last.type in _LINE_TYPES
    return is_line and "-" in piece.gap and len(piece.digits) == 2


def _extension_groups(run: Run) -> tuple[Group, ...]:
    """Return the groups at the head of `run` that make an extension: "12-34", "101-103"."""
    first = run.groups[0]
    if len(first.digits) > _EXTENSION_DIGITS:
        return ()
    is_pair = len(run.groups) == 2 and run.groups[1].gap == "-" and len(run.digits) <= 6
    return run.groups[:2] if is_pair else run.groups[:1]


def _extensions(groups: tuple[Group, ...]) -> list[str]:
    if len(groups) == 1:
        return [groups[0].digits]
    first, end = groups[0].digits, groups[1].digits
    is_range = len(first) == len(end) == 3 and 0 < int(end) - int(first) <= _RANGE_CAP
    if not is_range:
        return [first + end]
    return [str(each).zfill(3) for each in range(int(first), int(end) + 1)]


def _area_digits(piece: Piece) -> int | None:
    """Return the length of an area code that the writer set in brackets."""
    if len(piece.readings) != 1:
        return None
    for group, after in zip(piece.groups, piece.groups[1:], strict=False):
        if group.gap.endswith("(") and ")" in after.gap:
            is_trunk = len(group.digits) > 3 and group.digits[0] == "8" and group is piece.groups[0]
            return len(group.digits) - is_trunk
    return None
