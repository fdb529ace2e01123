"""The three ways of a review: the page, the workbook that is written, the one that is read."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import Session
from dedupe.language import N_, count, share, tr, trn

if TYPE_CHECKING:
    from dedupe.plan.scan_folder import ScanFolder
    from dedupe.review.deck import Deck
    from dedupe.review.server import ReviewServer
    from dedupe.review.values_deck import ValuesDeck


def serve(
    session: Session, deck: Deck, values: ValuesDeck, scanned: ScanFolder, *, is_opened: bool
) -> None:
    """Serve the page until somebody ends it, then say what was decided."""
    from dedupe.review.server import ReviewServer
    from dedupe.review.thresholds import Thresholds

    with ReviewServer(deck, Thresholds(scanned.pairs), values=values) as server:
        _tell_start(session, deck, values, server)
        if is_opened:
            import webbrowser

            webbrowser.open(server.url)
        why = "ended"
        with contextlib.suppress(KeyboardInterrupt):  # the usual end of a server
            why = server.wait()
    if why == "idle":
        session.say(tr(N_("Nobody has used the page for half an hour, so it was ended.")))
    _tell_end(session, deck, values)


def _tell_start(session: Session, deck: Deck, values: ValuesDeck, server: ReviewServer) -> None:
    counts, own = deck.counts(), values.counts()
    if session.is_json:
        told = {"schema": "crmclean.review/1", "url": server.url, "groups": counts.total,
                "decided": counts.done, "skipped": counts.skipped,
                "values": own.total, "values_decided": own.done, "values_skipped": own.skipped,
                "decisions": str(deck.log.path)}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(server.url)
    session.say(
        trn("{n} group waits for a decision.", "{n} groups wait for a decision.", counts.todo)
    )
    if own.total:
        session.say(
            trn("{n} value waits for a decision.", "{n} values wait for a decision.", own.todo)
        )
    session.say(tr(N_("Decisions: {path}"), path=deck.log.path))
    session.say(tr(N_("The address works once and on this machine only. Ctrl-C ends the review.")))


def _tell_end(session: Session, deck: Deck, values: ValuesDeck) -> None:
    counts = deck.counts()
    session.say(
        tr(
            N_("Decided: {done} of {total}; put off: {skipped}."),
            done=count(counts.done),
            total=count(counts.total),
            skipped=count(counts.skipped),
        )
    )
    own = values.counts()
    if own.total:
        session.say(
            tr(
                N_("Values decided: {done} of {total}; put off: {skipped}."),
                done=count(own.done),
                total=count(own.total),
                skipped=count(own.skipped),
            )
        )
    if deck.sample is not None and not counts.todo:
        _tell_precision(session, deck)
    session.say(tr(N_("Next: {command}"), command="crmclean plan"))


def _tell_precision(session: Session, deck: Deck) -> None:
    from dedupe.review.sample import measured
    from dedupe.review.words import TIERS

    for each in measured(deck):
        if each.share is not None:
            line = tr(
                N_("Precision, {tier}: {share} ({right} of {n}; 95% interval {low} – {high})"),
                tier=tr(TIERS[each.tier]),
                share=share(each.share),
                right=count(each.right),
                n=count(each.n),
                low=share(each.low),
                high=share(each.high),
            )
            session.say(line)


def export(session: Session, deck: Deck, values: ValuesDeck, path: Path, limit: int) -> None:
    """Write the workbook and say what is in it."""
    from dedupe.review.signature import signing_key
    from dedupe.review.workbook import write_workbook

    key = signing_key(session.state())
    written = write_workbook(deck, path, key, limit=limit, values=values)
    left = deck.counts().todo - written.n_groups
    values_left = values.counts().todo - written.n_values
    if session.is_json:
        told = {"schema": "crmclean.review_export/1", "file": str(path),
                "groups": written.n_groups, "left": left,
                "values": written.n_values, "values_left": values_left}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(
        trn(
            "Written: {n} group into {path}",
            "Written: {n} groups into {path}",
            written.n_groups,
            path=path,
        )
    )
    if written.n_values:
        click.echo(trn("Written: {n} value, too", "Written: {n} values, too", written.n_values))
    if left:
        session.say(trn("{n} more group waits.", "{n} more groups wait.", left))
    if values_left:
        session.say(trn("{n} more value waits.", "{n} more values wait.", values_left))
    session.say(tr(N_("Next: {command}"), command=f"crmclean review --import {path}"))


def import_(session: Session, deck: Deck, values: ValuesDeck, path: Path) -> None:
    """Take a workbook's decisions over and say which rows were ignored."""
    from dedupe.review.signature import signing_key
    from dedupe.review.workbook_in import read_workbook

    read = read_workbook(deck, path, signing_key(session.state()), values)
    deck.decide(read.decisions)
    if session.is_json:
        told = {
            "schema": "crmclean.review_import/1",
            "decisions": len(read.decisions),
            "without_decision": read.n_open,
            "values_without_decision": read.n_open_values,
            "ignored": [
                {"row": each.row, "reason": tr(each.reason)}
                | ({"sheet": each.sheet} if each.sheet else {})
                for each in read.ignored
            ],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(trn("{n} decision taken over.", "{n} decisions taken over.", len(read.decisions)))
    if read.n_open:
        session.say(
            trn("{n} group has no decision yet.", "{n} groups have no decision yet.", read.n_open)
        )
    if read.n_open_values:
        session.say(
            trn(
                "{n} value has no decision yet.",
                "{n} values have no decision yet.",
                read.n_open_values,
            )
        )
    for each in read.ignored:
        line = tr(N_("row {row} is ignored: {reason}"), row=each.row, reason=tr(each.reason))
        session.say(f"{each.sheet}: {line}" if each.sheet else line)
    session.say(tr(N_("Next: {command}"), command="crmclean plan"))
