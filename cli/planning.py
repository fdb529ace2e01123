"""The plan of a scan: what `crmclean scan` writes beside its findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.errors import InputError
from dedupe.language import N_, tr

if TYPE_CHECKING:
    from cli.options import Session
    from dedupe.config import Config
    from dedupe.contracts import Account
    from dedupe.decisions import Settled
    from dedupe.match import MatchOptions
    from dedupe.normalize import PhoneSettings
    from dedupe.plan import Plan
    from dedupe.plan.inputs import PlanInputs
    from dedupe.scan import Scan, ScanOptions

_SAME_BITS = 1e-6  # the model's file writes bits with few digits

MOST_AREA_DIGITS = 6


def of_snapshot(result: Scan, folder: Path, account: Account | None = None) -> Scan:
    """Return the scan, which says from now on of which snapshot it is.

    With `account`, files say of which place they are.
    """
    from dedupe.snapshot import is_snapshot

    if not is_snapshot(folder):
        return result if account is None else _of_files(result, folder, account)
    told = replace(result.summary, snapshot=str(folder.resolve()))
    return replace(result, summary=told)


def _of_files(result: Scan, path: Path, account: Account) -> Scan:
    from dedupe.report.places import place_of

    return replace(result, summary=replace(result.summary, place=place_of(path, account)))


def options_of(config: Config) -> ScanOptions:
    """Return what the config asks of a scan, whoever begins it: a person or a policy.

    Raises ConfigError for checks, options of checks and marks made by hand that are none.
    """
    from dedupe.audit import read_options
    from dedupe.audit.manual import read_manual
    from dedupe.policy.codes import check_codes
    from dedupe.scan import ScanOptions

    check_codes(config.checks, "checks")

    return ScanOptions(
        phone=phone_of(config),
        select=config.checks.select,
        ignore=config.checks.ignore,
        loss_reason_field=config.checks.loss_reason_field,
        options=read_options(config.checks.options),
        regulations=config.regulation,
        manual=read_manual(config.manual),
        timezone=config.timezone,
        planning=config.plan,
        match=match_options(config),
    )


def match_options(config: Config) -> MatchOptions:
    """Return the thresholds of the config as the match takes them."""
    from dedupe.match import MatchOptions

    return MatchOptions(threshold=config.match.review_bits, auto=config.match.auto)


def at_thresholds(session: Session, config: Config, folder: Path, inputs: PlanInputs) -> PlanInputs:
    """Hold back the pairs that the config's `auto`, raised since the scan, leaves to people.

    Any other change of the thresholds takes a new scan, which is said.
    """
    import polars as pl

    from dedupe.match.model_file import load_model

    place = folder / "model.json"
    entries = load_model(place).values() if place.is_file() else ()
    if not entries:
        return inputs
    auto = min(each.thresholds.auto for each in entries)
    link = min(each.thresholds.link for each in entries)
    if config.match.auto < auto or abs(config.match.review_bits - link) > _SAME_BITS:
        session.say(
            tr(N_("The config's thresholds are not those of this scan: the next scan takes them."))
        )
    if config.match.auto <= auto:
        return inputs
    is_held = (pl.col("tier") == "auto") & (pl.col("probability") < config.match.auto)
    tier = pl.when(is_held).then(pl.lit("review")).otherwise("tier")
    return replace(inputs, pairs=inputs.pairs.with_columns(tier=tier))


def phone_of(config: Config) -> PhoneSettings:
    """Return how the config has numbers read. Raises InputError for what is no country or code."""
    from dedupe.normalize import PhoneSettings

    code = config.phone.area_code
    return PhoneSettings(
        region=region_of(config.phone.region), area_code=code and area_code_of(code)
    )


def area_code_of(text: str) -> str:
    """Return an area code's digits. Raises InputError where there are none, or too many."""
    digits = "".join(sign for sign in text if sign in "0123456789")
    if set(text) - set("0123456789+()- ") or not 1 <= len(digits) <= MOST_AREA_DIGITS:
        raise InputError(
            N_("no such area code"), where=text[:40], fix=N_("write its digits, like 8412")
        )
    return digits


def region_of(name: str) -> str:
    """Return a country as it is written in capitals. Raises InputError where there is none."""
    from dedupe.normalize import is_region

    region = name.strip().upper()
    if not is_region(region):
        raise InputError(
            N_("no such country"), where=name, fix=N_("write two letters, like RU or KZ")
        )
    return region


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
