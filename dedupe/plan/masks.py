"""Values as a reader may see them without seeing the person: +7*******4567, i***@mail.ru."""

from __future__ import annotations

import re

_DIGIT = re.compile(r"\d")
_SHOWN_DIGITS = 4
_MANY_DIGITS = 7


def masked(text: str) -> str:
    """Return `text` with most of it hidden; its kind and its end can still be told.

    >>> masked("+79161234567"), masked("Ivan@mail.ru"), masked("Иванов Пётр")
    ('+7*******4567', 'I***@mail.ru', 'И*** П***')
    """
    if "@" in text:
        login, _, domain = text.rpartition("@")
        # Of a doubled value the first address is part of the "login".
        return f"{login[:1]}***@{domain}" if "@" not in login else masked(login) + f"; ***@{domain}"
    if len(_DIGIT.findall(text)) >= _MANY_DIGITS:
        return _masked_number(text)
    return " ".join(f"{word[:1]}***" for word in text.split())


def _masked_number(text: str) -> str:
    left = len(_DIGIT.findall(text))
    shown = []
    for sign in text:
        if sign.isdigit():
            is_first = left == len(_DIGIT.findall(text))
            is_kept = left <= _SHOWN_DIGITS or (is_first and text.lstrip().startswith("+"))
            shown.append(sign if is_kept else "*")
            left -= 1
        else:
            shown.append(sign if not sign.isalpha() else "*")
    return "".join(shown)
