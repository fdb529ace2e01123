"""The tables of a snapshot: an account as columns, long and narrow where the CRM is nested."""

from __future__ import annotations

from .base import FLAG, MOMENT, NUMBER, TEXT, WHOLE, contract

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

CONTACTS = contract("contacts", "id", **_CARD)
COMPANIES = contract("companies", "id", **_CARD)
DEALS = contract(
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
CHANNELS = contract(
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
FIELD_VALUES = contract(
    "field_values",
    "entity record_id field_id raw",
    entity=TEXT,
    record_id=TEXT,
    field_id=TEXT,
    raw=TEXT,
    enum_id=TEXT,
)
LINKS = contract(
    "links",
    "from_entity from_id to_entity to_id",
    from_entity=TEXT,
    from_id=TEXT,
    to_entity=TEXT,
    to_id=TEXT,  # null: the source says there is one, but not which
    is_main=FLAG,
)
RECORD_TAGS = contract("record_tags", "entity record_id tag", entity=TEXT, record_id=TEXT, tag=TEXT)
TASKS = contract(
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
NOTES = contract(
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
EVENTS = contract(
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
MESSAGES = contract(
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
STATUS_HISTORY = contract(
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

USERS = contract(
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
USER_RIGHTS = contract(
    "user_rights",
    "user_id entity action",
    user_id=TEXT,
    entity=TEXT,  # contact | company | deal | task | mail
    action=TEXT,  # view | edit | add | delete | export; of mail: access
    scope=TEXT,  # all | group | own | denied
)
ROLES = contract("roles", "id", id=TEXT, name=TEXT)
PIPELINES = contract(
    "pipelines", "id", id=TEXT, name=TEXT, sort=WHOLE, is_main=FLAG, is_archive=FLAG
)
STATUSES = contract(
    "statuses",
    "pipeline_id id",  # 142 and 143 repeat in every amoCRM pipeline
    pipeline_id=TEXT,
    id=TEXT,
    name=TEXT,
    sort=WHOLE,
    state=TEXT,
)
LOSS_REASONS = contract("loss_reasons", "id", id=TEXT, name=TEXT, sort=WHOLE)
TAGS = contract("tags", "entity id", id=TEXT, entity=TEXT, name=TEXT)
TASK_TYPES = contract("task_types", "id", id=TEXT, name=TEXT, code=TEXT)
FIELDS = contract(
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
FIELD_ENUMS = contract(  # what a list field, or the label of a number or address, may be
    "field_enums",
    "entity field_id id",
    entity=TEXT,
    field_id=TEXT,
    id=TEXT,
    value=TEXT,
    code=TEXT,
    sort=WHOLE,
)
FIELD_STATUSES = contract(  # the stages from which on a deal must have the field filled
    "field_statuses",
    "entity field_id pipeline_id status_id",
    entity=TEXT,
    field_id=TEXT,
    pipeline_id=TEXT,
    status_id=TEXT,
)
SOURCES = contract("sources", "id", id=TEXT, name=TEXT, pipeline_id=TEXT)
WEBHOOKS = contract("webhooks", "id", id=TEXT, destination=TEXT, events=TEXT, is_disabled=FLAG)
WIDGETS = contract("widgets", "id", id=TEXT, name=TEXT, is_active=FLAG)
USER_GROUPS = contract("user_groups", "id", id=TEXT, name=TEXT)
UNSORTED = contract(  # enquiries that nobody has taken yet; each is a deal of state "unsorted"
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
    each.name: each
    for each in (
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
