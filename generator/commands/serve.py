"""`wfgen serve`: the local GitHub alone, for any act or client."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import LocalGitHubError, SettingsError
from ..github.core.clock import check_instant
from ..github.core.models import NameScope, NewRun
from ..resources import install_command
from ..terminal import show

if TYPE_CHECKING:
    from ..github.local_github import LocalGitHub
    from ..github.serving import ServerAccess

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")
_LEVELS = ("none", "read", "write")
_DEFAULT_PERMISSIONS = {"actions": "read", "contents": "read"}


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
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    try:
        check_instant(instant)
    except ValueError as error:
        raise SettingsError(f"--clock {text}: {error}") from None
    return instant


def parse_repository(text: str) -> str:
    """OWNER/NAME as GitHub takes it; SettingsError for anything else."""
    if not _REPOSITORY.fullmatch(text):
        raise SettingsError(
            f"--repository {text} is not OWNER/NAME", hint="as in octocat/hello-world"
        )
    return text


def describe_run(
    workflow: str, event: str, branch: str, permissions: Sequence[str]
) -> NewRun:
    """The run that tokens are given for."""
    return NewRun(
        workflow_path=workflow,
        workflow_name=Path(workflow).stem,
        event=event,
        head_branch=branch,
        # Nothing is checked out for it.
        head_sha="0" * 40,
        permissions=parse_permissions(permissions) or _DEFAULT_PERMISSIONS,
    )


def format_access(access: ServerAccess) -> str:
    """How the server is reached, as text for people."""
    flags = [f"{flag} {shlex.quote(value)}" for flag, value in access.act_flags()]
    lines = [
        f"local GitHub on {access.url} (run {access.run_id}); Ctrl-C stops it",
        "",
        "act:",
        "  act " + " \\\n    ".join(flags),
        "",
        "gh:",
    ]
    for name, value in access.gh_environment.items():
        lines.append(f"  export {name}={shlex.quote(value)}")
    return "\n".join(lines)


def print_access(
    access: ServerAccess, *, as_json: bool, kaggle: Mapping[str, str]
) -> None:
    """Tell on stdout how the server is reached, and the local Kaggle where there is one."""
    if as_json:
        document = access.to_json()
        if kaggle:
            document["kaggle_environment"] = dict(kaggle)
        show(json.dumps(document))
        return
    show(format_access(access))
    if kaggle:
        exports = (f"  export {name}={shlex.quote(kaggle[name])}" for name in kaggle)
        show("\n".join(["", "kaggle:", *exports]))


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
@click.option(
    "--artifact-names",
    type=click.Choice(list(NameScope)),
    default=NameScope.ATTEMPT,
    show_default=True,
    help="What a name of an artifact is unique within: an attempt, or all of a run.",
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
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Fill it from this YAML or JSON file first: issues, releases, runs, ...",
)
@click.option(
    "--kaggle",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    metavar="FOLDER",
    help="Serve its datasets/OWNER/NAME and competitions/NAME as Kaggle, too.",
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
    artifact_names: NameScope,
    unlimited: bool,
    write_actrc: Path | None,
    runs: bool,
    seed: Path | None,
    kaggle: Path | None,
    as_json: bool,
) -> None:
    """Run the local GitHub alone, for any act or client, until Ctrl-C."""
    try:
        # Here, as `wfgen serve --help` needs neither the server nor its libraries.
        from ..github.serving import ServeOptions, serve  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise LocalGitHubError(
            f"{error.name} is not installed", hint=install_command("local")
        ) from error
    run = describe_run(workflow, event, branch or default_branch, pairs)
    name, start = parse_repository(repository), parse_instant(instant)
    options = ServeOptions(
        root, name, default_branch, port, start, unlimited, NameScope(artifact_names)
    )
    with ExitStack() as stack:
        content = _read_seed(seed)
        local_github = stack.enter_context(options.open())
        _fill(local_github, content)
        if runs:
            _launch_runs(local_github, stack)
        variables = _open_kaggle(kaggle, stack)
        announce = partial(print_access, as_json=as_json, kaggle=variables)
        serve(local_github, run, write_actrc, announce)


def _read_seed(seed: Path | None) -> dict[str, Any]:
    """What to fill the server with; read before anything is opened, as it may be wrong."""
    if seed is None:
        return {}
    # Only one flag needs it, and YAML takes its time.
    from ..github.seeding.document import read_seed  # noqa: PLC0415 - as above

    return read_seed(seed)


def _fill(local_github: LocalGitHub, content: Mapping[str, Any]) -> None:
    """Make what a seed names."""
    if not content:
        return
    from ..github.seeding.loading import Seeder  # noqa: PLC0415 - as above

    Seeder(local_github).fill(content)


def _open_kaggle(folder: Path | None, stack: ExitStack) -> dict[str, str]:
    """Serve a folder as Kaggle, too; the variables that lead a client there."""
    if folder is None:
        return {}
    # Another server, and most who serve need none.
    from ..kaggle.local_kaggle import open_local_kaggle  # noqa: PLC0415 - as above

    opened = stack.enter_context(open_local_kaggle(folder))
    return opened.make_environment(os.environ)


def _launch_runs(local_github: LocalGitHub, stack: ExitStack) -> None:
    """Run what clients dispatch."""
    # The runner takes half as long again to import, and only one flag needs it.
    from ..runner.launcher import launch_for_clients  # noqa: PLC0415 - as above

    say = partial(show, err=True)
    stack.enter_context(launch_for_clients(local_github, Path.cwd(), say))
