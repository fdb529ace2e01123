"""The Russian catalogue is complete, fits the code and is compiled; and its tool works."""

from __future__ import annotations

import ast
import gettext
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from click.testing import CliRunner

from dedupe.language import DOMAIN, LOCALE_DIR
from dedupe.locale.click_messages import MESSAGES, PLURALS
from tests import catalogue

pytestmark = pytest.mark.xdist_group("catalogue")


@pytest.fixture(autouse=True, scope="module")
def read_once() -> Iterator[None]:
    """Read the code once for all tests: it takes seconds, and no test changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "extracted", cache(catalogue.extracted))
        yield


def test_the_catalogue_is_complete() -> None:
    found = list(catalogue.problems())
    assert found == [], "run `make messages` and translate what it shows"


def test_the_files_hold_no_dates_and_no_places_of_a_machine() -> None:
    text = catalogue.PO.read_text(encoding="utf-8")
    places = [line for line in text.splitlines() if line.startswith("#:")]
    assert "Date" not in text.split("\n\n")[0]
    assert places
    assert not [line for line in places if ":" in line[2:] or " /" in line]


def test_an_update_that_finds_nothing_new_changes_no_byte() -> None:
    again = catalogue.merged(catalogue.extracted(), catalogue.read_catalogue())
    assert catalogue.po_bytes(again) == catalogue.PO.read_bytes()
    assert catalogue.mo_bytes(again) == catalogue.MO.read_bytes()


def test_every_python_text_that_is_shown_is_a_literal() -> None:
    """A text made at run time, `tr(f"...")`, would never be found in the catalogue."""
    paths = [path for room in ("dedupe", "cli") for path in (catalogue.ROOT / room).rglob("*.py")]
    wrong = []
    for path in sorted(paths):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in catalogue.MARKERS:
                wrong += [path.name for arg in node.args if isinstance(arg, ast.JoinedStr)]
    assert wrong == []


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the tool work on a copy of the catalogue, and return the copy's .po file."""
    for name in ("PO", "MO"):
        path = tmp_path / getattr(catalogue, name).name
        path.write_bytes(getattr(catalogue, name).read_bytes())
        monkeypatch.setattr(catalogue, name, path)
    return catalogue.PO


def test_check_tells_a_missing_an_obsolete_a_fuzzy_and_a_stale_text(copied, capsys) -> None:
    text = copied.read_text(encoding="utf-8")
    text = text.replace('msgid "Nothing found"', 'msgid "Nothing was found"')
    text = text.replace('msgid "Definitions"', '#, fuzzy\nmsgid "Definitions"')
    copied.write_text(text, encoding="utf-8")
    assert catalogue.main(["check"]) == 1
    shown = capsys.readouterr().out
    assert "not in the catalogue: 'Nothing found'" in shown
    assert "obsolete: 'Nothing was found'" in shown
    assert "fuzzy: 'Definitions'" in shown
    assert "stale: crmclean.mo" in shown


def test_update_mends_all_but_the_translation(copied, capsys) -> None:
    text = copied.read_text(encoding="utf-8")
    copied.write_text(text.replace('msgid "Nothing found"', 'msgid "Gone"'), encoding="utf-8")
    assert catalogue.main(["update"]) == 0
    assert "not translated: 'Nothing found'" in capsys.readouterr().out.splitlines()
    assert catalogue.main(["check"]) == 1
    assert "Gone" not in copied.read_text(encoding="utf-8")


def test_another_command_is_a_usage_error(capsys) -> None:
    assert catalogue.main([]) == 2
    assert "update|check" in capsys.readouterr().err


CODE = b"""
tr("plain"), N_("joined " "up"), trn("{n} a", "{n} b", n), NN_("x", "y")
f"inside {tr('a field')}"
tr(name), other("not ours"), language.tr("by attribute")
"""


def test_texts_are_found_wherever_they_are_marked() -> None:
    assert set(catalogue.python_texts(CODE)) == {
        "plain",
        "joined up",
        ("{n} a", "{n} b"),
        ("x", "y"),
        "a field",
        "by attribute",
    }
    template = b'{{ tr("in a page") }}{% if x %}{{ trn("{n} one", "{n} many", n) }}{% endif %}'
    assert set(catalogue.template_texts(template)) == {"in a page", ("{n} one", "{n} many")}


def test_an_update_keeps_translations_and_drops_what_is_gone() -> None:
    old = Catalog(locale="ru")
    old.add("kept", "оставлено")
    old.add("gone", "ушло")
    old.add("{n} card", "одна")
    new = catalogue.merged(
        {"kept": ["a.py"], "new": ["a.py"], ("{n} card", "{n} cards"): ["a.py"]}, old
    )
    texts = {message.id: message.string for message in new if message.id}
    assert texts["kept"] == "оставлено"
    assert texts["new"] == ""
    assert "gone" not in texts
    assert not any(texts["{n} card", "{n} cards"])  # a text that became a plural is translated anew


@pytest.mark.parametrize(
    ("text", "translation", "is_sound"),
    [
        ("{a} of {b}", "{b}, из них {a}", True),
        ("{a} of {b}", "{a}", False),
        ("{a}", "{c}", False),
        ("{a!r}", "{a}", False),
        ("{a:.1f}", "{a:.1f}", True),
        ("%(prog)s", "%(prog)s!", True),
        ("%(prog)s", "программа", False),
        ("a", "{", False),
        (("{n} card", "{n} cards"), ("{n} к", "{n} к", "{n} к"), True),
        (("{n} card", "{n} cards"), ("{n} к", "к", "{n} к"), False),
        (("one card", "{n} cards"), ("{n} к", "{n} к", "{n} к"), True),
        (("{a} x", "{a} y"), ("{a}", "{a}", ""), False),
    ],
)
def test_a_translation_has_the_fields_of_its_text(text, translation, is_sound) -> None:
    one = Catalog(locale="ru")
    one.add(text, translation)
    [message] = [message for message in one if message.id]
    assert (list(catalogue._faults(message)) == []) is is_sound


def click_texts() -> set[object]:
    keywords = {"_": None, "ngettext": (1, 2)}
    found: set[object] = {"required"}  # click translates it from a variable
    for path in Path(str(click.__file__)).parent.glob("*.py"):
        source = io.BytesIO(path.read_bytes())
        found |= {text for _, text, _, _ in extract("python", source, keywords)}
    return found


def test_clicks_messages_are_those_of_the_installed_click() -> None:
    assert {*MESSAGES, *PLURALS} - click_texts() == set()


def test_click_speaks_russian_from_our_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gettext.textdomain()
    monkeypatch.setenv("LANGUAGE", "ru")
    gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    gettext.textdomain(DOMAIN)

    @click.command()
    @click.argument("place")
    @click.option("--size", type=click.IntRange(1, 9))
    def command(place: str, size: int) -> None: ...

    try:
        runner = CliRunner()
        assert "Использование:" in runner.invoke(command, ["--help"]).output
        assert "Не указан аргумент 'PLACE'." in runner.invoke(command, []).output
        assert "Нет параметра '--sise'. Возможно, '--size'?" in (
            runner.invoke(command, ["x", "--sise", "1"]).output
        )
        assert "Значение 10 вне диапазона" in runner.invoke(command, ["x", "--size", "10"]).output
    finally:
        gettext.textdomain(before)
