"""Tags: the dictionary of each kind of card, and the tags of one card.

A tag is named by its id or its name; a name that the dictionary lacks is added to it.
There is no call that renames or deletes a tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .call import Answer, Call, Record
from .problems import Problem, blank, missing, no_choice, wrong_type
from .shapes import Shape, shape_problems

TAG: Shape = {"id": "int?", "name": "string?", "color": "string?", "request_id": "id?"}
NEW_TAG: Shape = {"name": "!string", "color": "string?", "request_id": "id?"}
COLORS = frozenset(
    ("EBEBEB", "D0D0D0", "F2DDF7", "D1A4DC", "FF8F92", "FFC8C8", "C7DB8C", "DDEBB5")
) | frozenset(
    ("8699DA", "AABDFF", "FFCE5A", "FFE193", "90CDB0", "C6F4DE", "A9A5D7", "D8D5FF")
) | frozenset(("86C0FC", "832161", "6A0F49", "0C7C59", "10599D", "9D2B32", "247BA0"))  # fmt: skip


def add_tags(call: Call) -> Answer:
    """POST /{kind}/tags: add names to the dictionary; a name that is there gives its id."""
    kind = call.values["kind"]
    items = call.items()
    for item in items:
        item.problems += shape_problems(item.sent, NEW_TAG)
        if item.sent.get("name") == "":
            item.problems.append(blank("name"))
        color = item.sent.get("color")
        if isinstance(color, str) and (kind != "leads" or color.upper() not in COLORS):
            item.problems.append(no_choice("color"))
    call.check()
    for item in items:
        call.draft.tag(kind, item.sent["name"], item.sent.get("color"))

    def told(call: Call) -> Record:  # a new tag has its id after the commit only
        known = call.draft.tags(kind)
        listed = [known[i.sent["name"]] | {"request_id": i.request_id} for i in items]
        return {"_total_items": len(listed), "_embedded": {"tags": listed}}

    return 200, told


def tag_problems(call: Call, kind: str, sent: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the tags of a card that is sent."""
    lists = {key: sent.get(key) or () for key in ("tags_to_add", "tags_to_delete")}
    lists["_embedded.tags"] = (sent.get("_embedded") or {}).get("tags") or ()
    known = {tag["id"] for tag in call.draft.tags(kind).values()} - {0}
    for path, tags in lists.items():
        for at, tag in enumerate(tags):
            yield from _tag_problems(tag, f"{path}.{at}", known)


def _tag_problems(tag: object, path: str, known: set[int]) -> Iterator[Problem]:
    if not isinstance(tag, dict):
        yield wrong_type(path, "array")
        return
    problems = list(shape_problems(tag, TAG, f"{path}."))
    yield from problems
    if problems:
        return
    if tag.get("id") is not None:
        if tag["id"] not in known:
            yield no_choice(f"{path}.id")
    elif tag.get("name") is None:
        yield missing(f"{path}.name")
    elif not tag["name"]:
        yield blank(f"{path}.name")


def retag(call: Call, kind: str, sent: Mapping[str, Any], now: list[Record]) -> list[Record]:
    """Return the tags of a card: all replaced if a list was sent, then some added, some deleted."""
    tags = {tag["name"]: tag for tag in now}
    embedded = sent.get("_embedded") or {}
    if "tags" in embedded:
        tags = {tag["name"]: tag for tag in _resolved(call, kind, embedded["tags"] or ())}
    tags |= {tag["name"]: tag for tag in _resolved(call, kind, sent.get("tags_to_add") or ())}
    gone = {tag["id"] for tag in sent.get("tags_to_delete") or () if tag.get("id") is not None}
    names = {tag["name"] for tag in sent.get("tags_to_delete") or () if tag.get("id") is None}
    return [tag for tag in tags.values() if tag["id"] not in gone and tag["name"] not in names]


def _resolved(call: Call, kind: str, sent: Any) -> Iterator[Record]:  # noqa: ANN401
    by_id = {tag["id"]: tag for tag in call.draft.tags(kind).values() if tag["id"]}
    for tag in sent:
        if tag.get("id") is not None:
            yield dict(by_id[tag["id"]])
        else:
            yield call.draft.tag(kind, tag["name"])
