"""What is to be scheduled: the command line that a scheduler can run, and what it reads."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Session
from dedupe.errors import ConfigError, InputError
from dedupe.language import N_, current

if TYPE_CHECKING:
    from dedupe.config import Config, Policy, Profile

NAME = "crmclean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One policy for one profile, or for all; every path is absolute."""

    program: tuple[str, ...]
    policy: Policy
    config: Config
    config_path: Path
    state: Path
    has_own_state: bool  # the user named the folder, or has one with accounts in it
    profiles: Mapping[str, Profile]
    is_all: bool

    def words(self, state: str | None = None) -> list[str]:
        """Return the command; `state` stands for the folder that a unit brings."""
        whose = ["--all-profiles"] if self.is_all else ["-p", next(iter(self.profiles))]
        return [
            *self.program,
            "run",
            self.policy.name,
            *whose,
            *("--config", str(self.config_path)),
            *("--state", state or str(self.state)),
            *("--lang", current()),
            "--quiet",
            "--no-input",
        ]

    @property
    def secrets(self) -> dict[str, str]:
        """Return where each secret of a run is kept, by its setting: sign-ins and notices."""
        from dedupe.config import secrets_of

        told: dict[str, str | None] = {}
        for name, profile in self.profiles.items():
            told[f"profiles.{name}.token"] = profile.token
            told[f"profiles.{name}.client_secret"] = profile.client_secret
        for name in self.policy.notify.to if self.policy.does("notify") else ():
            for key, place in secrets_of(self.config.notify[name]).items():
                told[f"notify.{name}.{key}"] = place
        return {setting: place for setting, place in told.items() if place}

    @property
    def zones(self) -> dict[str, str]:
        """Return the time zone of each account, as the config tells it."""
        return {
            name: profile.timezone or self.config.timezone
            for name, profile in self.profiles.items()
        }


def job_of(session: Session, policy: str, *, is_all: bool) -> Job:
    """Return what to schedule. Raises ConfigError and InputError."""
    from dedupe.config import find_config, load_config, select_profile

    path = find_config(session.config_path, os.environ, Path.cwd())
    if path is None:
        raise ConfigError(
            N_("there is no config, so there is no policy"),
            where="crmclean.toml",
            fix=N_("for an account run: crmclean init"),
        )
    config = load_config(path)
    if is_all:
        chosen = {name: each for name, each in config.profiles.items() if each.crm != "files"}
    else:
        chosen = dict([select_profile(config, session.profile)])
    _check_crm(chosen)
    job = Job(
        program=program(),
        policy=_policy(config, policy),
        config=config,
        config_path=path.absolute(),
        state=session.state().absolute(),
        has_own_state=_has_own_state(session),
        profiles=chosen,
        is_all=is_all,
    )
    _check_words(job.words())
    return job


def _check_crm(profiles: Mapping[str, Profile]) -> None:
    files = next((name for name, each in profiles.items() if each.crm == "files"), None)
    if not profiles or files is not None:
        raise ConfigError(
            N_("a policy works on a CRM's account, and there is none here"),
            where=f"profiles.{files}" if files else "profiles",
            fix=N_("name another profile with -p, or run: crmclean init"),
        )


def _policy(config: Config, name: str) -> Policy:
    from difflib import get_close_matches

    if name in config.policies:
        return config.policies[name]
    near = get_close_matches(name, config.policies, n=1)
    raise ConfigError(
        N_("the config has no such policy"),
        where=f"policies.{name[:60]}",
        fix=N_("policies are: {names}") if config.policies else N_("add a section [policies.NAME]"),
        names=", ".join(near or list(config.policies)),
    )


def _has_own_state(session: Session) -> bool:
    named = session.state_option or os.environ.get("CRMCLEAN_STATE")
    return bool(named) or (session.state() / "accounts").is_dir()


def program() -> tuple[str, ...]:
    """Return how this very crmclean is started, without looking into $PATH."""
    own = Path(sys.argv[0]) if sys.argv and sys.argv[0] else Path()
    beside = Path(sys.executable).parent / NAME
    found = shutil.which(NAME)
    for path in (own if own.name == NAME else None, beside, Path(found) if found else None):
        if path is not None and path.is_file() and os.access(path, os.X_OK):
            return (str(path.absolute()),)
    return (sys.executable, "-c", "from cli.main import main; main()")


def _check_words(words: list[str]) -> None:
    """Raise InputError for what neither a crontab nor a unit can hold."""
    bad = next((word for word in words if not word.isprintable() or "\\" in word), None)
    if bad is not None:
        raise InputError(
            N_("a path with a line end or a backslash can't be scheduled"),
            where="".join(c if c.isprintable() else "?" for c in bad)[:200],
            fix=N_("rename the folder"),
        )
