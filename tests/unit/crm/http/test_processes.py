"""Processes that share one window: together within the limit, and none the worse for a death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from dedupe.crm.http import Claim, RequestWindow
from dedupe.crm.http import clock as clocks
from dedupe.crm.http.clock import boot_clock, is_dead, is_same_boot, owner
from tests.unit.crm.http.fakes import Clock, RawServer, fullest, page, read_head

CLIENT = """
import sys, threading
from pathlib import Path
from dedupe.crm.http import RequestWindow, Transport

class Tokens:
    def token(self): return "token-of-a-test"
    def renew(self, stale): raise SystemExit(3)

url, path, n = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
transport = Transport(url, Tokens(), RequestWindow(path, 7, 0.25))
def work():
    for _ in range(n):
        assert transport.get("/a").body == b"{}"
threads = [threading.Thread(target=work) for _ in range(2)]
[t.start() for t in threads]
[t.join() for t in threads]
"""


@pytest.mark.parametrize("n_processes", [2, 8])
def test_processes_together_never_overfill_a_window_at_the_server(tmp_path, n_processes) -> None:
    arrivals: list[float] = []

    def serve(connection, number: int) -> None:
        while read_head(connection):
            arrivals.append(time.monotonic())
            connection.sendall(page(b"{}"))

    n_each = 32 // n_processes
    with RawServer(serve) as server:
        words = [sys.executable, "-c", CLIENT, server.url, str(tmp_path / "rate"), str(n_each)]
        children = [subprocess.Popen(words) for _ in range(n_processes)]
        assert [child.wait(60) for child in children] == [0] * n_processes
    assert len(arrivals) == 64
    assert fullest(sorted(arrivals), 0.25) <= 7


HOLDER = """
import sys, time
from pathlib import Path
from dedupe.crm.http import RequestWindow
window = RequestWindow(Path(sys.argv[1]), 2)
window.claim()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_killed_holder_blocks_nobody_for_long(tmp_path) -> None:
    path = tmp_path / "rate"
    words = [sys.executable, "-c", HOLDER, str(path)]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"held\n"
    clock = Clock()
    clock.now = boot_clock() + 30  # it lives: whatever the time, it may still be sending
    window = RequestWindow(path, 1, margin_s=0, clock=clock)
    assert not isinstance(window.try_claim("a"), Claim)
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    child.stdout.close()
    child.stdin.close()
    assert not isinstance(window.try_claim("a"), Claim)
    clock.now += 1.9  # a grace and a window
    assert not isinstance(window.try_claim("a"), Claim)
    clock.now += 0.2
    assert isinstance(window.try_claim("a"), Claim)


def test_a_process_is_told_from_a_later_one_of_its_number() -> None:
    me = owner()
    assert not is_dead(me)
    namespace, pid, started = me.split(":")
    assert int(pid) == os.getpid()
    assert is_dead(f"{namespace}:{pid}:{int(started) - 1}")
    assert not is_dead(f"other:{pid}:1")
    assert not is_dead("nonsense")
    assert not is_dead("")


def test_a_process_without_a_known_start_is_asked_for(monkeypatch) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(10)
    namespace = owner().split(":")[0]
    assert is_dead(f"{namespace}:{child.pid}:")
    assert not is_dead(f"{namespace}:{os.getpid()}:")


def test_a_computed_boot_is_the_same_within_two_minutes() -> None:
    assert is_same_boot("at:1000", "at:1100")
    assert not is_same_boot("at:1000", "at:1200")
    assert not is_same_boot("at:x", "at:1200")
    assert not is_same_boot("uuid", "at:1000")
    assert is_same_boot("uuid", "uuid")


def test_a_system_without_a_boot_id_has_one_computed(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(clocks, "_BOOT_ID", tmp_path / "none")
    name = clocks.boot_id.__wrapped__()
    assert name.startswith("at:")
    assert is_same_boot(name, clocks.boot_id.__wrapped__())
