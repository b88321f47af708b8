"""What a repository says of itself: its branch, its Python, its training and what that needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..config.settings import FILE, PYPROJECT
from ..config.toml_files import read_toml
from ..errors import OutputError, SettingsError, ToolMissingError
from ..process import Runner
from ..runner.actions.stand_ins.setup_python import matches_version
from ..runner.repository import find_root, read_repository
from .candidates.choice import Choice, choose_training
from .own_training import OwnTraining, describe_training

# Tried in this order against `requires-python`; the first is the default of the settings.
PYTHONS = ("3.12", "3.13", "3.11", "3.14", "3.10", "3.9")
DEFAULT_BRANCH = "main"
_VERSION_FILE = ".python-version"
_VERSION = re.compile(r"(?:pypy)?3\.\d{1,2}(?:\.\d{1,3})?t?")


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found out.

    `python_from` names the file that says so, "" where nothing does and the default is
    taken; `settings_file` is the file that holds settings already, "" where none does.
    `training` is the one of the `choice`, if that has a clear one; `tracked` are the
    files that git knows.
    """

    root: Path
    is_repository: bool
    has_remote: bool
    branch: str
    python: str
    python_from: str
    choice: Choice
    training: OwnTraining | None
    settings_file: str
    tracked: tuple[str, ...]


def survey_repository(folder: Path, runner: Runner) -> Survey:
    """Survey a folder, which need not exist yet.

    Raises ToolMissingError without git, OutputError where the folder is no place to
    settle in, SettingsError where a file with settings cannot be read.
    """
    root = folder.absolute()
    nearest = _find_existing_folder(root)
    if root in {_find_home(), Path(root.anchor)}:
        raise OutputError(
            f"{root} is no project's folder", hint="wfgen init my-project"
        )
    top = _find_top(nearest, runner)
    branch, has_remote = DEFAULT_BRANCH, False
    tracked: tuple[str, ...] = ()
    if top is not None:
        if top != root.resolve():
            raise OutputError(
                f"{folder} lies inside the repository {top}, "
                "and GitHub reads workflows only at a repository's top",
                hint=f"wfgen init {top}",
            )
        branch = read_repository(root, runner).default_branch
        has_remote = _has_remote(root, runner)
        tracked = _list_tracked(root, runner)
    python, python_from = _choose_python(root)
    settings_file = _find_settings_file(root)
    choice, training = _find_training(root, settings_file)
    return Survey(
        root=root,
        is_repository=top is not None,
        has_remote=has_remote,
        branch=branch,
        python=python,
        python_from=python_from,
        choice=choice,
        training=training,
        settings_file=settings_file,
        tracked=tracked,
    )


def read_dependencies(root: Path) -> tuple[str, ...] | None:
    """Return `project.dependencies` of pyproject.toml.

    None where the project installs by itself, with its build system. Raises
    SettingsError where the file is no TOML, or holds no list there.
    """
    document, _ = read_toml(root / PYPROJECT)
    if "build-system" in document:
        return None
    dependencies = _read_project(root).get("dependencies", [])
    if not isinstance(dependencies, list):
        dependencies = [None]
    if not all(isinstance(item, str) for item in dependencies):
        raise SettingsError(f"{PYPROJECT}: project.dependencies is not a list of texts")
    return tuple(dependencies)


def _find_training(root: Path, settings_file: str) -> tuple[Choice, OwnTraining | None]:
    """Return what was found, and the training where that is clear."""
    if settings_file:
        # What the settings say needs no finding.
        return Choice(None, ()), None
    choice = choose_training(root)
    if choice.taken is None:
        return choice, None
    return choice, describe_training(root, choice.taken)


def _find_home() -> Path | None:
    """The user's own folder; None for one without, as in a container without a name."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def _find_existing_folder(root: Path) -> Path:
    """Return the nearest thing that exists at a path or above it; raises OutputError for a file."""
    nearest = root
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(f"{nearest} is not a folder")
    return nearest


def _find_top(folder: Path, runner: Runner) -> Path | None:
    """Return the top of the repository around a folder, None where there is none.

    Raises as `survey_repository`.
    """
    try:
        completed = runner.run(
            ["git", "rev-parse", "--is-inside-work-tree"],
            cwd=folder,
            timeout_seconds=30,
        )
    except ToolMissingError as error:
        raise ToolMissingError(
            "git is not installed, and workflows need a repository"
        ) from error
    if completed.exit_code:
        # Since 2.35.2 git reads no repository of another user, where hooks could wait.
        if "dubious ownership" in completed.stderr:
            raise OutputError(
                f"git does not trust {folder}, which belongs to somebody else",
                hint=f"git config --global --add safe.directory {folder}",
            )
        return None
    if completed.stdout.strip() != "true":
        raise OutputError(
            f"{folder} is a bare repository or git's own folder",
            hint="use a checkout of it",
        )
    return find_root(folder, runner).resolve()


def _has_remote(root: Path, runner: Runner) -> bool:
    completed = runner.run(["git", "remote"], cwd=root, timeout_seconds=30)
    return bool(completed.stdout.strip())


def _list_tracked(root: Path, runner: Runner) -> tuple[str, ...]:
    listed = runner.run(["git", "ls-files", "-z"], cwd=root, timeout_seconds=60)
    return tuple(filter(None, listed.stdout.split("\0")))


def _find_settings_file(root: Path) -> str:
    if (root / FILE).exists():
        # A file that is no TOML is told of before anything is planned on it.
        read_toml(root / FILE)
        return FILE
    tool = read_toml(root / PYPROJECT)[0].get("tool")
    if isinstance(tool, dict) and "wfgen" in tool:
        return PYPROJECT
    return ""


def _choose_python(root: Path) -> tuple[str, str]:
    """Return the version to train with and the file that says so, "" and "" for the default."""
    version_file = root / _VERSION_FILE
    if version_file.is_file():
        words = version_file.read_text(encoding="utf-8", errors="replace").split()
        if words and _VERSION.fullmatch(words[0]):
            return words[0], _VERSION_FILE
    requires = _read_project(root).get("requires-python")
    if isinstance(requires, str):
        for version in PYTHONS:
            if matches_version(version, requires):
                return version, PYPROJECT
    return "", ""


def _read_project(root: Path) -> dict[str, object]:
    project = read_toml(root / PYPROJECT)[0].get("project")
    if isinstance(project, dict):
        return project
    return {}
