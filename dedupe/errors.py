"""Every error the engine raises on purpose.

* CrmCleanError                 exit 1   a broken contract is one: a bug of ours
  - InputError                  exit 2   a file or folder the user named is wrong
    - SnapshotError             exit 2   the same of a snapshot
  - ConfigError                 exit 2   a setting is missing or wrong
  - SafetyError                 exit 6   a safety limit stopped the work
  - SignInError                 exit 7   the CRM does not let us in, or the account is closed
  - UnresolvedError             exit 8   what became of earlier operations is not known
  - StorageError                exit 9   what we must write can't be written
  - RemoteError                 exit 10  the CRM is unavailable, blocks us or answers nonsense
  - LockedError                 exit 11  another run holds the account
  - StalePlanError              exit 12  the plan is too old, or not the one that was approved
  - StoppedError                exit 130 the work was stopped as asked
"""

from __future__ import annotations

from dedupe.language import tr


class CrmCleanError(Exception):
    """Base of every error that ends in one line for the user, not a traceback.

    `problem` and `fix` are English texts marked with `N_`; `{names}` in them are
    filled from `facts`, in the reader's language. `where` is a path, an id or a
    dotted setting, and is never translated. No fact may hold personal data or a token.
    """

    exit_code = 1

    def __init__(self, problem: str, *, where: str = "", fix: str = "", **facts: object) -> None:
        super().__init__(problem)
        self.problem, self.where, self.fix, self.facts = problem, where, fix, facts

    def __str__(self) -> str:
        """Return the one line: what, where, what to do next, in the language in use."""
        where = f"{self.where}: " if self.where else ""
        problem = tr(self.problem).format(**self.facts)
        fix = f"; {tr(self.fix).format(**self.facts)}" if self.fix else ""
        return f"{where}{problem}{fix}"


class InputError(CrmCleanError):
    """A file or folder the user named can't be read as what it should be."""

    exit_code = 2


class SnapshotError(InputError):
    """A snapshot is damaged, or written by a version that we do not know."""


class ConfigError(CrmCleanError):
    """A setting is missing or wrong; `where` is its dotted path."""

    exit_code = 2


class StorageError(CrmCleanError):
    """The output folder or the state folder can't be written."""

    exit_code = 9


class SafetyError(CrmCleanError):
    """A safety limit stopped the work before anything was done."""

    exit_code = 6


class SignInError(CrmCleanError):
    """The CRM refused the token, or the account is closed to us."""

    exit_code = 7


class RemoteError(CrmCleanError):
    """The CRM can't be reached, blocks us, or answers what its documentation does not say."""

    exit_code = 10


class LockedError(CrmCleanError):
    """Another run works on the same account."""

    exit_code = 11


class UnresolvedError(CrmCleanError):
    """An earlier run has operations whose outcome is not known."""

    exit_code = 8


class StalePlanError(CrmCleanError):
    """The account has moved on since the plan was made, or it is not the approved one."""

    exit_code = 12


class StoppedError(CrmCleanError):
    """A person or the system stopped the work at a boundary; what was done stays done."""

    exit_code = 130
