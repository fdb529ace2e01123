"""Two tables linked: SOURCE against FILE, from the command line and from Python."""

from __future__ import annotations

import json

import polars as pl
import pytest

from cli.main import run
from dedupe.crm.tables import TableOptions
from dedupe.match import Assignment, MatchOptions
from dedupe.scan import Against, ScanOptions, open_accounts, scan

GIVEN = "Иван Пётр Олег Анна Мария Ольга Юлия Денис Роман Вера Нина Яков"
SURNAMES = "Зубов Котов Лосев Рыбин Гусев Бобров Жуков Сомов Ершов Волков Орлов Быков"


def person(number: int) -> tuple[str, str]:
    given = GIVEN.split()[number % 12]
    surname = SURNAMES.split()[(number * 5 + number // 12) % 12]
    return f"{surname} {given}", f"+7916{1000000 + 7919 * number}"


def table(numbers, *, header: str, start: int) -> str:
    lines = [f"{start + at};{';'.join(person(n))};{n}" for at, n in enumerate(numbers)]
    return "\n".join([header, *lines]) + "\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRMCLEAN_LANG", "en")
    # 60 of the list are in the CRM, of whom two stand in the list twice; ids overlap.
    listed = [*range(60), *range(100, 120), 3, 4]
    head = "id;{};{};Код"
    files = {
        "list.csv": table(listed, header=head.format("ФИО", "Телефон"), start=1),
        "crm.csv": table(range(90), header=head.format("client", "mobile_no"), start=50),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


OPTIONS = ["--entity", "contact", "--map", "client=name", "--map", "mobile_no=phone"]


def linked(folder, *more: str, capsys) -> tuple[dict, pl.DataFrame, pl.DataFrame]:
    command = ["scan", "list.csv", "--against", "crm.csv", *OPTIONS, "-o", "out", *more]
    assert run([*command, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    frames = [pl.read_parquet(folder / "out" / f"{n}.parquet") for n in ("pairs", "clusters")]
    return document, *frames


def test_a_list_is_linked_with_the_crm(folder, capsys) -> None:
    document, pairs, clusters = linked(folder, capsys=capsys)
    assert document["match"]["against"] == {"linked": 62, "ambiguous": 0, "unlinked": 20}
    assert json.loads((folder / "out" / "summary.json").read_text())["match"] == document["match"]
    # Every pair is of one table's card and the other's; ids that both have are told apart.
    crm_ids = {str(i) if i > 82 else f"crm:{i}" for i in range(50, 140)}
    assert set(pairs["right_id"]) <= crm_ids
    assert set(pairs["left_id"]) <= {str(i) for i in range(1, 83)}
    assert set(clusters.filter("survivor")["record_id"]) <= crm_ids
    sizes = clusters.group_by("cluster_id").agg(pl.len(), pl.col("survivor").sum())
    assert sizes["survivor"].unique().to_list() == [1]
    assert sorted(sizes["len"].unique()) == [2, 3]


def test_checks_are_about_the_list(folder, capsys) -> None:
    document, _, _ = linked(folder, capsys=capsys)
    found = {(c["code"], c["entity"]): c for c in document["checks"]}
    assert document["counts"]["contacts"] == 82
    assert found["DUP101", "contact"]["found"] == 4  # the two that stand twice
    assert found["DUP110", "contact"]["found"] == 62
    assert found["DUP110", "contact"]["base"] == 82
    channels = pl.read_parquet(folder / "out" / "channels.parquet")
    assert set(channels["record_id"]) == {str(i) for i in range(1, 83)}


def test_one_to_one_leaves_the_second_of_two_without_a_counterpart(folder, capsys) -> None:
    document, _, clusters = linked(folder, "--one-to-one", capsys=capsys)
    assert document["match"]["against"]["linked"] == 60
    assert clusters.group_by("cluster_id").len()["len"].unique().to_list() == [2]


def test_results_do_not_depend_on_the_order_of_rows(folder) -> None:
    def frames() -> list[pl.DataFrame]:
        roles = {"client": "name", "mobile_no": "phone"}
        first, second = open_accounts(
            [folder / "list.csv", folder / "crm.csv"], TableOptions(roles=roles)
        )
        options = ScanOptions(match=MatchOptions(assignment=Assignment.MANY_TO_ONE))
        result = scan(first, options, against=Against(account=second, name="crm"))
        return [result.pairs, result.clusters, result.findings]

    want = frames()
    for name in ("list.csv", "crm.csv"):
        header, *lines = (folder / name).read_text(encoding="utf-8").splitlines()
        (folder / name).write_text("\n".join([header, *lines[::-1]]), encoding="utf-8")
    for frame, expected in zip(frames(), want, strict=True):
        assert frame.equals(expected)


def test_a_compared_column_is_evidence(folder, capsys) -> None:
    _, pairs, _ = linked(folder, "--compare", "код", capsys=capsys)
    levels = pairs["g_x_код"]
    assert levels.max() == pairs.filter(pl.col("probability") > 0.9)["g_x_код"].max()
    assert levels.max() > 0


def test_judged_pairs_have_the_last_word(folder, capsys) -> None:
    _, pairs, _ = linked(folder, capsys=capsys)
    best = pairs.sort("weight", descending=True).row(0, named=True)
    judged = f"left_id,right_id,is_match\n{best['left_id']},{best['right_id']},нет\n1,999,1\n"
    (folder / "labels.csv").write_text(judged, encoding="utf-8")
    document, _, clusters = linked(folder, "--labels", "labels.csv", capsys=capsys)
    assert document["match"]["against"]["linked"] == 61
    assert best["left_id"] not in set(clusters["record_id"])
    assert {n["code"]: n["n"] for n in document["notes"]} == {"unknown_labels": 1}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--against", "list.csv"], "can't be linked with itself"),
        (["--against", "absent.csv"], "absent.csv: there is no such file"),
        (["--one-to-one"], "--one-to-one: it is for two tables"),
        (["--many-to-one"], "--many-to-one: it is for two tables"),
        (["--compare", "nope"], "--compare names nope, and no column is called that"),
        (["--compare", "ФИО", "--map", "ФИО=name"], "named by --compare and by --map"),
        (["--labels", "list.csv"], "list.csv: the judged pairs lack the column left_id"),
        (["--against", "empty.csv"], "--against: one of the two tables has no contact"),
        (["--against", "firms.csv"], "--against: one table has contacts, the other companies"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(folder, options, words, capsys) -> None:
    (folder / "empty.csv").write_text("Телефон;ФИО\n", encoding="utf-8")
    (folder / "firms.csv").write_text(
        "Название компании;Тип компании\nРомашка;клиент\n", encoding="utf-8"
    )
    assert run(["scan", "list.csv", *options]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert len(shown.err.strip().splitlines()) == 1
    assert shown.out == ""


def test_pairs_that_reviewers_hold_apart_are_not_linked(folder, capsys) -> None:
    _, pairs, _ = linked(folder, capsys=capsys)
    best = pairs.sort("weight", descending=True).row(0, named=True)
    line = {
        "schema": "crmclean.decisions/1",
        "id": "d-1",
        "at": "2026-11-20T09:00:00+00:00",
        "who": "anna",
        "kind": "different",
        "entity": "contact",
        "ids": [best["right_id"], best["left_id"]],
    }
    path = folder / "decided.jsonl"
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    document, _, clusters = linked(folder, "--decisions", "decided.jsonl", capsys=capsys)
    assert document["match"]["against"]["linked"] == 61
    assert best["left_id"] not in set(clusters["record_id"])


def test_decisions_on_two_cards_of_one_table_part_no_link(folder, capsys) -> None:
    first, second = open_accounts(
        [folder / "list.csv", folder / "crm.csv"],
        TableOptions(roles={"client": "name", "mobile_no": "phone"}),
    )

    def linked_by(apart: list[tuple[str, str, bool, str]]) -> set[str]:
        names = {"left_id": str, "right_id": str, "is_match": bool, "entity": str}
        frame = pl.DataFrame(apart, schema=names, orient="row")
        options = ScanOptions(apart=frame, is_taught=False)
        result = scan(first, options, against=Against(account=second, name="crm"))
        return set(result.clusters["record_id"])

    # 3 of the list and 52 of the CRM are one; 52 of the list is another card.
    assert "3" in linked_by([("3", "52", False, "contact"), ("1", "2", False, "contact")])
    assert "3" not in linked_by([("3", "crm:52", False, "contact")])
