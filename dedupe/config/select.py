"""Which profile of the config a command is about."""

from __future__ import annotations

from difflib import get_close_matches

from dedupe.errors import ConfigError
from dedupe.language import N_, tr

from .values import Config, Profile


def select_profile(config: Config, name: str | None) -> tuple[str, Profile]:
    """Return the name and the profile: the named one, else the only one. Raises ConfigError."""
    if name is None:
        return _only(config)
    if name in config.profiles:
        return name, config.profiles[name]
    near = get_close_matches(name, config.profiles, n=1)
    hint = tr(N_(" (did you mean {near}?)"), near=near[0]) if near else ""
    raise ConfigError(
        N_("the config has no such profile{hint}"),
        where=name[:60],
        fix=N_("check --profile"),
        hint=hint,
    )


def _only(config: Config) -> tuple[str, Profile]:
    if len(config.profiles) == 1:
        return next(iter(config.profiles.items()))
    if config.profiles:
        raise ConfigError(
            N_("the config has several: {names}"),
            where="--profile",
            fix=N_("name one with -p"),
            names=", ".join(sorted(config.profiles)[:10]),
        )
    raise ConfigError(
        N_("no account is set up"), where="crmclean.toml", fix=N_("run: crmclean init")
    )
