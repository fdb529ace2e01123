"""LST102 to LST105: is what the deals of call lists say true: stages, calls, wins, losses."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.moves import moves
from dedupe.audit.registry import Check, register
from dedupe.language import N_

from .bad_contacts import bad_contacts
from .base import deals
from .lists import LIST_DEALS, list_deals
from .traces import call_times, done_tasks, note_times, touched


def _wrong_start(facts: Facts, entity: str) -> Outcome:
    begun = list_deals(facts).filter(pl.col("is_open") & pl.col("rank").is_not_null())
    moved = moves(facts).select(id="deal_id").unique()
    still = begun.filter(pl.col("rank") > 1).join(moved, on="id", how="anti")
    called = touched(facts, still, call_times(facts))
    rows = still.join(called, on="id", how="anti").select(
        record_id="id", value="list", field=pl.lit("status_id")
    )
    return Outcome(findings=findings(rows, entity), base=begun.height)


def _calls_and_stages(facts: Facts, entity: str) -> Outcome:
    told = call_times(facts)
    begun = list_deals(facts).filter(pl.col("is_open") & pl.col("rank").is_not_null())
    if told.is_empty():
        begun = begun.clear()
    called = touched(facts, begun, told).with_columns(is_called=pl.lit(value=True))
    placed = begun.join(called, on="id", how="left")
    is_new, is_called = pl.col("rank") == 1, pl.col("is_called").fill_null(value=False)
    group = (
        pl.when(is_new & is_called).then(pl.lit("called_but_new"))
        .when(~is_new & ~is_called).then(pl.lit("moved_without_call"))
    )  # fmt: skip
    rows = placed.with_columns(group=group).drop_nulls("group")
    return Outcome(
        findings=findings(
            rows.select("group", record_id="id", value="list", field=pl.lit("status_id")), entity
        ),
        base=begun.height,
    )


def _won_without_trace(facts: Facts, entity: str) -> Outcome:
    won = list_deals(facts).filter("is_won")
    rows = won.join(touched(facts, won, note_times(facts)), on="id", how="anti")
    return Outcome(
        findings=findings(rows.select(record_id="id", value="list"), entity), base=won.height
    )


def _bad_without_word(facts: Facts, entity: str) -> Outcome:
    bad = list_deals(facts).filter("is_lost").join(bad_contacts(facts), on="id", how="inner")
    traces = [note_times(facts, texts_only=True)]
    if facts.has("tasks"):
        traces.append(done_tasks(facts))
    rows = bad.join(touched(facts, bad, pl.concat(traces)), on="id", how="anti")
    told = _field_filled(facts)
    rows = rows.join(told, on="id", how="anti").select(
        record_id="id", value="reason", field=pl.lit("loss_reason")
    )
    return Outcome(findings=findings(rows, entity), base=bad.height)


def _field_filled(facts: Facts) -> pl.DataFrame:
    """Return the deals whose field of the config says more beside the built-in reason."""
    if facts.loss_reason_field is None:
        return pl.DataFrame(schema={"id": pl.String})
    of = (
        (pl.col("entity") == "deal")
        & (pl.col("field_id") == facts.loss_reason_field)
        & (pl.col("raw").fill_null("").str.strip_chars() != "")
    )
    values = facts.account.frame("field_values").lazy().filter(of)
    built_in = deals(facts).filter(pl.col("loss_reason_id").fill_null("").str.strip_chars() != "")
    return values.select(id="record_id").unique().collect().join(built_in, on="id", how="semi")


register(
    Check(
        code="LST102",
        severity="info",
        needs={"deal": (*LIST_DEALS, "statuses", "events|status_history")},
        repair="list",
        title=N_("List deals that began in a wrong stage"),
        definition=N_(
            "Open deals of contacts in call lists (see LST001) that stand beyond the first open "
            "stage, though no move and no call is known. Of the lists' open deals in an open "
            "stage."
        ),
        risk=N_("Deals that nobody has touched look begun: the rest of the list seems smaller."),
        advice=N_("Load every list into the first stage; move these deals back to it."),
        run=_wrong_start,
    )
)
register(
    Check(
        code="LST103",
        severity="warning",
        needs={"deal": (*LIST_DEALS, "statuses", "notes")},
        repair="list",
        title=N_("Stage and calls do not agree"),
        definition=N_(
            "Open deals of contacts in call lists (see LST001): in the first open stage with a "
            "call, or beyond it without one; calls on the deal, or on its clients in the deal's "
            "time. Of the lists' open deals in an open stage; none where no call is noted in the "
            "whole account."
        ),
        risk=N_("Who was called and who was not can't be told: some are called twice, some never."),
        advice=N_(
            "Check that the telephony notes every call; then set the stages right and let a robot "
            "move a deal at its first call."
        ),
        run=_calls_and_stages,
    )
)
register(
    Check(
        code="LST104",
        severity="info",
        needs={"deal": (*LIST_DEALS, "notes")},
        repair="list",
        title=N_("Won list deals without a trace"),
        definition=N_(
            "Won deals of contacts in call lists (see LST001) without any note, letter, message or "
            "file, on the deal or on its clients in the deal's time; calls and notes of "
            "integrations are none. Of the lists' won deals."
        ),
        risk=N_("A success that nothing shows may be none: the offer was never sent."),
        advice=N_("Ask for the letter or the file; count a success only with one."),
        run=_won_without_trace,
    )
)
register(
    Check(
        code="LST105",
        severity="info",
        needs={"deal": (*LIST_DEALS, "deals.loss_reason_id", "notes")},
        repair="list",
        title=N_("Bad contacts without an explanation"),
        definition=N_(
            "Deals of contacts in call lists (see LST001) lost as a bad contact (see KPI104) with "
            "no written note, no result of a task and nothing in the reason field. Of the lists' "
            "deals lost as a bad contact."
        ),
        risk=N_("“Bad contact” is the easiest way to be rid of a call."),
        advice=N_("Have what is wrong with the contact written on the card; check some by phone."),
        run=_bad_without_word,
    )
)
