"""`wfgen check`: the words of a command line -> one call -> report -> exit code."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import click

from ..checks.registry import TOOLS
from ..checks.reporters import FORMATS, render_report
from ..checks.runner import CheckResult, check_files
from ..errors import EXIT_CANNOT_TELL, EXIT_OK, EXIT_PROBLEMS
from ..findings import Severity
from ..process import BoundedRunner
from ..workflow.files import find_repository_root, require_workflow_files

# Of each tool, for files that nobody would write: a workflow as people have them takes a
# tenth of the time and of the memory, and all of a large repository a fifth.
TOOL_CPU_SECONDS = 0.5
TOOL_MEMORY_BYTES = 200_000_000
_ALL = "all"


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
@click.option(
    "--require",
    multiple=True,
    type=click.Choice([*(tool.name for tool in TOOLS), _ALL]),
    help="Exit with 3 where this tool is not installed; may be repeated.",
)
@click.option(
    "--timeout",
    "cpu_seconds",
    type=click.FloatRange(min=0.1, max=3600),
    metavar="SECONDS",
    default=TOOL_CPU_SECONDS,
    show_default=True,
    help="Processor time that each tool gets.",
)
def command(
    files: tuple[Path, ...],
    report_format: str,
    only: tuple[str, ...],
    require: tuple[str, ...],
    cpu_seconds: float,
) -> int:
    """Check workflow files with every validator that is installed.

    Without FILES: those of .github/workflows. Rules of wfgen's own always look, the
    JSON schema of workflows among them; act, zizmor and jactionlint do where they are
    installed, within bounds of time and memory.

    Exit codes: 0 nothing was found, 1 findings, 2 usage, 3 could not tell: a tool broke
    or was cut off, or one that --require or --only names is not installed.
    """
    # Files that are named count from here, those of a repository from its top.
    root = Path.cwd()
    if not files:
        root = find_repository_root(root)
        files = require_workflow_files(root)
    runner = BoundedRunner(cpu_seconds, TOOL_MEMORY_BYTES)
    result = check_files(files, root, runner, os.environ, only)
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
    return _choose_exit_code(result, {*only, *require})


def _choose_exit_code(result: CheckResult, required: Collection[str]) -> int:
    if result.broken:
        return EXIT_CANNOT_TELL
    for tool in result.missing:
        if tool.name in required or _ALL in required:
            return EXIT_CANNOT_TELL
    for finding in result.findings:
        if finding.severity is not Severity.INFORMATION:
            return EXIT_PROBLEMS
    return EXIT_OK
