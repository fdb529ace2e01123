"""POST /leads/unsorted/sip and /forms: new enquiries with their lead, contact and company."""

from __future__ import annotations

from dataclasses import replace

from dedupe.sandbox.server.reply import Effect

from .call import Answer, Call, Item, Record
from .cards import new_card
from .complex import embedded_card, stage_cards
from .problems import no_choice, too_many, wrong_type
from .shapes import shape_problems
from .unsorted import EMBEDDED, FORM, NEW, SIP, reference, stage_unsorted, unsorted_stage


def add_enquiries(call: Call) -> Answer:
    """Make unsorted enquiries of the category in the path."""
    call.need_right("leads", "add")
    made = [(item, _new_enquiry(call, item)) for item in call.items()]
    call.check()
    listed = [reference(call, record, item) for item, record in made]
    return 200, {"_total_items": len(listed), "_embedded": {"unsorted": listed}}


def _new_enquiry(call: Call, item: Item) -> Record:
    sent, category = item.sent, call.values["category"]
    item.problems += shape_problems(sent, NEW)
    if not item.problems:
        shape = SIP if category == "sip" else FORM
        item.problems += shape_problems(sent["metadata"], shape, "metadata.")
        item.problems += shape_problems(sent.get("_embedded") or {}, EMBEDDED, "_embedded.")
    if item.problems:
        return {}
    embedded = _with_texts(sent.get("_embedded") or {})
    cards = {"leads": _new_lead(call, item, embedded)}
    for kind in ("contacts", "companies"):
        card = embedded_card(call, item, embedded, kind)
        if card is not None:
            cards[kind] = card
    if item.problems:
        return {}
    stage_cards(call, cards)
    if sent["metadata"].get("is_call_event_needed"):
        told = {"type": "incoming_call", "lead": cards["leads"]["id"]}
        call.draft.add_effect(Effect("trigger", "events", cards["leads"]["id"], None, told))
    return stage_unsorted(call, category, sent, cards)


def _new_lead(call: Call, item: Item, embedded: Record) -> Record:
    leads = embedded.get("leads") or [{}]
    if len(leads) > 1:
        item.problems.append(too_many("_embedded.leads", 1))
    if not isinstance(leads[0], dict):
        item.problems.append(wrong_type("_embedded.leads.0", "array"))
        return {}
    about = {k: v for k, v in leads[0].items() if k not in ("status_id", "pipeline_id")}
    if "pipeline_id" in item.sent:
        about["pipeline_id"] = item.sent["pipeline_id"]
    inner = Item(item.at, about)
    lead = new_card(call, "leads", inner)
    item.problems += [replace(p, path=f"_embedded.leads.0.{p.path}") for p in inner.problems]
    stage = None if inner.problems else unsorted_stage(call, lead["pipeline_id"])
    if stage is None and not inner.problems:
        item.problems.append(no_choice("pipeline_id"))
    return lead | {"status_id": stage}


def _with_texts(embedded: Record) -> Record:
    """Return the embedded contacts with numbers as texts: the API's own sample sends such names."""
    names = ("name", "first_name", "last_name")
    contacts = [
        {k: str(v) if k in names and isinstance(v, int) else v for k, v in contact.items()}
        if isinstance(contact, dict)
        else contact
        for contact in embedded.get("contacts") or ()
    ]
    return embedded | {"contacts": contacts}
