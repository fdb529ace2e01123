"""name_status and match_key: what is a name, and which spellings are the same one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.normalize.names import judge, match_key, name_status


@pytest.mark.parametrize("name", [None, "", "  ", "\u00a0", "\t\n"])
def test_blank_names_are_empty(name: str | None) -> None:
    assert name_status(name).status == "empty"
    assert match_key(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Имя не указано",
        "имя не указано.",
        "Не указано",
        "Без имени",
        "(без имени)",
        "Клиент без имени",
        "Неизвестный контакт",
        "Неизвестно",
        "No name",
        "noname",
        "Unknown",
        "N/A",
        "null",
        "ФИО",
        "Новый контакт",
        "Нет",
    ],
)
def test_crm_fillers_are_placeholders(name: str) -> None:
    assert name_status(name).status == "placeholder"
    assert match_key(name) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("+7 (916) 123-45-67", "phone"),
        ("89161234567", "phone"),
        ("79161234567 (имя не указано)", "phone"),
        ("ivan@mail.ru", "email"),
        ("@vanya", "handle"),
        ("ivan_89", "handle"),
        ("https://vk.com/ivan", "handle"),
        ("id1234567", "handle"),
        ("Входящий звонок 79161234567", "telephony"),
        ("Пропущенный вызов от +7 916 123-45-67", "telephony"),
        ("Новый контакт 79161234567, входящий звонок на 74951234567", "telephony"),
        ("Звонок от +79161234567", "telephony"),
        ("Incoming call", "telephony"),
        ("Гость из чата", "chat"),
        ("Посетитель сайта", "chat"),
        ("WhatsApp 79161234567", "chat"),
        ("Лид с сайта", "chat"),
        ("Новый лид (LiveTex) - Обратный звонок", "form"),
        ("Заявка с сайта romashka.ru", "form"),
        ("тест", "test"),
        ("Тест Тестов", "test"),
        ("Тестовый контакт 2", "test"),
        ("test test", "test"),
        ("фыва", "test"),
        ("asdasd", "test"),
        ("ааа", "test"),
        ("дубль Иванов", "marker"),
        ("не звонить", "marker"),
        ("Клиент 12", "auto"),
        ("Сделка #123", "auto"),
        ("Бухгалтер", "role"),
        ("???", "symbols"),
        ("😀🎉", "symbols"),
        ("12345", "digits"),
        ("550e8400-e29b-41d4-a716-446655440000", "hash"),
    ],
)
def test_made_up_names_are_junk_with_a_reason(name: str, reason: str) -> None:
    found = name_status(name)
    assert (found.status, found.reason) == ("junk", reason)
    assert match_key(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Тестов Иван",
        "Тестова",
        "Звонков Пётр",
        "Новый Иван Петрович",
        "Гость Ирина",
        "Контактов Олег Юрьевич",
        "Лидия Заявкина",
        "Мастеров Директор Иванович",
        "Бот Анна Ивановна",
        "Неизвестный Сергей Петрович",
        "Иван Тест Петрович",
        "Ян",
        "Ли",
        "Ким Ир",
        "О'Нил",
        "Иванов И.И.",
        "Гасанов Али Вагиф оглы",
        "Александр",
        "Alex Wert",
        "James O'Neil",
        "李",
        "Иван 89161234567",
        "Анна (ivan@mail.ru)",
    ],
)
def test_real_names_are_never_junk(name: str) -> None:
    assert name_status(name).status == "ok"
    assert match_key(name)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Компания не указана", "placeholder"),
        ("Без названия", "placeholder"),
        ("Новая компания", "placeholder"),
        ("test", "junk"),
        ("тестовая компания", "junk"),
        ("+7 916 123-45-67", "junk"),
        ("---", "junk"),
        ("Компания 12", "junk"),
        ("Архив", "ok"),
        ("Мастер", "ok"),
        ("Экспресс Тест", "ok"),
        ("Telegram", "ok"),
        ("585", "ok"),
        ("romashka.ru", "ok"),
        ("ООО Тест", "ok"),
    ],
)
def test_companies_have_their_own_fillers(name: str, status: str) -> None:
    assert name_status(name, is_company=True).status == status


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Пётр Иванов", "ИВАНОВ  ПЕТР"),
        ("Ивaнов Пeтр", "Иванов Пётр"),  # Latin a and e
        ("Петрова-Водкина, Анна", "Анна Петрова Водкина"),
        ("Иван 89161234567", "иван"),
        ("Ｉｖａｎ", "ivan"),
        ("O’Neil", "O'Neil"),
    ],
)
def test_spellings_of_one_name_share_a_key(left: str, right: str) -> None:
    assert match_key(left) == match_key(right) != ""


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('ООО "Ромашка"', "Ромашка, ООО"),
        ("OОO Ромашка", "Общество с ограниченной ответственностью «Ромашка»"),
        ("Romashka LLC", "ROMASHKA"),
        ("Coca-Cola Co., Ltd", "coca cola"),
        ("ИП Иванов И.И.", "Иванов И. И. (ИП)"),
        ("ТОО «Алатау»", "Алатау"),
    ],
)
def test_legal_forms_do_not_count_in_a_company_key(left: str, right: str) -> None:
    assert match_key(left, is_company=True) == match_key(right, is_company=True) != ""


def test_different_names_have_different_keys() -> None:
    assert match_key("Иван Петров") != match_key("Иван Петрова")
    assert match_key("Альфа", is_company=True) != match_key("Альфа Плюс", is_company=True)


@settings(deadline=None, derandomize=True, max_examples=600)
@given(
    st.one_of(
        st.none(), st.text(max_size=40), st.text("иванпетров ИПОabcoOTест0189@.-_'№", max_size=30)
    ),
    st.booleans(),
)
def test_any_text_has_a_status_and_a_key_only_when_ok(name: str | None, is_company: bool) -> None:
    status, key = judge(name, is_company=is_company)
    assert status.status in {"ok", "empty", "placeholder", "junk"}
    assert (key != "") == (status.status == "ok")
    assert (status.reason is None) == (status.status in ("ok", "empty"))
    assert key == " ".join(sorted(key.split()))
