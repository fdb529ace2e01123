"""libphonenumber's metadata compiled into one acyclic automaton over digits.

Every national number pattern of the metadata is a finite language (digits, classes, groups,
alternation and bounded repeats), so all patterns of all regions of a calling code are
run at once: a node knows whether the digits read so far are a valid number, of which
region and type, exactly as `phonenumbers.is_valid_number`, `region_code_for_number` and
`number_type` would say. Built mechanically by subset construction over position automata
(Glushkov, "The abstract theory of automata", 1961), with equal subtrees shared.

`build_tables` takes a second or two; `phone_tables` keeps its result in the user's
cache folder, named by the metadata's version.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
import phonenumbers
import platformdirs
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType

from dedupe.kernels.phones import (
    BIT,
    CODE,
    IDD,
    IDD_END,
    LENGTHS,
    LOCAL_LENGTHS,
    N_FACTS,
    NATIONAL,
    NATIONAL_END,
    NODE_GENERAL,
    NODE_REGION,
    NODE_TYPE,
    ROOT,
    Tables,
)

from .patterns import Positions, Unsupported, enumerate_strings, parse_pattern

FORMAT = 1  # of the cached file: raise it with every change of what is below
DIGITS = 10
ROW = 16  # a node's row of children, padded so that a node's offset is a shift
MAX_LITERALS = 64  # prefixes longer than this list are left to the library

FIXED, MOBILE, FIXED_OR_MOBILE = (
    int(t)
    for t in (
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
)

# In the library's own order: the first that matches is the number's type.
TYPE_FIELDS = (
    ("premium_rate", PhoneNumberType.PREMIUM_RATE),
    ("toll_free", PhoneNumberType.TOLL_FREE),
    ("shared_cost", PhoneNumberType.SHARED_COST),
    ("voip", PhoneNumberType.VOIP),
    ("personal_number", PhoneNumberType.PERSONAL_NUMBER),
    ("pager", PhoneNumberType.PAGER),
    ("uan", PhoneNumberType.UAN),
    ("voicemail", PhoneNumberType.VOICEMAIL),
)


_READING = Lock()


@dataclass(frozen=True, slots=True)
class PhoneTables:
    """The kernel's arrays, and the regions' names by the index that stands for them.

    A calling code that is no country's is a region of its own, "001:800".
    """

    names: tuple[str, ...]
    arrays: Tables

    def region_index(self, name: str) -> int:
        """Return the index of the region `name`. Raises ValueError for an unknown one."""
        return self.names.index(name)


def phone_tables() -> PhoneTables:
    """Return the tables of the installed metadata, from the user's cache where they are there."""
    with _READING:  # two threads that ask at first do not build them twice
        return _phone_tables()


@cache
def _phone_tables() -> PhoneTables:
    folder = Path(platformdirs.user_cache_dir("crmclean"))
    path = folder / f"phones-{phonenumbers.__version__}-{FORMAT}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = Tables(*(kept[name] for name in Tables._fields))
            return PhoneTables(tuple(kept["names"].tolist()), arrays)
    except (OSError, ValueError, KeyError, EOFError):
        tables = build_tables()
        _keep(tables, path)
        return tables


def build_tables() -> PhoneTables:
    """Compile the installed metadata for all calling codes."""
    names = sorted({r for regions in COUNTRY_CODE_TO_REGION_CODE.values() for r in regions})
    # "001" stands for every code that is no country's; each gets a region of its own.
    geographic = [n for n in names if n != "001"]
    others = sorted(c for c, r in COUNTRY_CODE_TO_REGION_CODE.items() if r == ("001",))
    names = geographic + [f"001:{code}" for code in others]
    index = {name: i for i, name in enumerate(names)}
    builder = _Builder()
    facts = _RegionFacts(len(names))
    main_region = np.full(1000, -1, dtype=np.int16)
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        own = [index[f"001:{code}" if region == "001" else region] for region in regions]
        metadata = [_metadata(code, region) for region in regions]
        root = builder.compile(metadata, own)
        main_region[code] = own[0]
        for bit, (region, data) in enumerate(zip(own, metadata, strict=True)):
            facts.add(region, code, root, bit, data)
    return PhoneTables(
        tuple(names), Tables(builder.nodes(), facts.facts, facts.literals(), main_region)
    )


def _metadata(code: int, region: str) -> PhoneMetadata:
    data = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert data is not None  # the map of codes names only what has metadata
    return data


class _Builder:
    """Makes nodes, sharing equal ones. Node 0 is where no pattern goes on."""

    def __init__(self) -> None:
        dead = (-1, 0, 0, (0,) * DIGITS)
        self._ids: dict[tuple[int, int, int, tuple[int, ...]], int] = {dead: 0}

    def compile(self, metadata: list[PhoneMetadata], regions: list[int]) -> int:
        """Return the root of the patterns of one calling code's regions."""
        plan = _CodePlan(metadata, regions)
        memo: dict[tuple[frozenset[int], frozenset[int], int], int] = {}

        def node(ahead: frozenset[int], accepted: frozenset[int], depth: int) -> int:
            key = (ahead, accepted, depth)
            if key not in memo:
                by_set: dict[frozenset[int], int] = {}
                children = []
                for digit in range(DIGITS):
                    hit = plan.positions.matching(ahead, digit)
                    if hit not in by_set:
                        by_set[hit] = after(hit, accepted, depth + 1)
                    children.append(by_set[hit])
                memo[key] = self._id((*plan.judge(accepted, depth), tuple(children)))
            return memo[key]

        def after(hit: frozenset[int], accepted: frozenset[int], depth: int) -> int:
            if not hit:
                return 0
            labels = plan.positions.labels_of(hit)
            # A leading-digits pattern matches a beginning: once met, it stays met.
            kept = accepted & plan.lasting
            return node(plan.positions.follow_of(hit), kept | labels, depth)

        return node(plan.positions.first, frozenset(), 0)

    def nodes(self) -> npt.NDArray[np.uint32]:
        """Return the rows of `Tables.nodes`."""
        rows = np.zeros((len(self._ids), ROW), dtype=np.uint32)
        for key, row in self._ids.items():
            rows[row, :DIGITS] = key[3]
            rows[row, NODE_REGION], rows[row, NODE_TYPE] = key[0] + 1, key[1]
            rows[row, NODE_GENERAL] = key[2]
        return rows.reshape(-1)

    def _id(self, key: tuple[int, int, int, tuple[int, ...]]) -> int:
        return self._ids.setdefault(key, len(self._ids))


Desc = tuple[int, frozenset[int]] | None  # the label of a pattern, and its possible lengths


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """The patterns of one region."""

    general: Desc
    kinds: tuple[tuple[int, Desc], ...]
    fixed: Desc
    mobile: Desc
    is_same: bool  # mobile and fixed lines have one pattern
    leading: int | None

    def type(self, accepted: frozenset[int], length: int) -> int:
        """Return the type by the library's own cascade, -1 where the number is not valid."""

        def matches(desc: Desc) -> bool:
            if desc is None or desc[0] not in accepted:
                return False
            return not desc[1] or length in desc[1]

        if not matches(self.general):
            return -1
        for number_type, desc in self.kinds:
            if matches(desc):
                return number_type
        if matches(self.fixed):
            either = self.is_same or matches(self.mobile)
            return FIXED_OR_MOBILE if either else FIXED
        return MOBILE if not self.is_same and matches(self.mobile) else -1


class _CodePlan:
    """The patterns of one calling code, and what a set of matched ones means."""

    def __init__(self, metadata: list[PhoneMetadata], regions: list[int]) -> None:
        self.positions = Positions()
        self._regions = regions
        self._rules = [self._region_rules(data) for data in metadata]
        self.lasting = frozenset(r.leading for r in self._rules if r.leading is not None)

    def _region_rules(self, data: PhoneMetadata) -> _Rules:
        leading = data.leading_digits
        return _Rules(
            general=self._desc(data.general_desc),
            kinds=tuple((int(t), self._desc(getattr(data, f))) for f, t in TYPE_FIELDS),
            fixed=self._desc(data.fixed_line),
            mobile=self._desc(data.mobile),
            is_same=bool(data.same_mobile_and_fixed_line_pattern),
            leading=None if leading is None else self.positions.add(parse_pattern(leading)),
        )

    def _desc(self, desc: object) -> Desc:
        pattern = getattr(desc, "national_number_pattern", None)
        if not pattern:
            return None
        lengths = frozenset(getattr(desc, "possible_length", ()))
        return self.positions.add(parse_pattern(pattern)), lengths

    def judge(self, accepted: frozenset[int], length: int) -> tuple[int, int, int]:
        """Return (region, type, general bits) of `length` digits that match `accepted`."""
        general = 0
        for bit, rules in enumerate(self._rules):
            general |= (rules.general is not None and rules.general[0] in accepted) << bit
        for region, rules in zip(self._regions, self._rules, strict=True):
            number_type = rules.type(accepted, length)
            if len(self._regions) > 1:
                # Where regions share a calling code, the first that claims the number has it.
                leading = rules.leading
                claims = number_type >= 0 if leading is None else leading in accepted
                if not claims:
                    continue
            return (region, number_type, general) if number_type >= 0 else (-1, 0, general)
        return -1, 0, general


class _RegionFacts:
    """Collects what the kernel must know of each region."""

    def __init__(self, n: int) -> None:
        self.facts = np.zeros((n, N_FACTS), dtype=np.int64)
        self._literals: list[str] = []

    def add(self, region: int, code: int, root: int, bit: int, data: PhoneMetadata) -> None:
        """Write down the facts of the region with index `region`."""
        general = data.general_desc
        assert general is not None  # every region has one
        is_plain = not data.national_prefix_transform_rule
        national = data.national_prefix_for_parsing
        row = self.facts[region]
        row[[CODE, ROOT, BIT]] = code, root, 1 << bit
        row[LENGTHS] = _mask(general.possible_length)
        row[LOCAL_LENGTHS] = _mask(general.possible_length_local_only)
        row[[NATIONAL, NATIONAL_END]] = self._rows(national) if is_plain else (-1, -1)
        row[[IDD, IDD_END]] = self._rows(data.international_prefix)

    def literals(self) -> npt.NDArray[np.uint8]:
        """Return the rows of `Tables.literals`."""
        rows = np.zeros((max(len(self._literals), 1), ROW), dtype=np.uint8)
        for i, text in enumerate(self._literals):
            rows[i, 0] = len(text)
            rows[i, 1 : 1 + len(text)] = [int(digit) for digit in text]
        return rows

    def _rows(self, pattern: str | None) -> tuple[int, int]:
        if not pattern:
            return 0, 0
        try:
            strings = enumerate_strings(parse_pattern(pattern), MAX_LITERALS)
        except Unsupported:
            return -1, -1
        if any(len(s) >= ROW for s in strings):
            return -1, -1
        start = len(self._literals)
        self._literals += strings
        return start, len(self._literals)


def _mask(lengths: Iterable[int]) -> int:
    return sum(1 << n for n in set(lengths) if 0 <= n < 32)


def _keep(tables: PhoneTables, path: Path) -> None:
    """Write the cache, or don't: it only spares a second."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".npz")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, names=np.array(tables.names), **tables.arrays._asdict())
        Path(name).replace(path)
    except OSError:
        return
