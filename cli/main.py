"""The `crmclean` command. Imports click only: an engine import waits for its command."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from cli.options import shared_options
from cli.words import Command, Option, speak
from dedupe.errors import CrmCleanError, StorageError
from dedupe.language import LANGUAGES, N_, choose, tr

COMMANDS = {
    "pull": "cli.commands.pull:pull",
    "scan": "cli.commands.scan:scan",
    "review": "cli.commands.review:review",
    "plan": "cli.commands.plan:plan",
    "show": "cli.commands.show:show",
    "apply": "cli.commands.apply:apply",
    "resume": "cli.commands.resume:resume",
    "undo": "cli.commands.undo:undo",
    "verify": "cli.commands.verify:verify",
    "run": "cli.commands.run:run",
    "approve": "cli.commands.approve:approve",
    "report": "cli.commands.report:report",
    "diff": "cli.commands.diff:diff",
    "runs": "cli.commands.runs:runs",
    "log": "cli.commands.log:log",
    "describe": "cli.commands.describe:describe",
    "sample": "cli.commands.sample:sample",
    "demo": "cli.commands.demo:demo",
    "explain": "cli.commands.explain:explain",
    "schedule": "cli.commands.schedule:schedule",
    "prune": "cli.commands.prune:prune",
    "data": "cli.commands.data:data",
    "init": "cli.commands.init:init",
    "auth": "cli.commands.auth:auth",
    "doctor": "cli.commands.doctor:doctor",
    "sandbox": "cli.commands.sandbox:sandbox",
    "completion": "cli.commands.completion:completion",
}

EXAMPLES = N_(
    "Examples:\n\n"
    "\b\n"
    "  crmclean demo                      see an audit without any data of your own\n"
    "  crmclean scan export/              audit a folder of CSV or XLSX exports\n"
    "  crmclean scan contacts.csv -o out  audit one file, write the report into out/\n"
    "  crmclean explain PHN201            what a check means and what to do about it"
)


class LazyGroup(Command, click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names without importing them, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command `cmd_name`, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; a wrong one is told what it may have been meant for."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx) from error


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=N_(
        "Audit a CRM account: find duplicates and bad data, and repair them without losing a value."
    ),
    epilog=EXAMPLES,
)
@click.version_option(package_name="crmclean", message="crmclean %(version)s", cls=Option)
@shared_options
def crmclean(**options: object) -> None:
    """Take the shared options; commands read them from the context."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its documented code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    speak(_language(arguments))
    _set_streams()
    signal.signal(signal.SIGTERM, _terminated)
    # An account is many small values and few circles of them: looking for these at every 700 new
    # ones takes a twentieth of a scan.
    gc.set_threshold(100_000, 20, 100)
    sys.exit(run(arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; errors become one line on stderr."""
    try:
        code = crmclean.main(list(arguments), prog_name="crmclean", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CrmCleanError as error:
        _say(str(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say(tr(N_("interrupted; nothing was left half-written")))
        return 130
    except BrokenPipeError:
        # The reader of a pipe has gone: nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # keeps the interpreter's last flush silent
        return 0
    except OSError as error:  # what no command had foreseen: a path too long, a disk taken away
        if os.environ.get("CRMCLEAN_DEBUG"):
            raise
        refused = _refused(error)
        _say(str(refused))
        return refused.exit_code
    except MemoryError:
        _say(tr(N_("not enough memory for this account; try a machine with more")))
        return 1
    except Exception as error:  # the one place where a bug of ours meets the user
        if os.environ.get("CRMCLEAN_DEBUG"):
            raise
        _say(
            tr(
                N_(
                    "internal error ({kind}); run again with CRMCLEAN_DEBUG=1 and report what it "
                    "shows"
                ),
                kind=type(error).__name__,
            )
        )
        return 1


def _language(arguments: Sequence[str]) -> str:
    language = choose(arguments, os.environ)
    return language if language in LANGUAGES else choose([], os.environ)


def _refused(error: OSError) -> StorageError:
    path = error.filename if isinstance(error.filename, str) else ""
    return StorageError(
        N_("the system refuses it ({reason})"),
        where=path if len(path) <= 300 else f"{path[:300]}…",
        fix=N_("check its rights and the free space"),
        reason=(error.strerror or type(error).__name__).lower(),
    )


def _say(line: str) -> None:
    click.echo(f"crmclean: {' '.join(line.split())}", err=True)


def _set_streams() -> None:
    # A console of another code page shows a substitute rather than a traceback.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _terminated(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)
