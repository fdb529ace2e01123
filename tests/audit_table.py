"""docs/audit.md, the table of all that an audit tells: `make audit-table`.

From tests/audit_rows.csv (a row of the source documents, its codes, and a state where the codes do
not tell it), the registry of checks, and the tests that name a code.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # run as a script, it stands in tests/

from dedupe.audit import CHECKS
from dedupe.audit.manual import LINES
from dedupe.audit.registry import Check
from dedupe.plan.others import TASKS

TESTS = Path(__file__).parent
ROWS = TESTS / "audit_rows.csv"
PLACES = ("unit/audit", "integration")  # where checks are tested
CODE = re.compile(r"\b[A-Z]{3,8}\d{3}\b")
MANUAL = {line.code: line for line in LINES}
DOCUMENTS = {"S1": "Audit of an amoCRM account", "S2": "Setup of amoCRM", "S3": "Call lists"}
STATES = {
    "computed": "counted from the data; shown in reports",
    "work list": "counted; the records are a list of work for people",
    "repaired by the plan": "counted; a plan repairs what is certain, after a look where it is not",
    "manual line": "no data can tell it all: a person looks, and ticks it off in the config",
    "report": "a part of the reports",
    "command": "a command of its own",
    "another work": "not in this version; the note says what it belongs to",
}
HEAD = """# The audit, row by row

Every statement of the three source documents, and where it is in crmclean. Made by
`make audit-table` from the registry and the tests; a test keeps it current. What a code means:
`crmclean explain CODE`.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One statement of a source document, and what answers it."""

    row: str
    statement: str
    codes: tuple[str, ...]
    state: str
    note: str


@cache
def rows() -> tuple[Row, ...]:
    """Read the rows; a state that is not told follows from the checks."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return tuple(_row(told) for told in csv.DictReader(file))


@cache
def where_tested() -> Mapping[str, tuple[str, ...]]:
    """Return the tests that name a code, as "file::test", those whose name says most first."""
    found: dict[str, list[str]] = defaultdict(list)
    for place in PLACES:
        for path in sorted((TESTS / place).rglob("test_*.py")):
            for code, name in _named(path):
                found[code].append(name)
    # A function says more than a file.
    return {
        code: tuple(sorted(dict.fromkeys(names), key=lambda name: "::" not in name))
        for code, names in found.items()
    }


def table() -> str:
    """Return docs/audit.md."""
    parts = [HEAD, "| State | Meaning | Rows |\n| --- | --- | ---: |\n"]
    counted = {state: sum(row.state == state for row in rows()) for state in STATES}
    parts += [f"| {state} | {STATES[state]} | {n} |\n" for state, n in counted.items()]
    for document, title in DOCUMENTS.items():
        own = [row for row in rows() if row.row.startswith(f"{document}.")]
        parts.append(f"\n## {document}. {title} ({len(own)} rows)\n\n")
        parts.append("| Row | Statement | Codes | State | Test | Note |\n")
        parts.append("| --- | --- | --- | --- | --- | --- |\n")
        parts += [_line(row) for row in own]
    named = {code for row in rows() for code in row.codes}
    more = sorted(set(CHECKS) - named)
    parts.append(f"\n## Further checks ({len(more)})\n\n")
    parts.append("| Code | Check | State | Test |\n| --- | --- | --- | --- |\n")
    parts += [
        f"| {code} | {_cell(CHECKS[code].title)} | {state_of([code])} | {_tests([code])} |\n"
        for code in more
    ]
    return "".join(parts)


def state_of(codes: Sequence[str]) -> str:
    """Return the state that checks stand for: what can be done most about any of them."""
    checks = [CHECKS[code] for code in codes if code in CHECKS]
    if any(is_planned(check) for check in checks):
        return "repaired by the plan"
    if any(check.repair in ("list", "review") for check in checks):
        return "work list"
    return "computed" if checks else "manual line"


def is_planned(check: Check) -> bool:
    """Tell whether a plan repairs findings of `check`: tasks are made for one check alone."""
    return bool(check.plan) and (check.plan != "task" or check.code in TASKS)


def _row(told: Mapping[str, str]) -> Row:
    codes = tuple(told["codes"].split())
    return Row(
        row=told["row"],
        statement=told["statement"],
        codes=codes,
        state=told["state"] or state_of(codes),
        note=told["note"],
    )


def _line(row: Row) -> str:
    missing = [code for code in row.codes if code not in CHECKS and code not in MANUAL]
    note = "; ".join(filter(None, (f"MISSING: {', '.join(missing)}" if missing else "", row.note)))
    codes = ", ".join(row.codes)
    statement = _cell(row.statement)
    return f"| {row.row} | {statement} | {codes} | {row.state} | {_tests(row.codes)} | {note} |\n"


def _tests(codes: Sequence[str]) -> str:
    found = (where_tested().get(code, ()) for code in codes)
    return "<br>".join(dict.fromkeys(f"`{names[0]}`" for names in found if names))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _named(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the codes of a file with the tests that name them, then those of the file itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shown = path.relative_to(TESTS.parent).as_posix()
    whole = set(_codes(tree))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for code in _codes(node):
                yield code, f"{shown}::{node.name}"
    # A code that a table or a helper of the file names, its tests read from there.
    for code in sorted(whole):
        yield code, shown


def _codes(node: ast.AST) -> Iterator[str]:
    texts = (
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )
    yield from dict.fromkeys(code for text in texts for code in CODE.findall(text))


if __name__ == "__main__":
    (TESTS.parent / "docs" / "audit.md").write_text(table(), encoding="utf-8")
