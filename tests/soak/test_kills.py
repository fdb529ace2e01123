"""Real processes, real SQLite, kill -9 at points of a merge, then another process.

The share below is spread over the matrix; `python bench/crash.py` runs all of it.
"""

from __future__ import annotations

import pytest

from .kills import Bench, Cell, cells, other_cells

N_WRITES = 17  # of the reference plan: a merge of three cards, and one request for two splits

SHARE = [
    Cell(point="P0", at=0),
    Cell(point="P1", at=1, fault="429"),
    Cell(point="P2", at=0),
    Cell(point="P3", at=0),
    Cell(point="P4", at=2, fault="drop after"),
    Cell(point="P5", at=15, fault="500 after"),
    Cell(point="P4", at=16, fault="truncated"),
    Cell(point="P1", at=14, again=("intent", 0)),
    Cell(point="commit", at=0),
    Cell(point="commit", at=25),
    Cell(point="P3", at=3, do="undo"),
    Cell(point="P1", at=18, do="undo"),
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Bench:
    return Bench(tmp_path_factory.mktemp("kills"))


@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("cell", SHARE, ids=str)
def test_a_killed_process_loses_nothing_and_resume_ends_the_same(bench: Bench, cell: Cell) -> None:
    outcome = bench.run(cell)
    assert outcome.problems == []
    assert outcome.is_killed, "the point was never reached"


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_every_point_of_every_write_and_elsewhere(bench: Bench) -> None:
    assert len(bench.reference.writes) == N_WRITES
    told = [*cells(N_WRITES, ("", "drop after", "500 before")), *other_cells(N_WRITES)]
    bad = [f"{cell}: {o.problems}" for cell in told if not (o := bench.run(cell)).is_sound]
    assert bad == []
