"""The pipeline by size, and its stages: make bench ARGS='-k "stage and 0.1"'.

Sizes are scales of the demo account: 0.01 is 917 contacts, 1 is 91,699 contacts and
148,746 deals. Figures are for one process with warm kernels; whole-process wall time
and peak memory: python bench/peak.py .venv/bin/crmclean scan demo/account -o demo/scan
"""

from __future__ import annotations

import pytest

from dedupe.audit import Facts, run_checks
from dedupe.match import build_groups
from dedupe.normalize import PhoneSettings, build_names, build_values, mark_shared
from dedupe.sandbox.demo import build_demo, write_csv
from dedupe.scan import open_account, scan, write_scan
from dedupe.scan.cards import live_cards
from dedupe.snapshot import write_snapshot

SCALES = (0.01, 0.1, 1.0)


@pytest.fixture(scope="module", params=SCALES, ids=str)
def demo(request):
    return build_demo(scale=request.param)


def run(benchmark, function, *args):
    return benchmark.pedantic(function, args=args, rounds=3, warmup_rounds=1)


def test_stage_values(benchmark, demo) -> None:
    channels = demo.account.frame("channels")
    values = run(benchmark, build_values, channels, PhoneSettings())
    benchmark.extra_info["values"] = values.height


def test_stage_names(benchmark, demo) -> None:
    run(benchmark, build_names, live_cards(demo.account))


def test_stage_groups(benchmark, demo) -> None:
    values = build_values(demo.account.frame("channels"), PhoneSettings())
    run(benchmark, build_groups, values)


def test_stage_checks(benchmark, demo) -> None:
    names = build_names(live_cards(demo.account))
    values = build_values(demo.account.frame("channels"), PhoneSettings())
    values = mark_shared(values, names)
    groups = build_groups(values)

    def check() -> None:
        run_checks(Facts(account=demo.account, values=values, names=names, groups=groups))

    run(benchmark, check)


def test_scan_of_a_snapshot(benchmark, demo, tmp_path) -> None:
    write_snapshot(demo.account, tmp_path / "account")

    def whole() -> None:
        write_scan(scan(open_account(tmp_path / "account")), tmp_path / "scan")

    run(benchmark, whole)


def test_scan_of_csv(benchmark, demo, tmp_path) -> None:
    (tmp_path / "account").mkdir()
    write_csv(demo, tmp_path / "account")

    def whole() -> None:
        write_scan(scan(open_account(tmp_path / "account")), tmp_path / "scan")

    run(benchmark, whole)
