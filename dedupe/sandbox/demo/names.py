"""Names of people and firms as managers type them, and the ones that are missing or junk.

A person is drawn once (given name, patronymic, surname, sex) and written in one of
many ways; a duplicate card is the same person written anew. Strangers that share a
switchboard have surnames of their own. Missing and junk names replace written ones
at the end, so a good name is never junk by accident.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from . import words
from .numbers import Ints

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class People:
    """One person a card: sex, and the places of the names in the word lists."""

    is_woman: Ints
    given: Ints
    patronymic: Ints
    surname: Ints


def draw_people(leader: Ints, crowd: Ints, rng: Rng) -> People:
    """Draw a person for each card: duplicates are their leader, one in ten a relative of it."""
    n = len(leader)
    is_woman = (rng.random(n) < 0.42).astype(np.int64)
    given = _ranked(len(words.FEMALE_NAMES), n, rng)
    patronymic = rng.integers(0, len(words.FEMALE_PATRONYMICS), n)
    surname = _ranked(len(words.FEMALE_SURNAMES), n, rng)
    relative = rng.random(n) < 0.1
    person = np.where(relative, np.arange(n), leader)
    surname = surname[leader]
    # Neighbours in a crowd follow each other in the list, so no surname comes twice in 60.
    surname[crowd] = (np.arange(len(crowd)) + 7) % len(words.FEMALE_SURNAMES)
    return People(is_woman[person], given[person], patronymic[person], surname)


def latin_parts(people: People) -> tuple[pl.Series, pl.Series]:
    """Return given names and surnames in Latin letters, as logins have them."""
    frame = _parts(people)
    return frame["given_latin"], frame["surname_latin"]


def write_people(people: People, crowd: Ints, rng: Rng) -> pl.DataFrame:
    """Write each person's name: columns name, first_name, last_name."""
    n = len(people.given)
    way = rng.choice(len(_WAYS), n, p=_WAY_SHARES / _WAY_SHARES.sum())
    way[crowd] = 1 + rng.integers(0, 3, len(crowd))
    split = (rng.random(n) < 0.3) & (way == 1)
    frame = _parts(people).with_columns(
        way=pl.Series(way),
        split=pl.Series(split),
        remark=pl.Series(words.REMARKS).gather(rng.integers(0, len(words.REMARKS), n)),
        firm=pl.Series(words.FIRM_PLAIN).gather(rng.integers(0, len(words.FIRM_PLAIN), n)),
    )
    name = pl.coalesce(pl.when(pl.col("way") == i).then(e) for i, e in enumerate(_WAYS))
    written = frame.select(
        name=name,
        first_name=pl.when("split").then("given"),
        last_name=pl.when("split").then("surname"),
    )
    return written.with_columns(name=_typed(written["name"], split, rng))


def write_firms(leader: Ints, crowd: Ints, rng: Rng) -> pl.DataFrame:
    """Write each firm's name: columns name, stem (Latin, for domains)."""
    n = len(leader)
    pick = {
        name: pl.Series(list(list_)).gather(rng.integers(0, len(list_), n)[leader])
        for name, list_ in (
            ("head", words.FIRM_HEADS),
            ("tail", words.FIRM_TAILS),
            ("plain", words.FIRM_PLAIN),
            ("surname", words.MALE_SURNAMES),
            ("given", words.MALE_NAMES),
            ("city", words.CITIES),
        )
    }
    kind = rng.choice(4, n, p=[0.5, 0.2, 0.2, 0.1])[leader]
    kind[crowd] = 2  # firms under one roof: clearly different owners
    pick["surname"] = _spread(pick["surname"], crowd)
    frame = pl.DataFrame(pick).with_columns(
        kind=pl.Series(kind),
        form=pl.Series(_FORMS).gather(rng.integers(0, len(_FORMS), n)),
        quote=pl.Series(rng.integers(0, 4, n)),
    )
    named = frame.with_columns(stem=_firm_stem())
    latin = _latin_of(named["stem"])
    return named.select(name=_firm_name()).with_columns(stem=latin)


_TESTS, _GUEST = ("тест", "Тест тест"), "Гость из чата"


def junk_names(phones: list[str | None], emails: list[str | None], *, is_firm: bool) -> list[str]:
    """Return a junk name for each card: of telephony, chats, tests, or its number or address."""
    common = _TESTS if is_firm else (_GUEST, *_TESTS, _GUEST)
    pairs = enumerate(zip(phones, emails, strict=True))
    return [_junk(i, common, phone, email) for i, (phone, email) in pairs]


_NO_NAME = ("Имя не указано", "", None, "Без имени", "Имя не указано", "  ")


def missing_names(n: int) -> list[str | None]:
    """Return `n` ways to have no name: nothing, spaces, the CRM's own placeholder."""
    return [_NO_NAME[i % len(_NO_NAME)] for i in range(n)]


def _junk(i: int, common: tuple[str, ...], phone: str | None, email: str | None) -> str:
    texts = list(common)
    if phone:
        texts += [f"Входящий звонок {phone}", f"Новый контакт {phone}", phone, phone.lstrip("+")]
    if email:
        texts.append(email)
    return texts[-1 - i % len(texts)]


def _ranked(size: int, n: int, rng: Rng) -> Ints:
    """Draw places in a list of `size`, the first ones more often, none very often."""
    weight = 1 / (np.arange(size) + 12.0)
    return rng.choice(size, n, p=weight / weight.sum())


def _parts(people: People) -> pl.DataFrame:
    """Return the words of each person as columns, in Russian and in Latin letters."""
    woman = pl.Series(people.is_woman.astype(bool))

    def by_sex(female: tuple[str, ...], male: tuple[str, ...], place: Ints) -> pl.Series:
        at = np.where(people.is_woman == 1, place % len(female), len(female) + place % len(male))
        return pl.Series([*female, *male]).gather(at)

    given = by_sex(words.FEMALE_NAMES, words.MALE_NAMES, people.given)
    surname = by_sex(words.FEMALE_SURNAMES, words.MALE_SURNAMES, people.surname)
    return pl.DataFrame(
        {
            "woman": woman,
            "given": given,
            "short": by_sex(words.FEMALE_SHORT, words.MALE_SHORT, people.given),
            "middle": by_sex(words.FEMALE_PATRONYMICS, words.MALE_PATRONYMICS, people.patronymic),
            "surname": surname,
            "given_latin": _latin_of(given),
            "surname_latin": _latin_of(surname),
        }
    )


def _latin_of(column: pl.Series) -> pl.Series:
    known = column.unique(maintain_order=True)
    return column.replace_strict(known, pl.Series([words.latin(word) for word in known]))


def _join(*columns: str, by: str = " ") -> pl.Expr:
    return pl.concat_str(*columns, separator=by)


_G, _M, _S = pl.col("given"), pl.col("middle"), pl.col("surname")
_LATIN_G = pl.col("given_latin").str.to_titlecase()
_LATIN_S = pl.col("surname_latin").str.to_titlecase()
# Each way with its share; 1 to 3 hold a surname and a given name, whole.
_WAYS_AND_SHARES: tuple[tuple[pl.Expr, float], ...] = (
    (_G, 16),
    (_join("given", "surname"), 30),
    (_join("surname", "given"), 13),
    (_join("surname", "given", "middle"), 13),
    (_join("given", "middle"), 6),
    (_join("given", "middle", "surname"), 2),
    (pl.format("{} {}.{}.", _S, _G.str.head(1), _M.str.head(1)), 3),
    (pl.format("{} {}.", _G, _S.str.head(1)), 1),
    (pl.col("short"), 3),
    (_join("short", "surname"), 2),
    (pl.format("{} {}", _LATIN_G, _LATIN_S), 2.5),
    (pl.format("{} ({})", _G, "firm"), 2),
    (pl.format("{} {} ({})", _G, _S, "firm"), 1),
    (_join("given", "remark"), 2),
    (pl.format("{} {}", _S, "remark"), 0.5),
)
_WAYS = tuple(way for way, _ in _WAYS_AND_SHARES)
_WAY_SHARES = np.array([share for _, share in _WAYS_AND_SHARES])


def _typed(
    names: pl.Series, careful: np.ndarray[tuple[int], np.dtype[np.bool_]], rng: Rng
) -> pl.Series:
    """Type names as people do: case, ё, stray spaces, a Latin letter that looks Russian."""
    case = rng.choice(5, len(names), p=[0.925, 0.025, 0.03, 0.015, 0.005])
    frame = pl.DataFrame({"name": names, "case": np.where(careful, 0, case)})
    frame = frame.with_columns(no_yo=pl.Series(rng.random(len(names)) < 0.5))
    name, case_ = pl.col("name"), pl.col("case")
    plain = pl.when("no_yo").then(name.str.replace_all("ё", "е").str.replace_all("Ё", "Е"))
    return (
        frame.with_columns(name=plain.otherwise(name))
        .select(
            pl.when(case_ == 1)
            .then(name.str.to_uppercase())
            .when(case_ == 2)
            .then(name.str.to_lowercase())
            .when(case_ == 3)
            .then(name.str.replace(" ", "  ") + " ")
            .when(case_ == 4)
            .then(name.str.replace("а", "a").str.replace("о", "o").str.replace("С", "C"))
            .otherwise(name)
        )
        .to_series()
    )


_FORMS = (
    "ООО",
    "ООО",
    "ООО",
    "ООО",
    "ооо",
    "Ооо",
    "АО",
    "ЗАО",
    "ТД",
    "Общество с ограниченной ответственностью",
)


def _spread(surnames: pl.Series, crowd: Ints) -> pl.Series:
    own = pl.Series(words.MALE_SURNAMES).gather(
        (np.arange(len(crowd)) + 11) % len(words.MALE_SURNAMES)
    )
    return surnames.scatter(crowd, own) if len(crowd) else surnames


def _firm_stem() -> pl.Expr:
    return (
        pl.when(pl.col("kind") == 0)
        .then(pl.concat_str("head", "tail"))
        .when(pl.col("kind") == 2)
        .then("surname")
        .otherwise("plain")
    )


def _firm_name() -> pl.Expr:
    owner = pl.format("ИП {} {}.", "surname", pl.col("given").str.head(1))
    quoted = (
        pl.when(pl.col("quote") == 0)
        .then(pl.format("«{}»", "stem"))
        .when(pl.col("quote") == 1)
        .then(pl.format('"{}"', "stem"))
        .otherwise("stem")
    )
    return (
        pl.when(pl.col("kind") == 2)
        .then(owner)
        .when(pl.col("kind") == 3)
        .then(pl.format("{} {}", "stem", "city"))
        .otherwise(pl.concat_str("form", quoted, separator=" "))
    )
