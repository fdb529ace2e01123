"""A folder as one account: deals, links, tasks and the settings that resolve names."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.contracts import Account
from dedupe.crm.tables import read_tables
from dedupe.events import Event, StageAdvanced, StageFinished, StageStarted

from .conftest import Read, rows

CONTACTS = (
    "ID,Имя,Ответственный,Мобильный телефон,Рабочий email\n"
    "1,Анна Ёлкина,Орлов,+7 916 111-11-11,a@example.com\n"
    "2,Борис Петров,Орлов,,\n3,анна  елкина,Смирнова,89162222222,\n"
)
DEALS = (
    "ID,Название сделки,Бюджет,Ответственный,Этап сделки,Воронка,Полное имя "
    "контакта,Компания,Мобильный телефон,Теги\n"
)


def _links(account: Account, source: str, target: str) -> list[tuple[object, ...]]:
    frame = account.frame("links").filter(from_entity=source, to_entity=target)
    return sorted(frame.select("from_id", "to_id", "is_main").rows(), key=str)


def _notes(account: Account) -> dict[tuple[str, str], int]:
    return {(note.code, note.where): note.n for note in account.notes}


def test_a_unique_name_links_and_namesakes_are_told_by_their_phone(read: Read) -> None:
    deals = DEALS + (
        "10,Окно,1 500,Орлов,Переговоры,Продажи,Борис Петров,,,\n"
        "11,Дверь,,Орлов,Переговоры,Продажи,Анна Елкина,,8 (916) 222-22-22,\n"
        "12,Пол,,Орлов,Переговоры,Продажи,Анна Ёлкина,,,\n"
        "13,Стол,,Орлов,Переговоры,Продажи,Никто,,,\n"
        '14,Стул,,Орлов,Переговоры,Продажи,Кто-то другой,,"1, +79161111111",\n'
    )
    account = read({"contacts.csv": CONTACTS, "deals.csv": deals})
    assert _links(account, "contact", "deal") == [
        ("1", "12", None),
        ("1", "14", True),
        ("2", "10", True),
        ("3", "11", True),
        ("3", "12", None),
    ]
    assert _notes(account) == {
        ("ambiguous_links", "links.contact.deal"): 1,
        ("unresolved_links", "links.contact.deal"): 1,
    }
    assert account.not_read["links.company.deal"] == "no_table"


def test_ids_settle_links_before_names(read: Read) -> None:
    deals = "ID;Стадия сделки;Контакт;Контакт: ID\n10;Новая;Анна Ёлкина;3\n11;Новая;Борис Петров;\n"
    account = read({"contacts.csv": CONTACTS, "DEAL_2026.csv": deals})
    assert _links(account, "contact", "deal") == [("2", "11", True), ("3", "10", True)]


def test_the_column_of_deals_on_a_card_alone_decides(read: Read) -> None:
    contacts = (
        'ID,Имя,Сделки\n1,Анна,"Окно, Дверь, чего нет"\n'
        '2,Борис,12\n3,Вера,\n4,Глеб,"Стол, новый"\n'
        "5,Дина,0\n"
    )
    deals = DEALS + (
        '10,Окно,,,,,Вера,,,\n11,Дверь,,,,,Вера,,,\n12,Пол,,,,,Вера,,,\n13,"Стол, новый",,,,,,,,\n'
        "14,Дубль,,,,,,,,\n15,Дубль,,,,,,,,\n"
    )
    account = read({"contacts.csv": contacts, "deals.csv": deals})
    assert _links(account, "contact", "deal") == [
        ("1", "10", None),
        ("1", "11", None),
        ("1", None, None),
        ("2", "12", None),
        ("4", "13", None),
    ]


def test_a_wholly_empty_column_of_deals_decides_nothing(read: Read) -> None:
    deals = DEALS + "10,Окно,,,,,Анна,,,\n"
    account = read({"contacts.csv": "ID,Имя,Сделки\n1,Анна,\n", "deals.csv": deals})
    assert _links(account, "contact", "deal") == [("1", "10", True)]


def test_contacts_alone_may_tell_that_they_have_deals(read: Read) -> None:
    account = read({"contacts.csv": "ID,Имя,Сделки\n1,Анна,Окно\n2,Борис,\n"})
    assert _links(account, "contact", "deal") == [("1", None, None)]
    assert account.has("links.contact.deal")


def test_contacts_and_deals_link_to_companies_by_name(read: Read) -> None:
    account = read(
        {
            "contacts.csv": (
                "ID,Имя,Компания\n1,Анна,ооо Макет\n2,Борис,ООО Двойник\n3,Вера,нет такой\n"
            ),
            "companies.csv": "ID,Название компании\n7,ООО  Макет\n8,ООО Двойник\n9,ООО Двойник\n",
            "deals.csv": DEALS + "10,Окно,,,,,,ООО Макет,,\n",
        }
    )
    assert _links(account, "contact", "company") == [
        ("1", "7", None),
        ("2", "8", None),
        ("2", "9", None),
    ]
    assert _links(account, "company", "deal") == [("7", "10", None)]
    assert _notes(account)["ambiguous_links", "links.contact.company"] == 1


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        ("Успешно реализовано", "won"),
        ("Closed - won", "won"),
        ("Сделка успешна", "won"),
        ("C5:WON", "won"),
        ("142", "won"),
        ("Закрыто и не реализовано", "lost"),
        ("Closed - lost", "lost"),
        ("Сделка провалена", "lost"),
        ("Отменён", "lost"),
        ("143", "lost"),
        ("Неразобранное", "unsorted"),
        ("Incoming leads", "unsorted"),
        ("Переговоры", "open"),
        ("", None),
    ],
)
def test_the_stage_gives_the_state(read: Read, stage: str, state: str | None) -> None:
    account = read({"deals.csv": DEALS + f"10,Окно,,,{stage},,,,,\n"})
    assert rows(account, "deals", "state") == [(state,)]
    assert account.has("deals.state")


def test_without_a_stage_the_state_is_not_read(read: Read) -> None:
    account = read({"deals.csv": "ID,Название сделки\n1,Окно\n"})
    assert rows(account, "deals", "state") == [(None,)]
    assert account.not_read["deals.state"] == "no_column"
    assert account.not_read["deals.loss_reason_id"] == "no_column"


def test_settings_resolve_names_to_ids(read: Read) -> None:
    account = read(
        {
            "deals.csv": (
                "ID,Название сделки,Ответственный,Этап сделки,Воронка,Причина отказа,Источник\n"
                "1,Окно,Орлов,Финал,Опт,Дорого,Сайт\n"
                "2,Дверь,Двойник,финал,Розница,новая,Сайт\n"
                "3,Пол,5,Другой,Опт,,\n"
            ),
            "users.csv": (
                "id,name,email,is_admin,is_active\n"
                "5,Орлов,a@example.com,1,true\n"
                "6,Двойник,,0,\n7,Двойник,,нет,да\n"
            ),
            "pipelines.csv": "id,name,is_main\n100,Опт,1\n200,Розница,0\n",
            "statuses.csv": "pipeline_id,id,name,state\n100,1,Финал,won\n200,2,Финал,lost\n",
            "Причины отказа.csv": "id,name\n9,Дорого\n",
            "sources.csv": "id,name\n4,Сайт\n",
        }
    )
    columns = ("owner_id", "pipeline_id", "status_id", "state", "loss_reason_id", "source_id")
    assert rows(account, "deals", *columns) == [
        ("5", "100", "1", "won", "9", "4"),
        ("Двойник", "200", "2", "lost", "новая", "4"),
        ("5", "100", "Другой", "open", None, None),
    ]
    assert rows(account, "users", "id", "is_admin", "is_active") == [
        ("5", True, True),
        ("6", False, None),
        ("7", False, True),
    ]
    assert account.not_read["users.role_id"] == "no_column"
    assert account.has("users.is_admin")
    assert account.not_read["task_types"] == "no_table"


def test_tasks_find_their_record(read: Read) -> None:
    tasks = (
        "ID,Тип задачи,Текст задачи,Дата исполнения,Статус,Сделка,Сущность,ID сущности\n"
        "1,Звонок,Перезвонить,06.06.2024,Не выполнена,Окно,,\n"
        "2,Звонок,,07.06.2024,Выполнена,,contact,1\n3,,,,,Неизвестно,,\n"
    )
    account = read(
        {"contacts.csv": CONTACTS, "deals.csv": DEALS + "10,Окно,,,,,,,,\n", "tasks.csv": tasks}
    )
    assert rows(account, "tasks", "id", "entity", "record_id", "is_completed", "task_type_id") == [
        ("1", "deal", "10", False, "Звонок"),
        ("2", "contact", "1", True, "Звонок"),
        ("3", None, None, None, None),
    ]
    assert account.has("tasks.record_id")


def test_tables_of_the_snapshot_are_taken_as_they_are(read: Read) -> None:
    account = read(
        {
            "contacts.csv": (
                "id,name,owner_id,created_at,is_deleted\n"
                "1,Анна,5,2024-06-05T07:00:00Z,false\n"
                "2,Борис,5,,true\n"
            ),
            "channels.csv": (
                "entity,record_id,kind,raw,label,field_id,position\n"
                "contact,1,phone,2222222,MOB,PHONE,1\n"
                "contact,1,phone,1111111,WORK,PHONE,0\n"
            ),
            "links.csv": "from_entity,from_id,to_entity,to_id,is_main\ncontact,1,deal,10,true\n",
            "record_tags.csv": "entity,record_id,tag\ndeal,10,опт\n",
            "deals.csv": "id,name,state,pipeline_id,status_id\n10,Окно,won,1,142\n",
            "user_rights.csv": "user_id,entity,action,scope\n5,contact,delete,all\n",
            "ignored.csv": "aa,bb\n1,2\n",
        }
    )
    assert rows(account, "contacts", "id", "is_deleted") == [("1", False), ("2", True)]
    assert rows(account, "channels", "raw", "position") == [("1111111", 0), ("2222222", 1)]
    assert _links(account, "contact", "deal") == [("1", "10", True)]
    assert rows(account, "deals", "state", "status_id") == [("won", "142")]
    assert account.has("channels.contact.phone")
    assert account.has("links.contact.deal")
    assert account.has("record_tags.deal")
    assert account.not_read["channels.contact.email"] == "no_column"
    assert rows(account, "user_rights") == [("5", "contact", "delete", "all")]
    assert [code for code, _ in _notes(account)] == ["no_header"]


def test_a_crowd_of_namesakes_is_linked_to_some_deal(read: Read) -> None:
    """A thousand nameless cards and a thousand of their deals must not be a million links."""
    contacts = "ID,Имя,Мобильный телефон\n" + "".join(
        f"{at},Имя не указано,+7916{at:07}\n" for at in range(30)
    )
    deals = DEALS + "".join(f"{100 + at},,,,,,Имя не указано,,,\n" for at in range(40))
    deals += "200,,,,,,Имя не указано,,89160000003,\n"
    account = read({"contacts.csv": contacts, "deals.csv": deals})
    links = _links(account, "contact", "deal")
    assert ("3", "200", True) in links
    assert len(links) == 31
    assert {to_id for _, to_id, _ in links} == {None, "200"}
    assert _notes(account) == {("ambiguous_links", "links.contact.deal"): 40}


def test_a_deal_may_give_its_contact_in_parts(read: Read) -> None:
    deals = (
        "ID;Стадия сделки;Контакт: Имя;Контакт: Фамилия;Контакт: Мобильный телефон\n"
        "10;Новая;Анна;Ёлкина;+7 916 222-22-22\n11;Новая;Борис;Петров;\n"
    )
    contacts = "ID;Имя;Отчество;Фамилия;Мобильный телефон\n" + (
        "1;Анна;Ивановна;Ёлкина;89161111111\n2;Анна;Петровна;Ёлкина;89162222222\n3;Борис;;Петров;\n"
    )
    account = read({"CONTACT.csv": contacts, "DEAL.csv": deals})
    assert _links(account, "contact", "deal") == [("2", "10", True), ("3", "11", True)]


def test_retailcrm_orders_are_deals_of_their_customers(read: Read) -> None:
    orders = (
        "Номер заказа;Дата оформления заказа;Статус заказа;Внешний ID клиента;Фамилия;Имя;Сумма\n"
        "A-1;05.06.2024;Выполнен;c1;Ёлкина;Анна;1 500\nA-2;05.06.2024;Отменен;c1;;;\n"
    )
    customers = "Внешний ID клиента;Имя;Фамилия\nc1;Анна;Ёлкина\n"
    account = read({"customers.csv": customers, "orders.csv": orders})
    assert rows(account, "deals", "name", "state", "price") == [
        ("A-1", "won", 1500.0),
        ("A-2", "lost", None),
    ]
    assert _links(account, "contact", "deal") == [("c1", "1", True), ("c1", "2", True)]


def test_tasks_may_name_the_id_of_their_record(read: Read) -> None:
    text = (
        "id,task type,complete till,deal_id,contact_id,is_completed\n1,Call,,10,,1\n2,Call,,,5,0\n"
    )
    account = read({"tasks.csv": text})
    assert rows(account, "tasks", "entity", "record_id", "is_completed") == [
        ("deal", "10", True),
        ("contact", "5", False),
    ]
    assert account.not_read["tasks.owner_id"] == "no_column"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("amocrm_export_leads_2026-11-21.csv", "deals"),
        ("Сделки.csv", "deals"),
        ("выгрузка компаний.csv", "companies"),
        ("COMPANY_20260225_1.csv", "companies"),
        ("Контакты (2).csv", "contacts"),
        ("задачи.csv", "tasks"),
        ("Пользователи.csv", "users"),
        ("contacts and companies.csv", "contacts"),
        ("x.csv", "contacts"),
    ],
)
def test_the_name_of_a_file_tells_what_it_holds(read: Read, name: str, table: str) -> None:
    assert read({name: "id,name\n1,Анна\n"}).has(table)


def test_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("ID,ФИО\n1,Анна\n")
    (tmp_path / "users.csv").write_text("id,name\n1,Орлов\n")
    heard: list[Event] = []
    read_tables(tmp_path, listen=heard.append)
    assert heard[:3] == [
        StageStarted("read", 2),
        StageAdvanced("read", 1),
        StageAdvanced("read", 2),
    ]
    assert isinstance(heard[3], StageFinished)
    assert heard[3].rows == 2


_LIST = "<table><tr><td>ID</td><td>Имя</td></tr><tr><td>9</td><td>x</td></tr></table>"


def test_what_a_scan_wrote_beside_its_source_is_no_source(read) -> None:
    files: dict[str, str | bytes] = {
        "contacts.csv": "ID;Имя;Телефон\n1;Иван;+79161234567\n",
        "report.html": _LIST,
        "summary.json": "{}",
    }
    assert rows(read(files), "contacts", "id") == [("1",)]


def test_a_report_of_somebody_elses_is_read_like_any_table(read) -> None:
    account = read({"contacts.csv": "ID;Имя\n1;Иван\n", "report.html": _LIST})
    assert sorted(rows(account, "contacts", "id")) == [("1",), ("9",)]
