"""What the page's forms say, turned into decisions; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dedupe.decisions import Decision
from dedupe.decisions.values import Golden
from dedupe.errors import CrmCleanError
from dedupe.language import N_

from .deck import Deck, Ids
from .table import Asked, Table, build_table

VERDICTS = ("same", "different", "split", "skip")
_TEXT_MAX = 1_000
Form = Mapping[str, Sequence[str]]


class FormError(CrmCleanError):
    """The form can't be taken as it is; the text says what to change. `status` is HTTP's."""

    def __init__(self, problem: str, *, status: int = 400) -> None:
        super().__init__(problem)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A group's form: the cards that were shown, those still in, and what was chosen."""

    ids: Ids
    kept: Ids
    survivor: str
    verdict: str
    form: Form


def first(form: Form, name: str) -> str:
    """Return the field's value; "" where there is none."""
    return next(iter(form.get(name, ())), "")


def read_group_form(deck: Deck, g: int, form: Form) -> Sent:
    """Return the form of group `g`. Raises FormError when it is of another state of the group."""
    ids = tuple(first(form, "ids").split(","))
    if ids not in deck.parts(g):
        raise FormError(
            N_("this group was decided or changed meanwhile; it is shown anew"), status=409
        )
    told = set(form.get("in", ()))
    return Sent(
        ids=ids,
        kept=tuple(id_ for id_ in ids if id_ in told),
        survivor=first(form, "survivor") if first(form, "survivor") in ids else "",
        verdict=first(form, "verdict"),
        form=form,
    )


def asked_of(deck: Deck, g: int, sent: Sent) -> Asked:
    """Return what the form has chosen so far, for showing the group again."""
    plain = Asked(
        survivor=sent.survivor, dropped=frozenset(id_ for id_ in sent.ids if id_ not in sent.kept)
    )
    table = build_table(deck, g, sent.ids, plain)
    return Asked(survivor=plain.survivor, dropped=plain.dropped, values=_values(table, sent.form))


def decision_of(deck: Deck, g: int, sent: Sent) -> Decision:
    """Return the decision that the form makes. Raises FormError."""
    entity, evidence = deck.head(g).entity, deck.evidence(g)
    note = first(sent.form, "note")[:_TEXT_MAX]
    if sent.verdict not in VERDICTS:
        raise FormError(N_("choose what these cards are"))
    told: dict[str, object] = {"entity": entity, "evidence": evidence, "note": note}
    if sent.verdict == "same":
        told |= _same(deck, g, sent)
    elif sent.verdict == "split":
        rest = tuple(id_ for id_ in sent.ids if id_ not in sent.kept)
        if not sent.kept or not rest:
            raise FormError(N_("to split a group, take the mark off some of its cards"))
        told["parts"] = (sent.kept, rest)
    else:
        told["ids"] = sent.ids
    return deck.log.made(sent.verdict, **told)


def _same(deck: Deck, g: int, sent: Sent) -> dict[str, object]:
    if len(sent.kept) < 2:
        raise FormError(N_("a merge takes two cards or more"))
    if sent.survivor and sent.survivor not in sent.kept:
        raise FormError(N_("the card that stays has been dropped; choose another one"))
    asked = asked_of(deck, g, sent)
    table = build_table(deck, g, sent.ids, asked)
    return {
        "ids": sent.kept,
        "apart": tuple(id_ for id_ in sent.ids if id_ not in sent.kept),
        "survivor": table.survivor if table.survivor in sent.kept else "",
        "values": asked.values,
    }


def _values(table: Table, form: Form) -> dict[str, Golden]:
    """Return the golden values that differ from what the rules choose.

    A text that some card has is named by that card, so that the file of decisions holds no
    personal data but what was typed anew.
    """
    found: dict[str, Golden] = {}
    for row in table.rows:
        if not row.key:
            continue
        held = {cell.card: "\n".join(cell.lines) for cell in row.cells}
        pick, text = first(form, f"pick.{row.key}"), first(form, f"text.{row.key}")[:_TEXT_MAX]
        was = first(form, f"was.{row.key}")
        if f"text.{row.key}" in form and row.is_typed and text != was:
            giver = next((id_ for id_ in (pick, *held) if held.get(id_) == text), "")
            found[row.key] = Golden(from_id=giver) if giver else Golden(text=text.strip())
        elif pick in held and held[pick] != row.was:
            found[row.key] = Golden(from_id=pick)
    return found


def decisions_alike(deck: Deck, g: int, verdict: str) -> list[Decision]:
    """Return one decision for each waiting group that shows the same reasons as `g`, as a batch."""
    if verdict not in ("same", "different"):
        raise FormError(N_("choose what these cards are"))
    groups = [int(each) for each in deck.alike(g)]
    batch = deck.log.made("skip").id.replace("d-", "b-", 1)
    made = []
    for each in groups:
        parts = deck.parts(each)
        if len(parts) == 1 and parts[0] == deck.cards_of(each):
            made.append(
                deck.log.made(
                    verdict,
                    entity=deck.head(each).entity,
                    ids=parts[0],
                    evidence=deck.evidence(each),
                    batch=batch,
                )
            )
    return made
