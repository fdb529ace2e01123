"""What becomes of the columns of contacts and companies, export by export."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dedupe.contracts import SNAPSHOT_TABLES, Account, Entity

from .conftest import Read, rows

AMO = (
    "ID,Тип,Имя,Имя,Фамилия,Название компании,Ответственный,Дата создания контакта,Сделки,Теги,"
    "Рабочий телефон,Рабочий прямой телефон,Мобильный телефон,Факс,Домашний телефон,Другой телефон,"
    "Рабочий email,Личный email,Другой email,Web,Должность\n"
)


def _notes(account: Account) -> dict[tuple[str, str], int]:
    return {(note.code, note.where): note.n for note in account.notes}


def test_amocrm_phones_keep_the_labels_of_their_columns(read: Read) -> None:
    account = read(
        {
            "a.csv": AMO
            + (
                "1,,Анна,,,,,,,,1111111,2222222,3333333,4444444,5555555,6666666,a@b.ru,"
                "c@b.ru,d@b.ru,b.ru,\n"
            )
        }
    )
    assert rows(account, "channels", "kind", "label", "field_id", "position") == [
        ("phone", "WORK", "PHONE", 0),
        ("phone", "WORKDD", "PHONE", 1),
        ("phone", "MOB", "PHONE", 2),
        ("phone", "FAX", "PHONE", 3),
        ("phone", "HOME", "PHONE", 4),
        ("phone", "OTHER", "PHONE", 5),
        ("email", "WORK", "EMAIL", 0),
        ("email", "PRIV", "EMAIL", 1),
        ("email", "OTHER", "EMAIL", 2),
        ("site", "OTHER", "WEB", 0),
    ]


def test_one_amocrm_export_may_hold_both_cards(read: Read) -> None:
    text = (
        AMO
        + "1,контакт,Анна Ёлкина,Анна,Ёлкина,ООО Макет"
        + "," * 15
        + "\n2,компания,ООО Макет"
        + "," * 18
        + "\n"
    )
    account = read({"amocrm_export_contacts_2026-11-21.csv": text})
    assert rows(account, "contacts", "id", "name", "first_name", "last_name") == [
        ("1", "Анна Ёлкина", "Анна", "Ёлкина")
    ]
    assert rows(account, "companies", "id", "name") == [("2", "ООО Макет")]
    assert ("contact", "1", "company", "2", None) in rows(account, "links")


def test_entity_overrides_the_type_column(read: Read) -> None:
    account = read({"x.csv": "ID,Тип,Имя\n1,контакт,А\n2,компания,Б\n"}, entity=Entity.CONTACT)
    assert rows(account, "contacts", "id") == [("1",), ("2",)]


def test_bitrix_names_are_composed_of_their_parts(read: Read) -> None:
    text = (
        "ID;Имя;Отчество;Фамилия;Компания;Рабочий телефон;Частный e-mail;Компания: "
        "Рабочий телефон\n"
        "7;Анна;;Ёлкина;ИП Макет;123-45-67;a@example.com;765-43-21\n8;;;;;;;\n"
    )
    account = read({"CONTACT_20260225_1.csv": text})
    assert rows(account, "contacts", "id", "name", "first_name", "last_name") == [
        ("7", "Анна Ёлкина", "Анна", "Ёлкина"),
        ("8", None, None, None),
    ]
    assert rows(account, "channels", "raw", "label") == [
        ("123-45-67", "WORK"),
        ("a@example.com", "PRIV"),
    ]
    fields = rows(account, "field_values", "field_id", "raw")
    assert fields == [("company", "ИП Макет"), ("Компания: Рабочий телефон", "765-43-21")]


def test_a_bitrix_lead_is_a_contact(read: Read) -> None:
    text = (
        "ID;Статус;Название лида;Имя;Фамилия;Мобильный телефон;Сумма\n"
        "1;Новый;Заявка;Анна;Ёлкина;1234567;5\n"
    )
    account = read({"LEAD_20260225.csv": text})
    assert rows(account, "contacts", "name") == [("Анна Ёлкина",)]
    assert ("Статус", "Новый") in rows(account, "field_values", "field_id", "raw")


def test_retailcrm_customers_are_contacts(read: Read) -> None:
    text = (
        "Внешний ID клиента;Имя;Фамилия;Отчество;E-mail;Телефон;Индекс адреса;Город;"
        "Дата создания;ИНН\n"
        "c1;Анна;Ёлкина;Ивановна;a@example.com;1234567;440000;Пенза;05.06.2024 10:00;7700000016\n"
    )
    account = read({"customers.csv": text})
    assert rows(account, "contacts", "id", "name") == [("c1", "Анна Ивановна Ёлкина")]
    assert dict(rows(account, "field_values", "field_id", "raw")) == {
        "middle_name": "Ивановна",
        "postcode": "440000",
        "city": "Пенза",
        "tax_id": "7700000016",
    }


def test_kommo_english_headers_are_known(read: Read) -> None:
    text = (
        "ID,Full name,First name,Last name,Company,Responsible user,Created at,Tags,Work phone,"
        "Work direct phone,Mobile phone,Work email,Personal email\n"
        '1,Ann Example,Ann,Example,Acme,Bob,2024-06-05T10:00:00Z,"a, b",1111111,'
        "2222222,3333333,a@b.com,c@d.com\n"
    )
    account = read({"kommo_export_contacts.csv": text})
    assert rows(account, "contacts", "id", "name", "owner_id") == [("1", "Ann Example", "Bob")]
    assert rows(account, "channels", "label") == [
        ("WORK",),
        ("WORKDD",),
        ("MOB",),
        ("WORK",),
        ("PRIV",),
    ]
    assert rows(account, "record_tags", "tag") == [("a",), ("b",)]


@pytest.mark.parametrize("header", ["Телефон", "тел.", "Моб. телефон", "Phone", "phone_number",
                                    "Контактный телефон", "Телефон 1", "PhoneNumber"])  # fmt: skip
def test_plain_phone_headers_are_the_standard_field(read: Read, header: str) -> None:
    account = read({"list.csv": f"ФИО;{header}\nАнна;1234567\n"})
    assert rows(account, "channels", "kind", "field_id") == [("phone", "PHONE")]


@pytest.mark.parametrize(
    "header", ["Email", "E-mail", "e mail", "Почта", "Эл. почта", "Электронная почта"]
)
def test_plain_email_headers_are_the_standard_field(read: Read, header: str) -> None:
    account = read({"list.csv": f"ФИО;{header}\nАнна;a@example.com\n"})
    assert rows(account, "channels", "kind", "field_id") == [("email", "EMAIL")]


@pytest.mark.parametrize("header", ["Доп. телефон", "WhatsApp", "Viber", "Телефон бухгалтерии"])
def test_other_phone_columns_are_fields_of_their_own(read: Read, header: str) -> None:
    account = read({"list.csv": f"ФИО;Телефон;{header}\nАнна;;+7 916 123-45-67\n"})
    assert rows(account, "channels", "raw", "label", "field_id") == [
        ("+7 916 123-45-67", header, header)
    ]


def test_a_column_that_only_sounds_like_a_phone_is_a_field(read: Read) -> None:
    account = read({"list.csv": "ФИО;Телефон;WhatsApp\nАнна;1234567;да\nБорис;7654321;нет\n"})
    assert rows(account, "channels", "raw") == [("1234567",), ("7654321",)]
    assert rows(account, "field_values", "field_id", "raw") == [
        ("WhatsApp", "да"),
        ("WhatsApp", "нет"),
    ]


def test_a_cell_is_cut_only_where_the_parts_are_marked(read: Read) -> None:
    text = (
        "ФИО;Телефон\nА;'+79161234567, '+79161234568\n"
        "Б;+79161234567, +79161234568\n"
        "В;79161234567.0\n"
    )
    account = read({"list.csv": text})
    assert rows(account, "channels", "record_id", "raw", "position") == [
        ("1", "+79161234567", 0),
        ("1", "+79161234568", 1),
        ("2", "+79161234567, +79161234568", 0),
        ("3", "79161234567", 0),
    ]


def test_the_named_separator_cuts_every_cell(read: Read) -> None:
    account = read({"list.csv": "ФИО;Телефон\nА;1234567/ 7654321/\n"}, value_separator="/")
    assert rows(account, "channels", "raw") == [("1234567",), ("7654321",)]


def test_joined_cells_of_a_crm_export_are_counted(read: Read) -> None:
    text = AMO + (
        '1,,А,,,,,,,,"+79161234567, +79161234568",,"\'+79161234567, \'+79161234568",'
        ',,,"a@b.ru, c@d.ru",,,,\n'
    )
    account = read({"a.csv": text})
    assert _notes(account) == {
        ("joined_cells", "channels.contact.phone"): 1,
        ("joined_cells", "channels.contact.email"): 1,
    }


def test_moments_are_utc_of_the_zone_and_bad_ones_are_counted(read: Read) -> None:
    text = (
        "ID,Имя,Дата создания\n1,А,05.06.2024 10:00\n"
        "2,Б,31.02.2024\n3,В,1717570000\n"
        "4,Г,скоро\n5,Д,\n"
    )
    account = read({"contacts.csv": text}, timezone="Asia/Yekaterinburg")
    assert account.frame("contacts")["created_at"].to_list() == [
        datetime(2024, 6, 5, 5, tzinfo=UTC),
        None,
        datetime(2024, 6, 5, 6, 46, 40, tzinfo=UTC),
        None,
        None,
    ]
    assert _notes(account) == {("bad_date", "contacts.created_at"): 2}


def test_rows_of_one_id_are_one_card_and_lose_nothing(read: Read) -> None:
    text = (
        "ID,Имя,Должность,Телефон,Телефон\n1.0,,директор,1111111,1111111\n"
        "1,Анна,закупщик,1111111,2222222\n2,Борис,,,\n"
    )
    account = read({"contacts.csv": text})
    assert rows(account, "contacts", "id", "name") == [("1", "Анна"), ("2", "Борис")]
    # The number twice in one row is a finding of the audit; once more in the next row is not.
    assert rows(account, "channels", "raw", "position") == [
        ("1111111", 0),
        ("1111111", 1),
        ("2222222", 2),
    ]
    assert rows(account, "field_values", "raw") == [("директор",), ("закупщик",)]
    assert _notes(account) == {("repeated_id", "contacts.id"): 1}


def test_a_row_without_an_id_keeps_apart_from_all_ids(read: Read) -> None:
    account = read({"contacts.csv": "ID,Имя\n2,Анна\n,Борис\n"})
    assert rows(account, "contacts", "id") == [("2",), ("row 2",)]
    assert _notes(account) == {("no_id", "contacts.id"): 1}


def test_two_lists_without_ids_never_mix(read: Read) -> None:
    account = read({"contacts_a.csv": "ФИО\nАнна\n", "contacts_b.csv": "ФИО\nБорис\n"})
    assert rows(account, "contacts", "id", "name") == [
        ("contacts_a:1", "Анна"),
        ("contacts_b:1", "Борис"),
    ]


def test_a_map_gives_roles_to_unknown_headers(read: Read) -> None:
    text = (
        "rec_id, given_name, surname, address_1, address_2, phone_number, soc_sec_id\n"
        "rec-1, ann, example, 1 road, hill, 1234567, 99\n"
    )
    roles = {
        "given_name": "first_name",
        "address_1": "address",
        "address_2": "address",
        "soc_sec_id": "tax_id",
    }
    account = read({"dataset.csv": text}, roles=roles, entity=Entity.CONTACT)
    assert rows(account, "contacts", "id", "name") == [("rec-1", "ann example")]
    assert sorted(rows(account, "field_values", "field_id", "raw")) == [
        ("address", "1 road"),
        ("address", "hill"),
        ("tax_id", "99"),
    ]


def test_the_map_can_leave_a_column_alone(read: Read) -> None:
    account = read({"list.csv": "ФИО;Телефон\nАнна;1234567\n"}, roles={"Телефон": "field"})
    assert account.not_read["channels.contact.phone"] == "no_column"
    assert rows(account, "field_values", "field_id", "raw") == [("Телефон", "1234567")]


def test_nothing_of_a_row_is_lost(read: Read) -> None:
    header = "ID;ФИО;Компания;Город;Город;Ник;Источник;Статус;Сумма"
    account = read({"contacts.csv": header + "\n1;Анна;Макет;Пенза;Москва;аня;сайт;новый;5\n"})
    assert rows(account, "field_values", "field_id", "raw") == [
        ("company", "Макет"),
        ("city", "Пенза"),
        ("Город", "Москва"),
        ("Ник", "аня"),
        ("Источник", "сайт"),
        ("Статус", "новый"),
        ("Сумма", "5"),
    ]


def test_companies_are_known_by_their_headers(read: Read) -> None:
    account = read({"x.csv": "Организация;ИНН;Телефон\nООО Макет;7700000016;1234567\n"})
    assert rows(account, "companies", "name") == [("ООО Макет",)]
    assert account.not_read["contacts"] == "no_table"


def test_what_a_file_does_not_tell_is_not_read(read: Read) -> None:
    account = read({"contacts.csv": "ID,ФИО,Теги\n1,Анна,\n"})
    assert account.not_read["channels.contact.phone"] == "no_column"
    assert account.not_read["channels.contact.email"] == "no_column"
    assert account.not_read["links.contact.deal"] == "no_table"
    assert account.not_read["contacts.owner_id"] == "no_column"
    assert account.not_read["deals"] == account.not_read["tags"] == "no_table"
    assert account.has("record_tags.contact")
    assert account.has("contacts.name")
    assert not account.has("links")


def test_every_table_conforms_to_its_contract(read: Read) -> None:
    account = read({"a.csv": AMO + "1,,А,,,Б,В,05.06.2024,Г,д,1234567,,,,,,,,,,\n"})
    for name, table in account.tables.items():
        assert table.collect_schema() == SNAPSHOT_TABLES[name].schema


def test_columns_of_another_record_are_told_by_their_scope(read: Read) -> None:
    text = (
        "ID;ФИО;Компания: ID;Рабочий телефон (контакт);Рабочий телефон (компания)\n"
        "1;Анна;7;1111111;2222222\n"
    )
    account = read({"contacts.csv": text, "companies.csv": "ID;Название компании\n7;Макет\n"})
    assert rows(account, "channels", "raw", "label") == [("1111111", "WORK")]
    assert rows(account, "links", "from_id", "to_id") == [("1", "7")]
    assert ("Рабочий телефон (компания)", "2222222") in rows(
        account, "field_values", "field_id", "raw"
    )


def test_a_numbered_phone_beside_labelled_ones_is_a_field_of_its_own(read: Read) -> None:
    header = "ID;ФИО;Рабочий телефон;Мобильный телефон;Телефон 2;Telegram;Сайт"
    account = read({"a.csv": f"{header}\n1;Анна;1111111;2222222;3333333;@anna;anna.example\n"})
    assert rows(account, "channels", "kind", "raw", "field_id") == [
        ("phone", "1111111", "PHONE"),
        ("phone", "2222222", "PHONE"),
        ("phone", "3333333", "Телефон 2"),
        ("messenger", "@anna", "Telegram"),
        ("site", "anna.example", "WEB"),
    ]


def test_mapped_channels_are_the_standard_field(read: Read) -> None:
    roles = {"cell no": "phone", "написать": "email", "чат": "messenger", "дом": "site"}
    account = read({"a.csv": "name,cell no,написать,чат,дом\nAnn,1,2,3,4\n"}, roles=roles)
    assert rows(account, "channels", "kind", "raw", "field_id") == [
        ("phone", "1", "PHONE"),
        ("email", "2", "EMAIL"),
        ("messenger", "3", "чат"),
        ("site", "4", "WEB"),
    ]


def test_two_id_columns_that_agree_are_one(read: Read) -> None:
    account = read({"contacts.csv": "ID,ИД,ФИО\n1,,Анна\n,3,Борис\n4,4,Вера\n"})
    assert rows(account, "contacts", "id") == [("1",), ("3",), ("4",)]
