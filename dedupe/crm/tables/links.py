"""Links from contacts and companies to deals, and from contacts to companies.

An id settles a link; a name does where one card has it; of namesakes, those count whose
phone or e-mail stands on the deal's row. If several still fit, all are linked with
`is_main` null; of a crowd, each to null, for which deal is not known. amoCRM's column
"Сделки" on a card alone decides that entity's links: a deal that it names and the
source does not know is a link to null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dedupe.contracts import LINKS, Note
from dedupe.crm.tables.cells import id_text
from dedupe.crm.tables.records import person_name
from dedupe.crm.tables.settings import name_key
from dedupe.crm.tables.sheets import ROW
from dedupe.crm.tables.tables import ID, Table

_NONE = ["0", "-", "–", "—", "нет", "no", ""]
_UNSAID = pl.lit(None, pl.Boolean)
# Namesakes beyond these, such as the cards without a name, are linked to "some deal" only.
_CROWD = 20
_WANTED = {"want": pl.String(), "key": pl.String()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The links, the parts ("contact.deal") that some column told, and remarks."""

    frame: pl.DataFrame
    told: frozenset[str]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """Who wants a link: `asked` (want, name, row), `keys` (want, key), links by `ids`."""

    ids: pl.DataFrame
    asked: pl.DataFrame
    keys: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted:
    """Links `found` (want, card, is_main); `crowd` holds wants and cards that stay unsettled."""

    found: pl.DataFrame
    crowd: pl.DataFrame
    notes: tuple[Note, ...]


def build_links(
    tables: Sequence[Table], records: Mapping[str, pl.DataFrame], channels: pl.DataFrame
) -> Links:
    """Resolve every link that the tables speak of."""
    parts, told = [LINKS.empty()], set()
    notes: list[Note] = []
    by_kind = {
        kind: [t for t in tables if t.kind == kind] for kind in ("contacts", "companies", "deals")
    }
    for kind, entity in (("contacts", "contact"), ("companies", "company")):
        wish = _wishes(by_kind["deals"], entity) if kind in records else None
        if _has_deals_column(by_kind[kind], is_needed=wish is None):
            parts.append(_from_cards(by_kind[kind], entity, records.get("deals")))
            told.add(f"{entity}.deal")
        elif wish is not None:
            granted = _granted(wish, entity, records[kind], channels, f"links.{entity}.deal")
            crowd = granted.crowd.drop_nulls("card").with_columns(is_main=_UNSAID)
            parts.append(_linked(granted.found, entity, "card", "deal", "want"))
            parts.append(_linked(crowd, entity, "card", "deal", "want"))
            notes += granted.notes
            told.add(f"{entity}.deal")
    if "companies" in records and (wish := _wishes(by_kind["contacts"], "company")):
        granted = _granted(wish, "company", records["companies"], channels, "links.contact.company")
        found = granted.found.with_columns(is_main=_UNSAID)
        crowd = granted.crowd.drop_nulls("want").with_columns(is_main=_UNSAID)
        parts.append(_linked(found, "contact", "want", "company", "card"))
        parts.append(_linked(crowd, "contact", "want", "company", "card"))
        notes += granted.notes
        told.add("contact.company")
    frame = pl.concat(parts).unique(LINKS.key, keep="first", maintain_order=True)
    return Links(frame=frame, told=frozenset(told), notes=tuple(notes))


def _linked(found: pl.DataFrame, source: str, start: str, target: str, end: str) -> pl.DataFrame:
    return LINKS.conform(
        found.select(
            from_entity=pl.lit(source),
            from_id=start,
            to_entity=pl.lit(target),
            to_id=end,
            is_main="is_main",
        )
    )


def _has_deals_column(tables: Sequence[Table], *, is_needed: bool) -> bool:
    """Tell whether "Сделки" decides; wholly empty, it does so only where nothing else tells."""
    columns = [(table, column) for table in tables for column in table.of("deals")]
    filled = any(table.frame[c.at].null_count() < table.frame.height for table, c in columns)
    return filled or (bool(columns) and is_needed)


def _from_cards(tables: Sequence[Table], entity: str, deals: pl.DataFrame | None) -> pl.DataFrame:
    """Read the column "Сделки": a whole cell first, for a deal's name may hold a comma."""
    cells = pl.concat(
        table.frame.select(card=ID, cell=column.at).drop_nulls("cell")
        for table in tables
        for column in table.of("deals")
    )
    known = _known_deals(deals)
    whole = cells.join(
        known, left_on=name_key(pl.col("cell")), right_on="key", how="left", maintain_order="left"
    )
    tokens = (
        whole.filter(pl.col("deal").is_null())
        .select("card", token=pl.col("cell").str.split(","))
        .explode("token")
        .with_columns(pl.col("token").str.strip_chars(" \t\r\n#"))
        .filter(~pl.col("token").str.to_lowercase().is_in(_NONE))
    )
    cut = tokens.join(
        known, left_on=name_key(pl.col("token")), right_on="key", how="left", maintain_order="left"
    )
    found = pl.concat([whole.drop_nulls("deal").select("card", "deal"), cut.select("card", "deal")])
    found = found.unique(maintain_order=True).with_columns(is_main=_UNSAID)
    return _linked(found, entity, "card", "deal", "deal")


def _known_deals(deals: pl.DataFrame | None) -> pl.DataFrame:
    """Return what names a deal: its id, or a name that no other deal has and no id is."""
    if deals is None:
        return pl.DataFrame(schema={"key": pl.String(), "deal": pl.String()})
    ids = deals.select(key=name_key(pl.col("id")), deal="id")
    names = deals.select(key=name_key(pl.col("name")), deal="id").drop_nulls("key")
    names = names.filter(pl.len().over("key") == 1).join(ids, on="key", how="anti")
    return pl.concat([ids.unique("key", keep="first", maintain_order=True), names])


def _wishes(tables: Sequence[Table], entity: str) -> _Wish | None:
    wishes = [wish for table in tables if (wish := _wish(table, entity)) is not None]
    if not wishes:
        return None
    return _Wish(
        ids=pl.concat(wish.ids for wish in wishes),
        asked=pl.concat(wish.asked for wish in wishes),
        keys=pl.concat(wish.keys for wish in wishes),
    )


def _wish(table: Table, entity: str) -> _Wish | None:
    ids, name = table.text(f"{entity}_id"), table.text(entity)
    if name is None and entity == "contact":
        name = person_name(table, "contact_")
    if ids is None and name is None:
        return None
    nothing = pl.lit(None, pl.String)
    frame = table.frame.select(
        ROW, want=ID, ids=nothing if ids is None else ids, name=nothing if name is None else name
    )
    with_id = frame.drop_nulls("ids").select("want", card=pl.col("ids").str.split(","))
    with_id = with_id.explode("card").with_columns(id_text(pl.col("card").str.strip_chars()))
    asked = frame.filter(pl.col("ids").is_null()).drop_nulls("name").select("want", "name")
    keys = _row_keys(table) if entity == "contact" else pl.DataFrame(schema=_WANTED)
    return _Wish(
        ids=with_id.filter(pl.col("card") != ""), asked=asked.unique(maintain_order=True), keys=keys
    )


def _row_keys(table: Table) -> pl.DataFrame:
    """Return the phones and e-mails on the rows of a deals export: they are its contact's."""
    parts = [
        table.frame.select(want=ID, kind=pl.lit(kind), raw=column.at)
        for kind in ("phone", "email")
        for column in table.channels(kind)
    ]
    return _keys(pl.concat(parts), "want") if parts else pl.DataFrame(schema=_WANTED)


def _keys(values: pl.DataFrame, holder: str) -> pl.DataFrame:
    """Reduce raw values to what is compared: the last ten digits, or the address in lower case."""
    cut = (
        values.drop_nulls("raw")
        .with_columns(pl.col("raw").str.replace_all("[;,]", ";").str.split(";"))
        .explode("raw")
    )
    digits = pl.col("raw").str.replace_all(r"\D", "").str.tail(10)
    address = pl.col("raw").str.strip_chars().str.to_lowercase()
    key = pl.when(pl.col("kind") == "phone").then(digits).otherwise(address)
    long = cut.select(holder, key=key).filter(pl.col("key").str.len_chars() >= 6)
    return long.unique(maintain_order=True)


def _granted(
    wish: _Wish, entity: str, cards: pl.DataFrame, channels: pl.DataFrame, where: str
) -> _Granted:
    """Find the cards of the wishes, by id, by name, or by phone where no card has the name."""
    named, crowds = _by_name(wish.asked, cards)
    counts = named.with_columns(n=pl.len().over("want"))
    one = counts.filter(pl.col("n") == 1).select("want", "card")
    many = counts.filter(pl.col("n") > 1).select("want", "card")
    shared = _sharing(wish.keys, channels, entity)
    narrowed, n_ambiguous = _narrowed(many, shared)
    met, crowd = _in_crowds(crowds, shared, cards)
    missing = wish.asked.join(named, on="want", how="anti").join(crowds, on="want", how="anti")
    only = shared.join(missing, on="want", how="semi").filter(pl.len().over("want") == 1)
    found = pl.concat([wish.ids.select("want", "card"), one, narrowed, met, only])
    found = found.unique(maintain_order=True)
    is_main = pl.when((pl.len().over("want") == 1) & pl.lit(entity == "contact")).then(True)
    counted = (
        ("ambiguous_links", n_ambiguous + crowd["want"].drop_nulls().n_unique()),
        ("unresolved_links", missing.height - only.height),
    )
    notes = tuple(Note(code=code, where=where, n=n) for code, n in counted if n)
    return _Granted(found=found.with_columns(is_main=is_main), crowd=crowd, notes=notes)


def _by_name(asked: pl.DataFrame, cards: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Match names as they stand, then by first and last name alone; crowded names apart."""
    wanted = asked.with_columns(key=name_key(pl.col("name")))
    found, crowds = [], []
    for keys in _spellings(cards):
        sizes = keys.group_by("key").agg(n=pl.len())
        hit = wanted.join(sizes, on="key", how="inner", maintain_order="left")
        few = hit.filter(pl.col("n") <= _CROWD).join(keys, on="key", maintain_order="left_right")
        found.append(few.select("want", "card"))
        crowds.append(hit.filter(pl.col("n") > _CROWD).select("want", "key"))
        wanted = wanted.join(hit, on="want", how="anti", maintain_order="left")
    return pl.concat(found).unique(maintain_order=True), pl.concat(crowds)


def _spellings(cards: pl.DataFrame) -> list[pl.DataFrame]:
    """Return (card, key) of the name as it stands, and of its parts in both orders."""
    whole = cards.select(card="id", key=name_key(pl.col("name"))).drop_nulls("key")
    if not {"first_name", "last_name"} <= set(cards.columns):
        return [whole]
    first, last = pl.col("first_name"), pl.col("last_name")
    parts = [
        cards.select(card="id", key=name_key(spelling))
        for spelling in (first + " " + last, last + " " + first)
    ]
    return [whole, pl.concat(parts).drop_nulls("key").unique(maintain_order=True)]


def _sharing(keys: pl.DataFrame, channels: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Return (want, card) that share a phone or an e-mail; one of many cards tells nothing."""
    held = channels.filter(pl.col("entity") == entity, pl.col("kind").is_in(["phone", "email"]))
    held = _keys(held.select("kind", "raw", card="record_id"), "card")
    held = held.filter(pl.len().over("key") <= _CROWD)
    return keys.join(held, on="key", how="inner").select("want", "card").unique(maintain_order=True)


def _narrowed(many: pl.DataFrame, shared: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Keep, of namesakes, those that share a value with the row; all where none does."""
    kept = many.join(shared, on=["want", "card"], how="semi", maintain_order="left")
    rest = many.join(kept, on="want", how="anti", maintain_order="left")
    found = pl.concat([kept, rest])
    counts = found.group_by("want").len()
    return found, int((counts["len"] > 1).sum())


def _in_crowds(
    crowds: pl.DataFrame, shared: pl.DataFrame, cards: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the card in a crowd of namesakes by its phone; return the rest with their crowds.

    The rest comes as (want, card) that cover every want and every card of a crowd, and
    not as all their pairs: a thousand deals of a thousand cards would be a million.
    """
    members = pl.concat(_spellings(cards)).join(crowds, on="key", how="semi")
    near = shared.join(crowds, on="want").join(members, on=["card", "key"], how="semi")
    met = near.select("want", "card").unique(maintain_order=True)
    rest = crowds.join(met, on="want", how="anti", maintain_order="left")
    touched = members.join(rest, on="key", how="semi", maintain_order="left")
    wants = rest.select("want", card=pl.lit(None, pl.String))
    return met, pl.concat([wants, touched.select(want=pl.lit(None, pl.String), card="card")])
