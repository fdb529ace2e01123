"""The writing side of the API: which handler answers a method and a path.

Special paths stand before general ones. Every handler works on a draft, so a request is
carried out whole or not at all, and lists its effects.
"""

from __future__ import annotations

from collections.abc import Callable

from dedupe.sandbox.server.routes import Route

from . import (
    calls,
    cards,
    complex,
    enquiries,
    fields,
    links,
    notes,
    refused,
    settings,
    tags,
    tasks,
    unsorted,
)
from .call import Answer, Call, handler

_KIND = "{kind:leads|contacts|companies}"
_ID = "{id:[0-9]+}"
_WORK: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
    ("POST", "leads/complex", complex.add_complex),
    ("POST", "leads/unsorted/{category:sip|forms}", enquiries.add_enquiries),
    ("POST", "leads/unsorted/{uid}/accept", unsorted.accept),
    ("DELETE", "leads/unsorted/{uid}/decline", unsorted.decline),
    ("POST", "leads/unsorted/{uid}/link", unsorted.link),
    ("POST", "leads/loss_reasons", settings.add_loss_reasons),
    ("DELETE", f"leads/loss_reasons/{_ID}", settings.delete_loss_reason),
    ("POST", "contacts/chats", settings.link_chats),
    ("POST", f"{_KIND}/tags", tags.add_tags),
    ("POST", f"{_KIND}/custom_fields", fields.add_fields),
    ("PATCH", f"{_KIND}/custom_fields", fields.change_fields),
    ("PATCH", f"{_KIND}/custom_fields/{_ID}", fields.change_field),
    ("DELETE", f"{_KIND}/custom_fields/{_ID}", fields.delete_field),
    ("POST", f"{_KIND}/notes", notes.add_notes),
    ("PATCH", f"{_KIND}/notes", notes.change_notes),
    ("POST", f"{_KIND}/{_ID}/notes", notes.add_notes),
    ("PATCH", f"{_KIND}/{_ID}/notes", notes.change_notes),
    ("PATCH", f"{_KIND}/{_ID}/notes/{{note:[0-9]+}}", notes.change_note),
    ("DELETE", f"{_KIND}/{_ID}/notes/{{note:[0-9]+}}", refused.not_allowed),
    ("DELETE", f"{_KIND}/notes/{{note:[0-9]+}}", refused.not_allowed),
    ("POST", f"{_KIND}/link", links.link_many),
    ("POST", f"{_KIND}/unlink", links.unlink_many),
    ("POST", f"{_KIND}/{_ID}/link", links.link_one),
    ("POST", f"{_KIND}/{_ID}/unlink", links.unlink_one),
    ("POST", _KIND, cards.add_cards),
    ("PATCH", _KIND, cards.change_cards),
    ("PATCH", f"{_KIND}/{_ID}", cards.change_one),
    ("DELETE", f"{_KIND}/{_ID}", refused.not_allowed),
    ("DELETE", _KIND, refused.not_allowed),
    ("POST", "tasks", tasks.add_tasks),
    ("PATCH", "tasks", tasks.change_tasks),
    ("PATCH", f"tasks/{_ID}", tasks.change_task),
    ("DELETE", f"tasks/{_ID}", refused.out_of_scope),
    ("POST", "webhooks", settings.put_webhook),
    ("DELETE", "webhooks", settings.delete_webhook),
    ("POST", "sources", settings.add_sources),
    ("PATCH", "sources", settings.change_sources),
    ("DELETE", "sources", settings.delete_sources),
    ("PATCH", f"sources/{_ID}", settings.change_source),
    ("DELETE", f"sources/{_ID}", settings.delete_source),
    ("POST", "calls", calls.add_calls),
    ("DELETE", "calls/{id}", refused.unknown_call),
    ("DELETE", "catalogs/{catalog}/elements/{id}", refused.not_allowed),
    ("POST", "users", refused.out_of_scope),
    ("POST", "roles", refused.out_of_scope),
    ("PATCH", f"roles/{_ID}", refused.out_of_scope),
    ("DELETE", f"roles/{_ID}", refused.out_of_scope),
)

ROUTES = tuple(Route(method, f"/api/v4/{path}", handler(work)) for method, path, work in _WORK)
