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
from ..config.settings import Flags
from ..errors import EXIT_OK, EXIT_PROBLEMS
from ..findings import Severity
from ..github.local_github import LocalGitHub
from ..locks import HeldLock
from ..process import SystemRunner
from ..rendering.repository import render_repository
from ..rendering.writer import compare, write
from ..runner.demo import commit_project, find_faults, list_table_lines, make_project
from ..runner.isolation.run_directory import prepare_state
from ..runner.isolation.signals import handle_interrupts
from ..runner.models import ActionChoice, Conclusion, RunRequest, RunResult
from ..runner.results.progress import RunPrinter
from ..runner.results.text import choose_marks, format_seconds
from ..runner.run import run_workflow
from ..terminal import show
from ..workflow.files import find_workflow, require_workflow_files

REPOSITORY = "local/demo"
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
    began = time.monotonic()
    here = Path.cwd()
    state = prepare_state(here / ".wfgen")
    # Two demos at once wait for each other: they work in the same folder.
    lock = HeldLock(state / "demo" / "lock")
    try:
        with handle_interrupts():
            project = _make_demo(state, here, iterations, retention)
            if not _check_project(project):
                return EXIT_PROBLEMS
            results = _run_events(project, state, verbose=verbose)
            return _report(results, time.monotonic() - began)
    finally:
        lock.release()


def _make_demo(state: Path, here: Path, iterations: str, retention: str) -> Path:
    """Make the demo's repository, with the workflow rendered."""
    project = state / "demo" / "project"
    make_project(project, here)
    flags: Flags = {
        "iterations": ("--iterations", iterations),
        "retention": ("--retention", retention),
    }
    drifts = compare(project, render_repository(project, os.environ, flags))
    for drift in write(project, drifts, force=True):
        show(f"rendered {drift.path}")
    return project


def _check_project(project: Path) -> bool:
    """Check what was rendered with every validator that is installed.

    A tool that is missing is named.
    """
    files = require_workflow_files(project)
    report = check_files(files, project, SystemRunner(), os.environ)
    for error in report.broken:
        raise error
    findings = []
    for finding in report.findings:
        if finding.severity is not Severity.INFORMATION:
            findings.append(finding)
            show(format_finding(finding))
    line = f"checked by {', '.join(report.ran)}: {len(findings) or 'no'} findings"
    if report.missing:
        missing = ", ".join(tool.name for tool in report.missing)
        line += f"; not installed: {missing}"
    show(line)
    return not findings


def _run_events(project: Path, state: Path, *, verbose: bool) -> list[RunResult]:
    """Run once an event, on a local GitHub that knows of no earlier demo."""
    store = state / "demo" / "state"
    shutil.rmtree(store, ignore_errors=True)
    prepare_state(store)
    results = []
    runner = SystemRunner()
    commit_project(project, runner)
    workflow = find_workflow(project, Path("train.yml"))
    with LocalGitHub.open(store / "github", repository=REPOSITORY) as local_github:
        for event in EVENTS:
            show("")
            request = RunRequest(
                root=project,
                workflow=workflow,
                event=event,
                repository=REPOSITORY,
                actions=ActionChoice.STAND_IN,
                state_folder=store,
                virtualenvs_folder=state / "environments",
            )
            printer = RunPrinter(show, verbose=verbose)
            results.append(run_workflow(request, local_github, runner, printer))
    return results


def _report(results: list[RunResult], seconds: float) -> int:
    """Show the table, and say whether the second run continued the first."""
    show("")
    for line in list_table_lines(results):
        show(line)
    faults = find_faults(results)
    for fault in faults:
        show(f"demo: {fault}", err=True)
    if faults:
        log = results[-1].log
        show(f"hint: the whole log of the last run is {log}", err=True)
        return EXIT_PROBLEMS
    first, second = results
    mark = choose_marks(getattr(sys.stdout, "encoding", None))[Conclusion.SUCCESS]
    show(
        f"\n{mark} run #{second.run.number} continued run #{first.run.number} "
        f"and has twice its rows ({format_seconds(seconds)}; "
        "the actions were played by stand-ins)"
    )
    return EXIT_OK
