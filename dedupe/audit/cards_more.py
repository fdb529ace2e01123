"""LNK103, PHN102, PHN401, NAM301, EML401, EML402, ENR301, CUS001: more about single cards."""

from __future__ import annotations

import polars as pl

from dedupe.contracts import CARDS, SNAPSHOT_TABLES, Metric
from dedupe.contracts.results import Column
from dedupe.language import N_

from .channels import NUMBERS
from .facts import Facts, Outcome, channel_needs, findings
from .frames.clients import clients
from .links import linked_records
from .registry import Check, Option, register

_STANDARD = "PHONE"
_CHATS = ("incoming_chat_message", "outgoing_chat_message", "entity_direct_message")
_THINGS = r"(?:автосделка|сделка|заявка|заказ|лид|обращение|запрос|deal|lead|order|request|enquiry)"
_NAME_CLASSES = (
    ("empty", r"^\s*$", N_("no name")),
    ("digits", r"^[\d\s\p{P}\p{S}]+$", N_("only digits or signs")),
    (
        "numbered",
        rf"(?i)^\s*{_THINGS}\s*(?:#|№|n|no\.?|:)?\s*[\d-]+\s*$",
        N_("a word and a number"),
    ),
    (
        "automatic",
        # A "$" in each branch: with ".*" in one of them the search takes ten times as long.
        r"(?i)^\s*(?:автосделка(?:[^\p{L}]|$)|(?:без названия|без имени|имя не указано|untitled|"
        rf"unnamed|no name|test|тест|(?:(?:нов(?:ая|ый|ое)|new)\s+)?{_THINGS})\s*$)",
        N_("made by a template"),
    ),
    ("source", "", N_("the name of the source")),
)
_ROLES = (
    r"^(?:info|sales?|office|buh|buhgalter\w*|buhgalteria|account(?:ing|s)?|zakaz\w*|orders?|mail|post|"
    r"pochta|reception|resepshn|support|help|admin|administrator|hr|kadry|contacts?|hello|welcome|"
    r"shop|opt|tender\w*|snab\w*|zakup\w*|secretar\w*|sekretar\w*|priem\w*|marketing|reklama|pr|"
    r"manager|director|company|firma|team|no-?reply|service|servis|sklad|market|client|clients)"
    r"[-_.]?\d{0,3}@"
)


def _alone(facts: Facts, entity: str) -> Outcome:
    rows = facts.live(entity).select(record_id="id")
    for other in ("deal", "contact"):
        rows = rows.join(linked_records(facts, entity, other), on="record_id", how="anti")
    return Outcome(findings=findings(rows, entity), base=facts.n_live(entity))


def _unreachable(facts: Facts, entity: str) -> Outcome:
    is_told = (pl.col("raw").str.strip_chars() != "").fill_null(value=False)
    kinds = pl.col("kind").is_in(["phone", "email", "messenger"])
    held = facts.account.tables["channels"].filter((pl.col("entity") == entity) & kinds & is_told)
    rows = facts.live(entity).select(record_id="id").join(held, on="record_id", how="anti")
    for talked in _talks(facts):
        rows = rows.join(talked, on="record_id", how="anti")
    return Outcome(findings=findings(rows, entity), base=facts.n_live(entity))


def _talks(facts: Facts) -> list[pl.LazyFrame]:
    """Return the contacts that wrote in a chat, on their own card or on a deal of theirs."""
    empty = SNAPSHOT_TABLES["events"].empty().lazy()
    chats = facts.account.tables.get("events", empty).filter(pl.col("type").is_in(_CHATS))
    on_deals = chats.filter(pl.col("entity") == "deal").select(deal_id="record_id").unique()
    own = chats.filter(pl.col("entity") == "contact").select("record_id").unique()
    if "links" not in facts.account.tables or "deals" not in facts.account.tables:
        return [own]
    contacts = clients(facts).lazy().filter(pl.col("entity") == "contact")
    return [own, contacts.join(on_deals, on="deal_id", how="semi").select("record_id").unique()]


def _off_field(facts: Facts, entity: str) -> Outcome:
    is_number = pl.col("value").is_not_null() & pl.col("status").is_in(NUMBERS)
    own = facts.values.lazy().filter((pl.col("entity") == entity) & (pl.col("kind") == "phone"))
    numbers = own.filter(is_number)
    is_standard = (pl.col("field_id") == _STANDARD).fill_null(value=True)
    standard = numbers.filter(is_standard).select("record_id", "value")
    rows = numbers.filter(~is_standard).join(standard, on=["record_id", "value"], how="anti")
    found = rows.select("record_id", "value", field="field_id").unique()
    return Outcome(findings=findings(found, entity), base=facts.n_live(entity))


def _deal_names(facts: Facts, entity: str) -> Outcome:
    word = pl.lit(None, pl.String)
    for key, pattern, _ in reversed(_NAME_CLASSES[:-1]):
        fits = pl.col("name").fill_null("").str.contains(pattern)
        word = pl.when(fits).then(pl.lit(key)).otherwise(word)
    deals = facts.live(entity).select("id", "name", "source_id", group=word).collect()
    known = facts.account.frame("sources").drop_nulls(["id", "name"]).unique("id", keep="none")
    sources = known.select(source_id="id", source=_small("name"))
    others = deals.filter(pl.col("group").is_null()).join(sources, on="source_id")
    same = others.filter(_small("name") == pl.col("source")).with_columns(group=pl.lit("source"))
    rows = pl.concat([deals.drop_nulls("group"), same.select(deals.columns)])
    found = rows.select("group", record_id="id", value="name", field=pl.lit("name"))
    base = facts.n_live(entity)
    return Outcome(findings=findings(found, entity), base=base, metrics=(_classes(rows, base),))


def _classes(rows: pl.DataFrame, base: int) -> Metric:
    words = {key: text for key, _, text in _NAME_CLASSES}
    counts = rows.group_by("group").agg(n=pl.len()).sort("n", "group", descending=[True, False])
    shown = counts.select(
        pl.col("group").replace_strict(words, return_dtype=pl.String),
        "n",
        share=pl.col("n") / base if base else pl.lit(None, pl.Float64),
    )
    return Metric(
        name="deal_names",
        title=N_("Deal names that say nothing"),
        columns=(
            Column("group", N_("The name is"), "word"),
            Column("n", N_("Deals"), "count"),
            Column("share", N_("Share"), "share"),
        ),
        rows=shown,
        chart="bars",
        values=("n",),
        note=N_("Of all deals that are not deleted; each in the first class that fits."),
    )


def _small(column: str) -> pl.Expr:
    return (
        pl.col(column).str.strip_chars().str.to_lowercase().str.replace_all("ё", "е", literal=True)
    )


def _addresses(facts: Facts, entity: str) -> pl.LazyFrame:
    """Return record_id, value of each address; mailboxes that are spelt differently are one."""
    own = (pl.col("entity") == entity) & (pl.col("kind") == "email")
    told = facts.values.lazy().filter(own & pl.col("value").is_not_null())
    key = pl.coalesce("match_key", pl.col("value").str.to_lowercase())
    return told.select("record_id", "value", key=key)


def _crowded(facts: Facts, entity: str) -> Outcome:
    least = facts.option("EML401", "least", int)
    held = _addresses(facts, entity).group_by("key", "record_id").agg(pl.col("value").min())
    many = held.filter(pl.len().over("key") >= least).sort(
        pl.col("record_id").str.len_bytes(), "record_id"
    )
    rows = many.with_columns(group=pl.col("record_id").first().over("key"))
    found = rows.select("record_id", "group", "value", "key", field=pl.lit("email")).collect()
    return Outcome(
        findings=findings(found.drop("key"), entity),
        base=facts.n_live(entity),
        groups=found["key"].n_unique(),
        groups_are_values=True,
    )


def _roles(facts: Facts, entity: str) -> Outcome:
    held = _addresses(facts, entity).collect()
    is_role = pl.col("value").str.to_lowercase().str.contains(_ROLES)
    rows = held.filter(is_role).select("record_id", "value", field=pl.lit("email")).unique()
    return Outcome(findings=findings(rows, entity), base=held["record_id"].n_unique())


def _wrong_tax(facts: Facts, entity: str) -> Outcome:
    own = facts.traits.filter(pl.col("entity") == entity).drop_nulls("tax_id")
    wrong = own.filter(~pl.col("tax_ok").fill_null(value=True))
    found = wrong.select("record_id", value="tax_id", field=pl.lit("tax_id"))
    return Outcome(findings=findings(found, entity), base=own.height)


register(
    Check(
        code="LNK103",
        severity="info",
        needs={"company": ("companies", "links.company.deal", "links.company.contact")},
        repair="list",
        title=N_("Companies without deals and contacts"),
        definition=N_("Companies linked to no deal and to no contact."),
        risk=N_("An empty shell: it only swells the list and the search."),
        advice=N_("Link the company to its people, or delete the card."),
        run=_alone,
    )
)
register(
    Check(
        code="PHN102",
        severity="warning",
        needs={
            "contact": ("contacts", "channels", "channels.contact.phone", "channels.contact.email")
        },
        repair="list",
        title=N_("Contacts nobody can reach"),
        definition=N_(
            "Contacts with no phone, no e-mail and no messenger on the card, and without a chat "
            "where the events were read."
        ),
        risk=N_("The card can't be called, written to or recognised: it is of no use."),
        advice=N_("Look for a number in the notes of the deals; archive what nothing is known of."),
        run=_unreachable,
    )
)
register(
    Check(
        code="PHN401",
        severity="info",
        needs=channel_needs("phone"),
        repair="review",
        title=N_("Numbers outside the phone field"),
        definition=N_(
            "Cards with a number in a field of the account's own that the CRM's phone field of the "
            "card does not have."
        ),
        risk=N_("Telephony and chats do not recognise such a client and make one more card."),
        advice=N_("Move the numbers into the phone field, and hide the other one."),
        run=_off_field,
    )
)
register(
    Check(
        code="NAM301",
        severity="info",
        needs={"deal": ("deals", "deals.name")},
        repair="list",
        title=N_("Deal names that say nothing"),
        definition=N_(
            'Deals whose name is empty, only digits, a word and a number ("Сделка #123"), made by '
            'a template ("Автосделка", "Новая сделка"), or the name of their source.'
        ),
        risk=N_("In lists and on the board nobody tells one deal from another."),
        advice=N_("Have the name made of filled fields: the client, the goods, the town."),
        run=_deal_names,
    )
)
register(
    Check(
        code="EML401",
        severity="info",
        needs={"contact": ("contacts", "channels.contact.email")},
        repair="list",
        title=N_("One address on several contacts"),
        definition=N_(
            "Contacts with an address that at least as many contacts have as the settings say, "
            "whatever its spelling; addresses of departments among them. Groups are addresses."
        ),
        risk=N_("The CRM files a letter under one of the cards, and the others' managers miss it."),
        advice=N_(
            "Merge the cards of one person; leave a shared address on the company's card only."
        ),
        options=(
            Option(
                "least", 3, N_("two cards are a duplicate (DUP102) rather than a habit"), 2, 1000
            ),
        ),
        run=_crowded,
    )
)
register(
    Check(
        code="EML402",
        severity="info",
        needs={"contact": ("contacts", "channels.contact.email")},
        repair="list",
        title=N_("Addresses of departments on contacts"),
        definition=N_(
            "Contacts with an address such as info@, sales@ or buh@; of contacts with an address "
            "that could be read."
        ),
        risk=N_("A letter to a person is read by whoever is on duty."),
        advice=N_("Move the address to the company's card, and ask the person for their own."),
        run=_roles,
    )
)
register(
    Check(
        code="ENR301",
        severity="warning",
        needs={"company": ("companies", "traits.company.tax_id")},
        repair="list",
        title=N_("Wrong tax numbers"),
        definition=N_("Companies whose tax number has a wrong check digit; of those with one."),
        risk=N_("Invoices and contracts go out with an error, and duplicates are not found by it."),
        advice=N_("Check the number in the tax service's register by the company's name."),
        run=_wrong_tax,
    )
)
register(
    Check(
        code="CUS001",
        severity="info",
        needs={str(CARDS[0]): ("customers",)},
        repair="none",
        title=N_("Customers (repeat purchases)"),
        definition=N_(
            "Contacts that the CRM leads as customers, and whose next purchase is overdue."
        ),
        risk=N_("Nobody calls those who already bought."),
        advice=N_("Switch customers on in the CRM, or keep repeat sales in a pipeline."),
        run=None,
    )
)
