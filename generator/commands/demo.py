"""`wfgen demo`: render, check, run twice, and show that the second run went on from the first."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import click

from ..checks.reporters import format_finding
from ..checks.runner import check_files
from ..errors import EXIT_OK, EXIT_PROBLEMS
from ..findings import Severity
from ..github.local_github import LocalGitHub
from ..process import SystemRunner
from ..rendering import writer as output
from ..runner.demo import commit, faults_of, make_project, overview
from ..runner.isolation.run_directory import prepare_state
from ..runner.isolation.signals import handle_interrupts
from ..runner.isolation.locks import HeldLock
from ..runner.models import ActionChoice, RunRequest, RunResult
from ..runner.results.progress import marks_for, seconds_text
from ..runner.run import run_workflow
from ..workflow.files import find_workflow, require_workflow_files
from .render import flags_of, rendered
from .run import Printer

EVENTS = ("push", "schedule")


@click.command(name="demo")
@click.option(
    "--iterations",
    default="3",
    show_default=True,
    metavar="N",
    help="Training iterations of a run.",
)
@click.option(
    "--retention",
    default="7",
    show_default=True,
    metavar="DAYS",
    help="Days that artifacts are kept.",
)
@click.option(
    "--verbose", "-v", is_flag=True, help="Show everything that the steps write."
)
def command(iterations: str, retention: str, *, verbose: bool) -> int:
    """Render the workflow and run it twice, to see state carried over.

    Works in .wfgen/demo, on a small repository made there: your own files, artifacts
    and state stay as they are.
    """
    here = Path.cwd()
    state = prepare_state(here / ".wfgen")
    # Two demos at once wait for each other: they work in the same folder.
    alone = HeldLock(state / "demo" / "lock")
    try:
        with handle_interrupts():
            return _demo(state, here, iterations, retention, verbose=verbose)
    finally:
        alone.release()


def _demo(
    state: Path, here: Path, iterations: str, retention: str, *, verbose: bool
) -> int:
    began = time.monotonic()
    project = state / "demo" / "project"
    make_project(project, here)
    for drift in output.write(
        project,
        output.compare(
            project, rendered(project, flags_of(iterations, retention, (), (), ()))
        ),
        force=True,
    ):
        click.echo(f"rendered {drift.path}")
    if not _sound(project):
        return EXIT_PROBLEMS
    commit(project, SystemRunner())
    results = _runs(project, state, verbose=verbose)
    click.echo("")
    for line in overview(results):
        click.echo(line)
    return _verdict(results, time.monotonic() - began)


def _sound(project: Path) -> bool:
    """Check what was rendered with every validator that is installed.

    A tool that is missing is named.
    """
    checked = check_files(
        require_workflow_files(project), project, SystemRunner(), os.environ
    )
    for error in checked.broken:
        raise error
    faults = [
        finding for finding in checked.findings if finding.severity is not Severity.NOTE
    ]
    for finding in faults:
        click.echo(format_finding(finding))
    missing = (
        f"; not installed: {', '.join(tool.name for tool in checked.missing)}"
        if checked.missing
        else ""
    )
    click.echo(
        f"checked by {', '.join(checked.ran)}: {len(faults) or 'no'} findings{missing}"
    )
    return not faults


def _runs(project: Path, state: Path, *, verbose: bool) -> list[RunResult]:
    """One run an event, on a local GitHub that knows of no earlier demo."""
    store = state / "demo" / "state"
    shutil.rmtree(store, ignore_errors=True)
    prepare_state(store)
    results = []
    runner = SystemRunner()
    with LocalGitHub.open(store / "github", repository="local/demo") as local_github:
        for event in EVENTS:
            click.echo("")
            request = RunRequest(
                root=project,
                workflow=find_workflow(project, Path("train.yml")),
                event=event,
                repository="local/demo",
                actions=ActionChoice.STAND_IN,
                state_folder=store,
                environments_folder=state / "environments",
            )
            results.append(
                run_workflow(
                    request, local_github, runner, Printer(click.echo, verbose=verbose)
                )
            )
    return results


def _verdict(results: list[RunResult], seconds: float) -> int:
    faults = faults_of(results)
    for fault in faults:
        click.echo(f"demo: {fault}", err=True)
    if faults:
        click.echo(
            f"hint: the whole log of the last run is {results[-1].log}", err=True
        )
        return EXIT_PROBLEMS
    first, second = results
    mark = next(iter(marks_for(getattr(sys.stdout, "encoding", None)).values()))
    click.echo(
        f"\n{mark} run #{second.run.number} continued run #{first.run.number} and has twice its rows "
        f"({seconds_text(seconds)}; the actions were played by stand-ins)"
    )
    return EXIT_OK
