"""The stage of a lead: which pipeline and status it moves to, and what follows from it.

142 (won) and 143 (lost) are in every pipeline, so they are read with the pipeline that is
sent, else with the lead's own. A pipeline alone means its first stage. The unsorted
stage is reached through unsorted enquiries only. Closing sets closed_at and opening takes it
away with the loss reason, which only a lost lead has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..names import LOST, WON
from .call import Call, Record
from .problems import Problem, no_choice
from .shapes import Shape

STAGE_KEYS: Shape = {
    "status_id": "int",
    "pipeline_id": "int",
    "loss_reason_id": "int?",
    "closed_at": "int?",
}


def settle_stage(
    call: Call, sent: Record, record: Record, before: Record | None
) -> Iterator[Problem]:
    """Move the lead to the stage that was sent; yield what is wrong with it."""
    own = before or _main(call)
    pipeline = int(sent.get("pipeline_id") or 0) if "pipeline_id" in sent else own["pipeline_id"]
    status = sent.get("status_id")
    stages = call.state.statuses(pipeline)
    if not stages:
        yield no_choice("pipeline_id")
        return
    if status is None:
        is_moved = before is None or before["pipeline_id"] != pipeline
        status = first_stage(stages) if is_moved or before is None else before["status_id"]
    elif not any(s["id"] == status and not _is_new_unsorted(s, before) for s in stages):
        yield no_choice("status_id")
        return
    record |= {"pipeline_id": pipeline, "status_id": status}
    yield from _settle_end(call, sent, record, before)


def _settle_end(
    call: Call, sent: Record, record: Record, before: Record | None
) -> Iterator[Problem]:
    """Set closed_at and the loss reason as the stage demands."""
    is_closed, was = record["status_id"] in (WON, LOST), before or {}
    reason = sent.get("loss_reason_id", was.get("loss_reason_id"))
    sent_reason = sent.get("loss_reason_id")
    if sent_reason is not None and call.state.get("loss_reasons", sent_reason) is None:
        yield no_choice("loss_reason_id")
    is_same = was.get("status_id") == record["status_id"] and was.get("closed_at") is not None
    closed_at = was.get("closed_at") if is_same else call.now
    closed_at = sent.get("closed_at") or closed_at
    record["closed_at"] = closed_at if is_closed else None
    record["loss_reason_id"] = reason if record["status_id"] == LOST else None


def first_stage(stages: list[Record]) -> int:
    """Return where a lead of the pipeline begins: its first stage that is not unsorted."""
    return int(next(s["id"] for s in stages if s["type"] == 0))


def _main(call: Call) -> dict[str, Any]:
    pipelines = call.state.pipelines()
    main = next((p for p in pipelines if p["is_main"]), pipelines[0])
    return {"pipeline_id": main["id"]}


def _is_new_unsorted(stage: Record, before: Record | None) -> bool:
    return stage["type"] == 1 and (before is None or before["status_id"] != stage["id"])
