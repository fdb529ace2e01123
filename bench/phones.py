"""Numbers a second: the phone kernel against phonenumbers and rphonenumbers, in one run.

    make bench-phones            # installs the rivals into an environment of their own
    python bench/phones.py --rivals .venv-rivals/bin/python

All get the same seeded strings (ordinary Russian and CIS spellings) and do the same: parse with
region RU, validate, E.164, type and region. The kernel reads a polars column, on one thread and
on two; a rival is called string by string, as its documentation shows.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter

SHAPES = [
    "+7{0}{1}{2}{3}",
    "8{0}{1}{2}{3}",
    "8 ({0}) {1}-{2}-{3}",
    "+7 {0} {1}-{2}-{3}",
    "7{0}{1}{2}{3}",
    "8-{0}-{1}-{2}-{3}",
    "+375 29 {1} {2} {3}",
    "+7 (701) {1}-{2}-{3}",
    "+998 90 {1}-{2}-{3}",
    "8 {0} {1} {2} 0",
]
CODES = ["903", "905", "916", "926", "985", "495", "499", "812", "841", "800"]

RIVAL = """
import json, sys, time
name, rounds = sys.argv[1], int(sys.argv[2])
strings = json.load(sys.stdin)
lib = __import__(name)  # rphonenumbers has the interface of phonenumbers
def judge(text):
    try:
        number = lib.parse(text, "RU")
    except lib.NumberParseException:
        return False
    lib.format_number(number, lib.PhoneNumberFormat.E164)
    lib.number_type(number)
    lib.region_code_for_number(number)
    return lib.is_valid_number(number)
best = []
for _ in range(rounds):
    start = time.perf_counter()
    valid = sum(map(judge, strings))
    best.append(len(strings) / (time.perf_counter() - start))
print(json.dumps({"valid": valid, "rates": best}))
"""


def strings(n: int, seed: int = 20261121) -> list[str]:
    rng = random.Random(seed)
    return [
        rng.choice(SHAPES).format(
            rng.choice(CODES),
            f"{rng.randrange(1000):03}",
            *(f"{rng.randrange(100):02}" for _ in "ab"),
        )
        for _ in range(n)
    ]


def kernel_rates(texts: list[str], threads: int, rounds: int) -> tuple[int, list[float]]:
    import polars as pl

    from dedupe.kernels.phones import VALID, parse_numbers
    from dedupe.normalize.automaton import phone_tables
    from dedupe.normalize.phone_column import arrow_buffers

    tables = phone_tables()
    default = tables.region_index("RU")
    column = pl.Series(texts)

    def judge(part: pl.Series) -> int:
        status, *_ = parse_numbers(*arrow_buffers(part), default, tables.arrays)
        return int((status == VALID).sum())

    judge(column.head(10))  # compiled, or read from the cache, before the clock starts
    size = -(-len(column) // threads)
    parts = [column.slice(at, size) for at in range(0, len(column), size)]
    rates, valid = [], 0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            start = perf_counter()
            valid = sum(pool.map(judge, parts))
            rates.append(len(column) / (perf_counter() - start))
    return valid, rates


def rival_rates(python: str, name: str, texts: list[str], rounds: int) -> tuple[int, list[float]]:
    done = subprocess.run(
        [python, "-c", RIVAL, name, str(rounds)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return 0, []
    answer = json.loads(done.stdout)
    return answer["valid"], answer["rates"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rivals", help="the python of an environment with the rivals")
    parser.add_argument("--n", type=int, default=2_000_000)
    options = parser.parse_args()
    texts = strings(options.n)
    few = texts[:100_000]
    rows = [(f"kernel, {t} thread(s)", *kernel_rates(texts, t, 5), len(texts)) for t in (1, 2)]
    rows.append(("phonenumbers", *rival_rates(sys.executable, "phonenumbers", few, 3), len(few)))
    if options.rivals:
        rival = rival_rates(options.rivals, "rphonenumbers", few, 3)
        rows.append(("rphonenumbers", *rival, len(few)))
    base = next((median(r) for name, _, r, _ in rows if name == "phonenumbers"), 1.0)
    print(f"{'':20} {'numbers/s':>12} {'min':>12} {'max':>12} {'ratio':>8} {'valid':>8}")
    for name, valid, rates, n in rows:
        if rates:
            mid = median(rates)
            shown = [f"{v:12,.0f}" for v in (mid, min(rates), max(rates))]
            print(f"{name:20} {' '.join(shown)} {mid / base:8.1f} {valid / n:8.2%}")


if __name__ == "__main__":
    main()
