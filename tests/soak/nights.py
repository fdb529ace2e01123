"""Nights of one account under a policy: colleagues by day, an integration that makes duplicates,
outages, tokens that end, kills, clocks that are set back.

Each night is a process of its own with the real command line; the account is served by the
sandbox, whose clock the season owns. After each night the sandbox's own state is held against what
people are owed (`picture`).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dedupe.config import load_config
from dedupe.contracts import Account
from dedupe.crm.signin import keep_tokens, spend_code, token_endpoint
from dedupe.plan import read_plan
from dedupe.sandbox import Action, Fault, Limit, Sandbox
from tests.unit.policy.notify.servers import Mailbox, mail_server

from .account import MOMENT, Cards
from .colleague import ACTS
from .picture import KINDS, Owed, lost, take_picture

FIRST = ["Анна", "Борис", "Вера", "Глеб", "Дина", "Егор", "Жанна", "Захар", "Инна", "Кирилл"]
LAST = ["Ольхин", "Берёзин", "Сосновин", "Еловин", "Кленов", "Ясенев", "Тополев", "Осинов"]
PRELOADED = (
    "cli.commands.run",
    "cli.nights",
    "dedupe.scan",
    "dedupe.policy.run",
    "dedupe.apply.run",
)
SECRET = {"SEASON_SECRET": "sandbox"}
CONFIG = """
[profiles.main]
crm = "amocrm"
url = "{url}"
client_id = "season"
client_secret = "env:SEASON_SECRET"
redirect_uri = "https://example.test"

[policies.nightly]
repairs = ["merge", "split", "drop_repeat"]
select = ["CNT", "DUP", "PHN", "EML"]
max_percent = 100
notify = {{ when = "change", to = ["mail"] }}

[notify.mail]
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
from = "robot@klient-primer.ru"
to = ["owner@klient-primer.ru"]
"""
_LONGEST_S = 300.0
OUTAGES = {
    "unpaid": [Fault(action=Action.STATUS, status=402)],
    "maintenance": [Fault(action=Action.STATUS, status=403, path="contacts", body="<html>")],
    "lost answers": [Fault(action=Action.DROP_AFTER, method="PATCH", times=2)],
    "limit": [Fault(action=Action.STATUS, status=429, times=1, retry_after="1", path="api/v4")],
}


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What goes wrong in one night. `kill` is a number of writes, or of seconds below none."""

    outage: str = ""
    kill: int | None = None
    clock_h: int = 0
    n_acts: int = 2
    n_copies: int = 2

    def __str__(self) -> str:
        told = [self.outage, f"killed at write {self.kill}" if self.kill is not None else ""]
        told.append(f"clock {self.clock_h:+} h" if self.clock_h else "")
        return ", ".join(each for each in told if each) or "-"


@dataclass(frozen=True, kw_only=True)
class Night:
    """How one night ended. `told` is its outcome as JSON, nothing after a kill.

    `mails` are the subjects of what was sent to the owner.
    """

    at: int
    weather: Weather
    code: int
    told: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def health(self) -> float | None:
        told = self.told.get("health_after")
        return told["clean"] / told["cards"] if told else None

    @property
    def n_done(self) -> int:
        changes = self.told.get("changes", {})
        return int(changes.get("applied", 0)) + int(changes.get("resumed", 0))


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the process of one night is given."""

    folder: Path
    now: datetime
    passed_s: float  # of the season, on the clock that nobody can set
    words: tuple[str, ...]
    out: Path


def main(order: Order) -> None:
    """Run the command line as cron does, with the night's own clock."""
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", **SECRET})
    os.chdir("/")
    import cli.nights
    import cli.profiles
    from cli.main import run
    from dedupe.crm.amocrm.writing import AmoSink

    began, boot_clock = time.monotonic(), time.clock_gettime
    # The age of a token and the end of a block are told by the clock that nobody can set.
    time.clock_gettime = lambda which: boot_clock(which) + order.passed_s
    cli.profiles.REQUESTS_PER_S = 100_000
    cli.nights.now = lambda: order.now + timedelta(seconds=time.monotonic() - began)
    AmoSink.settle_s = 0.25
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(143))
    with order.out.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        code = run(order.words)
        os.sys.stdout.flush()  # type: ignore[attr-defined]
    os._exit(code)


class Season:
    """One account and its nights; a context manager."""

    def __init__(self, folder: Path, *, n_persons: int = 40, seed: int = 0) -> None:
        self.folder, self.dice = folder, random.Random(seed)
        self.moment = datetime(2026, 11, 22, 1, tzinfo=UTC).timestamp()
        self._began = self.moment
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(PRELOADED))
        self.sandbox = Sandbox(
            town(n_persons, self.dice),
            limit=Limit(n=0),
            clock=lambda: self.moment,
            tokens={"-": None},
        )
        self.owed = Owed.of(take_picture(self.sandbox))
        self.is_by_hand = False  # `act` notes it
        self._n_copies = 0
        self._known: set[str] = set()
        self._ends = ExitStack()
        self.mailbox = self._ends.enter_context(mail_server(Mailbox()))
        self._sign_in()

    def __enter__(self) -> Season:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()
        self.sandbox.close()

    @property
    def place(self) -> Path:
        return self.folder / "state/accounts/main"

    def _sign_in(self) -> None:
        state, path = self.folder / "state", self.folder / "crmclean.toml"
        state.mkdir(mode=0o700, parents=True)
        path.write_text(
            CONFIG.format(url=self.sandbox.url, port=self.mailbox.port), encoding="utf-8"
        )
        profile = load_config(path).profiles["main"]
        endpoint = token_endpoint("main", profile, SECRET)
        keep_tokens("main", state, spend_code(endpoint, self.sandbox.keys.code()))

    # --- days and nights

    def day(self, weather: Weather) -> None:
        """Let people and the integration work; it is the next night then."""
        self.moment += 12 * 3600
        names = sorted(ACTS)
        for _ in range(weather.n_acts):
            act = ACTS[self.dice.choice(names)]
            act(self, take_picture(self.sandbox), self.dice)  # type: ignore[arg-type]
        for _ in range(weather.n_copies):
            self._copy()
        self.moment += 12 * 3600

    def night(self, at: int, weather: Weather) -> Night:
        """Run the policy once, and look at what it left."""
        start, out = time.perf_counter(), self.folder / f"night-{at}.out"
        n_mails = len(self.mailbox.messages)
        self.sandbox.set_faults(OUTAGES.get(weather.outage, []))
        now = datetime.fromtimestamp(self.moment, UTC) + timedelta(hours=weather.clock_h)
        words = ("run", "nightly", "--config", str(self.folder / "crmclean.toml"))
        words += ("--state", str(self.folder / "state"), "--format", "json", "-q")
        passed_s = self.moment - self._began
        order = Order(folder=self.folder, now=now, passed_s=passed_s, words=words, out=out)
        process: Any = self._context.Process(target=main, args=(order,))
        process.start()
        code = self._ended(process, weather)
        self.sandbox.set_faults([])
        self._learn_plans()
        return Night(
            at=at,
            weather=weather,
            code=code,
            told=_document(out),
            problems=tuple(self.problems(out)),
            mails=tuple(str(each["Subject"]) for each in self.mailbox.messages[n_mails:]),
            seconds=time.perf_counter() - start,
        )

    def problems(self, out: Path) -> Iterator[str]:
        """Yield what was lost, done twice, or shown that no one should see."""
        now = take_picture(self.sandbox)
        yield from lost(self.owed, now)
        marks = Counter(t[t.rindex("⟦") :] for _, t in now.notes.values() if "⟦cc:" in t)
        yield from (f"I10 {mark} stands {n} times" for mark, n in marks.items() if n > 1)
        if "Traceback" in out.read_text(encoding="utf-8", errors="replace"):
            yield f"a traceback in {out.name}"

    def _ended(self, process: Any, weather: Weather) -> int:
        if weather.kill is not None:
            before, until = self._n_writes(), time.monotonic() + _LONGEST_S
            while process.is_alive() and time.monotonic() < until:
                if self._n_writes() - before >= weather.kill:
                    process.kill()
                    break
                time.sleep(0.002)
        process.join(_LONGEST_S)
        if process.exitcode is None:
            process.kill()
            raise AssertionError("the night did not end")
        return int(process.exitcode)

    def _n_writes(self) -> int:
        return len(self.sandbox.log)

    def _learn_plans(self) -> None:
        """Remember who is merged into whom: by whatever plan was begun."""
        for path in (self.place / "plans").glob("*.jsonl"):
            if path.name in self._known:
                continue
            self._known.add(path.name)
            for group in read_plan(path).groups:
                if group.kind == "merge" and group.survivor is not None:
                    kept = (KINDS[group.entity], int(group.survivor.id))
                    for ref in group.losers:
                        loser = (KINDS[group.entity], int(ref.id))
                        self.owed.into.setdefault(loser, set()).add(kept)

    def _copy(self) -> None:
        """Let the integration make a card of somebody who has one, some with two numbers."""
        state = self.sandbox.state
        with state.held():
            alive = [i for i in state.ids("contacts") if not state.get("contacts", i)["is_deleted"]]  # type: ignore[index]
            like = state.get("contacts", self.dice.choice(sorted(alive)))
            assert like is not None
            fields = [f for f in like["custom_fields_values"] or () if f["field_code"] == "PHONE"]
            if fields and self.dice.random() < 0.5:
                self._n_copies += 1
                first = fields[0]["values"][0]
                second = 3_456_712 + self._n_copies * 7_919
                raw = f"{str(first['value']).split(', ')[0]}, +7903{second:07}"
                fields = [{**fields[0], "values": [{**first, "value": raw}]}]
            record = {"name": like["name"], "custom_fields_values": fields or None}
            id_ = self.sandbox.change(do="put", kind="contacts", record=record)
        made = Owed.of(take_picture(self.sandbox))
        key = ("contacts", id_)
        for own, new in (
            (self.owed.values, made.values),
            (self.owed.singles, made.singles),
            (self.owed.tags, made.tags),
            (self.owed.created, made.created),
        ):
            own[key] = new[key]  # type: ignore[index,assignment]


def town(n: int, dice: random.Random) -> Account:
    """Return an account of `n` persons, some with two cards, some with two numbers in one value."""
    cards, number = Cards(), 1000
    cards.card("company", "201", "Example One")
    for at in range(n):
        name = f"{FIRST[at % len(FIRST)]} {LAST[at // len(FIRST) % len(LAST)]}"
        for _ in range(2 if dice.random() < 0.2 else 1):
            number += 1
            id_ = str(number)
            cards.card("contact", id_, name)
            own = f"{2_345_671 + at * 7_919:07}"
            raw = f"+7916{own}"
            cards.value("contact", id_, "phone", f"{raw}, +7905{own}" if at % 9 == 0 else raw)
            cards.value("contact", id_, "email", f"person{at}@klient-primer.ru")
            if dice.random() < 0.5:
                cards.tag("contact", id_, dice.choice(["vip", "новый", "crm"]))
            if dice.random() < 0.4:
                cards.deal(str(5000 + number), id_)
            if dice.random() < 0.3:
                cards.task(str(9000 + number), "contact", id_)
    cards.deal("5000", "1001", company="201")
    cards.task("9000", "contact", "1001")
    cards.note("8000", "contact", "1001")
    assert MOMENT.tzinfo is not None
    return cards.account()


def forecast(n: int, seed: int = 0) -> list[Weather]:
    """Return the weather of `n` nights: every third something goes wrong, the last are fair."""
    dice, told = random.Random(seed), []
    for at in range(n):
        kind = dice.choice(["outage", "kill", "clock", "fair"]) if 0 < at < n - 2 else "fair"
        told.append(
            Weather(
                outage=dice.choice(sorted(OUTAGES)) if kind == "outage" else "",
                kill=dice.randrange(1, 15) if kind == "kill" else None,
                clock_h=-dice.randrange(26, 50) if kind == "clock" else 0,
                n_acts=dice.randrange(4),
                n_copies=dice.randrange(4),
            )
        )
    return told


@contextmanager
def season(folder: Path, **more: int) -> Iterator[Season]:
    """Yield a season that is closed in the end."""
    with Season(folder, **more) as made:
        yield made


def _document(out: Path) -> dict[str, Any]:
    text = out.read_text(encoding="utf-8", errors="replace")
    at = text.find("{\n")
    try:
        told, _ = json.JSONDecoder().raw_decode(text[at:]) if at >= 0 else ({}, 0)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
