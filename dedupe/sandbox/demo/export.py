"""The demo account as the Russian CSV files that amoCRM's export and settings make.

`contacts.csv`, `companies.csv` and `deals.csv` have the export's columns in its order;
a card with two mobile numbers gets two columns of that header. People, firms, stages
and users stand by name, as in an export; links survive as ids in "Сделки". Deleted
cards are left out, as the export leaves them. The settings tables have the
snapshot's own column names; the list of fields is none of them, as an export tells fields
by their names alone. Semicolons, UTF-8 with a mark, Moscow time.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from dedupe.contracts import Account
from dedupe.errors import StorageError
from dedupe.language import N_

from .build import DemoAccount
from .phones import EXTRA_NAME
from .settings import CITY, POSITION, TAX_ID, VISIT, WHENCE

SETTINGS = (
    "users",
    "user_rights",
    "tags",
    "task_types",
    "pipelines",
    "statuses",
    "loss_reasons",
    "sources",
    "roles",
)
_ZONE = "Europe/Moscow"
_TIME = "%d.%m.%Y %H:%M:%S"
_CHANNELS = (
    ("phone", "WORK", "Рабочий телефон"),
    ("phone", "WORKDD", "Рабочий прямой телефон"),
    ("phone", "MOB", "Мобильный телефон"),
    ("phone", "FAX", "Факс"),
    ("phone", "HOME", "Домашний телефон"),
    ("phone", "OTHER", "Другой телефон"),
    ("email", "WORK", "Рабочий email"),
    ("email", "PRIV", "Личный email"),
    ("email", "OTHER", "Другой email"),
    ("site", "WORK", "Web"),
    ("phone", EXTRA_NAME, EXTRA_NAME),
)
Column = tuple[str, pl.Series]


def write_csv(demo: DemoAccount, folder: Path) -> None:
    """Write the account into `folder`, which is made; files of the same names are replaced."""
    account = demo.account
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for entity, table in (("contact", "contacts"), ("company", "companies")):
            _write(folder / f"{table}.csv", _card_columns(account, entity, table))
        _write(folder / "deals.csv", _deal_columns(account))
        _write(folder / "tasks.csv", _task_columns(account))
        for name in SETTINGS:
            frame = account.frame(name)
            _write(folder / f"{name}.csv", [(column, frame[column]) for column in frame.columns])
    except OSError as error:
        raise StorageError(
            N_("the demo account can't be written: {reason}"),
            where=str(folder),
            fix=N_("choose a folder that you may write to"),
            reason=error.strerror or type(error).__name__,
        ) from error


def _write(path: Path, columns: list[Column]) -> None:
    """Write columns whose headers may repeat, which no frame can hold."""
    frame = pl.DataFrame([values.alias(str(i)) for i, (_, values) in enumerate(columns)])
    header = ";".join(f'"{name}"' if ";" in name else name for name, _ in columns)
    with path.open("wb") as file:
        file.write(b"\xef\xbb\xbf" + header.encode() + b"\n")
        frame.write_csv(file, separator=";", include_header=False)


def _card_columns(account: Account, entity: str, table: str) -> list[Column]:
    cards = account.frame(table).filter(~pl.col("is_deleted")).sort("id")
    ids, is_contact = cards["id"], entity == "contact"
    users = _names(account.frame("users"))
    if is_contact:
        employer = _lookup(ids, _employers(account), "name")
        named = [
            ("Тип", _same("контакт", ids)),
            ("Полное имя", cards["name"]),
            ("Имя", cards["first_name"]),
            ("Фамилия", cards["last_name"]),
            ("Название компании", employer),
        ]
    else:
        named = [("Тип", _same("компания", ids)), ("Название компании", cards["name"])]
    whose = (
        ("контакта", "Кем создан контакт") if is_contact else ("компании", "Кем создана компания")
    )
    return [
        ("ID", ids),
        *named,
        ("Ответственный", _by(users, cards["owner_id"])),
        (f"Дата создания {whose[0]}", _time(cards["created_at"])),
        (whose[1], _by(users, cards["created_by"])),
        ("Сделки", _lookup(ids, _deals_of(account, entity), "deals")),
        ("Дата редактирования", _time(cards["updated_at"])),
        ("Кем редактирован" if is_contact else "Кем редактирована", _by(users, cards["owner_id"])),
        ("Теги", _lookup(ids, _tags_of(account, entity), "tags")),
        *((f"Примечание {i}", _same(None, ids)) for i in range(1, 6)),
        *_channel_columns(account, entity, ids),
        *_field_columns(account, entity, ids),
    ]


def _channel_columns(account: Account, entity: str, ids: pl.Series) -> list[Column]:
    """Return a column for each label, and as many of one label as the fullest card has values."""
    rows = account.tables["channels"].filter(pl.col("entity") == entity)
    live = rows.collect().join(ids.to_frame("record_id"), on="record_id", how="semi")
    # A spreadsheet reads a cell that starts with + as a formula: the export guards it.
    guarded = pl.when(pl.col("raw").str.starts_with("+")).then(pl.concat_str(pl.lit("'"), "raw"))
    place = pl.int_range(pl.len()).over("record_id", "kind", "label")
    live = live.sort("record_id", "kind", "position").with_columns(
        raw=guarded.otherwise("raw"), place=place
    )
    columns: list[Column] = []
    for kind, label, header in _CHANNELS:
        mine = live.filter((pl.col("kind") == kind) & (pl.col("label") == label))
        for i in range(max(mine.select(pl.col("place").n_unique()).item(), 1)):
            columns.append((header, _lookup(ids, mine.filter(pl.col("place") == i), "raw")))
    return columns


def _field_columns(account: Account, entity: str, ids: pl.Series) -> list[Column]:
    fields = {"contact": {POSITION: "Должность", CITY: "Город"},
              "company": {CITY: "Город", TAX_ID: "ИНН"},
              "deal": {WHENCE: "Откуда контакт", VISIT: "roistat"}}[entity]  # fmt: skip
    values = account.frame("field_values").filter(pl.col("entity") == entity)
    return [
        (header, _lookup(ids, values.filter(pl.col("field_id") == field_id), "raw"))
        for field_id, header in fields.items()
    ]


def _deal_columns(account: Account) -> list[Column]:
    deals = account.frame("deals").filter(~pl.col("is_deleted"))
    ids, users = deals["id"], _names(account.frame("users"))
    people = _linked_to(account, "contact", "contacts").filter(pl.col("is_main"))
    firms = _linked_to(account, "company", "companies")
    return [
        ("ID", ids),
        ("Название сделки", deals["name"]),
        ("Бюджет", deals["price"].cast(pl.Int64)),
        ("Ответственный", _by(users, deals["owner_id"])),
        ("Дата создания сделки", _time(deals["created_at"])),
        ("Кем создана сделка", _by(users, deals["created_by"])),
        ("Дата редактирования", _time(deals["updated_at"])),
        ("Кем редактирована", _by(users, deals["owner_id"])),
        ("Дата закрытия", _time(deals["closed_at"])),
        ("Теги", _lookup(ids, _tags_of(account, "deal"), "tags")),
        *((f"Примечание{f' {i}' if i > 1 else ''}", _same(None, ids)) for i in range(1, 6)),
        ("Этап сделки", _stages(account, deals)),
        ("Воронка", _by(_names(account.frame("pipelines")), deals["pipeline_id"])),
        ("Полное имя контакта", _lookup(ids, people, "name")),
        ("Компания", _lookup(ids, firms, "name")),
        ("Причина отказа", _by(_names(account.frame("loss_reasons")), deals["loss_reason_id"])),
        ("Источник сделки", _by(_names(account.frame("sources")), deals["source_id"])),
        *_field_columns(account, "deal", ids),
    ]


def _task_columns(account: Account) -> list[Column]:
    tasks = account.frame("tasks")
    users, types = _names(account.frame("users")), _names(account.frame("task_types"))
    yes_no = pl.when("is_completed").then(pl.lit("да")).otherwise(pl.lit("нет"))
    on = {
        entity: tasks.select(pl.when(pl.col("entity") == entity).then("record_id")).to_series()
        for entity in ("deal", "contact", "company")
    }
    return [
        ("ID", tasks["id"]),
        ("Тип задачи", _by(types, tasks["task_type_id"])),
        ("Текст", tasks["text"]),
        ("Результат", tasks["result"]),
        ("Срок", _time(tasks["due_at"])),
        ("Выполнена", tasks.select(yes_no).to_series()),
        ("Ответственный", _by(users, tasks["owner_id"])),
        ("ID сделки", on["deal"]),
        ("ID контакта", on["contact"]),
        ("ID компании", on["company"]),
        ("Дата создания", _time(tasks["created_at"])),
        ("Кем создана задача", _by(users, tasks["created_by"])),
        ("Дата редактирования", _time(tasks["updated_at"])),
    ]


def _stages(account: Account, deals: pl.DataFrame) -> pl.Series:
    stages = account.frame("statuses").select("pipeline_id", "name", status_id="id")
    on = ["pipeline_id", "status_id"]
    return deals.select(on).join(stages, on=on, how="left", maintain_order="left")["name"]


def _deals_of(account: Account, entity: str) -> pl.DataFrame:
    links = account.frame("links").filter(
        (pl.col("from_entity") == entity) & (pl.col("to_entity") == "deal")
    )
    ordered = links.sort("from_id", pl.col("to_id").cast(pl.Int64)).group_by(
        "from_id", maintain_order=True
    )
    return ordered.agg(deals=pl.col("to_id").str.join(", ")).rename({"from_id": "record_id"})


def _tags_of(account: Account, entity: str) -> pl.DataFrame:
    tags = account.frame("record_tags").filter(pl.col("entity") == entity)
    return tags.group_by("record_id", maintain_order=True).agg(tags=pl.col("tag").str.join(", "))


def _linked_to(account: Account, entity: str, table: str) -> pl.DataFrame:
    """Return the name of the card of `entity` on each deal, which is `record_id`."""
    names = account.frame(table).select("name", from_id="id")
    links = account.frame("links").filter(
        (pl.col("from_entity") == entity) & (pl.col("to_entity") == "deal")
    )
    return links.join(names, on="from_id").select("name", "is_main", record_id="to_id")


def _employers(account: Account) -> pl.DataFrame:
    firms = account.frame("companies").select("name", to_id="id")
    links = account.frame("links").filter(pl.col("to_entity") == "company")
    return links.join(firms, on="to_id").select("name", record_id="from_id")


def _names(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("id", "name")


def _by(names: pl.DataFrame, ids: pl.Series) -> pl.Series:
    return ids.to_frame("id").join(names, on="id", how="left", maintain_order="left")["name"]


def _lookup(ids: pl.Series, frame: pl.DataFrame, column: str) -> pl.Series:
    """Return `column` of the row of `frame` that has each id as its `record_id`, or null."""
    keyed = frame.select("record_id", pl.col(column))
    wanted = ids.to_frame("record_id")
    return wanted.join(keyed, on="record_id", how="left", maintain_order="left")[column]


def _same(text: str | None, like: pl.Series) -> pl.Series:
    return pl.repeat(text, len(like), dtype=pl.String, eager=True)


def _time(moments: pl.Series) -> pl.Series:
    return moments.dt.convert_time_zone(_ZONE).dt.strftime(_TIME)
