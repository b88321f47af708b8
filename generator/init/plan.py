"""Every file that settling in writes, worked out before the first is written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..config.options import BY_KEY
from ..config.settings import FILE, PYPROJECT, Settings, load, read_toml
from ..errors import OutputError
from ..rendering import writer as output
from ..rendering.render import Rendered, render_all
from ..rendering.writer import PRECIOUS, State
from ..resources import locked_requirements
from . import file_texts as texts
from .own_training import BUILT_IN
from .survey import Survey, project_dependencies
from .training_copy import MANIFEST, Vendored, digest, package_files, read_manifest

REQUIREMENTS = (
    "requirements.txt",
    "requirements-train.txt",
    "requirements/train.txt",
    "requirements/base.txt",
    "requirements/prod.txt",
)
_BESIDE_YOURS = "requirements-train.txt"
_GITIGNORE = ".gitignore"


class Act(StrEnum):
    """What happens to a file."""

    WRITE = "wrote"
    APPEND = "appended"
    REMOVE = "removed"
    SAME = "unchanged"
    KEEP = "kept"


@dataclass(frozen=True, slots=True)
class Change:
    """One file.

    What happens to it and what it holds then; `note` is for the reader, `path` below
    the root.
    """

    path: str
    act: Act
    content: bytes = b""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for."""

    settings: Mapping[str, object]  # key -> value, over what was found
    pipeline: Mapping[str, str]  # settings of the built-in training
    pyproject: bool = False  # settings into [tool.wfgen] of pyproject.toml
    force: bool = False
    upgrade: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, in the order they are written, and the settings they follow from."""

    settings: Settings
    source: str  # of the built-in training's rows, "" for its sample
    rendered: tuple[Rendered, ...]
    changes: tuple[Change, ...]


def make_plan(
    survey: Survey,
    wishes: Wishes,
    sound: Callable[[tuple[Rendered, ...]], tuple[Rendered, ...]],
) -> Plan:
    """Work everything out; nothing is written.

    WFGEN_* of the environment are left aside: what is written follows from the files
    beside it, everywhere. `sound` gives the rendered files back or raises. Raises
    SettingsError, WorkflowProblemError, and OutputError where a file would be lost.
    """
    first, settings = _settings(survey, wishes)
    rendered = sound(render_all(settings, survey.root))
    changes = [
        *first,
        *_workflow_changes(survey.root, rendered, force=wishes.force),
        *_training_changes(survey, settings, wishes),
        _gitignore(survey.root, settings),
    ]
    return Plan(settings, _source(survey, wishes), rendered, tuple(changes))


def _source(survey: Survey, wishes: Wishes) -> str:
    """Where the built-in training gets its rows: what is wished for, else what the settings say."""
    if wishes.pipeline:
        return wishes.pipeline["source"]
    table: object = (
        read_toml(survey.root / survey.settings_file)[0] if survey.settings_file else {}
    )
    for name in (
        ("tool", "wfgen", BUILT_IN)
        if survey.settings_file == PYPROJECT
        else (BUILT_IN,)
    ):
        table = table.get(name) if isinstance(table, dict) else None
    return str(table.get("source", "")) if isinstance(table, dict) else ""


def _settings(survey: Survey, wishes: Wishes) -> tuple[list[Change], Settings]:
    if survey.settings_file:
        if wishes.settings or wishes.pipeline or wishes.pyproject:
            raise OutputError(
                f"{survey.settings_file} holds settings already, and they are kept",
                hint="change them there",
            )
        return [Change(survey.settings_file, Act.KEEP)], load(survey.root, {})
    values = (
        texts.chosen(survey, wishes.pipeline.get("source", ""))
        | _requirements_setting(survey, wishes)
        | dict(wishes.settings)
    )
    if wishes.pyproject:
        there = read_toml(survey.root / PYPROJECT)[1]
        if not there:
            raise OutputError(
                f"there is no {PYPROJECT} to write settings into",
                hint=f"without the flag {FILE} is made",
            )
        added = (
            there.rstrip("\n")
            + "\n\n"
            + texts.settings_text(values, wishes.pipeline, "tool.wfgen")
        )
        change = Change(PYPROJECT, Act.APPEND, added.encode(), "[tool.wfgen]")
    else:
        change = Change(
            FILE, Act.WRITE, texts.settings_text(values, wishes.pipeline).encode()
        )
    with tempfile.TemporaryDirectory(prefix="wfgen-init-") as folder:
        (Path(folder) / change.path).write_bytes(change.content)
        return [change], load(Path(folder), {})


def _requirements_setting(survey: Survey, wishes: Wishes) -> dict[str, object]:
    """Which file is installed, where that is not the default one."""
    there = next(
        (name for name in REQUIREMENTS if (survey.root / name).is_file()), None
    )
    if survey.training is None and "train.command" not in wishes.settings:
        yours = (
            there == REQUIREMENTS[0]
            and (survey.root / there).read_bytes() != locked_requirements().encode()
        )
        return {"install.requirements": _BESIDE_YOURS} if yours else {}
    if there is None:
        # A file that installs nothing leaves pip's cache empty, and then
        # actions/setup-python fails the job.
        installs = texts.requirements_text(survey, project_dependencies(survey.root))
        return {} if installs else {"install.requirements": ""}
    return (
        {}
        if there == BY_KEY["install.requirements"].default
        else {"install.requirements": there}
    )


def _workflow_changes(
    root: Path, rendered: tuple[Rendered, ...], *, force: bool
) -> Iterator[Change]:
    drifts = output.compare(root, rendered)
    lost = [
        f"{drift.path} is {drift.state}" for drift in drifts if drift.state in PRECIOUS
    ]
    if lost and not force:
        raise OutputError(
            "nothing was written: " + ", ".join(lost),
            hint="--force overwrites, or name another file: --set workflow=learn.yml",
        )
    for drift in drifts:
        act = Act.SAME if drift.state is State.SAME else Act.WRITE
        yield Change(drift.path, act, drift.wanted.encode())


def _training_changes(
    survey: Survey, settings: Settings, wishes: Wishes
) -> Iterator[Change]:
    """The training package where it is wfgen's, and what the training needs."""
    root, requirements = survey.root, settings.text("install.requirements")
    if texts.runs_built_in(settings):
        manifest = read_manifest(root)
        if manifest is not None:
            yield from _upgraded(root, manifest, requirements, wishes)
            return
        if not (root / BUILT_IN).exists():
            yield from _copied(root, requirements)
            return
        if not (root / BUILT_IN / "__main__.py").is_file():
            raise OutputError(
                f"nothing was written: {BUILT_IN}/ is yours, and the built-in training would go there",
                hint="name your own training: --command 'python your_training.py'",
            )
    if requirements and (root / requirements).exists():
        yield Change(requirements, Act.KEEP)
    elif requirements:
        text = (
            texts.requirements_text(survey, project_dependencies(root))
            or texts.NOTHING_TO_INSTALL
        )
        yield Change(requirements, Act.WRITE, text.encode())


def _copied(root: Path, requirements: str) -> Iterator[Change]:
    """The training package, where there is none yet."""
    theirs = bool(requirements) and (root / requirements).exists()
    for path, content in package_files("" if theirs else requirements).items():
        yield Change(path, Act.WRITE, content)
    if theirs:
        yield Change(requirements, Act.KEEP)


def _upgraded(
    root: Path, manifest: Vendored, requirements: str, wishes: Wishes
) -> Iterator[Change]:
    """The copied package against the one of this wfgen.

    Nothing that was edited is replaced without `force`.
    """
    new = package_files(requirements if requirements in manifest.files else "")
    there = {path: _content(root / path) for path in {*new, *manifest.files}}
    if not wishes.upgrade:
        same = all(
            there[path] == content
            for path, content in new.items()
            if path != requirements
        )
        note = (
            ""
            if same
            else f"from wfgen {manifest.version}; --upgrade replaces what you have not edited"
        )
        yield Change(f"{BUILT_IN}/", Act.SAME if same else Act.KEEP, note=note)
        if requirements:
            yield Change(requirements, Act.KEEP)
        return
    edited = [
        path
        for path, content in new.items()
        if path != MANIFEST
        and there[path] not in {None, content}
        and digest(there[path] or b"") != manifest.files.get(path)
    ]
    lost = [path for path in edited if path != requirements]
    if lost and not wishes.force:
        raise OutputError(
            f"nothing was written: edited by hand: {', '.join(lost)}",
            hint="--force overwrites them",
        )
    for path, content in new.items():
        if path == requirements and path in edited:
            yield Change(
                path,
                Act.KEEP,
                note="you edited it: see what wfgen's own training needs now",
            )
        else:
            yield Change(
                path, Act.SAME if there[path] == content else Act.WRITE, content
            )
    for path in sorted(set(manifest.files) - set(new)):
        if path != requirements and digest(there[path] or b"") == manifest.files[path]:
            yield Change(path, Act.REMOVE)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}") from error


def _gitignore(root: Path, settings: Settings) -> Change:
    there = (_content(root / _GITIGNORE) or b"").decode("utf-8", "surrogateescape")
    text, added = texts.with_lines(there, texts.ignore_lines(settings))
    if not added:
        return Change(_GITIGNORE, Act.SAME)
    act = Act.APPEND if there else Act.WRITE
    return Change(
        _GITIGNORE, act, text.encode("utf-8", "surrogateescape"), " ".join(added)
    )
