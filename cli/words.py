"""Click's classes, showing help in the reader's language.

Help texts are English msgids in the code; they are translated when they are shown,
so one process can show both languages and importing a command translates nothing.
Click's own words come from the same catalogue through the standard library's gettext.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from dedupe.language import DOMAIN, LOCALE_DIR, tr, use


def speak(language: str) -> None:
    """Show everything in `language` from now on: our words and click's."""
    use(language)
    gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    gettext.textdomain(DOMAIN)
    # gettext.gettext, which click calls, takes its language from the environment alone.
    os.environ["LANGUAGE"] = language


class Option(click.Option):
    """An option whose help is translated when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the names and the translated help."""
        with _translated(self, "help"):
            return super().get_help_record(ctx)


class Command(click.Command):
    """A command whose help and examples are translated when they are shown."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the whole help page."""
        with _translated(self, "help", "epilog"):
            super().format_help(ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the line for the list of commands."""
        with _translated(self, "short_help", "help"):
            return super().get_short_help_str(limit)


@contextmanager
def _translated(holder: object, *names: str) -> Iterator[None]:
    originals = {name: getattr(holder, name, None) for name in names}
    for name, text in originals.items():
        if text:
            setattr(holder, name, tr(text))
    try:
        yield
    finally:
        for name, text in originals.items():
            setattr(holder, name, text)
