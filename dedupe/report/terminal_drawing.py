"""How parts of a terminal's text are drawn: marked lines, colours, plain ASCII, no broken numbers.

Nothing here prints. The process's environment changes nothing; widths are in cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dedupe.audit.registry import Check
from dedupe.language import tr

NARROWEST = 40
_NO_BREAK = "\u00a0"
_HELD = "\ue000"  # stands for it while rich wraps lines: rich would break there (91 | 699)
_STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
_ASCII = str.maketrans(
    {
        "●": "*",
        "→": "->",
        "▲": "^",
        "▼": "v",
        "₽": "RUB",
        "€": "EUR",
        "₸": "KZT",
        "₴": "UAH",
        "✔": "+",
        "✖": "x",
        "·": "|",
        "—": "-",
        "–": "-",
        "−": "-",
        "─": "-",
        "…": "...",
        "≠": "!=",
        "≥": ">=",
        "≤": "<=",
        "«": '"',
        "»": '"',
        "’": "'",
        "\u00a0": " ",
        "\u202f": " ",
    }
)


def marked_line(mark: str, style: str, label: str, words: str) -> RenderableType:
    """Draw a line that begins with a coloured mark and a label in bold."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    shown = held(words)
    grid.add_row(Text(mark, style=style), Text.assemble((label, "bold"), "  ", shown))
    return grid


def next_line(commands: Sequence[str]) -> list[RenderableType]:
    """Name the commands to run next; nothing where there are none."""
    if not commands:
        return []
    words = Text.assemble((tr("Next:"), "bold"), " ")
    return [words.append(" · ".join(commands), style="cyan")]


def held(words: str) -> str:
    """Return words that rich does not break at a no-break space."""
    return words.replace(_NO_BREAK, _HELD)


def style_of(check: Check) -> str:
    """Return the colour of a check's severity."""
    return _STYLES.get(check.severity, "default")


def drawn_text(parts: Sequence[RenderableType], *, width: int, color: bool, ascii: bool) -> str:
    """Draw `parts`, without a last line feed; the process's environment changes nothing."""
    console = Console(
        file=StringIO(),
        width=max(width, NARROWEST),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        safe_box=ascii,
        _environ={},
    )
    with console.capture() as capture:
        console.print(Group(*parts), crop=False)
    lines = [line.rstrip() for line in capture.get().replace(_HELD, _NO_BREAK).splitlines()]
    drawn = "\n".join(lines).rstrip("\n")
    # A dot between commands would look like one of them; a semicolon can be pasted.
    return drawn.replace(" · ", "; ").translate(_ASCII) if ascii else drawn
