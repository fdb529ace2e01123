"""Of freshly generated phone values of 16 kinds: read right, wrong, and ambiguous.

    python -m bench.doubled [SEED ...]

Ambiguous are values whose least sure number is below CERTAIN: they serve matching and are
never written back. What matters is the last row: wrong and yet certain.
"""

from __future__ import annotations

import sys
from collections import Counter

from dedupe.contracts import CERTAIN
from dedupe.normalize import read_phones
from tests.unit.normalize.test_phones_generated import is_right, made_values


def main() -> None:
    seeds = [int(seed) for seed in sys.argv[1:]] or [1, 2, 3, 4, 5]
    counts: Counter[tuple[bool, bool]] = Counter()
    for seed in seeds:
        for _, made in made_values(seed):
            found = [n for n in read_phones(made.raw, area_code=made.area) if n.value]
            is_certain = all(n.confidence >= CERTAIN for n in found)
            counts[is_right(made), is_certain] += 1
    total = counts.total()
    print(f"{total} values, seeds {seeds}")
    for right in (True, False):
        for certain in (True, False):
            n = counts[right, certain]
            name = f"{'right' if right else 'wrong'}, {'certain' if certain else 'ambiguous'}"
            print(f"{name:17} {n:7} {n / total:9.4%}")


if __name__ == "__main__":
    main()
