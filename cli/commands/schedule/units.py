"""A systemd service and its timer: confined, with its token as a credential, in the right zone.

Escapes, see systemd.service(5) and systemd.unit(5): "%" is a specifier and is doubled, "$" is a
variable in a command line and is doubled, quotes keep spaces together.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dedupe.language import N_, tr

from .job import NAME, Job
from .when import When

SYSTEM, USER = Path("/etc/systemd/system"), Path("~/.config/systemd/user")
_KEPT = frozenset(string.ascii_letters + string.digits + ":_.-")
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")
_LONGEST_NAME = 200  # of a unit's file, of 255 bytes
_MARGIN = timedelta(hours=1)  # over the policy's own deadline, which ends a run at a boundary
_NO_DEADLINE = timedelta(hours=24)
_PLAIN = re.compile(r"[\w./:@%+,=-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The two files: their names and texts."""

    name: str
    service: str
    timer: str


def unit_name(*parts: str) -> str:
    r"""Return a unit's name without its ending; letters that no name may have become \xNN.

    >>> unit_name("crmclean", "nightly", "my shop")
    'crmclean-nightly-my\\x20shop'
    """
    text = "-".join(parts)
    name = "".join(c if c in _KEPT else "".join(f"\\x{b:02x}" for b in c.encode()) for c in text)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{parts[0]}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def units(job: Job, when: When, *, is_user: bool) -> Units:
    """Return the service and its timer; of a user's own manager, or of the system's."""
    whose = () if job.is_all else tuple(job.profiles)
    name = unit_name(NAME, job.policy.name, *whose)
    title = " ".join((NAME, job.policy.name, *whose))
    return Units(
        name=name,
        service="\n".join(_service(job, title, is_user=is_user)),
        timer="\n".join(_timer(title, when)),
    )


def exec_words(words: Iterable[str]) -> str:
    r"""Return a command as ExecStart= holds it.

    >>> exec_words(["/opt/my tool/crmclean", "--config", "/a/100% $x.toml"])
    '"/opt/my tool/crmclean" --config "/a/100%% $$x.toml"'
    """
    return " ".join(_quoted(_literal(word).replace("$", "$$")) for word in words)


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    if text and _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def _service(job: Job, title: str, *, is_user: bool) -> Iterator[str]:
    yield "[Unit]"
    yield f"Description={_literal(title)}"
    if not is_user:  # a user's manager has no such target
        yield from ("Wants=network-online.target", "After=network-online.target")
    yield "# " + tr(N_("A unit of yours that tells somebody of a failure:"))
    yield "#OnFailure=notify@%n.service"
    yield from ("", "[Service]")
    yield from _command(job, is_user=is_user)
    yield from _limits(job)
    yield from _secrets(job)
    yield from _confined_anywhere()
    if is_user:
        yield "# " + tr(N_("ProtectSystem= and its like need the system's manager, not a user's."))
    else:
        yield from _confined_by_system(job)
    yield ""


def _command(job: Job, *, is_user: bool) -> Iterator[str]:
    is_owned = is_user or job.has_own_state
    words = job.words()
    if not is_owned:
        # Only this word is a specifier: all that is the user's own is escaped.
        marker = "\ue000"
        line = exec_words(job.words(marker)).replace(f'"{marker}"', f"%S/{NAME}")
    else:
        line = exec_words(words)
    yield from ("Type=notify", f"ExecStart={line}", "WorkingDirectory=/", "Restart=no")
    if not is_user:
        yield from _user(job)
    if not is_owned:
        yield from (f"StateDirectory={NAME}", "StateDirectoryMode=0700")
    # Where compiled code is kept: without it every run compiles anew, for half a minute.
    yield from (f"CacheDirectory={NAME}", f"Environment=NUMBA_CACHE_DIR=%C/{NAME}", "UMask=0077")


def _user(job: Job) -> Iterator[str]:
    """Yield whom to run as: who owns the state or the config; a user of its own for root's."""
    owned = job.state if job.has_own_state and job.state.exists() else job.config_path
    owner = _owner(owned)
    if owner != "root":
        yield f"User={owner}"
    elif not job.has_own_state:
        yield "DynamicUser=yes"


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a number that no user has any more
        return str(path.stat().st_uid)
    except (OSError, NotImplementedError):
        return "root"


def _limits(job: Job) -> Iterator[str]:
    # Each account has the policy's time to itself, and all run one after another.
    longest = (job.policy.deadline or _NO_DEADLINE) * len(job.profiles) + _MARGIN
    yield "TimeoutStartSec=15min"
    yield f"RuntimeMaxSec={int(longest.total_seconds())}"
    yield "TimeoutStopSec=5min"  # a run ends at the next boundary, within a minute


def _secrets(job: Job) -> Iterator[str]:
    from dedupe.config import PlaceKind, read_place

    told = sorted(set(job.secrets.values()))
    places = [place for text in told if (place := read_place(text))]
    for place in places:
        if place.kind is PlaceKind.CREDENTIAL:
            yield f"LoadCredential={place.name}:/etc/{NAME}/{place.name}"
    if not any(place.kind is PlaceKind.CREDENTIAL for place in places):
        yield "# " + tr(
            N_('With token = "credential:amo-token" in the config, the token comes from here:')
        )
        yield f"#LoadCredential=amo-token:/etc/{NAME}/amo-token"


def _confined_anywhere() -> Iterator[str]:
    yield from (
        "NoNewPrivileges=yes",
        "SystemCallFilter=@system-service",
        "SystemCallErrorNumber=EPERM",
        "SystemCallArchitectures=native",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "LockPersonality=yes",
    )
    yield "# " + tr(
        N_("Off on purpose: numba compiles machine code into memory that is then made executable.")
    )
    yield "MemoryDenyWriteExecute=no"


def _confined_by_system(job: Job) -> Iterator[str]:
    yield "ProtectSystem=strict"
    yield f"ProtectHome={'read-only' if _is_below(job, _HOMES) else 'yes'}"
    if job.has_own_state:
        yield f"ReadWritePaths={_quoted(_literal(str(job.state)))}"
    if job.policy.prometheus:  # "-": where there is no such folder, the run says so
        folder = str(Path(job.policy.prometheus).parent)
        yield f"ReadWritePaths={_quoted(_literal(f'-{folder}'))}"
    yield from (
        f"PrivateTmp={'no' if _is_below(job, _TEMPORARY) else 'yes'}",
        "PrivateDevices=yes",
        "CapabilityBoundingSet=",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "ProtectProc=invisible",
    )


def _is_below(job: Job, folders: Iterable[str]) -> bool:
    """Tell whether something that the run reads lies in a folder that would be hidden from it."""
    secrets = [text.removeprefix("file:") for text in job.secrets.values()]
    paths = [job.program[0], str(job.config_path), str(job.state), *secrets]
    paths.append(job.policy.prometheus or "")
    real = [str(Path(path).resolve()) for path in paths if path.startswith("/")]
    return any(path.startswith(f"{home}/") for path in (*paths, *real) for home in folders)


def _timer(title: str, when: When) -> Iterator[str]:
    yield from ("[Unit]", f"Description={_literal(title)}", "", "[Timer]")
    yield f"OnCalendar={when.calendar}"
    yield "# " + tr(N_("Ten minutes of chance: not every account of a provider at one second."))
    yield "RandomizedDelaySec=10m"
    yield "# " + tr(N_("A night that the machine slept through is caught up once."))
    yield "Persistent=true"
    yield from ("", "[Install]", "WantedBy=timers.target", "")
