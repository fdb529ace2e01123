"""The frames that stages hand to each other: the snapshot's tables, then what stages make of them.

A contract names its columns, their dtypes and the rows' identity. A stage
checks what it returns, never what it receives: a frame that exists is valid.
Ids are text, always; moments are UTC to the microsecond; null means "the source
did not say", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import polars as pl

from dedupe.errors import CrmCleanError

TEXT = pl.String()
MOMENT = pl.Datetime("us", "UTC")
FLAG = pl.Boolean()
WHOLE = pl.Int32()
NUMBER = pl.Float64()


class Entity(StrEnum):
    """The kind of a record."""

    CONTACT = "contact"
    COMPANY = "company"
    DEAL = "deal"


CARDS = (Entity.CONTACT, Entity.COMPANY)


class ContractError(CrmCleanError):
    """A stage returned a frame that breaks its contract: a bug in the engine."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns a frame has, in order, and the columns that identify a row."""

    name: str
    schema: pl.Schema
    key: tuple[str, ...]

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame`, or raise when a column or dtype is not as declared."""
        if frame.schema == self.schema:
            return frame
        want, got = dict(self.schema), dict(frame.schema)
        columns = [c for c in {**want, **got} if got.get(c) != want.get(c)]
        wrong = [f"{c}: {got.get(c)} != {want.get(c)}" for c in columns]
        raise ContractError(f"{self.name}: {'; '.join(wrong) or 'columns out of order'}")

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` with exactly the contract's columns: absent ones null, dtypes cast."""
        columns = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in self.schema.items()
        ]
        return self.check(frame.select(columns))

    def empty(self) -> pl.DataFrame:
        """Return a frame of no rows."""
        return pl.DataFrame(schema=self.schema)


def _contract(name: str, key: str, /, **columns: pl.DataType) -> Contract:
    return Contract(name, pl.Schema(columns), tuple(key.split()))


_CARD = {
    "id": TEXT,
    "name": TEXT,
    "first_name": TEXT,
    "last_name": TEXT,
    "owner_id": TEXT,
    "created_by": TEXT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "is_deleted": FLAG,
}

CONTACTS = _contract("contacts", "id", **_CARD)
COMPANIES = _contract("companies", "id", **_CARD)
DEALS = _contract(
    "deals",
    "id",
    id=TEXT,
    name=TEXT,
    price=NUMBER,
    pipeline_id=TEXT,
    status_id=TEXT,
    state=TEXT,  # open | won | lost | unsorted; null where the source has no stage
    owner_id=TEXT,
    created_by=TEXT,
    loss_reason_id=TEXT,
    source_id=TEXT,
    created_at=MOMENT,
    updated_at=MOMENT,
    closed_at=MOMENT,
    is_deleted=FLAG,
)
CHANNELS = _contract(
    "channels",
    "entity record_id kind position",
    entity=TEXT,
    record_id=TEXT,
    kind=TEXT,  # phone | email | messenger | site
    raw=TEXT,
    label=TEXT,  # WORK, MOB, HOME, ... or the column it came from
    field_id=TEXT,  # PHONE and EMAIL are the CRM's own fields, anything else is a custom field
    position=WHOLE,  # order of the values of one kind on the card, from 0
)
FIELD_VALUES = _contract(
    "field_values",
    "entity record_id field_id raw",
    entity=TEXT,
    record_id=TEXT,
    field_id=TEXT,
    raw=TEXT,
    enum_id=TEXT,
)
LINKS = _contract(
    "links",
    "from_entity from_id to_entity to_id",
    from_entity=TEXT,
    from_id=TEXT,
    to_entity=TEXT,
    to_id=TEXT,  # null: the source says there is one, but not which
    is_main=FLAG,
)
RECORD_TAGS = _contract(
    "record_tags", "entity record_id tag", entity=TEXT, record_id=TEXT, tag=TEXT
)
TASKS = _contract(
    "tasks",
    "id",
    id=TEXT,
    entity=TEXT,
    record_id=TEXT,
    task_type_id=TEXT,
    text=TEXT,
    result=TEXT,
    owner_id=TEXT,
    created_by=TEXT,
    created_at=MOMENT,
    updated_at=MOMENT,
    due_at=MOMENT,
    is_completed=FLAG,
)
NOTES = _contract(
    "notes",
    "id",
    id=TEXT,
    entity=TEXT,
    record_id=TEXT,
    note_type=TEXT,
    text=TEXT,
    params=TEXT,  # JSON, as the CRM gave it
    created_by=TEXT,
    created_at=MOMENT,
    updated_at=MOMENT,
)
EVENTS = _contract(
    "events",
    "id",
    id=TEXT,
    type=TEXT,
    entity=TEXT,
    record_id=TEXT,
    created_by=TEXT,
    created_at=MOMENT,
    before=TEXT,  # JSON
    after=TEXT,  # JSON
)
MESSAGES = _contract(
    "messages",
    "id",
    id=TEXT,
    entity=TEXT,
    record_id=TEXT,
    talk_id=TEXT,
    direction=TEXT,  # in | out
    author_id=TEXT,
    text=TEXT,
    created_at=MOMENT,
)
STATUS_HISTORY = _contract(
    "status_history",
    "deal_id changed_at",
    deal_id=TEXT,
    pipeline_id=TEXT,
    status_id=TEXT,
    old_pipeline_id=TEXT,
    old_status_id=TEXT,
    changed_by=TEXT,
    changed_at=MOMENT,
)

USERS = _contract(
    "users",
    "id",
    id=TEXT,
    name=TEXT,
    email=TEXT,
    phone=TEXT,
    role_id=TEXT,
    group_id=TEXT,
    is_admin=FLAG,
    is_active=FLAG,
)
USER_RIGHTS = _contract(
    "user_rights",
    "user_id entity action",
    user_id=TEXT,
    entity=TEXT,
    action=TEXT,  # view | edit | add | delete | export
    scope=TEXT,  # all | group | own | denied
)
ROLES = _contract("roles", "id", id=TEXT, name=TEXT)
PIPELINES = _contract(
    "pipelines", "id", id=TEXT, name=TEXT, sort=WHOLE, is_main=FLAG, is_archive=FLAG
)
STATUSES = _contract(
    "statuses",
    "pipeline_id id",  # 142 and 143 repeat in every amoCRM pipeline
    pipeline_id=TEXT,
    id=TEXT,
    name=TEXT,
    sort=WHOLE,
    state=TEXT,
)
LOSS_REASONS = _contract("loss_reasons", "id", id=TEXT, name=TEXT, sort=WHOLE)
TAGS = _contract("tags", "entity id", id=TEXT, entity=TEXT, name=TEXT)
TASK_TYPES = _contract("task_types", "id", id=TEXT, name=TEXT, code=TEXT)
FIELDS = _contract(
    "fields",
    "entity id",
    id=TEXT,
    entity=TEXT,
    name=TEXT,
    code=TEXT,
    type=TEXT,
    sort=WHOLE,
    is_api_only=FLAG,  # people can't edit it in the CRM's own pages
    is_computed=FLAG,
)
FIELD_ENUMS = _contract(  # what a list field, or the label of a number or address, may be
    "field_enums",
    "entity field_id id",
    entity=TEXT,
    field_id=TEXT,
    id=TEXT,
    value=TEXT,
    code=TEXT,
    sort=WHOLE,
)
FIELD_STATUSES = _contract(  # the stages from which on a deal must have the field filled
    "field_statuses",
    "entity field_id pipeline_id status_id",
    entity=TEXT,
    field_id=TEXT,
    pipeline_id=TEXT,
    status_id=TEXT,
)
SOURCES = _contract("sources", "id", id=TEXT, name=TEXT, pipeline_id=TEXT)
WEBHOOKS = _contract("webhooks", "id", id=TEXT, destination=TEXT, events=TEXT, is_disabled=FLAG)
WIDGETS = _contract("widgets", "id", id=TEXT, name=TEXT, is_active=FLAG)
USER_GROUPS = _contract("user_groups", "id", id=TEXT, name=TEXT)
UNSORTED = _contract(  # enquiries that nobody has taken yet; each is a deal of state "unsorted"
    "unsorted",
    "id",
    id=TEXT,
    category=TEXT,  # sip | mail | chats | forms
    source_id=TEXT,
    source_name=TEXT,
    pipeline_id=TEXT,
    deal_id=TEXT,
    contact_id=TEXT,
    company_id=TEXT,
    created_at=MOMENT,
)

SNAPSHOT_TABLES = {
    contract.name: contract
    for contract in (
        CONTACTS,
        COMPANIES,
        DEALS,
        CHANNELS,
        FIELD_VALUES,
        LINKS,
        RECORD_TAGS,
        TASKS,
        NOTES,
        EVENTS,
        MESSAGES,
        STATUS_HISTORY,
        USERS,
        USER_RIGHTS,
        ROLES,
        PIPELINES,
        STATUSES,
        LOSS_REASONS,
        TAGS,
        TASK_TYPES,
        FIELDS,
        FIELD_ENUMS,
        FIELD_STATUSES,
        SOURCES,
        WEBHOOKS,
        WIDGETS,
        USER_GROUPS,
        UNSORTED,
    )
}

CERTAIN = 0.85  # from here a value may be written back without a person's look

VALUES = _contract(  # channels.parquet: one row per number or address found, after splitting
    "values",
    "entity record_id kind position part",
    entity=TEXT,
    record_id=TEXT,
    kind=TEXT,  # phone | email
    raw=TEXT,
    position=WHOLE,  # of the raw value on the card
    value=TEXT,  # E.164 or address; the digits of a local number; null where nothing was read
    extension=TEXT,
    status=TEXT,  # valid | local | placeholder | shared | own | invalid
    reason=TEXT,  # why the status is not valid: text, too_short, ...
    rule=TEXT,  # how the value was cut out of the raw one: whole, separator, glued, ...
    part=WHOLE,  # order of the value inside the raw one, from 0
    confidence=NUMBER,  # 0 to 1; below CERTAIN a cut serves matching and is never written back
    n_repeats=WHOLE,  # how often the raw value holds it, in whatever spelling; 0 if it holds none
    type=TEXT,  # mobile | fixed_line | fixed_or_mobile | toll_free | other; null for e-mails
    field_id=TEXT,
    match_key=TEXT,  # equal keys are the same number or mailbox; null where it is no evidence
)
NAMES = _contract(
    "names",
    "entity record_id",
    entity=TEXT,
    record_id=TEXT,
    status=TEXT,  # ok | empty | placeholder | junk
    reason=TEXT,  # for junk: phone, email, telephony, chat, test, ...
    match_key=TEXT,  # spelling-blind: equal keys are the same name
)
TRAITS = _contract(  # what a card says of its bearer, made comparable; one row a card
    "traits",
    "entity record_id",
    entity=TEXT,
    record_id=TEXT,
    given=TEXT,  # lower case, "ё" as "е"
    given_key=TEXT,  # what it may stand for, joined by "|": equal in part is the same name
    given_sound=TEXT,  # blind to script: what measures of likeness read
    surname=TEXT,
    surname_key=TEXT,  # blind to gender and script
    patronymic=TEXT,
    patronymic_key=TEXT,
    company=TEXT,  # the name without the legal form
    company_key=TEXT,
    tax_id=TEXT,  # the digits or letters alone
    tax_ok=FLAG,  # the tax number's checksum is right
    birth_date=WHOLE,  # yyyymmdd; 0 for a part that is not told
    address=TEXT,
    city=TEXT,
    city_key=TEXT,
    postcode=TEXT,
)
PAIRS = _contract(  # candidate pairs worth a word; level columns g_* and weights w_* follow
    "pairs",
    "entity left_id right_id",
    entity=TEXT,
    left_id=TEXT,
    right_id=TEXT,
    weight=NUMBER,  # bits, the prior's included
    probability=NUMBER,
    tier=TEXT,  # auto | review | reject
)
PROPOSALS = _contract(  # what a raw value should become
    "proposals",
    "entity record_id kind position",
    entity=TEXT,
    record_id=TEXT,
    kind=TEXT,
    position=WHOLE,
    raw=TEXT,
    proposal=TEXT,  # null where there is nothing to change
    action=TEXT,  # split | drop_repeat | normalize | correct | none
    confidence=NUMBER,  # the least of the parts'; null where nothing was read
    is_automatic=FLAG,  # certain, and nothing that the raw value holds would be lost
)
GROUPS = _contract(  # records that share a match key, directly or through a chain
    "groups",
    "kind entity record_id",
    kind=TEXT,  # phone | email
    entity=TEXT,
    record_id=TEXT,
    group=TEXT,  # the smallest record id of the group
    value=TEXT,  # the shared values of this record, joined by a space
    is_off_field=FLAG,  # the group shares a number that some card holds in another field
)
CLUSTERS = _contract(
    "clusters",
    "entity record_id",
    entity=TEXT,
    cluster_id=TEXT,
    record_id=TEXT,
    survivor=FLAG,
    tier=TEXT,  # auto | review
)
FINDINGS = _contract(
    "findings",
    "code entity record_id field value",
    code=TEXT,
    entity=TEXT,
    record_id=TEXT,
    group=TEXT,
    field=TEXT,
    value=TEXT,
    proposal=TEXT,
    severity=TEXT,  # error | warning | info
    confidence=NUMBER,  # of the proposal; from CERTAIN on it may be written without a look
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark on how an account was read: a stable `code`, and how many values it is about."""

    code: str
    where: str
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One CRM account as columnar tables, from a snapshot, files or a CRM.

    `tables` maps a name of `SNAPSHOT_TABLES` to a lazy frame of that contract; a
    table that the source does not have is absent. `not_read` says why a part is
    missing, by its name: a table ("tasks"), a column ("deals.loss_reason_id"), the
    channels of one kind ("channels.contact.phone"), the links of two entities
    ("links.contact.deal"), the tags of one entity ("record_tags.deal").
    What is missing is never counted as zero. `settings` are the account's own, as
    text, where the source tells them: name, country (two letters), currency,
    timezone, user_id (whom it was read as) and what the CRM's room adds.
    """

    tables: Mapping[str, pl.LazyFrame]
    crm: str = "tables"
    account_id: str = ""
    host: str = ""
    read_from: datetime | None = None
    read_to: datetime | None = None
    not_read: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def has(self, part: str) -> bool:
        """Tell whether `part` (a table, or a part as named in `not_read`) was read."""
        return part.split(".")[0] in self.tables and part not in self.not_read

    def frame(self, name: str) -> pl.DataFrame:
        """Return the table `name`, collected; without rows when it was not read."""
        contract = SNAPSHOT_TABLES[name]
        return self.tables[name].collect() if name in self.tables else contract.empty()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found on one entity: a row of `checks` in summary.json.

    `found` counts records, each once; `groups` and `extra` (records minus groups)
    are set by checks of groups; `share` is found / base, 0 to 1. All four are None
    when the status is "not_checked".
    """

    code: str
    entity: str
    status: str  # checked | not_checked
    reason: str = ""
    found: int | None = None
    groups: int | None = None
    extra: int | None = None
    base: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """summary.json as a value: the headline of one scan. `timings` are seconds by stage.

    `snapshot` is the folder of the snapshot that was scanned, "" for files.
    """

    scan_id: str
    crm: str
    account_id: str
    host: str
    source: str
    data_from: datetime | None
    data_to: datetime | None
    scanned_at: datetime
    counts: Mapping[str, int | None]
    checks: tuple[CheckResult, ...]
    notes: tuple[Note, ...]
    timings: Mapping[str, float]
    versions: Mapping[str, str]
    snapshot: str = ""
