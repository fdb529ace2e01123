"""What a card says of its bearer, made comparable: TRAITS for the matching stage.

Names come apart into given name, surname and patronymic: as the card's own fields have
them, or read out of the one name. Every text is in lower case without marks that typists
leave out, next to a key that its spellings share. Work is done on distinct texts.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from dedupe.contracts import TRAITS

from .company_columns import build_companies, build_tax_numbers
from .given_names import known_forms
from .person import given_key
from .person_columns import build_persons
from .skeleton import skeleton_column
from .surnames import surname_keys

ROLES = ("middle_name", "company", "tax_id", "birth_date", "address", "city", "postcode")
_KEY = ["entity", "record_id"]
_PATRONYMIC = (
    r"(?:ович|евич|ич|овна|евна|ична|инична|оглы|оглу|кызы|кизи|улы|уулу|[oe]vich|[oe]vna)$"
)
_MARKS = r"[^\p{L}\p{N}\-' ]+"
# Words of an address that its writers put in or leave out at will.
_ADDRESS_WORDS = (
    r"\b(?:г|гор|город|ул|улица|пр|пр-т|просп|проспект|пер|переулок|ш|шоссе|пл|площадь|б-р|бул|бульвар"
    r"|наб|набережная|проезд|пр-д|д|дом|корп|корпус|к|стр|строение|кв|квартира|оф|офис|пом|помещение|обл"
    r"|область|р-н|район|россия|рф|мкр|микрорайон|пос|поселок|п|с|село|дер|деревня)\b\.?"
)
_CITY_WORDS = r"^(?:г|гор|город|пос|поселок|пгт|п|с|село|дер|деревня|ст-ца|станица|city)\b[. ]+"


def build_traits(cards: pl.DataFrame, names: pl.DataFrame, fields: pl.DataFrame) -> pl.DataFrame:
    """Return TRAITS, a row per card of `cards`, in its order.

    `cards` has entity, record_id, name, first_name and last_name; `names` is NAMES: a name that is
    no name (empty, placeholder, junk) says nothing. `fields` has entity, record_id, role (of
    ROLES), raw and position: the cards' fields that are recognised.
    """
    frame = (
        cards.lazy()
        .join(names.lazy().select(*_KEY, is_name=pl.col("status") == "ok"), on=_KEY, how="left")
        .collect()
    )
    for role in ROLES:
        frame = frame.join(_of_role(fields, role), on=_KEY, how="left", maintain_order="left")
    parts = [
        _contacts(frame.filter(pl.col("entity") == "contact")),
        _companies(frame.filter(pl.col("entity") == "company")),
    ]
    traits = pl.concat(parts, how="diagonal")
    traits = _with_fields(traits)
    kept = cards.select(_KEY).join(traits, on=_KEY, how="left", maintain_order="left")
    return TRAITS.conform(kept)


def _of_role(fields: pl.DataFrame, role: str) -> pl.DataFrame:
    """Return the first value of a role by card; an address of several fields is one."""
    own = fields.filter((pl.col("role") == role) & (pl.col("raw").str.strip_chars() != ""))
    joined = pl.col("raw").str.join(" ") if role == "address" else pl.col("raw").first()
    if own.select(pl.struct(_KEY).is_duplicated().any()).item():
        own = own.group_by(_KEY, maintain_order=True).agg(joined)
    return own.select(*_KEY, pl.col("raw").alias(role))


def _contacts(frame: pl.DataFrame) -> pl.DataFrame:
    told = ["first_name", "last_name", "middle_name"]
    frame = frame.with_columns(_on_distinct(frame[column], _word) for column in told)
    # Two fields that hold a word each are what they say; anything else is read as one name.
    in_parts = (
        pl.col("is_name").fill_null(True)
        & ~(pl.col("first_name") + pl.col("last_name")).str.contains(" ", literal=True)
    ).fill_null(False)
    direct = frame.filter(in_parts).select(
        *_KEY,
        given="first_name",
        surname="last_name",
        patronymic="middle_name",
    )
    direct = _unswapped(direct)
    rest = frame.filter(~in_parts & pl.col("is_name").fill_null(False))
    rest = rest.with_columns(whole=_whole(rest))
    read = build_persons(rest["whole"]).select(
        "raw", "given", "surname", patronymic_read="patronymic"
    )
    rest = rest.join(read, left_on="whole", right_on="raw", how="left").select(
        *_KEY,
        given=_word(pl.col("given")),
        surname=_word(pl.col("surname")),
        patronymic=pl.coalesce(pl.col("middle_name"), _word(pl.col("patronymic_read"))),
    )
    named = pl.concat([direct, rest])
    named = _keyed(named, "given", "given_key", _given_keys)
    named = _keyed(named, "given", "given_sound", skeleton_column)
    named = _keyed(named, "patronymic", "patronymic_key", skeleton_column)
    named = _keyed(named, "surname", "surname_key", surname_keys)
    firms = frame.select(*_KEY, *ROLES[1:])
    firms = firms.join(named, on=_KEY, how="left")
    return _with_company(firms)


def _unswapped(frame: pl.DataFrame) -> pl.DataFrame:
    """Put names right that stand in each other's field: only the surname is a known given name."""
    known = list(known_forms())
    is_swapped = (pl.col("surname").is_in(known) & ~pl.col("given").is_in(known)).fill_null(False)
    return frame.with_columns(
        given=pl.when(is_swapped).then("surname").otherwise("given"),
        surname=pl.when(is_swapped).then("given").otherwise("surname"),
    )


def _whole(frame: pl.DataFrame) -> pl.Series:
    """Return the name to be read: the fields' words where both hold some, else the name."""
    both = pl.concat_str("last_name", "first_name", separator=" ")
    return frame.select(whole=pl.coalesce(both, "name", "first_name", "last_name"))["whole"]


def _companies(frame: pl.DataFrame) -> pl.DataFrame:
    raw = pl.when(pl.col("is_name").fill_null(True)).then(pl.col("name"))
    frame = frame.with_columns(company=raw)
    return _with_company(frame.select(*_KEY, *ROLES[1:]))


def _with_company(frame: pl.DataFrame) -> pl.DataFrame:
    read = build_companies(frame["company"]).select(
        "raw", core=_word(pl.col("core")), company_key=_filled(pl.col("match_key"))
    )
    joined = frame.join(read, left_on="company", right_on="raw", how="left", maintain_order="left")
    return joined.with_columns(company=_filled(pl.col("core"))).drop("core")


def _with_fields(frame: pl.DataFrame) -> pl.DataFrame:
    number = _filled(pl.col("tax_id").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", ""))
    frame = frame.with_columns(
        tax_id=number,
        address=_on_distinct(frame["address"], _address),
        city=_on_distinct(frame["city"], _city),
        postcode=_filled(
            pl.col("postcode").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
        ),
        birth_date=_date(pl.col("birth_date")),
    )
    frame = _keyed(frame, "city", "city_key", skeleton_column)
    valid = (
        build_tax_numbers(frame["tax_id"], kind="inn")
        .filter(pl.col("status") == "valid")
        .select(tax_id="raw", tax_ok=pl.lit(True))
        .unique("tax_id")
    )
    joined = frame.join(valid, on="tax_id", how="left", maintain_order="left")
    return joined.with_columns(tax_ok=pl.col("tax_ok").fill_null(False))


def _address(text: pl.Expr) -> pl.Expr:
    plain = _word(text).str.replace_all(_ADDRESS_WORDS, " ").str.replace_all("-", " ", literal=True)
    return _filled(plain.str.replace_all(r"\s+", " ").str.strip_chars())


def _city(text: pl.Expr) -> pl.Expr:
    return _filled(_word(text).str.replace(_CITY_WORDS, "").str.strip_chars())


def _on_distinct(texts: pl.Series, cleaned: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """Clean a column of texts, each distinct one once."""
    distinct = texts.drop_nulls().unique().to_frame("raw")
    table = distinct.with_columns(cleaned(pl.col("raw")).alias("cleaned"))
    joined = texts.to_frame("raw").join(table, on="raw", how="left", maintain_order="left")
    return joined["cleaned"].alias(texts.name)


def _date(text: pl.Expr) -> pl.Expr:
    """Read yyyy-mm-dd, dd.mm.yyyy and yyyymmdd as an integer yyyymmdd, right or not.

    A date that cannot be (19371355) is a slip of the pen and still says who it is.
    """
    digits = text.str.strip_chars()
    year_first = digits.str.extract_groups(r"^([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})")
    day_first = digits.str.extract_groups(r"^([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4})")

    def joined(groups: pl.Expr, order: tuple[int, int, int]) -> pl.Expr:
        year, month, day = (groups.struct.field(str(at)).cast(pl.Int32) for at in order)
        return year * 10000 + month * 100 + day

    plain = pl.when(digits.str.contains(r"^[0-9]{8}$")).then(digits).cast(pl.Int32, strict=False)
    return pl.coalesce(joined(year_first, (1, 2, 3)), joined(day_first, (3, 2, 1)), plain)


def _word(text: pl.Expr) -> pl.Expr:
    """Lower case, "ё" as "е", no marks, one space between words; null where nothing is left."""
    low = text.str.to_lowercase().str.replace_all("ё", "е", literal=True)
    return _filled(
        low.str.replace_all(_MARKS, " ").str.replace_all(r"\s+", " ").str.strip_chars(" -'")
    )


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _keyed(
    frame: pl.DataFrame, column: str, key: str, keys_of: Callable[[pl.Series], pl.Series]
) -> pl.DataFrame:
    distinct = frame[column].drop_nulls().unique().sort()
    table = pl.DataFrame(
        {column: distinct, key: keys_of(distinct)},
        schema_overrides={key: pl.String, column: pl.String},
    )
    return frame.join(table, on=column, how="left", maintain_order="left")


def _given_keys(words: pl.Series) -> pl.Series:
    return pl.Series([given_key(word, None) for word in words.to_list()], dtype=pl.String)
