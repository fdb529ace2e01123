"""What a card says of its bearer, made comparable: TRAITS for the matching stage.

Names come apart into given name, surname and patronymic: as the card's own fields have
them, or read out of the one name. Every text is in lower case without marks that typists
leave out, next to a key that its spellings share. Work is done on distinct texts.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl

from dedupe.contracts import CARDS, TRAITS

from .buffers import Index, found_texts
from .coded import Coded, Mask, coded, coded_at, first_of, placed, with_null
from .company_columns import build_companies, build_tax_numbers
from .folding import folded
from .given_names import known_forms, known_skeletons
from .person import given_key
from .person_columns import build_parts
from .skeleton import skeleton_column
from .surnames import surname_keys

ROLES = ("middle_name", "company", "tax_id", "birth_date", "address", "city", "postcode")
_KEY = ["entity", "record_id"]
_THREADS = 1  # beside this one
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
    cards = cards.rechunk()
    told = _told(cards, fields)
    naming = _naming(cards, names)
    is_company = (cards["entity"] == "company").fill_null(value=False).to_numpy()
    own = np.flatnonzero(is_company & ~naming.is_denied & cards["name"].is_not_null().to_numpy())
    firms = coded_at(own, cards["name"].gather(own), cards.height)
    with ThreadPoolExecutor(_THREADS) as pool:
        # The names are read in Python, the fields by polars, which does not wait for it.
        fields_columns = pool.submit(_field_columns, told)
        columns = _name_columns(cards, naming, told["middle_name"])
        columns |= _firm_columns(first_of([(is_company, firms), (~is_company, told["company"])]))
        columns |= fields_columns.result()
    return TRAITS.conform(cards.select(_KEY).with_columns(**columns))


@dataclass(frozen=True, slots=True)
class _Naming:
    """Which cards' names are names (`is_name`), and which are known to be none."""

    is_name: Mask
    is_denied: Mask


def _naming(cards: pl.DataFrame, names: pl.DataFrame) -> _Naming:
    found = _rows_of(names.select(_KEY), cards)
    judged = np.append((names["status"] == "ok").fill_null(value=False).to_numpy(), False)
    is_name = judged[found]  # -1, the last, where there is no such name
    return _Naming(is_name, ~is_name & (found >= 0))


def _rows_of(rows: pl.DataFrame, asked: pl.DataFrame) -> Index:
    """Return in which row of `rows` (entity, record_id) each one of `asked` is, -1 for none."""
    found = np.full(asked.height, -1, dtype=np.int64)
    for entity in CARDS:
        own = (rows["entity"] == entity).fill_null(value=False).arg_true()
        at = (asked["entity"] == entity).fill_null(value=False).arg_true()
        ids = (frame["record_id"].gather(of) for frame, of in ((rows, own), (asked, at)))
        places = found_texts(*ids)
        found[at.to_numpy()] = np.append(own.to_numpy().astype(np.int64), -1)[places]
    return found


def _told(cards: pl.DataFrame, fields: pl.DataFrame) -> dict[str, Coded]:
    """Return the first value of each role by card; an address of several fields is one."""
    is_filled = pl.col("role").is_in(ROLES) & (pl.col("raw").str.strip_chars() != "")
    filled = fields.filter(is_filled).rechunk()
    filled = filled.select("role", "raw", card=pl.Series(_rows_of(cards, filled)))
    filled = filled.filter(pl.col("card") >= 0)
    return {role: _of_role(filled, role, cards.height) for role in ROLES}


def _of_role(filled: pl.DataFrame, role: str, n: int) -> Coded:
    own = filled.filter(pl.col("role") == role)
    if own["card"].n_unique() < own.height:
        joined = pl.col("raw").str.join(" ") if role == "address" else pl.col("raw").first()
        own = own.group_by("card", maintain_order=True).agg(joined)
    return coded_at(own["card"].to_numpy(), own["raw"], n)


def _name_columns(cards: pl.DataFrame, naming: _Naming, middle_name: Coded) -> dict[str, pl.Series]:
    """Return the parts of the contacts' names, and their keys."""
    rows = (cards["entity"] == "contact").fill_null(value=False).arg_true().to_numpy()
    rows = rows.astype(np.int64)
    naming = _Naming(naming.is_name[rows], naming.is_denied[rows])
    read = [cards[column].gather(rows) for column in ("first_name", "last_name")]
    first, last = (coded(column).remade(folded) for column in read)
    middle = Coded(middle_name.codes[rows], middle_name.values).remade(folded)
    # Two fields that hold a word each are what they say; anything else is read as one name.
    are_words = [column.told(_is_word) for column in (first, last)]
    in_parts = ~naming.is_denied & are_words[0] & are_words[1]
    is_read = ~in_parts & naming.is_name
    given, surname, patronymic = _read_whole(cards["name"].gather(rows), first, last, is_read)
    # They stand in each other's field where only the surname is a known given name.
    is_swapped = in_parts & last.told(_is_known_given) & ~first.told(_is_known_given)
    has_middle = (in_parts | is_read) & middle.is_known
    parts = {
        "given": first_of([(is_swapped, last), (in_parts, first), (is_read, given)]),
        "surname": first_of([(is_swapped, first), (in_parts, last), (is_read, surname)]),
        "patronymic": first_of([(has_middle, middle), (is_read, patronymic)]),
    }
    keyed = parts | {
        "given_key": parts["given"].keyed(_given_keys),
        "given_sound": parts["given"].keyed(skeleton_column),
        "surname_key": parts["surname"].keyed(surname_keys),
        "patronymic_key": parts["patronymic"].keyed(skeleton_column),
    }
    return {name: placed(part, rows, cards.height).column() for name, part in keyed.items()}


def _read_whole(names: pl.Series, first: Coded, last: Coded, is_read: Mask) -> list[Coded]:
    """Read given name, surname and patronymic out of names that do not stand in parts.

    Read are the fields' words where both hold some, else the name.
    """
    rows = np.flatnonzero(is_read)
    fields = {"name": names.gather(rows)}
    for name, part in (("first_name", first), ("last_name", last)):
        fields[name] = part.values.gather(part.codes[rows])
    both = pl.concat_str("last_name", "first_name", separator=" ")
    whole = pl.coalesce(both, "name", "first_name", "last_name").alias("whole")
    asked = coded(pl.DataFrame(fields).select(whole).to_series())
    read = build_parts(asked.values.drop_nulls())
    parts = (Coded(asked.codes, with_null(part)).remade(folded) for part in read)
    return [placed(part, rows, len(is_read)) for part in parts]


def _is_word(text: pl.Expr) -> pl.Expr:
    return ~text.str.contains(" ", literal=True)


def _is_known_given(text: pl.Expr) -> pl.Expr:
    return text.is_in(list(known_forms()))


def _firm_columns(names: Coded) -> dict[str, pl.Series]:
    """Return the companies' names without the legal form, and their keys."""
    found = build_companies(names.values)
    read = found.select("raw", core=folded(found["core"]), company_key=_filled(pl.col("match_key")))
    joined = names.values.to_frame("raw").join(read, on="raw", how="left", maintain_order="left")
    return {
        "company": Coded(names.codes, joined["core"]).column(),
        "company_key": Coded(names.codes, joined["company_key"]).column(),
    }


def _field_columns(told: dict[str, Coded]) -> dict[str, pl.Series]:
    """Return what the other fields say."""
    tax, city = told["tax_id"].mapped(_number), told["city"].remade(folded).mapped(_city)
    columns = {
        "tax_id": tax,
        "address": told["address"].remade(_addresses),
        "city": city,
        "city_key": city.keyed(skeleton_column),
        "postcode": told["postcode"].mapped(_number),
        "birth_date": told["birth_date"].mapped(_date),
    }
    found = build_tax_numbers(tax.values, kind="inn").filter(pl.col("status") == "valid")
    valid = found["raw"].unique().implode()
    is_valid = pl.Series(tax.told(lambda number: number.is_in(valid)))
    return {name: each.column() for name, each in columns.items()} | {"tax_ok": is_valid}


def _number(text: pl.Expr) -> pl.Expr:
    return _filled(text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", ""))


def _addresses(texts: pl.Series) -> pl.Series:
    text = pl.col(texts.name)
    bare = text.str.replace_all(_ADDRESS_WORDS, " ").str.replace_all("-", " ", literal=True)
    return folded(folded(texts).to_frame(texts.name).select(bare).to_series(), is_strict=False)


def _city(text: pl.Expr) -> pl.Expr:
    return _filled(text.str.replace(_CITY_WORDS, "").str.strip_chars())


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


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _given_keys(words: pl.Series) -> pl.Series:
    """Return the `given_key` of each word; of no known name it is the skeleton."""
    frame = words.to_frame("word").with_columns(key=skeleton_column(words))
    may_be_known = ~pl.col("word").str.contains("^[а-яё]+$")
    may_be_known |= pl.col("word").is_in(list(known_forms()))
    may_be_known |= pl.col("key").is_in(list(known_skeletons()))
    rows = frame.select(may_be_known.arg_true()).to_series()
    keys = [given_key(word, None) for word in words.gather(rows).to_list()]
    return frame["key"].scatter(rows, pl.Series(keys, dtype=pl.String))
