"""Tasks: made, changed, bound to another card, completed with a result.

Text and due time are required of a new task. A card is named by entity_id and entity_type
together; both in a PATCH bind the task anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from .call import Answer, Call, Item, Record
from .problems import Problem, blank, missing, no_choice, not_found, refuse
from .shapes import Shape, as_id, shape_problems

CHANGED: Shape = {
    "id": "int",
    "responsible_user_id": "int",
    "entity_id": "int?",
    "entity_type": "string?",
    "is_completed": "bool",
    "task_type_id": "int",
    "text": "string",
    "duration": "int",
    "complete_till": "int",
    "result": "object",
    "created_by": "int",
    "updated_by": "int",
    "created_at": "int",
    "updated_at": "int",
    "request_id": "id?",
}
NEW: Shape = {k: t for k, t in CHANGED.items() if k != "id"} | {
    "text": "!string",
    "complete_till": "!int",
}
RESULT: Shape = {"text": "!string"}
USERS = ("responsible_user_id", "created_by", "updated_by")
CARDS = ("leads", "contacts", "companies")


def add_tasks(call: Call) -> Answer:
    """POST /tasks."""
    made = [(item, _new_task(call, item)) for item in call.items()]
    call.check()
    listed = []
    for item, record in made:
        call.draft.put("tasks", record)
        links = call.href(f"tasks/{record['id']}")
        listed.append({"id": record["id"], "request_id": item.request_id, "_links": links})
    return 200, {"_links": call.href("tasks"), "_embedded": {"tasks": listed}}


def change_tasks(call: Call) -> Answer:
    """PATCH /tasks."""
    listed = []
    for item in call.items():
        if "id" not in item.sent:
            item.problems.append(missing("id"))
            continue
        listed.append(_change(call, item, item.sent["id"]))
    call.check()
    return 200, {"_links": call.href("tasks"), "_embedded": {"tasks": listed}}


def change_task(call: Call) -> Answer:
    """PATCH /tasks/{id}: the answer is the bare object."""
    id_ = call.number("id")
    if call.draft.get("tasks", id_) is None:
        raise refuse(404, "Entity not found")
    told = _change(call, call.item(), id_)
    call.check()
    return 200, told


def _new_task(call: Call, item: Item) -> Record:
    user = call.request.user_id
    record: Record = {
        "created_by": user,
        "updated_by": user,
        "created_at": call.now,
        "updated_at": call.now,
        "responsible_user_id": user,
        "group_id": 0,
        "entity_id": None,
        "entity_type": None,
        "duration": 0,
        "is_completed": False,
        "task_type_id": call.state.all("task_types")[0]["id"],
        "text": "",
        "result": [],
        "complete_till": 0,
        "account_id": call.state.account_id,
    }
    _fill(call, item, NEW, record)
    return record if item.problems else {"id": call.draft.new_id("tasks")} | record


def _change(call: Call, item: Item, id_: object) -> Record:
    record = call.draft.get("tasks", as_id(id_))
    if record is None:
        item.problems.append(not_found())
        return {}
    call.need_right("tasks", "edit", record)
    record |= {"updated_at": call.now, "updated_by": call.request.user_id}
    _fill(call, item, CHANGED, record)
    if item.sent.get("id", record["id"]) != record["id"]:
        item.problems.append(no_choice("id"))
    if not item.problems:
        call.draft.put("tasks", record)
    return {
        "id": record["id"],
        "updated_at": record["updated_at"],
        "request_id": item.request_id,
        "_links": call.href(f"tasks/{record['id']}"),
    }


def _fill(call: Call, item: Item, shape: Shape, record: Record) -> None:
    """Take what was sent over into `record`; note what is wrong with it."""
    sent = item.sent
    item.problems += shape_problems(sent, shape)
    if not item.problems:
        item.problems += shape_problems(sent.get("result", {"text": ""}), RESULT, "result.")
        item.problems += call.user_problems(sent, *USERS)
        item.problems += _binding_problems(call, sent)
        item.problems += _value_problems(call, sent)
    if item.problems:
        return
    record |= {key: value for key, value in sent.items() if key not in ("id", "request_id")}
    record["group_id"] = call.state.group_of(record["responsible_user_id"])


def _binding_problems(call: Call, sent: Record) -> Iterator[Problem]:
    id_, kind = sent.get("entity_id"), sent.get("entity_type")
    if (id_ is None) != (kind is None):
        yield missing("entity_type" if kind is None else "entity_id")
    elif id_ is not None and kind not in CARDS:
        yield no_choice("entity_type")
    elif id_ is not None and call.card(str(kind), id_) is None:
        yield not_found("entity_id")


def _value_problems(call: Call, sent: Record) -> Iterator[Problem]:
    if sent.get("text") == "":
        yield blank("text")
    if "task_type_id" in sent and call.state.get("task_types", sent["task_type_id"]) is None:
        yield no_choice("task_type_id")
