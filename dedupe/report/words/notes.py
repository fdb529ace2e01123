"""The words for what happened while an account was read."""

from __future__ import annotations

from dedupe.contracts import Note
from dedupe.language import N_, NN_, count, tr, trn

NOTES = {
    "bad_date": NN_("{n} date could not be read", "{n} dates could not be read"),
    "bad_number": NN_("{n} number could not be read", "{n} numbers could not be read"),
    "joined_cells": NN_(
        "{n} cell seems to hold several values joined by a comma",
        "{n} cells seem to hold several values joined by a comma",
    ),
    "repeated_id": NN_(
        "{n} row repeats an id that was already read", "{n} rows repeat an id that was already read"
    ),
    "no_id": NN_("{n} row has no id", "{n} rows have no id"),
    "ambiguous_links": NN_(
        "{n} link by name fits several records and was not used",
        "{n} links by name fit several records and were not used",
    ),
    "unresolved_links": NN_(
        "{n} link names a record that is not there", "{n} links name records that are not there"
    ),
    "unreadable": NN_(
        "{n} record of the CRM could not be read", "{n} records of the CRM could not be read"
    ),
    "many_unreadable": NN_(
        "{n} record of the CRM could not be read, which is more than one in a thousand",
        "{n} records of the CRM could not be read, which is more than one in a thousand",
    ),
    "no_header": NN_(
        "{n} table without a known column was left out",
        "{n} tables without a known column were left out",
    ),
    "nothing_to_compare": NN_(
        "{n} column to compare holds no value", "{n} columns to compare hold no value"
    ),
    "unknown_labels": NN_(
        "{n} judged pair names a card that is not there",
        "{n} judged pairs name cards that are not there",
    ),
    "ambiguous_labels": NN_(
        "{n} judged pair fits a contact and a company and was not used: add the column entity",
        "{n} judged pairs fit contacts and companies and were not used: add the column entity",
    ),
    "contradicting_labels": NN_(
        "{n} judgement contradicts another about the same pair and was not used",
        "{n} judgements contradict others about the same pair and were not used",
    ),
    "repeated_header": NN_(
        "{n} repeated header row was left out", "{n} repeated header rows were left out"
    ),
    "totals_row": NN_("{n} row of totals was left out", "{n} rows of totals were left out"),
}
FACTS = {  # remarks that nothing is counted of
    "partial_sight": N_(
        "the token sees only a part of the account: all counts are of that part, and a plan is "
        "made for it alone"
    ),
    "unknown_sight": N_("whether the token sees the whole account could not be learnt"),
}


def note_text(note: Note) -> str:
    """Say what happened while the account was read; an unknown code is named and counted."""
    if note.code in NOTES:
        return trn(*NOTES[note.code], note.n)
    if note.code in FACTS:
        return tr(FACTS[note.code])
    code = tr(note.code)
    return f"{code}: {count(note.n)}" if note.n else code
