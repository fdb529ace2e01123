"""The plan of a scan: what `crmclean scan` writes beside its findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dedupe.config import Config
    from dedupe.contracts import Account
    from dedupe.decisions import Settled
    from dedupe.normalize import PhoneSettings
    from dedupe.plan import Plan
    from dedupe.scan import Scan


def of_snapshot(result: Scan, folder: Path) -> Scan:
    """Return the scan, which says from now on of which snapshot it is."""
    from dedupe.snapshot import is_snapshot

    if not is_snapshot(folder):
        return result
    told = replace(result.summary, snapshot=str(folder.resolve()))
    return replace(result, summary=told)


def with_country(phone: PhoneSettings, config: Config, account: Account) -> PhoneSettings:
    """Read numbers without a country as the account's own, unless the config names one."""
    from dedupe.normalize import is_region

    country = account.settings.get("country", "").upper()
    is_told = config.phone.default_region is not None or not is_region(country)
    return phone if is_told else replace(phone, region=country)


def plan_of_scan(
    result: Scan,
    account: Account,
    config: Config,
    phone: PhoneSettings,
    settled: Settled | None = None,
) -> Plan | None:
    """Return the plan that the scan's findings call for; None where no CRM could carry it out."""
    from dedupe.plan.build import build_plan
    from dedupe.plan.inputs import PlanInputs, PlanOptions
    from dedupe.plan.lines import CRMS
    from dedupe.snapshot import snapshot_id

    snapshot = result.summary.snapshot
    if account.crm not in CRMS or not snapshot:
        return None
    inputs = PlanInputs(
        account=account,
        findings=result.findings,
        clusters=result.clusters,
        pairs=result.pairs,
        values=result.values,
        settled=settled,
    )
    options = PlanOptions(
        planning=config.plan,
        survivorship=config.survivorship,
        phone=phone,
        made_at=result.summary.scanned_at,
        scan_id=result.summary.scan_id,
        snapshot_id=snapshot_id(Path(snapshot)),
    )
    return build_plan(inputs, options)
