"""read_phones on generated values of known truth: the share read right, by kind.

Numbers are drawn at random and kept when libphonenumber calls them valid, then
written the way people write them. The truth is what was drawn, not what was read.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import phonenumbers

from dedupe.normalize.numbering import is_placeholder
from dedupe.normalize.phones import read_phones

SEED = 20_261_121
N_VALUES = 6_000
SHARE_MIN = 0.99

MOBILE_CODES = ("903", "905", "910", "916", "921", "926", "950", "961", "977", "985", "999")
LINE_CODES = ("495", "499", "812", "343", "383", "4852", "3452", "8442", "34783", "86133")
KZ_CODES = ("701", "702", "705", "707", "747", "777")
NEAR = {  # country code -> how its mobiles begin, digits of the national number
    "375": (("29", "33", "44", "25"), 9),
    "380": (("50", "67", "63", "93"), 9),
    "998": (("90", "91", "93", "97"), 9),
    "996": (("555", "700", "770"), 9),
    "374": (("91", "77", "55"), 8),
    "995": (("555", "599", "577"), 9),
    "994": (("50", "51", "55", "70"), 9),
    "373": (("69", "79"), 8),
    "992": (("90", "91", "92"), 9),
}
FAR = {
    "49": (("151", "160", "171"), 11),
    "44": (("7400", "7700", "7911"), 10),
    "1": (("212", "415", "646"), 10),
    "90": (("532", "542", "555"), 10),
    "972": (("50", "52", "54"), 9),
    "86": (("138", "139", "159"), 11),
    "971": (("50", "55"), 9),
    "33": (("6", "7"), 9),
}
HARD = (
    ", ",
    ",",
    "; ",
    ";",
    "/",
    " / ",
    "\n",
    "\t",
    "|",
    " и ",
    " или ",
    " & ",
    " • ",
    "<br>",
    "  ",
)
NO_BREAK, NO_BREAK_DASH = "\u00a0", "\u2011"
NAMES = ("Иван", "Мария", "Анна Петровна", "секретарь", "бухгалтер", "директор")
LABELS = ("тел. ", "т.", "моб. ", "Тел: ", "раб. ", "WhatsApp ", "мобильный - ")

Truth = list[tuple[str, str | None]]


@dataclass(frozen=True)
class Made:
    """A value, the account's area code, and the numbers that it holds."""

    raw: str
    truth: Truth
    area: str | None = None


def national(rng: random.Random, codes: tuple[str, ...], size: int = 10, country: str = "7") -> str:
    while True:
        code = rng.choice(codes)
        digits = code + "".join(rng.choice("0123456789") for _ in range(size - len(code)))
        number = phonenumbers.parse(f"+{country}{digits}")
        if phonenumbers.is_valid_number(number) and not is_placeholder(digits):
            return digits


def mobile(rng: random.Random) -> str:
    return national(rng, MOBILE_CODES)


def home(rng: random.Random) -> str:
    codes = rng.choice((MOBILE_CODES, MOBILE_CODES, LINE_CODES, KZ_CODES))
    return national(rng, codes)


def area_of(line: str) -> str:
    return next(code for code in LINE_CODES if line.startswith(code))


def grouped(digits: str, sign: str) -> str:
    """Write a local number as 123-45-67, 12-34-56 or 1-23-45."""
    head = len(digits) - 4
    return sign.join((digits[:head], digits[head : head + 2], digits[head + 2 :]))


def written(rng: random.Random, digits: str) -> str:
    """Write a national number of country code 7 in one of the usual ways."""
    size = next((len(code) for code in LINE_CODES if digits.startswith(code)), 3)
    area, local = digits[:size], digits[size:]
    return rng.choice(
        (
            f"8{digits}",
            f"7{digits}",
            f"+7{digits}",
            digits,
            f"8 ({area}) {grouped(local, '-')}",
            f"+7 ({area}) {grouped(local, '-')}",
            f"+7({area}){grouped(local, '-')}",
            f"8-{area}-{grouped(local, '-')}",
            f"8 {area} {grouped(local, ' ')}",
            f"+7 {area} {grouped(local, ' ')}",
            f"({area}) {grouped(local, '-')}",
            f"8.{area}.{grouped(local, '.')}",
            f"+7{NO_BREAK}{area}{NO_BREAK}{grouped(local, NO_BREAK_DASH)}",
        )
    )


def spaced(rng: random.Random, country: str, digits: str) -> str:
    """Write a foreign number with its country code."""
    near = f"{digits[:2]} {digits[2:5]}-{digits[5:7]}-{digits[7:]}"
    forms = [f"+{country}{digits}", f"+{country} {near}", f"+{country} ({digits[:2]}) {digits[2:]}"]
    if country in NEAR:
        forms += [f"{country}{digits}", f"8-10-{country}-{near}", f"00{country}{digits}"]
    return rng.choice(forms)


def abroad(rng: random.Random) -> tuple[str, str]:
    table = rng.choice((NEAR, FAR))
    country = rng.choice(sorted(table))
    codes, size = table[country]
    digits = national(rng, codes, size, country)
    return spaced(rng, country, digits), f"+{country}{digits}"


def distinct(values: list[str]) -> Truth:
    return [(value, None) for value in dict.fromkeys(values)]


def make_one(rng: random.Random) -> Made:
    digits = home(rng)
    return Made(written(rng, digits), distinct([f"+7{digits}"]))


def make_list(rng: random.Random) -> Made:
    numbers = [home(rng) for _ in range(rng.choice((2, 2, 2, 3)))]
    sign = rng.choice(HARD)
    return Made(
        sign.join(written(rng, each) for each in numbers), distinct([f"+7{n}" for n in numbers])
    )


def make_spaced(rng: random.Random) -> Made:
    numbers = [home(rng) for _ in range(2)]
    forms = ("8{}", "+7{}", "7{}", "{}")
    form = rng.choice(forms)
    return Made(
        " ".join(form.format(each) for each in numbers), distinct([f"+7{n}" for n in numbers])
    )


def make_glued(rng: random.Random) -> Made:
    numbers = [home(rng) for _ in range(rng.choice((2, 2, 2, 3)))]
    raw = "".join(rng.choice(("8", "8", "7", "")) + each for each in numbers)
    plus = rng.choice(("", "", "+")) if raw.startswith("7") and len(raw) % 11 == 0 else ""
    return Made(plus + raw, distinct([f"+7{n}" for n in numbers]))


def make_repeated(rng: random.Random) -> Made:
    digits = home(rng)
    raw = rng.choice(HARD).join((written(rng, digits), written(rng, digits)))
    return Made(raw, distinct([f"+7{digits}"]))


def make_extension(rng: random.Random) -> Made:
    line = national(rng, LINE_CODES)
    extension = str(rng.randrange(1, 10_000))
    mark = rng.choice(
        (" доб. ", " доб ", "доб.", " (доб. ", " вн. ", ", внутр. ", " ext. ", "#", "*", "x", ",,",
         " добавочный ", " доб.№", " (тоновый набор ")
    )  # fmt: skip
    close = ")" if "(" in mark else ""
    return Made(f"{written(rng, line)}{mark}{extension}{close}", [(f"+7{line}", extension)])


def make_two_extensions(rng: random.Random) -> Made:
    line, other = national(rng, LINE_CODES), mobile(rng)
    first, second = rng.sample(range(100, 1000), 2)
    raw = f"{written(rng, line)} доб. {first}{rng.choice((', ', '/', ' и '))}{second}"
    truth: Truth = [(f"+7{line}", str(first)), (f"+7{line}", str(second))]
    if rng.random() < 0.5:
        return Made(raw, truth)
    return Made(f"{raw}; 8{other}", [*truth, (f"+7{other}", None)])


def make_tail(rng: random.Random) -> Made:
    line = national(rng, LINE_CODES)
    n = rng.choice((1, 2, 2, 2, 3))
    tail = str((int(line[-n:]) + rng.randrange(1, 9)) % 10**n).zfill(n)
    mark = rng.choice(("/", " / ") if n != 2 else ("/", " / ", ", ", " и "))
    area = area_of(line)
    raw = f"8 ({area}) {grouped(line[len(area) :], '-')}{mark}{tail}"
    other = line[:-n] + tail
    valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+7{other}"))
    return Made(raw, distinct([f"+7{line}", f"+7{other}"] if valid else [f"+7{line}"]))


def make_range(rng: random.Random) -> Made:
    line = national(rng, LINE_CODES)
    line = line[:-2] + f"{rng.randrange(10, 90)}"
    end = int(line[-2:]) + rng.randrange(1, 9)
    area = area_of(line)
    mark = rng.choice(("...", "…", " - ", " – "))
    raw = f"({area}) {grouped(line[len(area) :], '-')}{mark}{end:02}"
    ends = range(int(line[-2:]), end + 1)
    return Made(raw, distinct([f"+7{line[:-2]}{each:02}" for each in ends]))


def make_same_town(rng: random.Random) -> Made:
    line = national(rng, LINE_CODES)
    area = area_of(line)
    if len(area) == 5:  # five digits after a comma may be an extension as well
        return make_tail(rng)
    other = national(rng, (area,))
    sign = rng.choice((", ", "; ", " / ", "/", "\n"))
    first, second = (grouped(each[len(area) :], "-") for each in (line, other))
    return Made(f"8 ({area}) {first}{sign}{second}", distinct([f"+7{line}", f"+7{other}"]))


def make_local(rng: random.Random) -> Made:
    line = national(rng, LINE_CODES)
    area = area_of(line)
    other = national(rng, (area,))
    first, second = (grouped(each[len(area) :], "-") for each in (line, other))
    if rng.random() < 0.5:
        return Made(f"{first}, {second}", distinct([f"+7{line}", f"+7{other}"]), area)
    cell = mobile(rng)
    raw = f"{first}, {written(rng, cell)}"
    return Made(raw, distinct([f"+7{line}", f"+7{cell}"]), area)


def make_labelled(rng: random.Random) -> Made:
    numbers = [mobile(rng), home(rng)]
    if rng.random() < 0.5:
        raw = ", ".join(f"{rng.choice(LABELS)}{written(rng, each)}" for each in numbers)
    else:
        raw = ", ".join(f"{written(rng, each)} {rng.choice(NAMES)}" for each in numbers)
    return Made(raw, distinct([f"+7{n}" for n in numbers]))


def make_noisy(rng: random.Random) -> Made:
    digits = mobile(rng)
    noise = rng.choice(
        (" 2019", " с 9 до 18", " кв. 12", " (личный)", " после 18:00", " ivan@mail.ru", " оф 305")
    )
    return Made(f"{written(rng, digits)}{noise}", distinct([f"+7{digits}"]))


def make_abroad(rng: random.Random) -> Made:
    raw, value = abroad(rng)
    return Made(raw, distinct([value]))


def make_abroad_list(rng: random.Random) -> Made:
    raw, value = abroad(rng)
    digits = home(rng)
    parts = [(raw, value), (written(rng, digits), f"+7{digits}")]
    rng.shuffle(parts)
    sign = rng.choice((", ", "; ", " / ", "\n", " и "))
    return Made(sign.join(raw for raw, _ in parts), distinct([value for _, value in parts]))


def make_mask(rng: random.Random) -> Made:
    digits = mobile(rng)
    form = rng.choice(
        ("+7 8{}", "+7+7{}", "+7 7{}", "8 8{}", "+8 {}", "+7 (8{}", "'+7{}", "={}", "7{}.0")
    )
    form = "=7{}" if form == "={}" else form
    return Made(form.format(digits), distinct([f"+7{digits}"]))


MAKERS: tuple[Callable[[random.Random], Made], ...] = (
    make_one,
    make_list,
    make_spaced,
    make_glued,
    make_repeated,
    make_extension,
    make_two_extensions,
    make_tail,
    make_range,
    make_same_town,
    make_local,
    make_labelled,
    make_noisy,
    make_abroad,
    make_abroad_list,
    make_mask,
)


def made_values(seed: int = SEED) -> Iterator[tuple[str, Made]]:
    rng = random.Random(seed)
    for at in range(N_VALUES):
        maker = MAKERS[at % len(MAKERS)]
        yield maker.__name__, maker(rng)


def is_right(made: Made) -> bool:
    found = read_phones(made.raw, area_code=made.area)
    return [(each.value, each.extension) for each in found if each.value] == made.truth


def test_generated_values_are_read_right(
    record_property: Callable[[str, object], None],
) -> None:
    total: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for kind, made in made_values():
        total[kind] += 1
        wrong[kind] += not is_right(made)
    share = 1 - wrong.total() / total.total()
    shares = {kind: round(1 - wrong[kind] / n, 4) for kind, n in total.items()}
    report = f"read right: {share:.4f} of {total.total()}, by kind: {shares}"
    record_property("read_right", report)
    assert share >= SHARE_MIN, report
    assert min(shares.values()) >= 0.97, report


def test_generator_makes_what_it_says() -> None:
    values = [made for _, made in made_values()]
    assert len({made.raw for made in values}) > 0.95 * N_VALUES
    assert sum(len(made.truth) > 1 for made in values) > N_VALUES / 3
