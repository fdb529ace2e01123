"""Made-up contacts of a Russian CRM with typed errors, and the truth about who is who.

    python bench/people.py 100000 people.parquet [--seed 7] [--one-name]

`build_people(n, seed)` returns one row a card. `person_id` is the truth: equal for cards of one
person; it must not be shown to an engine. Rows are in the order of their creation and ids rise with
it, as in a CRM: only a form sent twice makes neighbours of one person. The same seed makes the same
contacts, and changing one rate changes no other draw. Who there is: `persons`; how often what goes
wrong: `people_rates`; how it is misspelt: `spelling`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from bench import people_words as words
from bench import spelling
from bench.people_rates import RATES, ErrorRates
from bench.persons import draw_persons, stage_rng

Flags = np.ndarray


COLUMNS = (
    "id", "first_name", "last_name", "middle_name", "phone", "email", "company", "position",
    "city", "address", "birth_date", "created_at", "person_id",
)  # fmt: skip


def build_people(n_records: int, seed: int, rates: ErrorRates = RATES) -> pl.DataFrame:
    """Return `n_records` cards with `person_id`, the truth; all other columns are text."""
    cards = _cards(n_records, seed, rates)
    draw = _Draw(cards, seed, rates)
    parts = [_names(draw), _phones(draw), _emails(draw), _work(draw), _places(draw), _births(draw)]
    truth = cards.select("created_at", pl.col("person_id").cast(pl.UInt32))
    people = pl.concat([truth, *parts], how="horizontal").sort("created_at", maintain_order=True)
    return people.with_columns(
        id=(10_000_000 + 3 * pl.int_range(pl.len())).cast(pl.String),
        created_at=pl.col("created_at").dt.to_string("%Y-%m-%d %H:%M:%S"),
    ).select(COLUMNS)


def one_name(people: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Put the three parts of each name into one column `name`, in the orders people use."""
    order = stage_rng(seed, "one name").choice(4, people.height, p=(0.35, 0.4, 0.15, 0.1))
    first, last, middle = (pl.col(f"{part}_name") for part in ("first", "last", "middle"))
    initials = pl.concat_str(
        first.str.head(1) + ".", middle.str.head(1) + ".", separator="", ignore_nulls=True
    )
    ways = (
        [last, first, middle],
        [first, last],
        [first, middle, last],
        [last, pl.when(last.is_null()).then(first).otherwise(initials)],
    )
    text = [
        pl.when(pl.Series(order == i)).then(pl.concat_str(parts, separator=" ", ignore_nulls=True))
        for i, parts in enumerate(ways)
    ]
    name = pl.coalesce(text)
    named = people.with_columns(name=pl.when(name != "").then(name))
    return named.select("id", "name", *(c for c in COLUMNS[1:] if not c.endswith("_name")))


class _Draw:
    """The cards with their persons' true values, and coin flips of a stream for each stage."""

    def __init__(self, cards: pl.DataFrame, seed: int, rates: ErrorRates) -> None:
        self.cards, self.seed, self.rates, self.n = cards, seed, rates, cards.height
        self.is_later = (cards["nth"] > 0).to_numpy()

    def flip(self, rate: str) -> Flags:
        """Choose cards at the rate of that name; each has a stream of its own."""
        return stage_rng(self.seed, rate).random(self.n) < getattr(self.rates, rate)

    def rng(self, stage: str) -> np.random.Generator:
        return stage_rng(self.seed, stage)

    def column(self, expr: pl.Expr) -> pl.Series:
        return self.cards.select(expr).to_series()


def _cards(n: int, seed: int, rates: ErrorRates) -> pl.DataFrame:
    """Draw persons and how many cards each has, in all `n`; and when each card was made."""
    rng = stage_rng(seed, "cards")
    shares = np.array(rates.cards) / sum(rates.cards)
    sizes = 1 + rng.choice(len(shares), n, p=shares)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), n)) + 1]
    person = np.repeat(np.arange(len(sizes)), sizes)[:n]
    first = rng.integers(0, 5 * 365 * 86_400, len(sizes))[person]
    start = np.searchsorted(person, person)
    nth = np.arange(n) - start
    # One repeat in seven is a form sent twice; the others come back within three years.
    gap = np.where(rng.random(n) < 0.15, rng.integers(5, 900, n), rng.integers(900, 94_000_000, n))
    made = np.datetime64("2019-01-09T08:00:00", "us") + (first + nth.astype(bool) * gap).astype(
        "timedelta64[s]"
    )
    persons = draw_persons(len(sizes), seed, rates)
    shuffled = rng.permutation(len(sizes)).astype(np.uint32)  # the number tells nothing
    return persons[person].with_columns(
        nth=nth, created_at=made, person_id=pl.Series(shuffled).gather(person)
    )


def _names(draw: _Draw) -> pl.DataFrame:
    married = draw.flip("new_surname") & draw.is_later & draw.cards["is_woman"].to_numpy()
    last = draw.column(
        pl.when(pl.Series(married)).then("maiden").otherwise("surname").alias("last_name")
    )
    first = _given(draw)
    middle = draw.cards["patronymic"].alias("middle_name")
    keep = ~pl.Series(draw.flip("yo"))
    first, last = (_choose(keep, s.str.replace_all("ё", "е"), s) for s in (first, last))
    middle = _choose(pl.Series(draw.flip("initial_of_father")), middle.str.head(1) + ".", middle)
    parts = [s.str.to_titlecase() for s in (first, last, middle)]
    for i, part in enumerate(parts):
        rate = f"{part.name}_typo"
        parts[i] = spelling.with_typos(part, draw.flip(rate), draw.rng(f"{rate} kind"))
    parts = spelling.in_latin(parts, draw.flip("latin"), draw.rng("latin scheme"))
    parts = [_without(part, draw.flip(f"no_{part.name}")) for part in parts]
    return _as_typed(_in_fields(parts, draw), draw)


def _given(draw: _Draw) -> pl.Series:
    """Return given names as the card has them: in full, short, or an initial."""
    full = draw.cards["given"].alias("first_name")
    pick = draw.rng("which short form").integers(0, 12, draw.n)
    table = pl.DataFrame(
        [(name, i, forms[i % len(forms)]) for name, forms in _short_forms() for i in range(12)],
        schema=["given", "pick", "short"],
        orient="row",
    )
    keyed = pl.DataFrame({"given": full, "pick": pick}).join(
        table, on=["given", "pick"], how="left", maintain_order="left"
    )
    short = _choose(pl.Series(draw.flip("short_form")), keyed["short"].fill_null(full), full)
    initial = short.str.head(1) + "."
    return _choose(pl.Series(draw.flip("initials")), initial, short).alias("first_name")


def _short_forms() -> list[tuple[str, list[str]]]:
    return [(words.YO_WORDS.get(name, name), forms) for name, forms in words.SHORT_FORMS.items()]


def _in_fields(parts: list[pl.Series], draw: _Draw) -> pl.DataFrame:
    """Put the parts into the card's fields, at times into the wrong ones."""
    first, last, middle = (pl.col(part.name) for part in parts)
    swapped = pl.Series(draw.flip("swapped"))
    together = pl.Series(draw.flip("in_one_field"))
    whole = pl.concat_str(last, first, middle, separator=" ", ignore_nulls=True)
    whole = pl.when(whole != "").then(whole)
    return pl.DataFrame(parts).select(
        first_name=pl.when(together).then(whole).when(swapped).then(last).otherwise(first),
        last_name=pl.when(together).then(None).when(swapped).then(first).otherwise(last),
        middle_name=pl.when(together).then(None).otherwise(middle),
    )


def _as_typed(names: pl.DataFrame, draw: _Draw) -> pl.DataFrame:
    upper, lower = draw.flip("upper"), draw.flip("lower")
    look_alike, spaces, rng = draw.flip("look_alike"), draw.flip("spaces"), draw.rng("space kind")
    columns = []
    for column in names.get_columns():
        typed = spelling.with_cases(column, upper, lower)
        typed = spelling.with_look_alikes(typed, look_alike)
        columns.append(spelling.with_spaces(typed, spaces, rng))
    return pl.DataFrame(columns)


def _phones(draw: _Draw) -> pl.DataFrame:
    rng = draw.rng("phones")
    changed = draw.flip("new_phone") & draw.is_later
    later = rng.integers(1, 3, draw.n)
    own = pl.when(pl.Series(changed & (later == 1))).then("mobile_1")
    own = own.when(pl.Series(changed)).then("mobile_2").otherwise("mobile_0")
    own = spelling.with_typos(
        draw.column(own.alias("own")), draw.flip("phone_typo"), draw.rng("phone slip")
    )
    group = _group_phone(draw)
    # The group's number stands alone on half of the cards that have it, else beside the own one.
    is_alone = group.is_not_null() & pl.Series(rng.random(draw.n) < 0.5)
    first = _choose(is_alone, group, own)
    doubled = pl.Series(draw.flip("doubled_phone"))
    spare = _choose(doubled & (first == draw.cards["mobile_0"]), draw.cards["mobile_1"], None)
    second = _choose(is_alone, None, group.fill_null(spare))
    written = [spelling.written_phones(number, rng) for number in (first, second)]
    cell = spelling.joined_phones(*written, rng)
    nonsense = pl.Series(words.PLACEHOLDER_PHONES).gather(rng.integers(0, 4, draw.n))
    cell = _choose(pl.Series(draw.flip("placeholder_phone")), nonsense, cell)
    return pl.DataFrame({"phone": _without(cell, draw.flip("no_phone"))})


def _group_phone(draw: _Draw) -> pl.Series:
    """Return the number that the card shares with a family or a firm, if it has one."""
    is_office = draw.cards["is_office"].to_numpy()
    office = (draw.flip("office_phone") & is_office) | (draw.flip("firm_phone") & ~is_office)
    number = pl.when(pl.Series(draw.flip("family_phone")) & pl.col("home_phone").is_not_null())
    number = number.then("home_phone").when(pl.Series(office)).then("office_phone")
    return draw.column(number.alias("group"))


def _emails(draw: _Draw) -> pl.DataFrame:
    rng = draw.rng("emails of cards")
    works = (draw.cards["firm"] >= 0).to_numpy()
    other = pl.Series(draw.flip("other_email") & draw.is_later)
    at_work = (draw.cards["works_by_mail"] < draw.rates.work_email) & pl.Series(works)
    role = pl.Series(words.ROLE_LOGINS).gather(rng.integers(0, len(words.ROLE_LOGINS), draw.n))
    box = pl.when(pl.Series(draw.flip("role_email") & works)).then(
        pl.format("{}@{}", role, "firm_domain")
    )
    box = box.when(at_work & ~other).then("email_work")
    box = box.when(other & ~at_work).then("email_1").otherwise("email_0")
    column = draw.column(box.alias("email"))
    slip, is_domain = draw.flip("email_typo"), rng.random(draw.n) < 0.5
    column = spelling.with_typos(column, slip & ~is_domain, draw.rng("email slip"))
    ends = [f"@{domain}" for domain in words.DOMAIN_SLIPS]
    slipped = column.str.replace_many(ends, [f"@{d}" for d in words.DOMAIN_SLIPS.values()])
    column = _choose(pl.Series(slip & is_domain), slipped, column)
    column = spelling.with_cases(column, draw.flip("email_upper"), np.zeros(draw.n, bool))
    nonsense = pl.Series(words.PLACEHOLDER_EMAILS).gather(rng.integers(0, 4, draw.n))
    column = _choose(pl.Series(draw.flip("placeholder_email")), nonsense, column)
    return pl.DataFrame({"email": _without(column, draw.flip("no_email"))})


def _work(draw: _Draw) -> pl.DataFrame:
    rng = draw.rng("company")
    name, form = pl.col("firm_name"), pl.col("firm_form")
    ways = (
        pl.format('{} "{}"', form, name),
        pl.format("{} «{}»", form, name),
        pl.format("{} {}", form, name),
        pl.format("{} {}", name, form),
        name,
        pl.format('{} "{}"', form, name.str.to_uppercase()),
    )
    way = pl.Series(rng.choice(len(ways), draw.n, p=(0.3, 0.12, 0.2, 0.1, 0.22, 0.06)))
    text = pl.coalesce([pl.when(way == i).then(text) for i, text in enumerate(ways)])
    latin = pl.when(pl.Series(draw.flip("company_latin"))).then(
        pl.col("firm_latin").str.to_titlecase()
    )
    column = draw.column(latin.otherwise(text).alias("company"))
    column = spelling.with_typos(column, draw.flip("company_typo"), draw.rng("company slip"))
    gone = (draw.flip("new_company") & draw.is_later) | (draw.cards["firm"] < 0).to_numpy()
    position = _without(draw.cards["position"], gone | draw.flip("no_position"))
    company = _without(column, gone | draw.flip("no_company"))
    return pl.DataFrame({"company": company, "position": position})


def _places(draw: _Draw) -> pl.DataFrame:
    rng = draw.rng("places")
    moved = pl.Series(draw.flip("new_city") & draw.is_later)
    city = _choose(moved, draw.cards["next_city"], draw.cards["city"])
    others = [(i, j, text) for i, c in enumerate(words.CITIES) for j, text in enumerate(c[3])]
    table = pl.DataFrame(others, schema=["city", "pick", "text"], orient="row")
    plain = pl.Series([entry[0] for entry in words.CITIES]).gather(city)
    sizes = pl.Series([len(entry[3]) for entry in words.CITIES]).gather(city)
    keyed = pl.DataFrame({"city": city, "pick": rng.integers(0, 12, draw.n) % sizes.to_numpy()})
    spelt = keyed.join(table, on=["city", "pick"], how="left", maintain_order="left")["text"]
    text = _choose(pl.Series(draw.flip("city_spelling")), spelt, plain)
    street = pl.Series(words.STREETS).gather(draw.cards["street"])
    house, flat = draw.cards["house"], draw.cards["flat"]
    house = _choose(moved, house + 7, house)
    frame = pl.DataFrame({"street": street, "house": house, "flat": flat})
    way = pl.Series(rng.choice(4, draw.n, p=(0.5, 0.25, 0.15, 0.1)))
    ways = (
        "ул. {}, д. {}, кв. {}",
        "{} {}-{}",
        "ул {} {} кв {}",
        "улица {}, дом {}, квартира {}",
    )
    parts = [pl.when(way == i).then(pl.format(t, *frame.columns)) for i, t in enumerate(ways)]
    address = frame.select(pl.coalesce(parts)).to_series()
    return pl.DataFrame(
        {
            "city": _without(text, draw.flip("no_city")),
            "address": _without(address, draw.flip("no_address")),
        }
    )


def _births(draw: _Draw) -> pl.DataFrame:
    rng = draw.rng("births")
    born = pl.col("birth_date")
    day, month, year = born.dt.day(), born.dt.month(), born.dt.year()
    off = pl.when(pl.Series(rng.random(draw.n) < 0.5)).then(born.dt.offset_by("1d"))
    off = off.otherwise(pl.date(year + pl.Series(rng.choice([-10, -1, 1, 10], draw.n)), month, 28))
    swapped = pl.Series(draw.flip("birth_swapped")) & (day <= 12)
    date = pl.when(swapped).then(pl.date(year, day, month))
    date = date.when(pl.Series(draw.flip("birth_off"))).then(off)
    date = date.when(pl.Series(draw.flip("birth_new_year"))).then(pl.date(year, 1, 1))
    date = draw.column(date.otherwise(born).alias("date"))
    iso = pl.Series(draw.flip("birth_other_format"))
    text = _choose(iso, date.dt.to_string("%Y-%m-%d"), date.dt.to_string("%d.%m.%Y"))
    return pl.DataFrame({"birth_date": _without(text, draw.flip("no_birth_date"))})


def _choose(mask: pl.Series, yes: pl.Series | None, no: pl.Series) -> pl.Series:
    name = no.name if no is not None else yes.name
    return pl.select(pl.when(mask).then(yes).otherwise(no).alias(name)).to_series()


def _without(column: pl.Series, mask: Flags) -> pl.Series:
    return _choose(pl.Series(mask), None, column)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--surnames", type=int, default=RATES.surnames)
    parser.add_argument("--one-name", action="store_true")
    parser.add_argument("--clean", action="store_true", help="no missing parts, for a look at it")
    options = parser.parse_args()
    rates = replace(RATES, surnames=options.surnames)
    if options.clean:
        names = [name for name in ErrorRates.__slots__ if name.startswith("no_")]
        rates = replace(rates, **dict.fromkeys(names, 0.0))
    people = build_people(options.n, options.seed, rates)
    if options.one_name:
        people = one_name(people, options.seed)
    people.write_parquet(options.file)


if __name__ == "__main__":
    main()
