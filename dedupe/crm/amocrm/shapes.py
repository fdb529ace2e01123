"""The records of amoCRM's answers as they are documented, typed for msgspec.

Unknown keys are ignored. A record that differs is not decoded by these types but
mended to them (`mend`). `Any` stands where the CRM itself has no one shape.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import Struct, field

T = TypeVar("T")


class Href(Struct, gc=False):
    """A link of an answer."""

    href: str | None = None


class Links(Struct):
    """The links of a list's page."""

    own: Href | None = field(name="self", default=None)
    next: Href | None = None
    last: Href | None = None


class Meta(Struct):
    """What a page says of itself."""

    links: Links | None = field(name="_links", default=None)
    page_count: int | None = field(name="_page_count", default=None)
    total_items: int | None = field(name="_total_items", default=None)


class Envelope(Meta, Generic[T], kw_only=True):
    """A page of a list; the list itself is in `embedded`, under its own name."""

    embedded: dict[str, list[T]] = field(name="_embedded")


class Ref(Struct, gc=False):
    """A record that another one names."""

    id: int


class ContactRef(Struct, gc=False):
    """A contact of a lead; links have `main_contact` where records have `is_main`."""

    id: int
    is_main: bool | None = None
    main_contact: bool | None = None


class TagRef(Struct, gc=False):
    """A tag of a record."""

    name: str
    id: int | None = None


class Value(Struct, gc=False):
    """One value of a custom field; documents spell the label's key in two ways."""

    value: Any
    enum_id: int | None = None
    enum_code: str | None = None
    enum: Any = None


class CustomField(Struct, gc=False):
    """The values of one custom field on a record."""

    field_id: int
    field_code: str | None = None
    field_type: str | None = None
    values: list[Value] | None = None


class CardEmbedded(Struct, gc=False):
    """What comes along with a contact or a company."""

    tags: list[TagRef] | None = None
    companies: list[Ref] | None = None


class Card(Struct, gc=False):
    """A contact or a company."""

    id: int
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    responsible_user_id: int | None = None
    created_by: int | None = None
    created_at: int | None = None
    updated_at: int | None = None
    is_deleted: bool | None = None
    custom_fields_values: list[CustomField] | None = None
    embedded: CardEmbedded | None = field(name="_embedded", default=None)


class LeadEmbedded(Struct, gc=False):
    """What comes along with a lead; the loss reason is an object or a list of one."""

    tags: list[TagRef] | None = None
    companies: list[Ref] | None = None
    contacts: list[ContactRef] | None = None
    loss_reason: Any = None
    source: Any = None


class Lead(Struct, gc=False):
    """A lead: a deal of the snapshot."""

    id: int
    name: str | None = None
    price: float | None = None
    pipeline_id: int | None = None
    status_id: int | None = None
    loss_reason_id: int | None = None
    source_id: int | None = None
    responsible_user_id: int | None = None
    created_by: int | None = None
    created_at: int | None = None
    updated_at: int | None = None
    closed_at: int | None = None
    is_deleted: bool | None = None
    custom_fields_values: list[CustomField] | None = None
    embedded: LeadEmbedded | None = field(name="_embedded", default=None)


class Task(Struct, gc=False):
    """A task; `result` is an empty list until there is one."""

    id: int
    entity_id: int | None = None
    entity_type: str | None = None
    task_type_id: int | None = None
    text: str | None = None
    result: Any = None
    responsible_user_id: int | None = None
    created_by: int | None = None
    created_at: int | None = None
    updated_at: int | None = None
    complete_till: int | None = None
    is_completed: bool | None = None


class Note(Struct, gc=False):
    """A note; what is in `params` depends on its type."""

    id: int
    entity_id: int | None = None
    note_type: str | None = None
    params: Any = None
    created_by: int | None = None
    created_at: int | None = None
    updated_at: int | None = None


class Event(Struct, gc=False):
    """An event; its id is a text that grows with time."""

    id: str
    type: str | None = None
    entity_id: int | None = None
    entity_type: str | None = None
    created_by: int | None = None
    created_at: int | None = None
    value_before: Any = None
    value_after: Any = None


class UnsortedEmbedded(Struct):
    """The records that an enquiry made."""

    contacts: list[Ref] | None = None
    companies: list[Ref] | None = None
    leads: list[Ref] | None = None


class Unsorted(Struct):
    """An enquiry that nobody has taken."""

    uid: str
    source_uid: str | None = None
    source_name: str | None = None
    category: str | None = None
    pipeline_id: int | None = None
    created_at: int | None = None
    embedded: UnsortedEmbedded | None = field(name="_embedded", default=None)


class Rights(Struct):
    """The rights of a user: letters by entity and action."""

    leads: dict[str, Any] | None = None
    contacts: dict[str, Any] | None = None
    companies: dict[str, Any] | None = None
    tasks: dict[str, Any] | None = None
    mail_access: bool | None = None
    is_admin: bool | None = None
    is_active: bool | None = None
    group_id: int | None = None
    role_id: int | None = None


class UserEmbedded(Struct):
    """The role and the group of a user."""

    roles: list[Ref] | None = None
    groups: list[Ref] | None = None


class User(Struct):
    """A user."""

    id: int
    name: str | None = None
    email: str | None = None
    phone_number: str | None = None
    rights: Rights | None = None
    embedded: UserEmbedded | None = field(name="_embedded", default=None)


class Named(Struct):
    """A setting with a name: a role, a loss reason, a tag, a source, a group, a type of task."""

    id: int
    name: str | None = None
    sort: int | None = None
    code: str | None = None
    pipeline_id: int | None = None


class Status(Struct):
    """A stage; type 1 is that of unsorted leads."""

    id: int
    name: str | None = None
    sort: int | None = None
    type: int | None = None


class PipelineEmbedded(Struct):
    """The stages of a pipeline."""

    statuses: list[Status] | None = None


class Pipeline(Struct):
    """A pipeline with its stages."""

    id: int
    name: str | None = None
    sort: int | None = None
    is_main: bool | None = None
    is_archive: bool | None = None
    embedded: PipelineEmbedded | None = field(name="_embedded", default=None)


class Enum(Struct, gc=False):
    """A choice of a list field, or a label of numbers and addresses."""

    id: int
    value: str | None = None
    code: str | None = None
    sort: int | None = None


class RequiredStatus(Struct, gc=False):
    """A stage from which on a field must be filled."""

    status_id: int
    pipeline_id: int | None = None


class FieldDefinition(Struct):
    """A custom field as the settings have it."""

    id: int
    name: str | None = None
    code: str | None = None
    type: str | None = None
    sort: int | None = None
    is_api_only: bool | None = None
    is_computed: bool | None = None
    enums: list[Enum] | None = None
    required_statuses: list[RequiredStatus] | None = None


class Webhook(Struct):
    """An address that is told of changes."""

    id: int
    destination: str | None = None
    settings: list[str] | None = None
    disabled: bool | None = None


class Widget(Struct):
    """A widget of the account or of the market."""

    id: int
    name: str | None = None
    code: str | None = None
    is_active_in_account: bool | None = None


class DateSettings(Struct):
    """How the account tells time."""

    timezone: str | None = None


class AccountEmbedded(Struct):
    """The small lists that come along with the account."""

    users_groups: list[Named] | None = None
    task_types: list[Named] | None = None
    datetime_settings: DateSettings | None = None


class AccountInfo(Struct):
    """The account itself."""

    id: int
    name: str | None = None
    subdomain: str | None = None
    country: str | None = None
    currency: str | None = None
    current_user_id: int | None = None
    version: int | None = None
    contact_name_display_order: int | None = None
    is_api_filter_enabled: bool | None = None
    is_loss_reason_enabled: bool | None = None
    is_unsorted_on: bool | None = None
    embedded: AccountEmbedded | None = field(name="_embedded", default=None)
