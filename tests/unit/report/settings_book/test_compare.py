"""What changed between two settings documents, by id."""

from __future__ import annotations

from dedupe.report.settings_book import (
    Drift,
    build_book,
    build_plain_book,
    compare_books,
    drift_document,
    render_drift,
)

from .conftest import ROWS


def changes(drift: Drift) -> list[tuple[str, str, str, str]]:
    return [
        (section.name, str(one.how), one.id, one.attribute)
        for section in drift.sections
        for one in section.changes
    ]


def with_row(table: str, id_: str, **values: object) -> list[dict[str, object]]:
    return [row | values if row["id"] == id_ else row for row in ROWS[table]]


def test_an_account_does_not_differ_from_itself(make) -> None:
    drift = compare_books(build_book(make()), build_book(make()))
    assert (drift.n_changes, changes(drift)) == (0, [])
    assert render_drift(drift).splitlines()[-1] == "No setting differs."


def test_counts_of_records_are_no_setting(make) -> None:
    more = [*ROWS["deals"], {**ROWS["deals"][0], "id": "12"}]
    drift = compare_books(build_book(make()), build_book(make(deals=more, tasks=[])))
    assert changes(drift) == []
    assert changes(compare_books(build_plain_book(make()), build_book(make()))) == []


def test_added_removed_renamed_and_changed_are_told_apart(make) -> None:
    new = make(
        tags=[ROWS["tags"][0], {"id": "g9", "entity": "deal", "name": "idle"}],
        loss_reasons=with_row("loss_reasons", "r1", name="Too dear"),
        users=with_row("users", "u1", role_id="ro2", is_admin=True),
    )
    drift = compare_books(build_book(make()), build_book(new))
    assert changes(drift) == [
        ("users", "changed", "u1", "role"),
        ("users", "changed", "u1", "is_admin"),
        ("loss_reasons", "renamed", "r1", "name"),
        ("tags", "added", "deal/g9", ""),
        ("tags", "removed", "deal/g2", ""),
    ]
    text = render_drift(drift)
    assert "  ~ u1 Anna, role: Manager -> Clerk" in text
    assert "  ~ r1: renamed Dear -> Too dear" in text
    assert "  + deal/g9 deals / idle" in text
    assert "  - deal/g2 deals / idle" in text
    assert text.splitlines()[-1] == "5 differences"


def test_a_name_in_another_setting_is_not_a_change_of_it(make) -> None:
    new = make(roles=[{"id": "ro1", "name": "Boss"}, ROWS["roles"][1]])
    drift = compare_books(build_book(make()), build_book(new))
    assert changes(drift) == [("roles", "renamed", "ro1", "name")]


def test_of_a_new_order_the_least_is_told(make) -> None:
    new = make(statuses=with_row("statuses", "s3", sort=5))
    drift = compare_books(build_book(make()), build_book(new))
    assert changes(drift) == [("stages", "moved", "p1/s3", "")]
    assert "p1/s3 Main / Contract: moved" in render_drift(drift)


def test_a_stage_put_between_moves_no_other(make) -> None:
    between = {"pipeline_id": "p1", "id": "s9", "name": "Visit", "sort": 15, "state": "open"}
    new = make(statuses=[*ROWS["statuses"], between])
    drift = compare_books(build_book(make()), build_book(new))
    assert changes(drift) == [("stages", "added", "p1/s9", "")]


def test_what_one_side_did_not_read_is_not_compared(make) -> None:
    unread = make(widgets=None, not_read={"widgets": "no_rights"})
    for old, new, side in ((unread, make(), "old"), (make(), unread, "new"),
                           (unread, unread, "both")):  # fmt: skip
        drift = compare_books(build_book(old), build_book(new))
        widgets = next(one for one in drift.sections if one.name == "widgets")
        assert (widgets.unread, widgets.changes) == (side, ())
        assert "Widgets: not compared" in render_drift(drift)


def test_the_passport_is_compared_fact_by_fact(make) -> None:
    old = build_book(make())
    account = make()
    changed = type(account)(
        tables=account.tables, crm="amocrm", account_id="77", host="firm.amocrm.ru",
        read_to=account.read_to, settings={"name": "Firm", "currency": "KZT"},
    )  # fmt: skip
    drift = compare_books(old, build_book(changed))
    assert changes(drift) == [("passport", "changed", "account", "currency")]
    assert "  ~ currency: RUB -> KZT" in render_drift(drift)


def test_the_json_document_has_values_and_names(make) -> None:
    new = make(users=with_row("users", "u1", role_id="ro2"))
    document = drift_document(compare_books(build_book(make()), build_book(new)))
    assert document["schema"] == "crmclean.settings_diff/1"
    [change] = document["sections"]["users"]["changes"]
    assert (change["change"], change["id"], change["attribute"]) == ("changed", "u1", "role")
    assert change["old"] == {"id": "ro1", "name": "Manager"}
    assert document["n_changes"] == 1
