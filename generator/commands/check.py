"""`wfgen check`: the words of a command line -> one call -> report -> exit code."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

import click

from ..checks.external.tool import Tool
from ..checks.fixes import apply_fixes, describe_fixes
from ..checks.merging.suppression import write_baseline
from ..checks.registry import DEFAULT_TOOLS, TOOLS
from ..checks.reporters import FORMATS, ReportOptions, render_report
from ..checks.runner import CheckResult, check_files
from ..checks.selection import Selection, choose_findings
from ..checks.targets import list_action_files, list_targets
from ..config.settings import load
from ..errors import EXIT_CANNOT_TELL, EXIT_OK, EXIT_PROBLEMS
from ..findings import Severity
from ..process import BoundedRunner, find_tool
from ..terminal import show, show_commands
from ..workflow.files import find_repository_root, require_workflow_files

# Of each tool, for files that nobody would write: a workflow as people have them takes a
# tenth of the time and of the memory, and all of a large repository a fifth.
TOOL_CPU_SECONDS = 0.5
TOOL_MEMORY_BYTES = 200_000_000
# What a further file adds: ten times what one takes on average.
SECONDS_A_FILE = 0.05
_ALL = "all"
_NEVER = "never"


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "report_format",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
)
@click.option(
    "--all", "show_all", is_flag=True, help="Show what is fragile or style, too."
)
@click.option(
    "--fail-on",
    type=click.Choice([*map(str, Severity), _NEVER]),
    default=str(Severity.INSECURE),
    show_default=True,
    help="Exit with 1 for findings at least this bad.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="NAME",
    help="Report this rule, tool or severity alone; may be repeated.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="NAME",
    help="Leave this rule, tool or severity out; may be repeated.",
)
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Report only what this file does not know.",
)
@click.option(
    "--write-baseline",
    "new_baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write down what is there today, and report nothing.",
)
@click.option("--fix", is_flag=True, help="Mend what can be mended safely.")
@click.option("--diff", is_flag=True, help="Show what --fix would change.")
@click.option(
    "--tools",
    "extra_tools",
    multiple=True,
    type=click.Choice([*(tool.name for tool in TOOLS), _ALL]),
    help="Ask this tool as well, act for one; may be repeated.",
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
    help="Processor time that each tool gets for one file.",
)
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: tuple[Path, ...],
    report_format: str,
    show_all: bool,
    fail_on: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    baseline: Path | None,
    new_baseline: Path | None,
    fix: bool,
    diff: bool,
    extra_tools: tuple[str, ...],
    only: tuple[str, ...],
    require: tuple[str, ...],
    cpu_seconds: float,
) -> int:
    """Find faults in workflows: in how state is kept, in syntax, in security.

    FILES are workflows, actions, folders or repositories; without any, the workflows and
    actions of this repository. wfgen's own rules always look; zizmor and jactionlint
    where they are installed, and act with `--tools act`, within bounds of time and
    memory. What several say of one place is one finding.

    What breaks on GitHub, loses state or is insecure is shown, the rest counted (--all);
    `wfgen rules` lists the rules. `# wfgen: ignore[rule] reason` leaves a finding out.

    Exit codes: 0 nothing was found, 1 findings as bad as --fail-on, 2 usage, 3 could not
    tell: a tool broke, was cut off, or is required and not installed.
    """
    root, targets = _find_targets(files)
    tools = _choose_tools({*extra_tools, *require})
    more_seconds = SECONDS_A_FILE * (len(targets) - 1)
    runner = BoundedRunner(cpu_seconds + more_seconds, TOOL_MEMORY_BYTES)
    result = check_files(targets, root, runner, os.environ, only, tools=tools)
    if new_baseline is not None:
        write_baseline(new_baseline, result.findings, result.texts)
    selection = Selection(select, ignore, new_baseline or baseline)
    result = choose_findings(result, selection)
    if fix and not diff:
        result = apply_fixes(result, root)
    text = describe_fixes(result).rstrip("\n")
    if not diff:
        show_all = show_all or bool(only) or bool(select)
        text = render_report(
            result, report_format, ReportOptions(show_all, _find_width())
        )
    if text and report_format == "github":
        show_commands(text)
    elif text:
        show(text)
    _report_tools(result)
    return _choose_exit_code(result, {*only, *require}, fail_on)


def _find_width() -> int:
    """Return the columns of the terminal; 0, where there is none to wrap for."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return shutil.get_terminal_size().columns
    return 0


def _find_targets(files: tuple[Path, ...]) -> tuple[Path, tuple[Path, ...]]:
    """Return where paths count from, and the files."""
    # Files that are named count from here, those of a repository from its top.
    root = Path.cwd()
    if files:
        return root, list_targets(files)
    root = find_repository_root(root)
    # What was rendered from settings that cannot be read is held to nothing.
    load(root, os.environ)
    actions = [path.relative_to(root) for path in list_action_files(root)]
    return root, (*require_workflow_files(root), *actions)


def _choose_tools(named: Collection[str]) -> tuple[Tool, ...]:
    wanted = {tool.name for tool in DEFAULT_TOOLS} | set(named)
    chosen = []
    for tool in TOOLS:
        is_there = tool.is_optional and find_tool(tool.name) is not None
        if is_there or tool.name in wanted or (_ALL in named and not tool.is_optional):
            chosen.append(tool)
    return tuple(chosen)


def _report_tools(result: CheckResult) -> None:
    for tool in result.missing:
        show(
            f"{tool.name} did not look: it is not installed (pip install {tool.package})",
            err=True,
        )
    for error in result.broken:
        show(f"wfgen: {error.message}", err=True)


def _choose_exit_code(
    result: CheckResult, required: Collection[str], fail_on: str
) -> int:
    if result.broken:
        return EXIT_CANNOT_TELL
    for tool in result.missing:
        if tool.name in required or _ALL in required:
            return EXIT_CANNOT_TELL
    if fail_on == _NEVER:
        return EXIT_OK
    worst = Severity(fail_on).rank
    if any(finding.severity.rank <= worst for finding in result.findings):
        return EXIT_PROBLEMS
    return EXIT_OK
