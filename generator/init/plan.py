"""Every file that settling in writes, worked out before the first is written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ..config.options import BY_KEY, INSTALL_REQUIREMENTS, TRAIN_COMMAND
from ..config.settings import FILE, PYPROJECT, Settings, load
from ..config.toml_files import read_toml
from ..errors import OutputError
from ..rendering import writer
from ..rendering.header import Rendered
from ..rendering.render import render_all
from ..resources import read_locked_requirements
from .changes import Change, FileAction, read_content
from .file_texts import (
    NOTHING_TO_INSTALL,
    PIPELINE_TABLE,
    add_lines,
    choose_settings,
    format_requirements,
    format_settings,
    list_ignored,
)
from .survey import Survey, read_dependencies
from .training_copy import (
    PACKAGE,
    choose_package,
    find_built_in,
    make_command,
    plan_copy,
    plan_no_upgrade,
    plan_upgrade,
    read_manifest,
)

# Tried in this order; the first is the default of the settings.
REQUIREMENTS = (
    "requirements.txt",
    "requirements-train.txt",
    "requirements/train.txt",
    "requirements/base.txt",
    "requirements/prod.txt",
)
_SECOND_REQUIREMENTS = "requirements-train.txt"
_GITIGNORE = ".gitignore"
Validator: TypeAlias = Callable[[tuple[Rendered, ...]], tuple[Rendered, ...]]


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the user asked for.

    `settings` are values by key, over what was found; `pipeline` the settings of the
    built-in training; `pyproject` puts both into [tool.wfgen] of pyproject.toml.
    """

    settings: Mapping[str, object]
    pipeline: Mapping[str, str]
    pyproject: bool = False
    force: bool = False
    upgrade: bool = False
    reading: Mapping[str, object] = field(default_factory=dict)
    """Settings of the built-in training that follow from its data."""


@dataclass(frozen=True, slots=True)
class InitPlan:
    """All changes, in the order they are written, and the settings they follow from.

    `package` is the folder of the built-in training, "" where the training is the
    user's own; `source` where the built-in training gets its rows, "" for its sample.
    """

    settings: Settings
    package: str
    source: str
    rendered: tuple[Rendered, ...]
    changes: tuple[Change, ...]


def make_plan(survey: Survey, options: InitOptions, validate: Validator) -> InitPlan:
    """Work everything out; nothing is written.

    WFGEN_* of the environment are left out of it: what is written follows from the
    files beside it, everywhere. `validate` returns the rendered files or raises. Raises
    SettingsError, WorkflowProblemError, and OutputError where a file would be lost.
    """
    root = survey.root
    settings_change, settings = _plan_settings(survey, options)
    rendered = validate(render_all(settings, root))
    package = find_built_in(root, settings[TRAIN_COMMAND])
    changes = [
        settings_change,
        *_plan_workflows(root, rendered, force=options.force),
        *_plan_training(survey, settings, package, options),
        _plan_gitignore(survey, settings),
    ]
    source = _read_source(survey, options)
    return InitPlan(settings, package, source, rendered, tuple(changes))


def _read_source(survey: Survey, options: InitOptions) -> str:
    """Return where the built-in training gets its rows: as asked for, else as the settings say."""
    if options.pipeline:
        return options.pipeline["source"]
    if not survey.settings_file:
        return ""
    names = [PIPELINE_TABLE]
    if survey.settings_file == PYPROJECT:
        names = ["tool", "wfgen", PIPELINE_TABLE]
    table: object = read_toml(survey.root / survey.settings_file)[0]
    for name in (*names, "source"):
        if not isinstance(table, dict):
            return ""
        table = table.get(name, "")
    return str(table)


def _plan_settings(survey: Survey, options: InitOptions) -> tuple[Change, Settings]:
    if survey.settings_file:
        if options.settings or options.pipeline or options.pyproject:
            raise OutputError(
                f"{survey.settings_file} holds settings already, and they are kept",
                hint="change them there",
            )
        kept = Change(survey.settings_file, FileAction.KEEP)
        return kept, load(survey.root, {})
    values = choose_settings(survey, options.pipeline.get("source", ""))
    if _wants_built_in(survey, options):
        values |= _choose_built_in_settings(survey.root)
    elif "install.requirements" not in values:
        values |= _choose_requirements(survey)
    values |= options.settings
    pipeline = {**options.pipeline, **options.reading}
    if options.pyproject:
        change = _append_settings(survey.root, values, pipeline)
    else:
        text = format_settings(values, pipeline)
        change = Change(FILE, FileAction.WRITE, text.encode())
    # Read back as they will be: a value that cannot be used is found before it is written.
    with tempfile.TemporaryDirectory(prefix="wfgen-init-") as folder:
        (Path(folder) / change.path).write_bytes(change.content)
        return change, load(Path(folder), {})


def _wants_built_in(survey: Survey, options: InitOptions) -> bool:
    return survey.training is None and "train.command" not in options.settings


def _append_settings(
    root: Path, values: Mapping[str, object], pipeline: Mapping[str, object]
) -> Change:
    present = read_toml(root / PYPROJECT)[1]
    if not present:
        raise OutputError(
            f"there is no {PYPROJECT} to write settings into",
            hint=f"without the flag {FILE} is made",
        )
    table = format_settings(values, pipeline, "tool.wfgen")
    text = present.rstrip("\n") + "\n\n" + table
    return Change(PYPROJECT, FileAction.APPEND, text.encode(), "[tool.wfgen]")


def _choose_built_in_settings(root: Path) -> dict[str, object]:
    """Return the settings for what is in the way of the built-in training's files."""
    settings: dict[str, object] = {}
    package = choose_package(root)
    if package != PACKAGE:
        settings["train.command"] = make_command(package)
    present = read_content(root / REQUIREMENTS[0])
    if present not in {None, read_locked_requirements().encode()}:
        settings["install.requirements"] = _SECOND_REQUIREMENTS
    return settings


def _choose_requirements(survey: Survey) -> dict[str, object]:
    """Return which file is installed for a user's training, where not the default one."""
    for name in REQUIREMENTS:
        if (survey.root / name).is_file():
            if name == BY_KEY["install.requirements"].default:
                return {}
            return {"install.requirements": name}
    if format_requirements(survey, read_dependencies(survey.root)):
        return {}
    # A file that installs nothing leaves pip's cache empty, and then
    # actions/setup-python fails the job.
    return {"install.requirements": ""}


def _plan_workflows(
    root: Path, rendered: tuple[Rendered, ...], *, force: bool
) -> Iterator[Change]:
    drifts = writer.compare(root, rendered)
    lost = [drift for drift in drifts if drift.state in writer.PRECIOUS]
    if lost and not force:
        listed = ", ".join(f"{drift.path} is {drift.state}" for drift in lost)
        raise OutputError(
            f"nothing was written: {listed}",
            hint="--force overwrites, or name another file: --set workflow=learn.yml",
        )
    for drift in drifts:
        action = FileAction.WRITE
        if drift.state is writer.State.SAME:
            action = FileAction.SAME
        yield Change(drift.path, action, drift.rendered.encode())


def _plan_training(
    survey: Survey, settings: Settings, package: str, options: InitOptions
) -> Iterator[Change]:
    """Plan the training package where it is wfgen's, and what the training needs."""
    root, requirements = survey.root, settings[INSTALL_REQUIREMENTS]
    _check_package_name(root, settings, package)
    if package:
        manifest = read_manifest(root, package)
        if manifest is not None and options.upgrade:
            yield from plan_upgrade(
                root, package, manifest, requirements, force=options.force
            )
            return
        if manifest is not None:
            yield from plan_no_upgrade(root, package, manifest, requirements)
            return
        if not (root / package).exists():
            yield from plan_copy(root, package, requirements)
            return
    if not requirements:
        return
    if (root / requirements).exists():
        yield Change(requirements, FileAction.KEEP)
        return
    text = format_requirements(survey, read_dependencies(root)) or NOTHING_TO_INSTALL
    yield Change(requirements, FileAction.WRITE, text.encode())


def _check_package_name(root: Path, settings: Settings, package: str) -> None:
    """Raise OutputError where the settings start the built-in training out of a user's folder."""
    command = settings[TRAIN_COMMAND]
    is_theirs = (root / PACKAGE).exists() and not package
    if f"-m {PACKAGE} " not in f"{command} " or not is_theirs:
        return
    # A package of theirs that can be started is what the command means.
    if (root / PACKAGE / "__main__.py").is_file():
        return
    other = make_command(choose_package(root))
    raise OutputError(
        f"nothing was written: {PACKAGE}/ is yours, and the built-in training would go there",
        hint=f"set train.command in the settings: '{other}', or to your own training",
    )


def _plan_gitignore(survey: Survey, settings: Settings) -> Change:
    present = read_content(survey.root / _GITIGNORE) or b""
    # Bytes that are no UTF-8 go through unchanged.
    text, added = add_lines(
        present.decode("utf-8", "surrogateescape"),
        list_ignored(settings, survey.tracked),
    )
    if not added:
        return Change(_GITIGNORE, FileAction.SAME)
    action = FileAction.WRITE
    if present:
        action = FileAction.APPEND
    content = text.encode("utf-8", "surrogateescape")
    return Change(_GITIGNORE, action, content, " ".join(added))
