"""A naive recount of a demo account, cell by cell, with libphonenumber and plain Python.

It shares no code with the generator or with dedupe.normalize: what it finds is what the
texts of the account say.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

import phonenumbers

from dedupe.contracts import Account

PLACEHOLDER_NAMES = {"", "имя не указано", "без имени"}
JUNK = re.compile(
    r"(входящий звонок|новый контакт) \+\d+|\+?\d{11,12}|[^@\s]+@[^@\s]+|тест( тест)?|гость из чата"
)
CROWD = 12  # cards that make a number a switchboard's
Card = tuple[str, str]


def recount(account: Account) -> dict[tuple[str, str], int | tuple[int, int]]:
    """Return the counts of every check that the demo plants, groups beside where it has them."""
    cards = {
        entity: {r["id"]: r for r in account.frame(table).to_dicts() if not r["is_deleted"]}
        for entity, table in (("contact", "contacts"), ("company", "companies"))
    }
    counts: dict[tuple[str, str], int | tuple[int, int]] = {}
    for entity, live in cards.items():
        counts |= _names(entity, live) | _channels(account, entity, live)
        code = "LNK101" if entity == "contact" else "LNK102"
        links = account.frame("links").to_dicts()
        linked = {
            link["from_id"]
            for link in links
            if link["from_entity"] == entity and link["to_entity"] == "deal"
        }
        counts[code, entity] = len(live.keys() - linked)
    return counts | _deals(account) | _settings(account)


@cache
def numbers_in(raw: str) -> list[str]:
    """Return the valid numbers of a raw phone value, in order, repeats kept."""
    tail = re.fullmatch(r"(\(\d+\) [\d-]+)(\d\d)/(\d\d)", raw)
    pieces = [tail[1] + tail[2], tail[1] + tail[3]] if tail else _pieces(raw)
    found = (_e164(piece) for piece in pieces)
    return [number for number in found if number and len(set(number[-7:])) > 1]


def mailbox(address: str) -> str:
    """Return the mailbox that an address is delivered to, by the providers' own rules."""
    login, domain = address.strip().lower().split("@")
    login = login.split("+")[0]
    if domain == "ya.ru":
        domain = "yandex.ru"
    if domain == "yandex.ru":
        login = login.replace("-", ".")
    if domain == "gmail.com":
        login = login.replace(".", "")
    return f"{login}@{domain}"


def _pieces(raw: str) -> list[str]:
    text = re.sub(r"доб\. \d+", "", raw)
    if re.fullmatch(r"\d{22}", text):
        return [text[:11], text[11:]]
    return re.split(r"[,;/\n]| и | (?=[78]\d{10}$)", text)


def _e164(piece: str) -> str | None:
    digits = re.sub(r"[^\d+]", "", piece)
    try:
        # Without a plus, eleven digits that start with another country's code are its number.
        is_abroad = re.fullmatch(r"(375|998)\d{9}", digits)
        number = phonenumbers.parse(f"+{digits}" if is_abroad else digits, "RU")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _addresses(raw: str) -> list[str]:
    words = re.split(r"[,;\s]|/", raw)
    return [word for word in words if re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", word)]


def _names(entity: str, live: dict[str, dict]) -> dict:
    names = [(card["name"] or "").strip().lower() for card in live.values()]
    codes = ("CNT001", "NAM101") if entity == "contact" else ("CNT002", "NAM102")
    return {
        (codes[0], entity): len(live),
        (codes[1], entity): sum(name in PLACEHOLDER_NAMES for name in names),
        ("NAM201", entity): sum(bool(JUNK.fullmatch(name)) for name in names),
    }


def _channels(account: Account, entity: str, live: dict[str, dict]) -> dict:
    rows = [
        row
        for row in account.frame("channels").to_dicts()
        if row["entity"] == entity and row["record_id"] in live
    ]
    phones = [row for row in rows if row["kind"] == "phone"]
    emails = [row for row in rows if row["kind"] == "email"]
    own = {user["phone"] for user in account.frame("users").to_dicts()}
    counts = _phone_groups(phones, own) if phones else {}
    read = {"PHN": (phones, numbers_in), "EML": (emails, _addresses)}
    for prefix, (values, reader) in read.items():
        found = [(row["record_id"], reader(row["raw"])) for row in values]
        distinct = [(card, {text.lower() for text in texts}) for card, texts in found]
        times = Counter((card, text.lower()) for card, texts in found for text in texts)
        counts[f"{prefix}201"] = len({card for card, texts in distinct if len(texts) > 1})
        counts[f"{prefix}202"] = len({card for (card, _), n in times.items() if n > 1})
        counts[f"{prefix}301"] = len({card for card, texts in distinct if not texts})
    holders = defaultdict(set)
    for row in emails:
        for address in _addresses(row["raw"]):
            holders[mailbox(address)].add(row["record_id"])
    counts["DUP102"] = _components(holders.values())
    if entity == "contact":
        counts["PHN101"] = len(live.keys() - {row["record_id"] for row in phones})
    return {(code, entity): count for code, count in counts.items()}


def _phone_groups(phones: list[dict], own: set[str | None]) -> dict:
    holders, off_field = defaultdict(set), set()
    for row in phones:
        for number in numbers_in(row["raw"]):
            holders[number].add(row["record_id"])
            if row["field_id"] != "PHONE":
                off_field.add(number)
    crowds = {n for n, who in holders.items() if len(who) >= CROWD or n in own}
    evidence = {n: who for n, who in holders.items() if n not in crowds}
    off = [who for n, who in evidence.items() if n in off_field]
    crowd = set().union(*(holders[n] for n in crowds))
    return {
        "DUP101": _components(evidence.values()),
        "DUP103": _components(off),
        "DUP105": (len(crowd), len(crowds)),
    }


def _components(sets: Iterable[set[str]]) -> tuple[int, int]:
    """Return (cards, groups) of the sets of two and more, joined where they overlap."""
    leader: dict[str, str] = {}

    def find(card: str) -> str:
        while leader.setdefault(card, card) != card:
            card = leader[card]
        return card

    for cards in sets:
        if len(cards) > 1:
            first, *others = cards
            for other in others:
                leader[find(other)] = find(first)
    return len(leader), len({find(card) for card in leader})


def _deals(account: Account) -> dict:
    deals = account.frame("deals").to_dicts()
    busy = {
        task["record_id"]
        for task in account.frame("tasks").to_dicts()
        if task["entity"] == "deal" and not task["is_completed"]
    }
    return {
        ("CNT003", "deal"): len(deals),
        ("TSK101", "deal"): sum(d["state"] == "open" and d["id"] not in busy for d in deals),
        ("LOS101", "deal"): sum(d["state"] == "lost" and not d["loss_reason_id"] for d in deals),
    }


def _settings(account: Account) -> dict:
    used_types = set(account.frame("tasks")["task_type_id"])
    tagged = account.frame("record_tags").to_dicts()
    used_tags = {row["tag"] for row in tagged if row["entity"] == "deal"}
    tags = account.frame("tags").to_dicts()
    users = [user for user in account.frame("users").to_dicts() if user["is_active"]]
    deleters = {
        right["user_id"]
        for right in account.frame("user_rights").to_dicts()
        if right["action"] == "delete"
        and right["scope"] != "denied"
        and right["entity"] in ("contact", "company", "deal")
    }
    return {
        ("TSK301", "task_type"): len(set(account.frame("task_types")["id"]) - used_types),
        ("TAG101", "tag"): sum(t["entity"] == "deal" and t["name"] not in used_tags for t in tags),
        ("USR101", "user"): sum(user["is_admin"] for user in users),
        ("USR103", "user"): sum(u["is_admin"] or u["id"] in deleters for u in users),
    }
