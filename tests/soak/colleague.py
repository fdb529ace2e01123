"""What people do in the CRM's own pages while plans wait and runs are under way."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from .account import CITY
from .picture import Key, Picture, take_picture
from .world import World

Json = dict[str, Any]
LABEL = {"value": "", "enum_code": "WORK", "enum_id": 4_800_001}


def act(world: World, what: str, seed: int) -> bool:
    """Let a colleague do something somewhere; tell whether it was possible."""
    dice, now = random.Random(seed), take_picture(world.sandbox)
    is_done = ACTS[what](world, now, dice)
    world.is_by_hand |= is_done
    return is_done


def _any_card(now: Picture, dice: random.Random, *kinds: str) -> Key | None:
    keys = sorted(key for key in now.cards if key[0] in kinds)
    return dice.choice(keys) if keys else None


def write_number(world: World, now: Picture, dice: random.Random) -> bool:
    key = _any_card(now, dice, "contacts", "companies")
    if key is None:
        return False
    raw = f"+7{dice.randint(2_000_000_000, 2_000_000_030)}"
    if raw in now.cards[key].raws("PHONE"):
        return False
    _patch_list(world, key, "PHONE", lambda values: [*values, {**LABEL, "value": raw}])
    world.owed.values[key].setdefault("PHONE", set()).add(raw)
    return True


def take_number_away(world: World, now: Picture, dice: random.Random) -> bool:
    key = _any_card(now, dice, "contacts")
    raws = sorted(now.cards[key].raws("PHONE")) if key else []
    if key is None or not raws:
        return False
    raw = dice.choice(raws)
    _patch_list(world, key, "PHONE", lambda values: [v for v in values if v["value"] != raw])
    held = world.owed.values[key].get("PHONE", set())
    world.owed.values[key]["PHONE"] = {r for r in held if raw not in (r, *r.split(", "))}
    return True


def rename(world: World, now: Picture, dice: random.Random) -> bool:
    key = _any_card(now, dice, "contacts", "companies")
    if key is None:
        return False
    name = dice.choice(["Renamed Example", "Переименован", "<b>Renamed</b>"])
    world.sandbox.change(do="put", kind=key[0], record={"id": key[1], "name": name})
    world.owed.singles[key]["name"] = name
    return True


def move_to_a_city(world: World, now: Picture, dice: random.Random) -> bool:
    key = _any_card(now, dice, "contacts")
    if key is None:
        return False
    city = dice.choice(["Kazan", "Perm"])
    with world.sandbox.state.held() as state:
        record = state.get(*key) or {}
        definition = state.field("contacts", int(CITY)) or {}
        fields = [f for f in record["custom_fields_values"] or () if f["field_id"] != int(CITY)]
        made = {f"field_{n}": definition[n] for n in ("id", "name", "code", "type")}
        fields.append({**made, "values": [{"value": city}]})
        world.sandbox.change(
            do="put", kind=key[0], record={"id": key[1], "custom_fields_values": fields}
        )
    world.owed.singles[key][CITY] = city
    return True


def tag(world: World, now: Picture, dice: random.Random) -> bool:
    key = _any_card(now, dice, "contacts", "companies")
    if key is None:
        return False
    name = dice.choice(["urgent", "vip", "новый"])
    with world.sandbox.state.held() as state:
        record = state.get(*key) or {}
        tags = record["_embedded"]["tags"]
        if all(each["name"] != name for each in tags):
            tags = [*tags, {"id": state.tag_id(key[0], name), "name": name, "color": None}]
        world.sandbox.change(
            do="put", kind=key[0], record={"id": key[1], "_embedded": {"tags": tags}}
        )
    world.owed.tags[key].add(name)
    return True


def link(world: World, now: Picture, dice: random.Random) -> bool:
    lead, card = _any_card(now, dice, "leads"), _any_card(now, dice, "contacts")
    if lead is None or card is None or card in now.cards[lead].links:
        return False
    is_main = dice.random() < 0.3
    world.sandbox.change(
        do="link", kind="leads", id=lead[1], to=card[0], to_id=card[1], is_main=is_main
    )
    world.owed.links.add((lead, card))
    return True


def unlink(world: World, now: Picture, dice: random.Random) -> bool:
    lead = _any_card(now, dice, "leads")
    linked = sorted(to for to in now.cards[lead].links if to[0] == "contacts") if lead else []
    if lead is None or len(linked) < 2:
        return False
    gone = dice.choice(linked)
    world.sandbox.change(do="unlink", kind="leads", id=lead[1], to=gone[0], to_id=gone[1])
    # Whoever was merged into it has lost the deal with it.
    world.owed.links = {
        (one, to) for one, to in world.owed.links if one != lead or gone not in world.owed.heirs(to)
    }
    return True


def new_task(world: World, now: Picture, dice: random.Random) -> bool:
    key = _any_card(now, dice, "contacts")
    if key is None or not now.tasks:
        return False
    owner = {"entity_type": key[0], "entity_id": key[1], "is_completed": False}
    id_ = world.sandbox.change(do="put", kind="tasks", record={"text": "New task", **owner})
    world.owed.tasks[id_] = take_picture(world.sandbox).tasks[id_]
    return True


def end_task(world: World, now: Picture, dice: random.Random) -> bool:
    if not now.tasks:
        return False
    id_ = dice.choice(sorted(now.tasks))
    world.sandbox.change(do="put", kind="tasks", record={"id": id_, "is_completed": True})
    if id_ in world.owed.tasks:
        owner = world.owed.tasks[id_][0]
        world.owed.tasks[id_] = owner, take_picture(world.sandbox).tasks[id_][1]
    return True


def delete(world: World, now: Picture, dice: random.Random) -> bool:
    """Delete a card; a marked duplicate rather than another, as the mark asks for."""
    marked = sorted(key for key, held in now.cards.items() if held.is_marked)
    key = dice.choice(marked) if marked else _any_card(now, dice, "contacts")
    if key is None or len([k for k in now.cards if k[0] == "contacts"]) < 3:
        return False
    world.sandbox.change(do="delete", kind=key[0], id=key[1])
    world.owed.forget(key)
    return True


def _patch_list(
    world: World, key: Key, code: str, change: Callable[[list[Json]], list[Json]]
) -> None:
    with world.sandbox.state.held() as state:
        record = state.get(*key) or {}
        definition = state.field(key[0], code) or {}
        fields = list(record["custom_fields_values"] or ())
        own = next((f for f in fields if f["field_code"] == code), None)
        made = {f"field_{n}": definition[n] for n in ("id", "name", "code", "type")}
        values = change(list(own["values"]) if own else [])
        fields = [f for f in fields if f["field_code"] != code]
        if values:
            fields.insert(0, {**made, "values": values})
        world.sandbox.change(
            do="put", kind=key[0], record={"id": key[1], "custom_fields_values": fields or None}
        )


ACTS: Mapping[str, Callable[[World, Picture, random.Random], bool]] = {
    "write a number": write_number,
    "take a number away": take_number_away,
    "rename": rename,
    "another city": move_to_a_city,
    "tag": tag,
    "link": link,
    "unlink": unlink,
    "new task": new_task,
    "end a task": end_task,
    "delete": delete,
}
