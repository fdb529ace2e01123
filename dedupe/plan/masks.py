"""Values as a reader may see them without seeing the person: +7******4567, i***@mail.ru."""

from __future__ import annotations

import re

_DIGIT = re.compile(r"\d")
_BREAKS = re.compile(r"([\s,;|/<>()\[\]\"']+)")
_LOGIN = re.compile(r"([^@])[^@]*@")
_SHOWN_DIGITS = 4
_MANY_DIGITS = 7


def masked(text: str) -> str:
    """Return `text` with most of it hidden; its kind and its end can still be told.

    >>> masked("+79161234567"), masked("Ivan@mail.ru"), masked("Иванов Пётр")
    ('+7******4567', 'I***@mail.ru', 'И*** П***')
    """
    if "@" in text:
        # A doubled value has several addresses, and words and numbers beside them.
        return "".join(_masked_piece(piece) for piece in _BREAKS.split(text))
    if len(_DIGIT.findall(text)) >= _MANY_DIGITS:
        return _masked_number(text)
    return " ".join(f"{word[:1]}***" for word in text.split())


def _masked_piece(piece: str) -> str:
    if _BREAKS.fullmatch(piece) or not piece:
        return piece
    if piece.startswith("@"):  # a messenger's name
        return f"@{piece[1:2]}***"
    if "@" in piece:
        # What stands before each "@" is a login, also where two addresses are glued.
        return _LOGIN.sub(lambda found: f"{found[1]}***@", piece)
    return masked(piece)


def _masked_number(text: str) -> str:
    n_left = n_all = len(_DIGIT.findall(text))
    is_first_kept = text.lstrip().startswith("+")
    shown = []
    for sign in text:
        if sign.isdecimal():
            is_kept = n_left <= _SHOWN_DIGITS or (n_left == n_all and is_first_kept)
            shown.append(sign if is_kept else "*")
            n_left -= 1
        else:
            shown.append("*" if sign.isalpha() else sign)
    return "".join(shown)
