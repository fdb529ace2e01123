"""`crmclean completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cli.options import Session, with_session
from cli.words import Command
from dedupe.language import N_


@click.command(
    cls=Command,
    help=N_("Print the completion script of SHELL."),
    short_help=N_("Completion for bash, zsh and fish."),
    epilog=N_(
        "Examples:\n\n\b\n"
        '  eval "$(crmclean completion bash)"      in ~/.bashrc\n'
        "  crmclean completion fish > ~/.config/fish/completions/crmclean.fish"
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@with_session
def completion(session: Session, shell: str) -> None:
    """Print click's own script for `shell`."""
    kind = get_completion_class(shell)
    assert kind is not None  # the choices are click's own shells
    root = click.get_current_context().find_root().command
    click.echo(kind(root, {}, "crmclean", "_CRMCLEAN_COMPLETE").source())
