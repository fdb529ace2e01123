"""The demo account against a naive recount, the audited account's totals, and its contracts."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.errors import InputError
from dedupe.sandbox.demo import DemoAccount, build_demo, demo_size

pytestmark = pytest.mark.xdist_group("demo")  # the full account is made once, not by each worker

ABSENT = {"notes", "events", "messages", "status_history"}
ON_CARDS = ("DUP101", "DUP102", "DUP103", "DUP105", "PHN201", "PHN202", "PHN301", "EML201",
            "EML202", "EML301", "NAM201")  # fmt: skip
EVERY_CODE = {
    *((code, entity) for code in ON_CARDS for entity in ("contact", "company")),
    *((code, "contact") for code in ("CNT001", "PHN101", "NAM101", "LNK101")),
    *((code, "company") for code in ("CNT002", "NAM102", "LNK102")),
    *((code, "deal") for code in ("CNT003", "TSK101", "LOS101")),
    *(("TSK301", "task_type"), ("TAG101", "tag"), ("USR101", "user"), ("USR103", "user")),
}


def _sibling(name: str) -> ModuleType:
    """Import a helper that stands beside this file, which is in no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECOUNT = _sibling("recount")


@pytest.fixture(scope="module")
def small() -> DemoAccount:
    return build_demo(scale=0.02)


@pytest.fixture(scope="module")
def full() -> DemoAccount:
    return build_demo()


def frames(account: Account) -> dict[str, pl.DataFrame]:
    return {name: account.frame(name) for name in account.tables}


@pytest.mark.parametrize(
    ("scale", "seed"), [(0.0005, 1), (0.003, 2), (0.006, 3), (0.02, 4), (0.07, 5)]
)
def test_planted_is_what_a_naive_recount_finds(scale: float, seed: int) -> None:
    demo = build_demo(scale=scale, seed=seed)
    counted = RECOUNT.recount(demo.account)
    planted = {
        key: made.found if made.groups is None else (made.found, made.groups)
        for key, made in demo.planted.items()
        if key in EVERY_CODE  # the other faults have a recount of their own
    }
    assert counted == planted


def test_every_code_is_planted(small: DemoAccount) -> None:
    assert set(small.planted) > EVERY_CODE


def test_checks_of_groups_have_groups(small: DemoAccount) -> None:
    grouped = {
        code for code, entity in EVERY_CODE if small.planted[code, entity].groups is not None
    }
    assert grouped == {"DUP101", "DUP102", "DUP103", "DUP105"}


def test_the_full_account_has_the_totals_of_the_audit(full: DemoAccount) -> None:
    found = {key: made.found for key, made in full.planted.items()}
    both = {code: found[code, "contact"] + found[code, "company"] for code in ON_CARDS}
    states = dict(full.account.frame("deals")["state"].value_counts().iter_rows())
    assert (found["CNT001", "contact"], found["CNT002", "company"]) == (91_699, 7_177)
    assert states == {"open": 4_590, "won": 72_087, "lost": 72_069}
    assert (both["DUP101"], both["DUP102"]) == (1_762, 58)
    assert (both["PHN201"], both["EML201"], both["PHN301"]) == (4_525, 6, 500)
    assert (found["NAM101", "contact"], found["NAM102", "company"]) == (1_619, 2)
    assert (found["PHN101", "contact"], found["TSK101", "deal"]) == (2_115, 2_719)
    assert (found["LNK101", "contact"], found["LNK102", "company"]) == (28_569, 3_197)
    assert (found["LOS101", "deal"], found["TSK301", "task_type"]) == (21_467, 8)
    assert (found["TAG101", "tag"], found["USR101", "user"]) == (34, 5)


def test_the_full_account_has_faults_of_every_kind(full: DemoAccount) -> None:
    none = {key for key, made in full.planted.items() if not made.found}
    assert none == {("PHN301", "company")}  # the audit saw unreadable values on contacts only


def test_only_live_cards_are_counted_and_deleted_ones_share_their_values(
    full: DemoAccount,
) -> None:
    contacts, companies = full.account.frame("contacts"), full.account.frame("companies")
    assert (contacts["is_deleted"].sum(), companies["is_deleted"].sum()) == (150, 12)
    phones = full.account.frame("channels").filter(pl.col("kind") == "phone")
    deleted = set(contacts.filter("is_deleted")["id"])
    holders: dict[str, set[bool]] = {}
    for card, raw in phones.filter(entity="contact").select("record_id", "raw").iter_rows():
        for number in RECOUNT.numbers_in(raw):
            holders.setdefault(number, set()).add(card in deleted)
    assert sum(len(kinds) == 2 for kinds in holders.values()) >= 50


def test_tables_conform_and_their_keys_are_unique(small: DemoAccount) -> None:
    assert set(small.account.tables) == set(SNAPSHOT_TABLES) - ABSENT
    assert dict(small.account.not_read) == dict.fromkeys(ABSENT, "not_generated")
    for name, frame in frames(small.account).items():
        contract = SNAPSHOT_TABLES[name]
        assert contract.check(frame).height == frame.unique(contract.key).height, name


def test_ids_lead_to_records(small: DemoAccount) -> None:
    tables = frames(small.account)
    ids = {
        "contact": set(tables["contacts"]["id"]),
        "company": set(tables["companies"]["id"]),
        "deal": set(tables["deals"]["id"]),
    }
    for name in ("channels", "field_values", "record_tags", "tasks"):
        for entity, record in tables[name].select("entity", "record_id").unique().iter_rows():
            assert record in ids[entity], name
    for a, a_id, b, b_id in tables["links"].drop("is_main").iter_rows():
        assert a_id in ids[a]
        assert b_id in ids[b]
    users = set(tables["users"]["id"])
    for name in ("contacts", "companies", "deals", "tasks"):
        assert set(tables[name]["owner_id"]) <= users
    stages = set(tables["statuses"].select("pipeline_id", "id", "state").iter_rows())
    assert set(tables["deals"].select("pipeline_id", "status_id", "state").iter_rows()) <= stages
    reasons = tables["deals"]["loss_reason_id"].drop_nulls()
    assert set(reasons) <= set(tables["loss_reasons"]["id"])


def test_time_runs_forward_and_ends_with_the_data(small: DemoAccount) -> None:
    account = small.account
    deals = account.frame("deals")
    assert deals.filter(pl.col("closed_at") < pl.col("created_at")).is_empty()
    assert deals.filter((pl.col("state") == "open") != pl.col("closed_at").is_null()).is_empty()
    for name in ("contacts", "companies", "deals", "tasks"):
        frame = account.frame(name)
        assert frame.filter(pl.col("updated_at") < pl.col("created_at")).is_empty(), name
        assert frame.select(pl.col("updated_at").max()).item() <= account.read_to, name
        assert frame.select(pl.col("created_at").min()).item() >= account.read_from, name


def test_a_seed_is_an_account() -> None:
    one, same, other = (build_demo(scale=0.004, seed=seed) for seed in (5, 5, 6))
    assert one.planted == same.planted
    for name, frame in frames(one.account).items():
        assert frame.equals(same.account.frame(name)), name
    assert not one.account.frame("channels").equals(other.account.frame("channels"))
    assert one.planted["LNK101", "contact"] == other.planted["LNK101", "contact"]


@pytest.mark.parametrize("scale", [0.0005, 0.0007, 0.0011, 0.0019, 0.0031, 0.0047, 0.009, 0.013])
def test_small_scales_are_proportional(scale: float) -> None:
    demo, sizes = build_demo(scale=scale), demo_size(scale)
    contacts = demo.account.frame("contacts")
    assert contacts.height - contacts["is_deleted"].sum() == round(91_699 * scale)
    assert demo.account.frame("deals").height == sizes.deals
    assert demo.planted["LNK101", "contact"].found == pytest.approx(28_569 * scale, abs=0.5)
    assert all(demo.planted[code, "contact"].found for code in ("PHN101", "PHN301", "NAM101"))
    for code in ("DUP101", "DUP102", "DUP103"):
        assert demo.planted[code, "contact"].found != 1


def test_a_larger_account_has_more_of_everything() -> None:
    demo = build_demo(scale=1.2)
    assert demo.planted["CNT001", "contact"].found == 110_039
    assert demo.planted["DUP101", "contact"].found == 1_985
    assert demo.planted["TAG101", "tag"].found == 34  # settings do not scale


@pytest.mark.parametrize("scale", [0, -1, 0.0004, 1e9, float("nan"), float("inf")])
def test_an_impossible_scale_is_refused(scale: float) -> None:
    with pytest.raises(InputError, match=r"scale .*choose a number from 0\.0005 to 100"):
        build_demo(scale=scale)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InputError, match="negative"):
        build_demo(scale=0.001, seed=-1)


def test_names_of_strangers_on_a_switchboard_differ(full: DemoAccount) -> None:
    holders: dict[str, list[str]] = {}
    phones = full.account.frame("channels").filter(entity="contact", kind="phone")
    names = dict(full.account.frame("contacts").select("id", "name").iter_rows())
    for card, raw in phones.select("record_id", "raw").iter_rows():
        for number in set(RECOUNT.numbers_in(raw)):
            holders.setdefault(number, []).append(card)
    crowds = [cards for cards in holders.values() if len(cards) >= RECOUNT.CROWD]
    assert len(crowds) == 8
    for cards in crowds:
        surnames = {max(names[card].lower().split(), key=len) for card in cards}
        assert 12 <= len(cards) <= 60
        assert len(surnames) > 0.8 * len(cards)


def test_duplicates_spell_their_number_in_many_ways(full: DemoAccount) -> None:
    phones = full.account.frame("channels").filter(kind="phone")
    shapes = phones["raw"].str.replace_all(r"\d", "0").unique()
    assert len(shapes) > 200
    labels = dict(phones["label"].value_counts(normalize=True).iter_rows())
    assert labels["MOB"] == pytest.approx(0.6, abs=0.03)
    assert phones.filter(pl.col("field_id") != "PHONE")["label"].unique().to_list() == [
        "Доп. телефон"
    ]
