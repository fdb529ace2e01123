"""What became of an account's settings, for people and as `crmclean.settings_diff/1`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dedupe.language import N_, NN_, tr, trn
from dedupe.report.words import moment, plain

from .compare import Change, Drift, How, SectionDrift
from .layout import LAYOUTS
from .values import Attribute, Layout, Ref, Value
from .words import shown

SCHEMA = "crmclean.settings_diff/1"
_MARKS = {How.ADDED: "+", How.REMOVED: "-"}
_UNREAD = {
    "old": N_("not compared: the old document did not read it"),
    "new": N_("not compared: not read now"),
    "both": N_("not compared: neither document read it"),
}


def drift_document(drift: Drift) -> dict[str, Any]:
    """Return `drift` as the document of its schema, of plain JSON values."""
    return {
        "schema": SCHEMA,
        "account_id": drift.account_id,
        "host": drift.host,
        "old_at": _iso(drift.old_at),
        "new_at": _iso(drift.new_at),
        "n_changes": drift.n_changes,
        "sections": {one.name: _section_document(one) for one in drift.sections},
    }


def render_drift(drift: Drift) -> str:
    """Return `drift` as lines for people, in the language in use."""
    return "\n".join(_lines(drift))


def _lines(drift: Drift) -> Iterator[str]:
    unknown = tr(N_("an unknown time"))
    old, new = (moment(at) if at else unknown for at in (drift.old_at, drift.new_at))
    account = plain(drift.host or drift.account_id)
    yield tr(N_("Settings of {account}: {old} -> {new}"), account=account, old=old, new=new)
    for section in drift.sections:
        yield from _section_lines(section)
    if drift.n_changes:
        yield trn(*NN_("{n} difference", "{n} differences"), drift.n_changes)
    else:
        yield tr(N_("No setting differs."))


def _section_lines(section: SectionDrift) -> Iterator[str]:
    layout = LAYOUTS[section.name]
    if section.unread:
        yield f"{tr(layout.title)}: {tr(_UNREAD[section.unread])}"
    if section.changes:
        yield f"{tr(layout.title)}:"
    for change in section.changes:
        yield f"  {_MARKS.get(change.how, '~')} {_change(layout, change)}"


def _change(layout: Layout, change: Change) -> str:
    label = " / ".join(
        shown(value, layout.attributes[layout.place(name)])
        for name, value in zip(layout.label, change.label, strict=True)
    )
    named = f"{change.id} {label}" if label else ""
    if change.how in _MARKS:
        return named
    if change.how is How.MOVED:
        return tr(N_("{setting}: moved"), setting=named)
    attribute = layout.attributes[layout.place(change.attribute)]
    old, new = shown(change.old, attribute), shown(change.new, attribute)
    if change.how is How.RENAMED:
        return tr(N_("{id}: renamed {old} -> {new}"), id=change.id, old=old, new=new)
    what = f"{named}, {tr(attribute.title)}" if named else tr(attribute.title)
    return f"{what}: {old} -> {new}"


def _section_document(section: SectionDrift) -> dict[str, Any]:
    layout = LAYOUTS[section.name]
    return {
        "status": "not_compared" if section.unread else "compared",
        "unread": section.unread,
        "changes": [_change_document(layout, change) for change in section.changes],
    }


def _change_document(layout: Layout, change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {
        "change": str(change.how),
        "id": change.id,
        "label": {
            name: _plain(value, layout.attributes[layout.place(name)])
            for name, value in zip(layout.label, change.label, strict=True)
        },
    }
    if change.attribute:
        attribute = layout.attributes[layout.place(change.attribute)]
        told |= {
            "attribute": change.attribute,
            "old": _plain(change.old, attribute),
            "new": _plain(change.new, attribute),
        }
    return told


def _plain(value: Value, attribute: Attribute) -> object:
    if isinstance(value, Ref):
        return {"id": value.id, "name": value.name}
    if isinstance(value, datetime):
        return _iso(value)
    return list(value) if isinstance(value, tuple) else value


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
