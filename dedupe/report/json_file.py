"""summary.json: the headline of a scan for programs, schema `crmclean.scan/1`.

Keys and codes are English and stable; moments are ISO 8601 with their zone;
shares have six decimals and seconds three. null means "not read", never zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from dedupe.audit.matches import MatchCounts, match_document
from dedupe.contracts import CheckResult, Health, Summary
from dedupe.errors import StorageError
from dedupe.language import N_

SCHEMA = "crmclean.scan/1"


def summary_document(summary: Summary, matches: Sequence[MatchCounts] = ()) -> dict[str, object]:
    """Return `summary` as the document of its schema, of plain JSON values.

    `matches` are the counts of pairs and clusters by entity, of which the document has the sums.
    """
    return {
        "schema": SCHEMA,
        "scan_id": summary.scan_id,
        "scanned_at": _iso(summary.scanned_at),
        "account": {
            "crm": summary.crm,
            "id": summary.account_id,
            "host": summary.host,
            "source": summary.source,
            "snapshot": summary.snapshot or None,
            "data_from": _iso(summary.data_from),
            "data_to": _iso(summary.data_to),
            "currency": summary.currency or None,
            "timezone": summary.timezone or None,
            "place": summary.place or None,
        },
        "counts": dict(summary.counts),
        "health": _health(summary.health),
        "baseline": summary.baseline or None,
        "checks": [_check(result) for result in summary.checks],
        "settings": dict(summary.settings),
        "match": match_document(matches),
        "notes": [asdict(note) for note in summary.notes],
        "timings": _rounded(summary.timings),
        "versions": dict(summary.versions),
    }


def render_summary(summary: Summary, matches: Sequence[MatchCounts] = ()) -> str:
    """Return the text of summary.json, one line feed at its end."""
    document = summary_document(summary, matches)
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def write_summary(summary: Summary, path: Path, matches: Sequence[MatchCounts] = ()) -> None:
    """Write summary.json to `path` in UTF-8, replacing what was there."""
    try:
        path.write_text(render_summary(summary, matches), encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(
            N_("can't be written: {reason}"),
            where=str(path),
            fix=N_("choose another folder with -o"),
            reason=error.strerror or type(error).__name__,
        ) from error


def _check(result: CheckResult) -> dict[str, object]:
    share = None if result.share is None else round(result.share, 6)
    money = None if result.money is None else round(result.money, 2)
    return asdict(result) | {"share": share, "money": money}


def _health(health: Health | None) -> dict[str, object] | None:
    if health is None:
        return None
    return {
        "cards": health.cards,
        "clean": health.clean,
        "share": None if health.share is None else round(health.share, 6),
        "by_entity": {
            entity: {"clean": clean, "records": n}
            for entity, (clean, n) in health.by_entity.items()
        },
    }


def _iso(at: datetime | None) -> str | None:
    """Write a moment with its zone; a naive one is UTC, as everywhere in the engine."""
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(value, 3) for stage, value in seconds.items()}
