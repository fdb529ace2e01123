"""`crmclean explain ID ID`: by the newest scan, by a named one, by the account itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main

NAMES = "Анна Борис Вера Глеб Дарья Егор Зоя Игорь Кира Лев"
SURNAMES = "Абрамов Белов Волков Громов Дроздов Ершов Жуков Зайцев Ильин Котов"
COLUMNS = "id;last_name;first_name;mobile_no;badge"


def people() -> str:
    rows = [COLUMNS]
    for k, surname in enumerate(SURNAMES.split() * 4):
        name = NAMES.split()[(k // 10 + 3 * k) % 10]
        rows.append(f"{100 + k};{surname};{name};+7916555{k * 7919 % 10_000:04};Z{k}")
    rows.append("900;Абрамов;Анна;8 916 555-00-00;Z0")  # card 100 once more
    rows.append("901;Белов;Егор;;")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, its scan in the state folder, and nothing else."""
    place = tmp_path_factory.mktemp("explain")
    (place / "people.csv").write_text(people(), encoding="utf-8")
    told = ("--entity", "contact", "--map", "mobile_no=phone", "--state", str(place / "state"))
    with pytest.raises(SystemExit) as ended:
        main(["scan", str(place / "people.csv"), *told, "-q", "--lang", "en"])
    assert ended.value.code == 0
    return place


@pytest.fixture
def explain(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(place)
    monkeypatch.delenv("CRMCLEAN_STATE", raising=False)

    def run(*args: str, lang: str = "en") -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["explain", *args, "--state", str(place / "state"), "--lang", lang])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    return run


def test_a_pair_is_explained_by_the_newest_scan(explain) -> None:
    code, out, err = explain("100", "900")
    assert code == 0
    assert "Contacts 100 and 900" in out.splitlines()[0]
    assert "one shared" in out
    assert "+79165550000" in out
    assert out.splitlines()[-1] == "Next: crmclean explain DUP110"
    assert "s-20" in err  # which scan it was


def test_a_named_scan_gives_the_same(explain, place) -> None:
    (folder,) = (place / "state" / "scans").glob("s-*")
    assert explain("100", "900", "--scan", str(folder))[1] == explain("900", "100")[1]


def test_programs_get_one_document_without_values(explain) -> None:
    code, out, _ = explain("100", "900", "--format", "json")
    document = json.loads(out)
    assert (code, document["schema"]) == (0, "crmclean.explain/1")
    assert (document["left_id"], document["right_id"]) == ("100", "900")
    by_name = {step["comparison"]: step for step in document["steps"]}
    assert by_name["phone"]["label"] == "one shared"
    parts = document["prior_bits"] + sum(s["bits"] + s["rarity_bits"] for s in by_name.values())
    assert parts == pytest.approx(document["weight"], abs=1e-3)
    assert "7916" not in out
    with_values = json.loads(explain("100", "900", "--format", "json", "--show-values")[1])
    phone = next(s for s in with_values["steps"] if s["comparison"] == "phone")
    assert phone["left_values"] == phone["right_values"] == ["+79165550000"]


def test_a_pair_below_one_percent_is_told_and_leads_to_the_account(explain) -> None:
    code, out, _ = explain("101", "102")
    assert code == 0
    assert "does not list this pair" in out
    assert out.splitlines()[-1] == "Next: crmclean explain 101 102 --source PATH"
    document = json.loads(explain("101", "102", "--format", "json")[1])
    assert document["is_listed"] is False
    assert document["steps"] == []


def test_the_account_explains_any_pair(explain) -> None:
    told = ("--source", "people.csv", "--entity", "contact", "--map", "mobile_no=phone")
    code, out, _ = explain("101", "102", *told)
    assert code == 0
    assert "Contacts 101 and 102" in out
    assert "none shared" in out
    listed = json.loads(explain("100", "900", "--format", "json")[1])
    anew = json.loads(explain("100", "900", "--format", "json", *told)[1])
    assert anew["weight"] == pytest.approx(listed["weight"], abs=1e-3)
    assert anew["tier"] == listed["tier"]
    assert anew["rules"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("100", "77"), "77: no card has this id"),
        (("100", "100"), "itself"),
        (("100",), "crmclean explain ID ID"),
        (("1", "2", "3"), "two ids are meant"),
        (("DUP101", "2"), "DUP101: a check is explained by itself"),
        (("100", "900", "--scan", "none"), "none: there is no such folder"),
        (("100", "900", "--scan", "."), "model.json"),
        (("100", "900", "--source", "none.csv"), "none.csv"),
        (("100", "900", "--source", "people.csv", "--scan", "."), "--scan and --source"),
        (("100", "77", "--source", "people.csv", "--entity", "contact"), "77: no card"),
        (("100", "900", "--source", "people.csv", "--map", "phone"), "COLUMN=ROLE"),
        (("100", "900", "--entity", "company"), "no card has this id"),
    ],
)
def test_what_cannot_be_explained_is_one_line(explain, args, told) -> None:
    code, out, err = explain(*args)
    assert code == 2
    assert out == ""
    assert told in err


def test_no_scan_yet_is_told(tmp_path, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explain", "1", "2", "--state", str(tmp_path), "--lang", "en"])
    assert ended.value.code == 2
    assert "there is no scan yet" in capsys.readouterr().err


def test_a_check_is_still_explained_by_its_code(explain) -> None:
    assert "DUP101" in explain("dup101")[1]
    assert "Дубл" in explain("DUP110", lang="ru")[1] or "дубл" in explain("DUP110", lang="ru")[1]
    assert "PHN201" in explain()[1]
