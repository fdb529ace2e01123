"""The options that every command shares, and the session they make.

They may stand before the command or after it; after it wins.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from cli.words import Option, speak
from dedupe.errors import ConfigError
from dedupe.language import LANGUAGES, N_

if TYPE_CHECKING:
    from dedupe.config import Config
    from dedupe.events import Listener

F = TypeVar("F", bound=Callable[..., Any])
SHARED = ("config", "profile", "state", "lang", "output_format", "quiet", "verbose", "no_input")
FOLDER = click.Path(path_type=Path)


def shared_options(command: F) -> F:
    """Add the shared options to a click command or group."""
    options = (
        click.option(
            "--config", type=FOLDER, cls=Option, metavar="FILE", help=N_("The config file to read.")
        ),
        click.option(
            "-p", "--profile", cls=Option, metavar="NAME", help=N_("The account of the config.")
        ),
        click.option(
            "--state",
            type=FOLDER,
            cls=Option,
            metavar="DIR",
            help=N_("Where scans and runs are kept (also $CRMCLEAN_STATE)."),
        ),
        click.option(
            "--lang",
            type=click.Choice(LANGUAGES),
            cls=Option,
            help=N_("The language of everything shown; codes and keys stay English."),
        ),
        click.option(
            "--format",
            "output_format",
            type=click.Choice(["text", "json"]),
            default="text",
            cls=Option,
            help=N_("text for people, json for programs: one document on stdout."),
        ),
        click.option(
            "-q", "--quiet", is_flag=True, cls=Option, help=N_("Only results and errors.")
        ),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            cls=Option,
            help=N_("A line for every stage; hints, too."),
        ),
        click.option("--no-input", is_flag=True, cls=Option, help=N_("Never ask; fail instead.")),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the shared options say, settled once for a command."""

    config_path: Path | None
    profile: str | None
    state_option: Path | None
    is_json: bool
    quiet: bool
    verbose: bool
    no_input: bool
    lang: str | None = None

    def config(self) -> Config:
        """Read the config file in force, and speak its language unless told another.

        Raises ConfigError.
        """
        from dedupe.config import find_config, load_config

        config = load_config(find_config(self.config_path, os.environ, Path.cwd()))
        if config.lang and not self.lang and not os.environ.get("CRMCLEAN_LANG"):
            speak(config.lang)
        return config

    def state(self) -> Path:
        """Return the state folder: --state, $CRMCLEAN_STATE, else the user's own."""
        named = self.state_option or os.environ.get("CRMCLEAN_STATE")
        if named:
            return Path(named)
        import platformdirs

        try:
            return Path(platformdirs.user_state_dir("crmclean"))
        except RuntimeError as error:  # cron may have neither $HOME nor a user of its own
            raise ConfigError(
                N_("there is no home folder to keep state in"),
                where="--state",
                fix=N_("name a folder with --state or $CRMCLEAN_STATE"),
            ) from error

    def say(self, text: str) -> None:
        """Write a line for the reader to stderr, unless quiet."""
        if not self.quiet:
            click.echo(text, err=True)

    def progress(self) -> Listener:
        """Return a listener that shows progress on stderr as fits the terminal."""
        from cli.progress import listener

        return listener(quiet=self.quiet, verbose=self.verbose)


def with_session(function: Callable[..., None]) -> Callable[..., None]:
    """Hand a command its Session in place of the eight shared options."""

    @functools.wraps(function)
    def wrapper(*args: object, **options: Any) -> None:  # noqa: ANN401  click's own values
        ctx = click.get_current_context()
        given = {name: options.pop(name) for name in SHARED}
        for name in SHARED:
            if ctx.get_parameter_source(name) is ParameterSource.DEFAULT:
                given[name] = _told_above(ctx, name) or given[name]
        session = Session(
            config_path=given["config"],
            profile=given["profile"],
            state_option=given["state"],
            is_json=given["output_format"] == "json",
            quiet=given["quiet"],
            verbose=given["verbose"],
            no_input=given["no_input"],
            lang=given["lang"],
        )
        function(*args, session=session, **options)

    return cast("Callable[..., None]", shared_options(wrapper))


def _told_above(ctx: click.Context, name: str) -> object:
    """Return what a group before the command was told; the nearest one wins."""
    above = ctx.parent
    while above is not None:
        if above.get_parameter_source(name) not in (None, ParameterSource.DEFAULT):
            return above.params.get(name)
        above = above.parent
    return None


def width() -> int:
    """Return how many cells wide stdout is; 100 where it is no terminal."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100


def has_color() -> bool:
    """Tell whether stdout takes colour: a terminal that did not decline it."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty() or os.environ.get("CLICOLOR_FORCE", "0") != "0"


def is_ascii() -> bool:
    """Tell whether stdout can't carry the marks and lines of the tables."""
    try:
        "●─✔·».".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
