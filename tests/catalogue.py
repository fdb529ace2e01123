"""The tool of the two-language catalogue, and the checks that its test runs.

    python tests/catalogue.py update   take new texts from the code, drop old ones, compile
    python tests/catalogue.py check    say what is missing, differs or is stale; exit 1 if any

A text's id is its English wording in the code, marked with N_, NN_, tr or trn. Files
hold no dates and no line numbers, so that a change of code that changes no text
changes no catalogue.
"""

from __future__ import annotations

import ast
import gettext
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "dedupe/locale/ru/LC_MESSAGES/crmclean.po"
MO = PO.with_suffix(".mo")
# How many arguments of a marker are texts: one, or the two forms of a plural.
MARKERS = {"N_": 1, "tr": 1, "NN_": 2, "trn": 2}
PERCENT = re.compile(r"%\([a-z_]+\)[a-z]")
Key = str | tuple[str, ...]


class StableCatalog(Catalog):
    """A catalogue whose header says nothing that changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "crmclean"),
            ("Language", "ru"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def extracted(root: Path = ROOT) -> dict[Key, list[str]]:
    """Return every marked text of the code with the files it is in."""
    texts: dict[Key, set[str]] = {}
    for folder in ("dedupe", "cli"):
        for path in sorted((root / folder).rglob("*")):
            found = {".py": python_texts, ".j2": template_texts}.get(path.suffix)
            for text in found(path.read_bytes()) if found else ():
                texts.setdefault(text, set()).add(path.relative_to(root).as_posix())
    return {text: sorted(files) for text, files in texts.items() if text}


def python_texts(code: bytes) -> Iterator[Key]:
    """Yield the marked texts of a module, those inside f-strings too (babel misses them)."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            n = MARKERS.get(name, 0)
            args = [arg.value for arg in node.args[:n] if isinstance(arg, ast.Constant)]
            if n and len(args) == n and all(isinstance(arg, str) for arg in args):
                yield args[0] if n == 1 else tuple(args)


def template_texts(code: bytes) -> Iterator[Key]:
    """Yield the marked texts of a template."""
    keywords = {name: None if n == 1 else (1, 2) for name, n in MARKERS.items()}
    for _, text, _, _ in extract("jinja2.ext:babel_extract", io.BytesIO(code), keywords):
        yield text


def read_catalogue() -> Catalog:
    """Read the .po file; an absent one is empty."""
    if not PO.exists():
        return Catalog(locale="ru")
    with PO.open("rb") as file:
        return read_po(file, locale="ru")


def merged(texts: dict[Key, list[str]], old: Catalog) -> Catalog:
    """Return a catalogue of exactly `texts`, with the translations that `old` has."""
    new = StableCatalog(locale="ru", header_comment="# The Russian texts of crmclean.", fuzzy=False)
    for text in sorted(texts, key=lambda text: (text,) if isinstance(text, str) else text):
        known = old.get(text[0] if isinstance(text, tuple) else text)
        fits = known is not None and known.pluralizable == isinstance(text, tuple)
        string = known.string if known is not None and fits else ""
        new.add(text, string, locations=[(file, 0) for file in texts[text]])
    return new


def po_bytes(catalogue: Catalog) -> bytes:
    """Return the text of the .po file."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, sort_by_file=False, include_lineno=False)
    return out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Return the compiled catalogue."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def problems() -> Iterator[str]:
    """Say all that is wrong with the catalogue: nothing, when it is complete."""
    texts, catalogue = extracted(), read_catalogue()
    translated = {message.id: message for message in catalogue if message.id}
    for text in texts:
        if text not in translated:
            yield f"not in the catalogue: {text!r} ({', '.join(texts[text])})"
    for text in [*translated, *(message.id for message in catalogue.obsolete.values())]:
        if text not in texts:
            yield f"obsolete: {text!r}"
    for message in translated.values():
        yield from _faults(message)
    if not MO.exists() or _compiled(MO.read_bytes()) != _compiled(mo_bytes(catalogue)):
        yield f"stale: {MO.name}"


def update() -> None:
    """Bring the .po and .mo files up to date with the code."""
    catalogue = merged(extracted(), read_catalogue())
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(po_bytes(catalogue))
    MO.write_bytes(mo_bytes(catalogue))


def placeholders(text: str) -> set[str]:
    """Return the `{fields}` and `%(fields)s` of a text, with their conversions."""
    fields = {
        f"{{{name}!{conversion or ''}:{spec}}}"
        for _, name, spec, conversion in Formatter().parse(text)
        if name is not None
    }
    return fields | set(PERCENT.findall(text))


def _faults(message: Message) -> Iterator[str]:
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    if not all(forms):
        yield f"not translated: {message.id!r}"
    elif message.fuzzy:
        yield f"fuzzy: {message.id!r}"
    else:
        yield from _field_faults(message, forms)


def _field_faults(message: Message, forms: Iterable[str]) -> Iterator[str]:
    """Compare fields; of a plural, a form may leave out what one of the English forms does."""
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    english = [placeholders(text) for text in ids]
    for form in forms:
        try:
            fields = placeholders(form)
        except ValueError as error:
            yield f"{error}: {form!r}"
            continue
        if not (set.intersection(*english) <= fields <= set.union(*english)):
            yield f"other fields than in {message.id!r}: {form!r}"


def _compiled(mo: bytes) -> dict[object, str]:
    catalogue = gettext.GNUTranslations(io.BytesIO(mo))._catalog  # type: ignore[attr-defined]
    return {key: text for key, text in catalogue.items() if key}


def main(argv: list[str]) -> int:
    """Run `update` or `check`; `update` also shows what is left to translate."""
    if argv not in (["update"], ["check"]):
        sys.stderr.write("usage: python tests/catalogue.py update|check\n")
        return 2
    if argv == ["update"]:
        update()
    found = list(problems())
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    return 1 if found and argv == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
