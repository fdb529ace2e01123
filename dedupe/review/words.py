"""The words of the review's pages: what a key of the program is called on the page."""

from __future__ import annotations

from dedupe.language import N_

from .states import DONE, SKIPPED, TODO

ORDER_NAMES = {
    "money": N_("by money"),
    "doubt": N_("by doubt"),
    "code": N_("by kind"),
    "sample": N_("blind sample"),
}
TIERS = {"auto": N_("sure"), "review": N_("to check"), "shared": N_("share a number")}
ENTITIES = {"contact": N_("contacts"), "company": N_("companies")}
FIELDS = {"phone": N_("phone"), "email": N_("e-mail")}
SHOWN = {"todo": N_("to decide"), "skipped": N_("put off"), "done": N_("decided"), "all": N_("all")}
STATES = {"todo": (TODO,), "skipped": (SKIPPED,), "done": (DONE,), "all": (TODO, SKIPPED, DONE)}
SAID = {
    "same": N_("Merge: written down."),
    "different": N_("Not duplicates: written down."),
    "split": N_("The group is split; here is a part of it."),
    "skip": N_("Put off."),
    "undone": N_("The last decision is taken back."),
    "written": N_("The new value: written down."),
    "kept": N_("It stays as it is: written down."),
}
VERDICT_NAMES = {
    "same": N_("merge them"),
    "different": N_("not duplicates"),
    "mixed": N_("partly merge"),
}
MARKS = {
    "same": N_("as in the golden card"),
    "other": N_("differs from the golden card"),
    "none": N_("empty"),
}
KEYS = (
    ("Y", N_("merge the marked cards; of a value: write the marked parts")),
    ("N", N_("these are not duplicates; of a value: leave it as it is")),
    ("S", N_("put off")),
    ("U", N_("take the last decision back")),
    ("1–9", N_("the card that stays; of a value: mark a part, or take the mark off")),
    ("X", N_("drop the chosen card, or take it in again")),
    ("P", N_("split: marked cards and the rest")),
    ("← →", N_("choose a card")),
    ("↑ ↓", N_("choose a field")),
    ("Enter", N_("take the chosen value into the golden card")),
    ("E", N_("edit the golden value of the chosen field, or the value's text")),
    ("J K", N_("next, previous place in the list, decided or not")),
    ("Q", N_("back to the list")),
    ("G V", N_("groups; values")),
    ("O C F", N_("in the list, choose the owner, the cards or the check; then Enter")),
    ("M", N_("in the list: only my cards, or all")),
    ("?", N_("this help")),
)
