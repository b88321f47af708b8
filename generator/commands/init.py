"""`wfgen init`: settle into a repository, asking nothing that can be found out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import filterfalse
from pathlib import Path

import click

from ..config.flags import TRAINING_PREFIX, parse_pairs
from ..config.options import (
    BY_KEY,
)
from ..errors import EXIT_OK, SettingsError
from ..init.apply import apply_changes, make_repository
from ..init.inspection import NOTHING_SEEN, SeenData, inspect_data
from ..init.plan import InitOptions, InitPlan, make_plan
from ..init.question import ask_what_to_train
from ..init.report import describe_plan
from ..init.survey import Survey, survey_repository
from ..process import SystemRunner
from ..rendering.repository import validate_rendered
from ..terminal import show
from ..training_program import parse_training_pairs

_SCHEME = re.compile(r"[a-z0-9]+:")
_WILDCARD = re.compile(r"[*?\[]")


@click.command("init")
@click.argument("directory", default=".", type=click.Path(path_type=Path))
@click.option(
    "--command",
    "training",
    metavar="TEXT",
    help="Your training, where it is not found by itself.",
)
@click.option(
    "--data",
    metavar="SOURCE",
    help="Use wfgen's training on a file, folder, URL or kaggle:OWNER/DATASET.",
)
@click.option(
    "--sample", is_flag=True, help="Use wfgen's training on its built-in sample."
)
@click.option("--target", metavar="COLUMN", help="The column of --data to predict.")
@click.option(
    "--set",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    help="Any setting (`wfgen settings` lists them).",
)
@click.option(
    "--pyproject",
    is_flag=True,
    help="Settings into [tool.wfgen] of pyproject.toml, not into wfgen.toml.",
)
@click.option(
    "--upgrade",
    is_flag=True,
    help="Replace the copied training by this wfgen's, but for what you edited.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite workflows and training files that were edited by hand.",
)
@click.option(
    "--dry-run", is_flag=True, help="Write nothing; say what would be written."
)
def command(  # noqa: PLR0913 - one parameter a flag
    *,
    directory: Path,
    training: str | None,
    data: str | None,
    sample: bool,
    target: str | None,
    pairs: Sequence[str],
    pyproject: bool,
    upgrade: bool,
    force: bool,
    dry_run: bool,
) -> int:
    """Make the repository DIRECTORY (default: here) train on GitHub.

    Finds the default branch, the Python version, the requirements and your training:
    in workflows, project files, scripts, notebooks and the README. Where it is not
    clear, it asks (exit code 2). An empty repository gets wfgen's own training, which
    trains on a built-in sample at once. Writes settings, workflow, requirements and lines of
    .gitignore: all of them or none. Your settings and requirements are never
    overwritten, other files only with --force. A folder that is no git repository
    becomes one; nothing is committed.
    """
    runner = SystemRunner()
    survey = survey_repository(directory, runner)
    pipeline = _parse_source(survey.root, data, target)
    settings = _parse_settings(training, pairs)
    if data is not None or sample:
        _refuse_both(training, data, sample=sample)
        survey = replace(survey, training=None)
    elif not (survey.training or survey.settings_file or "train.command" in settings):
        ask_what_to_train(survey.root, survey.choice)
    seen = _look_at_data(survey, pipeline, pairs, runner)
    options = InitOptions(settings, pipeline, pyproject, force, upgrade, seen.settings)
    plan = make_plan(survey, options, validate_rendered)
    if not dry_run:
        _apply_plan(survey, plan, runner)
    lines = describe_plan(directory, survey, plan, dry_run=dry_run)
    show("\n".join([*lines, *seen.lines]))
    return EXIT_OK


def _parse_source(root: Path, data: str | None, target: str | None) -> dict[str, str]:
    """Return the settings of the built-in training: where its rows are, what it predicts.

    Raises SettingsError.
    """
    if data is None and target is None:
        return {}
    if not data or not target or not (data + target).isprintable():
        raise SettingsError(
            "--data and --target go together", hint="--data data/*.csv --target price"
        )
    if not _SCHEME.match(data):
        _check_local_source(root, data)
    return {"source": data, "target": target}


def _is_for_training(pair: str) -> bool:
    return pair.startswith(TRAINING_PREFIX)


def _parse_training(
    root: Path, pairs: Sequence[str], runner: SystemRunner
) -> dict[str, object]:
    """Settings of the training in `--set pipeline.KEY=VALUE`. Raises SettingsError."""
    texts = {}
    for pair in filter(_is_for_training, pairs):
        key, _, text = pair.partition("=")
        texts[key.removeprefix(TRAINING_PREFIX)] = text
    return parse_training_pairs(root, texts, runner)


def _look_at_data(
    survey: Survey, pipeline: dict[str, str], pairs: Sequence[str], runner: SystemRunner
) -> SeenData:
    """What the training says of a table that lies here, and settings that were given."""
    seen = NOTHING_SEEN
    if pipeline and not survey.settings_file and not _SCHEME.match(pipeline["source"]):
        source, target = pipeline["source"], pipeline["target"]
        seen = inspect_data(survey.root, source, target, runner)
    given = _parse_training(survey.root, pairs, runner)
    return seen._replace(settings={**seen.settings, **given})


def _refuse_both(training: str | None, data: str | None, *, sample: bool) -> None:
    if training is not None:
        raise click.UsageError(
            "--data and --sample are for wfgen's own training, --command for yours: "
            "give one of them"
        )
    if data is not None and sample:
        raise click.UsageError("--sample is a table of its own: leave out --data")


def _check_local_source(root: Path, data: str) -> None:
    if Path(data).is_absolute() or ".." in Path(data).parts:
        raise SettingsError(
            f"--data {data}: must lie in the repository, or GitHub would not have it"
        )
    if not _WILDCARD.search(data) and not (root / data).exists():
        raise SettingsError(f"--data {data}: there is no such file or folder in {root}")


def _parse_settings(training: str | None, pairs: Sequence[str]) -> dict[str, object]:
    """Return settings by key, each of its type. Raises SettingsError."""
    flags = parse_pairs(list(filterfalse(_is_for_training, pairs)))
    if training is not None:
        loop = "each"
        if "TRAINING_ITERATIONS" in training:
            loop = "once"
        flags["train.command"] = ("--command", training)
        flags.setdefault("train.loop", ("--command", loop))
        flags.setdefault("dataset.source", ("--command", "own"))
    settings = {}
    for key, (flag, text) in flags.items():
        try:
            settings[key] = BY_KEY[key].value_type.from_text(str(text))
        except ValueError as error:
            raise SettingsError(f"flag {flag}: {key} {error}") from None
    return settings


def _apply_plan(survey: Survey, plan: InitPlan, runner: SystemRunner) -> None:
    if not survey.is_repository:
        make_repository(survey.root, survey.branch, runner)
    apply_changes(survey.root, plan.changes, made_repository=not survey.is_repository)
