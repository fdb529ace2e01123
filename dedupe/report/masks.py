"""What a report shows of clients where values are not asked for: Ив*** И***, +7 *** ***-12-34.

Enough to tell kinds and to find the card by its link, too little to call anybody.
"""

from __future__ import annotations

import re

_LOGIN = r"[^\s@<>,;|:\"'()]"
# A login is looked for from its start alone, or a megabyte of text without an @ takes an hour.
_ADDRESS = re.compile(f"(?<!{_LOGIN})({_LOGIN}+)@({_LOGIN}+)")
_NUMBER = re.compile(r"\+?\d(?:[\s().\u00a0-]{0,3}\d){6,}")
# In settings digits may be a date, a sum or an id: only what is written as a phone is one.
_PHONE = re.compile(
    r"(?<![\d-])(?:\+\d{1,3}|[78])[\s(.\u00a0-]{0,3}\d{3}[\s).\u00a0-]{0,3}\d{3}"
    r"[\s.\u00a0-]?\d{2}[\s.\u00a0-]?\d{2}(?![\d-])"
)
_DATE = re.compile(r"\d{4}-\d\d(-\d\d)?")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_SHOWN_DIGITS = 4
_COUNTRY_FROM = 11  # digits of a number whose first one is its country


def hidden(text: str) -> str:
    """Return a client's name or value so that nobody can be told by it.

    >>> hidden("Иванов Иван"), hidden("+79160001234"), hidden("ivan@mail.ru")
    ('Ив*** Ив***', '+7 *** ***-12-34', 'i***@***.ru')
    """
    if _DATE.fullmatch(text):
        return text
    parts, end = [], 0
    for found in sorted((*_ADDRESS.finditer(text), *_NUMBER.finditer(text)), key=_start):
        if found.start() >= end:
            parts += [_words(text[end : found.start()]), _piece(found[0])]
            end = found.end()
    return "".join([*parts, _words(text[end:])])


def scrubbed(text: str) -> str:
    """Return a text of the account's settings with the numbers and addresses in it hidden.

    >>> scrubbed("Звонок на +7 916 000-12-34, опт")
    'Звонок на +7 *** ***-12-34, опт'
    """
    return _PHONE.sub(lambda found: _piece(found[0]), _ADDRESS.sub(lambda f: _piece(f[0]), text))


def _start(found: re.Match[str]) -> int:
    return found.start()


def _piece(text: str) -> str:
    login, at, domain = text.partition("@")
    if at:
        zone = domain.rpartition(".")[2] if "." in domain else ""
        return f"{login[:1]}***@***{'.' if zone else ''}{zone}"
    digits = [char for char in text if char.isdigit()]
    a, b, c, d = digits[-_SHOWN_DIGITS:]
    country = digits[0] if text.startswith("+") or len(digits) >= _COUNTRY_FROM else ""
    plus = "+" if text.startswith("+") else ""
    return f"{plus}{country} *** ***-{a}{b}-{c}{d}".lstrip()


def _words(text: str) -> str:
    return _WORD.sub(lambda found: f"{found[0][: min(2, len(found[0]) // 2)]}***", text)
