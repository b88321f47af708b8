"""`wfgen render`: settings -> text -> checked by the schema -> written, or compared."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ..config.advice import give_advice
from ..config.flags import add_setting_flags
from ..config.settings import DEFAULT_SOURCE, Flags, load, set_in_file
from ..errors import EXIT_OK, EXIT_PROBLEMS
from ..rendering import writer
from ..rendering.header import Rendered
from ..rendering.repository import render_repository
from ..rendering.writer import Drift, State
from ..terminal import show, write_content
from ..workflow.files import find_repository_root


@click.command("render")
@click.argument(
    "directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@add_setting_flags
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
    flags: Flags,
    check: bool,
    diff: bool,
    stdout: bool,
    clean: bool,
    force: bool,
) -> int:
    """Write the workflow files of DIRECTORY (default: here) from templates and settings.

    Settings given as flags are kept in wfgen.toml (or [tool.wfgen] of pyproject.toml),
    so that the next `wfgen render` needs none of them.
    """
    writes_nothing = check or diff or stdout
    if check + diff + stdout > 1 or (writes_nothing and (clean or force)):
        raise click.UsageError(
            "--check, --diff and --stdout write nothing: "
            "give one of them, without --clean or --force"
        )
    root = _find_root(directory)
    files = render_repository(root, os.environ, flags)
    if stdout:
        _print_workflows(files)
        return EXIT_OK
    drifts = (*_keep_flags(root, flags), *writer.compare(root, files))
    orphans = writer.find_orphans(root, files)
    if check or diff:
        return _show_drifts((*drifts, *orphans), failing=check)
    _write(root, drifts, force=force)
    if clean:
        writer.remove(root, orphans)
    _report_orphans(orphans, removed=clean)
    for line in give_advice(load(root, os.environ, flags), datetime.now(UTC)):
        show(f"note: {line}", err=True)
    return EXIT_OK


def _find_root(directory: Path) -> Path:
    """Find the top of the repository, and say so where it is another folder."""
    root = find_repository_root(directory)
    if root != directory:
        show(
            "note: GitHub reads workflows at the top of the repository alone, "
            f"which is {root}",
            err=True,
        )
    return root


def _keep_flags(root: Path, flags: Flags) -> tuple[Drift, ...]:
    """Return the change to the file of settings that keeps what flags set, if any.

    Or the next render without flags would take them back.
    """
    if not flags:
        return ()
    kept, wanted = load(root, {}), load(root, os.environ, flags)
    news = {}
    for key in flags:
        value = wanted.values[key].value
        was_set = kept.values[key].source != DEFAULT_SOURCE
        if not was_set or kept.values[key].value != value:
            news[key] = value
    if not news:
        return ()
    change = set_in_file(root, news)
    state = State.STALE if change.current else State.MISSING
    return (Drift(change.name, state, change.current, change.changed),)


def _print_workflows(files: Iterable[Rendered]) -> None:
    for file in files:
        if file.path.endswith(".yml"):
            write_content(file.text)


def _show_drifts(drifts: Iterable[Drift], *, failing: bool) -> int:
    """Print every difference; with `failing`, one is an error."""
    different = [drift for drift in drifts if drift.state is not State.SAME]
    if not different:
        show("every file is as it would be rendered")
        return EXIT_OK
    for drift in different:
        show(f"{drift.path}: {drift.state}", err=failing)
        write_content(drift.diff())
    if failing:
        return EXIT_PROBLEMS
    return EXIT_OK


def _write(root: Path, drifts: Sequence[Drift], *, force: bool) -> None:
    written = writer.write(root, drifts, force=force)
    for drift in drifts:
        outcome = "wrote" if drift in written else "unchanged"
        show(f"{outcome:9}  {drift.path}")


def _report_orphans(orphans: Iterable[Drift], *, removed: bool) -> None:
    for drift in orphans:
        if removed:
            show(f"removed    {drift.path}")
        else:
            show(f"orphan     {drift.path}  (--clean removes it)")
