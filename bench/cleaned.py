"""The same contacts cleaned for rivals that read no phones and no names, and what truth shares.

    python bench/cleaned.py PEOPLE.parquet     # prints what share of the true pairs agree on what

A rival gets columns as its documentation asks for: lower case, one spelling. This is done before
its clock starts; our own command reads the raw cells.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from bench.people_words import PLACEHOLDER_EMAILS
from bench.truth import true_pairs

_FIRST_NUMBER = (
    r"(?:\+7|8|7)?[\s(-]*(?<a>\d{3})[\s)-]*(?<b>\d{3})[\s-]*(?<c>\d{2})[\s-]*(?<d>\d{2})"
)
_FORM = r"(?i)(^|\s)(ооо|ао|ип|зао|пао|нко)(\s|$)"


def cleaned(people: pl.DataFrame) -> pl.DataFrame:
    """Return unique_id, first_name, surname, middle_name, phone, email, company, city, dob."""
    names = {
        target: _plain(pl.col(source))
        for target, source in (
            ("first_name", "first_name"),
            ("surname", "last_name"),
            ("middle_name", "middle_name"),
        )
    }
    company = pl.col("company").str.replace_all('["«»]', "").str.replace(_FORM, " ")
    birth, email = pl.col("birth_date"), pl.col("email").str.to_lowercase().str.strip_chars()
    return people.select(
        unique_id="id",
        **names,
        phone=_first_phone(pl.col("phone")),
        email=pl.when(email.str.contains("@"), ~email.is_in(PLACEHOLDER_EMAILS)).then(email),
        company=_plain(company),
        city=_plain(pl.col("city").str.replace(r"^г\.\s*", "")),
        dob=pl.coalesce(
            birth.str.to_date("%d.%m.%Y", strict=False), birth.str.to_date("%Y-%m-%d", strict=False)
        ).dt.to_string("%Y-%m-%d"),
    )


def _plain(text: pl.Expr) -> pl.Expr:
    lower = text.str.to_lowercase().str.replace_all("ё", "е")
    return _filled(lower.str.replace_all(r"\s+", " ").str.strip_chars())


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _first_phone(cell: pl.Expr) -> pl.Expr:
    parts = cell.str.extract_groups(_FIRST_NUMBER).struct
    digits = pl.concat_str(*(parts.field(name) for name in "abcd"))
    is_placeholder = digits.str.strip_chars_end(digits.str.tail(1)).str.len_chars() <= 1
    return pl.when(~is_placeholder).then(digits)


def agreement(people: pl.DataFrame) -> dict[str, float]:
    """Return the number of true pairs, and the shares of them that agree on cleaned columns."""
    clean = cleaned(people).with_columns(initial=pl.col("first_name").str.head(1))
    truth = people.select(record_id="id", person="person_id")
    pairs = true_pairs(truth)
    sides = [
        pairs.select(unique_id=side).join(clean, on="unique_id", how="left", maintain_order="left")
        for side in ("left_id", "right_id")
    ]
    rules = {
        "phone": ["phone"],
        "email": ["email"],
        "surname, initial": ["surname", "initial"],
        "surname, first name": ["surname", "first_name"],
        "surname, first name, city": ["surname", "first_name", "city"],
        "birth date": ["dob"],
        "company": ["company"],
    }
    agree = {name: _equal(sides, columns) for name, columns in rules.items()}
    agree["recipe A"] = agree["phone"] | agree["email"] | agree["surname, initial"]
    agree["recipe B"] = agree["phone"] | agree["email"] | agree["surname, first name, city"]
    return {"true pairs": pairs.height} | {name: float(s.mean()) for name, s in agree.items()}


def _equal(sides: list[pl.DataFrame], columns: list[str]) -> pl.Series:
    left, right = sides
    same = pl.Series([True]).new_from_index(0, left.height)
    for column in columns:
        same = same & (left[column] == right[column]).fill_null(value=False)
    return same


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    people = pl.read_parquet(parser.parse_args().file)
    sizes = people.group_by("person_id").len()["len"]
    print(f"{people.height:,} cards of {sizes.len():,} persons, at most {sizes.max()} a person")
    for name, value in agreement(people).items():
        print(f"{name:28} {value:12,}" if isinstance(value, int) else f"{name:28} {value:12.2%}")


if __name__ == "__main__":
    main()
