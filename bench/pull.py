"""The pull against the sandbox, by processes: python bench/pull.py full|two|changes|kills [SCALE].

full     one pull: wall time against requests / 7, 429s, peak memory of the process
two      two pulls at once, of two profiles of one account, that share its limiter
changes  a second pull after 200 changes by hand
kills    a pull killed (SIGKILL) at 50 random moments, then the snapshots are compared

The sandbox keeps the CRM's limit of 7 requests in any second, and counts what it answers.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

PER_S = 7
CLI = [sys.executable, "-c", "import sys; from cli.main import main; main(sys.argv[1:])"]
ENVIRON = {**os.environ, "SANDBOX_TOKEN": "sandbox", "CRMCLEAN_LANG": "en"}


class Box:
    """A sandbox in a process of its own, and a state folder with two profiles of it."""

    def __init__(self, folder: Path, scale: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*CLI, "sandbox", "--limit", str(PER_S), "--scale", scale],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRON,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split(" = ")[1].strip()
        profiles = "\n".join(
            f'[profiles.{name}]\ncrm = "amocrm"\nurl = "{self.url}"\ntoken = "env:SANDBOX_TOKEN"\n'
            for name in ("one", "two")
        )
        (folder / "crmclean.toml").write_text(profiles, encoding="utf-8")

    def pull(self, name: str, *options: str, state: str = "state") -> subprocess.Popen[str]:
        """Start a pull."""
        shared = ["--config", str(self.folder / "crmclean.toml"), "-p", name, "--format", "json"]
        place = ["--state", str(self.folder / state)]
        return subprocess.Popen(
            [*CLI, "pull", *shared, *place, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRON,
        )  # fmt: skip

    def counts(self) -> dict[str, Any]:
        """Return what the sandbox counted."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/requests?last=0") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def change(self, **order: Any) -> None:
        """Change the account as a person does."""
        body = json.dumps(order).encode()
        urllib.request.urlopen(f"{self.url}/_sandbox/state", body).close()

    def tables(self, name: str, state: str = "state") -> dict[str, pl.DataFrame]:
        """Read the snapshot of a profile."""
        folder = self.folder / state / "accounts" / name / "snapshot"
        return {file.stem: pl.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}


@contextmanager
def served(scale: str) -> Iterator[Box]:
    """Serve the demo account at `scale` while the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder), scale)
        try:
            yield box
        finally:
            box.process.terminate()
            box.process.wait()


def finished(process: subprocess.Popen[str]) -> tuple[dict[str, Any], float]:
    """Wait for a pull; return its document and its peak memory in MiB."""
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a pull ended with {process.returncode}: {err}")
    document: dict[str, Any] = json.loads(out)
    return document, usage.ru_maxrss / 1024


def full(scale: str) -> None:
    """Measure one pull of the whole account."""
    with served(scale) as box:
        start = time.perf_counter()
        document, peak = finished(box.pull("one"))
        wall, counts = time.perf_counter() - start, box.counts()
        told(document, wall, peak, counts)


def two(scale: str) -> None:
    """Measure two pulls at once."""
    with served(scale) as box:
        start = time.perf_counter()
        pulls = [box.pull(name) for name in ("one", "two")]
        documents = [finished(one) for one in pulls]
        wall, counts = time.perf_counter() - start, box.counts()
        for document, peak in documents:
            told(document, document["seconds"], peak, counts)
        print(f"both: {wall:.1f} s for {counts['n']} requests ({counts['n'] / PER_S:.1f} s)")


def changes(scale: str) -> None:
    """Measure the pull after 200 changes."""
    with served(scale) as box:
        finished(box.pull("one"))
        tables = box.tables("one")
        contacts, deals = tables["contacts"]["id"].to_list(), tables["deals"]["id"].to_list()
        rand = random.Random(7)
        for id_ in rand.sample(contacts, 100):
            box.change(do="put", kind="contacts", record={"id": int(id_), "name": "Иван Примеров"})
        for id_ in rand.sample(deals, 80):
            box.change(do="put", kind="leads", record={"id": int(id_), "price": 100})
        for id_ in rand.sample(contacts, 10):
            box.change(do="delete", kind="contacts", id=int(id_))
        for at in range(10):
            link = {"to": "leads", "to_id": int(rand.choice(deals))}
            box.change(do="link", kind="contacts", id=int(contacts[at]), **link)
        before, start = box.counts()["n"], time.perf_counter()
        document, peak = finished(box.pull("one"))
        wall, counts = time.perf_counter() - start, box.counts()
        told(document, wall, peak, {**counts, "n": counts["n"] - before})
        print("changed:", document["changed"], "deleted:", document["deleted"])
        finished(box.pull("two"))
        same(tables=box.tables("one"), others=box.tables("two"))


def kills(scale: str) -> None:
    """Kill a pull again and again; what comes out in the end must be the undisturbed pull's."""
    rand = random.Random(11)
    with served(scale) as box:
        finished(box.pull("two"))
        whole_s = 0.0
        for number in range(50):
            if whole_s == 0.0:
                start = time.perf_counter()
                finished(box.pull("one", "--full", state=f"state{number}"))
                whole_s = time.perf_counter() - start
            process = box.pull("one", "--full")
            time.sleep(rand.uniform(0.2, whole_s))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            if number % 5 == 4:
                document, _ = finished(box.pull("one", "--full"))
                same(tables=box.tables("one"), others=box.tables("two"))
                print(f"{number + 1} kills: same; resumed: {document['resumed']}")
        counts = box.counts()
        print(f"requests {counts['n']}, 429: {counts['n_429']}")


def same(*, tables: dict[str, pl.DataFrame], others: dict[str, pl.DataFrame]) -> None:
    """Fail where two snapshots differ."""
    if tables.keys() != others.keys():
        raise SystemExit(f"other tables: {tables.keys() ^ others.keys()}")
    for name, frame in tables.items():
        if not frame.equals(others[name]):
            raise SystemExit(f"the table {name} differs: {frame.height}, {others[name].height}")


def told(document: dict[str, Any], wall: float, peak: float, counts: dict[str, Any]) -> None:
    """Print the figures of a pull."""
    bound = document["requests"] / PER_S
    print(
        f"{document['mode']}: {document['requests']} requests, {wall:.1f} s wall "
        f"({document['seconds']:.1f} s pulling), {bound:.1f} s at {PER_S} a second, "
        f"{bound / wall:.1%} of it; {peak:.0f} MiB; the sandbox counted {counts['n']}, "
        f"429: {counts['n_429']}, fullest window {counts['fullest_window']}"
    )
    print({n: document["rows"].get(n) for n in ("contacts", "companies", "deals", "tasks")})


if __name__ == "__main__":
    runs = {"full": full, "two": two, "changes": changes, "kills": kills}
    scales = {"full": "1", "two": "0.1", "changes": "0.1", "kills": "0.02"}
    chosen = sys.argv[1] if len(sys.argv) > 1 else "full"
    runs[chosen](sys.argv[2] if len(sys.argv) > 2 else scales[chosen])
