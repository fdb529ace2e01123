"""The words for records, severities, repairs, CRMs and stages of a scan."""

from __future__ import annotations

from dedupe.language import N_, tr

ENTITIES = {
    "contact": N_("contacts"),
    "company": N_("companies"),
    "deal": N_("deals"),
    "task": N_("tasks"),
    "user": N_("users"),
    "role": N_("roles"),
    "tag": N_("tags"),
    "task_type": N_("task types"),
    "field": N_("fields"),
    "pipeline": N_("pipelines"),
    "status": N_("stages"),
    "loss_reason": N_("loss reasons"),
    "source": N_("sources"),
    "account": N_("the account"),
    "webhook": N_("webhooks"),
    "widget": N_("widgets"),
    "integration": N_("integrations"),
    "note": N_("notes"),
    "unsorted": N_("enquiries not taken yet"),
    "week": N_("weeks"),
    "day": N_("days"),
    "customer": N_("customers"),
}
SEVERITIES = {"error": N_("error"), "warning": N_("warning"), "info": N_("for information")}
REPAIRS = {
    "auto": N_("automatic"),
    "review": N_("after review"),
    "list": N_("work list"),
    "none": N_("not needed"),
}
CRMS = {"amocrm": "amoCRM", "retailcrm": "RetailCRM", "bitrix24": "Bitrix24", "tables": N_("files")}
STAGES = {
    "read": N_("reading"),
    "snapshot": N_("snapshot"),
    "normalize": N_("phones, e-mails, names"),
    "match": N_("duplicates"),
    "audit": N_("checks"),
    "report": N_("reports"),
    "write": N_("writing"),
    "total": N_("total"),
}


def entity_name(entity: str) -> str:
    """Name the records of `entity` in the plural: "contacts"."""
    return tr(ENTITIES.get(entity, entity))


def severity_name(severity: str) -> str:
    """Name a severity."""
    return tr(SEVERITIES.get(severity, severity))


def repair_name(repair: str) -> str:
    """Say how the findings of a check are mended."""
    return tr(REPAIRS.get(repair, repair))


def crm_name(crm: str) -> str:
    """Name a CRM as its makers spell it."""
    return tr(CRMS.get(crm, crm))


def stage_name(stage: str) -> str:
    """Name a stage of the pipeline."""
    return tr(STAGES.get(stage, stage))
