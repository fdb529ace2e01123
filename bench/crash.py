"""Kill -9 at every point of a merge, with every fault: what is lost, doubled or wrongly marked.

    python bench/crash.py [--share 0.1] [--workers 2]

The reference account has one merge of three contacts with all that hangs on them, and two splits.
A process applies the plan over HTTP to the local CRM and is killed at a point (P0 before the
intent, P1 intent on disk, P2 in flight, P3 carried out and not answered, P4 answered, P5
recorded; or in a read, a wait, before or after a commit of the journal); another one resumes. A
cell is sound when nothing was lost and no card wrongly marked at the moment of death, nothing was
done twice, and the account and the notes end as they do without a fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.soak.kills import Bench, Cell, Outcome, cells, other_cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the cells, chosen by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="crmclean-crash-") as folder:
        benches = [Bench(Path(folder) / str(at)) for at in range(options.workers)]
        n_writes = len(benches[0].reference.writes)
        told = [*cells(n_writes), *other_cells(n_writes)]
        if options.share < 1:
            told = random.Random(options.seed).sample(told, round(len(told) * options.share))
        with ThreadPoolExecutor(options.workers) as pool:
            parts = [told[at :: options.workers] for at in range(options.workers)]
            outcomes = [o for found in pool.map(_run_all, benches, parts) for o in found]
    tell(outcomes, time.perf_counter() - start)
    sys.exit(any(not outcome.is_sound for outcome in outcomes))


def _run_all(bench: Bench, told: list[Cell]) -> list[Outcome]:
    found = []
    for cell in told:
        found.append(bench.run(cell))
        if not found[-1].is_sound:
            print(f"! {cell}: {'; '.join(found[-1].problems[:4])}", flush=True)
    return found


def tell(outcomes: list[Outcome], seconds: float) -> None:
    points = Counter((each.cell.do, each.cell.point) for each in outcomes)
    print(
        f"{'do':7} {'point':15} {'runs':>5} {'killed':>6} {'lost':>4} {'doubled':>7} {'marked':>6}"
    )
    for (do, point), n in sorted(points.items()):
        own = [o for o in outcomes if (o.cell.do, o.cell.point) == (do, point)]
        print(
            f"{do:7} {point:15} {n:5} {sum(o.is_killed for o in own):6}"
            f" {sum(o.n_lost for o in own):4} {sum(o.n_doubled for o in own):7}"
            f" {sum(o.n_wrongly_marked for o in own):6}"
        )
    places = len({(o.cell.do, o.cell.point, o.cell.at) for o in outcomes})
    faults = len({o.cell.fault for o in outcomes})
    print(
        f"{places} points, {faults - 1} faults: {len(outcomes)} runs,"
        f" {sum(o.is_killed for o in outcomes)} killed in"
        f" {seconds:.0f} s; values lost {sum(o.n_lost for o in outcomes)}, duplicate effects"
        f" {sum(o.n_doubled for o in outcomes)}, wrongly marked cards"
        f" {sum(o.n_wrongly_marked for o in outcomes)},"
        f" runs with any problem {sum(not o.is_sound for o in outcomes)}"
    )


if __name__ == "__main__":
    main()
