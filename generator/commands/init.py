"""`wfgen init`: settle into a repository, asking nothing that can be found out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from ..config.flags import parse_pairs
from ..config.options import (
    ARTIFACTS,
    BRANCHES,
    BY_KEY,
    INSTALL_REQUIREMENTS,
    ITERATIONS,
    PYTHON,
    STATE_PATHS,
    TRAIN_COMMAND,
    TRAIN_LOOP,
)
from ..errors import EXIT_OK, SettingsError
from ..init.apply import apply_changes, make_repository
from ..init.changes import WRITING, Change, FileAction
from ..init.plan import InitOptions, InitPlan, make_plan
from ..init.question import ask_what_to_train
from ..init.survey import Survey, survey_repository
from ..init.training_copy import PACKAGE
from ..process import SystemRunner
from ..rendering.repository import validate_rendered
from ..terminal import show

_DRY_WORDS = {
    FileAction.WRITE: "would write",
    FileAction.APPEND: "would add",
    FileAction.REMOVE: "would remove",
}
_LOOP_NOTES = {"once": "", "each": ", once an iteration"}
_SECRET_NOTES = {
    "KAGGLE_API_TOKEN": "from https://www.kaggle.com/settings",
    "KAGGLE_USERNAME": "your name on Kaggle",
    "KAGGLE_KEY": "from https://www.kaggle.com/settings",
}
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
    options = InitOptions(settings, pipeline, pyproject, force, upgrade)
    plan = make_plan(survey, options, validate_rendered)
    if not dry_run:
        _apply_plan(survey, plan, runner)
    _print_report(directory, survey, plan, dry_run=dry_run)
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
    flags = parse_pairs(pairs)
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


def _print_report(
    directory: Path, survey: Survey, plan: InitPlan, *, dry_run: bool
) -> None:
    lines = [*_describe_findings(survey, plan), ""]
    if dry_run:
        lines += [*_describe_changes(survey, plan, _DRY_WORDS, 12), ""]
        lines.append("nothing was written (--dry-run)")
    else:
        lines += [*_describe_changes(survey, plan, {}, 9), ""]
        lines += _describe_next_steps(directory, survey, plan)
    for line in lines:
        show(line)


def _describe_findings(survey: Survey, plan: InitPlan) -> Iterator[str]:
    settings = plan.settings
    branch_note = "no git repository yet"
    if survey.is_repository:
        branch_note = "the default branch"
    training, training_note = _describe_training(survey, plan)
    rows = (
        ("branch", ", ".join(settings[BRANCHES]), branch_note),
        ("python", settings[PYTHON], survey.python_from or "wfgen's default"),
        ("training", training, training_note),
        ("state", ", ".join(settings[STATE_PATHS]), "restored and kept where they lie"),
        ("installs", settings[INSTALL_REQUIREMENTS] or "nothing", ""),
    )
    for name, value, note in rows:
        if not value:
            continue
        line = f"{name:9}  {value}"
        if note:
            line += f"  ({note})"
        yield line


def _describe_training(survey: Survey, plan: InitPlan) -> tuple[str, str]:
    """Return which training it is, and a note on where."""
    if not plan.package:
        loop = _LOOP_NOTES[plan.settings[TRAIN_LOOP]]
        note = ""
        if survey.training is not None:
            note = survey.training.reason
        return plan.settings[TRAIN_COMMAND] + loop, note
    note = ""
    if plan.package != PACKAGE:
        note = f"in {plan.package}/: {PACKAGE}/ is yours"
    return f"wfgen's own, on {plan.source or 'a built-in sample'}", note


def _describe_changes(
    survey: Survey, plan: InitPlan, words: dict[FileAction, str], width: int
) -> Iterator[str]:
    """Yield a line a file; those of the copied training are counted, not listed."""

    def format_line(action: FileAction, path: str, note: str) -> str:
        line = f"{words.get(action, action):{width}}  {path}"
        if note:
            line += f"  ({note})"
        return line

    if not survey.is_repository:
        note = f"a new repository, branch {survey.branch}"
        yield format_line(FileAction.WRITE, ".git/", note)
    copied: dict[FileAction, list[Change]] = {}
    folder = f"{plan.package or PACKAGE}/"
    for change in plan.changes:
        if change.path.startswith(folder) and change.path != folder:
            copied.setdefault(change.action, []).append(change)
        else:
            yield format_line(change.action, change.path, change.note)
    for action, changes in copied.items():
        files = "1 file"
        if len(changes) > 1:
            files = f"{len(changes)} files"
        yield format_line(action, folder, f"{files} of the built-in training")


def _describe_next_steps(
    directory: Path, survey: Survey, plan: InitPlan
) -> Iterator[str]:
    """Yield what is left to the user, each step as a command."""
    yield "next"
    for step, note in _list_next_steps(directory, survey, plan):
        line = f"  {step}"
        if note:
            line += f"  # {note}"
        yield line
    settings = plan.settings
    if not plan.package and not settings[STATE_PATHS]:
        model, data = (
            settings[ARTIFACTS["model"].path],
            settings[ARTIFACTS["data"].path],
        )
        yield f"\nthe training has to keep its model below {model}"
        yield f"and how far it got below {data}: artifacts.*.path change that,"
        yield "or state_paths names its files"
    if not settings[INSTALL_REQUIREMENTS]:
        yield "\nnothing is installed for it: install.requirements can name a file"


def _list_next_steps(
    directory: Path, survey: Survey, plan: InitPlan
) -> Iterator[tuple[str, str]]:
    """Yield commands, each with a note or ""."""
    if directory != Path():
        yield f"cd {shlex.quote(str(directory))}", ""
    written = set()
    for change in plan.changes:
        if change.action in WRITING:
            written.add(change.path.split("/")[0])
    if written:
        yield f"git add {' '.join(sorted(written))}", ""
        yield 'git commit -m "Train on GitHub"', ""
    yield "wfgen run", "here, under act; a second time it goes on from the first"
    if survey.has_remote:
        yield "git push", ""
    else:
        yield "gh repo create --private --source=. --push", ""
    text = "\n".join(file.text for file in plan.rendered)
    secrets = set(re.findall(r"\bsecrets\.([A-Z][A-Z0-9_]*)", text))
    # GitHub makes this one for every run.
    for name in sorted(secrets - {"GITHUB_TOKEN"}):
        note = _SECRET_NOTES.get(name, "the workflow uses it")
        yield f"gh secret set {name}", note
    if "vars.TRAINING_ITERATIONS" in text:
        yield (
            "gh variable set TRAINING_ITERATIONS --body 5",
            f"optional; else {plan.settings[ITERATIONS]}",
        )
