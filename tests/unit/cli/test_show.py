"""`crmclean show`: a diff for people, a document for programs, masks unless asked."""

from __future__ import annotations

import json

import pytest

from cli.main import run
from dedupe.plan import Ref, read_plan, write_plan
from dedupe.plan.ops import FieldChange, Item, PatchCard, ValuesChange
from dedupe.plan.plan import Group, Header, Phase, Plan, PlanOp, group_effect, group_undo

CARD = Ref("contact", "101")


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    old, new = Item("8 916 123-45-67, +79035550011", "WORK"), Item("+79161234567", "WORK")
    op = PatchCard(
        record=CARD,
        changes=(
            ValuesChange(field="PHONE", old=(old,), new=(new, Item("+79035550011", "WORK"))),
            FieldChange(field="701", before=None, after="Лукоморье"),
        ),
    )
    groups = tuple(
        Group(id=f"g-{n:06d}", kind="split", entity="contact", code="PHN201",
              records=(Ref("contact", str(100 + n)),), effect=group_effect([op]),
              undo=group_undo([op]))
        for n in range(1, 6)
    )  # fmt: skip
    ops = tuple(
        PlanOp(id=f"{g.id}/01", seq=1, phase=Phase.COPY,
               op=PatchCard(record=g.records[0], changes=op.changes))
        for g in groups
    )  # fmt: skip
    header = Header(crm="amocrm", account_id="1", account_host="demo.amocrm.ru", tool="t",
                    tool_min="t", field_names={"contact.701": "Город"})  # fmt: skip
    file = tmp_path / "state" / "plans" / "plan.jsonl"
    write_plan(Plan(header=header, groups=groups, ops=ops), file)
    return file


def test_a_diff_names_fields_and_masks_values(path, capsys) -> None:
    assert run(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "Город" in shown
    assert "demo.amocrm.ru" in shown
    assert "6123-45-67" not in shown
    assert "Лукоморье" not in shown
    assert "2 more groups" in shown
    assert "g-000005" not in shown


def test_records_and_values_on_request(path, capsys) -> None:
    assert run(["show", str(path), "--records", "--show-values"]) == 0
    shown = capsys.readouterr().out
    assert "g-000005" in shown
    assert "8 916 123-45-67, +79035550011" in shown
    assert "Лукоморье" in shown


def test_the_document_has_records_on_request_and_masks_them(path, capsys) -> None:
    assert run(["show", str(path), "--format", "json", "--records"]) == 0
    text = capsys.readouterr().out
    document = json.loads(text)
    assert document["schema"] == "crmclean.plan/1"
    assert document["plan_hash"] == read_plan(path).hash
    assert len(document["records"]) == 5
    assert "Лукоморье" not in text
    assert "+79161234567" not in text
    assert run(["show", str(path), "--format", "json", "--records", "--show-values"]) == 0
    assert "+79161234567" in capsys.readouterr().out


def test_a_plan_is_shown_by_its_short_name(path, capsys) -> None:
    assert run(["show", read_plan(path).short, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"] == str(path)


def test_russian_readers_get_the_same_facts(path, capsys) -> None:
    assert run(["show", str(path), "--lang", "ru"]) == 0
    assert "demo.amocrm.ru" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nowhere.jsonl", "p-00000000", "p-7f3a9c1", "x" * 5000])
def test_what_is_no_plan_is_one_line(path, name, capsys) -> None:
    assert run(["show", name]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1


def test_an_altered_plan_is_not_shown(path, capsys) -> None:
    path.write_bytes(path.read_bytes().replace(b"+79161234567", b"+79161234568", 1))
    assert run(["show", str(path)]) == 2
    assert "hash differs" in capsys.readouterr().err
