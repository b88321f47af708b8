"""`wfgen run`: one run of a workflow, here, under act, against the local GitHub."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click

from ..errors import EXIT_OK, EXIT_PROBLEMS, OutputError, SettingsError
from ..github.core.faults import Fault
from ..github.core.models import Run
from ..github.local_github import LocalGitHub
from ..process import SystemRunner
from ..runner.act.log_reader import LogEvent
from ..runner.events import EVENTS, Trigger
from ..runner.isolation.run_directory import prepare_state
from ..runner.isolation.signals import handle_interrupts
from ..runner.models import ActionChoice, Conclusion, RunRequest
from ..runner.repository import find_root, read_repository
from ..runner.results.progress import WIDTH, Progress, fitted, marks_for
from ..runner.results.summary import result_document, result_lines
from ..runner.run import Watcher, run_workflow, state_folder
from ..workflow.files import find_workflow
from ..workflow.model import Workflow

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FAULT_FORM = (
    "'[METHOD] PATH STATUS [TIMES]', as in 'GET /repos/*/actions/artifacts* 500'"
)


@click.command(name="run")
@click.argument("workflow", required=False)
@click.option(
    "--workflow",
    "-w",
    "named",
    metavar="FILE",
    help="The workflow; needed only where there are several.",
)
@click.option(
    "--event",
    "-e",
    type=click.Choice(EVENTS),
    default="push",
    show_default=True,
    help="What happens.",
)
@click.option(
    "--input",
    "-i",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    help="An input of workflow_dispatch.",
)
@click.option(
    "--var",
    "variables",
    multiple=True,
    metavar="[ENV/]NAME=VALUE",
    help="A variable of the repository (`vars`), or of a GitHub environment.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="[ENV/]NAME[=VALUE]",
    help="A secret, or one of a GitHub environment; without a value, from your shell's environment.",
)
@click.option(
    "--env",
    "environment",
    multiple=True,
    metavar="NAME=VALUE",
    help="An environment variable of the runner.",
)
@click.option(
    "--branch",
    "-b",
    metavar="NAME",
    help="The branch that was pushed to, or the base of a pull request.",
)
@click.option(
    "--head-branch",
    default="topic",
    show_default=True,
    metavar="NAME",
    help="A pull request's own branch.",
)
@click.option(
    "--from-fork",
    is_flag=True,
    help="The pull request comes from a fork: no secrets, a token that reads.",
)
@click.option("--cron", metavar="LINE", help="Which of several schedules fires.")
@click.option("--job", "-j", metavar="ID", help="Only this job and those it needs.")
@click.option(
    "--again",
    type=int,
    metavar="NUMBER",
    help="Run a finished run again, as its next attempt.",
)
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    help="The repository's name; else from its remote or its folder.",
)
@click.option(
    "--actions",
    type=click.Choice([choice.value for choice in ActionChoice]),
    default=ActionChoice.AUTO.value,
    show_default=True,
    help="Where actions come from; auto takes stand-ins for what cannot be fetched.",
)
@click.option(
    "--actions-folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Unpacked actions, as DIR/OWNER/NAME or DIR/OWNER/NAME@REF.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="RULE",
    help=f"The local GitHub fails: {FAULT_FORM}.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the result as JSON, and nothing else.",
)
@click.option(
    "--verbose", "-v", is_flag=True, help="Show everything that the steps write."
)
@click.option(
    "--directory",
    "-C",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The repository; else the one around the current folder.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Instead of .wfgen.",
)
def command(  # noqa: PLR0913, PLR0917 - one parameter an option is how click hands them over
    workflow: str | None,
    named: str | None,
    event: str,
    inputs: tuple[str, ...],
    variables: tuple[str, ...],
    secrets: tuple[str, ...],
    environment: tuple[str, ...],
    branch: str | None,
    head_branch: str,
    from_fork: bool,
    cron: str | None,
    job: str | None,
    again: int | None,
    repository: str | None,
    actions: str,
    actions_folder: Path | None,
    faults: tuple[str, ...],
    as_json: bool,
    verbose: bool,
    directory: Path,
    state: Path | None,
) -> int:
    """Run a workflow on this machine, as one run of a repository on a GitHub of its own.

    Artifacts and runs are kept in .wfgen, so the next `wfgen run` is the next run and
    finds the state of this one. Exit codes: 0 the run succeeded, 1 it failed or the
    workflow has problems, 2 usage, 3 could not tell, 130 interrupted.
    """
    runner = SystemRunner()
    root = find_root(directory.resolve(), runner)
    if repository is not None and not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise SettingsError(f"--repository takes OWNER/NAME, not {repository!r}")
    given = named or workflow
    own_variables, variables_of = _by_environment(_pairs("--var", variables))
    own_secrets, secrets_of = _by_environment(_secrets(secrets, os.environ))
    request = RunRequest(
        root=root,
        workflow=find_workflow(root, Path(given) if given else None),
        event=event,
        inputs=_pairs("--input", inputs),
        variables=own_variables,
        secrets=own_secrets,
        environment=_pairs("--env", environment),
        environment_secrets=secrets_of,
        environment_variables=variables_of,
        branch=branch,
        head_branch=head_branch,
        from_fork=from_fork,
        cron=cron,
        job=job,
        again=again,
        repository=repository,
        actions=ActionChoice(actions),
        actions_folder=actions_folder.resolve() if actions_folder else None,
        state_folder=state.resolve() if state else None,
    )
    return _run(
        request,
        [parse_fault(text) for text in faults],
        runner,
        as_json=as_json,
        verbose=verbose,
    )


class Printer(Watcher):
    """Prints a run as it goes."""

    def __init__(self, say: Callable[[str], None], *, verbose: bool) -> None:
        self._say = say
        self._waits = False
        self._progress = Progress(
            say, marks_for(getattr(sys.stdout, "encoding", None)), verbose=verbose
        )

    def started(self, run: Run, plan: Workflow, trigger: Trigger) -> None:
        """Say which run this is."""
        where = trigger.ref.removeprefix("refs/heads/").removeprefix("refs/")
        attempt = f" (attempt {run.attempt})" if run.attempt > 1 else ""
        self._say(
            fitted(
                f"{plan.name} #{run.number}{attempt}: {trigger.event} on {where} at {trigger.sha[:7]}",
                WIDTH,
            )
        )

    def waiting(self, group: str) -> None:
        """Say once why nothing happens yet."""
        if not self._waits:
            self._say(
                fitted(f"waits for another run of the concurrency group {group}", WIDTH)
            )
        self._waits = True

    def tell(self, event: LogEvent) -> None:
        """Show what happened."""
        self._progress(event)


def _run(
    request: RunRequest,
    faults: Iterable[Fault],
    runner: SystemRunner,
    *,
    as_json: bool,
    verbose: bool,
) -> int:
    say = _silent if as_json else _say
    store = prepare_state(state_folder(request)) / "github"
    about = read_repository(request.root, runner, name=request.repository)
    with (
        handle_interrupts(),
        LocalGitHub.open(
            store, repository=about.name, default_branch=about.default_branch
        ) as local_github,
    ):
        for fault in faults:
            local_github.faults.add(fault)
        try:
            result = run_workflow(
                request, local_github, runner, Printer(say, verbose=verbose)
            )
        except OSError as error:
            raise OutputError(
                f"{error.filename or store}: {error.strerror or error}"
            ) from error
        if as_json:
            click.echo(json.dumps(result_document(result), indent=2))
        for line in ["", *result_lines(result, local_github.runs(), request.root)]:
            say(line)
    return EXIT_OK if result.conclusion is Conclusion.SUCCESS else EXIT_PROBLEMS


def parse_fault(text: str) -> Fault:
    """Read a rule of --fault; raises SettingsError."""
    words = text.split()
    method = words.pop(0).upper() if words and not words[0].startswith("/") else "*"
    shape = (
        len(words) in {2, 3}
        and words[0].startswith("/")
        and all(word.isdigit() for word in words[1:])
    )
    if not shape or not 100 <= int(words[1]) <= 599:  # noqa: PLR2004 - what HTTP calls a status
        raise SettingsError(
            f"--fault does not understand {text!r}", hint=f"its form is {FAULT_FORM}"
        )
    return Fault(
        words[0],
        method,
        status=int(words[1]),
        times=int(words[2]) if len(words) > 2 else None,
    )  # noqa: PLR2004


def _pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingsError(f"{option} takes NAME=VALUE, not {text!r}")
        pairs[name] = value
    return pairs


def _secrets(texts: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Secrets by name; an error never quotes a value."""
    secrets: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        scope, slash, short = name.rpartition("/")
        if not equals and short not in environ:
            raise SettingsError(
                f"--secret {name}: the environment has no variable of that name"
            )
        secrets[scope + slash + short.upper()] = value if equals else environ[short]
    return secrets


def _by_environment(
    values: Mapping[str, str],
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What is the repository's, and what is of GitHub environments, named as ENVIRONMENT/NAME."""
    own: dict[str, str] = {}
    scoped: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        environment, slash, short = name.rpartition("/")
        if not _NAME.fullmatch(short) or (slash and not environment):
            raise SettingsError(
                f"{name!r} is not NAME or ENVIRONMENT/NAME, with a name of letters, digits and _"
            )
        (scoped.setdefault(environment, {}) if slash else own)[short] = value
    return own, scoped


def _say(line: str) -> None:
    click.echo(line)


def _silent(_: str) -> None:
    """Say nothing: standard output is for the JSON document."""
