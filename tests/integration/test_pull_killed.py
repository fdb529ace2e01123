"""A pull in a process of its own, killed or interrupted while it asks: the next one goes on.

The process is struck when the sandbox has counted a number of its requests; bench/pull.py
strikes at random times, and oftener.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dedupe.sandbox import Limit, Sandbox
from dedupe.sandbox.demo import build_demo

CODE = (
    "import sys, cli.profiles\n"
    "cli.profiles.REQUESTS_PER_S = 10_000\n"
    "from cli.main import main\n"
    "main(sys.argv[1:])\n"
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(build_demo(scale=0.01).account, limit=Limit(n=0)) as served:
        yield served


def start(box: Sandbox, folder: Path) -> subprocess.Popen[str]:
    config = folder / "crmclean.toml"
    config.write_text(
        f'[profiles.main]\ncrm = "amocrm"\nurl = "{box.url}"\ntoken = "env:BOX_TOKEN"\n',
        encoding="utf-8",
    )
    shared = ["--config", str(config), "--state", str(folder / "state"), "--lang", "en"]
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *shared, "pull", "--full", "--format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"BOX_TOKEN": "x"},
    )  # fmt: skip


def strike(box: Sandbox, process: subprocess.Popen[str], after: int, how: signal.Signals) -> None:
    """Strike the process when it has made `after` requests, unless it is done by then."""
    before = box.requests["n"]
    while process.poll() is None and box.requests["n"] - before < after:
        time.sleep(0.002)
    process.send_signal(how)


def tables(folder: Path) -> dict[str, pl.DataFrame]:
    place = folder / "state/accounts/main/snapshot"
    return {file.stem: pl.read_parquet(file) for file in place.glob("*.parquet")}


def test_a_killed_pull_ends_in_the_same_snapshot_as_an_undisturbed_one(box, tmp_path) -> None:
    (tmp_path / "whole").mkdir()
    done = start(box, tmp_path / "whole")
    assert (done.communicate()[1], done.returncode) == ("", 0)
    whole = tables(tmp_path / "whole")
    rand = random.Random(17)
    for _ in range(3):
        process = start(box, tmp_path)
        strike(box, process, rand.randint(2, 40), signal.SIGKILL)
        process.communicate()
        assert process.returncode in (0, -signal.SIGKILL)
    last = start(box, tmp_path)
    assert (last.communicate()[1], last.returncode) == ("", 0)
    found = tables(tmp_path)
    assert found.keys() == whole.keys()
    for name, frame in whole.items():
        assert_frame_equal(found[name], frame)
    assert sorted(p.name for p in (tmp_path / "state/accounts/main").glob(".snapshot*")) == []


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_it_soon_with_one_line(box, tmp_path, how, code) -> None:
    process = start(box, tmp_path)
    strike(box, process, 25, how)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err.strip().splitlines() == [
        "crmclean: interrupted; the last snapshot stays, and the next pull goes on from what "
        "was read"
    ]
