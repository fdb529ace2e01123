"""Faults of the demo account's structure: idle pipelines, needless fields, tags, reasons, sources.

Nothing refers to what is added here but where a function says so, so the records stay as they
were drawn. What depends on the records (a source that fell silent, a stage nothing comes to) is
counted over the finished tables: in a small account more than what was planted may be idle.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import polars as pl

from dedupe.contracts import RECORD_TAGS, SNAPSHOT_TABLES

from .deals import READ_TO
from .planted import Counts, Planted
from .settings import LOSS_REASONS, OTHER_REASON, Row, pipeline_rows, stage_rows

Tables = Mapping[str, pl.DataFrame]
Frames = dict[str, pl.DataFrame]
Rng = np.random.Generator

DELETE_BOX, MATERIAL, TRACKER = "700332", "700342", "700343"
IDLE_PIPELINES = {
    "3100004": ("Рекламации", ("Жалоба принята", "Экспертиза", "Решение")),
    "3100005": ("Монтаж", ("Заявка на монтаж", "Согласовать дату", "Дата назначена",
                           "Заказать материал", "Материал на складе", "Бригада выехала",
                           "Монтаж начат", "Монтаж окончен", "Проверка качества",
                           "Подписать акт", "Акт подписан", "Оплата получена")),
}  # fmt: skip
_LONG = 10  # open stages: more are too many
_N_TASK_LIKE = 4  # "Отправить КП" of the retail pipeline, and three of "Монтаж"
_TWIN_REASONS = (LOSS_REASONS[3], "Отложил покупку")
_MORE_REASONS = (_TWIN_REASONS[1], "Нецелевой запрос", "Спам")
_MORE_SOURCES = ("Форма «Каталог»", "Маркетплейс")
_RARE_TAGS = ("брак", "суд", "возврат", "свадьба", "форум", "ипотека")
_N_TWIN_TAGS, _N_TAG_GROUPS = 8, 4  # сайт, опт, vip, дилер: each with an unused twin
_EXHIBITION, _HEIR, _SILENT_DAYS = "9006", "9005", 100
_FIELDS = (
    ("contact", "700331", "Размер скидки 2", "numeric"),  # a copy of "Размер скидки"
    ("contact", DELETE_BOX, "Удалить", "checkbox"),
    ("deal", "700341", "Контакт: откуда?", "text"),  # "Откуда контакт" once more
    ("deal", MATERIAL, "Материал кровли", "text"),
    ("deal", TRACKER, "Метрика ClientID", "text"),
)
_N_TWIN_FIELDS, _N_FIELD_GROUPS = 4, 2
_IDLE_FIELDS = (
    "Этажность", "Тип крыши", "Угол наклона", "Цвет", "Толщина металла", "Гарантия", "Замерщик",
    "Бригадир", "Номер договора", "Сумма договора", "Номер накладной", "Вид доставки", "Перевозчик",
    "Высота здания", "Утепление", "Наличие чертежа", "Снегозадержание", "Дымоход", "Мансарда",
    "Год постройки", "Стадия ремонта", "Конкурент", "Бюджет клиента", "Комментарий бригадира",
    "Срок поставки", "Завод", "Скидка за опт",
)  # fmt: skip
_CARD_CODES = ("PHONE", "EMAIL", "WEB", "POSITION")
_QUARTER, _TWO_MONTHS, _LEAST = timedelta(days=90), timedelta(days=60), 5
_STAGE = ["pipeline_id", "status_id"]


def plant_structure(tables: Tables, rng: Rng) -> Frames:
    """Return the tables of settings with more in them, rare tags on deals, a silent source."""
    deals = tables["deals"]
    return {
        "pipelines": _more(tables, "pipelines", pipeline_rows(IDLE_PIPELINES, first=3)),
        "statuses": _more(tables, "statuses", stage_rows(IDLE_PIPELINES)),
        "loss_reasons": _more(tables, "loss_reasons", _reason_rows()),
        "sources": _more(tables, "sources", _named(_MORE_SOURCES, 9007, pipeline_id="3100001")),
        "fields": _more(tables, "fields", _field_rows(tables["fields"].height)),
        "tags": _more(tables, "tags", _named(_RARE_TAGS, 42_001, entity="deal")),
        "record_tags": _rarely_tagged(tables["record_tags"], deals["id"], rng),
        "deals": deals.with_columns(source_id=_silenced()),
    }


def structure_planted(tables: Tables) -> Counts:
    """Return what is planted in the settings of a finished account."""
    twins = {name for name, (_, stages) in IDLE_PIPELINES.items() if len(stages) > _LONG}
    planted = {
        ("PIP001", "pipeline"): Planted(tables["pipelines"].height),
        ("PIP101", "pipeline"): Planted(_n_idle_pipelines(tables)),
        ("PIP201", "pipeline"): Planted(len(twins)),
        ("PIP202", "status"): Planted(_N_TASK_LIKE),
        ("LOS202", "loss_reason"): Planted(_n_empty_reasons(tables)),
        ("SRC201", "source"): Planted(_n_silent_sources(tables["deals"])),
        ("SRC202", "source"): Planted(_n_unused_sources(tables)),
        ("TAG102", "tag"): Planted(_N_TWIN_TAGS, _N_TAG_GROUPS),
        ("TAG103", "tag"): Planted(_n_rare_tags(tables)),
        ("FLD001", "field"): Planted(tables["fields"].height),
        ("FLD102", "account"): Planted(1),
        ("FLD103", "field"): Planted(_N_TWIN_FIELDS, _N_FIELD_GROUPS),
        ("FLD401", "account"): Planted(1),  # companies have no such box
    }
    if "events" in tables:
        planted["STG101", "status"] = Planted(_n_idle_stages(tables))
    return planted


def _more(tables: Tables, name: str, rows: list[Row]) -> pl.DataFrame:
    contract = SNAPSHOT_TABLES[name]
    added = contract.conform(pl.DataFrame(rows, infer_schema_length=None))
    return pl.concat([contract.conform(tables[name]), added])


def _named(names: tuple[str, ...], start: int, **more: str) -> list[Row]:
    return [{"id": str(start + i), "name": name, **more} for i, name in enumerate(names)]


def _reason_rows() -> list[Row]:
    rows = _named(_MORE_REASONS, 5001 + len(LOSS_REASONS))
    return [row | {"sort": len(LOSS_REASONS) + at} for at, row in enumerate(rows)]


def _field_rows(sort: int) -> list[Row]:
    idle = tuple(("deal", str(700_401 + at), name, "text") for at, name in enumerate(_IDLE_FIELDS))
    return [
        {"entity": entity, "id": id_, "name": name, "type": type_, "sort": sort + at,
         "is_api_only": id_ == TRACKER, "is_computed": False}
        for at, (entity, id_, name, type_) in enumerate((*_FIELDS, *idle))
    ]  # fmt: skip


def _rarely_tagged(tagged: pl.DataFrame, deals: pl.Series, rng: Rng) -> pl.DataFrame:
    """Put each rare tag on one deal or two."""
    tags = [tag for at, tag in enumerate(_RARE_TAGS) for _ in range(1 + at % 2)]
    ids = deals.gather(rng.permutation(len(deals))[: len(tags)])
    rows = pl.DataFrame({"record_id": ids, "tag": tags[: len(ids)]})
    added = RECORD_TAGS.conform(rows.with_columns(entity=pl.lit("deal")))
    return pl.concat([tagged, added]).sort("entity", "record_id", "tag")


def _silenced() -> pl.Expr:
    """Take the exhibition from the deals of the last months: they came by mail."""
    is_late = pl.col("created_at") > READ_TO - timedelta(days=_SILENT_DAYS)
    is_it = (pl.col("source_id") == _EXHIBITION) & is_late
    return pl.when(is_it).then(pl.lit(_HEIR)).otherwise("source_id")


def _n_idle_pipelines(tables: Tables) -> int:
    is_alive = (pl.col("state") == "open") | (pl.col("created_at") > READ_TO - _QUARTER)
    alive = set(tables["deals"].filter(is_alive)["pipeline_id"])
    return len(set(tables["pipelines"]["id"]) - alive)


def _n_idle_stages(tables: Tables) -> int:
    deals, since = tables["deals"], READ_TO - _QUARTER
    is_there = (pl.col("state") == "open") | (pl.col("created_at") > since)
    alive = {*deals.filter(is_there).select(_STAGE).unique().iter_rows()}
    moved = tables["events"].filter(
        (pl.col("type") == "lead_status_changed") & (pl.col("created_at") > since)
    )
    young = moved.join(
        deals.filter(pl.col("created_at") > since), left_on="record_id", right_on="id", how="semi"
    )
    # Where a young deal moves from, it came to since then as well.
    alive |= _stages_of(moved["after"]) | _stages_of(young["before"])
    opened = tables["statuses"].filter(pl.col("state") == "open")
    return len({*opened.select("pipeline_id", "id").iter_rows()} - alive)


def _stages_of(told: pl.Series) -> set[tuple[str, ...]]:
    """Return (pipeline, stage) of the JSON of moves."""
    text = pl.col(told.name)
    keys = [text.str.extract(rf'"{key}":\s*"?(\d+)') for key in ("pipeline_id", "id")]
    named = [key.alias(name) for key, name in zip(keys, _STAGE, strict=True)]
    return set(told.to_frame().select(named).drop_nulls().unique().iter_rows())


def _n_empty_reasons(tables: Tables) -> int:
    """Count the twins, those of no lost deal, and "other" where it is a tenth of all."""
    lost = tables["deals"].filter(pl.col("state") == "lost")["loss_reason_id"].drop_nulls()
    uses: dict[str, int] = dict(lost.value_counts().iter_rows())
    often = 0.1 * len(lost)
    return sum(
        name in _TWIN_REASONS or id_ not in uses or (name == OTHER_REASON and uses[id_] > often)
        for id_, name in tables["loss_reasons"].select("id", "name").iter_rows()
    )


def _n_silent_sources(deals: pl.DataFrame) -> int:
    last = deals.drop_nulls("source_id").group_by("source_id").agg(
        n=pl.len(), at=pl.col("created_at").max()
    )  # fmt: skip
    is_silent = (pl.col("n") >= _LEAST) & (pl.col("at") <= READ_TO - _TWO_MONTHS)
    return last.filter(is_silent).height


def _n_unused_sources(tables: Tables) -> int:
    return len(set(tables["sources"]["id"]) - set(tables["deals"]["source_id"].drop_nulls()))


def _n_rare_tags(tables: Tables) -> int:
    deleted = (
        tables["contacts"].filter("is_deleted").select(record_id="id", entity=pl.lit("contact"))
    )
    live = tables["record_tags"].join(deleted, on=["record_id", "entity"], how="anti")
    uses = live.group_by("entity", "tag").agg(n=pl.len())
    listed = tables["tags"].join(uses, left_on=["entity", "name"], right_on=["entity", "tag"])
    return listed.filter(pl.col("n") <= 2).height
