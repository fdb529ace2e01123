"""Where an account's decisions are kept, and what holds of them: shared by scan, plan, review."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Session
from dedupe.errors import ConfigError, InputError
from dedupe.language import N_, trn

if TYPE_CHECKING:
    import polars as pl

    from dedupe.config import Config
    from dedupe.decisions import Settled
    from dedupe.scan import ScanOptions

_OTHERS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """The account that decisions are about, as a scan's summary names it."""

    source: str
    account_id: str
    host: str


def decisions_file(session: Session, config: Config, whose: Whose) -> Path:
    """Return the account's decisions.jsonl: in its profile's folder, else in one of its own.

    A profile's account is known by its host, files by their name and the name of what was read.
    """
    from dedupe.decisions import FILE_NAME

    name = _profile(session, config, whose)
    if name is not None:
        from dedupe.crm.signin import account_place

        return account_place(session.state(), name) / FILE_NAME
    key = whose.host or f"{whose.source}\n{whose.account_id}"
    digest = hashlib.sha256(f"{key}\n{whose.account_id}".encode()).hexdigest()[:12]
    shown = _OTHERS.sub("-", whose.host or Path(whose.source).stem).strip("-").lower()[:40]
    return session.state() / "decisions" / f"{shown or 'account'}-{digest}" / FILE_NAME


def _profile(session: Session, config: Config, whose: Whose) -> str | None:
    if not whose.host:
        return None
    from dedupe.crm.signin import account_host

    alike = [
        name
        for name, profile in config.profiles.items()
        if profile.crm != "files"
        and profile.url is not None
        and account_host(name, profile) == whose.host
    ]
    for told in (session.profile, whose.source):
        if told in alike:
            return told
    return min(alike, default=None)


def settled_of(session: Session, config: Config, whose: Whose, *more: Path | None) -> Settled:
    """Return what holds of the account's decisions, and of further files of the same kind."""
    from dedupe.decisions import read_log, settle

    try:
        own = read_log(decisions_file(session, config, whose))
    except ConfigError:  # no home folder, so nothing was ever decided there
        own = ()
    told = {each.id: each for each in own}
    for path in more:
        if path is not None:
            _check_there(path)
            told |= {each.id: each for each in read_log(path)}
    settled = settle(told.values())
    for each in settled.contradictions[:3]:
        session.say(f"decisions: {each.overruled} < {each.by}")
    return settled


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            N_("there is no such file of decisions"), where=str(path), fix=N_("check the path")
        )


def with_decisions(session: Session, options: ScanOptions, settled: Settled) -> ScanOptions:
    """Return the options with the decided pairs as labels; the match learns from enough of them.

    Judged pairs of --labels come first: of two that contradict each other neither counts.
    """
    from dataclasses import replace

    import polars as pl

    labels = settled.labels()
    if labels.is_empty():
        return options
    n_one = int(labels["is_match"].sum())
    n_two = labels.height - n_one
    session.say(
        trn(
            "Decisions of reviewers: {n} pair is one, {two} are not.",
            "Decisions of reviewers: {n} pairs are one, {two} are not.",
            n_one,
            two=n_two,
        )
    )
    if options.labels is None:
        _tell_teaching(session, settled)
        return replace(options, labels=labels, is_taught=settled.teaches())
    return replace(options, labels=pl.concat([options.labels, _others(labels, options.labels)]))


def with_apart(session: Session, options: ScanOptions, settled: Settled) -> ScanOptions:
    """Return the options of a scan of two tables with the pairs that reviewers hold apart.

    What they hold to be one is not taken over: it is about cards of one table.
    """
    from dataclasses import replace

    import polars as pl

    labels = settled.labels().filter(~pl.col("is_match"))
    if labels.is_empty():
        return options
    session.say(
        trn(
            "Decisions of reviewers: {n} pair stays apart where each table has one of its cards.",
            "Decisions of reviewers: {n} pairs stay apart where each table has one of the cards.",
            labels.height,
        )
    )
    is_taught = options.is_taught and options.labels is not None
    return replace(options, apart=labels, is_taught=is_taught)


def _others(labels: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Return the decided pairs that --labels does not judge."""
    import polars as pl

    low, high = pl.min_horizontal("left_id", "right_id"), pl.max_horizontal("left_id", "right_id")
    known = given.select(low=low, high=high)
    own = labels.with_columns(low=low, high=high)
    return own.join(known, on=["low", "high"], how="anti").select(given.columns)


def _tell_teaching(session: Session, settled: Settled) -> None:
    from dedupe.decisions.settled import LEAST_TAUGHT

    if not settled.teaches():
        session.say(
            trn(
                "They hold for these pairs; to learn from them takes {n} of each kind.",
                "They hold for these pairs; to learn from them takes {n} of each kind.",
                LEAST_TAUGHT,
            )
        )
