"""ИНН, the Russian taxpayer number: 10 digits for a company, 12 for a person.

The last digit (the last two for a person) is a weighted sum of the digits
before it, mod 11, mod 10. One random number of ten digits in ten passes, so the
check says something only where nothing better explains the digits.

>>> is_valid("7707083893"), is_valid("7707083894"), is_valid("500100732259")
(True, False, True)
"""

from __future__ import annotations

# Weights are for the digits left to right; a check digit reads a suffix of them.
_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_CHECKED = {10: (9,), 12: (10, 11)}


def is_valid(digits: str) -> bool:
    """Tell whether `digits` (ASCII digits only) has the length and check digits of an ИНН."""
    if not (digits.isascii() and digits.isdigit()) or not digits.strip("0"):
        return False
    checked = _CHECKED.get(len(digits), ())
    return bool(checked) and all(_check_digit(digits[:at]) == digits[at] for at in checked)


def _check_digit(head: str) -> str:
    weights = _WEIGHTS[-len(head) :]
    return str(sum(w * int(d) for w, d in zip(weights, head, strict=True)) % 11 % 10)
