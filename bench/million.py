"""Normalise 1,000,000 contacts: seconds by stage and peak memory of the process.

    python bench/million.py DIR    # makes the account in DIR once, then measures

The account is the demo account at scale 10.906: 1,000,000 contacts, 78,272 companies, with phones,
e-mails and names as people type them.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

SCALE = 1_000_000 / 91_699


def make(folder: Path) -> None:
    from dedupe.sandbox.demo import build_demo
    from dedupe.snapshot import write_snapshot

    write_snapshot(build_demo(scale=SCALE).account, folder)


def run(folder: Path) -> None:
    from dedupe.match import build_groups
    from dedupe.normalize import (
        PhoneSettings,
        build_names,
        build_persons,
        build_values,
        mark_shared,
        mark_templates,
    )
    from dedupe.scan.cards import live_cards
    from dedupe.snapshot import open_snapshot

    clock = _Clock()
    account = open_snapshot(folder)
    cards, channels = live_cards(account), account.frame("channels")
    clock.lap("read", channels.height)
    names = build_names(cards)
    clock.lap("names", names.height)
    contacts = cards.filter(entity="contact")["name"]
    build_persons(contacts)
    clock.lap("persons", len(contacts))
    kinds = {}
    for kind in ("phone", "email"):
        part = channels.filter(kind=kind)
        kinds[kind] = build_values(part, PhoneSettings())
        clock.lap(f"{kind}s", part.height)
    values = kinds["phone"].vstack(kinds["email"])
    names = mark_templates(names, cards, values)
    clock.lap("templates", names.height)
    values = mark_shared(values, names)
    clock.lap("shared values", values.height)
    clock.lap("groups", build_groups(values).height)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'all':15} {perf_counter() - clock.start:8.2f} s {peak:10.0f} MiB peak")


class _Clock:
    def __init__(self) -> None:
        self.start = self.last = perf_counter()

    def lap(self, name: str, rows: int) -> None:
        now = perf_counter()
        seconds, self.last = now - self.last, now
        print(f"{name:15} {seconds:8.2f} s {rows:10,} rows {rows / seconds:12,.0f} rows/s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        run(options.folder)
        return
    if not (options.folder / "manifest.json").is_file():
        make(options.folder)
    # A process of its own: making the account must not count in the peak.
    command = [sys.executable, __file__, str(options.folder), "--measure"]
    sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
