"""The persons behind made-up contacts: names by real frequencies, families, offices, channels.

`draw_persons(n, seed, rates)` returns one row a person, without any error: what is true. Words are
in lower case; `people` writes cards from them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from bench import people_words as words

TABLES = Path(__file__).parents[1] / "dedupe" / "normalize" / "data"
Rng = np.random.Generator

# Bijections of 0...p-1 scatter running numbers: every person has numbers of their own.
_PRIME, _STEP = 999_999_937, 618_033_989
NUMBERS_A_PERSON = 3
# The table counts papers and is flatter than life: 0.3 % Иванов there, 1.2 % at this power, near
# the 1.3 % that is usually given; the most frequent 250 surnames are then a third of all people.
_SURNAME_POWER = 1.35
_FIRST_BIRTHDAY, _BIRTH_YEARS = np.datetime64("1945-01-01"), 60


def stage_rng(seed: int, stage: str) -> Rng:
    """Return a stream of random numbers of its own for `stage`: a new rate moves no other draw."""
    return np.random.default_rng([seed, *stage.encode()])


def draw_persons(n: int, seed: int, rates) -> pl.DataFrame:
    """Draw `n` persons: columns as the parts below name them, and `person_id`, 0 to n - 1."""
    rng = stage_rng(seed, "persons")
    family = _blocks(n, rates.family, (2, 4), rng)
    office = _blocks(n, rates.shared_office, (10, 60), rng)
    names = _names(n, family, rates, rng)
    place = _places(n, family, names["copy_of"].to_numpy(), rng)
    work = _work(n, office, place["city"].to_numpy(), rng)
    persons = pl.concat(
        [names.drop("copy_of"), place, work, _phones(n, family, place, work, rng)],
        how="horizontal",
    )
    persons = persons.with_columns(_emails(persons, stage_rng(seed, "emails")))
    return persons.with_columns(person_id=pl.int_range(n, dtype=pl.UInt32))


def _blocks(n: int, share: float, sizes: tuple[int, int], rng: Rng) -> np.ndarray:
    """Return each person's block, -1 for most: a `share` of all live in blocks of `sizes`."""
    members = int(n * share)
    size = rng.integers(sizes[0], sizes[1] + 1, members // sizes[0] + 1)
    block = np.repeat(np.arange(len(size)), size)[:members]
    of_person = np.full(n, -1)
    of_person[rng.permutation(n)[:members]] = block
    return of_person


def _first_of(block: np.ndarray) -> np.ndarray:
    """Return for each person the first one of their block, or the person."""
    rows = np.arange(len(block))
    _, first, inverse = np.unique(block, return_index=True, return_inverse=True)
    return np.where(block < 0, rows, rows[first][inverse])


def _names(n: int, family: np.ndarray, rates, rng: Rng) -> pl.DataFrame:
    surnames, given, fathers = _name_tables(rates.surnames)
    is_woman = rng.random(n) < 0.5
    surname = _by_count(surnames, n, rng)
    father = _by_count(fathers, n, rng)
    first_name = np.where(
        is_woman, _by_count(given["f"], n, rng) + given["m"].height, _by_count(given["m"], n, rng)
    )
    head = _first_of(family)
    surname = surname[head]
    father = np.where(rng.random(n) < 0.4, father[head], father)  # brothers and sisters
    is_son = (head != np.arange(n)) & (rng.random(n) < rates.same_name_in_family)
    first_name, is_woman = (np.where(is_son, x[head], x) for x in (first_name, is_woman))
    # A namesake is somebody else with the whole name of another.
    copy_of = np.where(
        (family < 0) & (rng.random(n) < rates.namesake), rng.integers(0, n, n), np.arange(n)
    )
    surname, father, first_name, is_woman = (
        x[copy_of] for x in (surname, father, first_name, is_woman)
    )
    both = pl.concat([given["m"]["name"], given["f"]["name"]])
    frame = pl.DataFrame(
        {
            "is_woman": is_woman,
            "surname": surnames["name"].gather(surname),
            "maiden": surnames["name"].gather(_by_count(surnames, n, rng)),
            "given": both.gather(first_name),
            "father": fathers["name"].gather(father),
            "birth_date": _birthdays(n, rng),
            "copy_of": copy_of,
        }
    )
    return frame.with_columns(
        surname=_of_her("surname"), maiden=_of_her("maiden"), patronymic=_her_patronymic()
    ).drop("father")


def _name_tables(n_surnames: int) -> tuple[pl.DataFrame, dict[str, pl.DataFrame], pl.DataFrame]:
    plain = pl.col("name").str.contains("^[а-я]+$")
    surnames = pl.read_parquet(TABLES / "surnames.parquet").filter(plain)
    surnames = surnames.top_k(n_surnames, by="count").sort("name")
    given = pl.read_parquet(TABLES / "given_names.parquet").filter(plain, pl.col("count") >= 300)
    fathers = pl.read_parquet(TABLES / "patronymics.parquet").filter(
        plain, pl.col("name").str.ends_with("ич"), pl.col("count") >= 100
    )
    by_sex = {sex: given.filter(gender=sex) for sex in "mf"}
    surnames, fathers = _weighed(surnames, _SURNAME_POWER), _weighed(fathers, 1.0)
    return surnames, {sex: _weighed(names, 1.0) for sex, names in by_sex.items()}, fathers


def _weighed(table: pl.DataFrame, power: float) -> pl.DataFrame:
    return table.select(
        pl.col("name").replace(words.YO_WORDS), weight=pl.col("count").cast(pl.Float64) ** power
    )


def _by_count(table: pl.DataFrame, n: int, rng: Rng) -> np.ndarray:
    """Draw `n` rows of `table` as often as their weights say."""
    heights = table["weight"].cum_sum().to_numpy()
    return np.searchsorted(heights[:-1], rng.random(n) * heights[-1], side="right")


def _of_her(column: str) -> pl.Expr:
    name = pl.col(column)
    hers = (
        pl.when(name.str.contains(r"(ов|ев|ёв|ин|ын)$"))
        .then(name + "а")
        .when(name.str.contains(r"(ск|цк)(ий|ой)$|[ыо]й$"))
        .then(name.str.head(-2) + "ая")
        .otherwise(name)
    )
    return pl.when("is_woman").then(hers).otherwise(name)


def _her_patronymic() -> pl.Expr:
    name = pl.col("father")
    hers = (
        pl.when(name.str.ends_with("вич"))
        .then(name.str.head(-3) + "вна")
        .otherwise(name.str.head(-2) + "инична")
    )
    return pl.when("is_woman").then(hers).otherwise(name)


def _birthdays(n: int, rng: Rng) -> np.ndarray:
    return _FIRST_BIRTHDAY + rng.integers(0, _BIRTH_YEARS * 365, n).astype("timedelta64[D]")


def _places(n: int, family: np.ndarray, copy_of: np.ndarray, rng: Rng) -> pl.DataFrame:
    """Draw where people live: a family at one address, half of the namesakes in the same city."""
    weights = np.array([city[2] for city in words.CITIES], float)
    draw = lambda: rng.choice(len(weights), n, p=weights / weights.sum())  # noqa: E731
    city, next_city = draw(), draw()
    city = np.where(rng.random(n) < 0.5, city[copy_of], city)
    head = _first_of(family)
    numbers = {
        "city": city,
        "street": np.minimum(rng.exponential(10, n), len(words.STREETS) - 1).astype(int),
        "house": 1 + np.minimum(rng.exponential(25, n), 180).astype(int),
        "flat": rng.integers(1, 200, n),
    }
    same_home = {name: values[head] for name, values in numbers.items()}
    return pl.DataFrame(same_home | {"next_city": next_city})


def _work(n: int, office: np.ndarray, city: np.ndarray, rng: Rng) -> pl.DataFrame:
    """Draw who works where: offices of many, and a long tail of firms of a few."""
    n_firms = max(n // 12, 1)
    firm = (n_firms * rng.random(n) ** 1.6).astype(int)
    firm = np.where(office >= 0, n_firms + office, firm)
    works = (office >= 0) | (rng.random(n) < 0.75)
    firms = _firms(n_firms + int(office.max(initial=-1)) + 1, rng)
    city_of_firm = np.zeros(firms.height, int)
    city_of_firm[firm] = city
    return pl.DataFrame(
        {
            "firm": np.where(works, firm, -1),
            "firm_name": firms["name"].gather(firm),
            "firm_form": firms["form"].gather(firm),
            "firm_latin": firms["latin"].gather(firm),
            "firm_domain": firms["domain"].gather(firm),
            "firm_city": city_of_firm[firm],
            "is_office": office >= 0,
            "works_by_mail": rng.random(n),  # a habit of the person, not of the card
            "position": pl.Series(words.POSITIONS).gather(rng.integers(0, len(words.POSITIONS), n)),
        }
    )


def _firms(n: int, rng: Rng) -> pl.DataFrame:
    heads, tails, plain = words.FIRM_HEADS, words.FIRM_TAILS, words.FIRM_WORDS
    made = [head + tail for head in heads for tail in tails] + [*plain] * 6
    base = pl.Series(made).gather(rng.integers(0, len(made), n))
    distinct = base.unique()
    latin = pl.Series([words.latin(name.lower()) for name in distinct])
    frame = pl.DataFrame({"name": base}).with_columns(
        latin=pl.col("name").replace_strict(distinct, latin),
        form=pl.Series(words.LEGAL_FORMS).gather(
            rng.choice(len(words.LEGAL_FORMS), n, p=words.LEGAL_FORM_SHARES)
        ),
    )
    return frame.with_columns(domain=pl.format("{}{}.ru", "latin", pl.int_range(pl.len())))


def _phones(
    n: int, family: np.ndarray, place: pl.DataFrame, work: pl.DataFrame, rng: Rng
) -> pl.DataFrame:
    """Draw numbers, ten digits each: three mobiles a person, a family's, a firm's."""
    own = np.arange(n) * NUMBERS_A_PERSON
    mobiles = {f"mobile_{i}": _mobile(own + i) for i in range(NUMBERS_A_PERSON)}
    home = np.where(family >= 0, family, -1)
    home_number = np.where(
        home % 2 == 0, _mobile(n * NUMBERS_A_PERSON + home), _landline(place["city"], home)
    )
    firm = work["firm"].to_numpy()
    switchboard = _landline(work["firm_city"], 4_000_000 + firm)
    frame = pl.DataFrame(mobiles | {"home_phone": home_number, "office_phone": switchboard})
    return frame.select(pl.all().cast(pl.String)).with_columns(
        home_phone=pl.when(pl.Series(family >= 0)).then("home_phone"),
        office_phone=pl.when(pl.Series(firm >= 0)).then("office_phone"),
    )


def _mobile(index: np.ndarray) -> np.ndarray:
    return 9_000_000_000 + (index * _STEP + 271_828_182) % _PRIME


def _landline(city: pl.Series, index: np.ndarray) -> np.ndarray:
    codes = np.array([int(entry[1]) for entry in words.CITIES])
    # 7,999,993 is prime: lines of one city differ as long as their indices do, up to eight million.
    return codes[city.to_numpy()] * 10_000_000 + 2_000_000 + (index * 314_159) % 7_999_993


def _emails(persons: pl.DataFrame, rng: Rng) -> list[pl.Series]:
    """Return a person's mailboxes: main, other, at work. No two persons share one."""
    n = persons.height
    frame = persons.select(
        given=_latin(persons["given"]),
        surname=_latin(persons["surname"]),
        domain="firm_domain",
        year=pl.col("birth_date").dt.year(),
        row=pl.int_range(pl.len()),
    )
    private = pl.concat([frame.select(address=_private(n, rng), row="row") for _ in "ab"])
    address = private.with_columns(row=pl.int_range(pl.len())).select(_unique("address"))
    work = frame.select(pl.format("{}@{}", _LOGINS[2], "domain").alias("address"), "row")
    return [
        address.to_series().head(n).alias("email_0"),
        address.to_series().tail(n).alias("email_1"),
        work.select(_unique("address").alias("email_work")).to_series(),
    ]


def _private(n: int, rng: Rng) -> pl.Expr:
    tail = pl.when(pl.Series(rng.random(n) < 0.35)).then(pl.lit(""))
    tail = tail.when(pl.Series(rng.random(n) < 0.5)).then(pl.col("year").cast(pl.String))
    tail = tail.otherwise(pl.Series(rng.integers(1, 999, n)).cast(pl.String))
    pattern = pl.Series(rng.integers(0, len(_LOGINS), n))
    login = pl.coalesce(pl.when(pattern == i).then(e) for i, e in enumerate(_LOGINS))
    domain = rng.choice(len(words.MAIL_DOMAINS), n, p=words.MAIL_SHARES)
    return pl.format("{}{}@{}", login, tail, pl.Series(words.MAIL_DOMAINS).gather(domain))


_INITIAL = pl.col("given").str.head(1)
_LOGINS = (
    pl.format("{}.{}", "given", "surname"),
    pl.format("{}_{}", "surname", "given"),
    pl.format("{}.{}", _INITIAL, "surname"),
    pl.format("{}{}", "surname", _INITIAL),
    pl.col("surname"),
    pl.format("{}-{}", "given", pl.col("surname").str.head(3)),
)


def _unique(column: str) -> pl.Expr:
    """Give every owner of an address but the first a number of their own in it."""
    address = pl.col(column)
    numbered = address.str.replace("@", pl.format(".{}@", pl.col("row")), literal=True)
    return pl.when(address.is_first_distinct()).then(address).otherwise(numbered)


def _latin(column: pl.Series) -> pl.Series:
    distinct = column.unique(maintain_order=True)
    return column.replace_strict(distinct, pl.Series([words.latin(word) for word in distinct]))
