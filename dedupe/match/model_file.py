"""model.json: what a scan learned, for whoever explains or checks it; schema `crmclean.model/1`.

One entry an entity: its comparisons with the m, u and weight of each level, the contexts that u is
kept by, the prior, the thresholds and what the blocking rules made. Numbers are as the model had
them, so that a pair's weight can be added up again; labels are English. No values of the account.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dedupe.errors import InputError
from dedupe.language import N_

from .engine import Matched, MatchOptions, RuleUse
from .frames import LISTED

SCHEMA_NAME, SCHEMA_VERSION = "crmclean.model", 1
STRANGERS = "strangers"  # the context of pairs that share no strong key
SCAN_AGAIN = N_("scan the account again")


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEntry:
    """One level: `m`, then `u` and `bits` by context.

    `bits` are log2(m/u), but levels that would fall out of order are weighed as one.
    """

    label: str
    m: float
    u: tuple[float, ...]
    bits: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonEntry:
    """One comparison and its levels, from 0 up; `n_observed` cards have a value."""

    name: str
    kind: str
    n_observed: int
    levels: tuple[LevelEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry:
    """A context's name; pairs are in it from `level` of `comparison` up (None: all others)."""

    name: str
    comparison: str | None
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where a pair is listed, a link and likely enough for the tier auto.

    `listed` and `auto` are probabilities, `link` is a weight in bits.
    """

    listed: float
    link: float
    auto: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """All that model.json tells of one entity; `contexts` starts with strangers."""

    entity: str
    n_records: int
    n_candidates: int
    prior: float
    prior_bits: float
    thresholds: Thresholds
    contexts: tuple[ContextEntry, ...]
    comparisons: tuple[ComparisonEntry, ...]
    rules: tuple[RuleUse, ...]
    seconds: Mapping[str, float]


def describe_model(matched: Matched, options: MatchOptions | None = None) -> ModelEntry:
    """Return the entry of one entity; `options` are those it was matched with."""
    model, records = matched.model, matched.records
    options = options or MatchOptions()
    return ModelEntry(
        entity=records.entity,
        n_records=records.n,
        n_candidates=matched.scored.n_candidates,
        prior=model.prior,
        prior_bits=model.prior_bits,
        thresholds=Thresholds(listed=LISTED, link=options.threshold, auto=options.auto),
        contexts=_contexts(matched),
        comparisons=_comparisons(matched),
        rules=matched.rules,
        seconds={name: round(seconds, 3) for name, seconds in matched.seconds.items()},
    )


def render_model(matched: Sequence[Matched], options: MatchOptions | None = None) -> str:
    """Return the text of model.json, one line feed at its end."""
    entries = [asdict(describe_model(each, options)) for each in matched]
    document = {"schema": f"{SCHEMA_NAME}/{SCHEMA_VERSION}", "entities": entries}
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def load_model(path: Path) -> dict[str, ModelEntry]:
    """Return the entries of model.json by entity. Raises InputError."""
    document = _read(path)
    try:
        entries = [_entry(each) for each in document["entities"]]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise damaged(path) from error
    return {entry.entity: entry for entry in entries}


def damaged(path: Path) -> InputError:
    """Return the error of a file of a scan that is not what a scan writes."""
    return InputError(
        N_("damaged: it is not what a scan has written"), where=str(path), fix=SCAN_AGAIN
    )


def _contexts(matched: Matched) -> tuple[ContextEntry, ...]:
    names = [comparison.name for comparison in matched.model.comparisons]
    return tuple(
        ContextEntry(
            name=STRANGERS if each.at < 0 else names[each.at],
            comparison=None if each.at < 0 else names[each.at],
            level=each.level,
        )
        for each in matched.model.contexts
    )


def _comparisons(matched: Matched) -> tuple[ComparisonEntry, ...]:
    model, tables = matched.model, matched.model.tables()
    return tuple(
        ComparisonEntry(
            name=comparison.name,
            kind=str(comparison.kind),
            n_observed=matched.records.columns[at].n_observed,
            levels=tuple(
                LevelEntry(
                    label=label,
                    m=float(model.m[at][level]),
                    u=tuple(float(each.u[at][level]) for each in model.contexts),
                    bits=tuple(float(bits) for bits in tables[:, at, level]),
                )
                for level, label in enumerate(comparison.grading.labels)
            ),
        )
        for at, comparison in enumerate(model.comparisons)
    )


def _read(path: Path) -> dict[str, Any]:
    """Return the document, its schema checked."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        name, _, version = str(document["schema"]).partition("/")
        number = int(version)
    except OSError as error:
        raise InputError(
            N_("can't be read ({reason})"),
            where=str(path),
            fix=SCAN_AGAIN,
            reason=(error.strerror or "").lower(),
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path) from error
    if name != SCHEMA_NAME or number < 1:
        raise damaged(path)
    if number > SCHEMA_VERSION:
        raise InputError(
            N_("the scan is of a later version of crmclean"),
            where=str(path),
            fix=N_("update crmclean"),
        )
    assert isinstance(document, dict)  # it has been indexed by "schema"
    return document


def _entry(told: Mapping[str, Any]) -> ModelEntry:
    contexts = tuple(_context(each) for each in told["contexts"])
    comparisons = tuple(_comparison(each, len(contexts)) for each in told["comparisons"])
    names = {each.name for each in comparisons}
    if not contexts or not {each.comparison for each in contexts[1:]} <= names:
        raise ValueError("contexts without strangers, or of no comparison")
    return ModelEntry(
        entity=str(told["entity"]),
        n_records=int(told["n_records"]),
        n_candidates=int(told["n_candidates"]),
        prior=_number(told["prior"]),
        prior_bits=_number(told["prior_bits"]),
        thresholds=Thresholds(
            listed=_number(told["thresholds"]["listed"]),
            link=_number(told["thresholds"]["link"]),
            auto=_number(told["thresholds"]["auto"]),
        ),
        contexts=contexts,
        comparisons=comparisons,
        rules=tuple(RuleUse(**each) for each in told["rules"]),
        seconds={str(name): _number(seconds) for name, seconds in told["seconds"].items()},
    )


def _context(told: Mapping[str, Any]) -> ContextEntry:
    comparison = told["comparison"]
    return ContextEntry(
        name=str(told["name"]),
        comparison=None if comparison is None else str(comparison),
        level=int(told["level"]),
    )


def _comparison(told: Mapping[str, Any], n_contexts: int) -> ComparisonEntry:
    levels = tuple(
        LevelEntry(
            label=str(each["label"]),
            m=_number(each["m"]),
            u=tuple(_number(u) for u in each["u"]),
            bits=tuple(_number(bits) for bits in each["bits"]),
        )
        for each in told["levels"]
    )
    if any(len(each.u) != n_contexts or len(each.bits) != n_contexts for each in levels):
        raise ValueError("u and bits are by context")
    return ComparisonEntry(
        name=str(told["name"]),
        kind=str(told["kind"]),
        n_observed=int(told["n_observed"]),
        levels=levels,
    )


def _number(told: Any) -> float:  # noqa: ANN401  JSON's own value
    number = float(told)
    if not math.isfinite(number):
        raise ValueError("a number is meant")
    return number
