"""DEAL201, MAIL102, CHT101, CHT102, UNS101, NOT101, DUP301: who was heard, and who was not."""

from __future__ import annotations

import pytest

from dedupe.audit import run_checks

from .account import NOW, at, call, chat, deal, facts, found, links, result, rows, table

CLOSED = deal("5", at(days=-9), at(), owner_id="9")
SAID = chat("1", "contact:1", at(days=1))


def _lost(**more):
    tables = {"deals": rows(CLOSED), "links": links(("1", "5")), "messages": rows(SAID)} | more
    return found(facts(**tables), "DEAL201", "deal")


def test_a_client_of_a_closed_deal_whom_nobody_answered_is_lost() -> None:
    assert _lost() == ["5"]
    account = facts(deals=rows(CLOSED), links=links(("1", "5")), messages=rows(SAID))
    (finding,) = run_checks(account, select=["DEAL201"]).findings.rows(named=True)
    assert (finding["group"], finding["value"]) == ("chat", "2024-06-04 12:00")
    assert result(account, "DEAL201", "deal").base == 1
    assert table(account, "DEAL201", "lost_enquiries_by_channel") == [("chat", 1)]
    assert table(account, "DEAL201", "lost_enquiries_by_owner") == [("9", 1)]


@pytest.mark.parametrize(
    ("when", "is_lost"),
    [
        (at(hours=1), False),  # a word of thanks
        (at(hours=1, seconds=1), True),
        (at(hours=-1), False),
        (NOW, False),  # there are three days left to answer
    ],
)
def test_an_enquiry_comes_after_the_deal_was_closed(when, is_lost) -> None:
    assert bool(_lost(messages=rows(chat("1", "deal:5", when)))) is is_lost


@pytest.mark.parametrize(
    ("answer", "is_lost"),
    [
        (chat("2", "deal:5", at(days=4), "out", "9"), False),
        (chat("2", "deal:5", at(days=4, seconds=1), "out", "9"), True),
        (chat("2", "deal:5", at(days=2), "out", "0"), True),  # a robot
        (chat("2", "contact:2", at(days=2), "out", "9"), True),
    ],
)
def test_an_answer_within_three_days_is_no_loss(answer, is_lost) -> None:
    assert bool(_lost(messages=rows(SAID, answer))) is is_lost


def test_a_call_that_somebody_took_is_no_lost_enquiry() -> None:
    taken = call("1", "deal:5", at(days=1), duration=9)
    missed = call("1", "deal:5", at(days=1), duration=0)
    assert _lost(messages=rows(SAID)[:0], notes=rows(taken)) == []
    assert _lost(messages=rows(SAID)[:0], notes=rows(missed)) == ["5"]


@pytest.mark.parametrize(
    "other",
    [
        deal("6", at(days=-9)),  # open then, and now
        deal("6", at(days=30)),  # made later
        deal("6", at(days=-9), at(days=2)),  # closed after the enquiry
        deal("6", at(days=30), at(days=31)),
    ],
)
def test_another_deal_of_the_client_saw_the_enquiry(other) -> None:
    assert _lost(deals=rows(CLOSED, other), links=links(("1", "5"), ("1", "6"))) == []


def test_an_enquiry_on_the_contact_is_of_the_deal_closed_last() -> None:
    earlier = deal("6", at(days=-30), at(days=-20))
    both = links(("1", "5"), ("1", "6"))
    assert _lost(deals=rows(CLOSED, earlier), links=both) == ["5"]


def test_a_task_made_after_the_enquiry_is_an_answer() -> None:
    task = {"id": "1", "entity": "contact", "record_id": "1", "created_at": at(days=2)}
    assert _lost(tasks=rows(task)) == []
    assert _lost(tasks=rows(task | {"created_at": at(days=5)})) == ["5"]
    assert _lost(tasks=rows(task | {"created_at": None})) == ["5"]


def test_a_deal_without_a_contact_is_its_own_client() -> None:
    said = rows(chat("1", "deal:5", at(days=1)))
    assert _lost(links=links(), messages=said) == ["5"]


LETTER = call("1", "contact:1", at(), "amomail_message", income=True)


@pytest.mark.parametrize(
    ("notes", "is_found"),
    [
        ([LETTER], True),
        ([LETTER, call("2", "deal:5", at(days=40), "amomail_message", income=False)], False),
        ([LETTER, call("2", "deal:5", at(days=40), duration=9)], False),  # they spoke
        ([LETTER, call("2", "deal:5", at(days=-1), "call_out")], True),
        ([call("1", "contact:1", at(), "amomail_message")], False),  # nobody says whose it is
        ([call("1", "deal:5", NOW, "amomail_message", income=True)], False),
    ],
)
def test_a_letter_waits_until_somebody_answers_in_any_channel(notes, is_found) -> None:
    account = facts(notes=rows(*notes), deals=rows(deal("5", at())), links=links(("1", "5")))
    assert bool(found(account, "MAIL102", "contact")) is is_found


def test_letters_of_clients_without_an_open_deal_are_not_looked_at() -> None:
    account = facts(notes=rows(LETTER), deals=rows(CLOSED), links=links(("1", "5")))
    assert result(account, "MAIL102", "contact").base == 0


def test_a_chat_of_a_contact_without_any_deal_is_found() -> None:
    said = [chat(n, f"contact:{n}", at()) for n in ("1", "2")]
    account = facts(messages=rows(*said), deals=rows(deal("5", NOW)), links=links(("1", "5")))
    assert found(account, "CHT101", "contact") == ["2"]
    assert result(account, "CHT101", "contact").base == 2
    task = {"id": "1", "entity": "contact", "record_id": "2", "is_completed": False}
    assert found(facts(messages=rows(*said), tasks=rows(task)), "CHT101", "contact") == ["1"]


@pytest.mark.parametrize(("minutes", "n"), [(60, 1), (61, 0)])
def test_a_chat_of_the_last_hour_may_still_get_its_deal(minutes, n) -> None:
    account = facts(
        messages=rows(chat("1", "contact:1", at(days=60, hours=-1))),
        options={"CHT101": {"minutes": minutes}},
    )
    assert len(found(account, "CHT101", "contact")) == n


def test_a_later_talk_that_another_than_the_owner_answered() -> None:
    first = [chat("1", "contact:1", at()), chat("2", "contact:1", at(hours=1), "out", "8")]
    again = [chat("3", "contact:1", at(days=3)), chat("4", "deal:5", at(days=3), "out", "8")]
    robot = [chat("5", "contact:2", at()), chat("6", "contact:2", at(days=3), "out", "0")]
    more = {"deals": rows(deal("5", at())), "links": links(("1", "5"))}
    assert found(facts(messages=rows(*first, *robot), **more), "CHT102", "contact") == []
    account = facts(messages=rows(*first, *again, *robot), **more)
    assert found(account, "CHT102", "contact") == ["1"]
    assert result(account, "CHT102", "contact").base == 1
    assert table(account, "CHT102", "chats_answered_for_others") == [("8", 1, 1, 1.0)]


def test_enquiries_are_old_or_repeated() -> None:
    listed = rows(
        {"id": "a", "contact_id": "1", "source_name": "site", "created_at": NOW},
        {"id": "b", "contact_id": "1", "source_name": "site", "created_at": at(days=58.9)},
        {"id": "c", "contact_id": None, "source_name": None, "created_at": at(days=59)},
        {"id": "d", "contact_id": None, "source_name": None, "created_at": None},
    )
    account = facts(unsorted=listed)
    groups = run_checks(account, select=["UNS101"]).findings.select("record_id", "group").rows()
    assert groups == [("a", "repeated"), ("b", "old")]
    assert result(account, "UNS101", "unsorted").base == 4
    assert [row[:5] for row in table(account, "UNS101", "unsorted_by_source")] == [
        ("not told", 2, 1, 0, 0),
        ("site", 2, 1, 1, 0),
    ]


def _twice(second, **more):
    first = call("1", "contact:1", at(), duration=9, phone="+79161234567", source="pbx")
    return facts(notes=rows(first, second), **more)


@pytest.mark.parametrize(
    ("second", "is_found"),
    [
        (call("2", "deal:5", at(minutes=1), duration=9, phone="89161234567"), True),
        (call("2", "deal:5", at(minutes=1, seconds=1), duration=9, phone="89161234567"), False),
        (call("2", "deal:5", at(), duration=8, phone="89161234567"), False),
        (call("2", "deal:5", at(), duration=9, phone="89161234568"), False),
        (call("2", "deal:5", at(), "call_out", duration=9, phone="89161234567"), False),
        (call("2", "contact:1", at(), duration=9, phone="89161234567"), False),  # a retry
    ],
)
def test_one_call_on_two_cards_is_one_extra_note(second, is_found) -> None:
    assert found(_twice(second), "NOT101", "note") == ["2"] * is_found


def test_without_numbers_the_cards_of_one_client_are_compared() -> None:
    notes = rows(*(call(n, on, at(), duration=9) for n, on in _CARDS))
    account = facts(notes=notes, deals=rows(deal("5", at())), links=links(("1", "5")))
    assert found(account, "NOT101", "note") == ["2"]
    assert result(account, "NOT101", "note").base == 3
    assert table(account, "NOT101", "repeated_calls_by_source") == [("not told", 3, 1, 1 / 3)]


_CARDS = (("1", "contact:1"), ("2", "deal:5"), ("3", "contact:2"))


def test_two_calls_within_a_minute_on_two_cards_are_two_extra_notes() -> None:
    told = [("1", "contact:1", 0), ("2", "deal:5", 1), ("3", "contact:1", 30), ("4", "deal:5", 31)]
    notes = rows(*(call(n, on, at(seconds=s), duration=0, phone="9161234567") for n, on, s in told))
    assert found(facts(notes=notes), "NOT101", "note") == ["2", "4"]


def _second(*deals, **options):
    pairs = links(*(("1", one["id"]) for one in deals))
    return facts(deals=rows(*deals), links=pairs, options={"DUP301": options})


def test_open_deals_of_one_contact_within_the_window_are_a_group() -> None:
    account = _second(
        deal("1", at(), pipeline_id="a", source_id="7"),
        deal("2", at(days=90), pipeline_id="a", source_id="7"),
        deal("3", at(days=180, seconds=1), pipeline_id="a"),
        deal("4", at(), pipeline_id="b"),
        deal("5", at(), at(days=1), pipeline_id="a"),
        deal("6", None, pipeline_id="a"),
    )
    one = result(account, "DUP301", "deal")
    assert found(account, "DUP301", "deal") == ["1", "2"]
    assert (one.found, one.groups, one.extra, one.base) == (2, 1, 1, 5)
    assert table(account, "DUP301", "second_deals_by_source") == [
        ("7", 2, 1, 0.5),
        ("not told", 2, 0, 0.0),
    ]


def test_other_pipelines_count_where_the_option_says_so() -> None:
    deals = (deal("1", at(), pipeline_id="a"), deal("2", at(days=1), pipeline_id="b"))
    assert found(_second(*deals), "DUP301", "deal") == []
    assert found(_second(*deals, same_pipeline=False), "DUP301", "deal") == ["1", "2"]
    assert found(_second(*deals, same_pipeline=False, days=1), "DUP301", "deal") == ["1", "2"]
