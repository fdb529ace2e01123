"""Pages of amoCRM a second: decoding, mapping, merging and settling, and the peak memory of it.

    python bench/amocrm.py [--scale 0.1]

The demo account is served once by the sandbox; its answers are kept as files, and a process of
its own reads them one by one, as a pull does, without a network. Beside the time of a page stand
that of msgspec alone on the same bytes (the types of the client) and of json.loads: ratios
tell more than figures of one machine. At the CRM's limit of 7 requests a second a page may
take 143 ms.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

LISTINGS = ("contacts", "companies", "leads", "tasks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keep_answers(Path(folder), options.scale)
        context = multiprocessing.get_context("spawn")
        for task in (measure_pages, measure_whole):
            process = context.Process(target=task, args=(Path(folder), options.rounds))
            process.start()
            process.join()


def keep_answers(folder: Path, scale: float) -> None:
    import httpx

    from dedupe.crm.amocrm import listings_for, read_page
    from dedupe.sandbox import Limit, Sandbox
    from dedupe.sandbox.demo import build_demo

    with (
        Sandbox(build_demo(scale=scale).account, limit=Limit(n=0)) as sandbox,
        httpx.Client(
            base_url=sandbox.url, headers={"Authorization": "Bearer x"}, trust_env=False, timeout=60
        ) as client,
    ):
        for listing in listings_for():
            number, has_next = 0, True
            while has_next:
                number += 1
                body = client.get(listing.path, params=list(listing.query(number))).content
                (folder / f"{listing.name}.{number:05}").write_bytes(body)
                has_next = read_page(listing, body).has_next


def measure_pages(folder: Path, rounds: int) -> None:
    """Time full pages of each list."""
    from dedupe.crm.amocrm import LISTINGS as ALL
    from dedupe.crm.amocrm import read_page
    from dedupe.crm.amocrm.decode import decode_page
    from dedupe.crm.amocrm.page import _READERS

    for name in LISTINGS:
        bodies = [p.read_bytes() for p in sorted(folder.glob(f"{name}.*"))][:40]
        kind, _ = _READERS[name]
        listing = ALL[name]
        size = sum(map(len, bodies)) / len(bodies)

        def best(read: Callable[[bytes], object], bodies: list[bytes] = bodies) -> float:
            return min(_seconds(read, bodies) for _ in range(rounds)) / len(bodies) * 1e3

        whole = best(lambda body, listing=listing: read_page(listing, body))
        typed = best(
            lambda body, kind=kind, listing=listing: decode_page(kind, listing.key, body, "")
        )
        plain = best(json.loads)
        print(
            f"{name}: {size / 1024:.0f} KiB a page, {whole:.2f} ms ({1e3 / whole:.0f} pages/s); "
            f"msgspec alone {typed:.2f} ms, json.loads {plain:.2f} ms"
        )


def measure_whole(folder: Path, rounds: int) -> None:
    """Read every page once, merge and settle; the peak is this process's own."""
    import polars as pl

    from dedupe.crm.amocrm import listings_for, merge_pages, read_page, settle

    before = _peak_mib()
    start = perf_counter()
    tables: dict[str, list[pl.DataFrame]] = {}
    n_pages = 0
    for listing in listings_for():
        files = sorted(folder.glob(f"{listing.name}.*"))
        n_pages += len(files)
        pages = (read_page(listing, file.read_bytes()).tables for file in files)
        for name, frame in merge_pages(listing, pages).items():
            tables.setdefault(name, []).append(frame)
    read = perf_counter() - start
    settled = settle({name: pl.concat(frames) for name, frames in tables.items()})
    both = perf_counter() - start
    rows = sum(frame.height for frame in settled.values())
    size = sum(frame.estimated_size("mb") for frame in settled.values())
    print(
        f"the account: {n_pages} pages, {rows} rows ({size:.0f} MB of frames); read and merged in "
        f"{read:.2f} s, settled in {both - read:.2f} s; peak {_peak_mib() - before:.0f} MiB over "
        f"the imports' {before:.0f} MiB"
    )


def _seconds(read: Callable[[bytes], object], bodies: list[bytes]) -> float:
    start = perf_counter()
    for body in bodies:
        read(body)
    return perf_counter() - start


def _peak_mib() -> float:
    """Return the process's own peak: ru_maxrss would be that of its parent before the exec."""
    status = Path("/proc/self/status")
    if status.exists():
        told = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(told["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
