"""The real command line against another person's amoCRM: the whole account, or a clear word."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.main import run
from dedupe.contracts import Account
from dedupe.snapshot import open_snapshot
from tests.integration.foreign_crm import (
    NOW,
    TOKEN,
    ForeignCrm,
    Habits,
    Query,
    Raw,
    Record,
    contact,
    phone,
    problem,
    user,
)

N = 260  # more than a page of 250, more than five of 50
HTML = Raw(body=b"<html>Please log in</html>", headers={"Content-Type": "text/html"})
ADMIN_ONLY = ("users", "roles", "webhooks", "sources", "widgets")


class Desk:
    """A user's folder with a config for the imitation."""

    def __init__(self, folder: Path, crm: ForeignCrm, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.crm, self._capsys = folder, crm, capsys
        self.snapshot = folder / "state/accounts/main/snapshot"
        (folder / "crmclean.toml").write_text(
            f'[profiles.main]\ncrm = "amocrm"\nurl = "{crm.url}"\ntoken = "env:FOREIGN_TOKEN"\n',
            encoding="utf-8",
        )
        self.out = self.err = ""

    def run(self, *arguments: str) -> int:
        code = run(list(arguments))
        self.out, self.err = self._capsys.readouterr()
        return code

    def account(self) -> Account:
        return open_snapshot(self.snapshot)

    def is_whole(self) -> bool:
        """Tell whether the snapshot has the records that the account has now, each once."""
        account = self.account()
        tables = {"contacts": "contacts", "companies": "companies", "deals": "leads"}
        return all(
            sorted(account.frame(table)["id"]) == sorted(str(r["id"]) for r in self.crm.lists[kind])
            for table, kind in (tables | {"tasks": "tasks"}).items()
        )


Sit = Callable[..., Desk]


@pytest.fixture
def sit(tmp_path, monkeypatch, capsys, request) -> Sit:
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    monkeypatch.setenv("FOREIGN_TOKEN", TOKEN)
    monkeypatch.setattr("cli.profiles.REQUESTS_PER_S", 10_000)
    monkeypatch.setattr("dedupe.crm.http.transport.backoff", lambda n, rand: 0.0)
    monkeypatch.chdir(tmp_path)

    def make(habits: Habits | None = None, n: int = N) -> Desk:
        crm = ForeignCrm(habits, n=n)
        crm.__enter__()
        request.addfinalizer(lambda: crm.__exit__())
        return Desk(tmp_path, crm, capsys)

    return make


def work(crm: ForeignCrm) -> None:
    """Change the account as a day's work does."""
    crm.change("contacts", crm.lists["contacts"][5]["id"], name="Другое имя")
    crm.delete("contacts", crm.lists["contacts"][200]["id"])
    crm.delete("leads", crm.lists["leads"][17]["id"])
    crm.add("contacts", contact(N + 5) | {"created_at": crm.now})


HABITS = {
    "as documented": Habits(),
    "always 50 a page": Habits(page_size=50),
    "in the order of the table": Habits(order="stored"),
    "with totals": Habits(total_items=True),
    "links to another port": Habits(next_link="http://localhost:1"),
    "links to another port, none to itself": Habits(
        next_link="http://localhost:1", self_link=False
    ),
    "no clock": Habits(date=False),
    "filters are not kept": Habits(keeps_filters=False),
    "filters are off": Habits(has_filters=False, keeps_filters=False),
    "filters are not told": Habits(has_filters=None, keeps_filters=False),
    "no events": Habits(has_events=False),
    "empty is a list": Habits(empty=Raw(body=b"[]")),
    "empty is an object": Habits(empty=Raw(body=b'{"_embedded":[]}')),
    "not an administrator": Habits(
        refused={name: problem(403, "Forbidden") for name in ADMIN_ONLY}
    ),
    "an old imitation": Habits(
        refused={
            name: problem(404, "Not Found") for name in ("leads/loss_reasons", "leads/unsorted")
        }
    ),
}


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS)
def test_the_whole_account_is_read_and_then_its_changes(habits, sit) -> None:
    desk = sit(habits)
    assert (desk.run("pull"), desk.is_whole()) == (0, True)
    work(desk.crm)
    assert (desk.run("pull"), desk.is_whole()) == (0, True)
    contacts = desk.account().frame("contacts")
    assert contacts["name"].to_list().count("Другое имя") == 1
    assert desk.crm.tokens == {f"Bearer {TOKEN}"}
    assert all(asked.startswith("GET ") for asked, _ in desk.crm.asked)


DISORDER = {
    "newest first": Habits(order="newest", page_size=50),
    "no links, as asked": Habits(next_link="never"),
    "no links, 50 a page": Habits(next_link="never", page_size=50),
    "no links, 100 a page": Habits(next_link="never", page_size=100),
}


@pytest.mark.parametrize("habits", DISORDER.values(), ids=DISORDER)
def test_a_server_without_order_or_links_is_read_whole(habits, sit) -> None:
    desk = sit(habits, n=1010)
    assert desk.run("pull") == 0
    assert desk.is_whole()


def test_a_server_that_shuffles_anew_for_every_request_is_refused(sit) -> None:
    desk = sit(Habits(order="shuffled", page_size=50), n=1010)
    assert desk.run("pull") == 10
    assert "order" in desk.err


def test_a_scan_of_the_profile_says_what_was_not_read(sit) -> None:
    desk = sit(HABITS["not an administrator"], n=40)
    assert desk.run("scan", "-p", "main", "--format", "json", "-o", "out") == 0
    document = json.loads(desk.out)
    assert document["counts"]["contacts"] == 40
    assert document["counts"]["deals_lost"] == 13
    assert "does not tell" in desk.err  # whether the user sees all
    reasons = {one["code"]: one["status"] for one in document["checks"]}
    assert reasons["USR101"] == "not_checked"
    assert reasons["DUP101"] == "checked"


def test_the_documents_own_spelling_is_understood(sit) -> None:
    desk = sit(n=30)
    assert desk.run("pull") == 0
    account = desk.account()
    phones = account.frame("channels")
    assert set(phones["label"]) == {"WORK"}  # told as `enum`
    assert phones.height == len(
        [r for r in desk.crm.lists["contacts"] if r["custom_fields_values"]]
    ) + len([r for r in desk.crm.lists["companies"] if r["custom_fields_values"]])
    lost = account.frame("deals").filter(account.frame("deals")["state"] == "lost")
    assert set(lost["loss_reason_id"]) == {"4203748"}
    assert account.frame("tasks")["result"].null_count() == 8  # [] until there is one
    assert account.settings["timezone"] == "Europe/Moscow"


def busy(crm: ForeignCrm, path: str, n: int) -> None:
    """Delete and change a record each time a page is asked for, `n` times."""
    left = [n]

    def before(asked: str, query: Query) -> None:
        if asked.endswith(path) and left[0]:
            left[0] -= 1
            kind = path.strip("/")
            crm.delete(kind, crm.lists[kind][left[0] * 3]["id"])
            crm.change(kind, crm.lists[kind][-1 - left[0]]["id"], name="изменено")

    crm.before = before


@pytest.mark.parametrize("kind", ["contacts", "leads", "companies"])
def test_nothing_is_missed_when_records_go_while_they_are_read(kind, sit) -> None:
    desk = sit(Habits(page_size=50))
    busy(desk.crm, f"/{kind}", 4)
    assert desk.run("pull") == 0
    table = {"leads": "deals"}.get(kind, kind)
    left = {str(record["id"]) for record in desk.crm.lists[kind]}
    assert left <= set(desk.account().frame(table)["id"])
    assert (desk.run("pull"), desk.is_whole()) == (0, True)


def test_a_limit_without_a_word_is_waited_for(sit, monkeypatch) -> None:
    desk = sit(n=20)
    left = [Raw(status=429)]
    desk.crm.before = lambda path, query: left.pop() if "/tasks" in path and left else None
    assert (desk.run("pull", "--format", "json"), desk.is_whole()) == (0, True)
    assert json.loads(desk.out)["limited"] == 1


ACCOUNTS: dict[str, Record] = {
    "nothing embedded": {"_embedded": None},
    "PHP's empty list": {"_embedded": []},
    "no country, no user": {"country": None, "current_user_id": None, "name": None},
    "an id as text": {"id": "1231414"},
    "a zone of nowhere": {"_embedded": {"datetime_settings": {"timezone": "Mars/Olympus"}}},
}


@pytest.mark.parametrize("facts", ACCOUNTS.values(), ids=ACCOUNTS)
def test_an_account_that_tells_little_is_scanned(facts, sit) -> None:
    desk = sit(n=20)
    desk.crm.account |= facts
    assert (desk.run("scan", "-p", "main", "-o", "out"), desk.is_whole()) == (0, True)


FACTS: dict[str, Record] = {
    "no fields": {"custom_fields_values": []},
    "fields as an object": {"custom_fields_values": {}},
    "nothing embedded": {"_embedded": []},
    "a number without values": {"custom_fields_values": [phone("1") | {"values": None}]},
    "a null number": {"custom_fields_values": [phone(None)]},
    "a number as a number": {"custom_fields_values": [phone(79121234567)]},
    "a number as an object": {"custom_fields_values": [phone({"a": [1]})]},
    "10 kB of digits": {"custom_fields_values": [phone("7" * 10_240)]},
    "an unknown type": {
        "custom_fields_values": [{"field_id": 9, "field_type": "holo", "values": [{"value": [1]}]}]
    },
    "no name": {"name": None},
    "a hostile name": {"name": "</script><b>\x1b[31m\x00" + "я" * 5000},
    "half a character": {"name": "кот \ud83d"},
    "a name as a number": {"name": 7},
    "changed at 0": {"updated_at": 0},
    "changed in milliseconds": {"updated_at": NOW * 1000},
    "changed as a text": {"updated_at": "вчера"},
    "a price in words": {"price": "100 000,50"},
    "unknown keys": {"novelty": {"a": [1, {"b": None}]}},
}


def test_records_of_another_shape_are_read_and_scanned(sit) -> None:
    desk = sit(n=5 * len(FACTS))
    shapes = [*FACTS.values(), *FACTS.values()]
    for kind in ("contacts", "companies", "leads"):
        for record, facts in zip(desk.crm.lists[kind], shapes, strict=False):
            record |= facts
    assert (desk.run("scan", "-p", "main", "-o", "out"), desk.is_whole()) == (0, True)
    assert "Traceback" not in desk.err
    assert "left out" not in desk.err
    report = (desk.folder / "out/report.html").read_text(encoding="utf-8")
    assert "<b>\x1b" not in report
    names = dict(desk.account().frame("contacts").select("id", "name").iter_rows())
    shape_of = dict(zip(FACTS, desk.crm.lists["contacts"], strict=False))
    assert names[str(shape_of["half a character"]["id"])] == "кот \ufffd"
    assert names[str(shape_of["a name as a number"]["id"])] == "7"


@pytest.mark.parametrize("spelled", [str, float])
def test_ids_in_another_spelling_are_the_same_ids(spelled, sit) -> None:
    habits = Habits(dress=lambda kind, record: record | {"id": spelled(record["id"])})
    desk = sit(habits, n=12)
    assert (desk.run("pull"), desk.is_whole()) == (0, True)


def test_ids_beyond_a_float_are_kept_to_the_last_digit(sit) -> None:
    high = 2**60 + 1
    desk = sit(n=12)
    for record in desk.crm.lists["contacts"]:
        record["id"] += high
    assert (desk.run("pull"), desk.is_whole()) == (0, True)


def test_records_without_an_id_are_counted_and_said(sit) -> None:
    desk = sit(n=20)
    for record in desk.crm.lists["companies"][:2]:
        record["id"] = None
    assert desk.run("pull", "--format", "json") == 0
    assert json.loads(desk.out)["quarantined"] == 2
    assert "2 items could not be read" in desk.err


def test_a_user_who_sees_a_part_is_said(sit) -> None:
    desk = sit(n=10)
    rights = user()["rights"] | {"is_admin": False, "contacts": {"view": "M"}}
    desk.crm.lists["users"] = [user() | {"rights": rights}]
    assert desk.run("pull") == 0
    assert "only a part of the account" in desk.err


def test_an_empty_account_is_an_account(sit) -> None:
    desk = sit(n=0)
    assert (desk.run("scan", "-p", "main", "-o", "out", "--format", "json"), desk.is_whole()) == (
        0,
        True,
    )
    assert json.loads(desk.out)["counts"]["contacts"] == 0


def test_another_account_behind_the_same_address_is_refused(sit) -> None:
    desk = sit(n=10)
    assert desk.run("pull") == 0
    desk.crm.account["id"] = 99
    assert desk.run("pull") == 2
    assert "account 99" in desk.err


def test_an_account_that_lost_much_is_not_taken_for_whole(sit) -> None:
    desk = sit(n=40)
    assert desk.run("pull") == 0
    del desk.crm.lists["contacts"][10:]
    assert desk.run("pull", "--full") == 6
    assert desk.account().frame("contacts").height == 40
    assert desk.run("pull", "--full", "--accept-shrunk") == 0
    assert desk.is_whole()
