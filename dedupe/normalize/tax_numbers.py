"""Tax and registration numbers of Russia and its neighbours, read from what people type.

A cell may hold several («ИНН 7707083893 / КПП 770701001»), with labels, spaces, letters for
digits (О for 0) and what Excel leaves: "7707083893.0", "7.707083893E+09", a lost
leading zero. A repair is made only when the repaired number passes its check.

Check digits are judged by python-stdnum, with one exception: of ОГРНИП, whose check digit
is the last digit of a remainder of up to 12, version 2.2 refuses the remainders of two
digits (about a fifth of all numbers). Kazakhstan's rule for БИН and ИИН, which the library
lacks, is that of government decree 406 of 22 May 2007 (also the OECD's TIN sheet).
КПП and the numbers of Uzbekistan, Kyrgyzstan, Tajikistan, Turkmenistan, Armenia and Georgia have
no check digit known to us: their form alone is judged, with the note "unchecked".

>>> [(n.kind, n.value, n.status) for n in read_tax_numbers("ИНН 7707083893 / КПП 770701001")]
[('inn_company', '7707083893', 'valid'), ('kpp', '770701001', 'valid')]
>>> read_tax_number("7707083894").status, read_tax_number("1234567894").status
('bad_checksum', 'placeholder')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from stdnum.az import voen
from stdnum.by import unp
from stdnum.exceptions import InvalidComponent, ValidationError
from stdnum.md import idno
from stdnum.ru import inn, ogrn
from stdnum.ua import edrpou, rntrc

from .text import plain

_RUN_DIGITS = 9  # as the kernel has it: the first nine digits tell a filler
_KPP = re.compile(r"\d{4}[\da-z]{2}\d{3}")
# What a КПП nearly always is: "01" at its reasons' place, or a branch's or a big payer's code.
_LIKELY_KPP = re.compile(r"\d{4}(?:01|43|44|45|50)\d{3}")
_UNP_LETTERS = str.maketrans("авекмнорст", "abekmhopct")
_LETTER_UNP = re.compile(r"[abcehkmoptавсенкморт]{2}\d{7}")


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """One number: its digits, what it is, and whether its check holds.

    `status` is valid | bad_checksum | bad_length | text | placeholder | empty, `reason` why
    it is not valid, `notes` how it was read: lost_leading_zero, float, scientific,
    lookalikes, unchecked, foreign (a neighbour country's number, though none was expected).
    `value` is None where no digits were read.
    """

    value: str | None
    kind: str | None
    status: str
    reason: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rule:
    """The form of one kind: its number of digits, and its check where there is one."""

    n: int
    check: Callable[[str], object] | None = None
    lost_zeros: int = 0  # how many leading zeros Excel may have dropped


def _check_ogrnip(number: str) -> None:
    if number[0] not in "34":
        raise InvalidComponent
    if str(int(number[:-1]) % 13)[-1] != number[-1]:
        raise ValidationError


def _check_kz(number: str) -> None:
    digits = [int(digit) for digit in number]
    check = sum(w * d for w, d in zip(range(1, 12), digits, strict=False)) % 11
    if check == 10:
        weights = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
        check = sum(w * d for w, d in zip(weights, digits, strict=False)) % 11
    if check != digits[-1]:
        raise ValidationError


def _check_okpo(number: str) -> None:
    digits = [int(digit) for digit in number]
    check = sum(w * d for w, d in zip(range(1, 8), digits, strict=False)) % 11
    if check == 10:
        check = sum(w * d for w, d in zip(range(3, 10), digits, strict=False)) % 11 % 10
    if check != digits[-1]:
        raise ValidationError


_RULES = {
    "inn_company": _Rule(10, inn.validate, 1),
    "inn_person": _Rule(12, inn.validate, 1),
    "kpp": _Rule(9, None, 1),
    "ogrn": _Rule(13, ogrn.validate),
    "ogrnip": _Rule(15, _check_ogrnip),
    "okpo": _Rule(8, _check_okpo, 2),
    "unp": _Rule(9, unp.validate),
    "edrpou": _Rule(8, edrpou.validate, 2),
    "rntrc": _Rule(10, rntrc.validate, 1),
    "bin": _Rule(12, _check_kz, 3),  # both begin with a year, which may be 00
    "iin": _Rule(12, _check_kz, 3),
    "uz_inn": _Rule(9),
    "pinfl": _Rule(14),
    "kg_inn": _Rule(14),
    "hvhh": _Rule(8),
    "voen": _Rule(10, voen.validate),
    "idno": _Rule(13, idno.validate),
    "ge_id": _Rule(9),
    "ge_person": _Rule(11),
    "tj_inn": _Rule(9),
    "tm_inn": _Rule(12),
}
# What a number without a label may be, in order of preference where two have one length.
_KINDS = {
    "RU": ("inn_company", "inn_person", "kpp", "ogrn", "ogrnip"),
    "BY": ("unp",),
    "UA": ("edrpou", "rntrc"),
    "KZ": ("bin", "iin"),
    "UZ": ("uz_inn", "pinfl"),
    "KG": ("kg_inn",),
    "AM": ("hvhh",),
    "AZ": ("voen",),
    "MD": ("idno",),
    "GE": ("ge_id", "ge_person"),
    "TJ": ("tj_inn",),
    "TM": ("tm_inn",),
}
_INN = {
    "RU": ("inn_company", "inn_person"),
    "KZ": ("bin", "iin"),
    "KG": ("kg_inn",),
    "UZ": ("uz_inn", "pinfl"),
    "UA": ("rntrc", "edrpou"),
}
_LABELS = {
    "инн": "inn",
    "inn": "inn",
    "кпп": "kpp",
    "kpp": "kpp",
    "огрн": "ogrn",
    "ogrn": "ogrn",
    "огрнип": "ogrnip",
    "ogrnip": "ogrnip",
    "унп": "unp",
    "unp": "unp",
    "едрпоу": "edrpou",
    "єдрпоу": "edrpou",
    "edrpou": "edrpou",
    "окпо": "okpo",
    "рнокпп": "rntrc",
    "іпн": "rntrc",
    "бин": "bin",
    "бсн": "bin",
    "bin": "bin",
    "иин": "iin",
    "жсн": "iin",
    "iin": "iin",
    "стир": "uz_inn",
    "stir": "uz_inn",
    "пинфл": "pinfl",
    "pinfl": "pinfl",
    "jshshir": "pinfl",
    "հվհհ": "hvhh",
    "хвхх": "hvhh",
    "vöen": "voen",
    "voen": "voen",
    "idno": "idno",
}
_NUMBER = r"\d(?:[\d\s._-]*\d)?"
_SCIENTIFIC = re.compile(r"[-+]?(\d(?:[.,]\d+)?e\+?\d{1,2})(?!\d)")
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:,\d{3}){2,4}(?![\d,])")
_FLOAT = re.compile(r"(?<=\d{5})[.,]0{1,6}(?!\d)")
_LOOKALIKE = re.compile(
    r"(?<=\d)[oоlз](?=[\doоlз]*\d)|(?<![^\W\d_])[oоз](?=\d{7})|(?<=\d{8})[oо]\b"
)
_DIGIT_OF = str.maketrans("oоlз", "0013")
_TOKEN = re.compile(rf"{_LETTER_UNP.pattern}|\d{{4}}[a-z]{{2}}\d{{3}}\b|{_NUMBER}|[^\W\d_]+")
_EMPTY = re.compile(r"[\W_]*")


def read_tax_number(text: str, *, kind: str | None = None, country: str = "RU") -> TaxNumber:
    """Read one number; of several, the first that is valid, else the first.

    `kind` is a kind of this module or "inn", which means the country's own; `country`
    (ISO 3166) says what digits without a label may be. Unknown ones are ignored.
    """
    found = read_tax_numbers(text, kind=kind, country=country)
    return next((each for each in found if each.status == "valid"), found[0])


def read_tax_numbers(
    text: str, *, kind: str | None = None, country: str = "RU"
) -> tuple[TaxNumber, ...]:
    """Read every number of a cell in order; at least one result, which may be "empty" or "text"."""
    told = plain(text)
    if _EMPTY.fullmatch(told):
        return (TaxNumber(None, None, "empty"),)
    cleaned, notes, has_lost = _repaired(told)
    if has_lost:
        return (TaxNumber(None, None, "bad_length", "digits_lost", notes),)
    home = country.upper()
    found: list[TaxNumber] = []
    for label, digits in _labelled(cleaned, kind):
        found += [_judge(part, label, home, notes) for part in _parts(digits, label, home)]
    return tuple(found) or (TaxNumber(None, None, "text", "no_digits"),)


def _repaired(text: str) -> tuple[str, tuple[str, ...], bool]:
    """Undo what programs and fingers did to digits; tell what, and whether digits are gone."""
    notes = []
    if "e" in text and (match := _SCIENTIFIC.search(text)):
        number = Decimal(match[1].replace(",", "."))
        notes.append("scientific")
        if number != number.to_integral_value() or _n_known(match[1]) < number.adjusted() + 1:
            return text, tuple(notes), True
        text = text.replace(match[0], f"{number:f}")
    text = _GROUPED.sub(lambda match: match[0].replace(",", ""), text)
    for name, pattern, repair in (
        ("float", _FLOAT, lambda match: ""),
        ("lookalikes", _LOOKALIKE, lambda match: match[0].translate(_DIGIT_OF)),
    ):
        if (repaired := pattern.sub(repair, text)) != text:
            text = repaired
            notes.append(name)
    return text, tuple(notes), False


def _n_known(scientific: str) -> int:
    """Return how many digits the mantissa of "7,70708e+09" tells, as Excel rounds to it."""
    mantissa = scientific.split("e")[0]
    return sum(sign.isdecimal() for sign in mantissa)


def _labelled(text: str, kind: str | None) -> Iterator[tuple[str | None, str]]:
    """Yield each run of digits with its label: «ИНН/КПП 77…/77…» gives labels in turn."""
    pending: list[str] = []
    for token in _TOKEN.findall(text):
        if any(map(str.isdecimal, token)):
            yield (_take(pending, token) if pending else kind), token
        elif label := _LABELS.get(token):
            pending.append(label)
        else:
            pending.clear()  # «ИНН нет, КПП 770701001»


def _take(pending: list[str], token: str) -> str:
    """Take the label that a number's length fits, else the first."""
    n = sum(map(str.isalnum, token))
    for at, label in enumerate(pending):
        if any(_RULES[kind].n == n for kind in _candidates(label, "RU")):
            return pending.pop(at)
    return pending.pop(0)


def _parts(token: str, label: str | None, country: str) -> list[str]:
    """Split a run of digits with spaces and dashes into numbers of a known length."""
    if token.isalnum():
        return [token]
    groups = re.findall(r"[a-z\d]+", token)
    lengths = {_RULES[kind].n for kind in _candidates(label, country)}
    if sum(map(len, groups)) in lengths or len(groups) > 12:
        return ["".join(groups)]
    every = {rule.n for rule in _RULES.values()}
    return _partition(groups, every) or ["".join(groups)]


def _partition(groups: Sequence[str], lengths: set[int]) -> list[str]:
    """Join neighbours so that each has one of `lengths`; nothing when that can't be."""
    for at in range(1, len(groups) + 1):
        head = "".join(groups[:at])
        if len(head) not in lengths:
            continue
        rest = _partition(groups[at:], lengths)
        if rest or at == len(groups):
            return [head, *rest]
    return []


def _candidates(label: str | None, country: str) -> tuple[str, ...]:
    """Return the kinds a number may be by its label, else by its country."""
    own = _KINDS.get(country, _KINDS["RU"])
    if label == "inn":
        return _INN.get(country, own)
    if label in ("ogrn", "ogrnip"):
        return "ogrn", "ogrnip"  # people write one for the other
    if label in ("bin", "iin"):
        return "bin", "iin"
    return (label,) if label in _RULES else own


def _judge(digits: str, label: str | None, country: str, notes: tuple[str, ...]) -> TaxNumber:
    kinds = _candidates(label, country)
    if _is_filler(digits):
        kind = next((kind for kind in kinds if _RULES[kind].n == len(digits)), None)
        reason = "run" if len(set(digits)) > 1 else "repeated_digit"
        return TaxNumber(digits, kind, "placeholder", reason, notes)
    same_length = [
        kind
        for kind in kinds
        if _RULES[kind].n == len(digits)
        and (label or kind != "kpp" or _LIKELY_KPP.fullmatch(digits))  # it has no check
    ]
    judged = [_checked(digits, kind, notes) for kind in same_length]
    guesses = [] if any(_is_sure(each) for each in judged) else _guesses(digits, label, kinds)
    for each in (*(j for j in judged if _is_sure(j)), *(_noted(g, notes) for g in guesses)):
        if each.status == "valid":
            return each
    if judged:
        return next((each for each in judged if each.status == "valid"), judged[0])
    return TaxNumber(digits, None, "bad_length", "length", notes)


def _is_sure(number: TaxNumber) -> bool:
    """Tell whether a number is valid on more than its length."""
    value = number.value or ""
    is_formal = number.kind == "kpp" and bool(_LIKELY_KPP.fullmatch(value))
    return number.status == "valid" and (is_formal or "unchecked" not in number.notes)


def _guesses(digits: str, label: str | None, kinds: Sequence[str]) -> Iterator[TaxNumber]:
    """Yield what the digits are once Excel's lost zeros are put back, where the check holds."""
    is_phone = len(digits) == 11 and digits[0] in "78" and label is None
    for kind in () if is_phone else kinds:
        rule = _RULES[kind]
        lost = rule.n - len(digits)
        if rule.check and 0 < lost <= rule.lost_zeros and digits.isdecimal():
            yield _checked("0" * lost + digits, kind, ("lost_leading_zero",))
    if "inn_company" in kinds:  # a neighbour's firm in a Russian account
        if label is None and len(digits) == _RULES["unp"].n:
            yield _checked(digits, "unp", ("foreign",))
        if len(digits) == _RULES["bin"].n and _kz_kind(digits) == "bin":
            yield _checked(digits, "bin", ("foreign",))


def _noted(number: TaxNumber, notes: tuple[str, ...]) -> TaxNumber:
    return TaxNumber(
        number.value, number.kind, number.status, number.reason, (*notes, *number.notes)
    )


def _checked(digits: str, kind: str, notes: tuple[str, ...]) -> TaxNumber:
    """Judge digits that have the length of `kind`."""
    rule = _RULES[kind]
    kind = _kz_kind(digits) if kind in ("bin", "iin") else kind
    value = digits.translate(_UNP_LETTERS).upper()
    if kind == "kpp" and not _KPP.fullmatch(digits):
        return TaxNumber(value, kind, "bad_checksum", "form", notes)
    if kind != "kpp" and kind != "unp" and not digits.isdecimal():
        return TaxNumber(value, kind, "text", "letters", notes)
    if rule.check is None:
        return TaxNumber(value, kind, "valid", None, (*notes, "unchecked"))
    try:
        rule.check(value)
    except InvalidComponent:
        return TaxNumber(value, kind, "bad_checksum", "first_digit", notes)
    except ValidationError:
        return TaxNumber(value, kind, "bad_checksum", "checksum", notes)
    return TaxNumber(value, kind, "valid", None, notes)


def _kz_kind(digits: str) -> str:
    """Tell a firm from a person: the fifth digit is 4 to 6, or the tens of a birth day."""
    return "bin" if digits[4] in "456" else "iin"


def _is_filler(digits: str) -> bool:
    """Tell whether digits are one digit or a run: 0000000000, 1234567890, also as a beginning."""
    head = digits[: min(_RUN_DIGITS, max(len(digits) - 1, 1))]
    if not digits.isdecimal():
        return False
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(head)}
    return steps in (set(), {0}, {1}, {9}) and (len(head) > 4 or len(set(digits)) == 1)
