"""What a plan is made from: the account, what a scan found in it, and what people decided.

`PlanInputs` are the frames of a scan's folder beside the account's tables. Decisions are rows of
`entity, left_id, right_id, verdict` for a pair of cards and `code, entity, record_id, verdict` for
a finding, in one frame or in two; a verdict is accept or reject. `settled` is what holds of the
account's own decisions.jsonl; where a row of the frame says otherwise, the row wins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import polars as pl

from dedupe.config.planning import Planning, Survivorship
from dedupe.contracts import CLUSTERS, FINDINGS, PAIRS, VALUES, Account
from dedupe.decisions import Decision, SameGroup, Settled, Spot, spot_of
from dedupe.decisions.proposals import holds
from dedupe.decisions.values import Golden as ToldValue
from dedupe.errors import InputError
from dedupe.language import N_
from dedupe.normalize import PhoneSettings

from .ops import Ref

K = TypeVar("K")
VERDICTS = ("accept", "reject")
_DECISION_COLUMNS = ("entity", "left_id", "right_id", "code", "record_id", "verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """The account and the frames of its scan; `values` may lack columns that a file leaves out."""

    account: Account
    findings: pl.DataFrame = field(default_factory=FINDINGS.empty)
    clusters: pl.DataFrame = field(default_factory=CLUSTERS.empty)
    pairs: pl.DataFrame = field(default_factory=PAIRS.empty)
    values: pl.DataFrame = field(default_factory=VALUES.empty)
    decisions: pl.DataFrame | None = None
    settled: Settled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """How to plan: the config's sections, what is asked for, and what the header tells.

    `only` holds kinds of repair and codes (or their beginnings); without it the kinds of
    `planning.repairs` are planned. `made_at` is the scan's moment, not the clock's: the same scan
    gives the same bytes.
    """

    planning: Planning = field(default_factory=Planning)
    survivorship: Survivorship = field(default_factory=Survivorship)
    phone: PhoneSettings = field(default_factory=PhoneSettings)
    only: tuple[str, ...] = ()
    targets: frozenset[Ref] = frozenset()
    made_at: datetime | None = None
    scan_id: str = ""
    snapshot_id: str = ""
    state_id: str = ""

    def wants(self, kind: str, code: str) -> bool:
        """Tell whether repairs of this kind, for findings of this check, are asked for."""
        if not self.only:
            return kind in self.planning.repairs
        # A kind that is not planned by itself needs its own name, or its check's.
        return kind in self.only or any(
            not each.islower() and code.startswith(each) for each in self.only
        )

    def is_target(self, *refs: Ref) -> bool:
        """Tell whether a group about these records is asked for."""
        return not self.targets or not self.targets.isdisjoint(refs)

    def moment(self) -> datetime:
        """Return when the plan counts as made, to the second, in UTC."""
        made_at = self.made_at or datetime(1970, 1, 1, tzinfo=UTC)
        return made_at.astimezone(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What people decided: pairs by (entity, smaller id, other id), findings by (code, record).

    `groups` are those of the reviewers, the latest last, with the survivor and the golden values
    they chose; `edits` what they wrote in place of a finding's proposal. `proposals` are about one
    text of a card, whichever check has found it.
    """

    pairs: Mapping[tuple[str, str, str], bool] = field(default_factory=dict)
    findings: Mapping[tuple[str, Ref], bool] = field(default_factory=dict)
    groups: tuple[SameGroup, ...] = ()
    edits: Mapping[tuple[str, Ref], str] = field(default_factory=dict)
    proposals: Mapping[Spot, Decision] = field(default_factory=dict)

    def chosen(self, entity: str, ids: Collection[str]) -> tuple[str, dict[str, ToldValue]]:
        """Return the survivor and the values that reviewers chose for cards that are one."""
        survivor = ""
        values: dict[str, ToldValue] = {}
        for group in self.groups:
            if group.entity == entity and set(group.ids) <= set(ids):
                survivor = group.survivor or survivor
                values |= group.values
        return survivor, values

    def accepted_pairs(self, entity: str) -> list[tuple[str, str]]:
        """Return the pairs of one entity that are to be merged, in order."""
        return sorted((a, b) for (e, a, b), good in self.pairs.items() if good and e == entity)

    def rejected_pairs(self, entity: str) -> frozenset[tuple[str, str]]:
        """Return the pairs of one entity that must stay apart."""
        return frozenset(
            (a, b) for (e, a, b), good in self.pairs.items() if not good and e == entity
        )

    def finding(self, code: str, ref: Ref) -> bool | None:
        """Return what was decided on a finding; None where nobody did."""
        return self.findings.get((code, ref))

    def proposal(self, ref: Ref, kind: str, raw: str, proposal: str) -> Decision | None:
        """Return what holds for a proposal on a card's text; None where nobody has decided."""
        if not self.proposals:
            return None
        told = self.proposals.get(spot_of(ref.entity, ref.id, kind, raw))
        return told if told is not None and holds(told, proposal) else None


def decisions_of(inputs: PlanInputs) -> Decisions:
    """Return all decisions that a plan honours. Raises InputError as `read_decisions` does."""
    told, settled = read_decisions(inputs.decisions), inputs.settled
    if settled is None:
        return told
    kept = {(entity, *pair): False for entity, pair in settled.different}
    for group in settled.groups:
        kept |= {(group.entity, *pair): True for pair in group.told_pairs()}
    verdicts = {
        (code, Ref(entity, id_)): each for (code, entity, id_), each in settled.values.items()
    }
    return Decisions(
        pairs=kept | dict(told.pairs),
        findings={key: each.verdict != "reject" for key, each in verdicts.items()}
        | dict(told.findings),
        groups=settled.groups,
        edits={key: each.edited for key, each in verdicts.items() if each.verdict == "edit"},
        proposals=settled.proposals,
    )


def read_decisions(frame: pl.DataFrame | None) -> Decisions:
    """Return decisions as values. Raises InputError where a row says nothing, or two disagree."""
    if frame is None or frame.is_empty():
        return Decisions()
    absent = [pl.lit(None, pl.String).alias(n) for n in _DECISION_COLUMNS if n not in frame.columns]
    rows = frame.with_columns(absent).select(pl.col(_DECISION_COLUMNS).cast(pl.String))
    pairs: dict[tuple[str, str, str], bool] = {}
    findings: dict[tuple[str, Ref], bool] = {}
    for number, (entity, left, right, code, record_id, verdict) in enumerate(rows.iter_rows(), 1):
        where = f"decisions:{number}"
        if verdict not in VERDICTS:
            raise InputError(
                N_("the verdict is neither accept nor reject"),
                where=where,
                fix=N_("correct the row, or leave it out"),
            )
        is_good = verdict == "accept"
        if entity and left and right and left != right:
            one, other = sorted((left, right), key=lambda id_: (len(id_), id_))
            _put(pairs, (entity, one, other), is_good, where)
        elif entity and code and record_id:
            _put(findings, (code, Ref(entity, record_id)), is_good, where)
        else:
            raise InputError(
                N_("a decision is about two cards or about a check's finding on one"),
                where=where,
                fix=N_("correct the row, or leave it out"),
            )
    return Decisions(pairs=pairs, findings=findings)


def _put(known: dict[K, bool], key: K, is_good: bool, where: str) -> None:
    if known.setdefault(key, is_good) is not is_good:
        raise InputError(
            N_("two decisions on the same contradict each other"),
            where=where,
            fix=N_("keep one of them"),
        )
