"""A small repository of its own for the demo.

The proof that its second run went on from its first.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import OutputError, ToolMissingError
from ..process import Runner
from ..resources import read_locked_requirements, pipeline_dir
from .models import Conclusion, RunResult
from .results.summary import kept_until, metric_text, origin_text, table

PIPELINE = "pipeline"
REQUIREMENTS = "requirements.txt"
HEADINGS = (
    "run",
    "event",
    "state from",
    "rows learnt",
    "in all",
    "metric",
    "artifacts kept until",
)


def make_project(folder: Path, here: Path) -> None:
    """Make the demo's repository anew: the training package and what it needs, nothing else.

    `here` is where the demo was called, whose training is taken if it is a checkout of
    wfgen. Raises OutputError where nothing can be written.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        own = here / PIPELINE
        checkout = (own / "__main__.py").is_file()
        shutil.copytree(
            own if checkout else pipeline_dir(),
            folder / PIPELINE,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        locked = here / REQUIREMENTS
        text = (
            locked.read_text(encoding="utf-8")
            if locked.is_file() and checkout
            else read_locked_requirements()
        )
        (folder / REQUIREMENTS).write_text(text, encoding="utf-8")
        (folder / ".gitignore").write_text(
            "/runtime/\n__pycache__/\n", encoding="utf-8"
        )
    except OSError as error:
        raise OutputError(
            f"the demo's repository cannot be made in {folder}: {error}"
        ) from error


def commit(folder: Path, runner: Runner) -> None:
    """Make the folder a git repository with one commit; without git its runs have a made-up sha."""
    identity = [
        "-c",
        "user.name=wfgen demo",
        "-c",
        "user.email=demo@localhost",
        "-c",
        "commit.gpgsign=false",
    ]
    try:
        runner.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=folder)
        runner.run(["git", "add", "--all"], cwd=folder)
        runner.run(
            ["git", *identity, "commit", "--quiet", "--message", "Try wfgen"],
            cwd=folder,
        )
    except ToolMissingError:
        return


def overview(results: Sequence[RunResult]) -> list[str]:
    """The demo's table, a line a run."""
    runs = [result.run for result in results]
    rows = [
        (
            f"#{result.run.number}",
            result.run.event,
            origin_text(result, runs).partition(" (")[0].partition(":")[0],
            str(_rows(result, "rows_this_run")),
            str(_rows(result, "rows_total")),
            metric_text(result.summary),
            min((kept_until(artifact) for artifact in result.artifacts), default="-"),
        )
        for result in results
    ]
    return table([HEADINGS, *rows], right=(3, 4))


def faults_of(results: Sequence[RunResult]) -> list[str]:
    """What is not as it must be.

    Empty where each run went on from the one before with as many rows more.
    """
    faults = [
        f"run #{result.run.number} failed"
        for result in results
        if result.conclusion is not Conclusion.SUCCESS
    ]
    if faults:
        return faults
    first = _rows(results[0], "rows_total")
    for place, result in enumerate(results):
        expected_origin = (results[place - 1].run.id,) if place else ()
        if result.restored_from != expected_origin:
            faults.append(
                f"run #{result.run.number} took its state from {result.restored_from or 'nothing'}"
            )
        if not first or _rows(result, "rows_total") != first * (place + 1):
            faults.append(
                f"run #{result.run.number} has learnt {_rows(result, 'rows_total')} rows and not {first * (place + 1)}"
            )
    return faults


def _rows(result: RunResult, key: str) -> int:
    value: Any = (result.summary or {}).get(key)
    return value if isinstance(value, int) else 0
