"""What the snapshot and the API call the same things."""

from __future__ import annotations

ENTITY_OF = {"contacts": "contact", "companies": "company", "leads": "deal"}  # API -> snapshot
KIND_OF = {"contact": "contacts", "company": "companies", "deal": "leads"}  # snapshot -> API
# The API's singular, as events and talks have it.
SINGULAR = {"contacts": "contact", "companies": "company", "leads": "lead", "tasks": "task"}
CARDS = ("contacts", "companies", "leads")
WON, LOST = 142, 143  # the same in every pipeline
