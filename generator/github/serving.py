"""The local GitHub as a program of its own: opened, announced, served until told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from .client_setup import Flag, build_act_flags, write_actrc
from .core.clock import SteerableClock
from .core.models import NameScope, NewRun, RunTicket
from .core.rate_limits import Limits
from .local_github import LocalGitHub


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What is served: `start` None goes by the machine's clock, `port` 0 takes any."""

    root: Path
    repository: str
    default_branch: str
    port: int
    start: datetime | None
    is_unlimited: bool
    artifact_names: NameScope

    def open(self) -> LocalGitHub:
        """Open it; LocalGitHubError where the store cannot be read or the port not be had."""
        clock = limits = None
        if self.start is not None:
            clock = SteerableClock(self.start)
        if self.is_unlimited:
            limits = Limits(calls_an_hour=None, points_a_minute=None)
        return LocalGitHub.open(
            self.root,
            repository=self.repository,
            default_branch=self.default_branch,
            port=self.port,
            clock=clock,
            limits=limits,
            artifact_names=self.artifact_names,
        )


@dataclass(frozen=True, slots=True)
class ServerAccess:
    """All that a program needs to use the server, as the run it was started with."""

    url: str
    run_id: int
    # Secrets from here on, which no log and no traceback should show.
    token: str = field(repr=False)
    owner_token: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    gh_environment: dict[str, str] = field(repr=False)
    git_environment: dict[str, str] = field(repr=False)

    @classmethod
    def grant(cls, local_github: LocalGitHub, ticket: RunTicket) -> ServerAccess:
        """The access of a run, and of the repository's owner."""
        address = f"https://github.com/{local_github.repository}"
        return cls(
            url=local_github.url,
            run_id=ticket.run.id,
            token=ticket.token,
            owner_token=local_github.create_owner_token(),
            environment=local_github.run_environment(ticket),
            gh_environment=local_github.build_gh_environment(),
            git_environment=local_github.build_git_environment(address),
        )

    def to_json(self) -> dict[str, object]:
        """The fields by name."""
        return asdict(self)

    def act_flags(self) -> list[Flag]:
        """The flags that make act use the server."""
        return build_act_flags(self.environment, self.token)


def serve(
    local_github: LocalGitHub,
    new_run: NewRun,
    actrc: Path | None,
    announce: Callable[[ServerAccess], None],
) -> None:
    """Begin a run, announce how the server is reached, and serve until told to stop."""
    # Before anybody is told that we are here: whoever reads it may stop us at once.
    stopped = _catch_signals()
    ticket = local_github.begin_run(new_run)
    access = ServerAccess.grant(local_github, ticket)
    if actrc is not None:
        write_actrc(actrc, access.act_flags())
    announce(access)
    try:
        stopped.wait()
    finally:
        # First, as it holds tokens: entering the end of the run can fail on a full disk.
        if actrc is not None:
            actrc.unlink(missing_ok=True)
        # Whoever stops the server has no more use for the run it gave tokens for.
        local_github.finish_run(ticket.run.id, "success")


def _catch_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set from now on."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Nothing but the event: a handler may interrupt any line, one that holds a lock too.
        signal.signal(number, lambda *_: stopped.set())
    return stopped
