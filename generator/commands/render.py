"""`wfgen render`: settings -> text -> checked by the schema -> written, or compared."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ..config.advice import advice
from ..config.options import BY_KEY
from ..config.settings import load
from ..errors import EXIT_OK, EXIT_PROBLEMS, SettingsError
from ..rendering import writer as output
from ..rendering.render import Rendered, render_all
from ..rendering.validation import validate_rendered
from ..rendering.writer import Drift, State
from ..workflow.files import find_repository_root

Flags = dict[str, tuple[str, object]]


@click.command("render")
@click.argument(
    "directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option("--iterations", metavar="N", help="Training iterations of a run.")
@click.option(
    "--retention", metavar="DAYS", help="Days that GitHub keeps the artifacts, 1 to 90."
)
@click.option(
    "--branch",
    "branches",
    metavar="NAME",
    multiple=True,
    help="A branch that trains; may be repeated.",
)
@click.option(
    "--cron",
    "crons",
    metavar="LINE",
    multiple=True,
    help="When the schedule trains; may be repeated.",
)
@click.option(
    "--set",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    help="Any setting (`wfgen settings` lists them).",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit 1 with the diff where a file is out of date.",
)
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--stdout", is_flag=True, help="Write nothing; print the rendered workflow."
)
@click.option(
    "--clean",
    is_flag=True,
    help="Remove files wfgen wrote once and would not write now.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite files edited by hand, or not written by wfgen.",
)
def command(  # noqa: PLR0913 - one parameter a flag
    *,
    directory: Path,
    iterations: str | None,
    retention: str | None,
    branches: Sequence[str],
    crons: Sequence[str],
    pairs: Sequence[str],
    check: bool,
    diff: bool,
    stdout: bool,
    clean: bool,
    force: bool,
) -> int:
    """Write the workflow files of DIRECTORY (default: here) from templates and settings."""
    if check + diff + stdout > 1 or ((check or diff or stdout) and (clean or force)):
        raise click.UsageError(
            "--check, --diff and --stdout write nothing: give one of them, without --clean or --force"
        )
    directory = at_the_top(directory)
    flags = flags_of(iterations, retention, branches, crons, pairs)
    files = rendered(directory, flags)
    if stdout:
        click.echo(
            "".join(file.text for file in files if file.path.endswith(".yml")), nl=False
        )
        return EXIT_OK
    drifts = output.compare(directory, files)
    orphans = output.orphans(directory, files)
    if check or diff:
        return _show(
            [drift for drift in (*drifts, *orphans) if drift.state is not State.SAME],
            failing=check,
        )
    written = output.write(directory, drifts, force=force)
    for drift in drifts:
        click.echo(f"{'wrote' if drift in written else 'unchanged':9}  {drift.path}")
    if clean:
        output.remove(directory, orphans)
    for drift in orphans:
        click.echo(
            f"{'removed' if clean else 'orphan':9}  {drift.path}{'' if clean else '  (--clean removes it)'}"
        )
    for line in advice(load(directory, os.environ, flags), datetime.now(UTC)):
        click.echo(f"note: {line}", err=True)
    return EXIT_OK


def at_the_top(directory: Path) -> Path:
    """The top of the repository a folder is in.

    Said where that is another folder than the one that was named.
    """
    root = find_repository_root(directory)
    if root != directory:
        click.echo(
            f"note: GitHub reads workflows at the top of the repository alone, which is {root}",
            err=True,
        )
    return root


def rendered(root: Path, flags: Flags) -> tuple[Rendered, ...]:
    """The files the settings of a repository ask for, workflows checked by the schema.

    The pages it has.

    Raises SettingsError, and WorkflowProblemError where what would be written is no
    workflow GitHub takes.
    """
    settings = load(root, os.environ, flags)
    files = validate_rendered(render_all(settings, root))
    pages = output.pages(root)
    if pages:
        from ..rendering.workflow_docs import render_docs  # noqa: PLC0415 - only where there is a page

        files += tuple(
            render_docs(template, path, settings, root, files)
            for path, template in pages.items()
        )
    return files


def flags_of(
    iterations: str | None,
    retention: str | None,
    branches: Sequence[str],
    crons: Sequence[str],
    pairs: Sequence[str],
) -> Flags:
    """The settings that flags name, each with its flag.

    Raises SettingsError for a pair that is none.
    """
    flags: Flags = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or key not in BY_KEY:
            from ..config.settings import did_you_mean  # noqa: PLC0415 - only for a mistake

            reason = (
                f"{key} is not a setting{did_you_mean(key, BY_KEY)}"
                if equals
                else "needs KEY=VALUE"
            )
            raise SettingsError(
                f"flag --set {pair}: {reason}",
                hint="`wfgen settings` lists every setting",
            )
        flags[key] = (f"--set {key}", text)
    if iterations is not None:
        flags["iterations"] = ("--iterations", iterations)
    if retention is not None:
        flags["retention"] = ("--retention", retention)
    if branches:
        flags["branches"] = ("--branch", list(branches))
    if crons:
        flags["schedule.cron"] = ("--cron", list(crons))
    return flags


def _show(drifts: Sequence[Drift], *, failing: bool) -> int:
    for drift in drifts:
        click.echo(f"{drift.path}: {drift.state}", err=failing)
        click.echo(drift.diff(), nl=False)
    if not drifts:
        click.echo("every file is as it would be rendered")
    return EXIT_PROBLEMS if drifts and failing else EXIT_OK
