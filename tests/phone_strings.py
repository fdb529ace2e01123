"""Seeded strings that look like phone numbers of all calling codes, right, spoilt and absurd."""

from __future__ import annotations

import random
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

MARKS = [" ", "-", "(", ")", ".", "/", "\u00a0", "\u2013", " (", ") ", "--", "\u2212", *[""] * 5]
BEFORE = ["тел. ", "(", "tel:", " ", "'", "\t", "n", "=", "Иван ", " +", "ўё"]
AFTER = [" ", ",", ";", "'", "\n", "x12", " доб. 3", ")", "_", "#", "*", "і", "²", "٣", "!"]
OTHERS = "KZ BY UA US DE GB IT UZ FR CN IN BR AR MX CA AU JP HU LT FI"
HOME = ["RU"] * 6 + OTHERS.split(" ")


@cache
def examples() -> list[tuple[int, str]]:
    """Return (calling code, national number) of every type that the metadata exemplifies."""
    found = []
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            if region == "001":
                made = [phonenumbers.example_number_for_non_geo_entity(code)]
            else:
                made = [phonenumbers.example_number_for_type(region, kind) for kind in range(11)]
            found += [
                (code, phonenumbers.national_significant_number(number))
                for number in made
                if number is not None
            ]
    return found


def regions() -> list[str]:
    """Return default regions to read with: often Russia, sometimes any."""
    return HOME + [r for rs in COUNTRY_CODE_TO_REGION_CODE.values() for r in rs if r != "001"]


def phone_string(rng: random.Random) -> str:
    """Return one string."""
    text = _number(rng) if rng.random() < 0.75 else _digits(rng)
    if rng.random() < 0.5:
        text = "".join(c + (rng.choice(MARKS) if rng.random() < 0.3 else "") for c in text)
    if rng.random() < 0.08:
        text = rng.choice(BEFORE) + text
    if rng.random() < 0.08:
        text += rng.choice(AFTER)
    if rng.random() < 0.03:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice("+*#x,;~_аz²٣＋") + text[at:]
    return text


def _number(rng: random.Random) -> str:
    code, national = rng.choice(examples())
    digits = list(national)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        digits[rng.randrange(len(digits))] = str(rng.randrange(10))
    if rng.random() < 0.15:
        digits.append(str(rng.randrange(10)))
    if rng.random() < 0.1:
        digits.pop()
    if rng.random() < 0.1:
        digits = [str(rng.randrange(10)) for _ in digits]
    prefixes = [f"+{code}", f"{code}", f"00{code}", f"810{code}", f"011{code}", f"8{code}"]
    prefixes += [f"+{code}0", f"+{code}8", "", "0", "8", "1", "06", "80", "+", "+0", "+00", "000"]
    return rng.choice([*prefixes, "+7", "7", "8"]) + "".join(digits)


def _digits(rng: random.Random) -> str:
    n = rng.choice([*range(19), 20, 22])
    return rng.choice(["", "+", "8", "7", "+7", ""]) + "".join(
        str(rng.randrange(10)) for _ in range(n)
    )
