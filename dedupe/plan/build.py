"""From a scan to a plan: what may be done without harm, in groups, and what was left out.

The same account, scan, decisions and settings give the same plan to the byte, in whatever order
the rows come. Merges come first and have the right of way: a card that one group is about is left
alone by all others, which are counted as deferred and planned the next time.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import polars as pl

from dedupe.contracts import Account
from dedupe.errors import InputError
from dedupe.language import N_, current

from .candidates import Candidate, merge_candidates
from .canonical import canonical_text, plain_text
from .cards import Fields, load_cards
from .draft import Draft, numbered, without_overlaps
from .guards import guard_reasons
from .inputs import Decisions, PlanInputs, PlanOptions, decisions_of
from .lines import CRMS
from .merges import CODE, Merging, merge_draft
from .ops import PatchCard, Ref
from .others import tag_drafts, task_drafts
from .plan import Header, Plan, PlanOp, sealed
from .repairs import Repairs
from .survivorship import rules_text

TOOL_MIN = "0.1.0"
_COUNTED = {"contacts": "contacts", "companies": "companies", "deals": "deals"}
_NEEDED = {
    "contact": ("contacts", "deals", "channels", "links", "record_tags", "tasks", "field_values"),
    "company": ("companies", "deals", "channels", "links", "record_tags", "tasks", "field_values"),
}
_PARTS = {
    "contact": ("links.contact.deal", "links.deal.contact", "record_tags.contact"),
    "company": (
        "links.company.deal",
        "links.deal.company",
        "links.contact.company",
        "links.company.contact",
        "record_tags.company",
    ),
}


def build_plan(inputs: PlanInputs, options: PlanOptions | None = None) -> Plan:
    """Return the plan for the findings and clusters of a scan. Raises InputError.

    An account without faults gives a plan without groups.
    """
    options = options or PlanOptions()
    if inputs.account.crm not in CRMS:
        raise InputError(
            N_("these are files: a plan changes an account of a CRM"),
            where=inputs.account.crm,
            fix=N_("set the account up with crmclean init, then scan it with -p"),
        )
    inputs = _without_marked(inputs, options.planning.mark_tag)
    decisions, left_out = decisions_of(inputs), Counter[str]()
    fields = Fields.of(inputs.account)
    drafts = [
        *_merges(inputs, options, decisions, fields, left_out),
        *Repairs(inputs, options, decisions, fields, left_out).drafts(),
        *tag_drafts(inputs, options, decisions, left_out),
        *task_drafts(inputs, options, decisions, left_out),
    ]
    kept, left_out["deferred"] = without_overlaps(drafts)
    groups, ops = numbered(kept)
    header = replace(
        _header(inputs.account, options, left_out), field_names=_field_names(ops, fields)
    )
    return sealed(Plan(header=header, groups=groups, ops=ops))


def _merges(
    inputs: PlanInputs,
    options: PlanOptions,
    decisions: Decisions,
    fields: Fields,
    left_out: Counter[str],
) -> Iterable[Draft]:
    if not (options.wants("merge", CODE) or any(each.startswith("DUP") for each in options.only)):
        return
    found = merge_candidates(inputs, decisions, left_out)
    marked = _marked(inputs.account, options.planning.mark_tag)
    asked = [_without(candidate, marked) for candidate in found]
    asked = [each for each in asked if options.is_target(*_refs(each))]
    cards = load_cards(inputs.account, (ref for each in asked for ref in _refs(each)), fields)
    asked = [_without(each, {ref for ref in _refs(each) if ref not in cards}) for each in asked]
    ready = []
    for each in asked:
        reason = _unfit(inputs.account, each)
        if reason:
            left_out[reason] += 1
        else:
            ready.append(each)
    reasons = guard_reasons(
        ready,
        inputs,
        cards,
        fields,
        max_group=options.planning.max_group,
        max_persons=options.planning.max_persons,
    )
    left_out.update(reasons.values())
    passed = [each for at, each in enumerate(ready) if at not in reasons]
    shared = _shared(inputs.account, options, fields, passed)
    for each in passed:
        yield merge_draft(each, [cards[ref] for ref in _refs(each)], shared)


def _refs(candidate: Candidate) -> tuple[Ref, ...]:
    return tuple(Ref(candidate.entity, id_) for id_ in candidate.ids)


def _without(candidate: Candidate, refs: Collection[Ref]) -> Candidate:
    """Return the candidate without some cards: deleted ones, and duplicates that are marked."""
    ids = tuple(ref.id for ref in _refs(candidate) if ref not in refs)
    return replace(candidate, ids=ids)


def _unfit(account: Account, candidate: Candidate) -> str:
    """Tell why a candidate can't be merged whatever its cards say; nothing where it can."""
    if len(candidate.ids) < 2:
        return "merged_before"
    needed = _NEEDED[candidate.entity]
    if any(not account.has(part) for part in needed):
        return "no_data"
    if any(part in account.not_read for part in _PARTS[candidate.entity]):
        return "no_data"
    return ""


def _marked(account: Account, tag: str) -> set[Ref]:
    rows = account.frame("record_tags").filter(pl.col("tag") == tag)
    return {Ref(entity, id_) for entity, id_ in rows.select("entity", "record_id").iter_rows()}


def _without_marked(inputs: PlanInputs, tag: str) -> PlanInputs:
    """Return the inputs without findings about cards' values that are marked as duplicates.

    They are to be deleted: what stands on them is nobody's to repair. Their tags and tasks stay.
    """
    tags = inputs.account.frame("record_tags").filter(pl.col("tag") == tag)
    if tags.is_empty():
        return inputs
    marked = tags.select("entity", "record_id").unique()
    is_value = pl.col("field").is_in(["phone", "email"]).fill_null(value=False)
    about = inputs.findings.with_row_index("at").filter(is_value)
    marked_rows = about.join(marked, on=["entity", "record_id"], how="semi")
    kept = inputs.findings.with_row_index("at").join(marked_rows, on="at", how="anti")
    return replace(inputs, findings=kept.sort("at").drop("at"))


def _shared(
    account: Account, options: PlanOptions, fields: Fields, candidates: Iterable[Candidate]
) -> Merging:
    users = account.frame("users").select("id", "name", "is_active").sort("id")
    ids = [id_ for each in candidates if each.entity == "contact" for id_ in each.ids]
    return Merging(
        planning=options.planning,
        rules=options.survivorship,
        fields=fields,
        active=frozenset(id_ for id_, _, active in users.iter_rows() if active is not False),
        users={id_: name for id_, name, _ in users.iter_rows() if name},
        mains=_main_contacts(account, ids),
    )


def _main_contacts(account: Account, ids: Collection[str]) -> dict[str, str]:
    """Return the main contact of each deal that one of these contacts stands on."""
    links = (
        account.frame("links")
        .lazy()
        .filter((pl.col("from_entity") == "contact") & (pl.col("to_entity") == "deal"))
    )
    own = pl.Series("id", sorted(ids), dtype=pl.String)
    deals = links.filter(pl.col("from_id").is_in(own.implode())).select("to_id").unique()
    mains = links.filter(pl.col("is_main").fill_null(value=False)).join(
        deals, on="to_id", how="semi"
    )
    rows = mains.select("to_id", "from_id").collect().sort("to_id", "from_id")
    return dict(rows.unique("to_id", keep="first", maintain_order=True).iter_rows())


def _header(account: Account, options: PlanOptions, left_out: Counter[str]) -> Header:
    made_at = options.moment()
    expires_at = made_at + timedelta(hours=options.planning.expires_hours)
    return Header(
        crm=account.crm,
        account_id=account.account_id,
        account_host=account.host,
        tool=f"crmclean {_version()}",
        tool_min=TOOL_MIN,
        state_id=options.state_id,
        snapshot_id=options.snapshot_id,
        snapshot_from=_iso(account.read_from),
        snapshot_to=_iso(account.read_to),
        scan_id=options.scan_id,
        made_at=_iso(made_at),
        expires_at=_iso(expires_at),
        counts={name: _n_live(account, table) for name, table in _COUNTED.items()},
        rules_sha256=_sha256(rules_text(options.survivorship)),
        config_sha256=_sha256(_settings_text(options)),
        lang=current(),
        left_out={reason: n for reason, n in sorted(left_out.items()) if n},
    )


def _field_names(ops: Iterable[PlanOp], fields: Fields) -> dict[str, str]:
    """Return the names of the fields that operations change, where the account lists them."""
    named = {
        (op.op.record.entity, change.field)
        for op in ops
        if isinstance(op.op, PatchCard)
        for change in op.op.changes
    }
    return {
        f"{entity}.{id_}": plain_text(fields.by_id[entity, id_].name)
        for entity, id_ in sorted(named)
        if (entity, id_) in fields.by_id
    }


def _settings_text(options: PlanOptions) -> str:
    planning = options.planning
    values = {name: getattr(planning, name) for name in planning.__slots__}
    return canonical_text(
        {
            **{
                name: dict(value) if name == "tags" else list(value) if name == "repairs" else value
                for name, value in values.items()
            },
            "only": sorted(options.only),
            "targets": sorted(str(ref) for ref in options.targets),
        }
    )


def _n_live(account: Account, table: str) -> int:
    frame = account.tables.get(table)
    if frame is None:
        return 0
    live = frame.filter(~pl.col("is_deleted").fill_null(value=False))
    return int(live.select(pl.len()).collect().item())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _iso(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


@cache
def _version() -> str:
    try:
        return version("crmclean")
    except PackageNotFoundError:  # run from a copy of the sources
        return TOOL_MIN
