"""A small repository of its own for the demo, and the proof that its second run went on from its first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from generator.errors import OutputError, ToolMissingError
from generator.process import Runner
from generator.runner.present import kept_until, metric_text, origin_text, table
from generator.runner.records import Conclusion, RunResult

PIPELINE = "pipeline"
REQUIREMENTS = "requirements.txt"
HEADINGS = ("run", "event", "state from", "rows learnt", "in all", "metric", "artifacts kept until")


def make_project(folder: Path, here: Path, package_parent: Path) -> None:
    """Make the demo's repository anew: the training package and what it needs, nothing else.

    `here` is where the demo was called, whose locked requirements are taken if it is a checkout of wfgen;
    `package_parent` holds the installed packages. Raises OutputError where nothing can be written.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        source = here if (here / PIPELINE / "__main__.py").is_file() else package_parent
        shutil.copytree(source / PIPELINE, folder / PIPELINE, ignore=shutil.ignore_patterns("__pycache__"))
        locked = here / REQUIREMENTS
        text = locked.read_text(encoding="utf-8") if locked.is_file() and source == here else _requirements()
        (folder / REQUIREMENTS).write_text(text, encoding="utf-8")
        (folder / ".gitignore").write_text("/runtime/\n__pycache__/\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the demo's repository cannot be made in {folder}: {error}") from error


def commit(folder: Path, runner: Runner) -> None:
    """Make the folder a git repository with one commit; without git its runs have a made-up sha."""
    identity = ["-c", "user.name=wfgen demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"]
    try:
        runner.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=folder)
        runner.run(["git", "add", "--all"], cwd=folder)
        runner.run(["git", *identity, "commit", "--quiet", "--message", "Try wfgen"], cwd=folder)
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
    """What is not as it must be; empty where each run went on from the one before with as many rows more."""
    faults = [f"run #{result.run.number} failed" for result in results if result.conclusion is not Conclusion.SUCCESS]
    if faults:
        return faults
    first = _rows(results[0], "rows_total")
    for place, result in enumerate(results):
        expected_origin = (results[place - 1].run.id,) if place else ()
        if result.restored_from != expected_origin:
            faults.append(f"run #{result.run.number} took its state from {result.restored_from or 'nothing'}")
        if not first or _rows(result, "rows_total") != first * (place + 1):
            faults.append(
                f"run #{result.run.number} has learnt {_rows(result, 'rows_total')} rows and not {first * (place + 1)}"
            )
    return faults


def _rows(result: RunResult, key: str) -> int:
    value: Any = (result.summary or {}).get(key)
    return value if isinstance(value, int) else 0


def _requirements() -> str:
    """The `train` extra of the installed package, where there is no locked list."""
    wanted: Callable[[str], bool] = lambda line: 'extra == "train"' in line or "extra == 'train'" in line  # noqa: E731
    lines = [line.partition(";")[0].strip() for line in metadata.requires("wfgen") or [] if wanted(line)]
    return "".join(f"{line}\n" for line in lines)
