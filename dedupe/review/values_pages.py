"""The pages of values: the list of them, and one with what speaks for its parts."""

from __future__ import annotations

from collections.abc import Sequence

from dedupe.audit import CHECKS
from dedupe.language import tr

from .deck import Deck
from .frame import Frame, leaf_of
from .states import SKIPPED
from .table import card_url
from .values_deck import ValuesDeck
from .values_words import lost_words, own_text, parts_of, sure, unread
from .view import View
from .words import SAID, SHOWN, STATES

_PARTS = 4  # of a proposal in the list
_SHOWN_MAX = 160  # of a text in the list: the value's own page has all of it


class ValuesPages:
    """Renders the values of a review."""

    def __init__(self, deck: Deck, values: ValuesDeck, frame: Frame) -> None:
        self._deck, self._values, self._frame = deck, values, frame

    def list(self, view: View, *, show: str, page: int) -> str:
        """Return one leaf of the list of values."""
        show = show if show in SHOWN else "todo"
        leaf = leaf_of(self._values.in_states(view, STATES[show]), page)
        return self._frame.render(
            "values",
            view,
            counts=self._values.counts(view),
            show=show,
            leaf=leaf,
            rows=[self._row(v) for v in leaf.places],
            filters=self._frame.filters(self._values, view),
            titles=_titles(),
        )

    def one(self, v: int, view: View, *, said: str = "", failed: str = "", typed: str = "") -> str:
        """Return the page of one value."""
        values = self._values
        value, before_after = values.value(v), values.neighbours(view, v)
        told = values.decision(v)
        return self._frame.render(
            "value",
            view,
            counts=values.counts(view),
            value=value,
            title=_titles().get(value.code, ""),
            owner=self._frame.owner(value.owner_id),
            url=card_url(self._deck, value.entity, value.record_id),
            sure=sure(value),
            parts=parts_of(values, value),
            unread=unread(values, value),
            lost=lost_words(value),
            typed=typed or own_text(values, value),
            decided=values.decided(v),
            last=told.id if told else "",
            is_changed=values.is_changed(v),
            before=before_after[0],
            after=before_after[1],
            said=tr(SAID.get(said, "")),
            failed=failed,
            narrowed=self._frame.narrowed(view),
        )

    def _row(self, v: int) -> dict[str, object]:
        value = self._values.value(v)
        decided = self._values.decided(v)
        return {
            "v": v,
            "value": value,
            "raw": _short(value.raw),
            "proposal": _some(value.parts),
            "owner": self._frame.owner(value.owner_id),
            "decided": None if decided is None else _some(decided),
            "is_skipped": self._values.state(v) == SKIPPED,
        }


def _titles() -> dict[str, str]:
    return {code: tr(check.title) for code, check in CHECKS.items()}


def _some(parts: Sequence[str]) -> list[str]:
    """Return the first parts, short: the value's own page has all of them."""
    shown = [_short(part) for part in parts[:_PARTS]]
    return shown if len(parts) <= _PARTS else [*shown, "…"]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
