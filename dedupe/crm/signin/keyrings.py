"""The system's keyring, where there is one that encrypts. An extra: `crmclean[keyring]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.errors import ConfigError, StorageError
from dedupe.language import N_

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "crmclean"
_OTHER_PLACE = N_('keep the token in a file: token = "file:PATH"')
# These keep nothing, or keep it in plain text (keyrings.alt, by its authors' own words).
_UNFIT = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt", "keyrings_alt")


def read_from_keyring(user: str) -> str | None:
    """Return the secret of `user`, None where there is none. Raises ConfigError, StorageError."""
    backend = _backend()
    from keyring.errors import KeyringError

    try:
        return backend.get_password(SERVICE, user)
    except (KeyringError, OSError, RuntimeError) as error:
        raise _failed(error) from error


def write_to_keyring(user: str, secret: str) -> None:
    """Keep `secret` as that of `user`, and read it back. Raises ConfigError, StorageError."""
    backend = _backend()
    from keyring.errors import KeyringError

    try:
        backend.set_password(SERVICE, user, secret)
        kept = backend.get_password(SERVICE, user)
    except (KeyringError, OSError, RuntimeError) as error:
        raise _failed(error) from error
    if kept != secret:
        raise StorageError(
            N_("the keyring did not keep the token"), where="keyring", fix=_OTHER_PLACE
        )


def delete_from_keyring(user: str) -> bool:
    """Remove the secret of `user`; tell whether there was one."""
    backend = _backend()
    from keyring.errors import KeyringError

    try:
        if backend.get_password(SERVICE, user) is None:
            return False
        backend.delete_password(SERVICE, user)
    except (KeyringError, OSError, RuntimeError) as error:
        raise _failed(error) from error
    return True


def keyring_name() -> str:
    """Return the name of the backend in use. Raises ConfigError where none is fit."""
    return str(_backend().name)


def _backend() -> KeyringBackend:
    try:
        import keyring
    except ImportError:
        raise ConfigError(
            N_("the keyring package is not installed"),
            where="keyring",
            fix=N_("run: pipx inject crmclean keyring, or name another place for the token"),
        ) from None
    chosen = keyring.get_keyring()
    # A chain would fall through to an unfit backend silently, so its first fit one is taken.
    backends = getattr(chosen, "backends", None) or [chosen]
    for backend in backends:
        if not type(backend).__module__.startswith(_UNFIT):
            found: KeyringBackend = backend
            return found
    raise ConfigError(
        N_("this system has no keyring that encrypts"), where="keyring", fix=_OTHER_PLACE
    )


def _failed(error: Exception) -> StorageError:
    return StorageError(
        N_("the keyring refuses ({reason})"),
        where="keyring",
        fix=N_("unlock it, or keep the token in a file"),
        reason=type(error).__name__,
    )
