"""What `wfgen init` tells: what was found, what was written, what is left to the user."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from ..config.options import (
    ARTIFACTS,
    BRANCHES,
    INSTALL_REQUIREMENTS,
    ITERATIONS,
    PYTHON,
    STATE_PATHS,
    STEP_OPTIONS,
    TRAIN_COMMAND,
    TRAIN_LOOP,
)
from .changes import WRITING, Change, FileAction
from .plan import InitPlan
from .survey import Survey
from .taken_over import TakenOver
from .training_copy import PACKAGE

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


def describe_plan(
    directory: Path, survey: Survey, plan: InitPlan, *, dry_run: bool
) -> list[str]:
    """Return the lines: what was found, what was written, what is left to the user."""
    lines = [*_describe_findings(survey, plan), ""]
    if dry_run:
        lines += [*_describe_changes(survey, plan, _DRY_WORDS, 12), ""]
        lines.append("nothing was written (--dry-run)")
    else:
        lines += [*_describe_changes(survey, plan, {}, 9), ""]
        lines += _describe_next_steps(directory, survey, plan)
    return lines


def _describe_findings(survey: Survey, plan: InitPlan) -> Iterator[str]:
    settings = plan.settings
    branch_note = "no git repository yet"
    python_note = survey.python_from or "wfgen's default"
    taken = _get_taken_over(survey)
    if taken.python and settings[PYTHON] == taken.python:
        python_note = taken.file
    if survey.is_repository:
        branch_note = "the default branch"
    training, training_note = _describe_training(survey, plan)
    rows = (
        ("branch", ", ".join(settings[BRANCHES]), branch_note),
        ("python", settings[PYTHON], python_note),
        ("training", training, training_note),
        ("state", ", ".join(settings[STATE_PATHS]), "restored and kept where it lies"),
        ("schedule", _describe_schedule(survey), ""),
        ("installs", settings[INSTALL_REQUIREMENTS] or "nothing", ""),
    )
    for name, value, note in rows:
        if not value:
            continue
        line = f"{name:9}  {value}"
        if note:
            line += f"  ({note})"
        yield line


def _get_taken_over(survey: Survey) -> TakenOver:
    if survey.training is None:
        return TakenOver()
    return survey.training.taken_over


def _describe_schedule(survey: Survey) -> str:
    taken = _get_taken_over(survey)
    if not taken.crons:
        return ""
    return f"{', '.join(taken.crons)}  ({taken.file})"


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
    notes = _get_taken_over(survey).notes
    if notes:
        yield ""
    for note in notes:
        yield note
    has_steps = any(settings[option] for option in STEP_OPTIONS)
    if not (settings[INSTALL_REQUIREMENTS] or has_steps):
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
    text = "\n".join(file.text for file in plan.rendered)
    secrets = list(_list_secrets(text))
    # The first push starts the first run, which needs them.
    if survey.has_remote:
        yield from secrets
        yield "git push", ""
    elif secrets:
        yield "gh repo create --private --source=.", ""
        yield from secrets
        yield "git push --set-upstream origin HEAD", ""
    else:
        yield "gh repo create --private --source=. --push", ""
    taken = _get_taken_over(survey)
    if taken.file:
        name = Path(taken.file).name
        yield f"gh workflow disable {shlex.quote(name)}", "it trains too"
    if "vars.TRAINING_ITERATIONS" in text:
        yield (
            "gh variable set TRAINING_ITERATIONS --body 5",
            f"optional; else {plan.settings[ITERATIONS]}",
        )


def _list_secrets(text: str) -> Iterator[tuple[str, str]]:
    """Yield what sets the secrets that the rendered files read, each with a note."""
    secrets = set(re.findall(r"\bsecrets\.([A-Z][A-Z0-9_]*)", text))
    # GitHub makes this one for every run.
    secrets.discard("GITHUB_TOKEN")
    if secrets >= _SECRET_NOTES.keys():
        # Either is a login.
        secrets -= {"KAGGLE_USERNAME", "KAGGLE_KEY"}
    for name in sorted(secrets):
        note = _SECRET_NOTES.get(name, "the workflow uses it")
        yield f"gh secret set {name}", note
