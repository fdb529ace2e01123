"""Which digits are a phone number: libphonenumber's judgement and the habits of a region.

A `Reader` turns the digits of one piece of text (with or without a leading plus,
with the lengths of their written groups) into a `Reading`, or None. Readings carry a
cost: 0 for a number written in full, more for each repair or guess, so that
whoever cuts a text into pieces can prefer the plainest explanation; and a trust, how
likely it is that this number was meant, which is what a cut's confidence is made of.

In Russia and Kazakhstan (country code 7) people write the same ten digits behind
7, 8, +7, +8 or nothing, form masks swallow a prefix, and numbers of the
neighbours come without a plus. Elsewhere the library's own rules are all there is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult
from stdnum.ru import inn

from .phone_walk import judged, national_type

HOME_REGIONS = frozenset({"RU", "KZ"})
HOME_CODE = 7
HOME_DIGITS = 10
MAX_DIGITS = 18  # the longest number (15) behind the longest dialling prefix (810)

# Neighbours whose numbers people type without a plus; a valid number there beats an ИНН.
_NEAR = ("375", "380", "998", "996", "992", "993", "994", "995", "374", "373")
COUNTS = ("1234567890", "0123456789", "9876543210", "0987654321")
FILLERS = ("123456789", "987654321", *(str(digit) * 7 for digit in range(10)))
_FILLER = re.compile("|".join(FILLERS))

TYPE_NAMES = {
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One valid number: its parts, its line type, and how plainly it was written."""

    country_code: int
    national: str  # the national significant number, leading zeros kept
    type: str
    rule: str = "whole"
    cost: float = 0.0
    trust: float = 1.0

    @property
    def e164(self) -> str:
        """Return the number as +<country code><national number>."""
        return f"+{self.country_code}{self.national}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads pieces of digits in one region; `hints` are country codes seen beside them."""

    region: str
    hints: tuple[int, ...] = ()

    @property
    def is_home(self) -> bool:
        """Tell whether the rules of country code 7 apply."""
        return self.region in HOME_REGIONS

    def read(self, digits: str, *, plus: bool, lengths: tuple[int, ...]) -> Reading | None:
        """Return the plainest valid reading of `digits`; `lengths` are of its written groups."""
        if not 7 <= len(digits) <= MAX_DIGITS:
            return None
        if self.is_home:
            return _read_home(digits, plus, lengths) or self._read_hinted(digits)
        return _read_elsewhere(digits, plus, self.region) or self._read_hinted(digits)

    def read_national(self, digits: str) -> Reading | None:
        """Read `digits` as a national number of the region, area code included."""
        if self.is_home:
            return _home(digits, "area", 1.0)
        return _parsed(digits, self.region, "area", 1.0)

    def other(self, digits: str, *, plus: bool, lengths: tuple[int, ...]) -> Reading | None:
        """Return what `digits` may mean besides what `read` says, None where nothing is likely."""
        first = self.read(digits, plus=plus, lengths=lengths)
        if first is None or not self.is_home:
            return None
        choices: list[Reading | None] = []
        if plus and digits[0] != "7":
            choices = [_plus_home(digits), _abroad(digits)]
        elif first.rule == "trunk":
            choices = [*_trunk_readings(digits)]
        return next((each for each in choices if each and each.e164 != first.e164), None)

    def _read_hinted(self, digits: str) -> Reading | None:
        for code in self.hints:
            region = phonenumbers.region_code_for_country_code(code)
            if found := _parsed(digits, region, "country", 3.0, 0.6):
                return found
        return None


def home_type(national: str) -> str | None:
    """Return the line type of ten digits behind country code 7, None when not valid."""
    kind = national_type(national)
    return None if kind is None else TYPE_NAMES.get(kind, "other")


def read_in(country_code: int, national: str, rule: str, cost: float) -> Reading | None:
    """Read `national` as a number of one country, None when it is not valid there."""
    if country_code == HOME_CODE:
        return _home(national, rule, cost)
    return _abroad(f"{country_code}{national}", rule, cost)


def is_placeholder(national: str) -> bool:
    """Tell whether the digits are a filler: one digit, a long repeat, or a count up or down."""
    if len(set(national)) == 1 or any(national in count for count in COUNTS):
        return True
    return _FILLER.search(national) is not None


def is_filler(national: str, kind: str) -> bool:
    """Tell whether a valid number is a placeholder; 8-800-555-55-55 may well be somebody's."""
    return "0000000" in national if kind == "toll_free" else is_placeholder(national)


def is_card(digits: str, lengths: tuple[int, ...]) -> bool:
    """Tell whether sixteen digits look like a bank card: written in fours, or Luhn-valid."""
    if len(digits) != 16 or digits[0] not in "23456":
        return False
    return lengths == (4, 4, 4, 4) or _passes_luhn(digits)


def why_not(digits: str, *, plus: bool, lengths: tuple[int, ...], region: str) -> str:
    """Name the reason why `digits`, which no reader could read, are no number."""
    national = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
    if is_card(digits, lengths):
        return "bank_card"
    if is_placeholder(national):
        return "placeholder"
    if not plus and inn.is_valid(digits):
        return "tax_number"
    if region in HOME_REGIONS and not (plus and digits[0] not in "78"):
        return _why_not_home(digits, plus)
    return _why_not_possible(digits, plus, region)


def _why_not_home(digits: str, plus: bool) -> str:
    n, is_prefixed = len(digits), digits[0] in "78"
    # A form mask "+7 (___)" took the trunk 8 (or the 7) as a digit, and the last one fell off.
    if n == 11 and digits[0] == "7" and digits[1] in "78" and digits[2] in "3489":
        return "truncated"
    if n < 10 or (n == 10 and (plus or (is_prefixed and digits[1] in "349"))):
        return "too_short"
    if n == 10 or (n == 11 and is_prefixed):
        return "bad_prefix"
    return "too_long"


def _why_not_possible(digits: str, plus: bool, region: str) -> str:
    try:
        number = phonenumbers.parse(f"+{digits}" if plus else digits, None if plus else region)
    except NumberParseException as problem:
        if problem.error_type == NumberParseException.TOO_LONG:
            return "too_long"
        is_code = problem.error_type == NumberParseException.INVALID_COUNTRY_CODE
        return "bad_prefix" if is_code else "too_short"
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict == ValidationResult.TOO_LONG:
        return "too_long"
    is_short = verdict in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
    return "too_short" if is_short else "bad_prefix"


def _read_home(digits: str, plus: bool, lengths: tuple[int, ...]) -> Reading | None:
    if len(digits) == 11 and digits[0] == "7" and (found := _home(digits[1:])):
        return found
    if plus:
        return _read_plus(digits, lengths)
    return (
        _read_bare(digits)
        or _read_masked(digits)
        or _read_dialled(digits)
        or _read_trunk(digits)
        or _read_abroad(digits, lengths)
    )


def _read_bare(digits: str) -> Reading | None:
    if len(digits) == 11 and digits[0] == "8":
        return _home(digits[1:])
    return _home(digits, "whole", 0.3, 0.98) if len(digits) == HOME_DIGITS else None


def _read_plus(digits: str, lengths: tuple[int, ...]) -> Reading | None:
    abroad = _abroad(digits) if digits[0] != "7" else None
    home = _plus_home(digits)
    if home and abroad:
        return _chosen(abroad, home, lengths)
    if home:
        is_apart = len(lengths) > 1 and lengths[0] == 2  # somebody's "+49 5..." that is not valid
        return replace(home, trust=0.6 if is_apart else 0.9)
    return abroad or _read_masked(digits) or _read_dialled(digits) or _read_trunk(digits)


def _plus_home(digits: str) -> Reading | None:
    """Read "+8 495 ..." and "+495 ...": a plus in front of a number without its 7."""
    if len(digits) == 11 and digits[0] == "8":
        return _home(digits[1:], "plus", 1.0)
    return _home(digits, "plus", 1.5) if len(digits) == HOME_DIGITS else None


def _chosen(abroad: Reading, home: Reading, lengths: tuple[int, ...]) -> Reading:
    """Choose between two valid readings of one "+...".

    A foreign reading that only the writer's groups speak for is marked "grouped": its
    E.164, without the groups, reads as the home number, so it must not be written back.
    """
    if not _is_abroad(abroad, home, lengths):
        return replace(home, trust=0.7)
    if not _is_abroad(abroad, home, (sum(lengths),)):
        return replace(abroad, rule="grouped", trust=0.8)
    is_apart = lengths[0] == len(str(abroad.country_code))
    return replace(abroad, trust=0.9 if is_apart else 0.7)


def _is_abroad(abroad: Reading, home: Reading, lengths: tuple[int, ...]) -> bool:
    """Tell which of two valid readings the groups of digits, or else their number, speak for."""
    if lengths[0] == 1:  # "+8 (495) ...": nobody cuts a country code after its first digit
        return False
    if lengths in ((3, 3, 2, 2), (3, 3, 4), (3, 7)):  # "+495 123-45-67"
        return False
    if len(lengths) > 1 and lengths[0] == len(str(abroad.country_code)):  # "+49 30 901820"
        return True
    if home.type == "mobile" and len(abroad.national) <= 7:
        return False
    return len(abroad.national) >= _usual_length(abroad.country_code) - 2


@lru_cache(maxsize=512)
def _usual_length(country_code: int) -> int:
    region = phonenumbers.region_code_for_country_code(country_code)
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    return len(phonenumbers.national_significant_number(example)) if example else 0


def _read_masked(digits: str) -> Reading | None:
    """Read "+7 8 916 ..." and "+7 375 ...": a form's prefix in front of a whole number."""
    head, tail = digits[:-HOME_DIGITS], digits[-HOME_DIGITS:]
    if len(head) in (2, 3) and set(head) <= {"7", "8"} and (found := _home(tail, "mask", 2.0, 0.9)):
        return found
    # "8 993 617-40-07 8" is a mobile and a slip, not 8 and a number of Turkmenistan.
    is_slip = len(digits) == 12 and home_type(digits[1:11]) is not None
    if digits[0] in "78" and digits[1:].startswith(_NEAR) and not is_slip:
        return _abroad(digits[1:], "mask", 3.0, 0.7)
    return None


def _read_dialled(digits: str) -> Reading | None:
    """Read a number behind the way out of a country: 810, or 00 as in Europe."""
    for prefix in ("810", "00"):
        if digits.startswith(prefix):
            return _abroad(digits[len(prefix) :], "dialled", 0.5, 0.95)
    return None


def _read_trunk(digits: str) -> Reading | None:
    return next(iter(_trunk_readings(digits)), None)


def _trunk_readings(digits: str) -> list[Reading]:
    """Read the neighbours' own trunk: 8 0XX in Belarus and Ukraine, 0XX in both."""
    if len(digits) == 11 and digits.startswith("80"):
        codes, body, trust = ("375", "380"), digits[2:], 0.6
    elif len(digits) == 10 and digits.startswith("0"):
        codes, body, trust = ("380", "375"), digits[1:], 0.4
    else:
        return []
    return [r for code in codes if (r := _abroad(code + body, "trunk", 3.0, trust))]


def _read_abroad(digits: str, lengths: tuple[int, ...]) -> Reading | None:
    """Read a foreign number whose plus is missing."""
    if digits.startswith(_NEAR) and (near := _abroad(digits, "no_plus", 1.5, 0.9)):
        return replace(near, trust=0.6) if inn.is_valid(digits) else near
    if len(digits) < 11 or inn.is_valid(digits) or home_type(digits[:HOME_DIGITS]):
        return None
    found = _abroad(digits, "no_plus", 7.0, 0.45)
    if found and len(lengths) > 1 and lengths[0] != len(str(found.country_code)):
        return None  # the writer's groups do not show this country code
    return found


def _read_elsewhere(digits: str, plus: bool, region: str) -> Reading | None:
    if plus:
        return _abroad(digits, "whole") or _parsed(digits, region, "plus", 2.0, 0.7)
    found = _parsed(digits, region, "whole") or _abroad(digits, "no_plus", 3.0, 0.7)
    if not found and digits.startswith("00"):
        return _abroad(digits[2:], "dialled", 1.0, 0.9)
    return found


@lru_cache(maxsize=1 << 15)
def _home(
    national: str, rule: str = "whole", cost: float = 0.0, trust: float = 1.0
) -> Reading | None:
    kind = home_type(national) if len(national) == HOME_DIGITS else None
    if kind is None:
        return None
    return Reading(
        country_code=HOME_CODE, national=national, type=kind, rule=rule, cost=cost, trust=trust
    )


def _abroad(
    digits: str, rule: str = "whole", cost: float = 0.0, trust: float = 1.0
) -> Reading | None:
    return _parsed(digits, None, rule, cost, trust)


@lru_cache(maxsize=1 << 15)
def _parsed(
    digits: str, region: str | None, rule: str, cost: float = 0.0, trust: float = 1.0
) -> Reading | None:
    """Read `digits` in a region, or without one as if behind a plus."""
    found = judged(digits, region)
    if found is None:
        return None
    return Reading(
        country_code=found.country_code,
        national=found.national,
        type=TYPE_NAMES.get(found.type, "other"),
        rule=rule,
        cost=cost,
        trust=trust,
    )


def _passes_luhn(digits: str) -> bool:
    doubled = (int(d) * (2 - i % 2) for i, d in enumerate(digits))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
