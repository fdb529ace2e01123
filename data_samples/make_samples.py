"""Makes the sample tables of this folder, the same ones each time.

    python data_samples/make_samples.py [FOLDER]

All people, companies, numbers and addresses are made up. Phones are of ranges that look
real, so that the engine has something to validate.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

SEED = 20261121
# Reserved domains (example.com) are placeholders to the engine, so these are made up.
MAIL_DOMAINS = ["pochta-obrazec.ru", "mail-obrazec.ru", "yaschik-obrazec.com"]
FIRST = {
    "m": ["Алексей", "Борис", "Виктор", "Григорий", "Денис", "Евгений", "Игорь", "Фёдор"],
    "f": ["Алла", "Вера", "Галина", "Дарья", "Елена", "Жанна", "Ирина", "Ольга"],
}
LAST = ["Калинкин", "Дубравин", "Лесовой", "Сорокопуд", "Мирошин", "Верстов", "Полянский", "Ёлкин"]
COMPANIES = ["ООО «Ромашка-Тест»", "ИП Лесовой Б.", "АО «Северный пример»", "ООО Образец плюс",
             "Ромашка-тест", "Кафе «Выдумка»", "ООО «Макет»", "Завод Примерный"]  # fmt: skip
USERS = ["Анна Смирнова (пример)", "Пётр Орлов (пример)", "Робот"]
STAGES = ["Первичный контакт", "Переговоры", "Счёт выставлен", "Успешно реализовано",
          "Закрыто и не реализовано", "Неразобранное"]  # fmt: skip
REASONS = ["Дорого", "Передумал", ""]
PHONES = ["Рабочий телефон", "Рабочий прямой телефон", "Мобильный телефон", "Факс",
          "Домашний телефон", "Другой телефон"]  # fmt: skip
EMAILS = ["Рабочий email", "Личный email", "Другой email"]
CARD = ["ID", "Тип", "Имя", "Имя", "Фамилия", "Название компании", "Ответственный",
        "Дата создания контакта", "Кем создан контакт", "Сделки", "Дата редактирования",
        "Кем редактирован", "Теги", "Примечание 1", *PHONES, *EMAILS, "Web", "Адрес", "Должность",
        "Доп. телефон", "ИНН"]  # fmt: skip
DEAL = ["ID", "Название сделки", "Бюджет", "Ответственный", "Дата создания сделки",
        "Кем создана сделка", "Дата редактирования", "Кем редактирована", "Дата закрытия", "Теги",
        "Примечание", "Этап сделки", "Воронка", "Полное имя контакта", "Компания контакта",
        "Ответственный за контакт", "Компания", *PHONES, *EMAILS, "Причина отказа",
        "utm_source"]  # fmt: skip
BITRIX = ["ID", "Имя", "Отчество", "Фамилия", "Компания", "Рабочий телефон", "Мобильный телефон",
          "Другой телефон", "Рабочий e-mail", "Частный e-mail", "Ответственный", "Дата создания",
          "Комментарий"]  # fmt: skip


class Maker:
    """Draws people and their mess from one seeded source."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)
        self.numbers = iter(self.random.sample(range(1_000_000, 9_999_999), 500))

    def person(self) -> tuple[str, str]:
        sex = self.random.choice("mf")
        last = self.random.choice(LAST)
        if sex == "f":
            last = last.removesuffix("ой") + "ая" if last.endswith("ой") else last
            last = last.removesuffix("ий") + "ая" if last.endswith("ий") else last
            last += "а" if last.endswith(("н", "в")) else ""
        return self.random.choice(FIRST[sex]), last

    def phone(self) -> str:
        return f"916{next(self.numbers)}"

    def spelled(self, phone: str) -> str:
        """Write a number in one of the ways in which people write them."""
        a, b, c, d = phone[:3], phone[3:6], phone[6:8], phone[8:]
        return self.random.choice(
            [f"'+7{phone}", f"8{phone}", f"+7 ({a}) {b}-{c}-{d}", f"8-{a}-{b}-{c}-{d}", phone]
        )

    def moment(self, *, later: bool = False) -> str:
        first = datetime(2025, 7, 1) if later else datetime(2025, 1, 9, 9)
        at = first + timedelta(minutes=self.random.randrange(200_000))
        return at.strftime("%d.%m.%Y %H:%M:%S")

    def mail(self, n: int) -> str:
        return f"klient-obrazec-{n}@{self.random.choice(MAIL_DOMAINS)}"


def contacts(maker: Maker) -> list[dict[str, object]]:
    """Return 32 contacts, among them doubled cards, joined numbers and cards without a name."""
    rows: list[dict[str, object]] = []
    for n in range(1, 29):
        first, last = maker.person()
        phone = maker.phone()
        rows.append(_contact(maker, n, first, last, phone))
    for original in (2, 5, 11):  # the same people once more, spelled otherwise
        twin = dict(rows[original])
        phone = "".join(ch for ch in str(twin[PHONES[2]]) if ch.isdigit())[-10:]
        twin |= {"ID": 5000 + original, PHONES[2]: "", PHONES[0]: maker.spelled(phone)}
        twin |= {"full": str(twin["full"]).lower(), "Дата создания контакта": maker.moment()}
        rows.append(twin)
    rows[3][PHONES[0]] = f"'+7{maker.phone()}, '+7{maker.phone()}"
    rows[4][PHONES[0]] = f"+7{maker.phone()}, +7{maker.phone()}"
    rows[6] |= {PHONES[2]: "", EMAILS[0]: ""}
    rows[7] |= {"full": "Имя не указано", "first": "", "last": ""}
    rows[8][PHONES[2]] = "позвонить секретарю"
    rows[9] |= {PHONES[2]: "", "Доп. телефон": f"8 {maker.phone()} (WhatsApp)"}
    rows[10][EMAILS[0]] = "a.obrazec@firma-obrazec.ru, b.obrazec@firma-obrazec.ru"
    rows[12]["Примечание 1"] = "Просил перезвонить\nпосле праздников, «не раньше десяти»"
    rows.append(_contact(maker, 900, "", "", "") | {"full": f"7{maker.phone()}"})
    return rows


def _contact(maker: Maker, n: int, first: str, last: str, phone: str) -> dict[str, object]:
    return {
        "ID": 1000 + n,
        "Тип": "контакт",
        "full": f"{first} {last}".strip(),
        "first": first,
        "last": last,
        "Название компании": maker.random.choice([*COMPANIES, "", "", ""]),
        "Ответственный": maker.random.choice(USERS[:2]),
        "Дата создания контакта": maker.moment(),
        "Кем создан контакт": maker.random.choice(USERS),
        "Дата редактирования": maker.moment(later=True),
        "Теги": maker.random.choice(["", "", "опт", "опт, выставка", "розница"]),
        PHONES[2]: maker.spelled(phone) if phone else "",
        EMAILS[0]: maker.mail(n) if n % 3 else "",
        "Должность": maker.random.choice(["", "директор", "закупщик"]),
    }


def companies(maker: Maker) -> list[dict[str, object]]:
    """Return eight companies; two of them are one, and two share a switchboard."""
    switchboard = f"+7 (495) {str(next(maker.numbers))[:3]}-00-11"
    return [
        {
            "ID": 3000 + n,
            "Тип": "компания",
            "full": name,
            "Ответственный": maker.random.choice(USERS[:2]),
            "Дата создания контакта": maker.moment(),
            "Кем создан контакт": USERS[0],
            PHONES[0]: switchboard if n < 2 else maker.spelled(maker.phone()),
            EMAILS[0]: f"ofis{n}@firma-obrazec.ru",
            "Web": f"firma{n}.example",
            "ИНН": "7700000016" if n in (0, 4) else "",
            "Адрес": "г. Примерск, ул. Образцовая, 1",
        }
        for n, name in enumerate(COMPANIES)
    ]


def deals(maker: Maker, people: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return 24 deals of most contacts, in every state."""
    rows = []
    for n in range(24):
        who = people[n % 20]
        stage = STAGES[n % len(STAGES)]
        closed = stage in ("Успешно реализовано", "Закрыто и не реализовано")
        rows.append(
            {
                "ID": 7000 + n,
                "who": who["ID"],
                "Название сделки": f"Сделка #{7000 + n}",
                "Бюджет": maker.random.choice(["", 12000, 45500, 99000]),
                "Ответственный": who["Ответственный"],
                "Дата создания сделки": maker.moment(),
                "Кем создана сделка": maker.random.choice(USERS),
                "Дата закрытия": maker.moment(later=True) if closed else "",
                "Теги": maker.random.choice(["", "сайт", "сайт, срочно"]),
                "Этап сделки": stage,
                "Воронка": "Продажи",
                "Полное имя контакта": who["full"],
                "Компания контакта": who["Название компании"],
                "Компания": who["Название компании"],
                PHONES[2]: who[PHONES[2]],
                EMAILS[0]: who[EMAILS[0]],
                "Причина отказа": REASONS[n % 3] if stage.startswith("Закрыто") else "",
                "utm_source": maker.random.choice(["", "yandex"]),
            }
        )
    return rows


def cells(rows: Iterable[dict[str, object]], header: Sequence[str]) -> list[list[object]]:
    """Lay rows out under amoCRM's header, which has the column "Имя" twice."""
    table = []
    for row in rows:
        names = iter([row.get("full", ""), row.get("first", "")])
        full = {**row, "Фамилия": row.get("last", row.get("Фамилия", ""))}
        table.append([next(names) if text == "Имя" else full.get(text, "") for text in header])
    return table


def write_csv(
    path: Path, header: Sequence[str], table: Iterable[Sequence[object]], **how: str
) -> None:
    """Write a table as the CRM does: amoCRM with commas, Bitrix24 with semicolons."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoding = how.get("encoding", "utf-8")
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=how.get("delimiter", ","), lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(table)


def bitrix(maker: Maker) -> list[list[object]]:
    """Return 15 contacts of a Bitrix24 export, whose names stand in parts."""
    rows: list[list[object]] = []
    for n in range(15):
        first, last = maker.person()
        both = f"+7{maker.phone()}, +7{maker.phone()}" if n % 5 == 0 else f"8{maker.phone()}"
        company = maker.random.choice([*COMPANIES, ""])
        mail = maker.mail(100 + n) if n % 2 else ""
        comment = 'Пишет: "не звонить"; только почта' if n == 4 else ""
        rows.append(
            [
                n + 1,
                first,
                "",
                last,
                company,
                "",
                both,
                "",
                mail,
                "",
                USERS[0],
                maker.moment(),
                comment,
            ]
        )
    return rows


def write_call_list(path: Path, maker: Maker) -> None:
    """Write a list as people keep it: titles on top, gaps, numbers that Excel has touched."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"created": datetime(2026, 1, 1)})
    sheet = book.add_worksheet("Лист1")
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.merge_range(0, 0, 0, 5, "База для обзвона, январь")
    sheet.write(1, 0, "выгрузил: отдел продаж")
    header = ["Организация", "Контактное лицо", "Телефон", "E-mail", "Дата звонка", "Комментарий"]
    sheet.write_row(3, 0, header)
    for n in range(20):
        _write_call(sheet, 4 + n, n, maker, day)
    book.close()


def _write_call(
    sheet: xlsxwriter.worksheet.Worksheet, at: int, n: int, maker: Maker, day: object
) -> None:
    first, last = maker.person()
    phone = maker.phone()
    if n % 4 == 0:  # one company over several rows, as if the cells were merged
        sheet.write_string(at, 0, COMPANIES[n // 4])
    sheet.write_string(at, 1, f"{last} {first}" if n != 7 else "")
    if n % 5 == 0:
        sheet.write_number(at, 2, int(f"7{phone}"))  # a number to Excel, an exponent on screen
    elif n % 5 == 1:
        sheet.write_string(at, 2, f"8{phone}; 8{maker.phone()}")
    elif n % 5 == 2:
        sheet.write_string(at, 2, f"8{phone}8{maker.phone()}")  # glued
    else:
        sheet.write_string(at, 2, maker.spelled(phone).lstrip("'"))
    sheet.write_string(at, 3, maker.mail(200 + n) if n % 3 else "")
    if n % 2:
        sheet.write_datetime(at, 4, datetime(2026, 1, 12) + timedelta(days=n), day)
    sheet.write_string(at, 5, "нет ответа" if n % 6 == 0 else "")


def main(folder: Path) -> None:
    """Write every sample below `folder`."""
    maker = Maker()
    people, firms = contacts(maker), companies(maker)
    sales = deals(maker, people)
    for person in people:  # amoCRM names a card's deals in one cell
        names = [str(deal["Название сделки"]) for deal in sales if deal["who"] == person["ID"]]
        person["Сделки"] = ", ".join(names)
    people[25]["Сделки"] = "Сделка, которой больше нет"
    write_csv(folder / "amocrm_contacts_ru.csv", CARD, cells([*people, *firms], CARD))
    amocrm = folder / "amocrm"
    only = [text for text in CARD if text != "Тип"]
    write_csv(amocrm / "amocrm_contacts_ru.csv", only, cells(people, only))
    firm_header = ["ID", "Название компании", "Ответственный", "Дата создания компании",
                   "Кем создана компания", *PHONES, *EMAILS, "Web", "Адрес", "ИНН"]  # fmt: skip
    firm_rows = [
        row
        | {
            "Название компании": row["full"],
            "Дата создания компании": row["Дата создания контакта"],
            "Кем создана компания": row["Кем создан контакт"],
        }
        for row in firms
    ]
    write_csv(amocrm / "amocrm_companies_ru.csv", firm_header, cells(firm_rows, firm_header))
    write_csv(amocrm / "amocrm_deals_ru.csv", DEAL, cells(sales, DEAL))
    users = [
        [n, name, f"sotrudnik{n}@firma-obrazec.ru", n == 1, n != 3]
        for n, name in enumerate(USERS, 1)
    ]
    write_csv(amocrm / "users.csv", ["id", "name", "email", "is_admin", "is_active"], users)
    write_csv(folder / "bitrix24_contacts.csv", BITRIX, bitrix(maker), delimiter=";")
    write_call_list(folder / "call_list.xlsx", maker)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
