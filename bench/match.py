"""Accuracy and speed of the match: ours and Splink on the same made-up contacts, in one run.

    make bench-match                  # 100,000 contacts, with Splink in an environment of its own
    python bench/match.py --size 1000000 --rivals .venv-splink/bin/python
    python bench/match.py --labelled --rivals .venv-splink/bin/python    # febrl1-4, RLdata

Every engine is a process of its own, timed from outside; processor time (all cores) and peak memory
are as the kernel counts them when it has ended: on a busy machine, look at the processor time. Ours
reads raw cells and writes all its files; Splink gets columns that were cleaned before its clock
started (see `cleaned`), and writes pairs and clusters. Pairs that an engine did not keep as
possible links are not in its files: completeness is of what was kept.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from bench import truth as measure
from bench.cleaned import cleaned
from bench.labelled import Labelled, prepare
from bench.people import RATES, build_people, one_name

ROOT = Path(__file__).parents[1]
SPLINK = Path(__file__).with_name("splink_run.py")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One engine's process: how it ended, and the folder with its answer."""

    engine: str
    code: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    out: Path
    said: str = ""
    words: dict[str, Any] = field(default_factory=dict)


def measured(engine: str, command: list[str], out: Path) -> Run:
    """Run `command`; its wall time, its processor time on all cores, its peak memory."""
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        start = perf_counter()
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        text, said = stdout.read(), stderr.read().strip()
    words = json.loads(text) if text.startswith("{") else {}
    return Run(
        engine=engine,
        code=process.returncode,
        wall_s=wall,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
        out=out,
        said=said,
        words=words,
    )


def ours(files: list[Path], options: list[str], out: Path) -> Run:
    """Run `crmclean scan` on a table, or on one against the other."""
    against = ["--against", str(files[1])] if len(files) > 1 else []
    crmclean = str(Path(sys.executable).with_name("crmclean"))
    command = [crmclean, "scan", str(files[0]), *against, *options]
    command += ["-o", str(out), "--format", "json", "--quiet", "--no-input"]
    return measured("crmclean", command, out)


def splink(python: str, recipe: str, files: list[Path], out: Path) -> Run:
    """Run one recipe of Splink, then count its candidate pairs outside the measured run."""
    command = [python, str(SPLINK), recipe, str(out), *map(str, files)]
    run = measured(f"splink {recipe}", command, out)
    counted = measured("count", [*command, "--count"], out)
    return replace(run, words=run.words | counted.words)


def judge(run: Run, truth: pl.DataFrame) -> dict[str, Any]:
    """Return the figures of one run against the truth; what its files do not hold is absent."""
    figures: dict[str, Any] = {
        "engine": run.engine,
        "exit": run.code,
        "wall_s": run.wall_s,
        "cpu_s": run.cpu_s,
        "peak_mib": run.peak_mib,
        "stages": run.words.get("seconds") or run.words.get("timings"),
    }
    if run.code:
        lines = [line for line in run.said.splitlines() if "Error" in line or "Exception" in line]
        return figures | {"said": lines[-1] if lines else run.said[-200:]}
    clusters, pairs = (_answer(run.out / f"{name}.parquet") for name in ("clusters", "pairs"))
    if clusters is None:
        figures["said"] = "no clusters.parquet"
    else:
        figures |= _judge_clusters(clusters, truth)
    if pairs is not None:
        figures |= _judge_pairs(pairs, truth)
    counted = run.words.get("candidate_pairs") or run.words.get("match", {}).get("candidate_pairs")
    return figures | ({"candidate_pairs": counted} if counted else {})


def _answer(file: Path) -> pl.DataFrame | None:
    if not file.is_file():
        return None
    frame = pl.read_parquet(file)
    return frame.filter(entity="contact") if "entity" in frame.columns else frame


def _judge_clusters(clusters: pl.DataFrame, truth: pl.DataFrame) -> dict[str, Any]:
    scores = measure.pair_scores(clusters, truth)
    figures = {
        "precision": scores.precision,
        "recall": scores.recall,
        "f1": scores.f1,
        "cluster_f1": measure.cluster_scores(clusters, truth).f1,
    }
    if "tier" in clusters.columns:
        auto = measure.tier_scores(clusters, truth, "auto")
        figures |= {"auto_clusters_precision": auto.precision, "auto_clusters_pairs": auto.n_found}
    return figures


def _judge_pairs(pairs: pl.DataFrame, truth: pl.DataFrame) -> dict[str, Any]:
    link = measure.best_link_threshold(pairs, truth)
    closed = measure.best_cluster_threshold(pairs, truth)
    bins = measure.calibration(pairs, truth)
    top = measure.calibration(pairs, truth, [0.9, 1.0]).row(0, named=True)
    figures = {
        "pairs": pairs.height,
        "pairs_completeness": measure.pairs_completeness(pairs, truth),
        "best_link_f1": link.scores.f1,
        "best_link_threshold": link.threshold,
        "best_f1": closed.scores.f1,
        "best_threshold": closed.threshold,
        "calibration": bins.to_dicts(),
        "probability_over_0.9": top["probability"],
        "true_over_0.9": top["share_true"],
    }
    if "tier" in pairs.columns:
        auto = measure.link_scores(pairs.filter(tier="auto"), truth)
        figures |= {"auto_pairs_precision": auto.precision, "auto_pairs": auto.n_found}
    return figures


_COLUMNS = (  # heading, figure, format
    ("wall s", "wall_s", "8.1f"),
    ("cpu s", "cpu_s", "7.1f"),
    ("MiB", "peak_mib", "7.0f"),
    ("candidates", "candidate_pairs", "11,"),
    ("kept", "pairs", "11,"),
    ("compl.", "pairs_completeness", "7.4f"),
    ("prec.", "precision", "7.4f"),
    ("recall", "recall", "7.4f"),
    ("F1", "f1", "7.4f"),
    ("best F1", "best_f1", "7.4f"),
    ("at bits", "best_threshold", "8.2f"),
    ("links F1", "best_link_f1", "8.4f"),
    ("exact F1", "cluster_f1", "8.4f"),
    ("auto pr.", "auto_clusters_precision", "8.5f"),
    ("auto n", "auto_clusters_pairs", "9,"),
    (">0.9 said", "probability_over_0.9", "9.4f"),
    ("true", "true_over_0.9", "7.4f"),
)


def show(title: str, rows: list[dict[str, Any]], details: bool) -> None:
    print(f"\n{title}")
    widths = [int(spec.rstrip(",").rstrip("f").split(".")[0]) for _, _, spec in _COLUMNS]
    heads = [
        f"{head:>{max(w, len(head))}}" for (head, _, _), w in zip(_COLUMNS, widths, strict=True)
    ]
    print(f"{'':20} {'x ours':>7}", *heads)
    base = float("nan") if rows[0]["exit"] else rows[0]["wall_s"]
    for row in rows:
        if row["exit"]:
            print(f"{row['engine']:20} not run, exit {row['exit']}: {row.get('said', '')}")
            continue
        cells = [_cell(row.get(name), spec, head) for head, name, spec in _COLUMNS]
        print(f"{row['engine']:20} {row['wall_s'] / base:7.1f}", *cells)
    if details:
        for row in rows:
            _show_details(row)


def _cell(value: Any, spec: str, head: str) -> str:
    text = "-" if value is None else f"{value:{spec}}"
    width = max(int(spec.rstrip(",").rstrip("f").split(".")[0]), len(head))
    return f"{text:>{width}}"


def _show_details(row: dict[str, Any]) -> None:
    if row.get("stages"):
        stages = ", ".join(f"{name} {value:.2f}" for name, value in row["stages"].items())
        print(f"  {row['engine']}: seconds by stage: {stages}")
    for at in row.get("calibration") or ():
        if at["pairs"]:
            print(
                f"    probability {at['low']:.2f} to {at['high']:.2f}: {at['pairs']:>11,} pairs,"
                f" said {at['probability']:.4f}, true {at['share_true']:.4f}"
            )


def made_up(options: argparse.Namespace, work: Path) -> list[dict[str, Any]]:
    rates = replace(RATES, surnames=options.surnames)
    people = build_people(options.size, options.seed, rates)
    truth = people.select(record_id="id", person="person_id")
    raw, clean = work / f"people-{options.size}.parquet", work / f"cleaned-{options.size}.parquet"
    form = one_name(people, options.seed) if options.one_name else people
    form.drop("person_id").write_parquet(raw)
    cleaned(people).write_parquet(clean)
    del people, form
    _warm(work)
    rows = [judge(ours([raw], ["--entity=contact"], work / "ours"), truth)]
    if options.rivals:
        for recipe in options.recipes.split(","):
            run = splink(options.rivals, recipe, [clean], work / recipe)
            rows.append(judge(run, truth))
    return rows


def _warm(work: Path) -> None:
    """Have kernels compiled before the clock starts: they are cached on disk for good."""
    small = work / "warm.parquet"
    build_people(2_000, 1).drop("person_id").write_parquet(small)
    ours([small], ["--entity=contact"], work / "warm")


def labelled(data: Labelled, rivals: str | None, work: Path) -> list[dict[str, Any]]:
    out = work / data.name.replace(" ", "-")
    truth, files = data.truth(), list(data.files)
    rows = [judge(ours(files, data.options, out), truth)]
    recipe = "rldata" if data.name.startswith("rldata") else "febrl"
    recipe += "-link" if len(files) > 1 else ""
    if rivals and not data.name.endswith("tax_id"):
        rows.append(judge(splink(rivals, recipe, files, out / "splink"), truth))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--surnames", type=int, default=RATES.surnames, help="distinct surnames")
    parser.add_argument("--one-name", action="store_true", help="ours gets one column of names")
    parser.add_argument("--rivals", help="the python of an environment with Splink")
    parser.add_argument("--recipes", default="people-a,people-b")
    parser.add_argument("--labelled", action="store_true", help="febrl1-4 and RLdata instead")
    parser.add_argument("--data", type=Path, default=ROOT / ".bench_data")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--details", action="store_true", help="stages and calibration")
    options = parser.parse_args()
    work = options.data.resolve() / "work"
    work.mkdir(parents=True, exist_ok=True)
    if options.rivals:
        options.rivals = str(Path(options.rivals).absolute())  # not resolved: a venv is a link
    print(shlex.join(["python", "bench/match.py", *sys.argv[1:]]), file=sys.stderr)
    tables: dict[str, list[dict[str, Any]]] = {}
    if options.labelled:
        for data in prepare(options.data.resolve()):
            tables[data.name] = labelled(data, options.rivals, work)
            show(data.name, tables[data.name], options.details)
    else:
        title = f"{options.size:,} contacts"
        tables[title] = made_up(options, work)
        show(title, tables[title], options.details)
    if options.json:
        options.json.write_text(json.dumps(tables, indent=1, default=str))


if __name__ == "__main__":
    main()
