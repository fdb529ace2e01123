"""Plan, rehearse, apply, undo on the demo account: python bench/apply.py [SCALE] [MERGES].

Over `crmclean sandbox` as a process of its own, with amoCRM's limit of 7 requests a second while
something is written (pulls of the whole account are let through faster). It carries out all
splits and repeats and a sample of the merges, and prints what has to hold:

* the rehearsal names exactly the requests that apply sends, in their order;
* a second apply sends nothing; a plan made after apply has none of its groups;
* after undo, fields, numbers, tags, links and tasks are byte for byte as they were before;
* a colleague's edit leaves its group alone, and the others go on.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dedupe.contracts import Account
from dedupe.crm.http import RequestWindow, Transport
from dedupe.crm.pull import PullOptions, pull
from dedupe.plan import Plan, read_plan
from dedupe.snapshot import write_snapshot

CLI = [sys.executable, "-c", "import sys; from cli.main import main; main(sys.argv[1:])"]
ENVIRON = {**os.environ, "SANDBOX_TOKEN": "sandbox", "CRMCLEAN_LANG": "en"}
PER_S = 7
RESTORED = ("contacts", "companies", "deals", "channels", "field_values", "record_tags", "links",
            "tasks")  # fmt: skip


class Token:
    """The sandbox's token."""

    def token(self) -> str:
        return "sandbox"

    def renew(self, stale: str) -> str:
        raise AssertionError(stale)


class Box:
    """A sandbox in a process of its own, and a profile of it."""

    def __init__(self, folder: Path, scale: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*CLI, "sandbox", "--limit", str(PER_S), "--scale", scale, "--format", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRON,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        text = f'[profiles.box]\ncrm = "amocrm"\nurl = "{self.url}"\ntoken = "env:SANDBOX_TOKEN"\n'
        (folder / "crmclean.toml").write_text(text, encoding="utf-8")

    def ask(self, path: str, order: object = None) -> Any:
        body = None if order is None else json.dumps(order).encode()
        with urllib.request.urlopen(f"{self.url}/_sandbox/{path}", body) as answer:
            return json.load(answer)

    def pull(self) -> Account:
        """Read the whole account without the limit, into the profile's snapshot."""
        self.ask("limit", {"n": 0})
        connection = Transport(self.url, Token(), RequestWindow(None, 100_000))
        options = PullOptions(host=self.url.partition("//")[2])
        with tempfile.TemporaryDirectory() as spool:
            read = pull(connection, Path(spool), options).account
            held = {name: read.frame(name).lazy() for name in read.tables}
            connection.close()
            place = self.folder / "state/accounts/box/snapshot"
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_snapshot(read, place)
        self.ask("limit", {"n": PER_S})
        return replace(read, tables=held)

    def run(self, *words: str) -> tuple[int, str, float]:
        start = time.perf_counter()
        shared = ["--config", str(self.folder / "crmclean.toml")]
        done = subprocess.run(
            [*CLI, *words, "-p", "box", "--state", str(self.folder / "state"), *shared],
            capture_output=True, text=True, env=ENVIRON,
        )  # fmt: skip
        if done.returncode not in (0, 3, 5):
            print(done.stdout[-2000:], done.stderr[-2000:])
        return done.returncode, done.stdout, time.perf_counter() - start

    def told(self, *words: str) -> tuple[dict[str, Any], float]:
        _, out, seconds = self.run(*words, "--format", "json")
        return json.loads(out), seconds

    def writes(self) -> list[tuple[str, str]]:
        """Return the writes that the server has seen, in order."""
        seen = self.ask("requests")["requests"]
        return [(one["method"], one["path"]) for one in seen if one["method"] != "GET"]

    def sent(self) -> list[tuple[str, str, str]]:
        """Return the requests of the journal in the order in which they went out."""
        path = self.folder / "state/accounts/box/journal.sqlite"
        with sqlite3.connect(path) as journal:
            rows = journal.execute(
                "select o.method, o.path, o.fingerprint from op o join event e on"
                " e.run_id = o.run_id and e.op_id = o.op_id and e.state = 'intent'"
                " where o.body is not null order by e.seq"
            ).fetchall()
        return [(method, path, print_) for method, path, print_ in rows]


@contextmanager
def box(scale: str) -> Iterator[Box]:
    with tempfile.TemporaryDirectory(prefix="crmclean-bench-") as folder:
        made = Box(Path(folder), scale)
        try:
            yield made
        finally:
            made.process.terminate()
            made.process.wait(20)


def differing(before: Account, after: Account) -> dict[str, int]:
    """Return, by table, how many rows are not in the other; updated_at and notes left out."""
    out = {}
    for name in RESTORED:
        one, two = (each.frame(name) for each in (before, after))
        columns = [column for column in one.columns if column != "updated_at"]
        one, two = (frame.select(columns) for frame in (one, two))
        n = sum(
            a.join(b, on=columns, how="anti", nulls_equal=True).height
            for a, b in ((one, two), (two, one))
        )
        same = one.sort(columns).equals(two.sort(columns))
        if n or not same:
            out[name] = n
    return out


def parts(plan: Plan, n_merges: int) -> tuple[str, list[str]]:
    """Return what of the plan is carried out, and three merges that are not."""
    merges = [group.id for group in plan.groups if group.kind == "merge"]
    kinds = [kind for kind in ("split", "drop_repeat") if plan.kinds.get(kind)]
    return ",".join([*merges[:n_merges], *kinds]), merges[n_merges : n_merges + 3]


def main(scale: str, n_merges: int) -> None:
    with box(scale) as made:
        before = made.pull()
        _, _, seconds = made.run("scan", "--no-pull", "-q")
        told, planned = made.told("plan")
        print(f"scan {seconds:.1f} s; plan {planned:.1f} s: {told['groups']} {told['operations']}"
              f" operations, {told['calls']} calls")  # fmt: skip
        path = told["plan"]
        only, spare = parts(read_plan(Path(path)), n_merges)
        allow = ("--yes", "--max-changes", "1000000", "--max-fraction", "1")
        dry, seconds = made.told("apply", path, "--only", only, "--dry-run")
        print(f"rehearsal {seconds:.1f} s: {len(dry['requests'])} writes, {dry['reads']} reads,"
              f" {dry['seconds']:.0f} s at {PER_S}/s, problems {dry['problems'][:3]};"
              f" writes seen by the server {len(made.writes())}")  # fmt: skip
        done, seconds = made.told("apply", path, "--only", only, *allow)
        seen = made.ask("requests")
        print(f"apply {seconds:.1f} s: {done['sent']} sent, {done['confirmed']} confirmed,"
              f" groups {done['groups']}; answers 429: {seen['n_429']}")  # fmt: skip
        predicted = [tuple(each.values()) for each in dry["requests"]]
        is_same = predicted == made.sent() and [p[:2] for p in predicted] == made.writes()
        print(f"the rehearsal named exactly the requests that were sent: {is_same}")
        again, _ = made.told("apply", path, "--only", only, *allow)
        print(f"second apply: {again['sent']} sent, writes {len(made.writes()) - done['sent']}")
        after = made.pull()
        print(f"rows changed by apply: {differing(before, after)}")
        made.run("scan", "--no-pull", "-q")
        new, _ = made.told("plan")
        _tell_repeated(Path(path), Path(new["plan"]), only)
        undone, seconds = made.told("undo", done["run_id"], "--yes")
        print(f"undo {seconds:.1f} s: {undone['sent']} sent, groups {undone['groups']}")
        print(f"rows that differ from before: {differing(before, made.pull())}")
        _colleague(made, path, spare, allow)


def _tell_repeated(old: Path, new: Path, only: str) -> None:
    words = only.split(",")
    done = {
        (group.kind, group.members)
        for group in read_plan(old).groups
        if group.id in words or group.kind in words
    }
    made = read_plan(new)
    repeated = [g.id for g in made.groups if (g.kind, g.members) in done]
    print(f"plan after apply: {len(made.groups)} groups {dict(made.kinds)}, of those done before:"
          f" {len(repeated)}")  # fmt: skip


def _colleague(made: Box, path: str, spare: list[str], allow: tuple[str, ...]) -> None:
    """Change a card of one of three merges, as a person does, and apply the three."""
    if len(spare) < 3:
        return
    group = next(group for group in read_plan(Path(path)).groups if group.id == spare[1])
    assert group.survivor is not None
    kind = {"contact": "contacts", "company": "companies"}[group.entity]
    card = made.ask(f"state/{kind}/{group.survivor.id}")
    fields = [
        {**field, "values": [{**each, "value": "+7 000 000-00-01"} for each in field["values"]]}
        for field in card["custom_fields_values"] or ()
    ]
    record = {"id": card["id"], "custom_fields_values": fields}
    made.ask("state", {"do": "put", "kind": kind, "record": record})
    done, _ = made.told("apply", path, "--only", ",".join(spare), *allow)
    print(f"a colleague changed a card of one of three merges: {done['groups']}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "1", int(sys.argv[2]) if len(sys.argv) > 2 else 40)
