r"""A crontab line: quoted for the shell, and its % for cron, which would end the command there."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from dedupe.errors import InputError
from dedupe.language import N_, tr

from .job import Job
from .when import When

_LONGEST = 990  # Debian's cron cuts lines of 1,000 characters off


def crontab(job: Job, when: When) -> str:
    """Return the lines to paste into a crontab. Raises InputError for one that is too long."""
    line = f"{when.cron} {cron_command(job.words())}"
    if len(line.encode()) > _LONGEST:
        raise InputError(
            N_("the line is too long for a crontab"),
            where=str(job.config_path)[:200],
            fix=N_("use shorter paths, or --systemd"),
        )
    return "\n".join([*_comments(job, when), *_variables(when), line])


def cron_command(words: list[str]) -> str:
    r"""Return the words as the command field holds them.

    >>> cron_command(["/opt/my tool/crmclean", "run", "ночь", "--config", "/a/100%.toml"])
    "'/opt/my tool/crmclean' run 'ночь' --config /a/100\\%.toml"
    """
    return shlex.join(words).replace("%", r"\%")


def _variables(when: When) -> Iterator[str]:
    yield "SHELL=/bin/sh"
    if when.zone:
        yield f"CRON_TZ={when.zone}"


def _comments(job: Job, when: When) -> Iterator[str]:
    name = job.policy.name
    yield "# " + tr(N_("crmclean: the policy {policy}; no secret is in these lines"), policy=name)
    yield "# " + tr(
        N_("Cron mails what is printed: errors, and what has changed; nothing else is printed.")
    )
    yield "# MAILTO=you@example.org"
    if when.zone:
        yield "# " + tr(
            N_(
                "CRON_TZ is known to cronie (Fedora, RHEL, Arch) and FreeBSD, and holds for the "
                "lines below it. Debian's and BusyBox's cron do not know it: there, give the time "
                "in the machine's own zone, or use --systemd."
            )
        )
