"""Derive the shipped name tables from the PyPI package russiannames 2.0.0 (BSD-3-Clause).

    pip download --no-deps russiannames==2.0.0 -d russiannames
    unzip russiannames/*.whl -d russiannames
    python tests/make_name_tables.py russiannames/russiannames/data

Writes given_names, surnames and patronymics as Parquet into dedupe/normalize/data. Words
are in lower case with "е" for "ё"; a surname stands in its masculine form with the
feminine one counted in. The result depends on the input alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from dedupe.normalize.surnames import EPICENE

TARGET = Path(__file__).parents[1] / "dedupe" / "normalize" / "data"
N_SURNAMES = 90_000
MIN_GIVEN = 3
MIN_PATRONYMIC = 8
WORD = r"^[а-я]{2,}(?:-[а-я]{2,})*$"
PATRONYMIC = r"(?:вич|ьич|мич|кич|тич|вна|чна|шна)$"
# The male form, by the ending of the female one. What else ends in -ая or -яя (Белая, Синяя)
# may have several: the table itself tells which of them exists.
FEMININE = {"ова": "ов", "ева": "ев", "ина": "ин", "ына": "ын", "ская": "ский", "цкая": "цкий"}
ADJECTIVES = {"ая": ("ой", "ый", "ий"), "яя": ("ий",), "ская": ("ской",), "цкая": ("цкой",)}


def words(path: Path) -> pl.DataFrame:
    """Read one of the package's tables: well-formed words, spelled one way."""
    text = pl.col("text").str.to_lowercase().str.replace_all("ё", "е").alias("name")
    frame = pl.read_parquet(path).select(text, "gender", pl.col("count").cast(pl.Int64))
    return frame.filter(pl.col("name").str.contains(WORD))


def counted(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the counts of equal names up; the gender is that of most bearers."""
    by_gender = frame.group_by("name", "gender").agg(pl.col("count").sum())
    known = pl.col("gender").is_in(["m", "f"])
    order = [known.fill_null(value=False), pl.col("count"), pl.col("gender")]
    return by_gender.group_by("name").agg(
        pl.col("gender").sort_by(order, descending=True).first(), pl.col("count").sum()
    )


def given_names(folder: Path) -> pl.DataFrame:
    """Return given names of a known gender, without patronymics that slipped in."""
    names = counted(words(folder / "names.parquet"))
    is_name = pl.col("gender").is_in(["m", "f"]) & ~pl.col("name").str.contains(PATRONYMIC)
    return names.filter(is_name, pl.col("count") >= MIN_GIVEN).sort("name")


def patronymics(folder: Path) -> pl.DataFrame:
    """Return the frequent patronymics of regular form; their gender shows in the suffix."""
    names = counted(words(folder / "midnames.parquet"))
    is_one = pl.col("name").str.contains(PATRONYMIC) & (pl.col("count") >= MIN_PATRONYMIC)
    return names.filter(is_one).select("name", "count").sort("name")


def surnames(folder: Path) -> pl.DataFrame:
    """Return the most frequent surnames, women's counted under the masculine form."""
    names = counted(words(folder / "surnames.parquet")).select("name", "count")
    known = dict(names.iter_rows())
    males = pl.Series([masculine(name, known) for name in names["name"]], dtype=pl.String)
    folded = names.with_columns(name=males).group_by("name").agg(pl.col("count").sum())
    top = folded.sort("count", "name", descending=[True, False]).head(N_SURNAMES)
    return top.sort("name")


def masculine(name: str, known: dict[str, int]) -> str:
    """Return the masculine form of a surname."""
    if name in EPICENE:
        return name
    for ending, choices in ADJECTIVES.items():
        found = [name.removesuffix(ending) + each for each in choices]
        found = [each for each in found if name.endswith(ending) and each in known]
        plain = FEMININE.get(ending)
        if found and not (plain and name.removesuffix(ending) + plain in known):
            return max(found, key=lambda each: known[each])
    for ending, male in FEMININE.items():
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending) + male
    return name


def main(folder: Path) -> None:
    """Write the three tables."""
    for make in (given_names, surnames, patronymics):
        frame = make(folder).with_columns(pl.col("count").cast(pl.Int32))
        path = TARGET / f"{make.__name__}.parquet"
        frame.write_parquet(path, compression="zstd", compression_level=19)
        sys.stdout.write(f"{path.name}: {frame.height} rows, {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
