"""An account to act on: the demo served as a local CRM, its snapshot, and a plan for it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from dedupe.contracts import Account
from dedupe.crm.http import RequestWindow, Transport
from dedupe.crm.pull import PullOptions, pull
from dedupe.plan import Plan, write_plan
from dedupe.plan.build import build_plan
from dedupe.plan.inputs import PlanInputs, PlanOptions
from dedupe.sandbox import Limit, Sandbox
from dedupe.sandbox.demo import build_demo
from dedupe.scan import Scan, scan
from dedupe.snapshot import write_snapshot

TOKEN = "token-that-is-never-shown"
ALLOW = ("--yes", "--max-fraction", "1")


class Tokens:
    """One token for all."""

    def token(self) -> str:
        return TOKEN

    def renew(self, stale: str) -> str:
        raise AssertionError(stale)


@cache
def demo() -> Account:
    return build_demo(scale=0.005).account


def read_account(box: Sandbox) -> Account:
    """Pull the whole account, kept in memory."""
    host = box.url.partition("//")[2]
    connection = Transport(box.url, Tokens(), RequestWindow(None, 100_000))
    with tempfile.TemporaryDirectory() as spool:
        read = pull(connection, Path(spool), PullOptions(host=host)).account
        held = {name: read.frame(name).lazy() for name in read.tables}
    connection.close()
    return replace(read, tables=held)


@cache
def pulled() -> Account:
    with Sandbox(demo(), limit=Limit(n=0)) as box:
        return read_account(box)


@cache
def scanned() -> Scan:
    return scan(pulled(), source="main")


def plan_for(account: Account, found: Scan, only: tuple[str, ...] = ()) -> Plan:
    inputs = PlanInputs(
        account=account,
        findings=found.findings,
        clusters=found.clusters,
        pairs=found.pairs,
        values=found.values,
    )
    return build_plan(inputs, PlanOptions(made_at=datetime.now(UTC), only=only))


@cache
def planned(only: tuple[str, ...] = ()) -> Plan:
    return plan_for(pulled(), scanned(), only)


@dataclass
class World:
    """A CRM at work, the folder in which commands run, and what they print."""

    box: Sandbox
    folder: Path
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    @property
    def place(self) -> Path:
        return self.folder / "state/accounts/main"

    @property
    def host(self) -> str:
        return self.box.url.partition("//")[2]

    def put_snapshot(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_snapshot(replace(pulled(), host=self.host), self.place / "snapshot")

    def put_plan(self, *only: str, name: str = "plan.jsonl", **header: object) -> Path:
        plan = planned(only)
        told = {"account_host": self.host, **header}
        path = self.folder / "state/scans/s-1" / name
        write_plan(replace(plan, header=replace(plan.header, **told)), path)
        return path

    def crmclean(self, *words: object) -> int:
        """Run a command; nothing secret and no personal value may be printed."""
        self.capsys.readouterr()
        code = run([*(str(word) for word in words), "--lang", "en"])
        self.out, self.err = self.capsys.readouterr()
        assert "Traceback" not in self.err
        assert TOKEN not in self.out + self.err
        return code

    def told(self, *words: object) -> dict[str, Any]:
        """Run a command for its JSON document."""
        self.code = self.crmclean(*words, "--format", "json")
        document: dict[str, Any] = json.loads(self.out)
        return document

    def writes(self) -> list[tuple[str, str]]:
        """Return the writes that the CRM has seen."""
        seen = self.box.requests["requests"]
        return [(one["method"], one["path"]) for one in seen if one["method"] != "GET"]


@cache
def tiny() -> Account:
    """A demo account of some hundred contacts, one of whom is there twice."""
    return build_demo(scale=0.001).account


@contextmanager
def world(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    account: Account | None = None,
) -> Iterator[World]:
    """Serve the account, with a profile, a snapshot (but of `account`) and nothing applied yet."""
    for name, text in {
        "CRMCLEAN_STATE": str(folder / "state"),
        "CRMCLEAN_LANG": "en",
        "BOX_TOKEN": TOKEN,
    }.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr("cli.profiles.REQUESTS_PER_S", 100_000)
    monkeypatch.chdir(folder)
    with Sandbox(account or demo(), limit=Limit(n=0), tokens={TOKEN: None}) as box:
        (folder / "crmclean.toml").write_text(
            f'[profiles.main]\ncrm = "amocrm"\nurl = "{box.url}"\ntoken = "env:BOX_TOKEN"\n',
            encoding="utf-8",
        )
        made = World(box, folder, capsys)
        if account is None:
            made.put_snapshot()
        yield made


@pytest.fixture
def acted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[World]:
    """The account to act on, for one test."""
    with world(tmp_path, monkeypatch, capsys) as made:
        yield made
