"""Pairs a second, one thread each: the string kernels against rapidfuzz's cpdist, in one run.

    python bench/strings.py --rivals .venv-rivals/bin/python    # one that has rapidfuzz and numpy

Surnames and full names as Russian cards have them, in Cyrillic and transliterated, one in six
with a typing error. Pairs are of any two names, in no order, or candidate pairs: names of one
block (the same two first letters), some 20 to a left one, in left order. The rival gets lists of
strings, gathered before the clock starts. Values are compared to 1e-9, levels one by one.

Grading with cpdist: OSA with score_cutoff 1, Jaro-Winkler with score_cutoff 0.8, equality, and
the four levels from them; lengths and equality come for free.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import polars as pl

from dedupe.kernels.strings import Cuts, jaro_winkler, levenshtein, osa_distance, text_levels
from dedupe.match.texts import build_texts

DATA = Path(__file__).parents[1] / "dedupe" / "normalize" / "data"
CUTS = Cuts(edits=1, min_length=4, high=0.92, low=0.8)
PER_LEFT = 20
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
LATIN = "a,b,v,g,d,e,e,zh,z,i,y,k,l,m,n,o,p,r,s,t,u,f,kh,ts,ch,sh,shch,,y,,e,yu,ya"

RIVAL = """
import json, sys
import numpy as np
from pathlib import Path
from time import perf_counter
from rapidfuzz.distance import OSA, JaroWinkler, Levenshtein
from rapidfuzz.process import cpdist

folder, edits, min_length, high, low = Path(sys.argv[1]), *map(float, sys.argv[2:])
values = json.loads((folder / "values.json").read_text())
left, right = np.load(folder / "left.npy"), np.load(folder / "right.npy")
a, b = [values[i] for i in left], [values[i] for i in right]
lengths = np.array([len(value) for value in values])
is_long = np.minimum(lengths[left], lengths[right]) >= min_length
is_same = left == right

def levels(similarity, distance):
    out = (similarity >= low).astype(np.int8) + (similarity >= high)
    out[is_long & (distance <= edits)] = 3
    out[is_same] = 4
    return out

def graded():
    similarity = cpdist(a, b, scorer=JaroWinkler.similarity, score_cutoff=low, dtype=np.float32)
    distance = cpdist(a, b, scorer=OSA.distance, score_cutoff=int(edits), dtype=np.int8)
    return levels(similarity, distance)

def exact(scorer, dtype):
    return lambda: cpdist(a, b, scorer=scorer, dtype=dtype)

runs = {
    "jaro_winkler": exact(JaroWinkler.similarity, np.float64),
    "levenshtein": exact(Levenshtein.distance, np.int32),
    "osa_distance": exact(OSA.distance, np.int32),
    "text_levels": graded,
}
print("ready", flush=True)
for line in sys.stdin:  # one run for each name that comes
    name = line.strip()
    start = perf_counter()
    answer = runs[name]()
    seconds = perf_counter() - start
    if name == "text_levels":
        # With score_cutoff a similarity equal to the cut may be rounded below it.
        answer = levels(np.load(folder / "jaro_winkler.npy"), np.load(folder / "osa_distance.npy"))
    np.save(folder / f"{name}.npy", answer)
    print(seconds, flush=True)
"""


def names(n: int, *, is_full: bool, is_latin: bool, seed: int = 20261121) -> list[str]:
    """Return the names of `n` cards; frequent ones repeat, one in six has a typing error."""
    rng = random.Random(seed)
    drawn = []
    for table in ("surnames", "given_names")[: 1 + is_full]:
        frame = pl.read_parquet(DATA / f"{table}.parquet")
        weights = frame["count"].cast(pl.Float64).sqrt().to_list()
        drawn.append(rng.choices(frame["name"].to_list(), weights, k=n))
    texts = [" ".join(parts) for parts in zip(*drawn, strict=True)]
    texts = [mistyped(rng, text) if rng.random() < 1 / 6 else text for text in texts]
    table = str.maketrans(dict(zip(CYRILLIC, LATIN.split(","), strict=True)))
    return [text.translate(table) for text in texts] if is_latin else texts


def mistyped(rng: random.Random, text: str) -> str:
    at, letter = rng.randrange(len(text)), rng.choice(CYRILLIC)
    head, tail = text[:at], text[at:]
    swapped = tail[1:2] + tail[:1] + tail[2:]
    return head + rng.choice([letter + tail, tail[1:], letter + tail[1:], swapped])


def any_pairs(numbers: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.choice(numbers, n), rng.choice(numbers, n)


def candidate_pairs(
    numbers: np.ndarray, values: list[str], n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pair cards with cards of their block, in the order of the left card."""
    rng = np.random.default_rng(2)
    key = pl.Series(values).str.slice(0, 2).rank("dense").to_numpy()[numbers]
    cards = np.argsort(key, kind="stable")
    begin = np.searchsorted(key[cards], key)
    size = np.searchsorted(key[cards], key, side="right") - begin
    left = np.sort(rng.integers(0, len(numbers), -(-n // PER_LEFT))).repeat(PER_LEFT)[:n]
    right = cards[begin[left] + rng.integers(0, 1 << 40, n) % size[left]]
    return numbers[left], numbers[right]


def kernel_runs(arrays, left, right) -> dict:
    return {
        "jaro_winkler": lambda: jaro_winkler(arrays, left, right),
        "levenshtein": lambda: levenshtein(arrays, left, right),
        "osa_distance": lambda: osa_distance(arrays, left, right),
        "text_levels": lambda: text_levels(arrays, left, right, CUTS),
    }


def compare(values: list[str], left, right, rivals: str | None, rounds: int):
    """Yield (measure, our seconds, the rival's seconds, pairs that differ), a list per measure.

    Rounds of ours and the rival's take turns, so that a noisy machine is noisy for both.
    """
    left, right = left.astype(np.int32), right.astype(np.int32)
    arrays = build_texts(pl.Series(values)).arrays
    for run in kernel_runs(arrays, left[:9], right[:9]).values():
        run()  # compiled, or read from the cache, before the clock starts
    with tempfile.TemporaryDirectory() as name, Rival(Path(name), values, left, right, rivals) as r:
        for measure, run in kernel_runs(arrays, left, right).items():
            ours, theirs = [], []
            for _ in range(rounds):
                start = perf_counter()
                answer = run()
                ours.append(perf_counter() - start)
                theirs += r.seconds(measure)
            yield measure, ours, theirs, r.differences(measure, answer)


class Rival:
    """A process that has rapidfuzz and the pairs, and runs a measure when told; or nothing."""

    def __init__(self, folder: Path, values, left, right, python: str | None) -> None:
        self.folder, self.process = folder, None
        if python is None:
            return
        (folder / "values.json").write_text(json.dumps(values))
        np.save(folder / "left.npy", left)
        np.save(folder / "right.npy", right)
        command = [python, "-c", RIVAL, str(folder), *map(str, CUTS)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        if self.process.stdout.readline() != "ready\n":
            sys.exit(f"{python} can't run rapidfuzz's cpdist")

    def __enter__(self) -> Rival:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.communicate()

    def seconds(self, measure: str) -> list[float]:
        if self.process is None:
            return []
        self.process.stdin.write(f"{measure}\n")
        self.process.stdin.flush()
        return [float(self.process.stdout.readline())]

    def differences(self, measure: str, answer: np.ndarray) -> int:
        if self.process is None:
            return 0
        expected = np.load(self.folder / f"{measure}.npy")
        return int((np.abs(answer - expected) > 1e-9).sum())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rivals", help="the python of an environment with rapidfuzz and numpy")
    parser.add_argument("--cards", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{'million pairs a second':48} {'ours':>7} {'min':>6} {'max':>6}", end="")
    print(f" {'cpdist':>7} {'ratio':>6} {'unlike':>7}" if options.rivals else "")
    for is_latin, is_full in ((False, False), (True, False), (False, True), (True, True)):
        cards = pl.Series(names(options.cards, is_full=is_full, is_latin=is_latin))
        values = cards.unique().sort()
        numbers = cards.cast(pl.Enum(values)).to_physical().to_numpy()
        title = f"{'ASCII' if is_latin else 'Cyrillic'} {'full names' if is_full else 'surnames'}"
        show(title, "texts built", values.len(), build_seconds(values, options.rounds))
        for kind, (left, right) in {
            "any": any_pairs(numbers, options.pairs),
            "candidates": candidate_pairs(numbers, values.to_list(), options.pairs),
        }.items():
            pairs = values.to_list(), left, right
            for measure, *seconds, unlike in compare(*pairs, options.rivals, options.rounds):
                show(f"{title}, {kind}", measure, options.pairs, *seconds, unlike)


def build_seconds(values: pl.Series, rounds: int) -> list[float]:
    seconds = []
    for _ in range(rounds + 1):
        start = perf_counter()
        build_texts(values)
        seconds.append(perf_counter() - start)
    return seconds[1:]


def show(title: str, what: str, n: int, ours: list, theirs: list = (), unlike: int = 0) -> None:
    rate, *rates = (n / seconds / 1e6 for seconds in (median(ours), max(ours), min(ours)))
    print(f"{title:34} {what:13} {rate:7.1f} {rates[0]:6.1f} {rates[1]:6.1f}", end="")
    if theirs:
        rival = n / median(theirs) / 1e6
        print(f" {rival:7.2f} {rate / rival:6.1f} {unlike:7}", end="")
    print(flush=True)


if __name__ == "__main__":
    main()
