"""A pair's waterfall: of any two records that were matched, and of the files of a scan."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

from dedupe.contracts import FINDINGS, TRAITS, VALUES
from dedupe.errors import InputError
from dedupe.match import Evidence, Matched, build_records, clusters_frame, match_records
from dedupe.match.explain import (
    NOT_OBSERVED,
    Waterfall,
    context_of,
    explain_among,
    explain_pair,
    meeting_rules,
)
from dedupe.match.frames import pairs_frame
from dedupe.match.listed import Unlisted, explain_listed
from dedupe.match.model_file import STRANGERS, describe_model, load_model, render_model

SURNAMES = (
    *("абрамов", "белов", "волков", "громов", "дроздов", "ершов", "жуков", "зайцев", "ильин"),
    *("котов", "лебедев", "макаров", "носов", "орлов", "павлов", "рыбин", "сомов", "титов"),
    *("ушаков", "фомин"),
)
GIVEN = ["анна", "борис", "вера", "глеб", "дарья", "егор", "зоя", "игорь", "кира", "лев"]
N = 80


def cards(entity: str = "contact") -> pl.DataFrame:
    """Card 1 and 2 are one; 3 and 4 share a phone alone; the others are strangers."""
    rows = range(N)
    surname = [SURNAMES[k % 20] for k in rows]
    given = [GIVEN[(k // 20 + 3 * k) % 10] for k in rows]
    phone = [f"+7916555{k:04}" for k in rows]
    surname[1], given[1], phone[1] = surname[0], given[0], phone[0]
    phone[3] = phone[2]
    return pl.DataFrame(
        {"record_id": [str(k + 1) for k in rows], "surname": surname, "given": given}
    ).with_columns(entity=pl.lit(entity), phone=pl.Series(phone), birth_date=pl.lit(None))


def matched_of(table: pl.DataFrame) -> Matched:
    entity = table["entity"][0]
    keys = {f"{name}_{part}": name for name in ("surname", "given") for part in ("key", "sound")}
    traits = table.with_columns(pl.col(name).alias(key) for key, name in keys.items())
    channels = table.select("entity", "record_id", "phone").with_columns(
        kind=pl.lit("phone"), value="phone", match_key="phone", status=pl.lit("valid")
    )
    owners = table.select("entity", "record_id").with_columns(owner_id=pl.lit(None, pl.String))
    evidence = Evidence(
        cards=owners, traits=TRAITS.conform(traits), values=VALUES.conform(channels)
    )
    return match_records(build_records(evidence, entity))


@pytest.fixture(scope="module")
def matched() -> Matched:
    return matched_of(cards())


@pytest.fixture(scope="module")
def folder(matched: Matched, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(matched, tmp_path_factory.mktemp("scans") / "s-20260101T000000-aa")


def write_files(matched: Matched, folder: Path) -> Path:
    folder.mkdir()
    table = cards(matched.records.entity)
    pairs_frame(matched).write_parquet(folder / "pairs.parquet")
    facts = table.select("entity", "record_id").with_columns(
        n_deals=pl.lit(0), created_at=pl.lit(None, pl.Datetime("us", "UTC"))
    )
    clusters_frame(matched, facts).write_parquet(folder / "clusters.parquet")
    values = table.with_columns(
        kind=pl.lit("phone"), value="phone", match_key="phone", status=pl.lit("valid")
    )
    VALUES.conform(values).write_parquet(folder / "channels.parquet")
    FINDINGS.empty().write_parquet(folder / "findings.parquet")
    (folder / "model.json").write_text(render_model([matched]), encoding="utf-8")
    (folder / "summary.json").write_text("{}", encoding="utf-8")
    return folder


def sum_of(pair: Waterfall) -> float:
    return pair.prior + sum(step.total_bits for step in pair.steps)


def test_the_steps_of_any_pair_add_up_to_its_weight(matched) -> None:
    for left, right in combinations(["1", "2", "3", "4", "5", "80"], 2):
        pair = explain_pair(matched, left, right)
        assert sum_of(pair) == pytest.approx(pair.weight, abs=1e-3)
        assert pair.probability == pytest.approx(1 / (1 + 2**-pair.weight))


def test_a_listed_pair_is_explained_as_it_is_listed(matched) -> None:
    listed = pairs_frame(matched).rows(named=True)
    assert listed
    for row in listed:
        pair = explain_pair(matched, row["left_id"], row["right_id"])
        assert pair.weight == pytest.approx(row["weight"], abs=1e-4)
        assert pair.tier == row["tier"]
        for step in pair.steps:
            assert step.level == row[f"g_{step.comparison}"]
            if step.level != NOT_OBSERVED:
                assert step.total_bits == pytest.approx(row[f"w_{step.comparison}"], abs=1e-3)


def test_one_persons_cards_are_one_and_strangers_are_not(matched) -> None:
    one, two = explain_pair(matched, "1", "2"), explain_pair(matched, "5", "6")
    assert one.weight > 0 > two.weight
    assert one.together.is_same
    assert one.together.n_cards == 2
    assert two.tier == "reject"
    assert not two.together.is_same
    by_name = {step.comparison: step for step in one.steps}
    assert by_name["phone"].label == "one shared"
    assert by_name["phone"].left_values == by_name["phone"].right_values == ("+79165550000",)
    assert by_name["surname"].left_values == ("абрамов",)


def test_the_order_of_the_ids_is_that_of_the_rows(matched) -> None:
    assert explain_pair(matched, "2", "1") == explain_pair(matched, "1", "2")
    assert explain_pair(matched, "10", "9").left_id == "9"


def test_u_is_that_of_the_context(matched) -> None:
    entry = describe_model(matched)
    names = [context.name for context in entry.contexts]
    assert names[0] == STRANGERS
    pair = explain_pair(matched, "3", "4")
    assert pair.context in names
    at = names.index(pair.context)
    levels = {step.comparison: step.level for step in pair.steps}
    assert context_of(entry, levels) == at
    for step, comparison in zip(pair.steps, entry.comparisons, strict=True):
        if step.level != NOT_OBSERVED:
            assert step.u == comparison.levels[step.level].u[at]
            assert step.m == comparison.levels[step.level].m
            is_own = math.log2(step.m / step.u) == pytest.approx(step.bits, abs=0.01)
            assert step.is_pooled is not is_own


def test_the_blocking_rules_that_bring_a_pair_together_are_named(matched) -> None:
    by_phone = {rule.name: rule.n_cards for rule in explain_pair(matched, "3", "4").rules}
    assert by_phone["phone"] == 2
    strangers = explain_pair(matched, "5", "6")
    assert "phone" not in {rule.name for rule in strangers.rules}


def test_every_scored_pair_is_met_by_a_rule(matched) -> None:
    scored = matched.scored
    assert len(scored.left)
    for i, j in zip(scored.left.tolist(), scored.right.tolist(), strict=True):
        assert meeting_rules(matched, i, j)


def test_ids_that_are_not_there_are_told(matched) -> None:
    with pytest.raises(InputError) as told:
        explain_pair(matched, "1", "nobody")
    assert told.value.where == "nobody"
    with pytest.raises(InputError, match="itself"):
        explain_pair(matched, "1", "1")


def test_the_entity_that_has_both_is_taken(matched) -> None:
    companies = matched_of(cards("company").with_columns(record_id="c" + pl.col("record_id")))
    both = (matched, companies)
    assert explain_among(both, ("1", "2")).entity == "contact"
    assert explain_among(both, ("c1", "c2")).entity == "company"
    with pytest.raises(InputError, match="one is a contact"):
        explain_among(both, ("1", "c2"))
    with pytest.raises(InputError, match="no card has this id"):
        explain_among(both, ("1", "2"), "company")
    with pytest.raises(InputError, match="no card has this id"):
        explain_among((), ("1", "2"))
    twice = (matched, matched_of(cards("company")))
    with pytest.raises(InputError, match="both contacts and companies"):
        explain_among(twice, ("1", "2"))
    assert explain_among(twice, ("1", "2"), "company").entity == "company"


def test_of_two_tables_one_card_each_is_taken(matched) -> None:
    twins = matched.records.ids.head(N // 2)
    records = replace(matched.records, ids=pl.concat([twins, twins]), side_end=N // 2)
    linked = replace(matched, records=records)
    pair = explain_pair(linked, "3", "1")  # row 2 of one, row 40 of the other
    assert (pair.left_id, pair.right_id) == ("3", "1")
    assert explain_pair(linked, "1", "1").weight != pair.weight  # equal ids of two tables


def test_the_model_file_gives_back_what_was_written(matched, tmp_path) -> None:
    path = tmp_path / "model.json"
    text = render_model([matched])
    path.write_text(text, encoding="utf-8")
    assert load_model(path) == {"contact": describe_model(matched)}
    assert json.loads(text)["schema"] == "crmclean.model/1"


def test_the_model_file_holds_no_values_of_the_account(matched) -> None:
    text = render_model([matched])
    assert not [word for word in (*SURNAMES, *GIVEN, "+7916") if word in text]


def test_the_files_of_a_scan_explain_every_listed_pair_alike(matched, folder) -> None:
    for row in pairs_frame(matched).rows(named=True):
        ids = (row["left_id"], row["right_id"])
        live, listed = explain_pair(matched, *ids), explain_listed(folder, ids)
        assert explain_listed(folder, ids[::-1]) == listed
        assert isinstance(listed, Waterfall)
        assert sum_of(listed) == pytest.approx(listed.weight, abs=1e-3)
        assert listed.tier == live.tier
        assert listed.context == live.context
        assert listed.rules is None
        for ours, theirs in zip(live.steps, listed.steps, strict=True):
            assert theirs.level == ours.level
            assert (theirs.m, theirs.u, theirs.label) == (ours.m, ours.u, ours.label)
            assert theirs.bits == pytest.approx(ours.bits, abs=1e-5)
            assert theirs.rarity_bits == pytest.approx(ours.rarity_bits, abs=1e-3)
            if ours.comparison == "phone":
                assert theirs.left_values == ours.left_values
        assert replace(live.together, reasons=()) == listed.together


def test_a_pair_that_is_not_listed_is_no_error(folder) -> None:
    pair = explain_listed(folder, ("5", "6"))
    assert isinstance(pair, Unlisted)
    assert (pair.entity, pair.together.is_same) == ("contact", False)


@pytest.mark.parametrize(
    ("ids", "entity", "told"),
    [
        (("5", "nobody"), None, "nobody: no card has this id"),
        (("5", "5"), None, "itself"),
        (("1", "2"), "company", "no card has this id"),
    ],
)
def test_ids_that_the_files_do_not_mention_are_told(folder, ids, entity, told) -> None:
    with pytest.raises(InputError) as error:
        explain_listed(folder, ids, entity)
    assert told in str(error.value)


@pytest.mark.parametrize("name", ["model.json", "pairs.parquet", "clusters.parquet"])
def test_a_missing_file_is_named(matched, tmp_path, name) -> None:
    folder = write_files(matched, tmp_path / "s")
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        explain_listed(folder, ("1", "2"))


@pytest.mark.parametrize("name", ["channels.parquet", "findings.parquet"])
def test_the_other_files_may_be_gone(matched, tmp_path, name) -> None:
    folder = write_files(matched, tmp_path / "s")
    (folder / name).unlink()
    assert isinstance(explain_listed(folder, ("1", "2")), Waterfall)


@pytest.mark.parametrize(
    "name", ["model.json", "pairs.parquet", "clusters.parquet", "channels.parquet"]
)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_cut_short_is_told(matched, tmp_path, name, share) -> None:
    folder = write_files(matched, tmp_path / "s")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match="damaged") as error:
        explain_listed(folder, ("1", "2"))
    assert error.value.where.endswith(name)


@pytest.mark.parametrize("lost", ["g_phone", "w_surname", "tier"])
def test_a_lost_column_is_damage(matched, tmp_path, lost) -> None:
    folder = write_files(matched, tmp_path / "s")
    pairs_frame(matched).drop(lost).write_parquet(folder / "pairs.parquet")
    with pytest.raises(InputError, match="damaged"):
        explain_listed(folder, ("1", "2"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": "crmclean.model/2"}, "later version"),
        ({"schema": "crmclean.scan/1"}, "damaged"),
        ({"schema": "crmclean.model/x"}, "damaged"),
        ({"entities": None}, "damaged"),
        ({"entities": [{}]}, "damaged"),
        ({"entities": []}, "damaged"),
    ],
)
def test_another_model_file_is_told(matched, tmp_path, change, told) -> None:
    folder = write_files(matched, tmp_path / "s")
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps(document | change), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        explain_listed(folder, ("1", "2"))


def test_numbers_that_are_none_are_damage(matched, tmp_path) -> None:
    path = tmp_path / "model.json"
    document = json.loads(render_model([matched]))
    document["entities"][0]["prior_bits"] = math.nan
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        load_model(path)
    document = json.loads(render_model([matched]))
    document["entities"][0]["comparisons"][0]["levels"][0]["u"].append(0.5)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        load_model(path)
