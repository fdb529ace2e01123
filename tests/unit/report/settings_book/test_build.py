"""A settings document says what the snapshot says, and names what was not read."""

from __future__ import annotations

from dataclasses import replace

from dedupe.report.settings_book import Ref, build_book, build_plain_book
from dedupe.report.settings_book.values import Book


def told(book: Book, section: str, id_: str) -> dict[str, object]:
    found = book.section(section)
    entry = next(one for one in found.entries if one.id == id_)
    names = [one.name for one in found.layout.attributes]
    return dict(zip(names, entry.values, strict=True))


def ids(book: Book, section: str) -> list[str]:
    return [entry.id for entry in book.section(section).entries]


def test_a_field_tells_its_choices_its_stages_and_how_it_is_filled(make) -> None:
    field = told(build_book(make()), "fields", "contact/f1")
    assert field["choices"] == ("blue", "red")
    assert field["required"] == ("Main → Offer",)
    assert (field["filled"], field["share"]) == (1, 0.5)  # the deleted card does not count
    phone = told(build_book(make()), "fields", "contact/PHONE")
    assert phone["filled"] == 1


def test_stages_stand_in_order_with_their_deals(make) -> None:
    book = build_book(make())
    assert ids(book, "stages") == ["p1/s1", "p1/s2", "p1/s3", "p1/143"]
    offer = told(book, "stages", "p1/s2")
    assert (offer["deals"], offer["money"], offer["state"]) == (1, 100.0, "open")
    assert told(book, "stages", "p1/s1")["deals"] == 0
    assert told(book, "pipelines", "p1")["open_deals"] == 1


def test_users_tell_role_and_group_by_name_and_no_phone(make) -> None:
    anna = told(build_book(make()), "users", "u1")
    assert anna["role"] == Ref("ro1", "Manager")
    assert anna["open_deals"] == 1
    assert "+79990000000" not in repr(build_book(make()))


def test_rights_are_a_row_of_each_user_and_kind(make) -> None:
    rights = told(build_book(make()), "rights", "u1/contact")
    assert (rights["view"], rights["export"], rights["delete"]) == ("all", "denied", None)


def test_access_to_mail_is_a_section_where_it_is_told(make) -> None:
    assert build_book(make()).section("mail").missing == {"user_rights.mail": "not_told"}
    mail = {"user_id": "u1", "entity": "mail", "action": "access", "scope": "denied"}
    book = build_book(make(user_rights=[mail]))
    assert told(book, "mail", "u1")["access"] == "denied"
    assert ids(book, "rights") == []


def test_uses_are_counted(make) -> None:
    book = build_book(make())
    assert told(book, "tags", "contact/g1")["records"] == 1
    assert told(book, "tags", "deal/g2")["records"] == 0
    assert told(book, "loss_reasons", "r1")["deals"] == 1
    assert told(book, "task_types", "tt1")["tasks"] == 1
    assert told(book, "sources", "so1")["deals"] == 1


def test_a_key_in_an_address_is_hidden(make) -> None:
    hook = told(build_book(make()), "webhooks", "w1")
    assert hook["destination"] == "https://hook.example/in?***"
    assert hook["events"] == ("add_lead", "update_lead")


def test_what_was_not_read_has_a_reason_and_no_zero(make) -> None:
    account = make(fields=None, deals=None, tasks=None,
                   not_read={"fields": "no_rights", "tasks": "not_asked"})  # fmt: skip
    book = build_book(account)
    fields = book.section("fields")
    assert (fields.is_read, fields.entries) == (False, ())
    assert fields.missing == {"fields": "no_rights"}
    assert book.section("choices").is_read  # the enums are a table of their own
    assert told(book, "stages", "p1/s1")["deals"] is None
    assert told(book, "task_types", "tt1")["tasks"] is None
    assert book.section("task_types").missing == {"tasks": "not_asked"}
    assert told(book, "passport", "account")["deals"] is None


def test_a_table_is_refused_with_the_one_that_tells_it(make) -> None:
    book = build_book(make(users=None, user_rights=None, not_read={"users": "no_rights"}))
    assert book.section("rights").missing["user_rights"] == "no_rights"


def test_of_a_kind_that_was_not_read_no_share_is_told(make) -> None:
    book = build_book(make(contacts=None))
    assert told(book, "fields", "contact/f1")["filled"] is None
    assert told(book, "tags", "contact/g1")["records"] is None
    assert told(book, "tags", "deal/g2")["records"] == 0


def test_enquiries_are_counted_by_pipeline_and_category(make) -> None:
    rows = [{"id": str(n), "pipeline_id": "p1", "category": "forms", "source_name": "Site"}
            for n in range(3)]  # fmt: skip
    waiting = told(build_book(make(unsorted=rows)), "unsorted", "p1/forms")
    assert (waiting["waiting"], waiting["sources"]) == (3, ("Site",))


def test_the_document_does_not_depend_on_the_order_of_rows(make) -> None:
    account = make()
    tables = {name: frame.reverse() for name, frame in account.tables.items()}
    assert build_book(replace(account, tables=tables)) == build_book(account)


def test_the_plain_document_has_the_settings_and_counts_nothing(make) -> None:
    book = build_plain_book(make())
    assert ids(book, "fields") == ids(build_book(make()), "fields")
    assert told(book, "fields", "contact/f1")["filled"] is None
