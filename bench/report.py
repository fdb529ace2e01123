"""Seconds, memory and size of every report: python bench/report.py [SCAN] [--to FORMATS].

Without SCAN the demo account is built at the scale and scanned first. Each format is written by a
process of its own, as `crmclean report` does; the peak is the largest resident set of that
process, reading the scan and looking its names up included.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter


def main() -> int:
    told = arguments()
    if told.one:
        return write_one(told.scan, told.one, told.show_values)
    with tempfile.TemporaryDirectory() as folder:
        scan = told.scan or made_scan(told.scale, Path(folder))
        print(f"{'format':8} {'seconds':>8} {'peak MiB':>9} {'MB':>8}")
        for name in told.to.split(","):
            command = [sys.executable, __file__, str(scan), "--one", name]
            subprocess.run(command + ["--show-values"] * told.show_values, check=True)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("scan", nargs="?", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--to", default="html,xlsx,csv")
    parser.add_argument("--show-values", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def made_scan(scale: float, folder: Path) -> Path:
    from dedupe.sandbox.demo import build_demo
    from dedupe.scan import open_account, scan, write_scan
    from dedupe.snapshot import write_snapshot

    write_snapshot(build_demo(scale=scale).account, folder / "account")
    result = scan(open_account(folder / "account"))
    summary = replace(result.summary, snapshot=str(folder / "account"))
    write_scan(replace(result, summary=summary), folder / "scan")
    return folder / "scan"


def write_one(scan: Path, name: str, show_values: bool) -> int:
    from dedupe.report.content import ReportOptions
    from dedupe.report.formats import write_reports
    from dedupe.report.load import load_content

    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        content = load_content(scan, options=ReportOptions(show_values=show_values))
        path = write_reports(content, (name,), Path(folder) / "out", replaces=False)[name]
        seconds = perf_counter() - start
        files = [path] if path.is_file() else list(path.iterdir())
        size = sum(file.stat().st_size for file in files)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:8} {seconds:8.2f} {peak:9.0f} {size / 1e6:8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
