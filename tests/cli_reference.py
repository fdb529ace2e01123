"""The command line's reference, made from its help pages: `make reference`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parent.parent))  # run as a script, it stands in tests/

from cli.main import COMMANDS, crmclean
from cli.words import speak

HEAD = "# Command line\n\nMade from `--help` by `make reference`; a test keeps it current.\n"


def reference() -> str:
    """Return the help pages of the program and of each command, as Markdown."""
    speak("en")
    wide = {"terminal_width": 100, "max_content_width": 100}
    group = click.Context(crmclean, info_name="crmclean", **wide, **crmclean.context_settings)
    pages = [("crmclean", crmclean.get_help(group))]
    for name in COMMANDS:
        command = crmclean.get_command(group, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=group, **wide)
        pages.append((f"crmclean {name}", command.get_help(context)))
    return HEAD + "".join(f"\n## {name}\n\n```text\n{page}\n```\n" for name, page in pages)


if __name__ == "__main__":
    sys.stdout.write(reference())
