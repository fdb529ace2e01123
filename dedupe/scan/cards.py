"""The live cards of one account or two, and what they say: the first stage of a scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from dedupe.audit import live_records
from dedupe.contracts import CARDS, MARKED, Account, Note
from dedupe.crm.tables import trait_fields
from dedupe.crm.tables.apart import tell_apart
from dedupe.crm.tables.compared import empty_notes, take_fields
from dedupe.events import Listener
from dedupe.normalize import (
    build_names,
    build_traits,
    build_values,
    count_domains,
    mark_shared,
    mark_templates,
    own_keys,
    propose_values,
    suggest_domains,
)
from dedupe.plan.marks import find_marked

from .values import Against, ScanOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """The live cards of one account or two, and what they say.

    `cards` has a `side`: 0 for the audited account's. `accounts` are those of the sides, in which
    no two cards have one id; `fields` are the compared columns' cells, TRAITS are of the rest.
    `marked` (MARKED) are the cards that carry the mark of a merged duplicate.
    """

    accounts: Sequence[Account]
    cards: pl.DataFrame
    values: pl.DataFrame
    names: pl.DataFrame
    proposals: pl.DataFrame
    traits: pl.DataFrame
    fields: pl.DataFrame
    notes: tuple[Note, ...]
    marked: pl.DataFrame = field(default_factory=MARKED.empty)

    @property
    def is_linked(self) -> bool:
        """Tell whether there are two sides."""
        return len(self.accounts) > 1

    def own(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are about the audited account's cards."""
        if not self.is_linked:
            return frame
        first = self.cards.filter(pl.col("side") == 0)
        return frame.join(first, on=["entity", "record_id"], how="semi", maintain_order="left")

    def unmerged(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not about cards which stand merged already."""
        merged = self.marked.filter(pl.col("reason").is_null())
        if merged.is_empty():
            return frame
        return frame.join(merged, on=["entity", "record_id"], how="anti", maintain_order="left")

    def joined(self, table: str) -> pl.DataFrame:
        """Return a table of both sides."""
        return pl.concat(account.frame(table) for account in self.accounts)


def normalized(
    account: Account, against: Against | None, options: ScanOptions, listen: Listener
) -> Cards:
    """Read the cards' values and names, of both accounts where there are two."""
    accounts, sides, notes = [account], [live_cards(account)], []
    if against is not None:
        other = tell_apart(against.account, account, against.name)
        accounts.append(other.account)
        sides.append(
            live_cards(other.account).with_columns(other.own_id("record_id").alias("own_id"))
        )
        notes = [replace(n, where=f"{against.name}: {n.where}") for n in against.account.notes]
    cards = pl.concat(
        side.with_columns(side=pl.lit(number, pl.Int8)) for number, side in enumerate(sides)
    )
    values = pl.concat(account.frame("channels") for account in accounts)
    values = values.join(cards, on=["entity", "record_id"], how="semi")
    values = build_values(values, options.phone, chunk_rows=options.chunk_rows, listen=listen)
    names = mark_templates(build_names(cards), cards, values)
    users = pl.concat(account.frame("users") for account in accounts)
    own = own_keys(users["phone"], users["email"], options.phone)
    # Each account knows its own marks and ids: the other's are told apart for matching alone.
    given = [account] if against is None else [account, against.account]
    marked = [
        find_marked(one, side, values, names, options.planning)
        for one, side in zip(given, sides, strict=True)
    ]
    values = mark_shared(values, names, own=own)
    suggestions = suggest_domains(count_domains(values))
    taken = [take_fields(account, options.compare) for account in accounts]
    told = [trait_fields(one.rest, side) for one, side in zip(taken, sides, strict=True)]
    return Cards(
        accounts=accounts,
        cards=cards,
        values=values,
        names=names,
        proposals=propose_values(values, suggestions=suggestions),
        traits=build_traits(cards, names, pl.concat(told)),
        fields=pl.concat(one.values for one in taken),
        notes=(*notes, *empty_notes(taken, options.compare)),
        marked=pl.concat(marked),
    )


def live_cards(account: Account) -> pl.DataFrame:
    """Return the live cards; `own_id` is what the account itself calls each."""
    told = ("name", "first_name", "last_name", "owner_id", "created_at")
    return pl.concat(
        live_records(account, entity)
        .select(*told, entity=pl.lit(str(entity)), record_id="id", own_id="id")
        .collect()
        for entity in CARDS
    )
