"""Lines of an audit that no data can tell: a person looks, and ticks them off in the config.

    [manual]
    MAN101 = "done"             # done | failed | not_applicable

A line that nobody ticked is not done. The check MAN001 shows all of them with their state; its
share is the readiness: done lines among those that apply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from dedupe.contracts import FINDINGS, Column, Metric
from dedupe.errors import ConfigError
from dedupe.language import N_, tr

from .facts import Facts, Outcome
from .registry import Check, register

NOT_APPLICABLE = "not_applicable"
_OPEN = N_("not looked at yet")
_STATES = {
    "done": N_("as it should be"),
    "failed": N_("not as it should be"),
    NOT_APPLICABLE: N_("does not apply"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualLine:
    """One thing to look at by hand: how, and what to do if it is not so. Texts are msgids."""

    code: str
    title: str
    how: str
    advice: str


LINES = (
    ManualLine(
        code="MAN101",
        title=N_("No direct numbers of employees on the site and in ads"),
        how=N_("Open the site, the maps and the ads: every number must be one of the telephony."),
        advice=N_(
            "Replace direct numbers by those of the telephony: calls to them leave no trace."
        ),
    ),
    ManualLine(
        code="MAN102",
        title=N_("One chat for each region"),
        how=N_("Write to every chat of the site from each region: one answers, from that region."),
        advice=N_("Leave one chat on a page and route enquiries by region inside it."),
    ),
    ManualLine(
        code="MAN103",
        title=N_("Integrations do what they are meant to"),
        how=N_(
            "Ask the vendor of each integration for its rules, and make one enquiry through it: "
            "card, deal, responsible employee and speed must be as agreed."
        ),
        advice=N_("Set the rules right with the vendor; switch off what nobody can explain."),
    ),
    ManualLine(
        code="MAN104",
        title=N_("Integrations work under an account of their own"),
        how=N_("See in the settings of each integration who connected it."),
        advice=N_(
            "Make a technical account and connect the integrations anew from it: one that is "
            "connected by an employee stops when that employee leaves."
        ),
    ),
    ManualLine(
        code="MAN105",
        title=N_("Control of duplicates is switched on"),
        how=N_("See in the settings of the CRM that it looks for duplicates when a card is made."),
        advice=N_("Switch it on for phone and e-mail, and tell managers what to do with a hint."),
    ),
    ManualLine(
        code="MAN106",
        title=N_("There is a written regulation, and employees know it"),
        how=N_("Ask two employees what they do with a new enquiry, and compare with the text."),
        advice=N_(
            "Write down stages, terms and required fields, and put them into the config as "
            "[[regulation]]: the audit then controls them."
        ),
    ),
    ManualLine(
        code="MAN107",
        title=N_("A letter gets to its card"),
        how=N_("Write from a client's address to the common mailbox and to a manager's own."),
        advice=N_("Connect the mailboxes of everybody who writes to clients."),
    ),
    ManualLine(
        code="MAN108",
        title=N_("A form fills every field"),
        how=N_(
            "Send each form of the site twice, the second time with another e-mail: a deal is made "
            "once, all fields are filled, and the new address gets into the card."
        ),
        advice=N_("Map the fields of the form anew and ask the vendor to add new values to cards."),
    ),
    ManualLine(
        code="MAN109",
        title=N_("A call leaves a trace and a recording"),
        how=N_(
            "Call every number from an unknown phone, also outside working hours: a card, a deal "
            "or a task is made, and the recording can be heard."
        ),
        advice=N_("Set up the telephony's rule for unknown and missed calls."),
    ),
    ManualLine(
        code="MAN110",
        title=N_("A message in every chat reaches its manager"),
        how=N_("Write to each channel twice: the second message comes to the same manager."),
        advice=N_("Set repeated enquiries to go to the responsible employee."),
    ),
)  # fmt: skip


def read_manual(told: Mapping[str, str]) -> Mapping[str, str]:
    """Return the section [manual] as it is. Raises ConfigError where it names no line of ours."""
    problems = list(_problems(told))
    if problems:
        raise ConfigError(
            N_("{problems}"),
            where="[manual]",
            fix=N_("see: crmclean explain MAN001"),
            problems="; ".join(problems),
        )
    return told


def _problems(told: Mapping[str, str]) -> Iterator[str]:
    codes = [line.code for line in LINES]
    for code in told:
        if code not in codes:
            near = get_close_matches(code.upper(), codes, n=1)
            hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
            shown = code[:40] if code.isprintable() else "?"
            yield tr(N_("{key}: unknown setting{hint}"), key=shown, hint=hint)


def _run(facts: Facts, entity: str) -> Outcome:
    states = [facts.manual.get(line.code, "") for line in LINES]
    n_apply = sum(state != NOT_APPLICABLE for state in states)
    rows = pl.DataFrame(
        {
            "code": [line.code for line in LINES],
            "line": [line.title for line in LINES],
            "state": [_STATES.get(state, _OPEN) for state in states],
            "how": [line.how for line in LINES],
            "advice": [line.advice for line in LINES],
        }
    )
    metric = Metric(
        name="manual_lines",
        title=N_("Lines to look at by hand"),
        columns=(
            Column("code", N_("Code"), "code"),
            Column("line", N_("Line"), "word"),
            Column("state", N_("State"), "word"),
            Column("how", N_("How to look"), "word"),
            Column("advice", N_("If it is not so"), "word"),
        ),
        rows=rows,
        note=N_(
            "Readiness is the share of done lines among those that apply; a line that nobody "
            "ticked is not done. Tick them in the config, section [manual]: done, failed or "
            "not_applicable."
        ),
    )
    done = states.count("done")
    return Outcome(findings=FINDINGS.empty(), base=n_apply, counted=done, metrics=(metric,))


register(
    Check(
        code="MAN001",
        severity="info",
        needs={"account": ()},
        repair="none",
        title=N_("Lines ticked by hand: readiness"),
        definition=N_(
            "Lines of the audit that no data can tell and that a person marked as done in the "
            "config; the base is the lines that apply."
        ),
        risk=N_("What nobody looks at breaks without being noticed: numbers, chats, rules, forms."),
        advice=N_(
            "Look at each line as it says, and mark it in the section [manual] of the config."
        ),
        run=_run,
    )
)
