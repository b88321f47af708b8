"""The page that documents a rendered workflow.

Its settings in words, its YAML quoted word for word.

Every quotation is cut out of the rendered text by the positions of its nodes, so the
page cannot say what the workflow does not. The sections follow the document that the
workflow was first described in.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..config.settings import FILE, PYPROJECT, Settings
from ..errors import SettingsError
from ..workflow.model import Step as WorkflowStep
from ..workflow.model import Workflow
from ..workflow.parser import parse_workflow
from ..workflow.source import parse_yaml
from . import phrases as docs_words
from .render import WORKFLOWS, Rendered, render_page

TEMPLATES = {language: f"docs_{language}.md.j2" for language in docs_words.LANGUAGES}
DEFAULT_PATHS = {"en": "docs/workflow.md", "ru": "docs/workflow.ru.md"}
_NOTIFY = "notify"
_REPORT = "Summarise "
_STORING = ("actions/upload-artifact@", "actions/cache/save@")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the rendered workflow.

    Its job, its YAML as it stands there, and the section it belongs to.
    """

    job: str
    name: str
    yaml: str
    section: str


def render_docs(
    template: str, path: str, settings: Settings, root: Path, files: Sequence[Rendered]
) -> Rendered:
    """The page from one of TEMPLATES, or from a template of the user's of that name.

    `files` are those the settings render to. Raises SettingsError where a template is
    at fault.
    """
    if template not in TEMPLATES.values():
        raise SettingsError(
            f"{path} was written from {template}, which is no template of a page",
            hint="remove it",
        )
    language = next(key for key, value in TEMPLATES.items() if value == template)
    file = next(
        file for file in files if file.path == WORKFLOWS + settings.text("workflow")
    )
    return render_page(
        template, path, settings, root, _context(settings, file, language)
    )


def _context(settings: Settings, file: Rendered, language: str) -> dict[str, object]:
    workflow = parse_workflow(parse_yaml(file.text, Path(file.path)))
    steps = _steps(workflow, file.text, settings)
    sections: dict[str, list[str]] = {}
    for step in steps:
        texts = sections.setdefault(step.section, [])
        # Jobs that start alike would be quoted twice.
        if step.yaml not in texts:
            texts.append(step.yaml)
    secrets = sorted(
        set(re.findall(r"\bsecrets\.([A-Za-z_]\w*)", file.text)) - {"GITHUB_TOKEN"}
    )
    words = {
        name: getattr(docs_words, name) for name in ("code", "cell", "plain", "fenced")
    }
    spoken = {
        name: partial(_in_language, getattr(docs_words, name), language)
        for name in ("days", "minutes", "listed")
    }
    return {
        **words,
        **spoken,
        "times": [docs_words.schedule(cron, settings.text("schedule.timezone"), language)
                  for cron in settings.texts("schedule.cron")],
        "quoted": lambda name: docs_words.fenced("\n\n".join(sections[name])) if name in sections else "",
        "extra_steps": [step for step in steps if step.section == "extra"],
        "extra_jobs": [(job.id, job.name) for job in workflow.jobs if _is_users(job.id, settings)],
        "on_yaml": _block(file.text, "on"),
        "env_yaml": "env:\n" + _environment_line(file.text),
        "path": file.path,
        "settings_file": _settings_file(settings),
        "used_secrets": secrets,
        "stored": _stored(settings),
        "codes": lambda values: [docs_words.code(value) for value in values],
        "cells": lambda values: [docs_words.cell(value) for value in values],
        "ways": [way for way in ("issue", "webhook", "command") if settings[f"notify.{way}"]],
        "more": [name for name in ("ci", "keepalive") if settings[f"workflows.{name}"]],
        "reports": any(step.name.startswith(_REPORT) for step in steps),
        "shortest": min(kept for part, *_, kept in _stored(settings) if part in {"model", "data"}),
    }  # fmt: skip


def _in_language(speak: object, language: str, value: object) -> object:
    assert callable(speak)  # noqa: S101 - functions of docs_words
    return speak(value, language)


def _settings_file(settings: Settings) -> str:
    """Where settings are changed: the file that holds some, else the one to make."""
    sources = {value.source.partition(":")[0] for value in settings.values.values()}
    return PYPROJECT if PYPROJECT in sources and FILE not in sources else FILE


def _is_users(job: str, settings: Settings) -> bool:
    added = settings["jobs"]
    return isinstance(added, Mapping) and job in added


def _steps(workflow: Workflow, text: str, settings: Settings) -> list[Step]:
    added = {
        str(step["name"]) for key, value in settings.values.items()
        if key.startswith("steps.") and isinstance(value.value, tuple)
        for step in value.value
    }  # fmt: skip
    found = []
    for job in workflow.jobs:
        if _is_users(job.id, settings):
            continue
        for step in job.steps:
            if job.id == _NOTIFY:
                section = _NOTIFY
            elif step.name in added:
                section = "extra"
            else:
                section = _section(step)
            yaml = _step_text(text, step)
            found.append(Step(job.id, step.name, yaml, section))
    return found


def _section(step: WorkflowStep) -> str:
    """The section of the page that a step of ours belongs to.

    What is in no other is part of the training.
    """
    name, uses, key = step.name, step.uses, step.id
    kinds = (
        (
            "setup",
            uses.startswith(("actions/checkout@", "actions/setup-python@"))
            or name == "Install dependencies",
        ),
        ("kaggle", "Kaggle" in name),
        ("restore", key == "state" or name.startswith(("Download ", "Restore "))),
        ("upload", uses.startswith(_STORING) or name.startswith(("Keep ", _REPORT))),
    )
    return next((section for section, fits in kinds if fits), "train")


def _step_text(text: str, step: WorkflowStep) -> str:
    """The lines of one step, as they stand in the file."""
    lines = text.splitlines()
    start = step.position.line - 1
    margin = len(lines[start]) - len(lines[start].lstrip())
    return textwrap.dedent("\n".join(_deeper(lines, start, margin)))


def _block(text: str, key: str) -> str:
    """A block of the file's top level."""
    lines = text.splitlines()
    return "\n".join(_deeper(lines, lines.index(f"{key}:"), 0))


def _deeper(lines: Sequence[str], start: int, margin: int) -> Iterator[str]:
    """A line and those that follow it with a wider margin, without blank lines at the end."""
    yield lines[start]
    blank = 0
    for line in lines[start + 1 :]:
        if not line.strip():
            blank += 1
            continue
        if len(line) - len(line.lstrip()) <= margin:
            return
        yield from [""] * blank
        blank = 0
        yield line


def _environment_line(text: str) -> str:
    """The line that gives the number of iterations."""
    return next(
        (
            "  " + line.strip()
            for line in text.splitlines()
            if "TRAINING_ITERATIONS: " in line
        ),
        "  {}",
    )


def _stored(settings: Settings) -> list[tuple[str, str, str, int]]:
    """(part, artifact, path, days) of everything that is uploaded."""
    general = settings.whole("retention")
    found = []
    for part in ("model", "data", "logs"):
        name, path, days = (
            settings[f"artifacts.{part}.{key}"] for key in ("name", "path", "retention")
        )
        found.append(
            (part, str(name), str(path), days if isinstance(days, int) else general)
        )
    extra = settings["artifacts.extra"]
    assert isinstance(extra, tuple)  # noqa: S101 - the kinds in options.py hold this
    return [
        *found,
        *(
            ("extra", one["name"], one["path"], one["retention"] or general)
            for one in extra
        ),
    ]
