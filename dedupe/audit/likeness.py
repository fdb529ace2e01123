"""Cards that are alike, as rows: groups by a key, names that few bear, pairs that meet.

`groups_of` and its like take and return lazy frames with `record_id`; a group's label is its
smallest record id, as everywhere. Work grows with the rows, never with their pairs: a number
on more than `CROWD` cards makes none.
"""

from __future__ import annotations

import polars as pl

from .facts import Facts

CROWD = 30  # cards that share a number or mailbox; beyond, it is no one's own
_RARE = 0.01  # namesakes that chance makes of one name among all cards; below, they are no chance
_COUNTRY = 2_000  # cards that the country's list of names is worth
_TELLING = 0.5  # of companies of one name that agree on the city or the tax number
_FEW = 10  # pairs that tell nothing of how telling names are
_PERSON_DIGITS = 12  # of a person's ИНН; a contact's ten digits are the employer's
_PART = "\x1f"
_NUMBERS = pl.lit(1 << 32, pl.UInt64)  # more than there are texts
_KPP = r"(?i)(?:^|[^\p{L}])(?:кпп|kpp)(?:$|[^\p{L}])"


def tax_numbers(facts: Facts, entity: str) -> pl.LazyFrame:
    """Return record_id and tax_id of cards that have a right one; a contact's is a person's."""
    right = _traits(facts, entity).filter(pl.col("tax_ok").fill_null(value=False))
    if entity == "contact":
        right = right.filter(pl.col("tax_id").str.len_chars() == _PERSON_DIGITS)
    return right.select("record_id", "tax_id")


def unmerged(rows: pl.LazyFrame, facts: Facts, entity: str) -> pl.LazyFrame:
    """Leave out the cards that stand merged already: they are nobody's duplicates any more."""
    merged = facts.marked.filter((pl.col("entity") == entity) & pl.col("reason").is_null())
    if merged.is_empty():
        return rows
    return rows.join(merged.lazy().select("record_id"), on="record_id", how="anti")


def branches(facts: Facts, entity: str) -> pl.LazyFrame:
    """Return record_id and kpp: which branch of a firm a card is, where a field of it tells."""
    fields = facts.account.frame("fields").lazy().filter(pl.col("entity") == entity)
    named = fields.filter(pl.col("name").str.contains(_KPP)).select(field_id="id").unique()
    values = facts.account.frame("field_values").lazy().filter(pl.col("entity") == entity)
    own = pl.concat([values.filter(pl.col("field_id").str.contains(_KPP)),
                     values.join(named, on="field_id", how="semi")])  # fmt: skip
    number = pl.col("raw").str.replace_all(r"[^0-9A-Za-z]", "")
    return own.filter(number != "").group_by("record_id").agg(kpp=number.min())


def namesakes(facts: Facts, entity: str) -> pl.LazyFrame:
    """Return record_id and key: equal keys are the same name, and hardly by chance."""
    return _firms(facts) if entity == "company" else _persons(facts)


def _persons(facts: Facts) -> pl.LazyFrame:
    """Take the surname and the name, and the patronymic where they alone are too common."""
    n = facts.n_live("contact")
    rates = [_rate(facts, *names, n=n) for names in _NAMES[:2]]
    named = _named(facts).with_columns(rates)
    chance = n * (pl.col("surname_rate") * pl.col("given_rate")).max().over("pair")
    named = named.with_columns(
        pair_chance=chance,
        key=pl.concat_str(_PAIR, separator=_PART),
        part="patronymic_key",
    )
    often = named.filter(pl.col("pair_chance") >= _RARE)
    # Without a patronymic a common name is no name of one person.
    often = often.drop_nulls("part").with_columns(n_alike=pl.len().over("pair", "part"))
    often = often.filter(_IS_SHARED)
    often = often.with_columns(_rate(facts, *_NAMES[2], n=n))
    full = often.filter(pl.col("pair_chance") * pl.col("patronymic_rate") < _RARE)
    full = full.with_columns(key=pl.concat_str("key", "part", separator=_PART))
    rare = parted(named.filter(pl.col("pair_chance") < _RARE), "part")
    told = ("record_id", "key")
    return largest(pl.concat([full.select(told), rare.select(told)]))


_NAMES = (("surname", "surname_key"), ("given", "variant"), ("patronymic", "patronymic_key"))
_PAIR = ("surname_key", "variant")
_IS_SHARED = pl.col("n_alike") > 1  # a name that stands once makes no group


def _named(facts: Facts) -> pl.LazyFrame:
    """Return the names that may stand on several cards, and how many cards have each part.

    `pair` is a number of surname and name.
    """
    keyed = _traits(facts, "contact").drop_nulls(["surname_key", "given_key"])
    keys = [key for _, key in _NAMES]
    named = (
        keyed.select(
            "record_id",
            *("surname", "surname_key", "given", "patronymic", "patronymic_key"),
            variant=pl.col("given_key").str.split("|"),
        )
        .explode("variant")
        .with_columns(_number(key).alias(f"{key}_number") for key in keys)
        .collect()
        .lazy()
    )
    surname, variant = (pl.col(f"{key}_number").cast(pl.UInt64) for key in _PAIR)
    counted = [pl.len().over(f"{key}_number").alias(f"n_{key}") for key in keys]
    return (
        named.with_columns(pair=surname * _NUMBERS + variant)
        .with_columns(*counted, n_alike=pl.len().over("pair"))
        .filter(_IS_SHARED)
        .drop(f"{key}_number" for key in keys)
        .collect()
        .lazy()
    )


def _number(key: str) -> pl.Expr:
    """Return a number for each text: numbers are counted and compared far faster."""
    return pl.col(key).cast(pl.Categorical).to_physical()


def _rate(facts: Facts, column: str, key: str, *, n: int) -> pl.Expr:
    """Return how common a name is among the other cards, where these are few: in the country."""
    known = facts.name_shares.filter(pl.col("column") == column)
    told = [
        pl.col(name).replace_strict(known["value"], known["share"], default=None)
        for name in (column, key)  # a woman's surname is listed as a man's
    ]
    n_others = pl.col(f"n_{key}") - pl.col("n_alike")
    country = pl.max_horizontal(*told).fill_null(0.0) * _COUNTRY
    unheard = pl.lit(0.5)  # as common as half a card
    return (pl.max_horizontal(n_others + country, unheard) / (n + _COUNTRY)).alias(f"{column}_rate")


def _firms(facts: Facts) -> pl.LazyFrame:
    """Take the name, with the city where companies of one name are mostly different ones."""
    firms = _traits(facts, "company").drop_nulls("company_key")
    firms = firms.select(
        "record_id",
        "city_key",
        key="company_key",
        tax=pl.when(pl.col("tax_ok").fill_null(value=False)).then("tax_id"),
    )
    if not _are_telling(firms):
        firms = firms.drop_nulls("city_key").with_columns(
            key=pl.concat_str("key", "city_key", separator=_PART)
        )
    return parted(firms, "city_key").select("record_id", "key")


def _are_telling(firms: pl.LazyFrame) -> bool:
    """Tell whether cards of one name mostly agree on the rest, as those of one firm do."""
    n_known = n_agreed = 0
    few = firms.filter(pl.len().over("key").is_between(2, CROWD))
    for trait in ("city_key", "tax"):
        told = few.drop_nulls(trait)
        counts = [
            told.group_by(keys).len().select(n=(pl.col("len") * (pl.col("len") - 1) // 2).sum())
            for keys in (["key"], ["key", trait])
        ]
        known, agreed = (part["n"][0] for part in pl.collect_all(counts))
        n_known, n_agreed = n_known + known, n_agreed + agreed
    return n_known < _FEW or n_agreed >= _TELLING * n_known


def birthdays(facts: Facts, entity: str) -> pl.LazyFrame:
    """Return record_id and birth_date (yyyymmdd) of cards that tell all of it."""
    day = pl.col("birth_date")
    is_whole = (day >= 10_000_000) & (day // 100 % 100 > 0) & (day % 100 > 0)
    return _traits(facts, entity).filter(is_whole).select("record_id", "birth_date")


def parted(rows: pl.LazyFrame, part: str) -> pl.LazyFrame:
    """Part the keys whose rows disagree about `part`; rows that don't tell it stay together."""
    differs = pl.col(part).min().over("key") != pl.col(part).max().over("key")
    told = pl.concat_str(pl.col("key"), pl.col(part).cast(pl.String).fill_null(""), separator=_PART)
    return rows.with_columns(key=pl.when(differs).then(told).otherwise("key"))


def groups_of(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows whose `key` several records have, with the group's label."""
    shared = rows.filter(pl.col("key").is_not_null() & pl.col("key").is_duplicated())
    shared = shared.unique(["record_id", "key"]).filter(pl.len().over("key") > 1)
    length = pl.col("record_id").str.len_bytes()
    shortest = pl.when(length == length.min().over("key")).then("record_id")
    return shared.with_columns(group=shortest.min().over("key"))


def largest(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Leave each record the key that most records have: a record is in one group."""
    sized = rows.select("record_id", "key", n=pl.len().over("key")).collect().lazy()
    has_choice = pl.col("record_id").is_duplicated()
    chosen = sized.filter(has_choice).sort("n", "key", descending=[True, False])
    chosen = chosen.unique("record_id", keep="first", maintain_order=True)
    return pl.concat([sized.filter(~has_choice), chosen]).select("record_id", "key")


def unknown_groups(rows: pl.LazyFrame, facts: Facts, entity: str) -> pl.LazyFrame:
    """Leave out the groups whose cards all share a number, or all a mailbox: they are known."""
    for kind in ("phone", "email"):
        known = facts.groups.lazy().filter((pl.col("kind") == kind) & (pl.col("entity") == entity))
        rows = rows.join(
            known.select("record_id", pl.col("group").alias(kind)), on="record_id", how="left"
        )
        is_one = pl.col(kind).min().over("group") == pl.col(kind).max().over("group")
        is_told = pl.col(kind).is_not_null().all().over("group")
        rows = rows.filter(~(is_told & is_one).fill_null(value=False))
    return rows


def meetings(facts: Facts, entity: str, *kinds: str) -> pl.LazyFrame:
    """Return left, right, kind, value and group of cards that share a number or a mailbox.

    `left_cluster` and `right_cluster` are the clusters that matching put them in.
    """
    met = [
        facts.once(f"{kind} of {entity}", lambda kind=kind: _met(facts, entity, kind))  # type: ignore[misc]
        for kind in kinds
    ]
    return pl.concat(met).lazy()


def _met(facts: Facts, entity: str, kind: str) -> pl.DataFrame:
    is_own = (pl.col("entity") == entity) & (pl.col("kind") == kind)
    evidence = facts.values.lazy().filter(is_own & (pl.col("status") == "valid"))
    held = (
        evidence.select("kind", "match_key", "record_id", "value")
        .drop_nulls("match_key")
        # Most numbers stand on one card: they go before anything dearer is done.
        .filter(pl.col("match_key").hash().is_duplicated())
        .group_by("kind", "match_key", "record_id")
        .agg(pl.col("value").min())
        .filter(pl.len().over("match_key").is_between(2, CROWD))
    )
    labels = facts.groups.lazy().filter(is_own).select("record_id", "group")
    clusters = facts.clusters.lazy().filter(pl.col("entity") == entity)
    held = held.join(labels, on="record_id")
    held = held.join(clusters.select("record_id", "cluster_id"), on="record_id", how="left")
    held = held.collect().lazy()
    left = held.rename({"record_id": "left", "cluster_id": "left_cluster"})
    right = held.select("match_key", right="record_id", right_cluster="cluster_id")
    return left.join(right, on="match_key").filter(pl.col("left") < pl.col("right")).collect()


def both_ends(pairs: pl.LazyFrame, *told: str) -> pl.LazyFrame:
    """Return the records of pairs, one by one, with the columns `told`."""
    ends = [pairs.select(*told, record_id=end) for end in ("left", "right")]
    return pl.concat(ends).unique()


def with_both(pairs: pl.LazyFrame, cards: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    """Add columns of the cards to pairs: `surname` becomes left_surname and right_surname."""
    pairs = pairs.collect().lazy()
    ends = pl.concat([pairs.select(record_id=end) for end in ("left", "right")])
    cards = cards.join(ends.unique(), on="record_id", how="semi").collect().lazy()
    for end in ("left", "right"):
        named = cards.select(
            pl.col("record_id").alias(end), *(pl.col(c).alias(f"{end}_{c}") for c in columns)
        )
        pairs = pairs.join(named, on=end, how="left")
    return pairs


def apart(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """Leave out the `meetings` of cards that matching holds to be one, whatever their names."""
    is_one = pl.col("left_cluster") == pl.col("right_cluster")
    return pairs.filter(~is_one.fill_null(value=False))


def _traits(facts: Facts, entity: str) -> pl.LazyFrame:
    return facts.traits.lazy().filter(pl.col("entity") == entity)
