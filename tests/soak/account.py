"""Small fictional accounts of amoCRM with duplicates in them, and the plans to repair them.

Settings are the demo account's; the cards are made here from one seed: two and three cards of one
person, chains over a company, deals with and without another contact, open tasks, doubled values.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from typing import Any

import polars as pl

from dedupe.contracts import CLUSTERS, FINDINGS, PAIRS, SNAPSHOT_TABLES, Account
from dedupe.plan import Plan
from dedupe.plan.build import build_plan
from dedupe.plan.inputs import PlanInputs, PlanOptions
from dedupe.sandbox.demo import build_demo

BOX = "700399"  # the checkbox "delete me"
CITY = "700301"
RECORDS = (
    "contacts",
    "companies",
    "deals",
    "channels",
    "field_values",
    "links",
    "record_tags",
    "tasks",
    "notes",
)
MOMENT = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
Row = dict[str, Any]


@dataclass(kw_only=True)
class Cards:
    """The rows of an account, and which cards are one person or one firm."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in RECORDS})
    same: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    doubled: list[tuple[str, str, str]] = field(default_factory=list)  # entity, id, raw

    def card(self, entity: str, id_: str, name: str, **more: object) -> None:
        table = "contacts" if entity == "contact" else "companies"
        own = {"owner_id": "1200001", "created_by": "1200001", "is_deleted": False}
        made = {"created_at": MOMENT, "updated_at": MOMENT}
        self.rows[table].append({"id": id_, "name": name, **own, **made, **more})

    def value(self, entity: str, id_: str, kind: str, raw: str, label: str = "WORK") -> None:
        mine = [r for r in self.rows["channels"] if (r["record_id"], r["kind"]) == (id_, kind)]
        self.rows["channels"].append(
            {
                "entity": entity,
                "record_id": id_,
                "kind": kind,
                "raw": raw,
                "label": label,
                "field_id": kind.upper(),
                "position": len(mine),
            }
        )

    def city(self, entity: str, id_: str, raw: str) -> None:
        row = {"entity": entity, "record_id": id_, "field_id": CITY, "raw": raw, "enum_id": None}
        self.rows["field_values"].append(row)

    def tag(self, entity: str, id_: str, tag: str) -> None:
        self.rows["record_tags"].append({"entity": entity, "record_id": id_, "tag": tag})

    def deal(self, id_: str, *contacts: str, company: str | None = None) -> None:
        """Add an open deal; its first contact is the main one."""
        made = {"owner_id": "1200001", "created_by": "1200001", "is_deleted": False, "price": 100.0}
        stage = {"pipeline_id": "3100001", "status_id": "31000011", "state": "open"}
        moments = {"created_at": MOMENT, "updated_at": MOMENT}
        self.rows["deals"].append({"id": id_, "name": f"Deal {id_}", **made, **stage, **moments})
        for at, contact in enumerate(contacts):
            self.link("contact", contact, "deal", id_, is_main=at == 0)
        if company is not None:
            self.link("company", company, "deal", id_)

    def link(self, one: str, id_: str, to: str, to_id: str, is_main: bool | None = None) -> None:
        ends = {"from_entity": one, "from_id": id_, "to_entity": to, "to_id": to_id}
        self.rows["links"].append({**ends, "is_main": is_main})

    def task(self, id_: str, entity: str, record_id: str) -> None:
        made = {"owner_id": "1200001", "created_by": "1200001", "task_type_id": "1"}
        moments = {"created_at": MOMENT, "updated_at": MOMENT, "due_at": MOMENT}
        owner = {"entity": entity, "record_id": record_id, "is_completed": False}
        self.rows["tasks"].append({"id": id_, "text": f"Call {id_}", **made, **moments, **owner})

    def note(self, id_: str, entity: str, record_id: str) -> None:
        made = {"created_by": "1200001", "created_at": MOMENT, "updated_at": MOMENT}
        owner = {"entity": entity, "record_id": record_id, "note_type": "common"}
        self.rows["notes"].append({"id": id_, "text": f"Note {id_}", **made, **owner})

    def account(self) -> Account:
        base = _settings()
        made = {name: _frame(name, rows).lazy() for name, rows in self.rows.items()}
        return replace(base, tables={**base.tables, **made}, not_read={})


def reference() -> Cards:
    """Return the account of the kill matrix: one merge of three cards with all there is to move."""
    cards = Cards()
    for number, city in (("101", "Tver"), ("102", "Omsk"), ("103", None)):
        cards.card("contact", number, f"Vera Example {number}")
        cards.value("contact", number, "phone", f"+7999000{number}0", "WORK")
        cards.value("contact", number, "email", f"vera{number}@example.com")
        cards.tag("contact", number, f"tag {number}")
        if city:
            cards.city("contact", number, city)
    cards.card("contact", "110", "Doubled Example")
    cards.value("contact", "110", "phone", "+79990001101, +79990001102", "MOB")
    cards.value("contact", "110", "phone", "+79990001103")
    cards.card("contact", "111", "Bystander Example")
    cards.value("contact", "111", "phone", "+79990001111, +79990001112")
    cards.card("company", "201", "Example One")
    cards.link("contact", "102", "company", "201")
    cards.deal("501", "102")
    cards.deal("502", "111", "103")
    cards.deal("503", "101", "102", company="201")
    cards.task("901", "contact", "102")
    cards.note("801", "contact", "102")
    cards.same.append(("contact", ("101", "102", "103")))
    cards.doubled += [
        ("contact", "110", "+79990001101, +79990001102"),
        ("contact", "111", "+79990001111, +79990001112"),
    ]
    return cards


def drawn(seed: int) -> Cards:
    """Return an account made from a seed: persons with one to three cards each."""
    dice, cards = random.Random(seed), Cards()
    contacts: list[str] = []
    companies = [str(200 + at) for at in range(dice.randint(1, 3))]
    for id_ in companies:
        cards.card("company", id_, f"Firm {dice.randint(1, 2)}")
        cards.value("company", id_, "phone", f"+7888000{id_}{dice.randint(0, 1)}")
    if len(companies) > 1 and dice.random() < 0.6:
        cards.same.append(("company", tuple(companies[:2])))
    for person in range(dice.randint(2, 4)):
        own = [str(300 + 10 * person + at) for at in range(dice.randint(1, 3))]
        contacts += own
        shared = f"8 (999) 00{person}-00-00"
        for id_ in own:
            _person(cards, dice, id_, shared, companies)
        if len(own) > 1:
            cards.same.append(("contact", tuple(own)))
    for at in range(dice.randint(1, 4)):
        linked = dice.sample(contacts, dice.randint(1, min(3, len(contacts))))
        cards.deal(str(500 + at), *linked, company=dice.choice([None, *companies]))
    for at in range(dice.randint(0, 3)):
        entity, ids = dice.choice([("contact", contacts), ("company", companies)])
        cards.task(str(900 + at), entity, dice.choice(ids))
    for at in range(dice.randint(0, 2)):
        cards.note(str(800 + at), "contact", dice.choice(contacts))
    return cards


def _person(cards: Cards, dice: random.Random, id_: str, shared: str, companies: list[str]) -> None:
    cards.card("contact", id_, dice.choice(["Ivan Example", "IVAN  Example", "Иван Пример"]))
    spelt = dice.choice([shared, shared.replace("8 (", "+7 (", 1), f"+7777000{id_}0"])
    cards.value("contact", id_, "phone", spelt, dice.choice(["WORK", "MOB"]))
    if dice.random() < 0.4:
        raw = f"+7666000{id_}1, +7666000{id_}2"
        cards.value("contact", id_, "phone", raw)
        cards.doubled.append(("contact", id_, raw))
    if dice.random() < 0.5:
        cards.value("contact", id_, "email", f"Ivan{id_}@Example.com")
    if dice.random() < 0.5:
        cards.city("contact", id_, dice.choice(["Tver", "Omsk", "=1+1"]))
    for tag in dice.sample(["vip", "новый", "crm"], dice.randint(0, 2)):
        cards.tag("contact", id_, tag)
    if dice.random() < 0.4:
        cards.link("contact", id_, "company", dice.choice(companies))


def plan_for(account: Account, cards: Cards, made_at: datetime) -> Plan:
    """Return the plan that merges what is the same and splits what is doubled, as it is now."""
    clusters, pairs = [], []
    for at, (entity, ids) in enumerate(cards.same):
        for id_ in ids:
            row = {"entity": entity, "cluster_id": str(at), "record_id": id_, "tier": "auto"}
            clusters.append({**row, "survivor": id_ == ids[0]})
        for left, right in combinations(ids, 2):
            pair = {"entity": entity, "left_id": left, "right_id": right, "tier": "auto"}
            pairs.append({**pair, "weight": 20.0, "probability": 0.999})
    held = account.frame("channels")
    findings = []
    for entity, id_, raw in cards.doubled:
        mine = held.filter((pl.col("record_id") == id_) & (pl.col("raw") == raw))
        if mine.height:
            place = {"code": "PHN201", "entity": entity, "record_id": id_, "field": "phone"}
            told = {"value": raw, "proposal": raw.replace(", ", "; "), "severity": "error"}
            findings.append({**place, **told, "confidence": 1.0})
    inputs = PlanInputs(
        account=account,
        findings=_of(FINDINGS, findings),
        clusters=_of(CLUSTERS, clusters),
        pairs=_of(PAIRS, pairs),
    )
    return build_plan(inputs, PlanOptions(made_at=made_at))


def _of(contract: Any, rows: list[Row]) -> pl.DataFrame:
    return contract.conform(pl.DataFrame(rows)) if rows else contract.empty()


def _frame(name: str, rows: list[Row]) -> pl.DataFrame:
    return _of(SNAPSHOT_TABLES[name], rows)


@cache
def _settings() -> Account:
    """Return the demo account's settings, with the checkbox that people delete by."""
    base = build_demo(scale=0.001).account
    fields = base.frame("fields").filter(pl.col("name") != "Удалить")  # one of its own is known
    boxes = [
        {
            "id": BOX,
            "entity": entity,
            "name": "Удалить",
            "type": "checkbox",
            "sort": 99,
            "is_api_only": False,
            "is_computed": False,
        }
        for entity in ("contact", "company")
    ]
    both = pl.concat([fields, SNAPSHOT_TABLES["fields"].conform(pl.DataFrame(boxes))])
    return replace(base, tables={**base.tables, "fields": both.lazy()})
