"""`wfgen serve`: the local GitHub alone, for any act or client."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import LocalGitHubError, OutputError, SettingsError
from ..resources import install_command

if TYPE_CHECKING:
    from ..github.core.models import NewRun, RunTicket
    from ..github.local_github import LocalGitHub

ACTRC_HEADER = "# written by wfgen serve; holds tokens that end with it"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")
_LEVELS = ("none", "read", "write")


def parse_permissions(pairs: Sequence[str]) -> dict[str, str]:
    """`("actions=read",)` as a mapping; SettingsError for a level that there is not."""
    permissions = {}
    for pair in pairs:
        scope, _, level = pair.partition("=")
        if not scope or level not in _LEVELS:
            raise SettingsError(
                f"--permission {pair} is not SCOPE=LEVEL",
                hint=f"levels are {', '.join(_LEVELS)}",
            )
        permissions[scope] = level
    return permissions


def parse_instant(text: str | None) -> datetime | None:
    """An ISO date or instant, in UTC unless it says otherwise; SettingsError for anything else."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"--clock {text} is no ISO date or instant",
            hint="as in 2027-01-31T12:00:00Z",
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def parse_repository(text: str) -> str:
    """OWNER/NAME as GitHub takes it; SettingsError for anything else."""
    if not _REPOSITORY.fullmatch(text):
        raise SettingsError(
            f"--repository {text} is not OWNER/NAME", hint="as in octocat/hello-world"
        )
    return text


def act_flags(environment: Mapping[str, str], token: str) -> list[tuple[str, str]]:
    """The flags that point act at the server: (flag, value), in the order of the variables."""
    return [("--env", f"{name}={value}") for name, value in environment.items()] + [
        ("-s", f"GITHUB_TOKEN={token}")
    ]


def write_actrc(path: Path, flags: Sequence[tuple[str, str]]) -> None:
    """Write the flags for act to find; OutputError where a file is in the way that is not ours."""
    if path.exists() and not path.read_text("utf-8").startswith(ACTRC_HEADER):
        raise OutputError(
            f"{path} is there already and was not written by wfgen",
            hint="move it away, or name another",
        )
    text = "\n".join([ACTRC_HEADER, *(f"{flag} {value}" for flag, value in flags), ""])
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def facts(local_github: LocalGitHub, ticket: RunTicket) -> dict[str, object]:
    """All that a program needs to use the server."""
    environment = local_github.run_environment(ticket)
    return {
        "url": local_github.url,
        "run_id": ticket.run.id,
        "token": ticket.token,
        "owner_token": local_github.owner_token(),
        "environment": environment,
        "gh_environment": local_github.gh_environment(),
        "git_environment": local_github.git_environment(
            f"https://github.com/{local_github.repository}"
        ),
    }


def describe(found: Mapping[str, object], flags: Sequence[tuple[str, str]]) -> str:
    """The same for people."""
    gh = found["gh_environment"]
    exports = (
        [f"  export {name}={shlex.quote(value)}" for name, value in gh.items()]
        if isinstance(gh, dict)
        else []
    )
    lines = [
        f"local GitHub on {found['url']} (run {found['run_id']}); Ctrl-C stops it",
        "",
        "act:",
        "  act "
        + " \\\n    ".join(f"{flag} {shlex.quote(value)}" for flag, value in flags),
        "",
        "gh:",
        *exports,
    ]
    return "\n".join(lines)


def catch_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set from now on."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path(".wfgen/github"),
    help="Where its store is.",
)
@click.option(
    "--repository",
    default="local/repository",
    show_default=True,
    help="OWNER/NAME of the repository.",
)
@click.option("--default-branch", default="main", show_default=True)
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="Port of 127.0.0.1; 0 lets the system choose.",
)
@click.option(
    "--event",
    default="push",
    show_default=True,
    help="Event of the run that tokens are given for.",
)
@click.option(
    "--branch",
    default=None,
    help="Branch of that run; the default branch unless named.",
)
@click.option(
    "--workflow",
    default=".github/workflows/train.yml",
    show_default=True,
    help="Workflow of that run.",
)
@click.option(
    "--permission",
    "pairs",
    multiple=True,
    help="SCOPE=LEVEL of the run's token; repeatable.",
)
@click.option(
    "--clock",
    "instant",
    default=None,
    help="Instant to start at; the clock can then be moved.",
)
@click.option("--unlimited", is_flag=True, help="Lift GitHub's rate limits.")
@click.option(
    "--write-actrc",
    type=click.Path(path_type=Path),
    default=None,
    help="Write the flags to this .actrc.",
)
@click.option(
    "--run",
    "runs",
    is_flag=True,
    help="Run under act what clients dispatch and re-run, until they cancel it.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead of text."
)
def command(  # noqa: PLR0913, PLR0917 - click passes every option
    root: Path,
    repository: str,
    default_branch: str,
    port: int,
    event: str,
    branch: str | None,
    workflow: str,
    pairs: tuple[str, ...],
    instant: str | None,
    unlimited: bool,
    write_actrc: Path | None,
    runs: bool,
    as_json: bool,
) -> None:
    """Run the local GitHub alone, for any act or client, until Ctrl-C."""
    from ..github.core.models import NewRun  # noqa: PLC0415 - light start of the other commands

    new = NewRun(
        workflow_path=workflow,
        workflow_name=Path(workflow).stem,
        event=event,
        head_branch=branch or default_branch,
        head_sha="0" * 40,
        permissions=parse_permissions(pairs) or {"actions": "read", "contents": "read"},
    )
    opening = Opening(
        root,
        parse_repository(repository),
        default_branch,
        port,
        parse_instant(instant),
        unlimited=unlimited,
    )
    with (
        opening.open() as local_github,
        launching(local_github) if runs else contextlib.nullcontext(),
    ):
        serve(local_github, new, write_actrc, as_json=as_json)


@contextlib.contextmanager
def launching(local_github: LocalGitHub) -> Iterator[None]:
    """Let clients start and stop runs of the repository around the current folder.

    What still runs at the end stops.
    """
    from ..process import SystemRunner, require_tool  # noqa: PLC0415 - light start of the other commands
    from ..runner.launcher import LocalLauncher  # noqa: PLC0415 - as above
    from ..runner.models import RunRequest  # noqa: PLC0415 - as above
    from ..runner.repository import find_root  # noqa: PLC0415 - as above
    from ..runner.run import ACT_HINT  # noqa: PLC0415 - as above

    require_tool("act", hint=ACT_HINT)
    base = RunRequest(
        find_root(Path.cwd(), SystemRunner()),
        Path(),
        "",
        repository=local_github.repository,
    )
    launcher = LocalLauncher(
        local_github, base, lambda line: click.echo(line, err=True)
    )
    local_github.launch_by(launcher)
    try:
        yield
    finally:
        local_github.launch_by(None)
        launcher.close()


@dataclass(frozen=True, slots=True)
class Opening:
    """How the server is to be opened."""

    root: Path
    repository: str
    default_branch: str
    port: int
    instant: datetime | None
    unlimited: bool

    def open(self) -> LocalGitHub:
        """Open it; LocalGitHubError where its libraries are not installed."""
        try:
            from ..github.core.clock import SteerableClock  # noqa: PLC0415 - only `wfgen serve` needs the server
            from ..github.core.rate_limits import Limits  # noqa: PLC0415 - as above
            from ..github.local_github import LocalGitHub  # noqa: PLC0415 - as above
        except ModuleNotFoundError as error:
            raise LocalGitHubError(
                f"{error.name} is not installed", hint=install_command("local")
            ) from error
        return LocalGitHub.open(
            self.root,
            repository=self.repository,
            default_branch=self.default_branch,
            port=self.port,
            clock=None if self.instant is None else SteerableClock(self.instant),
            limits=Limits(calls_an_hour=None, points_a_minute=None)
            if self.unlimited
            else None,
        )


def serve(
    local_github: LocalGitHub, new: NewRun, actrc: Path | None, *, as_json: bool
) -> None:
    """Say how the server is reached, and serve until told to stop."""
    # Before anybody is told that we are here: whoever reads it may stop us at once.
    stopped = catch_signals()
    ticket = local_github.begin_run(new)
    found = facts(local_github, ticket)
    flags = act_flags(local_github.run_environment(ticket), ticket.token)
    if actrc is not None:
        write_actrc(actrc, flags)
    click.echo(json.dumps(found) if as_json else describe(found, flags))
    try:
        stopped.wait()
    finally:
        local_github.finish_run(ticket.run.id, "success")
        if actrc is not None:
            actrc.unlink(missing_ok=True)
