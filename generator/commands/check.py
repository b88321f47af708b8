"""`wfgen check`: words -> one call -> report -> exit code."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..checks import reporters as report
from ..checks.runner import NAMES, check_files
from ..errors import EXIT_CANNOT_TELL, EXIT_OK, EXIT_PROBLEMS
from ..findings import Severity
from ..process import SystemRunner
from ..workflow.files import find_repository_root, require_workflow_files


@click.command("check")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--format",
    "form",
    type=click.Choice(report.FORMATS),
    default="text",
    show_default=True,
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(NAMES[1:]),
    help="Use this tool only; may be repeated.",
)
def command(files: tuple[Path, ...], form: str, only: tuple[str, ...]) -> int:
    """Check workflow files with every validator that is installed.

    Without FILES: those of .github/workflows. The JSON schema of workflows always
    looks; act, zizmor and jactionlint do where they are installed.
    """
    root = Path.cwd() if files else find_repository_root(Path.cwd())
    checked = check_files(
        files or require_workflow_files(root), root, SystemRunner(), os.environ, only
    )
    text = report.render(checked, form)
    if text:
        click.echo(text)
    for tool in checked.missing:
        click.echo(
            f"{tool.name} did not look: it is not installed (pip install {tool.package})",
            err=True,
        )
    for error in checked.broken:
        click.echo(f"wfgen: {error.message}", err=True)
    if checked.broken:
        return EXIT_CANNOT_TELL
    bad = any(finding.severity is not Severity.NOTE for finding in checked.findings)
    return EXIT_PROBLEMS if bad else EXIT_OK
