"""The page that documents a rendered workflow.

Its settings in words, its YAML quoted word for word.

Every quotation is cut out of the rendered text by the positions of its nodes, so the
page cannot say what the workflow does not. The sections follow the document that the
workflow was first described in.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..config import options
from ..config.derived import get_retention, list_notification_ways, list_state_parts
from ..config.settings import FILE, PYPROJECT, Settings
from ..errors import SettingsError
from ..workflow.model import Step as WorkflowStep
from ..workflow.model import Workflow
from ..workflow.parser import parse_workflow
from ..workflow.source import parse_yaml
from . import phrases
from .header import Rendered
from .render import WORKFLOWS, render_page

TEMPLATES = {"en": "docs_en.md.j2", "ru": "docs_ru.md.j2"}
LANGUAGE_BY_TEMPLATE = {"docs_en.md.j2": "en", "docs_ru.md.j2": "ru"}
DEFAULT_PATHS = {"en": "docs/workflow.md", "ru": "docs/workflow.ru.md"}
_NOTIFY = "notify"
_TRIAL = "trial"
_REPORT = "Summarise "
_STORING = ("actions/upload-artifact@", "actions/cache/save@")
_SETTING_UP = ("actions/checkout@", "actions/setup-python@")
_SECRET = re.compile(r"\bsecrets\.([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the rendered workflow.

    Its job, its YAML as it stands there, and the section it belongs to.
    """

    job: str
    name: str
    yaml: str
    section: str


class StoredArtifact(NamedTuple):
    """An artifact that is uploaded, and for how many days; `part` "extra" is the user's."""

    part: str
    name: str
    path: str
    days: int


def render_docs(
    template: str, path: str, settings: Settings, root: Path, files: Sequence[Rendered]
) -> Rendered:
    """Render the page from one of TEMPLATES, or a template of the user's of that name.

    `files` are those the settings render to. Raises SettingsError where a template is
    at fault.
    """
    if template not in LANGUAGE_BY_TEMPLATE:
        raise SettingsError(
            f"{path} was written from {template}, which is no template of a page",
            hint="remove it",
        )
    workflow_path = WORKFLOWS + settings[options.WORKFLOW]
    workflow = next(file for file in files if file.path == workflow_path)
    language = LANGUAGE_BY_TEMPLATE[template]
    context = {
        **_list_phrases(language),
        **_describe_settings(settings, language),
        **_quote_workflow(workflow, settings),
    }
    return render_page(template, path, settings, root, context)


def _list_phrases(language: str) -> dict[str, object]:
    """List the functions a page calls, by the names templates have for them."""

    def speak(phrase: Callable[[Any, str], str]) -> Callable[[Any], str]:
        return lambda value: phrase(value, language)

    def apply_to_all(phrase: Callable[[object], str]) -> Callable[[Any], list[str]]:
        return lambda values: [phrase(value) for value in values]

    return {
        "code": phrases.format_code,
        "codes": apply_to_all(phrases.format_code),
        "cell": phrases.format_cell,
        "cells": apply_to_all(phrases.format_cell),
        "plain": phrases.escape_prose,
        "fenced": phrases.format_fenced,
        "days": speak(phrases.count_days),
        "minutes": speak(phrases.count_minutes),
        "listed": speak(phrases.join_words),
    }


def _describe_settings(settings: Settings, language: str) -> dict[str, object]:
    """Describe what a page says of the settings alone."""
    zone = settings[options.SCHEDULE_TIMEZONE]
    crons = settings[options.SCHEDULE_CRON]
    times = [phrases.describe_schedule(cron, zone, language) for cron in crons]
    more = []
    if settings[options.WORKFLOWS_CI]:
        more.append("ci")
    if settings[options.WORKFLOWS_KEEPALIVE]:
        more.append("keepalive")
    if settings[options.WORKFLOWS_WATCHDOG]:
        more.append("watchdog")
    changed = [(option.key, option.describe(language)) for option in settings.changed]
    return {
        "times": times,
        "ways": list_notification_ways(settings),
        "more": more,
        "changed_settings": changed,
        "settings_file": _find_settings_file(settings),
        "stored": _list_stored(settings),
        "shortest": min(
            get_retention(settings, "model"), get_retention(settings, "data")
        ),
    }


def _quote_workflow(file: Rendered, settings: Settings) -> dict[str, object]:
    """Describe what a page says of the rendered workflow, which it quotes."""
    workflow = parse_workflow(parse_yaml(file.text, Path(file.path)))
    steps = _list_steps(workflow, file.text, settings)
    sections: dict[str, list[str]] = {}
    for step in steps:
        quotations = sections.setdefault(step.section, [])
        # Jobs that start alike would be quoted twice.
        if step.yaml not in quotations:
            quotations.append(step.yaml)

    def quote_section(name: str) -> str:
        if name not in sections:
            return ""
        return phrases.format_fenced("\n\n".join(sections[name]))

    added_jobs = settings[options.EXTRA_JOBS]
    secrets = set(_SECRET.findall(file.text)) - {"GITHUB_TOKEN"}
    return {
        "path": file.path,
        "quoted": quote_section,
        "on_yaml": _cut_block(file.text, "on"),
        "env_yaml": "env:\n" + _find_iterations_line(file.text),
        "extra_steps": [step for step in steps if step.section == "extra"],
        "extra_jobs": [
            (job.id, job.name) for job in workflow.jobs if job.id in added_jobs
        ],
        "used_secrets": sorted(secrets),
        "reports": any(step.name.startswith(_REPORT) for step in steps),
    }


def _find_settings_file(settings: Settings) -> str:
    """Find where settings are changed: the file that holds some, else the one to make."""
    files = set()
    for value in settings.values.values():
        name, _, _ = value.source.partition(":")
        files.add(name)
    if PYPROJECT in files and FILE not in files:
        return PYPROJECT
    return FILE


def _list_steps(workflow: Workflow, text: str, settings: Settings) -> list[Step]:
    """List the steps of the jobs that wfgen renders."""
    # Steps of the settings stand among ours, and their names are all that is rendered
    # of where they came from.
    added_names = _list_added_names(settings)
    added_jobs = settings[options.EXTRA_JOBS]
    steps = []
    for job in workflow.jobs:
        # The job of pull requests has the steps of the one that trains.
        if job.id in added_jobs or job.id == _TRIAL:
            continue
        for step in job.steps:
            if job.id == _NOTIFY:
                section = _NOTIFY
            elif step.name in added_names:
                section = "extra"
            else:
                section = _choose_section(step)
            yaml = _cut_step(text, step)
            steps.append(Step(job.id, step.name, yaml, section))
    return steps


def _list_added_names(settings: Settings) -> set[str]:
    """List the names of the steps that the settings add."""
    names = set()
    for option in options.STEP_OPTIONS:
        for step in settings[option]:
            names.add(str(step["name"]))
    return names


def _choose_section(step: WorkflowStep) -> str:
    """Choose the section of the page that a step of ours belongs to.

    What is in no other is part of the training.
    """
    # By what a step is, not where it stands: templates of the user's may move steps.
    if step.uses.startswith(_SETTING_UP) or step.name == "Install dependencies":
        return "setup"
    if "Kaggle" in step.name:
        return "kaggle"
    if step.id == "state" or step.name.startswith(("Download ", "Restore ")):
        return "restore"
    if step.uses.startswith(_STORING) or step.name.startswith(("Keep ", _REPORT)):
        return "upload"
    return "train"


def _cut_step(text: str, step: WorkflowStep) -> str:
    """Cut out the lines of one step, as they stand in the file."""
    lines = text.splitlines()
    start = step.position.line - 1
    margin = _measure_margin(lines[start])
    return textwrap.dedent("\n".join(_iter_deeper(lines, start, margin)))


def _cut_block(text: str, key: str) -> str:
    """Cut out a block of the file's top level."""
    lines = text.splitlines()
    return "\n".join(_iter_deeper(lines, lines.index(f"{key}:"), 0))


def _iter_deeper(lines: Sequence[str], start: int, margin: int) -> Iterator[str]:
    """Yield a line and those after it with a wider margin, no blank ones at the end."""
    yield lines[start]
    blank = 0
    for line in lines[start + 1 :]:
        if not line.strip():
            blank += 1
            continue
        if _measure_margin(line) <= margin:
            return
        yield from [""] * blank
        blank = 0
        yield line


def _measure_margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _find_iterations_line(text: str) -> str:
    """Find the line that gives the number of iterations."""
    for line in text.splitlines():
        if "TRAINING_ITERATIONS: " in line:
            return "  " + line.strip()
    return "  {}"


def _list_stored(settings: Settings) -> list[StoredArtifact]:
    """List everything that is uploaded."""
    stored = []
    for part in (*list_state_parts(settings), "logs"):
        artifact = options.ARTIFACTS[part]
        name, path = settings[artifact.name], settings[artifact.path]
        days = get_retention(settings, part)
        stored.append(StoredArtifact(part, name, path, days))
    for extra in settings[options.ARTIFACTS_EXTRA]:
        days = extra["retention"] or settings[options.RETENTION]
        stored.append(StoredArtifact("extra", extra["name"], extra["path"], days))
    return stored
