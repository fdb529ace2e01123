"""The sections of a settings document, in order: what each holds and what it is made of."""

from __future__ import annotations

from dedupe.language import N_

from .values import Attribute, Kind, Layout

_NAME = Attribute("name", N_("name"))
_ENTITY = Attribute("entity", N_("kind of records"), Kind.WORD, is_setting=False)
_PIPELINE = Attribute("pipeline", N_("pipeline"), Kind.REF, is_setting=False)
_FIELD = Attribute("field", N_("field"), Kind.REF, is_setting=False)
_USER = Attribute("user", N_("user"), Kind.REF, is_setting=False)
_CODE = Attribute("code", N_("code"))
_PLACE = Attribute("place", N_("No."), Kind.COUNT, is_setting=False)
_N_USERS = Attribute("users", N_("users who are active"), Kind.COUNT, is_setting=False)


def _counted(name: str, title: str, kind: Kind = Kind.COUNT) -> Attribute:
    return Attribute(name, title, kind, is_setting=False)


_LAST = _counted("last_use", N_("last use"), Kind.MOMENT)
_DEALS = _counted("open_deals", N_("open deals"))
_MONEY = _counted("money", N_("their sum"), Kind.MONEY)
_SCOPES = tuple(
    Attribute(action, title, Kind.WORD)
    for action, title in (
        ("view", N_("view")),
        ("add", N_("add")),
        ("edit", N_("edit")),
        ("delete", N_("delete")),
        ("export", N_("export")),
    )
)

PASSPORT = Layout(
    name="passport",
    title=N_("Passport"),
    is_facts=True,
    attributes=(
        Attribute("name", N_("account")),
        Attribute("crm", N_("CRM"), Kind.WORD, is_setting=False),
        Attribute("host", N_("address")),
        Attribute("account_id", N_("account's id"), is_setting=False),
        Attribute("country", N_("country")),
        Attribute("currency", N_("currency")),
        Attribute("timezone", N_("time zone")),
        _counted("read_from", N_("read from"), Kind.MOMENT),
        _counted("read_to", N_("read to"), Kind.MOMENT),
        _counted("oldest_at", N_("the oldest card or deal"), Kind.MOMENT),
        _counted("contacts", N_("contacts")),
        _counted("companies", N_("companies")),
        _counted("deals", N_("deals")),
        _counted("open_deals", N_("open deals")),
        _counted("tasks", N_("tasks")),
        _counted("active_users", N_("users who are active")),
        _counted("administrators", N_("active administrators")),
    ),
    measured=("contacts", "companies", "deals", "tasks", "users"),
    label=(),
)
FIELDS = Layout(
    name="fields",
    title=N_("Fields of cards"),
    attributes=(
        _ENTITY,
        _NAME,
        Attribute("type", N_("type"), Kind.WORD),
        _CODE,
        _counted("choices", N_("choices"), Kind.LIST),
        _counted("required", N_("required from the stage"), Kind.LIST),
        Attribute("is_api_only", N_("set by programs only"), Kind.FLAG),
        Attribute("is_computed", N_("computed"), Kind.FLAG),
        _counted("filled", N_("cards with a value")),
        _counted("share", N_("their share"), Kind.SHARE),
        _LAST,
    ),
    main=("fields",),
    measured=("field_enums", "field_statuses", "field_values", "channels", "contacts", "companies",
              "deals"),
    label=("entity", "name"),
    note=N_(
        "A card is counted once for each field that has a value on it; deleted cards are not "
        "counted. The last use is the latest change of such a card, whatever changed on it."
    ),
)  # fmt: skip
CHOICES = Layout(
    name="choices",
    title=N_("Choices of fields"),
    attributes=(_ENTITY, _FIELD, _PLACE, _NAME, _CODE),
    main=("field_enums",),
    label=("entity", "field", "name"),
    is_ordered=True,
)
REQUIRED = Layout(
    name="required",
    title=N_("Required fields of stages"),
    attributes=(
        _ENTITY,
        _FIELD,
        _PIPELINE,
        Attribute("stage", N_("stage"), Kind.REF, is_setting=False),
    ),
    main=("field_statuses",),
    label=("field", "pipeline", "stage"),
)
PIPELINES = Layout(
    name="pipelines",
    title=N_("Pipelines"),
    attributes=(
        _PLACE,
        _NAME,
        Attribute("is_main", N_("the main one"), Kind.FLAG),
        Attribute("is_archive", N_("archived"), Kind.FLAG),
        _DEALS,
        _MONEY,
    ),
    main=("pipelines",),
    measured=("deals",),
    is_ordered=True,
)
STAGES = Layout(
    name="stages",
    title=N_("Stages"),
    attributes=(
        _PIPELINE,
        _PLACE,
        _NAME,
        Attribute("state", N_("a deal here is"), Kind.WORD),
        _counted("deals", N_("deals")),
        _MONEY,
    ),
    main=("statuses",),
    measured=("deals",),
    label=("pipeline", "name"),
    is_ordered=True,
)
USERS = Layout(
    name="users",
    title=N_("Users"),
    attributes=(
        _NAME,
        Attribute("email", N_("e-mail")),
        Attribute("group", N_("group"), Kind.REF),
        Attribute("role", N_("role"), Kind.REF),
        Attribute("is_admin", N_("administrator"), Kind.FLAG),
        Attribute("is_active", N_("active"), Kind.FLAG),
        _DEALS,
    ),
    main=("users",),
    measured=("deals",),
)
GROUPS = Layout(
    name="groups",
    title=N_("Groups of users"),
    attributes=(_NAME, _N_USERS),
    main=("user_groups",),
    measured=("users",),
)
ROLES = Layout(
    name="roles",
    title=N_("Roles"),
    attributes=(_NAME, _N_USERS),
    main=("roles",),
    measured=("users",),
)
RIGHTS = Layout(
    name="rights",
    title=N_("Rights of users"),
    attributes=(_USER, _ENTITY, *_SCOPES),
    main=("user_rights",),
    label=("user", "entity"),
    note=N_("An administrator may do everything, whatever stands here."),
)
MAIL = Layout(
    name="mail",
    title=N_("Access to mail"),
    attributes=(_USER, Attribute("access", N_("access"), Kind.WORD)),
    main=("user_rights", "user_rights.mail"),
    label=("user",),
)
LOSS_REASONS = Layout(
    name="loss_reasons",
    title=N_("Loss reasons"),
    attributes=(_PLACE, _NAME, _counted("deals", N_("lost deals"))),
    main=("loss_reasons",),
    measured=("deals", "deals.loss_reason_id"),
    is_ordered=True,
)
TASK_TYPES = Layout(
    name="task_types",
    title=N_("Task types"),
    attributes=(_NAME, _CODE, _counted("tasks", N_("tasks")), _LAST),
    main=("task_types",),
    measured=("tasks",),
)
TAGS = Layout(
    name="tags",
    title=N_("Tags"),
    attributes=(_ENTITY, _NAME, _counted("records", N_("records")), _LAST),
    main=("tags",),
    measured=("record_tags", "contacts", "companies", "deals"),
    label=("entity", "name"),
)
SOURCES = Layout(
    name="sources",
    title=N_("Sources"),
    attributes=(
        _NAME,
        Attribute("pipeline", N_("pipeline"), Kind.REF),
        _counted("deals", N_("deals")),
        _counted("last_deal", N_("last deal"), Kind.MOMENT),
    ),
    main=("sources",),
    measured=("deals", "deals.source_id"),
)
WEBHOOKS = Layout(
    name="webhooks",
    title=N_("Webhooks"),
    attributes=(
        Attribute("destination", N_("address")),
        Attribute("events", N_("events"), Kind.LIST),
        Attribute("is_disabled", N_("switched off"), Kind.FLAG),
    ),
    main=("webhooks",),
    label=("destination",),
    note=N_("What may be a key in an address is hidden."),
)
WIDGETS = Layout(
    name="widgets",
    title=N_("Widgets"),
    attributes=(_NAME, Attribute("is_active", N_("active"), Kind.FLAG)),
    main=("widgets",),
)
UNSORTED = Layout(
    name="unsorted",
    title=N_("Enquiries not taken yet"),
    attributes=(
        _PIPELINE,
        Attribute("category", N_("came by"), Kind.WORD, is_setting=False),
        _counted("sources", N_("sources"), Kind.LIST),
        _counted("waiting", N_("waiting")),
        _counted("oldest_at", N_("the oldest one"), Kind.MOMENT),
    ),
    main=("unsorted",),
    is_compared=False,
)

LAYOUTS = {
    one.name: one
    for one in (
        PASSPORT,
        FIELDS,
        CHOICES,
        REQUIRED,
        PIPELINES,
        STAGES,
        USERS,
        GROUPS,
        ROLES,
        RIGHTS,
        MAIL,
        LOSS_REASONS,
        TASK_TYPES,
        TAGS,
        SOURCES,
        WEBHOOKS,
        WIDGETS,
        UNSORTED,
    )
}
