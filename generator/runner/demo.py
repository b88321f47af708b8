"""A small repository for the demo, and the proof that its second run continued its first."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputError, ToolMissingError
from ..process import Runner
from ..resources import pipeline_dir, read_locked_requirements
from .models import Conclusion, RunResult
from .results.summary import describe_metric, describe_origin, format_expiry
from .results.text import format_table
from .results.training import TrainingSummary

PIPELINE = "pipeline"
REQUIREMENTS = "requirements.txt"
HEADINGS = (
    "run",
    "event",
    "state from",
    "trained on",
    "in all",
    "metric",
    "artifacts kept until",
)
_NUMBER_COLUMNS = (3, 4)
_IDENTITY = (
    "-c",
    "user.name=wfgen demo",
    "-c",
    "user.email=demo@localhost",
    "-c",
    "commit.gpgsign=false",
)


def make_project(folder: Path, here: Path) -> None:
    """Make the demo's repository anew: the training package and what it needs, nothing else.

    `here` is where the demo was called, whose training is taken if it is a checkout of
    wfgen. Raises OutputError where nothing can be written.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _copy_training(folder, here)
        ignored = "/runtime/\n__pycache__/\n"
        (folder / ".gitignore").write_text(ignored, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"the demo's repository cannot be made in {folder}: {error}"
        ) from error


def _copy_training(folder: Path, here: Path) -> None:
    package = here / PIPELINE
    requirements = here / REQUIREMENTS
    is_checkout = (package / "__main__.py").is_file()
    if not is_checkout:
        package = pipeline_dir()
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / PIPELINE, ignore=ignore)
    if is_checkout and requirements.is_file():
        text = requirements.read_text(encoding="utf-8")
    else:
        text = read_locked_requirements()
    (folder / REQUIREMENTS).write_text(text, encoding="utf-8")


def commit_project(folder: Path, runner: Runner) -> None:
    """Make the folder a git repository with one commit.

    Without git its runs have a made-up sha.
    """
    commit = ["commit", "--quiet", "--message", "Try wfgen"]
    commands = (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "--all"],
        [*_IDENTITY, *commit],
    )
    try:
        for command in commands:
            runner.run(["git", *command], cwd=folder)
    except ToolMissingError:
        return


def list_table_lines(results: Sequence[RunResult]) -> list[str]:
    """Return the demo's table, a line a run."""
    runs = [result.run for result in results]
    rows: list[Sequence[str]] = [HEADINGS]
    for result in results:
        training = _get_training(result)
        # The first of all that an origin says: no ids and no explanations.
        origin = describe_origin(result, runs).partition(" (")[0].partition(":")[0]
        expiries = [format_expiry(artifact) for artifact in result.artifacts]
        rows.append(
            (
                f"#{result.run.number}",
                result.run.event,
                origin,
                str(training.rows_this_run),
                str(training.rows_total),
                describe_metric(result.summary),
                min(expiries, default="-"),
            )
        )
    return format_table(rows, right=_NUMBER_COLUMNS)


def find_faults(results: Sequence[RunResult]) -> list[str]:
    """Find what is not as it must be.

    Empty where each run went on from the one before with as many rows more.
    """
    faults = []
    for result in results:
        number = result.run.number
        if result.conclusion is not Conclusion.SUCCESS:
            faults.append(f"run #{number} failed")
    if faults:
        return faults
    first_rows = _get_training(results[0]).rows_total
    origin: tuple[int, ...] = ()
    for position, result in enumerate(results, start=1):
        number = result.run.number
        if result.restored_from != origin:
            found = result.restored_from or "nothing"
            faults.append(f"run #{number} took its state from {found}")
        rows, expected_rows = _get_training(result).rows_total, first_rows * position
        if not first_rows or rows != expected_rows:
            faults.append(
                f"run #{number} was trained on {rows} rows and not {expected_rows}"
            )
        origin = (result.run.id,)
    return faults


def _get_training(result: RunResult) -> TrainingSummary:
    """Return what the training of a run said it did, zeros where it said nothing."""
    training = TrainingSummary.from_json(result.summary)
    if training is None:
        return TrainingSummary(0, 0, "", "")
    return training
