"""The pull against the sandbox: whole, incremental, broken off, shrunk, and of a part."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dedupe.contracts import Account
from dedupe.crm.http import Answer, RequestWindow, Transport
from dedupe.crm.pull import Mode, Pulled, PullOptions, pull, pull_lock
from dedupe.errors import InputError, LockedError, RemoteError, SafetyError
from dedupe.sandbox import Action, Fault, Limit, Options, Sandbox
from dedupe.sandbox.demo import build_demo
from dedupe.snapshot import open_snapshot, write_snapshot

RECORDS = ("contacts", "companies", "deals", "tasks", "channels", "links", "record_tags")


class Token:
    """A token that is always good."""

    def token(self) -> str:
        return "sandbox"

    def renew(self, stale: str) -> str:
        raise AssertionError(stale)


class Source:
    """A connection that counts, and lets a test act before any request."""

    def __init__(self, url: str) -> None:
        self.transport = Transport(url, Token(), RequestWindow(None, 10_000))
        self.n, self.before = 0, lambda number: None  # type: Callable[[int], None]

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *error: object) -> None:
        self.transport.close()

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        self.n += 1
        self.before(self.n)
        return self.transport.get(path, params)


@pytest.fixture(scope="module")
def account() -> Account:
    return build_demo(scale=0.01).account


@pytest.fixture
def box(account) -> Iterator[Sandbox]:
    with Sandbox(account, limit=Limit(n=0)) as served:
        yield served


@pytest.fixture
def source(box) -> Iterator[Source]:
    with Source(box.url) as connected:
        yield connected


def pulled(source: Source, folder: Path, last: Account | None = None, **facts) -> Pulled:
    return pull(source, folder / "pull", PullOptions(host="sandbox", **facts), last=last)


def kept(found: Pulled, folder: Path) -> Account:
    write_snapshot(found.account, folder / "snapshot")
    found.done()
    return open_snapshot(folder / "snapshot")


def assert_same(found: Account, other: Account) -> None:
    assert found.tables.keys() == other.tables.keys()
    for name in found.tables:
        assert_frame_equal(found.frame(name), other.frame(name))


def test_a_whole_pull_is_the_account(source, account, tmp_path) -> None:
    found = pulled(source, tmp_path)
    assert (found.choice.mode, found.n_quarantined, found.is_partial) == (Mode.FULL, 0, "false")
    live = {name: account.frame(name) for name in ("contacts", "companies", "deals")}
    for name, frame in live.items():
        ids = frame.filter(~pl.col("is_deleted").fill_null(False))["id"]
        assert set(found.account.frame(name)["id"]) == set(ids)
    assert found.account.frame("tasks").height == account.frame("tasks").height
    assert found.account.settings["country"] == "RU"
    assert found.account.read_from is not None
    assert found.account.not_read["notes"] == "not_requested"


def test_an_unchanged_account_costs_few_requests_and_stays_the_same(source, tmp_path) -> None:
    last = kept(pulled(source, tmp_path), tmp_path)
    before = source.n
    again = pulled(source, tmp_path, last)
    assert again.choice.mode is Mode.INCREMENTAL
    assert source.n - before < 30
    assert_same(again.account, last)


def work(box: Sandbox, account: Account, seed: int) -> None:
    """Change the account as people do in a day."""
    rand = random.Random(seed)
    contacts = account.frame("contacts").filter(~pl.col("is_deleted"))["id"].to_list()
    deals = account.frame("deals").filter(~pl.col("is_deleted"))["id"].to_list()
    rand.shuffle(contacts)
    rand.shuffle(deals)
    for id_ in contacts[:60]:
        box.change(do="put", kind="contacts", record={"id": int(id_), "name": f"Имя {id_}"})
    for id_ in contacts[60:70]:
        box.change(do="delete", kind="contacts", id=int(id_))
    box.change(do="restore", kind="contacts", id=int(contacts[60]))
    for id_ in deals[:5]:
        box.change(do="delete", kind="leads", id=int(id_))
    for id_, to in zip(contacts[80:90], deals[20:30], strict=True):
        box.change(do="link", kind="contacts", id=int(id_), to="leads", to_id=int(to))
    box.change(do="put", kind="contacts", record={"name": "Новый"})
    for kind in ("contacts", "leads"):
        ids = contacts[100:103] if kind == "contacts" else deals[40:42]
        into, *others = map(int, ids)
        box.change(do="merge", kind=kind, into=into, ids=others)


@pytest.mark.parametrize("has_filters", [True, False])
def test_an_incremental_pull_ends_where_a_whole_one_does(account, tmp_path, has_filters) -> None:
    options = Options(has_filters=has_filters)
    with Sandbox(account, limit=Limit(n=0), options=options) as box, Source(box.url) as source:
        last = kept(pulled(source, tmp_path), tmp_path)
        work(box, account, 1)
        changed = pulled(source, tmp_path, last)
        assert changed.choice.mode is Mode.INCREMENTAL
        assert sum(changed.n_changed.values()) >= 60
        whole = pulled(source, tmp_path / "other", last, mode=Mode.FULL)
        assert_same(changed.account, whole.account)


def test_what_people_delete_while_it_is_read_loses_nobody(box, source, account, tmp_path) -> None:
    ids = account.frame("contacts").filter(~pl.col("is_deleted"))["id"].to_list()
    rand, gone = random.Random(5), set()

    def delete(number: int) -> None:
        if number > 20:  # the settings are read
            id_ = rand.choice(ids[: len(ids) // 2])
            if id_ not in gone:
                gone.add(id_)
                box.change(do="delete", kind="contacts", id=int(id_))

    source.before = delete
    found = pulled(source, tmp_path)
    assert len(gone) > 10
    assert set(ids) - gone <= set(found.account.frame("contacts")["id"])


def test_a_record_taken_back_while_it_is_read_hides_nobody(box, source, account, tmp_path) -> None:
    ids = account.frame("contacts").filter(~pl.col("is_deleted"))["id"].to_list()
    for id_ in ids[:40]:
        box.change(do="delete", kind="contacts", id=int(id_))
    taken = iter(ids[:40])

    def restore(number: int) -> None:
        if 25 < number < 50:
            box.change(do="restore", kind="contacts", id=int(next(taken)))

    source.before = restore
    found = pulled(source, tmp_path)
    assert set(ids[40:]) <= set(found.account.frame("contacts")["id"])


class KilledError(BaseException):
    """Stands for a kill: nothing of the pull's own runs after it but what `finally` does."""


def test_a_pull_broken_off_anywhere_is_gone_on_with(box, source, account, tmp_path) -> None:
    whole = pulled(source, tmp_path / "whole").account
    rand = random.Random(3)
    n = source.n

    def strike(number: int) -> None:
        if number == at:
            raise KilledError

    for _ in range(8):
        folder = tmp_path / f"{rand.random()}"
        for _ in range(rand.randint(1, 3)):
            source.n, at = 0, rand.randint(2, n)
            source.before = strike
            with suppress(KilledError):  # a pull that goes on may need fewer requests
                pulled(source, folder)
        source.before = lambda number: None
        assert_same(pulled(source, folder).account, whole)


def test_what_changed_between_a_kill_and_its_resumption_is_caught_up(
    box, source, account, tmp_path
) -> None:
    def strike(number: int) -> None:
        if number == 30:
            raise KilledError

    source.before = strike
    with pytest.raises(KilledError):
        pulled(source, tmp_path)
    work(box, account, 2)
    source.before = lambda number: None
    resumed = pulled(source, tmp_path)
    assert resumed.is_resumed
    assert_same(resumed.account, pulled(source, tmp_path / "other").account)


def test_a_shrunken_read_is_not_taken_and_may_be_accepted(box, source, account, tmp_path) -> None:
    last = kept(pulled(source, tmp_path), tmp_path)
    ids = account.frame("contacts").filter(~pl.col("is_deleted"))["id"].to_list()
    for id_ in ids[: len(ids) // 5]:
        box.change(do="delete", kind="contacts", id=int(id_))
    for mode in (Mode.AUTO, Mode.FULL):
        with pytest.raises(SafetyError, match="contacts"):
            pulled(source, tmp_path, last, mode=mode)
    accepted = pulled(source, tmp_path, last, mode=Mode.FULL, accept_shrunk=True)
    assert accepted.account.frame("contacts").height == len(ids) - len(ids) // 5
    assert accepted.is_resumed  # what had been read was not read again


def test_another_account_under_the_address_is_an_input_error(source, tmp_path) -> None:
    last = replace(kept(pulled(source, tmp_path), tmp_path), account_id="1")
    with pytest.raises(InputError, match="account 29500000"):
        pulled(source, tmp_path, last)


def test_a_user_who_sees_a_part_makes_a_partial_snapshot(account, tmp_path) -> None:
    user = next(
        int(id_)
        for id_, admin in account.frame("users").select("id", "is_admin").iter_rows()
        if not admin
    )
    tokens = {"sandbox": user}
    with Sandbox(account, limit=Limit(n=0), tokens=tokens) as box, Source(box.url) as source:
        found = pulled(source, tmp_path)
    assert found.is_partial in ("true", "unknown")
    assert found.account.settings["is_partial"] == found.is_partial
    assert found.account.notes


@pytest.mark.parametrize(
    ("path", "is_needed"),
    [("/users", False), ("/tasks", False), ("/tags", False), ("/leads/pipelines", True),
     (r"/api/v4/contacts\?", True)],
)  # fmt: skip
def test_a_list_we_have_no_right_to_is_not_read_or_stops_the_pull(
    account, tmp_path, path, is_needed
) -> None:
    refused = '{"title":"Forbidden","type":"about:blank","status":403,"detail":"no"}'
    fault = Fault(action=Action.STATUS, path=path, status=403, body=refused,
                  content_type="application/problem+json")  # fmt: skip
    with Sandbox(account, limit=Limit(n=0), faults=[fault]) as box, Source(box.url) as source:
        if is_needed:
            with pytest.raises(RemoteError, match="refused"):
                pulled(source, tmp_path)
        else:
            found = pulled(source, tmp_path)
            assert "no_rights" in found.account.not_read.values()


@pytest.mark.parametrize("path", ["/events", "only_deleted", "(/events|only_deleted)"])
def test_deletions_are_found_by_the_bin_or_by_the_events_or_by_reading_all(
    box, source, account, tmp_path, path
) -> None:
    last = kept(pulled(source, tmp_path), tmp_path)
    id_ = last.frame("contacts")["id"][5]
    box.change(do="delete", kind="contacts", id=int(id_))
    refused = '{"title":"Forbidden","type":"about:blank","status":403,"detail":"no"}'
    box.set_faults([Fault(action=Action.STATUS, path=path, status=403, body=refused,
                          content_type="application/problem+json")])  # fmt: skip
    found = pulled(source, tmp_path, last)
    assert id_ not in set(found.account.frame("contacts")["id"])
    assert (found.choice.mode is Mode.FULL) is ("(" in path)


def test_heavy_lists_are_read_on_request(tmp_path) -> None:
    from dedupe.sandbox.demo import ON_REQUEST

    heavy = build_demo(scale=0.005, extras=ON_REQUEST).account
    with Sandbox(heavy, limit=Limit(n=0)) as box, Source(box.url) as source:
        found = pulled(source, tmp_path, with_=("events", "notes"))
        last = kept(found, tmp_path)
        again = pulled(source, tmp_path, last, with_=("events", "notes"))
        other = pulled(source, tmp_path / "other", last)
    assert last.frame("notes").height == heavy.frame("notes").height > 0
    assert last.frame("events").height > 0
    assert again.choice.mode is Mode.INCREMENTAL
    assert_frame_equal(again.account.frame("notes"), last.frame("notes"))
    assert other.choice.mode is Mode.FULL  # other options, another read


def test_a_second_pull_of_the_account_is_told_who_holds_it(tmp_path) -> None:
    import os

    with (
        pull_lock(tmp_path),
        pytest.raises(LockedError, match=str(os.getpid())),
        pull_lock(tmp_path),
    ):
        pass
    with pull_lock(tmp_path):
        pass


def test_an_empty_account_is_fine(account, tmp_path) -> None:
    bare = replace(
        account,
        tables={
            name: frame.head(0) if name in (*RECORDS, "field_values") else frame
            for name, frame in account.tables.items()
        },
    )
    with Sandbox(bare, limit=Limit(n=0)) as box, Source(box.url) as source:
        last = kept(pulled(source, tmp_path), tmp_path)
        again = pulled(source, tmp_path, last)
    assert again.account.frame("contacts").height == 0
    assert again.choice.mode is Mode.INCREMENTAL


class Deaf(Source):
    """A CRM that takes no notice of some parameters."""

    def __init__(self, url: str, *ignored: str) -> None:
        super().__init__(url)
        self.ignored = ignored

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        kept = [(k, v) for k, v in params if not any(word in f"{k}={v}" for word in self.ignored)]
        return super().get(path, kept)


@pytest.mark.parametrize(
    "ignored",
    [("order[updated_at]",), ("filter[updated_at]",), ("order[updated_at]", "filter[updated_at]"),
     ("only_deleted",), ("filter[type]", "filter[created_at]"), ("filter[id]",)],
)  # fmt: skip
def test_a_crm_that_takes_no_notice_of_a_parameter_is_not_misread(
    box, source, account, tmp_path, ignored
) -> None:
    last = kept(pulled(source, tmp_path), tmp_path)
    work(box, account, 4)
    with Deaf(box.url, *ignored) as deaf:
        changed = pulled(deaf, tmp_path, last)
    assert changed.choice.mode is Mode.INCREMENTAL
    assert_same(changed.account, pulled(source, tmp_path / "other").account)


def test_records_that_change_while_the_changes_are_read_are_not_missed(
    box, source, account, tmp_path
) -> None:
    last = kept(pulled(source, tmp_path), tmp_path)
    ids = last.frame("contacts")["id"].to_list()
    for id_ in ids[:700]:
        box.change(do="put", kind="contacts", record={"id": int(id_), "name": "Раз"})
    rand = random.Random(8)

    def change(number: int) -> None:
        if 18 < number < 40:
            for id_ in rand.sample(ids, 30):
                box.change(do="delete", kind="contacts", id=int(id_))

    source.n, source.before = 0, change
    changed = pulled(source, tmp_path, last, accept_shrunk=True)
    found = changed.account.frame("contacts").filter(pl.col("name") == "Раз")
    alive = {str(i) for i in ids[:700] if box.state.get("contacts", int(i)) is not None}
    live = {
        i for i in alive if not (box.state.get("contacts", int(i)) or {}).get("is_deleted", False)
    }
    assert live <= set(found["id"])
