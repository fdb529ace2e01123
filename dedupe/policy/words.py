"""The words for why a run stopped and for what is odd, in the reader's language.

A code is stable and goes into JSON; its text names the facts of the `Reason`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.language import N_, count, decimal, share, tr
from dedupe.report.words import entity_name

from .outcome import Fact, Reason, State

REASONS: Mapping[str, str] = {
    # what is odd
    "shrunk": N_("{table}: {now} records, {before} in the last good scan; they don't vanish so"),
    "unreadable": N_("{n} items of the CRM's answers could not be read"),
    "not_read": N_("{part} was not read this time, and was the last time"),
    "partial_sight": N_("the token's user sees a part of the account only"),
    "duplicates_jumped": N_("{code} ({entity}): {now} cards, {before} in the last good scan"),
    "clock_backwards": N_("this machine's clock stands {minutes} min before the last run's end"),
    "stale_pull": N_("the account was read {minutes} min ago, more than the policy allows"),
    "another_account": N_("this is another account than the last time: {now}, not {before}"),
    "guard_stop": N_("run {run} was stopped by its own safety limit and nobody has looked at it"),
    # why it stopped
    "odd": N_("something is odd, so nothing was sent"),
    "stop_file": N_("a STOP file holds this account; nothing was sent"),
    "pause_file": N_("a PAUSE file lies in the account's folder: the rest waits for the next run"),
    "window": N_("the hours for changes ({hours}) are over: the rest waits for the next run"),
    "outside_window": N_("changes wait for the hours {hours} of the account's clock"),
    "deadline": N_("the policy's time is up: the rest waits for the next run"),
    "signal": N_("ended by the system; the next run goes on"),
    "over_cap": N_("the plan is over the policy's limit, so nothing was sent"),
    "cut": N_("the plan was cut to its first {kept} of {all} groups by the policy's limits"),
    "no_approval": N_("the plan waits to be approved"),
    "irreversible": N_("the approved plan can't be taken back, and the policy does not allow that"),
    "plan_only": N_("the policy stops after the plan"),
    "unresolved": N_("what became of some operations could not be found out"),
    "groups_failed": N_("some groups failed or were changed by somebody meanwhile"),
    "changed_since": N_("{n} groups are no longer as the run left them"),
    "done_meanwhile": N_("another run of this policy has done it while this one waited"),
    "rehearsal_failed": N_("the rehearsal lost something or touched what it should not"),
    "locked": N_("another run has the account"),
    "locked_long": N_("another run has had the account for {hours} h"),
    "locked_out": N_(
        "another run has the account, and the policy's last good run began {hours} h ago"
    ),
    "error": N_("the run ended with an error"),
    "internal": N_("internal error ({kind})"),
}
_ENTITIES = {"contacts": "contact", "companies": "company", "deals": "deal", "tasks": "task"}
STATES: Mapping[State, str] = {
    State.UNCHANGED: N_("nothing new"),
    State.CHANGED: N_("done"),
    State.STOPPED: N_("stopped"),
    State.FAILED: N_("failed"),
}


def reason_text(reason: Reason) -> str:
    """Return a reason in the language in use; an unknown code as it is."""
    text = REASONS.get(reason.code)
    return reason.code if text is None else tr(text, **_shown(reason.facts))


def accept_text(policy: str, profile: str) -> str:
    """Return how a person goes on after what looked odd: the next runs stop there, too."""
    command = f"crmclean run {policy} -p {profile} --accept-odd"
    return tr(N_("If that is as it should be, accept it once: {command}"), command=command)


def state_text(state: State) -> str:
    """Return a run's state in the language in use."""
    return tr(STATES[state])


def health_text(before: float | None, after: float | None) -> str:
    """Return a health, with the one before where both are known."""
    if after is None:
        return "–"
    return share(after) if before is None else f"{share(before)} → {share(after)}"


def _shown(facts: Mapping[str, Fact]) -> dict[str, str]:
    named = {name: _named(name, value) for name, value in facts.items()}
    return {
        name: count(value)
        if isinstance(value, int)
        else decimal(value)
        if isinstance(value, float)
        else value
        for name, value in named.items()
    }


def _named(name: str, value: Fact) -> Fact:
    """Return the reader's word for a kind of records; anything else as it is."""
    if name not in ("table", "entity") or not isinstance(value, str):
        return value
    return entity_name(_ENTITIES.get(value, value))
