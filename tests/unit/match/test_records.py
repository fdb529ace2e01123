"""Cards as records: their order, two tables' sides, compared columns, judged pairs."""

from __future__ import annotations

import polars as pl

from dedupe.contracts import FIELD_VALUES, TRAITS
from dedupe.match import Evidence, build_records
from dedupe.match.records import build_labels


def evidence(ids: list[str], sides: list[int] | None = None, **more: object) -> Evidence:
    cards = pl.DataFrame({"entity": "contact", "record_id": ids, "owner_id": None})
    if sides is not None:
        cards = cards.with_columns(side=pl.Series(sides, dtype=pl.Int8))
    told = cards.select("entity", "record_id", surname=pl.lit("иванов"))
    return Evidence(
        cards=cards.cast({"owner_id": pl.String}),
        traits=TRAITS.conform(told),
        **more,  # type: ignore[arg-type]
    )


def test_the_first_tables_cards_come_first_and_each_in_id_order() -> None:
    records = build_records(evidence(["10", "9", "b:9", "2"], [1, 0, 1, 0]), "contact")
    assert records.ids.to_list() == ["2", "9", "10", "b:9"]
    assert (records.side_end, records.n_pairs) == (2, 4)


def test_one_table_has_no_sides() -> None:
    records = build_records(evidence(["10", "9", "2"]), "contact")
    assert records.ids.to_list() == ["2", "9", "10"]
    assert (records.side_end, records.n_pairs) == (0, 3)


def test_a_side_without_cards_leaves_nothing_to_link() -> None:
    for side in (0, 1):
        records = build_records(evidence(["1", "2"], [side, side]), "contact")
        assert (records.n, records.side_end) == (0, 0)


def test_compared_columns_of_one_name_stay_two() -> None:
    rows = [("contact", i, f, f"{f}{i}") for i in "12" for f in ("Код №", "код_№")]
    fields = pl.DataFrame(rows, schema=["entity", "record_id", "field_id", "raw"], orient="row")
    told = evidence(["1", "2"], fields=FIELD_VALUES.conform(fields), compare=("Код №", "код_№"))
    names = [c.name for c in build_records(told, "contact").columns if c.name.startswith("x_")]
    assert len(names) == len(set(names)) == 2


def judged(*rows: tuple[str, str, bool]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["left_id", "right_id", "is_match"], orient="row")
    return frame.with_columns(entity=pl.lit("contact"))


def test_labels_are_rows_the_smaller_one_first() -> None:
    records = build_records(evidence(["1", "2", "10"]), "contact")
    told = judged(("10", "1", True), ("1", "2", False), ("1", "77", True), ("2", "2", True))
    labels = build_labels(records, told)
    assert list(zip(labels.left, labels.right, labels.is_match, strict=True)) == [
        (0, 1, False),
        (0, 2, True),
    ]
    assert labels.left.dtype == labels.right.dtype == "uint32"


def test_labels_of_two_tables_cross_between_them() -> None:
    records = build_records(evidence(["1", "2", "3"], [0, 0, 1]), "contact")
    labels = build_labels(records, judged(("1", "2", True), ("3", "1", True)))
    assert (labels.left.tolist(), labels.right.tolist()) == ([0], [2])
