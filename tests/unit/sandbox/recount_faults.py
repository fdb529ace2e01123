"""A naive recount of the faults of the demo's team, structure, fields and tasks, row by row.

It shares no code with the generator or with dedupe.audit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from dedupe.contracts import Account

FREE = {"mail.ru", "yandex.ru", "gmail.com", "bk.ru"}
ROLES = {"info", "sales", "office", "buh", "zakaz", "mail", "snab"}
WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)
Counts = dict[tuple[str, str], int]
Rows = dict[str, list[dict]]


def recount(account: Account) -> Counts:
    """Return counts of checks, as the texts and dates of the account tell them."""
    rows = {name: account.frame(name).to_dicts() for name in account.tables}
    rows |= {
        name: [r for r in rows[name] if not r["is_deleted"]]
        for name in ("contacts", "companies", "deals")
    }
    now = account.read_to
    assert now is not None
    return _team(rows) | _owners(rows) | _deals(rows) | _cards(rows) | _tasks(rows, now, account)


def _team(rows: Rows) -> Counts:
    active = [user for user in rows["users"] if user["is_active"]]
    ordinary = {user["id"] for user in active if not user["is_admin"]}
    names = Counter(" ".join(sorted(user["name"].lower().split())) for user in active)
    exporters = {
        right["user_id"]
        for right in rows["user_rights"]
        if right["action"] == "export" and right["scope"] != "denied"
    }
    return {
        ("USR104", "user"): sum(not u["role_id"] for u in active if u["id"] in ordinary),
        ("USR105", "user"): len(exporters & ordinary),
        ("USR201", "user"): sum(user["email"].split("@")[1] in FREE for user in active),
        ("USR202", "user"): sum(n for n in names.values() if n > 1),
        ("INT301", "webhook"): _hooks(rows["webhooks"]),
    }


def _hooks(hooks: list[dict]) -> int:
    told = defaultdict(set)
    for hook in hooks:
        if not hook["is_disabled"]:
            for event in hook["events"].split(","):
                told[hook["destination"].split("://")[1].rstrip("/"), event].add(hook["id"])
    repeated = set().union(*(ids for ids in told.values() if len(ids) > 1))
    faulty = {h["id"] for h in hooks if h["is_disabled"] or h["destination"].startswith("http:")}
    return len(repeated | faulty)


def _owners(rows: Rows) -> Counts:
    left = {user["id"] for user in rows["users"] if not user["is_active"]}
    kept = {
        "contact": rows["contacts"],
        "company": rows["companies"],
        "deal": [deal for deal in rows["deals"] if deal["state"] == "open"],
        "task": [task for task in rows["tasks"] if not task["is_completed"]],
    }
    return {
        ("OWN101", entity): sum(record["owner_id"] in left for record in records)
        for entity, records in kept.items()
    }


def _deals(rows: Rows) -> Counts:
    deals = rows["deals"]
    sources = {deal["source_id"] for deal in deals}
    filled = {
        (v["record_id"], v["field_id"]) for v in rows["field_values"] if v["entity"] == "deal"
    }
    said = next(f["id"] for f in rows["fields"] if f["name"] == "Откуда контакт")
    tags = Counter((row["entity"], row["tag"]) for row in _of_live(rows))
    names = Counter((tag["entity"], tag["name"]) for tag in rows["tags"])
    return {
        ("NAM301", "deal"): sum(deal["name"] == f"Сделка #{deal['id']}" for deal in deals),
        ("SRC202", "source"): sum(source["id"] not in sources for source in rows["sources"]),
        ("FLD203", "deal"): sum(
            deal["source_id"] is not None and (deal["id"], said) not in filled for deal in deals
        ),
        ("FLD501", "deal"): sum(
            any((deal["id"], field) not in filled for field in _asked(rows, deal)) for deal in deals
        ),
        ("TAG103", "tag"): sum(1 <= tags[key] <= 2 for key in names),
    }


def _of_live(rows: Rows) -> list[dict]:
    live = {("contact", r["id"]) for r in rows["contacts"]} | {
        ("deal", r["id"]) for r in rows["deals"]
    }
    return [row for row in rows["record_tags"] if (row["entity"], row["record_id"]) in live]


def _asked(rows: Rows, deal: dict) -> list[str]:
    """Return the fields that a deal must have: asked for at its stage or at one before it."""
    places = {(s["pipeline_id"], s["id"]): s["sort"] for s in rows["statuses"]}
    own = places[deal["pipeline_id"], deal["status_id"]]
    return [
        rule["field_id"]
        for rule in rows["field_statuses"]
        if rule["pipeline_id"] == deal["pipeline_id"]
        and deal["state"] != "lost"
        and own >= places[rule["pipeline_id"], rule["status_id"]]
    ]


def _cards(rows: Rows) -> Counts:
    ids = {record["id"] for name in ("contacts", "companies") for record in rows[name]}
    mails = [
        v["record_id"]
        for v in rows["channels"]
        if v["record_id"] in ids
        and v["entity"] == "contact"
        and v["kind"] == "email"
        and v["raw"].split("@")[0] in ROLES
    ]
    box = next(f["id"] for f in rows["fields"] if f["name"] == "Удалить")
    ticked = [v for v in rows["field_values"] if v["field_id"] == box and v["raw"] == "true"]
    taxes = [v for v in rows["field_values"] if v["entity"] == "company" and len(v["raw"]) == 10]
    ends = {(end["from_entity"], end["from_id"]) for end in rows["links"]}
    ends |= {(end["to_entity"], end["to_id"]) for end in rows["links"]}
    counts = {
        ("EML402", "contact"): len(set(mails)),
        ("FLD402", "contact"): len(ticked),
        ("LNK103", "company"): sum(("company", r["id"]) not in ends for r in rows["companies"]),
    }
    own = [v for v in taxes if v["record_id"] in ids and v["raw"].isdigit()]
    if own:
        counts["ENR301", "company"] = sum(not _is_tax_number(value["raw"]) for value in own)
    return counts


def _is_tax_number(raw: str) -> bool:
    digits = [int(digit) for digit in raw]
    return sum(w * d for w, d in zip(WEIGHTS, digits[:9], strict=True)) % 11 % 10 == digits[9]


def _tasks(rows: Rows, now, account: Account) -> Counts:
    gone = {r["id"] for name in ("contacts", "companies") for r in account.frame(name).to_dicts()}
    gone -= {r["id"] for name in ("contacts", "companies") for r in rows[name]}
    opened = [t for t in rows["tasks"] if not t["is_completed"] and t["record_id"] not in gone]
    last: dict[str, list] = defaultdict(list)
    states = {deal["id"]: deal["state"] for deal in rows["deals"]}
    for task in opened:
        if task["entity"] == "deal" and states[task["record_id"]] == "open":
            last[task["record_id"]].append(task["due_at"])
    return {
        ("TSK201", "task"): sum(t["due_at"] < now - timedelta(days=1) for t in opened),
        ("TSK202", "deal"): sum(max(due) < now - timedelta(days=30) for due in last.values()),
    }
