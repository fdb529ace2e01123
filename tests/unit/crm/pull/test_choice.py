"""Which read is done and why; when a read is not taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dedupe.contracts import SNAPSHOT_TABLES, Account
from dedupe.crm.amocrm import AccountFacts
from dedupe.crm.pull.choice import Mode, choose
from dedupe.crm.pull.guard import check_account, shrunk_error, shrunk_tables, sight, sight_notes
from dedupe.crm.pull.lists import not_asked, record_lists, setting_lists, shape
from dedupe.errors import InputError

NOW = datetime(2026, 3, 8, tzinfo=UTC)
FACTS = AccountFacts(id="7", name="", subdomain="", country="RU", timezone="", currency="",
                     current_user_id="5", has_filters=True, has_loss_reasons=True)  # fmt: skip


def rows(name: str, n: int) -> pl.LazyFrame:
    return SNAPSHOT_TABLES[name].conform(pl.DataFrame({"id": list(map(str, range(n)))})).lazy()


def last(**settings: str) -> Account:
    facts = {"shape": shape(()), "user_id": "5", "is_partial": "false",
             "full_at": (NOW - timedelta(days=2)).isoformat()}  # fmt: skip
    names = ("contacts", "companies", "deals", "tasks")
    return Account(
        tables={name: rows(name, 100) for name in names},
        crm="amocrm",
        account_id="7",
        read_from=NOW - timedelta(days=1),
        settings=facts | settings,
    )


def chosen(account: Account | None, mode: Mode = Mode.AUTO, partial: str = "false", now=NOW):
    return choose(mode, account, FACTS, options=(), is_partial=partial, now=now)


def test_what_changed_is_enough_after_a_whole_read() -> None:
    assert chosen(last()).mode is Mode.INCREMENTAL
    assert chosen(last(), Mode.FULL).mode is Mode.FULL


@pytest.mark.parametrize(
    ("account", "partial", "now", "why"),
    [
        (None, "false", NOW, "no snapshot"),
        (last(), "false", None, "time"),
        (replace(last(), read_from=NOW + timedelta(hours=1)), "false", NOW, "time"),
        (last(shape="other"), "false", NOW, "options"),
        (replace(last(), tables={"contacts": rows("contacts", 1)}), "false", NOW, "lacks"),
        (last(user_id="6"), "false", NOW, "another user"),
        (last(is_partial="true"), "true", NOW, "sight"),
        (last(), "unknown", NOW, "sight"),
        (last(full_at=(NOW - timedelta(days=7)).isoformat()), "false", NOW, "week"),
        (last(full_at="yesterday"), "false", NOW, "week"),
    ],
)
def test_the_whole_is_read_with_a_reason_where_changes_can_not_be_told(
    account, partial, now, why
) -> None:
    choice = chosen(account, partial=partial, now=now)
    assert choice.mode is Mode.FULL
    assert why in choice.told
    with pytest.raises(InputError, match=why):
        chosen(account, Mode.INCREMENTAL, partial, now)


def test_another_account_is_told_apart() -> None:
    check_account(FACTS, None, "x")
    check_account(FACTS, last(), "x")
    with pytest.raises(InputError, match="account 7, the last snapshot is of 8"):
        check_account(FACTS, replace(last(), account_id="8"), "x")


@pytest.mark.parametrize(
    ("n", "found"), [(100, []), (90, []), (89, ["contacts"]), (0, ["contacts"])]
)
def test_less_than_nine_tenths_is_shrunk(n, found) -> None:
    tables = {name: frame.collect() for name, frame in last().tables.items()}
    tables["contacts"] = tables["contacts"].head(n)
    assert shrunk_tables(tables, last(), ()) == found
    assert f"contacts 100 -> {n}" in str(shrunk_error(tables, last(), ["contacts"], "x"))


def test_a_table_that_is_not_asked_for_any_more_is_no_loss() -> None:
    before = replace(last(), tables={**last().tables, "notes": rows("notes", 50)})
    tables = {name: frame.collect() for name, frame in last().tables.items()}
    assert shrunk_tables(tables, before, ()) == ["notes"]
    assert shrunk_tables(tables, before, not_asked(())) == []
    assert shrunk_tables(tables, None, ()) == []


@pytest.mark.parametrize(
    ("is_admin", "scopes", "told"),
    [(True, [], "false"), (False, ["all", "all", "all"], "false"),
     (False, ["all", "own", "all"], "true"), (None, ["all", "group", "denied"], "true")],
)  # fmt: skip
def test_who_sees_a_part_is_told_by_the_rights(is_admin, scopes, told) -> None:
    users = pl.DataFrame({"id": ["5"], "is_admin": pl.Series([is_admin], dtype=pl.Boolean)})
    rights = pl.DataFrame(
        {
            "user_id": ["5"] * len(scopes),
            "entity": ["contact", "company", "deal"][: len(scopes)],
            "action": ["view"] * len(scopes),
            "scope": scopes,
        },
        schema=dict.fromkeys(("user_id", "entity", "action", "scope"), pl.String()),
    )
    assert sight(FACTS, {"users": users, "user_rights": rights}) == told
    assert sight(FACTS, {}) == "unknown"
    assert sight(FACTS, {"users": users.head(0), "user_rights": rights}) == "unknown"


def test_many_unreadable_records_are_marked() -> None:
    codes = [[note.code for note in sight_notes("false", 10_000, n)] for n in (0, 10, 11)]
    assert codes == [[], ["unreadable"], ["many_unreadable"]]
    assert [note.code for note in sight_notes("true", 1, 0)] == ["partial_sight"]


def test_every_list_is_either_of_settings_or_of_records() -> None:
    records, settings = record_lists(("notes", "events", "chats")), setting_lists(())
    assert {"contacts", "companies", "leads", "tasks"} <= {one.name for one in records}
    assert {"users", "pipelines", "unsorted", "deal_tags"} <= {one.name for one in settings}
    assert not {one.name for one in records} & {one.name for one in settings}
    assert shape(()) != shape(("notes",))
