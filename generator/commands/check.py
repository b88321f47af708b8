"""`wfgen check`: the words of a command line -> one call -> report -> exit code."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..checks.registry import TOOLS
from ..checks.reporters import FORMATS, render_report
from ..checks.runner import CheckResult, check_files
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
    "report_format",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([tool.name for tool in TOOLS]),
    help="Use this tool only; may be repeated.",
)
def command(files: tuple[Path, ...], report_format: str, only: tuple[str, ...]) -> int:
    """Check workflow files with every validator that is installed.

    Without FILES: those of .github/workflows. Rules of wfgen's own always look, the
    JSON schema of workflows among them; act, zizmor and jactionlint do where they are
    installed.
    """
    # Files that are named count from here, those of a repository from its top.
    root = Path.cwd()
    if not files:
        root = find_repository_root(root)
        files = require_workflow_files(root)
    result = check_files(files, root, SystemRunner(), os.environ, only)
    text = render_report(result, report_format)
    if text:
        click.echo(text)
    for tool in result.missing:
        click.echo(
            f"{tool.name} did not look: it is not installed (pip install {tool.package})",
            err=True,
        )
    for error in result.broken:
        click.echo(f"wfgen: {error.message}", err=True)
    return _choose_exit_code(result)


def _choose_exit_code(result: CheckResult) -> int:
    if result.broken:
        return EXIT_CANNOT_TELL
    for finding in result.findings:
        if finding.severity is not Severity.NOTE:
            return EXIT_PROBLEMS
    return EXIT_OK
