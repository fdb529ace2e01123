"""The rows of a sample as a reviewer sees them: what the scan says, and what the snapshot adds.

Names and values of clients are hidden unless asked for; employees are named. What the snapshot
does not tell, or where there is none, has no column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.audit.frames.calls import calls
from dedupe.contracts import GROUPS, NAMES, VALUES, Account
from dedupe.language import N_, tr
from dedupe.report.links import card_url
from dedupe.report.masks import hidden
from dedupe.report.words import CLASSES, class_name, entity_name

from .draw import Draw
from .guide import guide_lines
from .values import VERDICTS, Cell, Column, Mark, Sample

RECORDINGS = 10  # links of one row: the latest
_CARDS = {"contact": "contacts", "company": "companies", "deal": "deals"}
_ABOUT = {"note": "notes", "task": "tasks"}  # rows that hang on a card, which is shown for them
_NAMED = {"user": "users", "role": "roles", "tag": "tags", "pipeline": "pipelines",
          "source": "sources", "loss_reason": "loss_reasons", "task_type": "task_types",
          "webhook": "webhooks", "widget": "widgets"}  # fmt: skip
_PERSONAL = {*_CARDS, *_ABOUT, "unsorted", "message"}
_CLASS = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SAFE = re.compile(
    r"[<>~]?\d{1,6}([.,]\d+)?\s?%?|\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?|[\d\W]{0,3}"
)
_MARGIN = pl.duration(days=1)  # telephony writes a call down before or after the deal
_COLUMNS = {
    "number": (N_("No."), "text"),
    "link": (N_("link to the card"), "link"),
    "id": (N_("ID"), "text"),
    "entity": (N_("what"), "text"),
    "name": (N_("name"), "text"),
    "values": (N_("phones and e-mails"), "lines"),
    "owner": (N_("owner"), "text"),
    "created": (N_("created"), "moment"),
    "closed": (N_("closed"), "moment"),
    "price": (N_("price"), "money"),
    "signs": (N_("signs"), "lines"),
    "recordings": (N_("recordings of calls"), "lines"),
    "other_link": (N_("link of the second"), "link"),
    "other_id": (N_("ID of the second"), "text"),
    "other_name": (N_("name of the second"), "text"),
    "other_values": (N_("phones and e-mails of the second"), "lines"),
    "other_created": (N_("second created"), "moment"),
    "verdict": (N_("verdict"), "verdict"),
    "comment": (N_("comment"), "free"),
    "reviewer": (N_("reviewer"), "free"),
}
_KEPT = ("number", "id", "verdict", "comment", "reviewer")
_LEFT_OUT = {"", None}
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the rows are made of: the scan's findings and values, and the snapshot, if any."""

    scan_id: str
    crm: str
    host: str
    findings: pl.DataFrame  # of the check that is sampled; without rows for pairs
    values: pl.DataFrame  # entity, record_id, value of phones and e-mails
    account: Account | None = None
    show_values: bool = False


def sample_rows(draw: Draw, told: Told) -> Sample:
    """Return the sample with its columns, rows and mark, in the language in use."""
    drawn = list(draw.members.iter_rows(named=True))
    cards = _Cards(drawn, told)
    rows = [cards.row(number, member) for number, member in enumerate(drawn, 1)]
    names = [
        name
        for name in _COLUMNS
        if name in _KEPT or any(row.get(name) not in _LEFT_OUT for row in rows)
    ]
    columns = tuple(Column(name, tr(_COLUMNS[name][0]), _COLUMNS[name][1]) for name in names)
    owners = tuple(member["owner_id"] or "" for member in drawn)
    known = cards.users
    mark = Mark(
        scan_id=told.scan_id,
        code=draw.request.code,
        seed=draw.request.seed,
        by=draw.request.by,
        population=draw.population,
        keys=tuple(member["key"] for member in drawn),
        owners=owners,
        owner_names={owner: known[owner] for owner in sorted(set(owners)) if owner in known},
        strata=draw.strata,
        heads={column.name: column.title for column in columns},
        words={tr(word).casefold(): verdict for verdict, word in VERDICTS.items()},
        sheet=tr(N_("Sample")),
    )
    cells = tuple(tuple(row.get(name) for name in names) for row in rows)
    return Sample(columns=columns, rows=cells, mark=mark, guide=guide_lines(mark))


class _Cards:
    """The facts of the records drawn, by entity and id."""

    def __init__(self, drawn: Iterable[Mapping[str, str | None]], told: Told) -> None:
        self.told = told
        keys = {(str(one["entity"]), str(one[end])) for one in drawn
                for end in ("record_id", "other_id") if one[end] is not None}  # fmt: skip
        account = told.account or Account(tables={})
        self.about = {**{key: key for key in keys}, **_abouts(account, keys)}
        self.facts = _facts(account, set(self.about.values()))
        self.users = dict(account.frame("users").select("id", "name").drop_nulls().iter_rows())
        self.signs = _signs(told, keys)
        self.values = _values(told, keys)
        self.recordings = _recordings(account, self.about)

    def row(self, number: int, member: Mapping[str, str | None]) -> dict[str, Cell]:
        """Return the cells of one row by the names of their columns."""
        key = (str(member["entity"]), str(member["record_id"]))
        row: dict[str, Cell] = {"number": str(number), "entity": entity_name(key[0])}
        row |= self._card(key)
        owner = str(self._fact(key, "owner_id") or "")
        row |= {
            "owner": self.users.get(owner, owner),
            "closed": _moment(self._fact(key, "closed_at")),
            "price": _money(self._fact(key, "price")),
            "signs": self.signs.get(key),
            "recordings": self.recordings.get(key),
        }
        if member["other_id"] is not None:
            other = (key[0], str(member["other_id"]))
            row["values"] = self.values.get(key)
            row |= {f"other_{name}": cell for name, cell in self._card(other).items()}
            row["other_values"] = self.values.get(other)
        return row

    def _card(self, key: Key) -> dict[str, Cell]:
        card = self.about[key]
        name = str(self._fact(key, "name") or "")
        is_open = self.told.show_values or card[0] not in _PERSONAL
        return {
            "link": card_url(self.told.crm, self.told.host, *card),
            "id": key[1],
            "name": name if is_open else hidden(name),
            "created": _moment(self._fact(key, "created_at")),
        }

    def _fact(self, key: Key, name: str) -> object:
        return self.facts.get(self.about[key], {}).get(name)


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _money(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _ids(keys: Iterable[Key], entity: str) -> list[str]:
    return sorted(id_ for kind, id_ in keys if kind == entity)


def _abouts(account: Account, keys: set[Key]) -> dict[Key, Key]:
    """Return the card that each note or task hangs on."""
    found: dict[Key, Key] = {}
    for entity, table in _ABOUT.items():
        rows = account.frame(table).filter(pl.col("id").is_in(_ids(keys, entity)))
        for id_, card, card_id in rows.select("id", "entity", "record_id").iter_rows():
            if card and card_id:
                found[entity, id_] = (card, card_id)
    return found


def _facts(account: Account, cards: set[Key]) -> dict[Key, dict[str, object]]:
    found: dict[Key, dict[str, object]] = {}
    for entity, table in (_CARDS | _NAMED).items():
        ids = _ids(cards, entity)
        if not ids or table not in account.tables:
            continue
        for row in account.tables[table].filter(pl.col("id").is_in(ids)).collect().to_dicts():
            found[entity, row["id"]] = row
    return found


def _signs(told: Told, keys: set[Key]) -> dict[Key, str]:
    """Return what a check found on each record: the class, the field, the value."""
    of = told.findings.join(_frame(keys), on=["entity", "record_id"], how="semi")
    told_by: dict[Key, dict[str, None]] = {}
    ordered = of.sort("entity", "record_id", "field", "value", "group", nulls_last=True)
    for entity, id_, group, place, value in ordered.select(
        "entity", "record_id", "group", "field", "value"
    ).iter_rows():
        is_class = group is not None and _CLASS.fullmatch(group) is not None
        words = [class_name(group)] if is_class else []
        shown = _shown(told, entity, value or "")
        words += [f"{place}: {shown}" if place and shown else shown or place or ""]
        told_by.setdefault((entity, id_), {})[", ".join(word for word in words if word)] = None
    return {key: "\n".join(line for line in lines if line) for key, lines in told_by.items()}


def _shown(told: Told, entity: str, value: str) -> str:
    """Return a finding's value; of a client what is no class, date or small number is hidden."""
    if told.show_values or entity not in _PERSONAL:
        return value
    if all(_is_plain(word.strip()) for word in re.split(r"[,;|]", value)):
        return value
    return hidden(value)


def _is_plain(word: str) -> bool:
    is_class = _CLASS.fullmatch(word) is not None and ("_" in word or word in CLASSES)
    return is_class or _SAFE.fullmatch(word) is not None


def _values(told: Told, keys: set[Key]) -> dict[Key, str]:
    of = told.values.join(_frame(keys), on=["entity", "record_id"], how="semi").drop_nulls("value")
    found: dict[Key, dict[str, None]] = {}
    for entity, id_, value in of.select("entity", "record_id", "value").unique().sort(
        "entity", "record_id", "value"
    ).iter_rows():  # fmt: skip
        text = value if told.show_values else hidden(value)
        found.setdefault((entity, id_), {})[text] = None
    return {key: "\n".join(texts) for key, texts in found.items()}


def _frame(keys: set[Key]) -> pl.DataFrame:
    rows = sorted(keys)
    return pl.DataFrame(rows, schema={"entity": pl.String, "record_id": pl.String}, orient="row")


def _recordings(account: Account, about: Mapping[Key, Key]) -> dict[Key, str]:
    """Return the links of the calls of each record: of a note its own, of a deal its clients' too.

    A client's call is the deal's while the deal was open, a day more to each side.
    """
    if "notes" not in account.tables:
        return {}
    places = _places(account, set(about.values()))
    if places.is_empty():
        return {}
    on = ["entity", "record_id"]
    notes = account.frame("notes").join(places, on=on, how="semi").lazy()
    small = replace(account, tables={**account.tables, "notes": notes})
    facts = Facts(account=small, values=VALUES.empty(), names=NAMES.empty(), groups=GROUPS.empty())
    said = calls(facts).filter(pl.col("link").str.contains(r"^https?://\S+$"))
    is_in = pl.col("is_own") | pl.col("created_at").is_between(
        pl.col("since") - _MARGIN, pl.col("until") + _MARGIN
    ).fill_null(value=True)
    held = said.join(places, on=on).filter(is_in).sort("created_at", "note_id", descending=True)
    of_card: dict[Key, dict[str, None]] = {}
    of_note: dict[Key, dict[str, None]] = {}
    for card, card_id, note_id, link in held.select(
        "card", "card_id", "note_id", "link"
    ).iter_rows():
        of_card.setdefault((card, card_id), {})[link] = None
        of_note.setdefault(("note", note_id), {})[link] = None
    found = {}
    for key, card in about.items():
        links = of_note.get(key, {}) if key[0] == "note" else of_card.get(card, {})
        if links:
            found[key] = "\n".join([*links][:RECORDINGS])
    return found


def _places(account: Account, cards: set[Key]) -> pl.DataFrame:
    """Return where calls of the cards may be noted: on themselves, and on a deal's contacts."""
    own = _frame({key for key in cards if key[0] in _CARDS}).with_columns(
        card="entity", card_id="record_id", is_own=pl.lit(value=True)
    )
    deals = account.frame("deals").select(card_id="id", since="created_at", until="closed_at")
    links = account.frame("links")
    sides = [
        links.filter((pl.col(f"{a}_entity") == "contact") & (pl.col(f"{b}_entity") == "deal"))
        .select(record_id=f"{a}_id", card_id=f"{b}_id")
        for a, b in (("from", "to"), ("to", "from"))
    ]  # fmt: skip
    wanted = own.filter(pl.col("card") == "deal").select("card_id")
    clients = (
        pl.concat(sides)
        .unique()
        .join(wanted, on="card_id", how="semi")
        .join(deals, on="card_id", how="left")
        .with_columns(entity=pl.lit("contact"), card=pl.lit("deal"), is_own=pl.lit(value=False))
    )
    return pl.concat([own, clients], how="diagonal_relaxed")
