"""Phone numbers in what people typed: `read_phones` splits a raw value and judges each part.

The order of rules (clean, take out extensions, cut at separators, read each piece in
the home country first, then glued numbers, then tails such as "/62") is what worked on
124 hand-made cases and on generated ones. `home_national` recognises the plain shape that
nearly all values have; `dedupe.normalize.phone_columns` does the same on columns.

>>> [found.value for found in read_phones("8(495)123-45-67/68, +375 29 123-45-67")]
['+74951234567', '+74951234568', '+375291234567']
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .numbering import HOME_REGIONS, Reader, home_type, is_filler, is_placeholder
from .phone_numbers import Hit, Numbers, Unread, clean_area_code
from .phone_pieces import cut
from .phone_text import Gap, Lexed, lex

HOME_SIGNS = " \u00a0()\u2010\u2011\u2013\u2014-"
HOME_SHAPE = "^(?:[+]?7|8)?([0-9]{10})$"
# Dots between the groups: "8.916.123.45.67", "+7 (4852) 12.34.56". Not 79161234567.0.
DOTTED_SHAPE = (
    r"^ ?(?:(?:[+]?7|8)[ .-]?)?(?:[(][0-9]{3,5}[)][ .-]?|[0-9]{3,5}[ .-])"
    r"[0-9]{1,3}[ .-]?[0-9]{2}[ .-]?[0-9]{2} ?$"
)
MASKS = ("mask", "placeholder")

_WITHOUT_SIGNS = str.maketrans("", "", HOME_SIGNS)
_HOME = re.compile(HOME_SHAPE[:-1])
_DOTTED = re.compile(DOTTED_SHAPE[:-1])
_ODD_DIGITS = 0.9  # trust in a number with letters for digits: "8916О123З45"
_RICH = 9  # so many unreadable digits beside a good number deserve a row of their own
_NOTHING = re.compile(
    r"(?:нет(?: тел\w*| номера)?|нету|без (?:тел\w*|номера)|не ?указан\w*|не ?известн\w*|"
    r"неизвестен|"
    r"отсутствует|не определ\w*|скрыт\w*|номер скрыт|анонимн\w*|no|none|null|nan|nil|n/?a|"
    r"no phone|unknown|undefined|not set|private|hidden|тел\w*|phone|test|тест)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFound:
    """One number of a raw value, or the reason why it holds none.

    `value` is E.164 for a valid number, bare digits for a local one, else None.
    """

    value: str | None
    extension: str | None = None
    status: str  # valid | local | placeholder | invalid
    reason: str | None = None
    rule: str = "whole"
    type: str | None = None
    n_repeats: int = 0
    confidence: float = 1.0


def read_phones(
    raw: str, *, region: str = "RU", area_code: str | None = None
) -> tuple[PhoneFound, ...]:
    """Return the numbers in `raw` in their order, distinct by number and extension.

    Never empty: a value that holds no number gives one row with the reason.
    """
    region = region.upper()
    if region in HOME_REGIONS and (national := home_national(raw) or _dotted_national(raw)):
        plain = home_found(national, home_type(national))
        if plain:
            return (plain,)
    return _read(raw, region, clean_area_code(area_code))


def read_alternatives(
    raw: str, *, region: str = "RU", area_code: str | None = None
) -> tuple[PhoneFound, ...]:
    """Return what `raw` may mean besides what `read_phones` says, mostly nothing.

    For matching only: the neighbouring line that an extension may be, the second way to
    cut glued digits, the other country of a "+49...". Confidence is below 0.6.
    """
    region = region.upper()
    if region in HOME_REGIONS and (national := home_national(raw)) and home_type(national):
        return ()
    numbers = _all_numbers(lex(raw), region, clean_area_code(area_code))
    return tuple(
        _as_found(key, hit, f"{hit.rule}_alternative", 1.0)
        for key, hit in numbers.others.items()
        if key not in numbers.hits
    )


def home_national(raw: str) -> str | None:
    """Return the ten digits of a value that is nothing but one number of country code 7."""
    match = _HOME.fullmatch(raw.translate(_WITHOUT_SIGNS))
    return match[1] if match else None


def _dotted_national(raw: str) -> str | None:
    return home_national(raw.replace(".", "")) if _DOTTED.fullmatch(raw) else None


def home_found(national: str, kind: str | None) -> PhoneFound | None:
    """Return the row of a plain value, None when its line type says that it is not valid."""
    if kind is None:
        return None
    if is_filler(national, kind):
        return _nothing("placeholder")
    return PhoneFound(value=f"+7{national}", status="valid", type=kind, n_repeats=1)


def _read(raw: str, region: str, area_code: str | None) -> tuple[PhoneFound, ...]:
    lexed = lex(raw)
    numbers = _all_numbers(lexed, region, area_code)
    trust = _ODD_DIGITS if lexed.has_odd_digits else 1.0
    found = [
        _as_found(key, hit, _rule(hit, numbers.n_pieces), trust)
        for key, hit in numbers.hits.items()
    ]
    if not found:
        return (_why_nothing(lexed, numbers.unread),)
    beside = {each.reason: _nothing(each.reason) for each in numbers.unread if each.n >= _RICH}
    if lexed.lost_digits:
        beside["digits_lost"] = _nothing("digits_lost")
    return (*found, *beside.values())


def _all_numbers(lexed: Lexed, region: str, area_code: str | None) -> Numbers:
    numbers = _numbers(lexed, Reader(region), area_code)
    if numbers.country_codes and numbers.unread:
        # "+375 29 ..., 33 ...": what was unreadable may be of the country beside it.
        hinted = Reader(region, hints=tuple(sorted(numbers.country_codes)))
        numbers = _numbers(lexed, hinted, area_code)
    return numbers


def _numbers(lexed: Lexed, reader: Reader, area_code: str | None) -> Numbers:
    numbers = Numbers(reader=reader, area_code=area_code)
    for run in lexed.runs:
        pieces = cut(run, reader, area_code)
        rest = numbers.take_extension(run, pieces)
        if rest is None:
            continue
        if rest is not run:
            pieces = cut(rest, reader, area_code)
        for at, piece in enumerate(pieces):
            numbers.take(piece, rest.gap if at == 0 else Gap.SOFT, rest)
    return numbers


def _rule(hit: Hit, n_pieces: int) -> str:
    if hit.rule != "whole" or n_pieces == 1:
        return hit.rule
    return "separator" if hit.is_apart else "space"


def _as_found(key: tuple[str, str | None], hit: Hit, rule: str, trust: float) -> PhoneFound:
    return PhoneFound(
        value=key[0],
        extension=key[1],
        status="valid" if hit.type else "local",
        reason=None if hit.type else "local_no_area",
        rule=rule,
        type=hit.type,
        n_repeats=hit.n_repeats,
        confidence=round(hit.confidence * trust, 2),
    )


def _why_nothing(lexed: Lexed, unread: list[Unread]) -> PhoneFound:
    if lexed.has_mask:
        return _nothing("mask")
    if lexed.lost_digits:
        return _nothing("digits_lost")
    if unread:
        return _nothing(max(unread, key=lambda each: each.n).reason)
    digits = "".join(run.digits for run in lexed.runs)
    if digits:
        return _nothing(_why_few(lexed, digits))
    if lexed.has_email:
        return _nothing("email")
    words = re.sub(r"[\W_]+", " ", lexed.text).strip()
    is_filler = not words or _NOTHING.fullmatch(words)
    return _nothing("placeholder" if is_filler else "text")


def _why_few(lexed: Lexed, digits: str) -> str:
    if lexed.has_email:
        return "email"
    if any(sign.isalpha() for sign in lexed.text):
        return "text" if len(digits) < 3 else "too_short"
    if digits in ("7", "8") and lexed.text != digits:
        return "mask"  # a form's "+7 (" that nobody filled in
    return "placeholder" if is_placeholder(digits) else "too_short"


def _nothing(reason: str) -> PhoneFound:
    status = "placeholder" if reason in MASKS else "invalid"
    return PhoneFound(value=None, status=status, reason=reason, rule="none")
