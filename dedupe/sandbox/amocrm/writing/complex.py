"""POST /leads/complex: a lead with its contact and its company in one go.

Duplicate Control is off here, so nothing is ever merged. A contact or a company is named
by its id or made; made together they are linked with each other. Metadata makes the lead an
unsorted enquiry, whatever stage was sent.
"""

from __future__ import annotations

from dataclasses import replace

from ..links import Link
from .call import Answer, Call, Item, Record
from .cards import TAGS, new_card, take_source
from .problems import Problem, no_choice, too_many, wrong_type
from .shapes import Shape, as_id
from .unsorted import FORM, SIP, metadata_problems, stage_unsorted, unsorted_stage

MAX_LEADS, MAX_VALUES = 50, 40
EMBEDDED: Shape = TAGS | {
    "contacts": "array",
    "companies": "array",
    "metadata": "object",
    "source": "object",
}


def add_complex(call: Call) -> Answer:
    """Make leads with their contacts and companies; the answer is a bare list."""
    made = [(item, _new_lead(call, item)) for item in call.items(MAX_LEADS)]
    call.check()
    return 200, [
        {
            "id": cards["leads"]["id"],
            "contact_id": cards["contacts"]["id"] if "contacts" in cards else None,
            "company_id": cards["companies"]["id"] if "companies" in cards else None,
            "request_id": [str(item.request_id)],
            "merged": False,
        }
        for item, cards in made
    ]


def _new_lead(call: Call, item: Item) -> dict[str, Record]:
    """Stage a lead and what comes with it; return the cards by kind."""
    call.need_right("leads", "add")
    embedded = item.sent.get("_embedded") or {}
    metadata = embedded.get("metadata") if isinstance(embedded, dict) else None
    if isinstance(metadata, dict):  # an unsorted enquiry: the stage that was sent is not looked at
        kept = {k: v for k, v in item.sent.items() if k != "status_id"}
        lead = new_card(call, "leads", inner := Item(item.at, kept), EMBEDDED)
        item.problems += inner.problems
    else:
        lead = new_card(call, "leads", item, EMBEDDED)
    if item.problems:
        return {}
    take_source(call, item, lead)
    _count_values(item)
    cards = {"leads": lead}
    for kind in ("contacts", "companies"):
        card = embedded_card(call, item, embedded, kind)
        if card is not None:
            cards[kind] = card
    if isinstance(metadata, dict):
        _make_unsorted(call, item, metadata, cards)
    if not item.problems:
        stage_cards(call, cards)
    return cards


def embedded_card(call: Call, item: Item, embedded: Record, kind: str) -> Record | None:
    """Return the one embedded contact or company: the one of the id sent, else a new one."""
    sent = embedded.get(kind) or []
    if len(sent) > 1:
        item.problems.append(too_many(f"_embedded.{kind}", 1))
    if len(sent) != 1:
        return None
    path = f"_embedded.{kind}.0"
    if not isinstance(sent[0], dict):
        item.problems.append(wrong_type(path, "array"))
        return None
    if "id" in sent[0]:
        card = call.card(kind, as_id(sent[0]["id"]))
        item.problems += [] if card else [no_choice(f"{path}.id")]
        return card
    call.need_right(kind, "add")
    inner = Item(item.at, sent[0])
    card = new_card(call, kind, inner)
    _count_values(inner)
    item.problems += [_inside(problem, path) for problem in inner.problems]
    return card


def stage_cards(call: Call, cards: dict[str, Record]) -> None:
    """Stage a lead with its contact and company, linked; new ones are linked with each other."""
    lead, contact, company = (cards.get(kind) for kind in ("leads", "contacts", "companies"))
    is_new = {k: call.draft.get(k, record["id"]) is None for k, record in cards.items()}
    for kind, record in cards.items():
        if is_new[kind]:
            call.draft.put(kind, record)
    if lead and contact:
        call.draft.link(Link("leads", lead["id"], "contacts", contact["id"], True))
    if lead and company:
        call.draft.link(Link("leads", lead["id"], "companies", company["id"]))
    if contact and company and is_new["contacts"] and is_new["companies"]:
        call.draft.link(Link("contacts", contact["id"], "companies", company["id"]))


def _make_unsorted(call: Call, item: Item, metadata: Record, cards: dict[str, Record]) -> None:
    category = metadata.get("category")
    if category not in ("sip", "forms"):
        item.problems.append(no_choice("_embedded.metadata.category"))
        return
    shape: Shape = (SIP if category == "sip" else FORM) | {"category": "!string"}
    problems = metadata_problems(metadata, shape)
    item.problems += [_inside(problem, "_embedded") for problem in problems]
    stage = unsorted_stage(call, cards["leads"]["pipeline_id"])
    if stage is None:
        item.problems.append(no_choice("pipeline_id"))
    if not item.problems:
        cards["leads"] |= {"status_id": stage, "closed_at": None, "loss_reason_id": None}
        about = {key: value for key, value in metadata.items() if key != "category"}
        stage_unsorted(call, str(category), {"metadata": about}, cards)


def _count_values(item: Item) -> None:
    values = item.sent.get("custom_fields_values")
    if isinstance(values, list) and len(values) > MAX_VALUES:
        item.problems.append(too_many("custom_fields_values", MAX_VALUES))


def _inside(problem: Problem, path: str) -> Problem:
    return replace(problem, path=f"{path}.{problem.path}")
