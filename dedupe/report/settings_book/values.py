"""What a settings document is: sections of entries, each known by its id.

An id is the CRM's own, with what it is unique in before it ("contact/700301", "3100001/142").
Values stand in the order of their section's attributes (see `layout`); None is "the source did
not say". What is counted from the records is no setting, and is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """How a value is written for people, and read back from a document."""

    TEXT = "text"
    WORD = "word"  # a stable English word, shown translated
    LIST = "list"  # of texts
    COUNT = "count"
    SHARE = "share"  # 0 to 1
    MONEY = "money"
    MOMENT = "moment"
    FLAG = "flag"
    REF = "ref"  # another setting: its id and its name


@dataclass(frozen=True, slots=True)
class Ref:
    """Another setting, compared by id and shown by name."""

    id: str
    name: str | None = None


Value = str | bool | int | float | datetime | tuple[str, ...] | Ref | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One column of a section: its stable name and its title, a msgid.

    `is_setting` is false for what is counted from records or told by another section.
    """

    name: str
    title: str
    kind: Kind = Kind.TEXT
    is_setting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a section holds and what of the account it is made of.

    Without the tables of `main` there is no section; without the parts of `measured` some of
    its columns are empty. `label` names the attributes that tell an entry to people. A section
    of `is_facts` has one entry, whose attributes are shown below each other.
    """

    name: str
    title: str
    attributes: tuple[Attribute, ...]
    main: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    label: tuple[str, ...] = ("name",)
    note: str = ""
    is_facts: bool = False
    is_ordered: bool = False
    is_compared: bool = True

    def place(self, name: str) -> int:
        """Return the place of the attribute `name` among the values."""
        return next(at for at, one in enumerate(self.attributes) if one.name == name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting, its values in the order of the layout's attributes."""

    id: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The entries of one layout in the order to be read in.

    `missing` says of each part that was not read why; where `is_read` is false, the section
    itself is one, and it has no entries.
    """

    layout: Layout
    entries: tuple[Entry, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    is_read: bool = True

    @property
    def name(self) -> str:
        """The stable name of the section."""
        return self.layout.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The settings of one account as they were at `read_to`, the data's own time."""

    crm: str
    account_id: str
    host: str
    read_to: datetime | None
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section:
        """Return the section `name`; a document of an older version may lack it: not read."""
        return next(one for one in self.sections if one.name == name)
