"""The workflow files of a repository: where it begins, which there are, which one is meant."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import OutputError, SettingsError
from .source import parse_yaml

WORKFLOWS = Path(".github", "workflows")
SUFFIXES = (".yml", ".yaml")
ACTION_NAMES = frozenset({"action.yml", "action.yaml"})
# What `wfgen render` writes by default.
_DEFAULT_NAME = "train.yml"
# Compiled where used: a render looks for it only beside workflows of others.
_NAME_LINE = r"""(?m)^["']?name["']?\s*:.*$"""


def find_repository_root(folder: Path) -> Path:
    """Return the top of the git repository around a folder: GitHub reads workflows there alone.

    The folder itself, as it was given, where no repository is around it.
    """
    start = folder.absolute()
    for ancestor in (start, *start.parents):
        # A worktree and a submodule have a file of that name.
        if (ancestor / ".git").exists():
            if ancestor == start:
                return folder
            return ancestor
    return folder


def is_action(path: Path) -> bool:
    """Whether a file is the metadata of an action, by its name."""
    return path.name in ACTION_NAMES


def list_workflow_files(root: Path) -> list[Path]:
    """Return the workflow files of a repository, below `root`, by name."""
    paths = (root / WORKFLOWS).glob("*")
    return sorted(path for path in paths if path.suffix in SUFFIXES)


def require_workflow_files(root: Path) -> tuple[Path, ...]:
    """Return the workflow files of a repository, relative to its root.

    Raises OutputError where there are none.
    """
    paths = list_workflow_files(root)
    if not paths:
        raise OutputError(
            f"there are no workflow files in {WORKFLOWS.as_posix()}",
            hint="`wfgen render` writes one; or name the files",
        )
    return tuple(path.relative_to(root) for path in paths)


def find_workflow(root: Path, given: Path | None) -> Path:
    """Return the workflow that is meant, from the repository's root.

    The one given, or the only one there is. A name alone ("train.yml", "train") is
    looked up in .github/workflows. Raises SettingsError.
    """
    if given is None:
        return _find_default(root)
    folder = root / WORKFLOWS
    candidates = [root / given, folder / given]
    candidates += [folder / f"{given}{suffix}" for suffix in SUFFIXES]
    candidates.append(given.absolute())
    for path in candidates:
        if path.is_file():
            return _make_relative(path, root, given)
    raise SettingsError(
        f"there is no workflow {given}",
        hint=f"in {WORKFLOWS.as_posix()}: {_list_names(root)}",
    )


def read_workflow_name(path: Path) -> str:
    """Return the `name` of a workflow, "" where it has none in one line.

    Parsing the whole of every file would take longer than all else that is done with
    the names.
    """
    try:
        line = re.search(_NAME_LINE, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    if line is None:
        return ""
    data = parse_yaml(line[0], path).data
    if not isinstance(data, dict):
        return ""
    return str(data["name"] or "")


def _find_default(root: Path) -> Path:
    present = list_workflow_files(root)
    if len(present) == 1:
        return present[0].relative_to(root)
    default = WORKFLOWS / _DEFAULT_NAME
    if (root / default).is_file():
        return default
    hint = "name one with --workflow"
    if not present:
        hint = "`wfgen render` writes one"
    raise SettingsError(
        f"which workflow? In {WORKFLOWS.as_posix()}: {_list_names(root)}", hint=hint
    )


def _make_relative(path: Path, root: Path, given: Path) -> Path:
    try:
        return path.resolve().relative_to(root.resolve())
    except ValueError as error:
        raise SettingsError(f"{given} is outside the repository {root}") from error


def _list_names(root: Path) -> str:
    names = [path.name for path in list_workflow_files(root)]
    return ", ".join(names) or "none"
