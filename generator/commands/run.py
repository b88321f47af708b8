"""`wfgen run`: one run of a workflow, here, under act, against the local GitHub."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import click

from ..config.settings import load
from ..errors import EXIT_OK, EXIT_PROBLEMS, OutputError
from ..github.core.faults import Fault
from ..github.local_github import LocalGitHub
from ..process import SystemRunner
from ..rendering.header import is_untouched
from ..runner.events import EVENTS, choose_event
from ..runner.isolation.run_directory import prepare_state
from ..runner.isolation.signals import handle_interrupts
from ..runner.models import ActionChoice, Conclusion, RunRequest
from ..runner.options import (
    FAULT_FORM,
    check_iterations,
    check_repository_name,
    find_unread_secrets,
    parse_fault,
    parse_pairs,
    parse_secrets,
    parse_variables,
)
from ..runner.plan import choose_state_folder
from ..runner.repository import find_root, read_repository
from ..runner.results.progress import RunPrinter
from ..runner.results.summary import list_result_lines, make_result_document
from ..runner.results.text import wrap_message
from ..runner.run import run_workflow
from ..terminal import show
from ..workflow.files import find_workflow
from ..workflow.parser import read_workflow

# Of faults of state: `wfgen check` shows them all.
MOST_FAULTS = 5


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
    help="What happens; else a push, or what else the workflow is triggered by.",
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
    help="A secret, or one of a GitHub environment; without a value, "
    "from your shell's environment.",
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
@click.option("--tag", default="", metavar="NAME", help="The tag that was pushed.")
@click.option(
    "--activity",
    default="",
    metavar="TYPE",
    help="What happened to the pull request.  [default: opened]",
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
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
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
    "--kaggle",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    metavar="FOLDER",
    help="Serve its datasets/OWNER/NAME and competitions/NAME as Kaggle.",
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
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    metavar="DIR",
    help="Instead of .wfgen.",
)
def command(  # noqa: PLR0913, PLR0917 - one parameter an option is how click hands them over
    workflow: str | None,
    named: str | None,
    event: str | None,
    inputs: tuple[str, ...],
    variables: tuple[str, ...],
    secrets: tuple[str, ...],
    environment: tuple[str, ...],
    branch: str | None,
    tag: str,
    activity: str,
    head_branch: str,
    from_fork: bool,
    cron: str | None,
    job: str | None,
    again: int | None,
    repository: str | None,
    actions: str,
    actions_folder: Path | None,
    faults: tuple[str, ...],
    kaggle: Path | None,
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
    check_repository_name(repository)
    # A training would stop at settings that cannot be read, in the middle of a run.
    load(root, os.environ)
    path = named or workflow
    all_variables = parse_variables(variables)
    all_secrets = parse_secrets(secrets, os.environ)
    file = find_workflow(root, Path(path) if path else None)
    parsed = read_workflow(root, file)
    request = RunRequest(
        root=root,
        workflow=file,
        event=event or choose_event(parsed),
        inputs=parse_pairs("--input", inputs),
        variables=all_variables.repository,
        secrets=all_secrets.repository,
        environment=parse_pairs("--env", environment),
        environment_secrets=all_secrets.environments,
        environment_variables=all_variables.environments,
        branch=branch,
        tag=tag,
        activity=activity,
        head_branch=head_branch,
        from_fork=from_fork,
        cron=cron,
        job=job,
        rerun_number=again,
        repository=repository,
        actions=ActionChoice(actions),
        actions_folder=actions_folder,
        state_folder=state,
    )
    check_iterations(parsed, request.inputs, request.variables)
    rules = [parse_fault(text) for text in faults]
    text = parsed.document.text
    given = [*request.secrets, *chain(*request.environment_secrets.values())]
    for name in find_unread_secrets(text, given):
        show(f"warning: the workflow reads no secret {name}", err=True)
    with ExitStack() as stack:
        if kaggle is not None:
            request = _add_kaggle(request, kaggle, stack)
        return _run(request, text, rules, as_json=as_json, verbose=verbose)


def _add_kaggle(request: RunRequest, folder: Path, stack: ExitStack) -> RunRequest:
    """Let Kaggle's client, in any step, find the folder in place of Kaggle."""
    # Here, as most runs need no server of a second kind.
    from ..kaggle.local_kaggle import open_local_kaggle  # noqa: PLC0415  # as above

    kaggle = stack.enter_context(open_local_kaggle(folder))
    environment = {**kaggle.make_environment(os.environ), **request.environment}
    return replace(request, environment=environment)


def _run(
    request: RunRequest,
    text: str,
    faults: Iterable[Fault],
    *,
    as_json: bool,
    verbose: bool,
) -> int:
    runner = SystemRunner()
    say: Callable[[str], None] = _discard if as_json else show
    store = prepare_state(choose_state_folder(request)) / "github"
    repository = read_repository(request.root, runner, name=request.repository)
    with (
        handle_interrupts(),
        LocalGitHub.open(
            store,
            repository=repository.name,
            default_branch=repository.default_branch,
        ) as local_github,
    ):
        for fault in faults:
            local_github.faults.add(fault)
        printer = RunPrinter(say, verbose=verbose)
        try:
            result = run_workflow(request, local_github, runner, printer)
        except OSError as error:
            raise OutputError(
                f"{error.filename or store}: {error.strerror or error}"
            ) from error
        faults_of_state = _find_state_faults(request, text)
        if as_json:
            document = make_result_document(result) | {"state_faults": faults_of_state}
            show(json.dumps(document, indent=2))
        say("")
        for line in list_result_lines(result, local_github.list_runs(), request.root):
            say(line)
        _say_faults(request, faults_of_state, say)
    if result.conclusion is Conclusion.SUCCESS:
        return EXIT_OK
    return EXIT_PROBLEMS


def _find_state_faults(request: RunRequest, text: str) -> list[dict[str, Any]]:
    """Return what loses state on GitHub, whether or not this run showed it.

    `text` is the workflow. What wfgen wrote has nothing of it, which tests see to.
    """
    if is_untouched(text):
        return []
    # The rules read scripts by a parser of their own.
    from ..checks.state_faults import find_state_faults  # noqa: PLC0415 - once it ran

    faults = find_state_faults(request.root, request.workflow)
    return [
        {"line": one.line, "rule": one.rule, "message": one.message} for one in faults
    ]


def _say_faults(
    request: RunRequest, faults: list[dict[str, Any]], say: Callable[[str], None]
) -> None:
    """Say where state is lost on GitHub, in the form of `wfgen check`."""
    if faults:
        say("")
        say("on GitHub this workflow loses state:")
    for fault in faults[:MOST_FAULTS]:
        place = f"{request.workflow.as_posix()}:{fault['line']}"
        for line in wrap_message(f"{place}: {fault['message']} [{fault['rule']}]"):
            say(line)
    if len(faults) > MOST_FAULTS:
        say(f"  and {len(faults) - MOST_FAULTS} more: wfgen check")


def _discard(_: str) -> None:
    """Say nothing: standard output is for the JSON document."""
