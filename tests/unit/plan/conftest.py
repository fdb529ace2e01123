"""Small accounts for plans: cards, links and tasks by the row; all people are fictional."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import polars as pl
import pytest

from dedupe.contracts import CLUSTERS, FINDINGS, PAIRS, SNAPSHOT_TABLES, VALUES, Account
from dedupe.normalize import PhoneSettings, build_values
from dedupe.plan.inputs import PlanInputs

MADE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
READ = ("contacts", "companies", "deals", "channels", "field_values", "links", "record_tags",
        "tasks", "users", "fields", "task_types")  # fmt: skip
FIELDS = (
    ("contact", "PHONE", "Телефон", "multitext"),
    ("contact", "EMAIL", "Email", "multitext"),
    ("company", "PHONE", "Телефон", "multitext"),
    ("contact", "701", "Город", "text"),
    ("contact", "702", "Доп. телефон", "text"),
    ("contact", "703", "ИНН", "text"),
    ("contact", "704", "Не писать", "checkbox"),
    ("contact", "705", "Согласие", "checkbox"),
    ("contact", "706", "Интересы", "multiselect"),
    ("contact", "707", "Счёт", "numeric"),
    ("contact", "708", "Файл", "file"),
)


class AccountOf:
    """Collects rows, then gives the account and what a scan would say of it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, object]]] = {name: [] for name in READ}
        self.extra: dict[str, list[dict[str, object]]] = {}
        self.not_read: dict[str, str] = {}
        self.pairs: list[dict[str, object]] = []
        self.clusters: list[dict[str, object]] = []
        self.findings: list[dict[str, object]] = []
        self.statuses: dict[str, str] = {}
        for entity, id_, name, kind in FIELDS:
            self.add("fields", entity=entity, id=id_, name=name, type=kind)
        for id_, active in (("1", True), ("2", True), ("9", False)):
            self.add("users", id=id_, name=f"Менеджер {id_}", is_active=active)
        self.add("task_types", id="1", name="Связаться")

    def add(self, table: str, **row: object) -> None:
        rows = self.rows if table in self.rows else self.extra
        rows.setdefault(table, []).append(row)

    def card(self, id_, name="Иван Петров", *, entity="contact", phones=(), emails=(), tags=(),
             **row) -> None:  # fmt: skip
        fields = row.pop("fields", {})
        row = {"owner_id": "1", "created_at": datetime(2020, 1, int(id_) % 28 + 1, tzinfo=UTC),
               "updated_at": datetime(2021, 1, int(id_) % 28 + 1, tzinfo=UTC),
               "is_deleted": False} | row  # fmt: skip
        table = "contacts" if entity == "contact" else "companies"
        self.add(table, id=str(id_), name=name, **row)
        for kind, own, values in (("phone", "PHONE", phones), ("email", "EMAIL", emails)):
            for position, value in enumerate(values):
                raw, label = value if isinstance(value, tuple) else (value, "WORK")
                self.add("channels", entity=entity, record_id=str(id_), kind=kind, raw=raw,
                         label=label, field_id=own, position=position)  # fmt: skip
        for field_id, value in fields.items():
            for raw, enum_id in value if isinstance(value, list) else [(value, None)]:
                self.add("field_values", entity=entity, record_id=str(id_), field_id=field_id,
                         raw=raw, enum_id=enum_id)  # fmt: skip
        for tag in tags:
            self.add("record_tags", entity=entity, record_id=str(id_), tag=tag)

    def deal(self, id_, *, contacts=(), company=None, main=None, state="open", **row) -> None:
        row = {"owner_id": "1", "is_deleted": False} | row
        self.add("deals", id=str(id_), name=f"Сделка {id_}", state=state, **row)
        for contact in contacts:
            self.link("contact", contact, "deal", id_, is_main=contact == main)
        if company is not None:
            self.link("company", company, "deal", id_)

    def link(self, entity, id_, to_entity, to_id, *, is_main=None) -> None:
        self.add("links", from_entity=entity, from_id=str(id_), to_entity=to_entity,
                 to_id=str(to_id), is_main=is_main)  # fmt: skip

    def task(self, id_, entity, record_id, *, done=False) -> None:
        self.add("tasks", id=str(id_), entity=entity, record_id=str(record_id), text="Позвонить",
                 is_completed=done, owner_id="1")  # fmt: skip

    def pair(self, left, right, *, entity="contact", tier="auto", probability=0.999, **levels):
        self.pairs.append({"entity": entity, "left_id": str(left), "right_id": str(right),
                           "weight": 10.0, "probability": probability, "tier": tier}
                          | levels)  # fmt: skip

    def cluster(self, *ids, entity="contact", tier="auto", pairs=True, **told) -> None:
        for place, id_ in enumerate(ids):
            self.clusters.append({"entity": entity, "cluster_id": str(ids[0]),
                                  "record_id": str(id_), "survivor": place == 0,
                                  "tier": tier})  # fmt: skip
        if pairs:
            for left, right in pairwise(ids):
                self.pair(left, right, entity=entity, tier=tier, **told)

    def finding(self, code, record_id, *, entity="contact", field=None, value=None, proposal=None,
                confidence=None) -> None:  # fmt: skip
        self.findings.append({"code": code, "entity": entity, "record_id": str(record_id),
                              "field": field, "value": value, "proposal": proposal,
                              "severity": "error", "confidence": confidence})  # fmt: skip

    def account(self) -> Account:
        tables = {
            name: SNAPSHOT_TABLES[name].conform(_frame(rows)).lazy() if rows
            else SNAPSHOT_TABLES[name].empty().lazy()
            for name, rows in (self.rows | self.extra).items()
        }  # fmt: skip
        return Account(tables=tables, crm="amocrm", account_id="29500000",
                       host="example.amocrm.ru", read_from=MADE, read_to=MADE,
                       not_read=self.not_read)  # fmt: skip

    def inputs(self, decisions=None) -> PlanInputs:
        account = self.account()
        values = (
            build_values(account.frame("channels"), PhoneSettings())
            if self.rows["channels"]
            else VALUES.empty()
        )
        if self.statuses:
            told = pl.col("value").replace_strict(
                self.statuses, default=None, return_dtype=pl.String
            )
            values = values.with_columns(status=pl.coalesce(told, "status"))
        pairs = _frame(self.pairs) if self.pairs else PAIRS.empty()
        return PlanInputs(
            account=account,
            findings=FINDINGS.conform(_frame(self.findings)) if self.findings else FINDINGS.empty(),
            clusters=CLUSTERS.conform(_frame(self.clusters)) if self.clusters else CLUSTERS.empty(),
            pairs=pairs,
            values=values,
            decisions=None if decisions is None else _frame(decisions),
        )


def _frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame([{name: row.get(name) for name in names} for row in rows],
                        infer_schema_length=None)  # fmt: skip


@pytest.fixture
def account() -> AccountOf:
    return AccountOf()
