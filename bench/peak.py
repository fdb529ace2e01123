"""Run a command and print its wall time and peak memory: python bench/peak.py COMMAND [ARG ...].

The peak is the largest resident set of one process, as the kernel accounts it
when the process has ended (ru_maxrss; KiB on Linux).
"""

from __future__ import annotations

import resource
import subprocess
import sys
from time import perf_counter


def main() -> int:
    start = perf_counter()
    code = subprocess.run(sys.argv[1:], check=False).returncode
    wall = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{wall:.2f} s wall, {peak:.0f} MiB peak, exit {code}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
