"""Splink 5 on DuckDB, by the recipes of its documentation. Runs in an environment of its own.

    .venv-splink/bin/python bench/splink_run.py RECIPE OUT_DIR TABLE [TABLE]

Imports nothing of ours. TABLE is Parquet or CSV of cleaned columns (see `cleaned`). Writes
pairs.parquet (left_id, right_id, weight, probability) and clusters.parquet (record_id, cluster_id),
and prints one JSON document: seconds by stage, pairs, clusters, peak memory.

Comparisons, deterministic rules, u from 10 million random pairs, two EM rules without term
frequencies, prediction, clusters at 0.95: as in the notebooks deduplicate_50k_synthetic, febrl3 and
febrl4 of its documentation. `people-a` and `people-b` differ in their last blocking rule alone.
Settings that favour Splink: columns that nobody reads are not retained.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

START = perf_counter()

import duckdb  # noqa: E402  the clock starts before the imports
import splink  # noqa: E402
import splink.comparison_library as cl  # noqa: E402
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: E402

KEEP, CLUSTER_AT = 0.01, 0.95


@dataclass(frozen=True, kw_only=True)
class Recipe:
    id: str
    comparisons: list[Any]
    blocking: list[Any]
    deterministic: list[Any]
    recall: float
    em: list[Any]
    link_type: str = "dedupe_only"
    max_pairs: float = 1e7
    columns: str = "*"


def exact(column: str) -> Any:
    return cl.ExactMatch(column).configure(term_frequency_adjustments=True)


def people(last_rule: Any) -> Recipe:
    return Recipe(
        id="unique_id",
        comparisons=[
            cl.NameComparison("first_name"),  # with term frequencies at the exact level
            cl.NameComparison("surname"),
            cl.NameComparison("middle_name"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            exact("phone"),
            cl.EmailComparison("email"),
            exact("company"),
            exact("city"),
        ],
        blocking=[block_on("phone"), block_on("email"), last_rule],
        deterministic=[
            block_on("phone", "first_name"),
            block_on("email", "first_name"),
            block_on("first_name", "surname", "dob"),
        ],
        recall=0.35,  # what it is on the made-up contacts: a guess could only be worse
        em=[block_on("first_name", "surname"), block_on("phone")],
    )


def febrl(link_type: str) -> Recipe:
    is_link = link_type == "link_only"
    blocking = [block_on(c) for c in ("soc_sec_id", "given_name", "surname", "date_of_birth")]
    if is_link:
        blocking = [
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
        ]
    deterministic = [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
    if not is_link:
        deterministic.append(
            "l.given_name = r.surname and l.surname = r.given_name"
            " and l.date_of_birth = r.date_of_birth"
        )
    postcode = cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])
    return Recipe(
        id="rec_id",
        link_type=link_type,
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d"
            ),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2] if is_link else [2]),
            exact("street_number"),
            postcode.configure(term_frequency_adjustments=True) if is_link else exact("postcode"),
        ],
        blocking=[*blocking, block_on("postcode")],
        deterministic=deterministic,
        recall=0.8 if is_link else 0.9,
        em=[block_on("date_of_birth"), block_on("postcode")],
        max_pairs=1e6,
    )


def rldata() -> Recipe:
    return Recipe(  # no notebook has these tables: the same pattern
        id="id",
        comparisons=[
            cl.NameComparison("fname_c1"),
            cl.NameComparison("lname_c1"),
            *(exact(column) for column in ("fname_c2", "lname_c2", "born", "bm", "bd")),
        ],
        blocking=[block_on("fname_c1"), block_on("lname_c1"), block_on("born", "bm", "bd")],
        deterministic=[
            block_on("fname_c1", "lname_c1", "born"),
            block_on("lname_c1", "born", "bm", "bd"),
            block_on("fname_c1", "born", "bm", "bd"),
        ],
        recall=0.8,
        em=[block_on("born", "bm", "bd"), block_on("fname_c1", "lname_c1")],
        max_pairs=1e6,
        columns='*, "by" as born',  # splink 5.0.0 fails on a column named as a word of SQL
    )


RECIPES = {
    "people-a": lambda: people(block_on("surname", "substr(first_name, 1, 1)")),
    "people-b": lambda: people(block_on("surname", "first_name", "city")),
    "febrl": lambda: febrl("dedupe_only"),
    "febrl-link": lambda: febrl("link_only"),
    "rldata": rldata,
}


class Clock:
    def __init__(self) -> None:
        self.last, self.seconds = START, {}

    def lap(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage], self.last = round(now - self.last, 3), now


def run(recipe: Recipe, tables: list[Path], out: Path, clock: Clock) -> dict[str, Any]:
    connection = duckdb.connect()
    api = DuckDBAPI(connection)
    inputs = [api.register(_read(connection, table, recipe.columns)) for table in tables]
    settings = SettingsCreator(
        link_type=recipe.link_type,
        unique_id_column_name=recipe.id,
        comparisons=recipe.comparisons,
        blocking_rules_to_generate_predictions=recipe.blocking,
        retain_matching_columns=False,
    )
    linker = Linker(inputs if len(inputs) > 1 else inputs[0], settings, log_level=None)
    clock.lap("read")
    training = linker.training
    training.estimate_probability_two_random_records_match(
        recipe.deterministic, recall=recipe.recall
    )
    clock.lap("prior")
    training.estimate_u_using_random_sampling(max_pairs=recipe.max_pairs, seed=1)
    clock.lap("u")
    for rule in recipe.em:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )
    clock.lap("em")
    predicted = linker.inference.predict(threshold_match_probability=KEEP)
    clock.lap("predict")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=CLUSTER_AT
    )
    clock.lap("cluster")
    kept = _write(connection, predicted, clusters, recipe.id, out)
    clock.lap("write")
    return {"kept_pairs": kept}


def count_candidates(recipe: Recipe, tables: list[Path]) -> int:
    """Count the pairs that the blocking rules make; not part of the measured run."""
    from splink.blocking_analysis import count_comparisons_from_blocking_rules

    api = DuckDBAPI(duckdb.connect())
    inputs = [api.register(_read(api.duckdb_con, table, recipe.columns)) for table in tables]
    counts = count_comparisons_from_blocking_rules(
        inputs if len(inputs) > 1 else inputs[0],
        blocking_rules=recipe.blocking,
        link_type=recipe.link_type,
        unique_id_column_name=recipe.id,
        record_sample_proportion=1.0,
    )
    return int(counts[-1]["cumulative_comparison_count"])


def _read(connection: duckdb.DuckDBPyConnection, table: Path, columns: str) -> Any:
    if table.suffix == ".csv":
        return connection.read_csv(str(table), all_varchar=True).project(columns)
    return connection.read_parquet(str(table)).project(columns)


def _write(connection: Any, predicted: Any, clusters: Any, key: str, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    pairs = (
        f"select {key}_l as left_id, {key}_r as right_id, match_weight as weight,"
        f" match_probability as probability from {predicted.physical_name}"
    )
    members = f"select {key} as record_id, cluster_id from {clusters.physical_name}"
    for name, query in (("pairs", pairs), ("clusters", members)):
        connection.execute(f"copy ({query}) to '{out / name}.parquet' (format parquet)")
    rows = connection.execute(f"select count(*) from {predicted.physical_name}").fetchone()
    return int(rows[0])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", choices=sorted(RECIPES))
    parser.add_argument("out", type=Path)
    parser.add_argument("tables", type=Path, nargs="+")
    parser.add_argument("--count", action="store_true", help="count candidate pairs, no more")
    options = parser.parse_args()
    logging.getLogger("splink").setLevel(logging.ERROR)
    recipe, clock = RECIPES[options.recipe](), Clock()
    clock.lap("import")
    if options.count:
        json.dump({"candidate_pairs": count_candidates(recipe, options.tables)}, sys.stdout)
        return
    done = run(recipe, options.tables, options.out, clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {
        "recipe": options.recipe,
        "versions": {"splink": splink.__version__, "duckdb": duckdb.__version__},
        "wall_s": round(perf_counter() - START, 3),
        "seconds": clock.seconds,
        "peak_mib": round(peak),
        **done,
    }
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
