"""What a repository says of itself: its branch, its Python, its training and what that needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..config.settings import FILE, PYPROJECT, read_toml
from ..errors import OutputError, SettingsError, ToolMissingError
from ..process import Runner
from ..runner.actions.setup_python import fits
from ..runner.repository import find_root, read_repository
from .own_training import Training, find_training

# Tried in this order against `requires-python`; the first is the default of the settings.
PYTHONS = ("3.12", "3.13", "3.11", "3.14", "3.10", "3.9")
_VERSION_FILE = ".python-version"


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found out; `*_from` names where, "" where nothing says and the default is taken."""

    root: Path
    is_repository: bool
    has_remote: bool
    branch: str
    python: str
    python_from: str
    training: Training | None
    settings_file: str  # the file that holds settings already, "" where none does


def look_around(folder: Path, runner: Runner) -> Survey:
    """Survey a folder, which need not exist yet.

    Raises ToolMissingError without git, OutputError where the folder is no place to
    settle in, SettingsError where a file with settings cannot be read.
    """
    root = folder.absolute()
    _check_place(root)
    around = next(parent for parent in (root, *root.parents) if parent.is_dir())
    top = _top(around, runner)
    if top is not None and top != root.resolve():
        raise OutputError(
            f"{folder} lies inside the repository {top}, and GitHub reads workflows only at a repository's top",
            hint=f"wfgen init {top}",
        )
    about = read_repository(root, runner) if top else None
    python, python_from = _python(root)
    return Survey(
        root=root,
        is_repository=top is not None,
        has_remote=bool(top)
        and bool(
            runner.run(["git", "remote"], cwd=root, timeout_seconds=30).stdout.strip()
        ),
        branch=about.default_branch if about else "main",
        python=python,
        python_from=python_from,
        training=find_training(root),
        settings_file=_settings_file(root),
    )


def _check_place(root: Path) -> None:
    nearest = next(place for place in (root, *root.parents) if place.exists())
    if not nearest.is_dir():
        raise OutputError(f"{nearest} is not a folder")
    if root in {Path.home(), Path(root.anchor)}:
        raise OutputError(
            f"{root} is no project's folder", hint="wfgen init my-project"
        )


def _top(folder: Path, runner: Runner) -> Path | None:
    """The top of the repository around a folder, None where there is none.

    Raises as `look_around`.
    """
    try:
        done = runner.run(
            ["git", "rev-parse", "--is-inside-work-tree"],
            cwd=folder,
            timeout_seconds=30,
        )
    except ToolMissingError as error:
        raise ToolMissingError(
            "git is not installed, and workflows need a repository"
        ) from error
    if done.exit_code:
        if "dubious ownership" in done.stderr:
            raise OutputError(
                f"git does not trust {folder}, which belongs to somebody else",
                hint=f"git config --global --add safe.directory {folder}",
            )
        return None
    if done.stdout.strip() != "true":
        raise OutputError(
            f"{folder} is a bare repository or git's own folder",
            hint="use a checkout of it",
        )
    return find_root(folder, runner).resolve()


def _settings_file(root: Path) -> str:
    own, _ = read_toml(root / FILE)
    shared, _ = read_toml(root / PYPROJECT)
    tool = shared.get("tool")
    if own or (root / FILE).exists():
        return FILE
    return PYPROJECT if isinstance(tool, dict) and "wfgen" in tool else ""


def _python(root: Path) -> tuple[str, str]:
    """The version to train with, and the file that says so."""
    named = root / _VERSION_FILE
    if named.is_file():
        words = named.read_text(encoding="utf-8", errors="replace").split()
        if words and re.fullmatch(r"(?:pypy)?3\.\d{1,2}(?:\.\d{1,3})?t?", words[0]):
            return words[0], _VERSION_FILE
    wanted = _project(root).get("requires-python")
    if isinstance(wanted, str):
        fitting = [version for version in PYTHONS if fits(version, wanted)]
        if fitting:
            return fitting[0], PYPROJECT
    return "", ""


def _project(root: Path) -> dict[str, object]:
    project = read_toml(root / PYPROJECT)[0].get("project")
    return project if isinstance(project, dict) else {}


def project_dependencies(root: Path) -> tuple[str, ...] | None:
    """`project.dependencies` of pyproject.toml.

    None where the project installs by itself, with its build system.

    Raises SettingsError where the file is no TOML.
    """
    document, _ = read_toml(root / PYPROJECT)
    if "build-system" in document:
        return None
    listed = _project(root).get("dependencies", [])
    if not isinstance(listed, list) or not all(
        isinstance(item, str) for item in listed
    ):
        raise SettingsError(f"{PYPROJECT}: project.dependencies is no list of texts")
    return tuple(listed)
