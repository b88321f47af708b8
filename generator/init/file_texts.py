"""The texts of the files that settling in adds: settings, requirements, lines of `.gitignore`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import cast

from ..config.cron import find_longest_gap
from ..config.derived import list_state_parts
from ..config.options import ARTIFACTS, BY_KEY
from ..config.reference import format_toml
from ..config.settings import Settings
from .own_training import OwnTraining, find_setup
from .survey import Survey

_SETTINGS_HEAD = """\
# `wfgen settings` lists every setting there is; run `wfgen render` after a change.
"""
# Written with their defaults too: these are what people change first.
_ALWAYS_WRITTEN = ("branches", "iterations", "retention", "python")
# The table that the built-in training reads, wherever it lies.
PIPELINE_TABLE = "pipeline"
KAGGLE = "kaggle:"
NOTHING_TO_INSTALL = "# What the training needs, a line each.\n"
STATE_FOLDER = "/.wfgen/"
SECONDS_A_DAY = 86_400
# As long as GitHub keeps artifacts of public repositories.
MOST_DAYS = 90
_NEW_FILE_LINES = ("__pycache__/", ".venv/")


def choose_settings(survey: Survey, source: str) -> dict[str, object]:
    """Return the settings that follow from what was found, by key.

    `source` is where the built-in training gets its rows.
    """
    settings: dict[str, object] = {"branches": (survey.branch,)}
    if source:
        settings["dataset.source"] = "own"
    if source.startswith(KAGGLE) or "kaggle.com/" in source:
        settings["dataset.source"] = "kaggle"
    if survey.python:
        settings["python"] = survey.python
    if survey.training is not None:
        settings |= _choose_training_settings(survey.training)
        if survey.training.taken_over.python and not survey.python:
            settings["python"] = survey.training.taken_over.python
    return settings


def format_settings(
    values: Mapping[str, object], pipeline: Mapping[str, object], prefix: str = ""
) -> str:
    """Return settings as TOML, with those of the built-in training in a table of their own.

    `prefix` is the table around them ("tool.wfgen" in pyproject.toml).
    """
    always = {key: BY_KEY[key].default for key in _ALWAYS_WRITTEN}
    tables: dict[str, list[str]] = {}
    for key, value in (always | dict(values)).items():
        if key in always or value != BY_KEY[key].default:
            table, _, name = key.rpartition(".")
            tables.setdefault(table, []).append(f"{name} = {format_toml(value)}")
    if pipeline:
        lines = [f"{key} = {format_toml(value)}" for key, value in pipeline.items()]
        tables[PIPELINE_TABLE] = lines
    texts = []
    # The keys of the top level come first, as TOML wants them.
    for table in sorted(tables):
        lines = tables[table]
        title = ".".join(filter(None, (prefix, table)))
        if title:
            lines = [f"[{title}]", *lines]
        texts.append("\n".join(lines) + "\n")
    return _SETTINGS_HEAD + "\n".join(texts)


def format_requirements(survey: Survey, dependencies: Sequence[str] | None) -> str:
    """Return what a training of the user's own needs, "" for nothing.

    From pyproject.toml, or else from its imports. `dependencies` are those of the
    project; None where the project installs by itself.
    """
    if dependencies is None:
        return "# The project itself, with what its pyproject.toml says it needs.\n.\n"
    if dependencies:
        return _join_lines(
            "# From project.dependencies of pyproject.toml.", dependencies
        )
    if survey.training is None or not survey.training.imports:
        return ""
    return _join_lines(
        "# What the training imports. Pin versions, so that tomorrow's run is like today's.",
        survey.training.imports,
    )


def list_ignored(settings: Settings, tracked: Iterable[str]) -> tuple[str, ...]:
    """Return the lines `.gitignore` needs: wfgen's state, and the work area of the training.

    A folder that holds `tracked` files is not ignored: new ones would never be added.
    """
    folders = []
    for part in (*list_state_parts(settings), "logs"):
        folder = settings[ARTIFACTS[part].path]
        if not any(path.startswith(folder) for path in tracked):
            folders.append(folder)
    shared = _find_shared_folder(folders)
    # One folder around all three is ignored whole, unless it is where code lives.
    if shared and shared != "src":
        folders = [f"{shared}/"]
    return (STATE_FOLDER, *(f"/{folder}" for folder in folders))


def add_lines(text: str, lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return a `.gitignore` with the lines it does not have yet, and which those are."""
    # `/runtime/` and `runtime` ignore the same folder of a repository's top.
    present = {line.strip().strip("/") for line in text.splitlines()}
    if not text:
        lines = (*lines, *_NEW_FILE_LINES)
    added = tuple(line for line in lines if line.strip("/") not in present)
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"{line}\n" for line in added), added


def _choose_training_settings(training: OwnTraining) -> dict[str, object]:
    settings: dict[str, object] = {
        "train.command": training.command,
        "train.loop": training.loop,
        "dataset.source": "own",
    }
    taken = training.taken_over
    secrets = tuple(dict.fromkeys((*taken.secrets, *training.secrets)))
    if secrets:
        settings["dataset.secrets"] = secrets
    if training.secrets:
        settings["dataset.source"] = "kaggle"
    if taken.crons:
        settings["schedule.cron"] = taken.crons
        settings |= _choose_retention(taken.crons)
    if taken.variables:
        settings["train.env"] = dict(taken.variables)
    setup = find_setup(training.command)
    if setup:
        settings["install.requirements"] = ""
        settings["steps.before_train"] = ({"name": "Install", "run": setup},)
    folders = (training.model_path, training.data_path)
    # Two parts in one folder would be stored twice.
    if all(folders) and training.model_path != training.data_path:
        settings["artifacts.model.path"] = training.model_path
        settings["artifacts.data.path"] = training.data_path
    elif training.state_files:
        settings["state_paths"] = training.state_files
    return settings


def _choose_retention(crons: Sequence[str]) -> dict[str, object]:
    """Return how long artifacts have to last for a state to outlive a missed run.

    What no artifact outlives is kept in a release.
    """
    gap = find_longest_gap(tuple(crons), datetime.now(tz=UTC))
    days = math.ceil(2 * gap.total_seconds() / SECONDS_A_DAY) + 1
    if days > MOST_DAYS:
        return {"store": "release"}
    default = BY_KEY["retention"].default
    return {"retention": max(days, cast("int", default))}


def _find_shared_folder(folders: Iterable[str]) -> str:
    """Return the one top-level folder that all lie below, "" where there is none."""
    tops = set()
    for folder in folders:
        parts = PurePosixPath(folder).parts
        if len(parts) == 1:
            return ""
        tops.add(parts[0])
    if len(tops) > 1:
        return ""
    return tops.pop()


def _join_lines(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *lines]) + "\n"
