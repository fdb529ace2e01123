"""The work of a policy's run on one account, with the same parts that the single commands have."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from cli.acting import Place, Stopper, connected, place_of, steady
from cli.options import Session
from cli.profiles import Wish, pull_profile, snapshot_folder
from dedupe.errors import CrmCleanError

if TYPE_CHECKING:
    from dedupe.apply.history import History
    from dedupe.apply.run import ApplyOptions
    from dedupe.apply.tools import Report
    from dedupe.config import Config, Policy
    from dedupe.contracts import Account, Summary
    from dedupe.decisions import Settled
    from dedupe.events import Event, Listener
    from dedupe.plan import Plan
    from dedupe.policy.logs import RunLog
    from dedupe.policy.oddities import Read
    from dedupe.policy.outcome import RunOutcome
    from dedupe.policy.systemd import Systemd
    from dedupe.scan import Scan, ScanOptions


def now() -> datetime:
    """Return the moment it is; benches and tests own it."""
    return datetime.now(UTC)


class AccountWorks:
    """Pulls, scans, plans and applies for one profile; `session` names it."""

    def __init__(
        self, session: Session, policy: Policy, systemd: Systemd, *, accepts_shrunk: bool = False
    ) -> None:
        self.session, self.policy, self._systemd = session, policy, systemd
        self.place: Place = place_of(session)
        self.config: Config = self.place.config
        self._accepts_shrunk = accepts_shrunk
        self._stopper = Stopper(self.place.folder)
        self._n_read = 0
        self._scan: Scan | None = None
        self._settled: Settled | None = None
        self._folder = Path()
        self.log: RunLog | None = None

    @property
    def n_requests(self) -> int:
        """Count the requests of the pull and of what was written."""
        return self._n_read + self._stopper.n_requests

    def zones(self) -> Sequence[str | None]:
        """Name the zone: the profile's own, the account's as last read, the config's."""
        from dedupe.snapshot import is_snapshot

        folder, told = snapshot_folder(self.session, self.place.name), None
        with contextlib.suppress(CrmCleanError):  # the pull tells of a damaged one, and mends it
            told = self._account().settings.get("timezone") if is_snapshot(folder) else None
        return (self.place.profile.timezone, told, self.config.timezone)

    def runs(self) -> list[History]:
        """Return the runs of the account's journal, the newest first."""
        from dedupe.apply.history import runs

        return runs(self.place.folder)

    def resume(self, run_ids: Sequence[str], options: ApplyOptions) -> list[Report]:
        """Finish these runs; a signal ends them at a boundary."""
        from dedupe.apply.run import resume

        with (
            self._stopper.watching(),
            connected(self.session, self.place, self._stopper) as sink,
        ):
            return resume(sink, self.place.folder, self._own(options), only=run_ids)

    def pull(self) -> Read:
        """Bring the snapshot up to date."""
        from dedupe.crm.pull import Mode

        wish = Wish(mode=Mode.AUTO, accept_shrunk=self._accepts_shrunk)
        try:
            result = pull_profile(
                self.session, self.config, self.place.name, self.place.profile, wish
            )
        except click.exceptions.Exit as error:  # how a pull says that it was interrupted
            raise SystemExit(error.exit_code) from error
        self._n_read += result.stats.n_requests
        return read_of(result.pulled.account, result.pulled.n_quarantined)

    def scan(self) -> Summary:
        """Audit the snapshot and compare it with the last scan of this account."""
        from cli.comparing import Baseline, compared
        from cli.deciding import Whose, settled_of, with_decisions
        from cli.planning import of_snapshot
        from dedupe.scan import scan

        account = self._account()
        whose = Whose(source=self.place.name, account_id=account.account_id, host=account.host)
        self._settled = settled_of(self.session, self.config, whose)
        options = with_decisions(self.session, self._options(account), self._settled)
        found = scan(account, options, source=self.place.name, listen=self._listen())
        summary = replace(found.summary, scanned_at=now())
        found = of_snapshot(
            replace(found, summary=summary), snapshot_folder(self.session, self.place.name)
        )
        baseline = Baseline(earlier=None, is_automatic=True)
        self._scan = compared(self.session, found, baseline)
        return self._scan.summary

    def plan(self) -> Plan | None:
        """Plan the repairs that the policy allows."""
        from cli.planning import plan_of_scan

        account = self._account()
        planning = replace(
            self.config.plan,
            repairs=self.policy.repairs,
            max_group=min(self.policy.max_group, self.config.plan.max_group),
        )
        config = replace(self.config, plan=planning)
        phone = self._options(account).phone
        return plan_of_scan(self._found(), account, config, phone, self._settled)

    def keep(self, plan: Plan | None) -> Path:
        """Write the scan's folder, which the history knows from then on."""
        from cli.commands.describe import keep_settings
        from cli.comparing import remember
        from cli.reporting import report_of
        from dedupe.scan import PLAN_NAME, write_scan

        account, found = self._account(), self._found()
        self._folder = self.session.state() / "scans" / found.summary.scan_id
        content = report_of(self.session, found, account, self.config)
        write_scan(found, self._folder, self._listen(), plan=plan, content=content)
        remember(self.session, found, self._folder, None)
        keep_settings(self.session, account)
        return self._folder / PLAN_NAME

    def rehearse(self, plan: Plan) -> Sequence[str]:
        """Carry the plan out on a copy of the snapshot."""
        from dedupe.apply.rehearse import rehearse

        return rehearse(plan, self._account(), self._listen()).problems

    def apply(self, plan: Plan, options: ApplyOptions) -> Report:
        """Carry the plan out; a signal ends it at a boundary."""
        from dedupe.apply.run import apply_plan

        with (
            self._stopper.watching(),
            connected(self.session, self.place, self._stopper) as sink,
        ):
            return apply_plan(plan, sink, self.place.folder, self._own(options))

    def verify(self, run_id: str) -> int:
        """Read again what the run has done; count what is no longer so."""
        from dedupe.apply.run import verify

        with connected(self.session, self.place, self._stopper, read_only=True) as sink:
            return len(verify(run_id, sink, self.place.folder).changed)

    def report(self) -> tuple[str, ...]:
        """Write the further formats of the report; return the paths of all."""
        from dedupe.report.formats import FORMATS, write_reports

        missing = [
            name
            for name in self.policy.formats
            if name in FORMATS and not (self._folder / FORMATS[name].file_name).exists()
        ]
        if missing:
            from cli.reporting import report_of

            content = report_of(self.session, self._found(), self._account(), self.config)
            write_reports(content, missing, self._folder, replaces=False)
        paths = [self._folder / FORMATS[n].file_name for n in self.policy.formats if n in FORMATS]
        return tuple(str(path) for path in paths if path.exists())

    def signal(self) -> str | None:
        """Return the signal that asks the run to end."""
        import signal

        number = self._stopper.number
        return signal.Signals(number).name if number else None

    # --- parts

    def _account(self) -> Account:
        from dedupe.snapshot import open_snapshot

        return open_snapshot(snapshot_folder(self.session, self.place.name))

    def _found(self) -> Scan:
        assert self._scan is not None, "the scan comes first"
        return self._scan

    def _options(self, account: Account) -> ScanOptions:
        """Return what `crmclean scan` would ask of this account, but for the policy's checks."""
        from cli.planning import options_of, with_country

        asked, policy = options_of(self.config), self.policy
        return replace(
            asked,
            phone=with_country(asked.phone, self.config, account),
            select=policy.select or asked.select,
            ignore=policy.ignore or asked.ignore,
        )

    def _own(self, options: ApplyOptions) -> ApplyOptions:
        tools = replace(options.tools, sleep=self._stopper.nap, listen=self._listen())
        return replace(options, tools=tools)

    def _listen(self) -> Listener:
        shown, systemd = steady(self.session.progress()), self._systemd

        def hear(event: Event) -> None:
            systemd.alive()
            shown(event)

        return hear if self.log is None else self.log.heard(hear)


def read_of(account: Account, n_unreadable: int) -> Read:
    """Return what a pull tells of itself as the policy looks at it."""
    import polars as pl

    from dedupe.policy.oddities import GUARDED, Read

    rows = {
        name: int(account.tables[name].select(pl.len()).collect().item())
        for name in GUARDED
        if name in account.tables
    }
    return Read(
        account_id=account.account_id,
        host=account.host,
        counts=rows,
        not_read=frozenset(account.not_read),
        is_partial=account.settings.get("is_partial", "false"),
        n_unreadable=n_unreadable,
        is_much_unreadable=any(note.code == "many_unreadable" for note in account.notes),
        read_to=account.read_to,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asks of a run."""

    policy: Policy
    wait: timedelta = timedelta(0)
    is_dry_run: bool = False
    ignores_window: bool = False
    accepts_odd: bool = False
    prometheus: str | None = None  # the policy's own file


def run_policy(session: Session, asked: Asked) -> RunOutcome:
    """Run the policy for the session's profile, with a log, notices and monitoring.

    What keeps it from beginning (a lock, the account's folder, its settings) is an outcome, too,
    and told alike. Raises ConfigError where the config can't be read or has no such profile: then
    nobody is named to be told, and stderr and the exit code must do.
    """
    from cli.notifying import desk_of, log_of, notifier_of, tell_monitoring
    from dedupe.config import select_profile
    from dedupe.policy.night import new_run_id
    from dedupe.policy.unbegun import Attempt, never_begun

    policy, config, began = asked.policy, session.config(), now()
    name, profile = select_profile(config, session.profile)
    run_id, desk = new_run_id(began), desk_of(session, config, name)
    with log_of(session, name, policy.name, run_id) as log:
        try:
            outcome = _night(replace(session, profile=name), asked, run_id, log)
        except Exception as error:  # the record of an account: nobody sees a traceback at night
            attempt = Attempt(
                policy=policy,
                profile=name,
                run_id=run_id,
                started=began,
                ended=now(),
                host=urlsplit(profile.url or "").netloc,
                folder=desk.folder,
                is_dry_run=asked.is_dry_run,
            )
            outcome = never_begun(attempt, error)
            if policy.does("notify") and not asked.is_dry_run:
                notifier_of(session, desk, policy, log).notify(outcome)
        tell_monitoring(asked.prometheus or policy.prometheus, desk, outcome, log)
    return outcome


def _night(session: Session, asked: Asked, run_id: str, log: RunLog) -> RunOutcome:
    """Do the policy's steps. Raises what keeps them from beginning."""
    from cli.notifying import notifier_of
    from dedupe.policy.codes import check_codes
    from dedupe.policy.night import Night
    from dedupe.policy.run import run_night
    from dedupe.policy.systemd import Systemd

    policy, systemd = asked.policy, Systemd.of(os.environ)
    check_codes(policy, f"policies.{policy.name}")
    works = AccountWorks(session, policy, systemd, accepts_shrunk=asked.accepts_odd)
    place, works.log = works.place, log
    night = Night(
        policy=policy,
        profile=place.name,
        run_id=run_id,
        folder=place.folder,
        works=works,
        notifier=notifier_of(session, place, policy, log),
        host=place.host,
        systemd=systemd,
        now=now,
        monotonic=time.monotonic,
        wait_s=asked.wait.total_seconds(),
        is_dry_run=asked.is_dry_run,
        ignores_window=asked.ignores_window,
        accepts_odd=asked.accepts_odd,
    )
    return run_night(night)
